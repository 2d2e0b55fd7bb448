//! Names that are proven legal when they are made: hosts, pools, datasets, Proxmox storages.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Says why a text is no legal name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty, or has an empty component (`a//b`, a slash at an end).
    #[error("a name has no empty part")]
    Empty,
    /// A character that the kind of name does not take.
    #[error("the character {0:?} is not allowed in {1}")]
    Character(char, &'static str),
    /// The name does not begin as it must.
    #[error("{0}")]
    Start(&'static str),
    /// A word that OpenZFS keeps for itself.
    #[error("{0:?} is reserved by OpenZFS")]
    Reserved(String),
    /// The whole name is longer than the system takes.
    #[error("the whole name has {0} bytes; {1} are allowed")]
    TooLong(usize, usize),
}

/// The longest whole dataset name, in bytes (`ZFS_MAX_DATASET_NAME_LEN` less the closing zero).
pub const MAX_DATASET_NAME: usize = 255;

/// The component of a dataset's name below which phoenix keeps what is retired.
pub const AREA: &str = ".phoenix";

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:path, $stored:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Makes the name, or says why the text is none.
            ///
            /// # Errors
            /// [`NameError`] with the rule that the text breaks.
            pub fn new(text: &str) -> Result<Self, NameError> {
                $check(text)?;
                Ok(Self(text.into()))
            }

            /// Returns the name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                $stored(&text)?;
                Ok(Self(text.into()))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.into()
            }
        }
    };
}

name_type!(
    /// A host's name: letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
    HostName,
    check_host,
    check_host
);
name_type!(
    /// A pool's name. A new one goes by the rules of `zpoolconcepts(7)`; one that is there already may be any
    /// that OpenZFS lets exist ([`PoolName::seen`]), and such a name is also read from what was written down.
    PoolName,
    check_pool,
    check_seen_pool
);
name_type!(
    /// A dataset's or volume's whole name, `pool/a/b`; a pool's name alone is its root dataset. As with
    /// [`PoolName`], one that is there already may be one that a new dataset may not have.
    DatasetName,
    check_dataset,
    check_seen_dataset
);
name_type!(
    /// A Proxmox storage id: `[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]`.
    StorageId,
    check_storage,
    check_storage
);

impl PoolName {
    /// Takes the name of a pool that is there: such as `c3po` or `spare1`, which no new pool may have.
    ///
    /// # Errors
    /// [`NameError`] where no pool can have it.
    pub fn seen(text: &str) -> Result<Self, NameError> {
        check_seen_pool(text)?;
        Ok(Self(text.into()))
    }

    /// Says whether a new pool may have this name.
    ///
    /// # Errors
    /// [`NameError`] with the rule that it breaks.
    pub fn check_new(&self) -> Result<(), NameError> {
        check_pool(&self.0)
    }

    /// Returns the name of the pool's root dataset.
    #[must_use]
    pub fn root(&self) -> DatasetName {
        DatasetName(self.0.clone())
    }
}

impl DatasetName {
    /// Takes the name of a dataset that is there: such as `c3po/a`, or `tank/a/%recv` while it is received.
    ///
    /// # Errors
    /// [`NameError`] where no dataset can have it.
    pub fn seen(text: &str) -> Result<Self, NameError> {
        check_seen_dataset(text)?;
        Ok(Self(text.into()))
    }

    /// Says whether a new dataset may have this name.
    ///
    /// # Errors
    /// [`NameError`] with the rule that it breaks.
    pub fn check_new(&self) -> Result<(), NameError> {
        check_dataset(&self.0)
    }

    /// Returns the pool that the dataset lies in.
    #[must_use]
    pub fn pool(&self) -> PoolName {
        PoolName(self.0.split('/').next().unwrap_or(&self.0).into())
    }

    /// Returns the dataset above, or nothing for a pool's root dataset.
    #[must_use]
    pub fn parent(&self) -> Option<DatasetName> {
        self.0.rsplit_once('/').map(|(parent, _)| DatasetName(parent.into()))
    }

    /// Returns the last component.
    #[must_use]
    pub fn leaf(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, leaf)| leaf)
    }

    /// Returns the part of the name below the pool: `a/b` of `pool/a/b`, empty for the root dataset.
    #[must_use]
    pub fn below_pool(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, rest)| rest)
    }

    /// Returns whether this is a pool's root dataset.
    #[must_use]
    pub fn is_root(&self) -> bool {
        !self.0.contains('/')
    }

    /// Returns the name of a child, of one component or several.
    ///
    /// # Errors
    /// [`NameError`] where the child's name is not legal, or the whole becomes too long.
    pub fn child(&self, name: &str) -> Result<DatasetName, NameError> {
        DatasetName::new(&format!("{}/{name}", self.0))
    }

    /// Returns whether this is phoenix's own area, or lies in it: no spec can name it.
    #[must_use]
    pub fn is_in_area(&self) -> bool {
        self.0.split('/').any(|part| part == AREA)
    }

    /// Returns whether this dataset lies below `other`; a dataset does not lie below itself.
    #[must_use]
    pub fn is_below(&self, other: &DatasetName) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

fn check_host(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(NameError::Start("a host's name begins with a letter or a digit"));
    }
    allow(text, "-_.", "a host's name")?;
    limit(text, 253)
}

