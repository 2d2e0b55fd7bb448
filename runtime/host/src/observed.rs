//! What a host is seen to be: one value, read in a fixed number of commands.

mod bind;
mod dataset;
mod export;
mod files;
mod folder;
mod guests;
mod keys;
mod machine;
mod mapping;
pub mod mount;
mod permissions;
mod pool;
pub mod sanoid;
mod secrets;
mod setting;
mod storage;
mod units;

pub use bind::{Configured, ContainerState, Containers};
pub use dataset::{
    ALWAYS, DatasetState, HOME, KEPT_CANMOUNT, Lineage, ORIGIN, OWNER, SnapshotState, WRITTEN,
};
pub use export::HeldExport;
pub use files::LinkState;
pub use folder::{FolderState, Instead};
pub use guests::{Guest, GuestKind, GuestUse, Guests, Named};
pub use keys::KeyFile;
pub use machine::{Interface, MachineState, Network};
pub use mapping::{Mappings, NodeDirectory};
pub use mount::{MountState, Mounts};
pub use permissions::{Directory, Wanted};
pub use pool::{DiskState, Found, ImportObstacle, Label, PoolState, VdevDisk, VdevState, Work, WorkKind};
pub use sanoid::Sanoid;
pub use secrets::Secrets;
pub use setting::{Setting, Source};
pub use storage::{Kept, Loss, LostLine, Members, Registrations, StorageState, Storages, Unknown, node_list};
pub use units::{UnitState, Units};

use phoenix_graph::{DatasetName, Disk, PoolName, PropertyName, export::ExportOptions};
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
    /// Files that hold secrets of registrations, each with the secrets that it is to be (`password`).
    pub secret_files: BTreeSet<(Box<str>, Box<str>)>,
    /// Whether it matters what the configuration of Proxmox's guests names, and what its containers have.
    pub guests: bool,
    /// Containers that are to have something. All are looked at, whichever are asked for.
    pub containers: BTreeSet<u32>,
    /// Virtual machines that are to have something. All are looked at, whichever are asked for.
    pub machines: BTreeSet<u32>,
    /// Whether the version of what writes their configuration matters, which takes a process.
    pub pct_version: bool,
    /// Whether the version of what gives machines directories matters, which takes a process.
    pub qemu_version: bool,
    /// File systems whose root directories matter, where they are mounted.
    pub directories: BTreeSet<DatasetName>,
    /// Those of them of which it matters how much lies in them.
    pub contents: BTreeSet<DatasetName>,
    /// Folders in file systems that guests are given, by the file system and the path in it. Looking at them takes no
    /// process.
    pub folders: BTreeSet<(DatasetName, Box<str>)>,
    /// Mount points: whether links are passed on the way to them is looked at, which takes no process.
    pub mountpoints: BTreeSet<Box<str>>,
    /// Users whose numbers are asked for.
    pub users: BTreeSet<Box<str>>,
    /// Groups whose numbers are asked for.
    pub groups: BTreeSet<Box<str>>,
    /// What may have to be put away, destroyed, or exported no more, with all below it: it is looked for who uses it,
    /// which takes no process.
    pub leaving: BTreeSet<DatasetName>,
    /// Units of systemd; asking for some takes a process.
    pub units: BTreeSet<Box<str>>,
    /// Whether it matters whether sanoid is there, and what others have it do.
    pub sanoid: bool,
    /// File systems and volumes of which it matters which snapshots sanoid has taken: whether all below is meant, too.
    /// Asking for some takes a process.
    pub taken: BTreeMap<DatasetName, bool>,
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
    #[serde(with = "export::pairs")]
    pub exports: BTreeMap<(Box<str>, Box<str>), ExportOptions>,
    /// Proxmox registrations.
    pub storages: Storages,
    /// Those of the files with secrets that cannot be used: why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unusable_secrets: BTreeMap<Box<str>, Box<str>>,
    /// What Proxmox's guests name.
    #[serde(default)]
    pub guests: Guests,
    /// Proxmox's containers and machines.
    #[serde(default)]
    pub containers: Containers,
    /// Parameters of the zfs module, those asked for that exist.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// The links asked for.
    pub links: BTreeMap<PathBuf, LinkState>,
    /// The root directories asked for, of file systems that are mounted.
    #[serde(default)]
    pub directories: BTreeMap<DatasetName, Directory>,
    /// About how many files and folders lie in those asked for that are mounted; 0 where it is nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contents: BTreeMap<DatasetName, u64>,
    /// The folders asked for, of file systems that are mounted: by the file system and the path in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<DatasetName, BTreeMap<Box<str>, FolderState>>,
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
    /// Of what may leave, that which NFS clients have files open on, each by the address that the kernel tells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nfs_open: BTreeMap<DatasetName, BTreeSet<Box<str>>>,
    /// The stable names (`/dev/disk/by-id`) of each device, where everything was asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub disk_names: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    /// The entries of the files that exports are read from, where the live table was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_exports: Vec<HeldExport>,
    /// Those of the files that cannot be read, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread_exports: BTreeMap<Box<str>, String>,
    /// The units asked for.
    #[serde(default)]
    pub units: Units,
    /// What there is of sanoid, where that was asked for.
    #[serde(default)]
    pub sanoid: Sanoid,
}

impl Query {
    /// Returns whether it is asked which snapshots sanoid has taken of a file system or volume.
    #[must_use]
    pub fn asks_for_taken(&self, name: &DatasetName) -> bool {
        let above = || std::iter::successors(name.parent(), DatasetName::parent);
        self.taken.contains_key(name) || above().any(|above| self.taken.get(&above) == Some(&true))
    }
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
