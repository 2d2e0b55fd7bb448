//! Root directories of file systems, as they are seen.

use phoenix_graph::{
    Mode,
    kind::acl::{Acl, Entry, May, Whom},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who owns a directory, and who may do what in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    /// The mode, as `stat(2)` says it: with an access control list the bits of the group are the mask (`acl(5)`).
    pub mode: Mode,
    /// The access control list, by number: with what the owning group may do, where the mode does not say that.
    #[serde(default, skip_serializing_if = "Acl::is_empty")]
    pub acl: Acl,
}

/// What is to be of a directory; nothing of what is to stay as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub owner: Option<u32>,
    pub group: Option<u32>,
    pub mode: Option<Mode>,
    pub acl: Option<Acl>,
}

impl Wanted {
    /// Returns this, and what of another it does not say.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            owner: self.owner.or(other.owner),
            group: self.group.or(other.group),
            mode: self.mode.or(other.mode),
            acl: self.acl.or(other.acl),
        }
    }
}

impl Directory {
    /// The root directory of a new file system.
    pub const NEW: Self = Self { owner: 0, group: 0, mode: Mode::NEW, acl: Acl(BTreeMap::new()) };

    /// Returns its mode with what the owning group itself may do, also where a list has the mask in its place.
    #[must_use]
    pub fn own_mode(&self) -> Mode {
        let own = self.acl.get(false, &Whom::OwningGroup);
        own.map_or(self.mode, |own| with_group(self.mode, own))
    }

    /// Returns what it is once it is given this. Without a list, a mode is what `chmod(1)` makes of it: the bits of the
    /// group are the mask, where there is one. With a list, they are the owning group's own.
    #[must_use]
    pub fn given(&self, wanted: &Wanted) -> Self {
        let owner = wanted.owner.unwrap_or(self.owner);
        let group = wanted.group.unwrap_or(self.group);
        let entry = |whom: Whom| Entry { default: false, whom };
        let Some(said) = &wanted.acl else {
            let (mut acl, mode) = (self.acl.clone(), wanted.mode.unwrap_or(self.mode));
            if let Some(mask) = acl.0.get_mut(&entry(Whom::Mask)) {
                *mask = May::of_bits(mode.bits() >> 3);
            }
            return Self { owner, group, mode, acl };
        };
        let base = wanted.mode.unwrap_or_else(|| self.own_mode());
        let acl = said.whole(base, &self.acl);
        let mode = acl.get(false, &Whom::Mask).map_or(base, |mask| with_group(base, mask));
        Self { owner, group, mode, acl }
    }
}

/// Returns a mode with other bits of the group.
fn with_group(mode: Mode, may: May) -> Mode {
    Mode::of(u32::from((mode.bits() & !0o070) | (may.bits() << 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(text: &str) -> Acl {
        text.parse().unwrap()
    }

    #[test]
    fn a_mode_and_a_list_are_given_as_setfacl_and_chmod_do() {
        let new = Directory::NEW;
        let given = |mode, list: &str| Wanted {
            mode: Some(Mode::of(mode)),
            acl: Some(acl(list)),
            ..Wanted::default()
        };
        let listed = new.given(&given(0o2750, "user:33:rwx"));
        assert_eq!(listed.mode, Mode::of(0o2770));
        assert_eq!(listed.acl, acl("user:33:rwx,group::r-x,mask::rwx"));
        // The same once more changes nothing; a list alone keeps what the owning group may do.
        assert_eq!(listed.given(&given(0o2750, "user:33:rwx")), listed);
        let other = listed.given(&Wanted { acl: Some(acl("user:34:r--")), ..Wanted::default() });
        assert_eq!(
            (other.mode, other.acl.to_string().as_str()),
            (Mode::of(0o2750), "user:34:r--,group::r-x,mask::r-x")
        );
        // chmod(1) sets the mask.
        let shut = listed.given(&Wanted { mode: Some(Mode::of(0o700)), ..Wanted::default() });
        assert_eq!(shut.acl, acl("user:33:rwx,group::r-x,mask::---"));
        // Without entries it is as if there had never been any.
        let none = listed.given(&Wanted { acl: Some(Acl::default()), ..Wanted::default() });
        assert_eq!((none.mode, none.acl), (Mode::of(0o2750), Acl::default()));
        // What was seen is what comes back.
        let back = Wanted { mode: Some(listed.mode), acl: Some(listed.acl.clone()), ..Wanted::default() };
        assert_eq!(new.given(&back), listed);
    }
}
