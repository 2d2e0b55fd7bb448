//! Access control lists of directories (`acl(5)`): who else may do what in one, beside its owner, its group and others.

use super::{account::account, mode::Mode};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Whom an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whom {
    /// The owner.
    Owner,
    /// A user, by name or by number.
    User(Box<str>),
    /// The owning group.
    OwningGroup,
    /// A group, by name or by number.
    Group(Box<str>),
    /// The most that users and groups by name, and the owning group, may do.
    Mask,
    /// Everybody else.
    Others,
}

/// What an entry is: of the directory itself, or of what is made in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Entry {
    /// Whether it is what something new in the directory gets.
    pub default: bool,
    pub whom: Whom,
}

/// What an entry allows: to read, to write, to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct May(u8);

/// An access control list: what its entries allow. The owner, the owning group and others are in the mode, and are no
/// entries of the directory itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acl(pub BTreeMap<Entry, May>);

/// Says that a text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It has not the form of one.
    #[error(
        "an entry is `user:NAME:rwx`, `group:NAME:r-x` or `mask::rwx`, with `default:` before it or not (setfacl(1))"
    )]
    Form,
    /// It is neither a name nor a number.
    #[error("{0:?} is neither the name nor the number of an account")]
    Account(String),
    /// What it allows cannot be read.
    #[error(
        "{0:?} is not what somebody may do: letters of `rwx`, each once, and `-` in the place of one that is missing"
    )]
    May(String),
    /// It is part of the mode.
    #[error("owner, owning group and others are said by `mode`")]
    Mode,
}

impl Acl {
    /// Returns whether it has no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what an entry allows.
    #[must_use]
    pub fn get(&self, default: bool, whom: &Whom) -> Option<May> {
        self.0.get(&Entry { default, whom: whom.clone() }).copied()
    }

    /// Lists the accounts of its entries.
    pub fn accounts(&self) -> impl Iterator<Item = &Box<str>> {
        self.0.keys().filter_map(|entry| match &entry.whom {
            Whom::User(name) | Whom::Group(name) => Some(name),
            _ => None,
        })
    }

    /// Lists the entries of the directory itself, or those of what is made in it.
    pub fn entries(&self, default: bool) -> impl Iterator<Item = (&Whom, May)> {
        let of = self.0.iter().filter(move |(entry, _)| entry.default == default);
        of.map(|(entry, may)| (&entry.whom, *may))
    }

    /// Returns whether it has entries of the directory itself, or of what is made in it.
    #[must_use]
    pub fn has(&self, default: bool) -> bool {
        self.entries(default).next().is_some()
    }

    /// Returns it with what is not said of it, and follows: what the owning group may do; the mask, which is all that is
    /// allowed to those that it limits; and of what is made in the directory, owner, owning group and others, which are as
    /// they are now, or as in the mode.
    #[must_use]
    pub fn whole(&self, mode: Mode, now: &Acl) -> Acl {
        let mut whole = self.clone();
        let bits = [Whom::Owner, Whom::OwningGroup, Whom::Others].into_iter().zip([6, 3, 0]);
        if self.has(false) {
            let entry = Entry { default: false, whom: Whom::OwningGroup };
            whole.0.entry(entry).or_insert(May::of_bits(mode.bits() >> 3));
        }
        if self.has(true) {
            for (whom, shift) in bits {
                let may = now.get(true, &whom).unwrap_or_else(|| May::of_bits(mode.bits() >> shift));
                whole.0.entry(Entry { default: true, whom }).or_insert(may);
            }
        }
        for default in [false, true] {
            let Some(group) = whole.get(default, &Whom::OwningGroup) else { continue };
            let named = || whole.entries(default).filter(|(whom, _)| whom.is_named());
            if named().next().is_some() && whole.get(default, &Whom::Mask).is_none() {
                let mask = named().fold(group, |all, (_, may)| May(all.0 | may.0));
                whole.0.insert(Entry { default, whom: Whom::Mask }, mask);
            }
        }
        whole
    }
}

impl Whom {
    /// Returns whether it is a user or a group by name or number.
    #[must_use]
    pub fn is_named(&self) -> bool {
        matches!(self, Whom::User(_) | Whom::Group(_))
    }
}

impl May {
    /// Returns whether it allows to write.
    #[must_use]
    pub fn writes(self) -> bool {
        self.0 & 0o2 != 0
    }

    /// Takes the last three bits of a mode.
    #[must_use]
    pub fn of_bits(bits: u16) -> Self {
        Self((bits & 0o7) as u8)
    }

    /// Returns it as three bits: 4 to read, 2 to write, 1 to go through.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0.into()
    }
}

/// Reads an entry and what it allows, as `setfacl(1)` and `getfacl(1)` write it: `default:user:media:rwx`, `g:33:r-x`.
///
/// # Errors
/// [`EntryError`]
pub fn read(text: &str) -> Result<(Entry, May), EntryError> {
    let (rest, may) = text.rsplit_once(':').ok_or(EntryError::Form)?;
    let entry: Entry = rest.parse()?;
    if !entry.default && matches!(entry.whom, Whom::Owner | Whom::OwningGroup | Whom::Others) {
        return Err(EntryError::Mode);
    }
    Ok((entry, may.parse()?))
}

impl FromStr for Entry {
    type Err = EntryError;

