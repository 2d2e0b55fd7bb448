//! The real host: OpenZFS, the kernel's NFS server, Proxmox and the zfs module's parameters.
//!
//! Looking is a fixed number of processes, side by side (`zpool get`, `zpool status`, `zfs get`; and
//! where a pool is absent `zpool import` and `wipefs --no-act`), and a handful of files. `run` starts
//! processes, and nothing else does; `zpool` and `properties` read what they say; `disks` tells what is
//! on a device; `keys` tells where keys are, and hands typed ones over; `look` puts it together; `inside`
//! looks into an unmounted file system; `directory` sees to root directories; `snapshots` lists snapshots;
//! `proxmox` reads what Proxmox keeps, and runs `pvesm`; `lineage` tells how far a dataset is from one; `users` tells who uses what cannot go, and `backing`
//! what the kernel itself holds open; `watcher` starts what outlives its starter.

mod altroot;
mod backing;
mod directory;
mod disks;
mod grid;
mod importing;
mod inside;
mod keys;
mod lineage;
mod look;
mod mounts;
mod paths;
mod properties;
mod proxmox;
mod run;
mod snapshots;
mod unmount;
mod users;
pub mod watcher;
mod zpool;

pub use paths::LinuxPaths;

use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{Contents, Host, HostError, error::failed, links};
use phoenix_host::{
    observed::{
        Lineage, Observed, Query, SnapshotState,
        mounts::{Tree, plain},
    },
    op::Op,
    secret::Keys,
};
use run::Runner;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The real host.
#[derive(Debug)]
pub struct LinuxHost {
    paths: LinuxPaths,
    runner: Runner,
    /// The keys that were typed.
    keys: Mutex<Keys>,
    pvesm: proxmox::Pvesm,
}

impl LinuxHost {
    /// Makes a host of these paths. Nothing is looked at yet.
    #[must_use]
    pub fn new(paths: LinuxPaths) -> Self {
        let runner = Runner::new(paths.tools.clone());
        LinuxHost { paths, runner, keys: Mutex::default(), pvesm: proxmox::Pvesm::default() }
    }

    /// Changes how long a command may take: one that looks, and one that changes something. By itself
    /// a look has 120 s and a change 600 s.
    #[must_use]
    pub fn with_limits(mut self, look: Duration, change: Duration) -> Self {
        self.runner.limits(look, change);
        self
    }

    /// Returns how many processes were started so far.
    #[must_use]
    pub fn processes(&self) -> u64 {
        self.runner.started()
    }
}

impl Host for LinuxHost {
    fn observe(&self, query: &Query) -> Result<Observed, HostError> {
        look::observe(&self.paths, &self.runner, query)
    }

    fn perform(&self, op: &Op) -> Result<(), HostError> {
        match op {
            Op::DirectorySet { dataset, path, owner, group, mode } => {
                directory::set(&self.paths, &self.runner, dataset, path, *owner, *group, *mode)
            }
            Op::TunableSet { name, value } => set_parameter(&self.paths, name, *value),
            Op::Link { path, target } => links::link(path, target),
            Op::Unlink { path } => links::unlink(path),
            Op::LabelClear { disk } => {
                let label = disks::label_place(&self.paths, disk);
                let op = Op::LabelClear { disk: label.into() };
                self.runner.change(&op.argv().unwrap_or_default())
            }
            Op::DatasetMount { dataset } => self.mount(dataset, op),
            Op::Unmount { dataset, place } => self.unmount_at(dataset, place, op),
            Op::DatasetUnmount { dataset } => unmount::unmount(&self.paths, &self.runner, op)
                .map_err(|error| self.named(dataset, false, error)),
            Op::DatasetDestroy { dataset } => {
                self.settle();
                let done = self.runner.change(&op.argv().unwrap_or_default());
                done.map_err(|error| self.named(dataset, self.is_volume(dataset), error))
            }
            Op::PoolDestroy { .. } | Op::PoolExport { .. } => {
                self.settle();
                self.runner.change(&op.argv().unwrap_or_default())
            }
            Op::DatasetRename { volume: true, .. } | Op::Clone { volume: true, .. } => {
                self.runner.change(&op.argv().unwrap_or_default())?;
                self.settle();
                Ok(())
            }
            Op::KeyLoad { .. }
            | Op::DatasetCreate { .. }
            | Op::VolumeCreate { .. }
            | Op::PoolCreate { .. } => {
                let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
                keys::change(&self.runner, op, &keys)
            }
            Op::StorageAdd { .. } | Op::StorageSet { .. } | Op::StorageRemove { .. } => {
                self.pvesm.change(&self.runner, op)
            }
            _ => self.runner.change(&op.argv().unwrap_or_default()),
        }
    }

