//! What a collection is planned from, and what is asked of that.

use phoenix_graph::{DatasetName, Graph, ObjectId, PoolName, SnapshotName};
use phoenix_host::observed::{DatasetState, Observed, SnapshotState};
use phoenix_plan::record::{Claim, Record};
use phoenix_store::{Generation, Past, Pin};
use std::collections::BTreeMap;

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
    pub pins: &'a BTreeMap<u64, Pin>,
    /// The current generation.
    pub current: Option<u64>,
    /// The generation whose rendered files are in force, where those of the current one are not the same.
    pub in_force: Option<u64>,
    /// What was seen of the host.
    pub observed: &'a Observed,
    /// What of that is this store's.
    pub record: &'a Record,
    pub snapshots: &'a [SnapshotState],
    /// Snapshots whose holds an earlier run was about to take off, with their GUIDs.
    pub released: &'a BTreeMap<SnapshotName, u64>,
    /// The snapshots that this store's switches took, by GUID, with the numbers of the attempts.
    pub taken: &'a BTreeMap<u64, u64>,
    pub policy: &'a Policy,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
}

/// What this store knows of its own past.
pub struct Known {
    /// Its attempts, recorded or gone, by number.
    pub attempts: BTreeMap<u64, Past>,
}

impl Known {
    pub(super) fn new(inputs: &Inputs<'_>) -> Self {
        let mut attempts = inputs.past.clone();
        attempts.extend(inputs.generations.iter().map(|one| (one.number, Past::from(one))));
        Self { attempts }
    }
}

impl Inputs<'_> {
    /// Says whose a dataset is.
    pub(super) fn claim(&self, name: &DatasetName, state: &DatasetState) -> Claim {
        self.record.claim(self.observed, &name.pool(), state)
    }

    /// Returns whether a dataset is this store's: it is on record, and its mark agrees.
    pub(super) fn is_ours(&self, name: &DatasetName, state: &DatasetState) -> bool {
        self.claim(name, state) == Claim::Ours
    }

    pub(super) fn has_checkpoint(&self, pool: &PoolName) -> bool {
        self.observed.pools.get(pool).is_some_and(|state| state.checkpoint)
    }
}
