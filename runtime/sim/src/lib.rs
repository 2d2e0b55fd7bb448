//! The simulated host: pools, datasets with inheritance, mounts, snapshots, holds, exports,
//! registrations and parameters, in one value that is kept in a folder (`keep`).
//!
//! An operation passes through one door, [`Host::perform`]: a fault may strike there, then the part
//! of the simulator that knows the tool changes the [`State`], and what it changed is written.
//! `pool`, `topology`, `dataset`, `snapshots`, `clones`, `settings`, `space` and `mount` are OpenZFS; `files`
//! is what lies in the folders; `exports` is the NFS server; `proxmox` is `pvesm`; `encryption` is whose key is
//! loaded; `boot` is what stays after a power cut. Same calls, same state: nothing here is random.

mod boot;
mod checkpoint;
mod clones;
mod dataset;
mod directory;
mod disk;
mod encryption;
mod exports;
mod fault;
mod files;
mod image;
mod keep;
mod links;
mod look;
mod mount;
mod pool;
mod proxmox;
mod receive;
mod settings;
mod snapshots;
mod space;
pub mod state;
mod topology;

pub use fault::{Event, Fault, FaultKind, inner};
pub use image::{DatasetImage, HostImage, Show};
pub use state::{Cluster, Content, State};

use keep::Keep;
use links::Roots;
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{Contents, Host, HostError, error::failed};
use phoenix_host::{
    observed::{Lineage, Observed, Query, SnapshotState},
    op::Op,
    secret::Keys,
};
use state::Refusal;
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

#[derive(Debug)]
struct Inner {
    state: State,
    /// Where the state is kept; nothing for a host in memory.
    keep: Option<Keep>,
    powered: bool,
    /// Whether the state folder has no room.
    full: bool,
    /// The keys that were typed.
    keys: Keys,
    faults: Vec<Fault>,
    events: Vec<Event>,
    processes: u64,
}

