//! What the simulated host is made of: one value that is kept in one file.

use phoenix_graph::{Class, DatasetName, PoolName, PropertyName, Redundancy};
use phoenix_host::observed::{Directory, Work};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The format of `host.json`.
pub const FORMAT: u32 = 1;

/// The whole simulated host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The format of this file.
    pub format: u32,
    /// The version of OpenZFS: major and minor.
    pub zfs: (u32, u32),
    /// Whether any path below `/dev` that a spec asks for is plugged in as a blank device.
    pub plug_everything: bool,
    /// Disks: each path with the device that it leads to.
    pub disks: BTreeMap<Box<str>, Box<str>>,
    /// What is on each device.
    pub devices: BTreeMap<Box<str>, Content>,
    /// Pools, the exported ones among them.
    pub pools: BTreeMap<PoolName, Pool>,
    /// File systems and volumes of all pools.
    pub datasets: BTreeMap<DatasetName, Dataset>,
    /// What is mounted, in the order of mounting.
    pub mounts: Vec<Mount>,
    /// File systems that something uses: they cannot be unmounted until the next boot.
    pub busy: BTreeSet<DatasetName>,
    /// Paths where nothing can be mounted, since a file stands there.
    pub occupied: BTreeSet<Box<str>>,
    /// Folders of the root file system, besides those that are always there.
    pub folders: BTreeSet<Box<str>>,
    /// Text files of the root file system, by path: `/etc/exports` and what else a test puts there.
    pub files: BTreeMap<PathBuf, String>,
    /// Symbolic links outside the state folder.
    pub links: BTreeMap<PathBuf, PathBuf>,
    /// The live export table: path, client, options as the server's table spells them.
    pub exports: Vec<Export>,
    /// `/etc/pve/storage.cfg`; nothing on a host without Proxmox. The configuration of guests is among
    /// the files, below `/etc/pve/nodes`.
    pub storage_cfg: Option<String>,
    /// How Proxmox's cluster file system is.
    #[serde(default, skip_serializing_if = "Cluster::is_well")]
    pub cluster: Cluster,
    /// The parameters of the zfs module.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// What the parameters are at boot where no file in `/etc/modprobe.d` says otherwise.
    pub tunables_at_boot: BTreeMap<Box<str>, u64>,
    /// Counts everything that was made, for GUIDs.
    pub made: u64,
}

/// How Proxmox's cluster file system, `/etc/pve`, is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cluster {
    /// It runs and takes changes.
    #[default]
    Well,
    /// It does not run: `/etc/pve` is an empty folder.
    Away,
    /// It is in no quorum: it can be read, and takes no change.
    NoQuorum,
}

impl Cluster {
    fn is_well(&self) -> bool {
        *self == Cluster::Well
    }
}

/// What is on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Nothing.
    Blank,
    /// Something, each thing in words for people: `an ext4 file system "backup"`.
    Foreign(Vec<String>),
    /// The label of a pool: imported, exported or destroyed.
    Label {
        /// The pool's name.
        pool: PoolName,
        /// The pool's GUID.
        guid: u64,
        /// Whether the pool was destroyed.
        destroyed: bool,
    },
    /// The label of a pool that the device is no longer in.
    Former {
        /// The pool's name.
        pool: PoolName,
        /// The pool's GUID.
        guid: u64,
        /// Whether the label does not say which pool it was: that of a spare or a cache.
        nameless: bool,
    },
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its GUID.
    pub guid: u64,
    /// Whether it is exported.
    pub exported: bool,
    /// Its top-level vdevs.
    pub layout: Vec<Vdev>,
    /// Its own properties.
    pub settings: BTreeMap<PropertyName, Box<str>>,
    /// What it is busy with: giving up a checkpoint, or what a test says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<Work>,
    /// Whether it has a checkpoint.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checkpoint: bool,
    /// Whether another system used it last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
}

/// A top-level vdev.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vdev {
    /// What it is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// Its disks: the path they were given by.
    pub disks: Vec<Box<str>>,
}

/// The key of an encryption root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// The hash of the key.
    pub hash: Box<str>,
    /// Whether it is loaded.
    pub loaded: bool,
}

