//! Executing a plan: snapshots first, then the actions along their needs, several at a time, each
//! written ahead.

pub use crate::events::{Event, Events};

use crate::patience;
use phoenix_graph::DatasetName;
use phoenix_host::snapshots;
use phoenix_host::{
    Host, HostError,
    observed::{Observed, Query},
    op::Op,
    text::complaints::Complaint,
};
use phoenix_plan::{Action, Inverse, Plan};
use phoenix_store::{Journal, Record, StoreError, TransactionId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Why a plan was not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// An action failed.
    #[error("{subject}: {error}")]
    Action {
        /// What the action changes.
        subject: String,
        #[source]
        error: HostError,
        /// What was to be made, and was there already.
        found: Option<DatasetName>,
    },
    /// A snapshot could not be taken.
    #[error("the snapshots before the switch could not be taken: {0}")]
    Snapshot(#[source] HostError),
    /// The journal could not be written.
    #[error("the journal cannot be written, so nothing more is done: {0}")]
    Journal(#[from] StoreError),
    /// The person stopped it.
    #[error("it was stopped")]
    Stopped,
    /// The simulated host lost power: [`HostError::PowerLost`], and nothing else. Nothing more can be done, nor
    /// written; after every other error what was done is undone.
    #[error(transparent)]
    Lost(HostError),
}

impl ExecuteError {
    /// Returns what was to be made, and was there already: somebody else has made it since the plan was made.
    pub fn found(&self) -> Option<&DatasetName> {
        match self {
            Self::Action { found, .. } => found.as_ref(),
            _ => None,
        }
    }
}

/// Returns what an operation was to make, where it failed because that is there already.
fn found(op: &Op, error: &HostError) -> Option<DatasetName> {
    let exists = error.complains_of(Complaint::Exists);
    match op {
        Op::DatasetCreate { dataset, .. } | Op::VolumeCreate { dataset, .. } if exists => {
            Some(dataset.clone())
        }
        _ => None,
    }
}

/// The journal of a running plan: each record is on disk before what comes after it.
pub struct Ledger<'a> {
    host: &'a dyn Host,
    journal: Mutex<Journal>,
}

impl<'a> Ledger<'a> {
    /// Takes a journal to write to.
    pub fn new(host: &'a dyn Host, journal: Journal) -> Self {
        Self { host, journal: Mutex::new(journal) }
    }

    /// Returns the transaction's id.
    pub fn id(&self) -> TransactionId {
        lock(&self.journal).id().clone()
    }

    /// Writes a record and waits until it is on disk.
    ///
    /// # Errors
    /// Where it cannot be written, or the simulated host lost power.
    pub fn write(&self, record: &Record) -> Result<(), ExecuteError> {
        let mut journal = lock(&self.journal);
        let pulse = |journal: &Journal| match self.host.pulse() {
            Ok(()) => Ok(()),
            Err(lost @ HostError::PowerLost) => Err(ExecuteError::Lost(lost)),
            Err(_) => Err(ExecuteError::Journal(journal.no_room())),
        };
        pulse(&journal)?;
        journal.write(record)?;
        pulse(&journal)
    }
}

/// How far a plan was carried out.
pub struct Run {
    /// The actions that were begun, in that order.
    pub begun: Vec<usize>,
    /// By action: what stood before it, as far as that was seen only then.
    pub seen: BTreeMap<usize, Vec<Inverse>>,
    /// The first failure, where there was one.
    pub result: Result<(), ExecuteError>,
}

/// Carries the actions of a plan out, once its snapshots are taken.
pub fn execute(
    host: &dyn Host,
    plan: &Plan,
    ledger: &Ledger<'_>,
    jobs: usize,
    stop: &AtomicBool,
    events: &dyn Events,
) -> Run {
    let board = Board::new(plan);
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, plan.actions.len().max(1)) {
            scope.spawn(|| {
                while let Some(at) = board.take(stop) {
                    let action = &plan.actions[at];
                    let learn = |seen| board.learn(at, seen);
                    let stops = || stop.load(Ordering::Relaxed);
                    let perform = |op: &Op| patience::perform(host, op, events, &stops);
                    let result = run(host, at, action, ledger, events, learn, perform);
                    board.finish(at, result);
                }
            });
        }
    });
    board.result()
}

/// Takes the snapshots that a plan begins with, and holds them. `part` counts the plans of one transaction.
pub fn take_snapshots(
    host: &dyn Host,
    plan: &Plan,
    part: usize,
    events: &dyn Events,
) -> Result<(), ExecuteError> {
    let name = snapshots::name(plan.number, part);
    let count = plan.snapshots.values().map(Vec::len).sum();
    if count > 0 {
        events.event(Event::Snapshots(count));
    }
    let perform = |op: Op| match host.perform(&op) {
        Err(lost @ HostError::PowerLost) => Err(ExecuteError::Lost(lost)),
        other => other.map_err(ExecuteError::Snapshot),
    };
    for datasets in plan.snapshots.values() {
        perform(Op::Snapshot { datasets: datasets.clone(), name: name.clone() })?;
        perform(Op::Hold { datasets: datasets.clone(), name: name.clone(), tag: snapshots::HOLD.into() })?;
    }
    Ok(())
}