impl SimHost {
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
        dir.join("host.json").exists() || dir.join("host.log").exists()
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
        let mut inner = self.lock();
        if !inner.powered {
            return Err(HostError::PowerLost);
        }
        inner.processes += inner.state.processes(query);
        inner.state.observe(query, &self.roots)
    }

    fn perform(&self, op: &Op) -> Result<(), HostError> {
        let mut inner = self.lock();
        let strike = inner.event(Event::Op(op.clone()))?;
        inner.processes += u64::from(op.argv().is_some());
        let done = match strike {
            None | Some(FaultKind::Full) => inner.apply(&self.roots, op),
            Some(FaultKind::Fail | FaultKind::PowerBefore) => return Err(struck(op)),
            Some(FaultKind::FailPartly) => {
                let part = fault::half(op).unwrap_or_else(|| op.clone());
                inner.apply(&self.roots, &part).and(Err(struck(op)))
            }
            Some(FaultKind::PowerWithin(number)) => {
                if let Some(part) = fault::within(op).get(number) {
                    let _ = inner.apply(&self.roots, part);
                }
                inner.powered = false;
                Err(HostError::PowerLost)
            }
            Some(FaultKind::PowerAfter) => {
                let _ = inner.apply(&self.roots, op);
                inner.powered = false;
                Err(HostError::PowerLost)
            }
        };
        inner.save()?;
        done
    }

    fn contents(&self, dataset: &DatasetName) -> Result<Contents, HostError> {
        let mut inner = self.lock();
        if !inner.powered {
            return Err(HostError::PowerLost);
        }
        inner.processes += 2;
        let argv = ["mount", "-t", "zfs", "-o", "ro", dataset.as_str()].map(str::to_owned).to_vec();
        inner.state.contents(dataset).map_err(|refusal| command(argv, refusal))
    }

    fn snapshot_names(&self, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, HostError> {
        let mut inner = self.lock();
        if !inner.powered {
            return Err(HostError::PowerLost);
        }
        inner.processes += datasets.len().div_ceil(1000) as u64;
        let mut found = BTreeSet::new();
        for name in datasets {
            match inner.state.dataset(name) {
                Some(dataset) => found.extend(dataset.snapshots.keys().cloned()),
                None => {
                    let argv = ["zfs", "list", "-t", "snapshot", "-d", "1"].map(str::to_owned).to_vec();
                    let text = format!("cannot open '{name}': dataset does not exist");
                    return Err(command(argv, Refusal { code: 1, text }));
                }
            }
        }
        Ok(found)
    }

    fn snapshots(&self, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError> {
        let mut inner = self.lock();
        if !inner.powered {
            return Err(HostError::PowerLost);
        }
        let argv = ["zfs", "list", "-t", "snapshot"].map(str::to_owned).to_vec();
        let found = inner.state.snapshots(datasets).map_err(|refusal| command(argv, refusal))?;
        inner.processes += 1 + found.iter().filter(|one| !one.holds.is_empty()).count().div_ceil(1000) as u64;
        Ok(found)
    }

    fn guids(&self, snapshots: &[SnapshotName]) -> Result<BTreeMap<SnapshotName, u64>, HostError> {
        let mut inner = self.lock();
        if !inner.powered {
            return Err(HostError::PowerLost);
        }
        inner.processes += snapshots.len().div_ceil(1000) as u64;
        let guid = |name: &SnapshotName| inner.state.guid_of(name).map(|guid| (name.clone(), guid));
        Ok(snapshots.iter().filter_map(guid).collect())
    }

    fn lineage(&self, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError> {
        let mut inner = self.lock();
        if !inner.powered {
            return Err(HostError::PowerLost);
        }
        inner.processes += 4;
        let argv = ["zfs", "get", "all", dataset.as_str()].map(str::to_owned).to_vec();
        inner.state.lineage(dataset, since).map_err(|refusal| command(argv, refusal))
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

impl Inner {
    /// Keeps what changed.
    fn save(&mut self) -> Result<(), HostError> {
        self.keep.as_mut().map_or(Ok(()), |keep| keep.save(&mut self.state))
    }

    fn apply(&mut self, roots: &Roots, op: &Op) -> Result<(), HostError> {
        apply(&mut self.state, roots, &self.keys, op)
    }

    /// Counts an event and tells the fault that strikes at it; power that is lost before it is lost here.
    fn event(&mut self, event: Event) -> Result<Option<FaultKind>, HostError> {
        if !self.powered {
            return Err(HostError::PowerLost);
        }
        let number = self.events.len();
        let op = if let Event::Op(op) = &event { Some(op) } else { None };
        let struck = self.faults.iter().position(|fault| fault.strikes(number, op).is_some());
        let kind = struck.and_then(|index| self.faults.remove(index).strikes(number, op));
        self.events.push(event);
        self.full |= kind == Some(FaultKind::Full);
        if kind == Some(FaultKind::PowerBefore) {
            self.powered = false;
            return Err(HostError::PowerLost);
        }
        Ok(kind)
    }
}

/// Carries an operation out on the state.
fn apply(state: &mut State, roots: &Roots, keys: &Keys, op: &Op) -> Result<(), HostError> {
    let mounted = state.mounts.clone();
    let done = match op {
        Op::PoolCreate { pool, layout, settings, root } => {
            state.pool_create(pool, layout, settings, root, keys)
        }
        Op::PoolImport { pool } => state.pool_import(pool),
        Op::PoolExport { pool } => state.pool_export(pool),
        Op::PoolSet { pool, setting } => state.pool_set(pool, setting),
        Op::PoolAttach { pool, to, disk } => state.pool_attach(pool, to, disk),
        Op::PoolDetach { pool, disk } => state.pool_detach(pool, disk),
        Op::PoolReplace { pool, old, new } => state.pool_replace(pool, old, new),
        Op::PoolAdd { pool, vdev } => state.pool_add(pool, vdev),
        Op::PoolRemove { pool, vdev } => state.pool_remove(pool, vdev),
        Op::PoolRemoveStop { pool } => state.pool_remove_stop(pool),
        Op::PoolCheckpoint { pool } => state.checkpoint(pool),
        Op::PoolCheckpointDiscard { pool } => state.checkpoint_discard(pool),
        Op::PoolCheckpointWait { pool } => state.checkpoint_wait(pool),
        Op::PoolDestroy { pool } => state.pool_destroy(pool),
        Op::LabelClear { disk } => state.label_clear(disk),
        Op::DatasetCreate { dataset, settings } => state.dataset_create(dataset, settings, keys),
        Op::VolumeCreate { dataset, size, sparse, settings } => {
            state.volume_create(dataset, *size, *sparse, settings, keys)
        }
        Op::DatasetSet { dataset, settings } => state.dataset_set(dataset, settings),
        Op::DatasetInherit { dataset, property } => state.dataset_inherit(dataset, property),
        Op::DatasetReceived { dataset, property } => state.dataset_received(dataset, property),
        Op::DatasetRename { from, to, .. } => state.dataset_rename(from, to),
        Op::MountAll { .. } => state.mount_all(),
        Op::Clone { snapshot, dataset, settings, .. } => state.clone_of(snapshot, dataset, settings),
        Op::Promote { dataset } => state.promote(dataset),
        Op::DatasetMount { dataset } if state.is_seen(dataset) => Ok(()),
        Op::DatasetMount { dataset } => state.mount(dataset),
        Op::Unmount { dataset, place } => state.umount(dataset, place),
        Op::DatasetUnmount { dataset } => state.unmount(dataset),
        Op::KeyLoad { dataset, location } => state.key_load(dataset, location.as_deref(), keys),
        Op::KeyCheck { dataset, location } => state.key_check(dataset, location, keys),
        Op::KeyUnload { dataset } => state.key_unload(dataset),
        Op::DatasetDestroy { dataset } => state.dataset_destroy(dataset),
        Op::Snapshot { datasets, name } => state.snapshot(datasets, name),
        Op::Hold { datasets, name, tag } => state.hold(datasets, name, tag),
        Op::Release { snapshot, tag } => state.release(snapshot, tag),
        Op::SnapshotDestroy { snapshot } => state.snapshot_destroy(snapshot),
        Op::Unexport { path, client } => state.unexport(path, client),
        Op::ExportsReload => state.exports_reload(roots),
        Op::StorageAdd { id, kind, properties } => state.storage_add(id, kind, properties),
        Op::StorageSet { id, set, delete } => state.storage_set(id, set, delete),
        Op::StorageRemove { id } => state.storage_remove(id),
        Op::TunableSet { name, value } => {
            return match state.tunables.get_mut(name) {
                Some(slot) => {
                    *slot = *value;
                    Ok(())
                }
                None => {
                    let path = Path::new(phoenix_host::op::render::PARAMETERS).join(&**name);
                    Err(failed("write", &path, io::Error::other("No such file or directory")))
                }
            };
        }
        Op::DirectorySet { dataset, path, owner, group, mode } => {
            let done = state.directory_set(dataset, path, *owner, *group, *mode);
            return done
                .map_err(|refusal| failed("change", Path::new(&**path), io::Error::other(refusal.text)));
        }
        Op::Link { path, target } => return state.link(roots, path, target),
        Op::Unlink { path } => return state.unlink(roots, path),
    };
    match op {
        Op::DatasetCreate { dataset, .. } | Op::VolumeCreate { dataset, .. } | Op::Clone { dataset, .. } => {
            state.number(dataset);
        }
        Op::PoolCreate { pool, .. } => state.number(&pool.root()),
        _ => {}
    }
    if state.mounts != mounted && !matches!(op, Op::Unmount { .. })
        || matches!(op, Op::PoolCreate { .. } | Op::PoolImport { .. } | Op::PoolExport { .. })
    {
        // OpenZFS runs `exportfs -ra` whenever it mounts or unmounts, and so undoes `exportfs -u`. It keeps
        // quiet about what that says.
        let _ = state.exports_reload(roots);
    }
    let argv = || op.argv().unwrap_or_default();
    done.map_err(|refusal| match op {
        Op::PoolExport { pool } | Op::PoolDestroy { pool } if state.waits(pool, &refusal) => {
            HostError::TimedOut { argv: argv(), seconds: LIMIT }
        }
        _ => command(argv(), refusal),
    })
}

/// How long the real host waits for a command that changes something, in seconds.
const LIMIT: u64 = 600;

fn command(argv: Vec<String>, refusal: Refusal) -> HostError {
    HostError::Command { argv, status: Some(refusal.code), stderr: refusal.text }
}

/// What an operation says that a fault struck.
fn struck(op: &Op) -> HostError {
    let argv = op.argv().unwrap_or_else(|| vec![op.describe()]);
    HostError::Command { argv, status: Some(1), stderr: "a simulated failure".to_owned() }
}