/// A file system or volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct Shape {
    /// Folders.
    pub folders: BTreeSet<Box<str>>,
    /// The root directory.
    pub directory: Option<Directory>,
    /// What is fixed when a dataset is made, and a volume's size.
    pub fixed: BTreeMap<PropertyName, Box<str>>,
}

impl Shape {
    fn is_plain(&self) -> bool {
        *self == Shape::default()
    }
}

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where.
    pub path: Box<str>,
    /// What.
    pub dataset: DatasetName,
    /// The options that the kernel shows with it, by property: on or off.
    #[serde(default)]
    pub options: BTreeMap<Box<str>, bool>,
}

/// One entry of the live export table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The exported path.
    pub path: Box<str>,
    /// The client.
    pub client: Box<str>,
    /// The options, joined by commas, as given.
    pub options: Box<str>,
}

/// What a simulated tool says when it refuses: its exit code and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The exit code.
    pub code: i32,
    /// Standard error.
    pub text: String,
}

/// Makes a refusal.
pub fn refuse<T>(code: i32, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, text: text.into() })
}

impl Dataset {
    /// Returns a property's value where it is the dataset's own: set, or else received.
    #[must_use]
    pub fn own(&self, property: &str) -> Option<&str> {
        let received = || self.received.get(property).filter(|_| !self.passed_over.contains(property));
        self.settings.get(property).or_else(received).map(|raw| &**raw)
    }
}

impl State {
    /// Makes a plausible host with nothing on it: Proxmox with its first registration, no disks, no pools.
    #[must_use]
    pub fn blank() -> Self {
        let tunables: BTreeMap<Box<str>, u64> = [("zfs_arc_max".into(), 0), ("zfs_arc_min".into(), 0)].into();
        State {
            format: FORMAT,
            zfs: (2, 3),
            plug_everything: false,
            disks: BTreeMap::new(),
            devices: BTreeMap::new(),
            pools: BTreeMap::new(),
            datasets: BTreeMap::new(),
            mounts: Vec::new(),
            busy: BTreeSet::new(),
            occupied: BTreeSet::new(),
            folders: BTreeSet::new(),
            files: [(PathBuf::from("/etc/exports"), "# /etc/exports: see exports(5)\n".to_owned())].into(),
            links: BTreeMap::new(),
            exports: Vec::new(),
            storage_cfg: Some(
                "dir: local\n\tpath /var/lib/vz\n\tcontent backup,import,iso,vztmpl\n\n".to_owned(),
            ),
            cluster: Cluster::Well,
            tunables: tunables.clone(),
            tunables_at_boot: tunables,
            made: 0,
        }
    }

    /// Returns the names of the datasets of a pool's subtree, parents first, `top` among them.
    pub fn subtree(&self, top: &DatasetName) -> Vec<DatasetName> {
        // Names below `top` do not always follow it directly: `a-b` sorts before `a/b`.
        self.datasets.keys().filter(|name| *name == top || name.is_below(top)).cloned().collect()
    }

    /// Returns whether a pool is there and imported.
    pub fn imported(&self, pool: &PoolName) -> bool {
        self.pools.get(pool).is_some_and(|pool| !pool.exported)
    }

    /// Finds a dataset of an imported pool.
    pub fn dataset(&self, name: &DatasetName) -> Option<&Dataset> {
        if self.imported(&name.pool()) { self.datasets.get(name) } else { None }
    }

    /// Gives a number to what has none: a dataset that was just made, or one of a state that was written
    /// before datasets had any.
    pub fn number(&mut self, name: &DatasetName) {
        if self.datasets.get(name).is_some_and(|dataset| dataset.guid == 0) {
            let guid = self.next_guid();
            if let Some(dataset) = self.datasets.get_mut(name) {
                dataset.guid = guid;
            }
        }
    }

    /// Makes a number that no pool has yet.
    pub fn next_guid(&mut self) -> u64 {
        self.made += 1;
        // The golden ratio spreads consecutive numbers, so that they look like GUIDs and stay distinct.
        self.made.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}
