//! File systems, volumes and snapshots as they are seen, and the properties that phoenix itself goes by.

use super::{Setting, Source};
use phoenix_graph::{DatasetName, PropertyName, SnapshotName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Dataset properties that are read every time.
pub const ALWAYS: [&str; 14] = [
    "guid",
    "type",
    "mounted",
    "mountpoint",
    "canmount",
    "volsize",
    "encryption",
    "encryptionroot",
    "keystatus",
    "keyformat",
    "keylocation",
    OWNER,
    HOME,
    KEPT_CANMOUNT,
];

/// The user property that marks what phoenix made or adopted; its value is the host's name.
pub const OWNER: &str = "phoenix:owner";
/// The user property of a retired dataset that holds its name before.
pub const HOME: &str = "phoenix:home";
/// The user property of a dataset in a retired subtree that holds its `canmount` before.
pub const KEPT_CANMOUNT: &str = "phoenix:canmount";

/// The property that names the snapshot that a clone came from.
pub const ORIGIN: &str = "origin";
/// The property that tells how much was written since the last snapshot, or since a clone came to be.
pub const WRITTEN: &str = "written";

/// A file system or volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetState {
    /// Whether it is a volume.
    pub volume: bool,
    pub mounted: bool,
    /// The properties asked for that it has, [`ALWAYS`] among them (but `type` and `mounted`).
    pub settings: BTreeMap<PropertyName, Setting>,
    /// Those of the properties asked for whose values cannot be read, since they are no text (UTF-8), with
    /// where they come from. They are there, and nothing is known of what they say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<PropertyName, Source>,
}

impl DatasetState {
    /// Returns whether a property has a value that cannot be read: [`DatasetState::value`] and
    /// [`DatasetState::local`] have none then, which does not say that it is not set.
    #[must_use]
    pub fn is_unreadable(&self, name: &str) -> bool {
        self.unreadable.contains_key(name)
    }

    /// Returns the dataset that its key comes from: itself, or one above it; nothing where it is not encrypted.
    #[must_use]
    pub fn encryption_root(&self) -> Option<DatasetName> {
        self.value("encryptionroot").and_then(|name| DatasetName::seen(name).ok())
    }

    /// Returns whether it is encrypted and its key is not loaded: it cannot be mounted, nor looked into.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.value("keystatus") == Some("unavailable")
    }

    /// Returns a property's value where it is set on this dataset itself; nothing also where it is not
    /// known ([`DatasetState::is_unreadable`]).
    #[must_use]
    pub fn local(&self, name: &str) -> Option<&str> {
        self.settings.get(name).filter(|setting| setting.source.is_own()).map(|setting| &*setting.raw)
    }

    /// Returns its GUID, which stays through renames; nothing where it is not known.
    #[must_use]
    pub fn guid(&self) -> Option<u64> {
        self.value("guid")?.parse().ok().filter(|guid| *guid != 0)
    }

    /// Returns a property's effective value; nothing also where it is not known.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(|setting| &*setting.raw)
    }
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotState {
    /// Its whole name.
    pub name: SnapshotName,
    /// Its GUID, which no other snapshot ever has: a name may be used again.
    pub guid: u64,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// The bytes that its end would free, if it alone ended.
    pub used: u64,
    /// The bytes that were written between the snapshot before and this one.
    pub written: u64,
    /// The tags that hold it.
    pub holds: BTreeSet<Box<str>>,
    /// Whether it is held by tags that cannot be read: then it is not known which.
    #[serde(default)]
    pub obscure: bool,
    /// The datasets that were cloned from it.
    pub clones: BTreeSet<DatasetName>,
}

/// What is a dataset's own, and how far it is from a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// All that is set on the dataset itself, as `-Hp` prints it.
    pub own: BTreeMap<PropertyName, Box<str>>,
    /// What is set on it as well, with values that cannot be read.
    pub unreadable: BTreeSet<PropertyName>,
    /// The bytes that are free for datasets beside it.
    pub available: u64,
    pub encrypted: bool,
    /// The bytes that were written since the snapshot; nothing where the dataset does not stem from it.
    pub written: Option<u64>,
    /// A volume's size in the snapshot, in bytes.
    pub size: Option<u64>,
}
