//! What a host is seen to be: one value, read in a fixed number of commands.

use phoenix_graph::{
    Class, DatasetName, Disk, Mode, PoolName, PropertyName, Redundancy, StorageId, export::ExportOptions,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What to look at. The number of commands does not grow with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Dataset properties to read, besides [`ALWAYS`].
    pub properties: BTreeSet<PropertyName>,
    /// Pool properties to read.
    pub pool_properties: BTreeSet<PropertyName>,
    /// Pools that are asked for, with the disks they are to have. The disks of a pool that is absent
    /// are looked into, and exported pools are looked for.
    pub pools: BTreeMap<PoolName, Vec<Disk>>,
    /// Parameters of the zfs module.
    pub tunables: BTreeSet<Box<str>>,
    /// Symbolic links of rendered files, and the link that they pass through.
    pub links: BTreeSet<PathBuf>,
    /// Whether exports matter.
    pub exports: bool,
    /// Whether Proxmox registrations matter.
    pub storages: bool,
    /// File systems whose root directories matter, where they are mounted.
    pub directories: BTreeSet<DatasetName>,
    /// Users whose numbers are asked for.
    pub users: BTreeSet<Box<str>>,
    /// Groups whose numbers are asked for.
    pub groups: BTreeSet<Box<str>>,
}

/// Dataset properties that are read every time.
pub const ALWAYS: [&str; 8] =
    ["type", "mounted", "mountpoint", "canmount", "volsize", OWNER, HOME, KEPT_CANMOUNT];

/// The user property that marks what phoenix made or adopted; its value is the host's name.
pub const OWNER: &str = "phoenix:owner";
/// The user property of a retired dataset that holds its name before.
pub const HOME: &str = "phoenix:home";
/// The user property of a dataset in a retired subtree that holds its `canmount` before.
pub const KEPT_CANMOUNT: &str = "phoenix:canmount";

/// All that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The version of the OpenZFS kernel module: major and minor.
    pub zfs: (u32, u32),
    /// Imported pools, by name.
    pub pools: BTreeMap<PoolName, PoolState>,
    /// Pools that are asked for, are not imported, and were found on disks.
    pub importable: BTreeSet<PoolName>,
    /// The disks asked for: what each path leads to.
    pub disks: BTreeMap<Disk, DiskState>,
    /// All file systems and volumes of the imported pools.
    pub datasets: BTreeMap<DatasetName, DatasetState>,
    /// The live export table: by path and client.
    #[serde(with = "pairs")]
    pub exports: BTreeMap<(Box<str>, Box<str>), ExportOptions>,
    /// Proxmox registrations.
    pub storages: Storages,
    /// Parameters of the zfs module, those asked for that exist.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// The links asked for.
    pub links: BTreeMap<PathBuf, LinkState>,
    /// The root directories asked for, of file systems that are mounted.
    #[serde(default)]
    pub directories: BTreeMap<DatasetName, Directory>,
    /// The numbers of the users asked for that the host knows.
    #[serde(default)]
    pub users: BTreeMap<Box<str>, u32>,
    /// The numbers of the groups asked for that the host knows.
    #[serde(default)]
    pub groups: BTreeMap<Box<str>, u32>,
}

/// Who owns a directory, and who may do what in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    /// The mode.
    pub mode: Mode,
}

/// An imported pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolState {
    /// The pool's GUID.
    pub guid: u64,
    /// Its health as `zpool` says it: `ONLINE`, `DEGRADED`, …
    pub health: Box<str>,
    /// The top-level vdevs.
    pub layout: Vec<VdevState>,
    /// The properties asked for.
    pub settings: BTreeMap<PropertyName, Setting>,
}

/// A top-level vdev as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VdevState {
    /// What it is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// Its disks.
    pub disks: Vec<VdevDisk>,
}

/// A disk in a vdev.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VdevDisk {
    /// The path as `zpool status -P` shows it.
    pub path: Box<str>,
    /// The whole device that it leads to: links resolved, a whole disk's partition left off.
    pub device: Box<str>,
}

/// What a disk's path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskState {
    /// Nothing is at the path.
    Missing,
    /// A device that was not looked into, since its pool is there.
    Device(Box<str>),
    /// A device with nothing on it.
    Blank(Box<str>),
    /// A device that holds something: the device, and each thing found on it in words for people
    /// (`an ext4 file system "backup"`, `a partition table (gpt)`, `a label of the pool "tank"`, `mounted at /srv`).
    Holds(Box<str>, Vec<String>),
}

impl DiskState {
    /// Returns the device that the path leads to.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        match self {
            DiskState::Missing => None,
            DiskState::Device(device) | DiskState::Blank(device) | DiskState::Holds(device, _) => {
                Some(device)
            }
        }
    }
}

/// A file system or volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetState {
    /// Whether it is a volume.
    pub volume: bool,
    /// Whether it is mounted.
    pub mounted: bool,
    /// The properties asked for that it has, [`ALWAYS`] among them (but `type` and `mounted`).
    pub settings: BTreeMap<PropertyName, Setting>,
}

impl DatasetState {
    /// Returns a property's value where it is set on this dataset itself.
    #[must_use]
    pub fn local(&self, name: &str) -> Option<&str> {
        self.settings.get(name).filter(|setting| setting.source.is_own()).map(|setting| &*setting.raw)
    }

    /// Returns a property's effective value.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(|setting| &*setting.raw)
    }
}

/// A property's value, as `-Hp` prints it, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The value as printed, exact.
    pub raw: Box<str>,
    /// Where it comes from.
    pub source: Source,
}

/// Where a property's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Set on the dataset or pool itself.
    Local,
    /// The default.
    Default,
    /// Set on the dataset of this name.
    Inherited(Box<str>),
    /// Set by `zfs receive`.
    Received,
    /// Set for the time of a mount.
    Temporary,
    /// No source is told (`-`).
    None,
}

impl Source {
    /// Returns whether the value is the dataset's own: set here, or received.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self, Source::Local | Source::Received)
    }
}

/// Proxmox registrations, or why they cannot be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storages {
    /// They were not asked for.
    #[default]
    NotAsked,
    /// This host has no `pvesm`.
    NoProxmox,
    /// `storage.cfg` has a section that makes every `pvesm` change fail: what and where.
    Broken(String),
    /// By id.
    Found(BTreeMap<StorageId, StorageState>),
}

/// A registration as `storage.cfg` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageState {
    /// The storage type.
    pub kind: Box<str>,
    /// Properties in canonical form where the type's table knows them, else as they stand.
    pub properties: BTreeMap<Box<str>, Box<str>>,
}

/// What stands where a link is to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkState {
    /// Nothing.
    Missing,
    /// A symbolic link to this target.
    Link(PathBuf),
    /// A file, a folder or something else.
    Other,
}

/// Writes a map with pairs for keys as a list, since JSON's keys are strings.
mod pairs {
    use phoenix_graph::export::ExportOptions;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    type Table = BTreeMap<(Box<str>, Box<str>), ExportOptions>;

    pub fn serialize<S: Serializer>(table: &Table, serializer: S) -> Result<S::Ok, S::Error> {
        table.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}
