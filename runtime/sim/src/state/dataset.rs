//! File systems, volumes and snapshots, as they are kept.

use super::Lock;
use phoenix_graph::{DatasetName, Mode, PropertyName, kind::acl::Acl};
use phoenix_host::observed::Directory;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A file system or volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Its GUID; 0 for one that nobody made.
    #[serde(default)]
    pub guid: u64,
    /// Whether it is a volume.
    pub volume: bool,
    /// Its own properties, as `zfs get -Hp` prints them.
    pub settings: BTreeMap<PropertyName, Box<str>>,
    /// What it received with a stream: that holds where nothing is set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub received: BTreeMap<PropertyName, Box<str>>,
    /// Of what it received, that which was told to be inherited nevertheless.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub passed_over: BTreeSet<PropertyName>,
    /// Its files, by name, with what is in them.
    #[serde(default)]
    pub files: BTreeMap<Box<str>, String>,
    /// Folders in it: mount points of other file systems, and what Proxmox makes.
    #[serde(default)]
    pub folders: BTreeSet<Box<str>>,
    /// Its root directory, where anything about it was changed: owner, group and mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// Owner and group of those of its files and folders that were given away; the others are root's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owners: BTreeMap<Box<str>, (u32, u32)>,
    /// Owner and group of all that lies in it, as an earlier version wrote them.
    #[serde(default, skip_serializing)]
    pub contents: Option<(u32, u32)>,
    /// The mode of those of its folders that have another than a new one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modes: BTreeMap<Box<str>, Mode>,
    /// The access control lists of those of its folders that have one, also where they are out of force.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<Box<str>, Acl>,
    /// Its snapshots, by the name after the `@`.
    #[serde(default)]
    pub snapshots: BTreeMap<Box<str>, Snapshot>,
    /// Whether it was mounted since its last snapshot, or since it was cloned: that alone writes a little.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub touched: bool,
    /// Its own key, where it is an encryption root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
}

/// A snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The files as they were.
    pub files: BTreeMap<Box<str>, String>,
    /// The tags that hold it.
    pub holds: BTreeSet<Box<str>>,
    /// Its GUID; 0 for one of a state that was written before snapshots had any.
    #[serde(default)]
    pub guid: u64,
    /// The datasets that were cloned from it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub clones: BTreeSet<DatasetName>,
    /// The dataset's folders, its root directory, and a volume's size and block size, as they were.
    #[serde(default, skip_serializing_if = "Shape::is_plain")]
    pub shape: Shape,
    /// Of two snapshots the later one has the greater number.
    #[serde(default)]
    pub order: u64,
    /// Whether it goes as soon as no hold and no clone keeps it: `zfs destroy -d`, and `zfs receive -F`
    /// of what stands in its way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
}

/// What a snapshot keeps of a dataset besides its files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Folders.
    pub folders: BTreeSet<Box<str>>,
    /// The root directory.
    pub directory: Option<Directory>,
    /// Owner and group of files and folders that were given away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owners: BTreeMap<Box<str>, (u32, u32)>,
    /// The mode of folders that have another than a new one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modes: BTreeMap<Box<str>, Mode>,
    /// Owner and group of all that lies in it, as an earlier version wrote them.
    #[serde(default, skip_serializing)]
    pub contents: Option<(u32, u32)>,
    /// The access control lists of folders.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<Box<str>, Acl>,
    /// What is fixed when a dataset is made, and a volume's size.
    pub fixed: BTreeMap<PropertyName, Box<str>>,
}

impl Shape {
    fn is_plain(&self) -> bool {
        *self == Shape::default()
    }
}

impl Dataset {
    /// Has what an earlier version wrote be as this one writes it.
    pub fn settle(&mut self) {
        if let Some(owner) = self.contents.take() {
            let all = self.files.keys().chain(&self.folders);
            self.owners = all.map(|name| (name.clone(), owner)).collect();
        }
        for Snapshot { files, shape, .. } in self.snapshots.values_mut() {
            if let Some(owner) = shape.contents.take() {
                let all = files.keys().chain(&shape.folders);
                shape.owners = all.map(|name| (name.clone(), owner)).collect();
            }
        }
    }

    /// Counts the files and folders that lie in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::try_from(self.files.len() + self.folders.len()).unwrap_or(u64::MAX)
    }

    /// Returns what a folder in it has; by no path, its root directory.
    #[must_use]
    pub fn folder(&self, inside: &str) -> Directory {
        if inside.is_empty() {
            return self.directory.clone().unwrap_or(Directory::NEW);
        }
        let (owner, group) = self.owners.get(inside).copied().unwrap_or_default();
        let mode = self.modes.get(inside).copied().unwrap_or(Mode::NEW);
        let acl = self.lists.get(inside).cloned().unwrap_or_default();
        Directory { owner, group, mode, acl }
    }

    /// Puts a folder into it that has this.
    pub fn put_folder(&mut self, inside: &str, has: Directory) {
        let Directory { owner, group, mode, acl } = has;
        self.drop_folder(inside);
        self.folders.insert(inside.into());
        if (owner, group) != (0, 0) {
            self.owners.insert(inside.into(), (owner, group));
        }
        if mode != Mode::NEW {
            self.modes.insert(inside.into(), mode);
        }
        if !acl.is_empty() {
            self.lists.insert(inside.into(), acl);
        }
    }

    /// Takes a folder out of it.
    pub fn drop_folder(&mut self, inside: &str) {
        self.folders.remove(inside);
        self.owners.remove(inside);
        self.modes.remove(inside);
        self.lists.remove(inside);
    }

    /// Returns a property's value where it is the dataset's own: set, or else received.
    #[must_use]
    pub fn own(&self, property: &str) -> Option<&str> {
        let received = || self.received.get(property).filter(|_| !self.passed_over.contains(property));
        self.settings.get(property).or_else(received).map(|raw| &**raw)
    }
}
