//! Collecting what no kept generation needs: the one place where phoenix destroys.
//!
//! `keep` says which generations are kept; `retired` and `snapshots` say what of the host nothing kept
//! names, and `apart` which pools it keeps out of; `carry` takes the lock, asks, and does it. All of it is
//! one value, [`GcPlan`], that is made by a pure function, shown, and carried out. Nothing is forced and nothing is recursive: each snapshot
//! and each dataset is destroyed by a command of its own, so that what somebody added meanwhile makes
//! that command fail.

mod apart;
mod carry;
mod keep;
mod retired;
mod snapshots;

use apart::Apart;

pub use carry::Collected;
pub use keep::Why;
pub use retired::Retired;
pub use snapshots::OldSnapshot;

use phoenix_graph::{DatasetName, Graph, ObjectId, PoolName, SnapshotName};
use phoenix_host::{
    observed::{DatasetState, Observed, SnapshotState},
    op::Op,
};
use phoenix_plan::record::{Claim, Record};
use phoenix_store::{Generation, Leavings, Past, Pin};
use std::collections::{BTreeMap, BTreeSet};

/// Which generations are kept, besides those that always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// So many of the newest that were committed.
    pub keep: usize,
    /// Those that are no older than this, in seconds.
    pub since: Option<u64>,
}

/// What a plan is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// All recorded generations, by number.
    pub generations: &'a [Generation],
    /// Their graphs, by system, those that can be read.
    pub graphs: &'a BTreeMap<ObjectId, Graph>,
    /// What is remembered of generations whose records are gone.
    pub past: &'a BTreeMap<u64, Past>,
    /// The pins.
    pub pins: &'a BTreeMap<u64, Pin>,
    /// The current generation.
    pub current: Option<u64>,
    /// The generation whose rendered files are in force, where those of the current one are not the same.
    pub in_force: Option<u64>,
    /// What was seen of the host.
    pub observed: &'a Observed,
    /// What of that is this store's.
    pub record: &'a Record,
    /// All snapshots.
    pub snapshots: &'a [SnapshotState],
    /// Snapshots whose holds an earlier run was about to take off, with their GUIDs.
    pub released: &'a BTreeMap<SnapshotName, u64>,
    /// The snapshots that this store's switches took, by GUID, with the numbers of the attempts.
    pub taken: &'a BTreeMap<u64, u64>,
    /// What is asked for.
    pub policy: &'a Policy,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
}

/// All that a collection will do, and what it leaves.
#[derive(Debug, Clone, Default)]
pub struct GcPlan {
    /// The generations that are kept, each with the first reason.
    pub kept: BTreeMap<u64, Why>,
    /// The generations that are not.
    pub going: Vec<Generation>,
    /// The retired datasets that are destroyed, in this order.
    pub destroyed: Vec<Retired>,
    /// The retired datasets that a kept generation names.
    pub staying: Vec<Retired>,
    /// The snapshots that are released and destroyed, after the retired datasets.
    pub snapshots: Vec<OldSnapshot>,
    /// How many of phoenix's snapshots stay, since they hold the state of a kept generation.
    pub snapshots_kept: usize,
    /// Folders of retired datasets that are empty then, inner ones first.
    pub folders: Vec<DatasetName>,
    /// The pools that lose something and have a checkpoint, which keeps the space from being freed.
    pub checkpointed: BTreeSet<PoolName>,
    /// What no kept generation needs, and cannot go.
    pub obstacles: Vec<Left>,
    /// What looks like phoenix's, and is left since it cannot be known to be this store's.
    pub strange: Vec<Left>,
    /// What leaves the store.
    pub store: Leavings,
    /// The current generation, where the link to the rendered files in force is moved to its own, which
    /// are the same.
    pub(crate) put_in_force: Option<u64>,
    /// Whether an earlier run left something of the store half removed.
    pub unfinished: bool,
    /// What was released and not seen destroyed by earlier runs, and is there still.
    pub(crate) released: BTreeMap<SnapshotName, u64>,
    /// The snapshots on record that are there, with their GUIDs.
    pub(crate) taken: BTreeMap<SnapshotName, u64>,
}

/// Something that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
    /// The way out.
    pub help: String,
}

impl GcPlan {
    /// Plans a collection. What leaves the store is added by who can look into it.
    #[must_use]
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let on_record = inputs.snapshots.iter().filter(|one| inputs.taken.contains_key(&one.guid));
        let taken = on_record.map(|one| (one.name.clone(), one.guid)).collect();
        let mut plan = GcPlan { kept: keep::kept(inputs), taken, ..GcPlan::default() };
        plan.going =
            inputs.generations.iter().filter(|one| !plan.kept.contains_key(&one.number)).cloned().collect();
        let known = Known::new(inputs);
        let mut apart = Apart::new(inputs);
        retired::plan(inputs, &known, &mut apart, &mut plan);
        snapshots::plan(inputs, &known, &mut apart, &mut plan);
        retired::plan_folders(inputs, &apart, &mut plan);
        apart.tell(&mut plan);
        plan.checkpointed = plan.pools().filter(|pool| inputs.has_checkpoint(pool)).collect();
        plan.obstacles.sort();
        plan.strange.sort();
        plan
    }

    /// Returns whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops().next().is_none() && self.folders.is_empty() && self.store.is_empty() && !self.unfinished
    }

    /// Lists all operations on the host, in order.
    pub fn ops(&self) -> impl Iterator<Item = &Op> {
        let datasets = self.destroyed.iter().flat_map(|one| &one.ops);
        datasets.chain(self.snapshots.iter().flat_map(|one| &one.ops))
    }

    /// Lists the pools that something is destroyed on.
    fn pools(&self) -> impl Iterator<Item = PoolName> {
        let datasets = self.destroyed.iter().map(|one| one.place.pool());
        datasets.chain(self.snapshots.iter().map(|one| one.name.dataset().pool()))
    }

    /// Returns how many bytes of the pools the retired datasets and snapshots take, as far as ZFS tells.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let datasets = self.destroyed.iter().map(|one| one.bytes);
        datasets.chain(self.snapshots.iter().map(|one| one.bytes)).fold(0, u64::saturating_add)
    }
}

/// What this store knows of its own past.
struct Known {
    /// Its attempts, recorded or gone, by number.
    attempts: BTreeMap<u64, Past>,
}

impl Known {
    fn new(inputs: &Inputs<'_>) -> Self {
        let mut attempts = inputs.past.clone();
        attempts.extend(inputs.generations.iter().map(|one| (one.number, Past::from(one))));
        Self { attempts }
    }
}

impl Inputs<'_> {
    /// Says whose a dataset is.
    fn claim(&self, name: &DatasetName, state: &DatasetState) -> Claim {
        self.record.claim(self.observed, &name.pool(), state)
    }

    /// Returns whether a dataset is this store's: it is on record, and its mark agrees.
    fn is_ours(&self, name: &DatasetName, state: &DatasetState) -> bool {
        self.claim(name, state) == Claim::Ours
    }

    fn has_checkpoint(&self, pool: &PoolName) -> bool {
        self.observed.pools.get(pool).is_some_and(|state| state.checkpoint)
    }
}