    /// Reads an entry without what it allows: `default:user:media`, `mask:`.
    fn from_str(text: &str) -> Result<Self, EntryError> {
        let rest = text.strip_prefix("default:").or_else(|| text.strip_prefix("d:"));
        let (default, rest) = rest.map_or((false, text), |rest| (true, rest));
        let (kind, name) = rest.split_once(':').ok_or(EntryError::Form)?;
        let named = |name: &str| account(name).map_err(|_| EntryError::Account(name.to_owned()));
        let whom = match (kind, name) {
            ("user" | "u", "") => Whom::Owner,
            ("user" | "u", name) => Whom::User(named(name)?),
            ("group" | "g", "") => Whom::OwningGroup,
            ("group" | "g", name) => Whom::Group(named(name)?),
            ("mask" | "m", "") => Whom::Mask,
            ("other" | "o", "") => Whom::Others,
            _ => return Err(EntryError::Form),
        };
        Ok(Entry { default, whom })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.default {
            f.write_str("default:")?;
        }
        match &self.whom {
            Whom::Owner => f.write_str("user:"),
            Whom::User(name) => write!(f, "user:{name}"),
            Whom::OwningGroup => f.write_str("group:"),
            Whom::Group(name) => write!(f, "group:{name}"),
            Whom::Mask => f.write_str("mask:"),
            Whom::Others => f.write_str("other:"),
        }
    }
}

impl TryFrom<String> for Entry {
    type Error = EntryError;
    fn try_from(text: String) -> Result<Self, EntryError> {
        text.parse()
    }
}

impl From<Entry> for String {
    fn from(entry: Entry) -> String {
        entry.to_string()
    }
}

impl FromStr for May {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        let wrong = || EntryError::May(text.to_owned());
        let mut may = 0;
        for letter in text.chars() {
            let bit = match letter {
                'r' => 4,
                'w' => 2,
                'x' => 1,
                '-' => continue,
                _ => return Err(wrong()),
            };
            if may & bit != 0 {
                return Err(wrong());
            }
            may |= bit;
        }
        if text.is_empty() || text.len() > 3 { Err(wrong()) } else { Ok(May(may)) }
    }
}

impl fmt::Display for May {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |bit, letter| if self.0 & bit != 0 { letter } else { '-' };
        write!(f, "{}{}{}", letter(4, 'r'), letter(2, 'w'), letter(1, 'x'))
    }
}

impl TryFrom<String> for May {
    type Error = EntryError;
    fn try_from(text: String) -> Result<Self, EntryError> {
        text.parse()
    }
}

impl From<May> for String {
    fn from(may: May) -> String {
        may.to_string()
    }
}

/// The entries as `setfacl(1)` takes them, with a comma between.
impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (entry, may)) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma}{entry}:{may}")?;
        }
        Ok(())
    }
}

impl FromStr for Acl {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        let parts = text.split(',').filter(|part| !part.is_empty());
        let entry = |part: &str| {
            let (entry, may) = part.rsplit_once(':').ok_or(EntryError::Form)?;
            Ok((entry.parse()?, may.parse()?))
        };
        parts.map(entry).collect::<Result<_, _>>().map(Acl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn acl(text: &str) -> Acl {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn an_entry_is_read_as_setfacl_and_getfacl_write_it() {
        for (text, shown) in [
            ("user:media:rwx", "user:media:rwx"),
            ("u:33:rx", "user:33:r-x"),
            ("d:g:033:w", "default:group:33:-w-"),
            ("mask::r--", "mask::r--"),
            ("default:other::---", "default:other::---"),
        ] {
            let (entry, may) = read(text).unwrap();
            assert_eq!(format!("{entry}:{may}"), shown);
        }
        for wrong in [
            "",
            "rwx",
            "user:rwx",
            "user:a:b:rwx",
            "mask:a:r",
            "user:a b:r",
            "user:a:rr",
            "user:a:rwX",
            "user:a:",
            "other::r",
            "u::rwx",
            "user:4294967295:r",
            "x:a:r",
            "default:default:user:a:r",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_said_follows_from_the_mode_and_from_what_is_there() {
        let mode = Mode::of(0o2750);
        let whole = |said: &str, now: &str| acl(said).whole(mode, &acl(now)).to_string();
        assert_eq!(whole("", "user:1:rwx,mask::rwx"), "");
        assert_eq!(whole("user:33:rw-", ""), "user:33:rw-,group::r-x,mask::rwx");
        assert_eq!(whole("user:33:rw-,mask::r--", ""), "user:33:rw-,group::r-x,mask::r--");
        assert_eq!(whole("mask::r--", ""), "group::r-x,mask::r--");
        assert_eq!(
            whole("default:group:33:rwx", ""),
            "default:user::rwx,default:group::r-x,default:group:33:rwx,default:mask::rwx,default:other::---"
        );
        assert_eq!(
            whole(
                "default:group:33:r--,default:user::r--",
                "default:user::rwx,default:group::---,default:other::r-x"
            ),
            "default:user::r--,default:group::---,default:group:33:r--,default:mask::r--,default:other::r-x"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(text in "(d:)?(u|g):[a-z0-9]{1,8}:[rwx-]{1,3}") {
            if let Ok((entry, may)) = read(&text) {
                prop_assert_eq!(read(&format!("{entry}:{may}")), Ok((entry.clone(), may)));
                let list = Acl([(entry, may)].into());
                prop_assert_eq!(list.to_string().parse::<Acl>(), Ok(list));
            }
        }
    }
}
