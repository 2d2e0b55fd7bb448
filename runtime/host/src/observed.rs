//! What a host is seen to be: one value, read in a fixed number of commands.

mod guests;
pub mod mounts;
mod pool;
mod setting;
mod storages;

pub use guests::{Guest, GuestKind, GuestUse, Guests, Named};
pub use mounts::{MountState, Mounts};
pub use pool::{ImportObstacle, PoolState, VdevDisk, VdevState, Work, WorkKind};
pub use setting::{Setting, Source};
pub use storages::{Loss, LostLine, Registrations, StorageState, Storages, Unknown};

use phoenix_graph::{DatasetName, Disk, Mode, PoolName, PropertyName, SnapshotName, export::ExportOptions};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What to look at. The number of commands does not grow with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Files that keys are to be in; those of datasets whose keys are not loaded are looked at, too.
    pub key_files: BTreeSet<Box<str>>,
    /// Dataset properties to read, besides [`ALWAYS`].
    pub properties: BTreeSet<PropertyName>,
    /// Pool properties to read.
    pub pool_properties: BTreeSet<PropertyName>,
    /// Pools that are asked for, with the disks they are to have. Disks that are in no imported pool
    /// are looked into, and pools that are absent are looked for.
    pub pools: BTreeMap<PoolName, Vec<Disk>>,
    /// Parameters of the zfs module.
    pub tunables: BTreeSet<Box<str>>,
    /// Symbolic links of rendered files, and the link that they pass through.
    pub links: BTreeSet<PathBuf>,
    /// Whether exports matter.
    pub exports: bool,
    /// Whether Proxmox registrations matter.
    pub storages: bool,
    /// Whether it matters what the configuration of Proxmox's guests names.
    pub guests: bool,
    /// File systems whose root directories matter, where they are mounted.
    pub directories: BTreeSet<DatasetName>,
    /// Mount points: whether links are passed on the way to them is looked at, which takes no process.
    pub mountpoints: BTreeSet<Box<str>>,
    /// Users whose numbers are asked for.
    pub users: BTreeSet<Box<str>>,
    /// Groups whose numbers are asked for.
    pub groups: BTreeSet<Box<str>>,
    /// What may have to be put away or destroyed, with all below it: it is looked for who uses it, which
    /// takes no process.
    pub leaving: BTreeSet<DatasetName>,
    /// Whether everything is looked at that a first description needs: every property of every pool and
    /// dataset, the stable names of disks, and which files hold exports.
    pub everything: bool,
    /// Whether exports and registrations are also looked at where nothing declares any: no tool has to be
    /// there for that.
    pub foreign: bool,
}

impl Query {
    /// Asks for all pools, datasets, exports and registrations with all their properties: for a first description of
    /// a host, when no graph says yet what matters. It takes as many processes as any look.
    #[must_use]
    pub fn survey() -> Self {
        Self { everything: true, foreign: true, tunables: ["zfs_arc_max".into()].into(), ..Self::default() }
    }
}

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

/// All that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The version of the OpenZFS kernel module: major and minor.
    pub zfs: (u32, u32),
    /// Imported pools, by name.
    pub pools: BTreeMap<PoolName, PoolState>,
    /// Pools that are asked for, are not imported, and were found on disks.
    pub importable: BTreeSet<PoolName>,
    /// Those of them that are not imported without more: why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub obstacles: BTreeMap<PoolName, Vec<ImportObstacle>>,
    /// The disks asked for: what each path leads to.
    pub disks: BTreeMap<Disk, DiskState>,
    /// Those of the blank disks that have bytes other than zero at their beginning or end.
    #[serde(default)]
    pub written: BTreeSet<Disk>,
    /// The files that keys are to be in, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key_files: BTreeMap<Box<str>, KeyFile>,
    /// All file systems and volumes of the imported pools.
    pub datasets: BTreeMap<DatasetName, DatasetState>,
    /// What is mounted where.
    #[serde(default)]
    pub mounts: Mounts,
    /// The live export table: by path and client.
    #[serde(with = "pairs")]
    pub exports: BTreeMap<(Box<str>, Box<str>), ExportOptions>,
    /// Proxmox registrations.
    pub storages: Storages,
    /// What Proxmox's guests name.
    #[serde(default)]
    pub guests: Guests,
    /// Parameters of the zfs module, those asked for that exist.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// The links asked for.
    pub links: BTreeMap<PathBuf, LinkState>,
    /// The root directories asked for, of file systems that are mounted.
    #[serde(default)]
    pub directories: BTreeMap<DatasetName, Directory>,
    /// The mount points asked for that are, or pass, a symbolic link: that link, and where it leads.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links_passed: BTreeMap<Box<str>, (Box<str>, Box<str>)>,
    /// The numbers of the users asked for that the host knows.
    #[serde(default)]
    pub users: BTreeMap<Box<str>, u32>,
    /// The numbers of the groups asked for that the host knows.
    #[serde(default)]
    pub groups: BTreeMap<Box<str>, u32>,
    /// Of what may leave, that which something uses, with who does, each in words for people
    /// (`process 4242 (sleep 100)`, `mounted at /mnt`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub in_use: BTreeMap<DatasetName, Vec<String>>,
    /// The stable names (`/dev/disk/by-id`) of each device, where everything was asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disk_names: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    /// The entries of the files that exports are read from, where everything was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_exports: Vec<HeldExport>,
}