fn run(
    host: &dyn Host,
    at: usize,
    action: &Action,
    ledger: &Ledger<'_>,
    events: &dyn Events,
    learn: impl FnOnce(Vec<Inverse>),
    perform: impl Fn(&Op) -> Result<(), HostError>,
) -> Result<(), ExecuteError> {
    if action.ops.is_empty() {
        return Ok(());
    }
    events.event(Event::Begin(action));
    let seen = see(host, action)?;
    ledger.write(&Record::Intent { action: at, seen: seen.clone() })?;
    learn(seen);
    for op in &action.ops {
        match perform(op) {
            Ok(()) => {}
            Err(lost @ HostError::PowerLost) => return Err(ExecuteError::Lost(lost)),
            Err(HostError::Command { .. }) if is_so_already(host, op) => {}
            Err(error @ HostError::Command { .. }) if op.is_about_others() => {
                events.event(Event::Complained(&error));
            }
            Err(error) => {
                let found = found(op, &error);
                return Err(ExecuteError::Action { subject: action.subject.to_string(), error, found });
            }
        }
    }
    ledger.write(&Record::Done { action: at })?;
    events.event(Event::Done(action));
    Ok(())
}

/// Looks at what stands before an action, where that could not be seen when it was planned.
fn see(host: &dyn Host, action: &Action) -> Result<Vec<Inverse>, ExecuteError> {
    let unseen = || action.inverses.iter().filter(|inverse| inverse.is_unseen_yet());
    let mut query = Query::default();
    unseen().for_each(|inverse| inverse.look(&mut query));
    if query == Query::default() {
        return Ok(Vec::new());
    }
    match host.observe(&query) {
        Ok(seen) => Ok(unseen().filter_map(|inverse| inverse.as_seen(&seen)).collect()),
        Err(lost @ HostError::PowerLost) => Err(ExecuteError::Lost(lost)),
        Err(error) => Err(ExecuteError::Action { subject: action.subject.to_string(), error, found: None }),
    }
}

/// Returns whether what could not be mounted or unmounted is so all the same: Proxmox's daemons mount whatever
/// is not mounted yet, also in the moment between. That is what was asked for, and the look at the end tells
/// whether it holds.
fn is_so_already(host: &dyn Host, op: &Op) -> bool {
    let (datasets, wanted) = match op {
        Op::DatasetMount { dataset } => (std::slice::from_ref(dataset), true),
        Op::MountAll { datasets } => (&**datasets, true),
        Op::DatasetUnmount { dataset } => (std::slice::from_ref(dataset), false),
        _ => return false,
    };
    let is_so = |seen: &Observed, name| seen.datasets.get(name).is_some_and(|state| state.mounted == wanted);
    let seen = host.observe(&Query::default());
    seen.is_ok_and(|seen| datasets.iter().all(|name| is_so(&seen, name)))
}

/// Which actions are free to run, and which wait; shared by the workers.
struct Board {
    /// By action: those that need it.
    needed_by: Vec<Vec<usize>>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// By action: how many of its needs are not done.
    waiting: Vec<usize>,
    free: BTreeSet<usize>,
    left: usize,
    begun: Vec<usize>,
    seen: BTreeMap<usize, Vec<Inverse>>,
    failed: Option<ExecuteError>,
}

impl Board {
    fn new(plan: &Plan) -> Self {
        let waiting: Vec<usize> = plan.actions.iter().map(|action| action.needs.len()).collect();
        let free = (0..waiting.len()).filter(|&at| waiting[at] == 0).collect();
        let left = waiting.len();
        let mut needed_by = vec![Vec::new(); left];
        for (at, action) in plan.actions.iter().enumerate() {
            for &need in &action.needs {
                needed_by[need].push(at);
            }
        }
        Self {
            needed_by,
            state: Mutex::new(State {
                waiting,
                free,
                left,
                begun: Vec::new(),
                seen: BTreeMap::new(),
                failed: None,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for a free action; nothing where all are done, one failed, or the person stops it.
    fn take(&self, stop: &AtomicBool) -> Option<usize> {
        let mut state = lock(&self.state);
        loop {
            if stop.load(Ordering::Relaxed) && state.failed.is_none() && state.left > 0 {
                state.failed = Some(ExecuteError::Stopped);
                self.changed.notify_all();
            }
            if state.failed.is_some() || state.left == 0 {
                return None;
            }
            if let Some(at) = state.free.pop_first() {
                state.begun.push(at);
                return Some(at);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn learn(&self, at: usize, seen: Vec<Inverse>) {
        if !seen.is_empty() {
            lock(&self.state).seen.insert(at, seen);
        }
    }

    fn finish(&self, at: usize, result: Result<(), ExecuteError>) {
        let mut state = lock(&self.state);
        match result {
            Ok(()) => {
                state.left -= 1;
                for &next in &self.needed_by[at] {
                    state.waiting[next] -= 1;
                    if state.waiting[next] == 0 {
                        state.free.insert(next);
                    }
                }
            }
            Err(error) => {
                state.failed.get_or_insert(error);
            }
        }
        self.changed.notify_all();
    }

    fn result(self) -> Run {
        let State { begun, seen, failed, .. } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        Run { begun, seen, result: failed.map_or(Ok(()), Err) }
    }
}

/// Locks, also after another thread's panic: what is guarded is only counted and written whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
