//! The real host: OpenZFS, the kernel's NFS server, Proxmox and the zfs module's parameters.
//!
//! Each kind of resource has a module of its name, with how it is seen, and how those of its operations are carried out that take more than their command; `kinds`
//! is the one table of them. Beside them stands what several go by: `run` starts processes, and nothing else does;
//! `reach` has it with the host's places; `look` begins a look, which is a fixed number of processes, side by side
//! (`zpool get`, `zpool status`, `zfs get`; and where a pool is absent `zpool import` and `wipefs --no-act`), and a
//! handful of files; `grid` and `properties` read tables, `mountinfo` what is mounted; `backing` tells what the kernel
//! itself holds open; `cluster` and `guests` read what Proxmox keeps; `watcher` starts what outlives its starter; `agent` reaches into a
//! machine.

pub mod acl;
pub mod agent;
mod backing;
mod bind;
mod cluster;
mod contents;
mod dataset;
mod export;
mod files;
mod folder;
mod grid;
mod guests;
mod keys;
mod kinds;
mod look;
mod mapping;
mod mount;
mod mountinfo;
mod paths;
mod permissions;
mod pool;
mod properties;
mod reach;
mod roots;
mod run;
mod sanoid;
mod secret_file;
mod storage;
mod tunable;
mod units;
mod virtiofs;
pub mod watcher;

pub use paths::LinuxPaths;

use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{
    Contents, Host, HostError,
    observed::{Lineage, Observed, Query, SnapshotState},
    op::Op,
    secret::Keys,
};
use reach::Reach;
use run::Runner;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

/// The real host.
#[derive(Debug)]
pub struct LinuxHost {
    reach: Reach,
}

impl LinuxHost {
    /// Makes a host of these paths. Nothing is looked at yet.
    #[must_use]
    pub fn new(paths: LinuxPaths) -> Self {
        let runner = Runner::new(paths.tools.clone());
        LinuxHost {
            reach: Reach {
                paths,
                runner,
                keys: Mutex::default(),
                proxmox: Mutex::default(),
                registry: Mutex::default(),
            },
        }
    }

    /// Changes how long a command may take: one that looks, and one that changes something. By itself
    /// a look has 120 s and a change 600 s.
    #[must_use]
    pub fn with_limits(mut self, look: Duration, change: Duration) -> Self {
        self.reach.runner.limits(look, change);
        self
    }

    /// Returns how many processes were started so far.
    #[must_use]
    pub fn processes(&self) -> u64 {
        self.reach.runner.started()
    }
}

impl Host for LinuxHost {
    fn observe(&self, query: &Query) -> Result<Observed, HostError> {
        kinds::observe(&self.reach, query)
    }

    fn perform(&self, op: &Op) -> Result<(), HostError> {
        kinds::perform(&self.reach, op)
    }

    fn pause(&self, seconds: u64) -> Result<(), HostError> {
        thread::sleep(Duration::from_secs(seconds));
        Ok(())
    }

    fn give_keys(&self, keys: Keys) {
        *self.reach.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn contents(&self, dataset: &DatasetName) -> Result<Contents, HostError> {
        dataset::contents(&self.reach.paths, &self.reach.runner, dataset)
    }

    fn snapshot_names(&self, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, HostError> {
        dataset::names(&self.reach.runner, datasets)
    }

    fn snapshots(&self, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError> {
        dataset::snapshots(&self.reach.runner, datasets)
    }

    fn guids(&self, snapshots: &[SnapshotName]) -> Result<BTreeMap<SnapshotName, u64>, HostError> {
        dataset::guids(&self.reach.runner, snapshots)
    }

    fn lineage(&self, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError> {
        dataset::lineage(&self.reach.runner, dataset, since)
    }
}