fn check_pool(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(NameError::Start("a pool's name begins with a letter"));
    }
    allow(text, "-_.: ", "a pool's name")?;
    // zpoolconcepts(7): these words begin vdev specifications.
    if ["mirror", "raidz", "draid", "spare"].iter().any(|word| text.starts_with(word)) || text == "log" {
        return Err(NameError::Reserved(text.to_owned()));
    }
    let mut chars = text.chars();
    if chars.next() == Some('c') && chars.next().is_some_and(|c| c.is_ascii_digit()) {
        return Err(NameError::Start("a pool's name does not begin with `c` and a digit"));
    }
    limit(text, MAX_DATASET_NAME)
}

fn check_dataset(text: &str) -> Result<(), NameError> {
    let mut parts = text.split('/');
    check_pool(parts.next().unwrap_or_default())?;
    for part in parts {
        if part.is_empty() {
            return Err(NameError::Empty);
        }
        if part == "." || part == ".." {
            return Err(NameError::Start("a dataset's name is not `.` or `..`"));
        }
        allow(part, "-_.: ", "a dataset's name")?;
    }
    limit(text, MAX_DATASET_NAME)
}

/// What keeps a pool's name from being read off a host: nothing but what would make it another thing.
fn check_seen_pool(text: &str) -> Result<(), NameError> {
    if text.contains('/') {
        return Err(NameError::Character('/', "a pool's name"));
    }
    check_seen_dataset(text)
}

/// As [`check_seen_pool`]. OpenZFS keeps `%` for names of its own, and a later version may take more; what it
/// never takes are control characters, and the signs of snapshots and bookmarks.
fn check_seen_dataset(text: &str) -> Result<(), NameError> {
    if !text.starts_with(|c: char| c.is_alphabetic()) {
        return Err(NameError::Start("a pool's name begins with a letter"));
    }
    if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(NameError::Empty);
    }
    match text.chars().find(|c| c.is_control() || "@#".contains(*c)) {
        Some(c) => Err(NameError::Character(c, "a dataset's name")),
        None => limit(text, MAX_DATASET_NAME),
    }
}

fn check_storage(text: &str) -> Result<(), NameError> {
    if text.len() < 2 {
        return Err(NameError::Start("a Proxmox storage id has two characters at least"));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(NameError::Start("a Proxmox storage id begins with a letter"));
    }
    if !text.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(NameError::Start("a Proxmox storage id ends with a letter or a digit"));
    }
    allow(text, "-_.", "a Proxmox storage id")
}

fn allow(text: &str, extra: &str, what: &'static str) -> Result<(), NameError> {
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !extra.contains(*c)) {
        Some(c) => Err(NameError::Character(c, what)),
        None => Ok(()),
    }
}

fn limit(text: &str, most: usize) -> Result<(), NameError> {
    if text.len() > most { Err(NameError::TooLong(text.len(), most)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dataset_names_know_their_pool_parent_and_leaf() {
        let name = DatasetName::new("tank/a/b c").unwrap();
        assert_eq!(name.pool().as_str(), "tank");
        assert_eq!(name.parent().unwrap().as_str(), "tank/a");
        assert_eq!(name.leaf(), "b c");
        assert_eq!(name.below_pool(), "a/b c");
        assert!(name.is_below(&DatasetName::new("tank").unwrap()));
        assert!(!name.is_below(&name));
        assert!(!DatasetName::new("tank/ab").unwrap().is_below(&DatasetName::new("tank/a").unwrap()));
    }

    #[test]
    fn a_name_that_is_there_already_may_be_one_that_nothing_new_may_have() {
        for text in
            ["c3po", "c3po/a", "spare1", "mirror-old/x", "log", "tank/a/%recv", "tank/end ", "tank/-x"]
        {
            let name = DatasetName::seen(text).unwrap();
            assert_eq!(name.as_str(), text);
            assert_eq!(name.check_new().is_ok(), DatasetName::new(text).is_ok());
            // What was seen is written down, and read again.
            assert_eq!(DatasetName::try_from(text.to_owned()), Ok(name.clone()));
            assert_eq!(PoolName::seen(name.pool().as_str()), Ok(name.pool()));
        }
        assert!(PoolName::seen("c3po").unwrap().check_new().is_err());
        for text in ["", "a//b", "a/", "/a", "a/..", "a@b", "a#b", "a\nb", "a/\tb", "a\u{7f}", "9a"] {
            assert!(DatasetName::seen(text).is_err(), "{text:?}");
        }
        assert!(DatasetName::seen(&"a".repeat(MAX_DATASET_NAME + 1)).is_err());
        assert!(PoolName::seen("a/b").is_err());
    }

    #[test]
    fn reserved_and_malformed_names_are_refused() {
        for bad in
            ["", "mirror0", "raidz", "draid1", "spares", "log", "c0t0", "1a", "a//b", "a/", "a/b@c", "a/.."]
        {
            assert!(DatasetName::new(bad).is_err(), "{bad}");
        }
        for good in ["logs", "cx", "tank/log", "tank/1a", "tank/.phoenix/3/a"] {
            assert!(DatasetName::new(good).is_ok(), "{good}");
        }
        assert!(StorageId::new("1bad").is_err());
        assert!(StorageId::new("a").is_err());
        assert!(StorageId::new("quickOS-vm-disks").is_ok());
    }
}
