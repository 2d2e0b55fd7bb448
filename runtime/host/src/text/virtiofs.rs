//! Reads and writes a directory that a machine is given, as its configuration has it: `dirid=media,cache=never`.
//!
//! The part without a name is the id. Proxmox keeps the text as it was given, so that only what was read can be compared.

use super::{mount_point::switch, perl::trim};
use phoenix_graph::check::guest::{SHARING, is_config_id};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A directory that a machine is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedDirectory {
    /// The id of the directory mapping.
    pub id: Box<str>,
    /// How it is shared: booleans as `0` and `1`; nothing that holds anyway.
    pub options: BTreeMap<Box<str>, Box<str>>,
}

impl SharedDirectory {
    /// Makes one of what is said of it.
    #[must_use]
    pub fn new(id: &str, options: &BTreeMap<Box<str>, Box<str>>) -> Self {
        let mut options = options.clone();
        let holds_anyway = |name: &str, value: &str| {
            SHARING.iter().any(|(known, words)| *known == name && words.first() == Some(&value))
        };
        options.retain(|name, value| !holds_anyway(name, value));
        Self { id: id.into(), options }
    }

    /// Reads one; nothing where it is none that Proxmox takes.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut said: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
        for part in text.split(',').filter(|part| !trim(part).is_empty()) {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) if !value.is_empty() => (name, value),
                Some(_) => return None,
                None => ("dirid", part),
            };
            let value = match SHARING.iter().find(|(known, _)| *known == name) {
                Some((_, words)) if words.contains(&"1") => switch(value)?,
                Some((_, words)) => words.iter().find(|word| **word == value)?,
                None if name == "dirid" && is_config_id(value) => value,
                None => return None,
            };
            if said.insert(name.into(), value.into()).is_some() {
                return None;
            }
        }
        let id = said.remove("dirid")?;
        Some(Self::new(&id, &said))
    }

    /// Reads one by this id; nothing where it is by another, or none that Proxmox takes.
    #[must_use]
    pub fn read_of(text: &str, id: &str) -> Option<Self> {
        Self::read(text).filter(|directory| *directory.id == *id)
    }

    /// Lists the ids that a text may name: the one that is read; where it is not understood, as with an option of a later
    /// version of Proxmox, whatever in it may be one.
    #[must_use]
    pub fn ids(text: &str) -> Vec<Box<str>> {
        if let Some(directory) = Self::read(text) {
            return vec![directory.id];
        }
        let parts = text.split(',').map(|part| trim(part.strip_prefix("dirid=").unwrap_or(part)));
        parts.filter(|part| is_config_id(part)).map(Box::from).collect()
    }
}

impl fmt::Display for SharedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dirid={}", self.id)?;
        self.options.iter().try_for_each(|(name, value)| write!(f, ",{name}={value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> SharedDirectory {
        SharedDirectory::read(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn the_order_the_spelling_and_what_holds_anyway_make_no_difference() {
        let one = read("expose-acl=yes,cache=auto,media,direct-io=off");
        assert_eq!(one.to_string(), "dirid=media,expose-acl=1");
        assert_eq!(read("dirid=media,expose-acl=true"), one);
        assert_eq!(read("media,, ,expose-acl=1,"), one);
        assert_ne!(read("media"), one);
    }

    #[test]
    fn what_proxmox_does_not_take_is_none() {
        for text in [
            "",
            "cache=auto",
            "media,media",
            "media,cache=writeback",
            "media,cache=auto,cache=never",
            "media,direct-io=2",
            "media,cache=",
            "1a",
            "media,writeback=1",
        ] {
            assert_eq!(SharedDirectory::read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_may_still_name_an_id() {
        let ids = |text: &str| SharedDirectory::ids(text).join(" ");
        assert_eq!(ids("cache=never,dirid=media"), "media");
        assert_eq!(ids("dirid=media,queue-size=64"), "media");
        assert_eq!(ids("readonly, media ,cache=odd,1a"), "readonly media");
        assert_eq!(SharedDirectory::read_of("media", "media"), Some(read("media")));
        assert_eq!(SharedDirectory::read_of("media", "films"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(id in "[a-zA-Z][a-zA-Z0-9_-]{1,20}", picks in prop::collection::vec((0..4usize, 0..4usize), 0..4)) {
            let options = picks.into_iter().map(|(at, word)| {
                let (name, words) = SHARING[at];
                (name.into(), words[word % words.len()].into())
            });
            let one = SharedDirectory::new(&id, &options.collect());
            prop_assert_eq!(SharedDirectory::read(&one.to_string()), Some(one));
        }
    }
}
