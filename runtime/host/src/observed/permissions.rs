//! Root directories of file systems, as they are seen.

use phoenix_graph::{
    Mode,
    kind::acl::{Acl, Entry, May, Whom},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who owns a directory, and who may do what in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

    /// Returns what a folder in it is that has its owner and group, and its rights: what its list says of what is made in
    /// it, or, without that, the mode with the owning group's own bits. A list of its own lets nobody into that folder.
    #[must_use]
    pub fn of_new(&self) -> Self {
        let Self { owner, group, .. } = *self;
        if !self.acl.has(true) {
            return Self { owner, group, mode: self.own_mode(), acl: Acl::default() };
        }
        let said = |whom: &Whom| self.acl.get(true, whom);
        let bits = |may: Option<May>| may.map_or(0, May::bits);
        let most = said(&Whom::Mask).or_else(|| said(&Whom::OwningGroup));
        let rights = bits(said(&Whom::Owner)) << 6 | bits(most) << 3 | bits(said(&Whom::Others));
        let mode = Mode::of(u32::from((self.mode.bits() & 0o7000) | rights));
        let is_listed =
            |whom: &Whom| !matches!(whom, Whom::Owner | Whom::Others) && said(&Whom::Mask).is_some();
        let listed = self.acl.entries(true).filter(|(whom, _)| is_listed(whom));
        let own = listed.map(|(whom, may)| (Entry { default: false, whom: whom.clone() }, may));
        let later =
            self.acl.entries(true).map(|(whom, may)| (Entry { default: true, whom: whom.clone() }, may));
        Self { owner, group, mode, acl: Acl(own.chain(later).collect()) }
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

    #[test]
    fn a_new_folder_lets_nobody_do_more_than_the_one_that_it_lies_in() {
        let plain = Directory { owner: 33, group: 34, mode: Mode::of(0o2775), acl: Acl::default() };
        assert_eq!(plain.of_new(), plain);
        // The mask is no right of the owning group.
        let wanted =
            Wanted { mode: Some(Mode::of(0o2700)), acl: Some(acl("user:35:rwx")), ..Wanted::default() };
        let listed = plain.given(&wanted);
        assert_eq!(listed.mode, Mode::of(0o2770));
        assert_eq!(
            listed.of_new(),
            Directory { mode: Mode::of(0o2700), acl: Acl::default(), ..plain.clone() }
        );
        // What the list says of what is made in it holds, and goes on.
        let later = acl(
            "default:user:35:rwx,default:group::r-x,default:user::rwx,default:other::---,default:mask::rwx",
        );
        let new = Directory { acl: later.clone(), ..plain.clone() }.of_new();
        assert_eq!((new.owner, new.mode), (33, Mode::of(0o2770)));
        assert_eq!(new.acl.get(false, &Whom::User("35".into())), Some(May::of_bits(7)));
        assert_eq!(new.acl.get(false, &Whom::OwningGroup), Some(May::of_bits(5)));
        assert_eq!(new.of_new(), new);
        let short = acl("default:user::rwx,default:group::r-x,default:other::---");
        let new = Directory { acl: short.clone(), ..plain.clone() }.of_new();
        assert_eq!((new.mode, &new.acl), (Mode::of(0o2750), &short));
    }
}