impl Observed {
    /// Lists everything below a dataset, in order of names.
    pub fn below(&self, top: &DatasetName) -> impl Iterator<Item = (&DatasetName, &DatasetState)> + use<'_> {
        let (top, text) = (top.clone(), top.as_str().to_owned());
        // Among the names that begin alike are siblings such as `a-b`, before `a/`: they are passed over.
        let alike =
            self.datasets.range(top.clone()..).take_while(move |(name, _)| name.as_str().starts_with(&text));
        alike.filter(move |(name, _)| name.is_below(&top))
    }
}

/// An entry of `/etc/exports` or of a file in `/etc/exports.d`, which may or may not be in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldExport {
    pub file: Box<str>,
    /// The exported path.
    pub path: Box<str>,
    /// The client as it stands there.
    pub client: Box<str>,
    /// The options, every one explicit.
    pub options: ExportOptions,
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

/// Who owns a directory, and who may do what in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    pub mode: Mode,
}

/// What a disk's path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskState {
    /// Nothing is at the path.
    Missing,
    /// A device that is in the pool that asks for it, and is not looked into.
    Device(Box<str>),
    /// A device with nothing on it that is known.
    Blank(Box<str>),
    /// A device that was in the pool that asks for it, and is no longer: all that is on it is that
    /// pool's label, by its GUID. The pool takes it back as it would a blank one.
    Left(Box<str>),
    /// A device that holds something: the device, and each thing found on it.
    Holds(Box<str>, Vec<Found>),
}

/// One thing that was found on a disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Found {
    /// Whether it is a ZFS label, and whose.
    pub label: Option<Label>,
    /// What it is in words for people (`an ext4 file system "backup"`, `a partition table (gpt)`,
    /// `a label of the pool "tank"`, `mounted at /srv`).
    pub words: String,
}

/// Whose a ZFS label is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Label {
    /// That of a pool of this name, which may be imported, exported or destroyed.
    Of(Box<str>),
    /// That of a spare or a cache, which names no pool.
    Nameless,
}

impl Found {
    /// Anything but a ZFS label.
    #[must_use]
    pub fn other(words: String) -> Self {
        Self { label: None, words }
    }

    /// A ZFS label.
    #[must_use]
    pub fn label(label: Label) -> Self {
        let words = match &label {
            Label::Of(pool) => format!("a label of the pool \"{pool}\""),
            Label::Nameless => "a label of a pool, as a spare or cache".to_owned(),
        };
        Self { label: Some(label), words }
    }
}

impl DiskState {
    /// Returns the device that the path leads to.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        match self {
            DiskState::Missing => None,
            DiskState::Device(device)
            | DiskState::Blank(device)
            | DiskState::Left(device)
            | DiskState::Holds(device, _) => Some(device),
        }
    }
}

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

    /// Returns a property's effective value; nothing also where it is not known.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(|setting| &*setting.raw)
    }
}

/// A file that a key is to be in. What is in it is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFile {
    /// It is not there.
    Missing,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// It has so many bytes.
    Bytes(u64),
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

    pub(super) fn serialize<S: Serializer>(table: &Table, serializer: S) -> Result<S::Ok, S::Error> {
        table.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}
