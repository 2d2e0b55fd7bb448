//! What the simulated host is made of: one value that is kept in one file.

mod bind;
mod dataset;
mod export;
mod keys;
mod mount;
mod pool;
mod storage;
mod units;

pub use bind::Running;
pub use dataset::{Dataset, Shape, Snapshot};
pub use export::Export;
pub use keys::Lock;
pub use mount::Mount;
pub use pool::{Content, Pool, Vdev};
pub use storage::Cluster;
pub use units::Manager;

use phoenix_graph::{DatasetName, PoolName};
use phoenix_host::{HostError, op::Op, text::package_version::PackageVersion};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The format of `host.json`.
pub const FORMAT: u32 = 1;

/// The whole simulated host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The format of this file.
    pub format: u32,
    /// The version of OpenZFS: major and minor.
    pub zfs: (u32, u32),
    /// Whether whatever a spec asks for is there: any path below `/dev` is a blank device, and containers, users, keys
    /// and secrets exist.
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
    /// File systems that the NFS server's cache of exports holds, since clients have looked for them: for how many seconds
    /// as yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remembered: BTreeMap<DatasetName, u64>,
    /// File systems that NFS clients have files open on, by version 4: the clients' addresses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nfs_open: BTreeMap<DatasetName, BTreeSet<Box<str>>>,
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
    /// The name of this node, as Proxmox's cluster knows it.
    #[serde(default = "bind::node")]
    pub node: Box<str>,
    /// The other nodes of that cluster, which have the same files below `/etc/pve`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub others: BTreeSet<Box<str>>,
    /// The containers and machines that run, each with the file systems that it holds.
    #[serde(default, skip_serializing_if = "Running::is_empty")]
    pub running: Running,
    /// The version of `pve-container`.
    #[serde(default = "bind::newest")]
    pub pct: PackageVersion,
    /// How Proxmox's cluster file system is.
    #[serde(default, skip_serializing_if = "Cluster::is_well")]
    pub cluster: Cluster,
    /// systemd, and what it runs.
    #[serde(default)]
    pub manager: Manager,
    /// The parameters of the zfs module.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// What the parameters are at boot where no file in `/etc/modprobe.d` says otherwise.
    pub tunables_at_boot: BTreeMap<Box<str>, u64>,
    /// Counts everything that was made, for GUIDs.
    pub made: u64,
}

/// What a simulated tool says when it refuses: its exit code and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The exit code.
    pub code: i32,
    /// Standard error.
    pub text: String,
}

impl Refusal {
    /// Returns the error of the operation that was refused.
    pub fn of(self, op: &Op) -> HostError {
        self.to(op.argv().unwrap_or_default())
    }

    /// Returns the error of the command that was refused.
    pub fn to(self, argv: Vec<String>) -> HostError {
        HostError::Command { argv, status: Some(self.code), stderr: self.text }
    }
}

/// Makes a refusal.
pub fn refuse<T>(code: i32, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, text: text.into() })
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
            remembered: BTreeMap::new(),
            nfs_open: BTreeMap::new(),
            occupied: BTreeSet::new(),
            folders: BTreeSet::new(),
            files: [(PathBuf::from("/etc/exports"), "# /etc/exports: see exports(5)\n".to_owned())].into(),
            links: BTreeMap::new(),
            exports: Vec::new(),
            storage_cfg: Some(
                "dir: local\n\tpath /var/lib/vz\n\tcontent backup,import,iso,vztmpl\n\n".to_owned(),
            ),
            node: bind::node(),
            others: BTreeSet::new(),
            running: Running::new(),
            pct: bind::newest(),
            cluster: Cluster::Well,
            manager: Manager::default(),
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