    fn give_keys(&self, keys: Keys) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn contents(&self, dataset: &DatasetName) -> Result<Contents, HostError> {
        inside::contents(&self.paths, &self.runner, dataset)
    }

    fn snapshot_names(&self, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, HostError> {
        snapshots::names(&self.runner, datasets)
    }

    fn snapshots(&self, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError> {
        snapshots::snapshots(&self.runner, datasets)
    }

    fn guids(&self, snapshots: &[SnapshotName]) -> Result<BTreeMap<SnapshotName, u64>, HostError> {
        snapshots::guids(&self.runner, snapshots)
    }

    fn lineage(&self, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError> {
        lineage::lineage(&self.runner, dataset, since)
    }
}

impl LinuxHost {
    /// Mounts a file system, where it is not mounted and seen already; somebody else may do it meanwhile.
    fn mount(&self, dataset: &DatasetName, op: &Op) -> Result<(), HostError> {
        // What was renamed stays mounted where it was: that is not where it belongs.
        let seen = || {
            let table = look::mount_table(&self.paths)?;
            let tree = Tree::new(&table);
            if !tree.of(dataset).iter().any(|&at| tree.is_on_top(at, &|_| false)) {
                return Ok::<bool, HostError>(false);
            }
            let said =
                self.runner.look(&["zfs", "get", "-Hp", "-o", "value", "mountpoint", dataset.as_str()])?;
            let place = said.strip_suffix('\n').unwrap_or(&said);
            Ok(place.starts_with('/') && tree.is_seen(dataset, &plain(place)))
        };
        if seen()? {
            return Ok(());
        }
        match self.runner.change(&op.argv().unwrap_or_default()) {
            Err(_) if seen()? => Ok(()),
            done => done,
        }
    }

    /// Takes one mount of a file system away, where it is mounted there and seen.
    fn unmount_at(&self, dataset: &DatasetName, place: &str, op: &Op) -> Result<(), HostError> {
        let table = look::mount_table(&self.paths)?;
        let tree = Tree::new(&table);
        let mut there = tree.of(dataset).iter().filter(|at| *tree.mount(**at).place == *place).peekable();
        if there.peek().is_none() {
            return Ok(());
        }
        let argv = op.argv().unwrap_or_default();
        let Some(&at) = there.find(|at| tree.is_on_top(**at, &|_| false)) else {
            let over = tree.leads_to(place, &|_| false).map(|over| tree.mount(over).told());
            let over = over.unwrap_or_else(|| "something else".to_owned());
            let stderr = format!("{dataset} is mounted at {place}, but hidden by {over}");
            return Err(HostError::Command { argv, status: None, stderr });
        };
        let inside: Vec<String> = tree.on(at).iter().map(|inner| tree.mount(*inner).told()).collect();
        unmount::unmount(&self.paths, &self.runner, op).map_err(|error| {
            match self.named(dataset, false, error) {
                HostError::Busy { error, mut users } => {
                    users.extend(inside.iter().map(|inner| format!("mounted in it: {inner}")));
                    HostError::Busy { error, users }
                }
                error if unmount::is_busy(&error) && !inside.is_empty() => HostError::Busy {
                    error: Box::new(error),
                    users: inside.iter().map(|inner| format!("mounted in it: {inner}")).collect(),
                },
                error => error,
            }
        })
    }

    /// Names who uses a dataset that is busy. Where nobody shows, the error stays as it is.
    fn named(&self, dataset: &DatasetName, volume: bool, error: HostError) -> HostError {
        if !unmount::is_busy(&error) {
            return error;
        }
        match users::users(&self.paths, [(dataset, volume)]).remove(dataset) {
            Some(users) => HostError::Busy { error: Box::new(error), users },
            None => error,
        }
    }

    fn is_volume(&self, dataset: &DatasetName) -> bool {
        self.paths.dev.join("zvol").join(dataset.as_str()).exists()
    }

    /// Waits until udev has done with new devices: it opens a volume that was just made or renamed, to
    /// probe it, and until then `zfs destroy` says that it is busy; and its links follow a moment later.
    fn settle(&self) {
        // Where udev is not there or slow, what follows is tried all the same and tells its own error.
        let _ = self.runner.look(&["udevadm", "settle", "--timeout=10"]);
    }
}

/// Writes a parameter of the zfs module and reads it back: the module takes some values without a word
/// and keeps another.
fn set_parameter(paths: &LinuxPaths, name: &str, value: u64) -> Result<(), HostError> {
    let path = look::parameter(paths, name);
    fs::write(&path, format!("{value}\n")).map_err(|error| failed("write", &path, error))?;
    let now = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    if now.trim() == value.to_string() {
        return Ok(());
    }
    let kept = format!("the module kept {} and did not take {value}", now.trim());
    Err(failed("write", &path, io::Error::other(kept)))
}
