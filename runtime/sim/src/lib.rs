//! The simulated host: pools, datasets with inheritance, mounts, snapshots, holds, exports,
//! registrations and parameters, in one value that is kept in a folder (`keep`).
//!
//! Each kind of resource has a module of its name, with how it is seen, how its operations are carried out on the
//! [`State`], what of it begins anew in a boot, and what a picture shows of it; `kinds` is the one table of them, and
//! `state` has what is kept of each. Every operation passes through one door (`door`), where a `fault` may strike.
//! Same calls, same state: nothing here is random.

mod bind;
mod dataset;
mod door;
mod export;
mod fault;
mod files;
mod folder;
mod given;
mod guest;
mod here;
mod image;
mod json_schema;
mod keep;
mod keys;
mod kinds;
mod mapping;
mod mount;
pub mod pct;
mod permissions;
mod pool;
mod properties;
pub mod pvesh;
pub mod pvesm;
pub mod qm;
mod said;
mod sanoid;
mod secrets;
mod section_config;
pub mod state;
mod storage;
mod tunable;
mod units;
mod virtiofs;

pub use fault::{Event, Fault, FaultKind};
pub use image::{DatasetImage, HostImage, Show};
pub use kinds::inner;
pub use state::{Cluster, Content, State};

use door::Inner;
use given::Roots;
use keep::Keep;
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{
    Contents, Host, HostError,
    error::failed,
    observed::{Lineage, Observed, Query, SnapshotState},
    op::Op,
    secret::Keys,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A simulated host.
#[derive(Debug)]
pub struct SimHost {
    roots: Roots,
    inner: Mutex<Inner>,
}

impl SimHost {
    /// The files by which a folder is known to hold one.
    pub const FILES: [&str; 2] = ["host.json", "host.log"];

    /// Opens the host kept in a folder; where there is none, a blank one that takes every disk a spec asks
    /// for as plugged in and blank. Nothing is written before it changes. Links and files below `dir` are
    /// those of the real file system.
    ///
    /// # Errors
    /// Where the folder cannot be read, or holds something else under the names of a host.
    pub fn open(dir: &Path) -> Result<Self, HostError> {
        let whole = || std::path::absolute(dir).map_err(|error| failed("find the folder", dir, error));
        let dir = dir.canonicalize().or_else(|_| whole())?;
        let (keep, state) = Keep::read(&dir, State { plug_everything: true, ..State::blank() })?;
        Ok(Self::with(state, &dir, Some(keep)))
    }

    /// Makes the folder of a host, and writes it there as it is.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn make(dir: &Path) -> Result<Self, HostError> {
        std::fs::create_dir_all(dir).map_err(|error| failed("make the folder", dir, error))?;
        let host = Self::open(dir)?;
        {
            let inner = &mut *host.lock();
            if let Some(keep) = &mut inner.keep {
                keep.picture(&mut inner.state)?;
            }
        }
        Ok(host)
    }

    /// Returns whether a host is kept in a folder.
    #[must_use]
    pub fn is_kept(dir: &Path) -> bool {
        Self::FILES.iter().any(|file| dir.join(file).exists())
    }

    /// Returns how many times what is kept was written, and how many bytes.
    #[must_use]
    pub fn written(&self) -> (u64, u64) {
        self.lock().keep.as_ref().map_or((0, 0), Keep::written)
    }

    /// Makes a blank host that is kept nowhere. Links and files below `state_dir` are those of the real
    /// file system.
    #[must_use]
    pub fn in_memory(state_dir: &Path) -> Self {
        Self::with(State::blank(), state_dir, None)
    }

    fn with(state: State, real: &Path, keep: Option<Keep>) -> Self {
        let inner = Inner {
            state,
            keep,
            powered: true,
            full: false,
            keys: Keys::default(),
            faults: Vec::new(),
            events: Vec::new(),
            processes: 0,
        };
        SimHost { roots: Roots { real: real.to_owned() }, inner: Mutex::new(inner) }
    }

    /// Plugs blank disks in, one for each path that leads nowhere yet.
    pub fn add_blank_disks<'a>(&self, paths: impl IntoIterator<Item = &'a str>) {
        self.edit(|state| state.add_blank_disks(paths));
    }

    /// Plugs a disk in that holds something, in words for people: `an ext4 file system "backup"`.
    pub fn add_disk_holding(&self, path: &str, thing: &str) {
        self.edit(|state| {
            state.add_blank_disks([path]);
            if let Some(device) = state.disks.get(path).cloned() {
                state.devices.insert(device, Content::Foreign(vec![thing.to_owned()]));
            }
        });
    }

    /// Pulls a disk out: its path leads nowhere, and what was on it is gone with it.
    pub fn pull_disk(&self, path: &str) {
        self.edit(|state| {
            if let Some(device) = state.disks.remove(path) {
                state.devices.remove(&device);
            }
        });
    }

    /// Writes a file into a file system, mounted or not. Returns whether there is such a file system.
    pub fn write_file(&self, dataset: &DatasetName, name: &str, text: &str) -> bool {
        self.edit(|state| {
            state
                .datasets
                .get_mut(dataset)
                .filter(|dataset| !dataset.volume)
                .map(|dataset| dataset.files.insert(name.into(), text.to_owned()))
                .is_some()
        })
    }

    /// Reads a file of a file system.
    #[must_use]
    pub fn read_file(&self, dataset: &DatasetName, name: &str) -> Option<String> {
        self.lock().state.datasets.get(dataset)?.files.get(name).cloned()
    }

    /// Says that something uses a dataset, or no longer: while it does, it cannot be unmounted.
    pub fn set_busy(&self, dataset: &DatasetName, busy: bool) {
        self.edit(|state| {
            if busy {
                state.busy.insert(dataset.clone());
            } else {
                state.busy.remove(dataset);
            }
        });
    }

    /// Says that NFS clients have looked for a dataset, also in vain: it cannot be unmounted until so many seconds have
    /// passed.
    pub fn set_remembered(&self, dataset: &DatasetName, seconds: u64) {
        self.edit(|state| state.remembered.insert(dataset.clone(), seconds));
    }

    /// Carries an operation out as a user would by hand: no fault strikes, no event is counted.
    ///
    /// # Errors
    /// Where the host refuses it.
    pub fn by_hand(&self, op: &Op) -> Result<(), HostError> {
        let mut inner = self.lock();
        let done = inner.apply(&self.roots, op);
        inner.save()?;
        done
    }

    /// Changes the state directly, for what no operation does.
    pub fn edit<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut inner = self.lock();
        let answer = change(&mut inner.state);
        // A host in memory is saved nowhere; one in a file is saved again by the next operation.
        let _ = inner.save();
        answer
    }

    /// Returns a copy of the whole state.
    #[must_use]
    pub fn state(&self) -> State {
        self.lock().state.clone()
    }

    /// Takes a picture of everything that a user can see.
    #[must_use]
    pub fn image(&self, show: Show) -> HostImage {
        self.lock().state.image(show)
    }

    /// Sets a fault up. Several may wait; each strikes once.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Takes all faults back that have not struck, and makes room in the state folder.
    pub fn clear_faults(&self) {
        let mut inner = self.lock();
        inner.faults.clear();
        inner.full = false;
    }

    /// Returns all events since the host was opened, or since [`SimHost::forget_events`].
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Returns the operations among the events: the log of what was asked to change.
    #[must_use]
    pub fn changes(&self) -> Vec<Op> {
        let events = self.events().into_iter();
        events.filter_map(|event| if let Event::Op(op) = event { Some(op) } else { None }).collect()
    }

    /// Begins to count events and processes anew.
    pub fn forget_events(&self) {
        let mut inner = self.lock();
        inner.events.clear();
        inner.processes = 0;
    }

    /// Returns how many processes the real host would have started, for looking and for changing.
    #[must_use]
    pub fn processes(&self) -> u64 {
        self.lock().processes
    }

    /// Returns whether the host has power.
    #[must_use]
    pub fn powered(&self) -> bool {
        self.lock().powered
    }

    /// Starts the host after a power cut, or again: what is durable stays, everything else begins anew.
    pub fn power_on(&self) {
        let mut inner = self.lock();
        inner.keys = Keys::default();
        inner.powered = true;
        inner.state.boot(&self.roots);
        let _ = inner.save();
    }

    /// Takes the state for a look, where the host has power.
    fn look(&self) -> Result<MutexGuard<'_, Inner>, HostError> {
        let inner = self.lock();
        if inner.powered { Ok(inner) } else { Err(HostError::PowerLost) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked while it held the lock has left a whole state behind: changes are made in place.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SimHost {
    fn drop(&mut self) {
        let inner = &mut *self.lock();
        if let Some(keep) = &mut inner.keep {
            keep.end(&mut inner.state);
        }
    }
}

impl Host for SimHost {
    fn observe(&self, query: &Query) -> Result<Observed, HostError> {
        let mut inner = self.look()?;
        inner.processes += inner.state.processes(query);
        inner.state.observe(&self.roots, query)
    }

    fn perform(&self, op: &Op) -> Result<(), HostError> {
        self.lock().perform(&self.roots, op)
    }

    fn contents(&self, dataset: &DatasetName) -> Result<Contents, HostError> {
        let mut inner = self.look()?;
        inner.processes += 2;
        let argv = ["mount", "-t", "zfs", "-o", "ro", dataset.as_str()];
        inner.state.contents(dataset).map_err(|refusal| refusal.to(argv.map(str::to_owned).into()))
    }

    fn snapshot_names(&self, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, HostError> {
        let mut inner = self.look()?;
        inner.processes += datasets.len().div_ceil(1000) as u64;
        let argv = ["zfs", "list", "-t", "snapshot", "-d", "1"];
        inner.state.snapshot_names(datasets).map_err(|refusal| refusal.to(argv.map(str::to_owned).into()))
    }

    fn snapshots(&self, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError> {
        let mut inner = self.look()?;
        let argv = ["zfs", "list", "-t", "snapshot"];
        let found = inner.state.snapshots(datasets);
        let found = found.map_err(|refusal| refusal.to(argv.map(str::to_owned).into()))?;
        inner.processes += 1 + found.iter().filter(|one| !one.holds.is_empty()).count().div_ceil(1000) as u64;
        Ok(found)
    }

    fn guids(&self, snapshots: &[SnapshotName]) -> Result<BTreeMap<SnapshotName, u64>, HostError> {
        let mut inner = self.look()?;
        inner.processes += snapshots.len().div_ceil(1000) as u64;
        let guid = |name: &SnapshotName| inner.state.guid_of(name).map(|guid| (name.clone(), guid));
        Ok(snapshots.iter().filter_map(guid).collect())
    }

    fn lineage(&self, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError> {
        let mut inner = self.look()?;
        inner.processes += 4;
        let argv = ["zfs", "get", "all", dataset.as_str()];
        inner.state.lineage(dataset, since).map_err(|refusal| refusal.to(argv.map(str::to_owned).into()))
    }

    fn keeps_time(&self) -> bool {
        false
    }

    fn pause(&self, seconds: u64) -> Result<(), HostError> {
        self.look()?.state.pass(seconds);
        Ok(())
    }

    fn give_keys(&self, keys: Keys) {
        self.lock().keys = keys;
    }

    fn pulse(&self) -> Result<(), HostError> {
        let mut inner = self.lock();
        if let Some(FaultKind::PowerAfter | FaultKind::PowerWithin(_)) = inner.event(Event::Pulse)? {
            inner.powered = false;
            return Err(HostError::PowerLost);
        }
        if inner.full {
            let path = self.roots.real.clone();
            return Err(failed("write to", &path, io::Error::other("No space left on device")));
        }
        Ok(())
    }
}
