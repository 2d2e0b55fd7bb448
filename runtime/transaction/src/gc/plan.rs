//! All that a collection will do, as one value: made once, shown, and carried out.

use phoenix_graph::{DatasetName, PoolName, SnapshotName};
use phoenix_host::op::Op;
use phoenix_store::{Generation, Leavings};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

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
    pub what: String,
    pub reason: String,
    pub help: String,
}

impl GcPlan {
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
    pub(super) fn pools(&self) -> impl Iterator<Item = PoolName> {
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

/// Why a generation is kept; of several reasons the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is the current one.
    Current,
    /// It was current before the current one: `rollback` goes there.
    Before,
    /// Its rendered files are in force.
    InForce,
    /// It is pinned.
    Pinned,
    /// It is among the newest that were committed.
    Newest,
    /// It is new enough, or its date lies in the future.
    New,
    /// It came to nothing, or went elsewhere, and is newer than the oldest of the newest.
    Attempt,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Current => "current",
            Why::Before => "before the current one",
            Why::InForce => "its files are in force",
            Why::Pinned => "pinned",
            Why::Newest => "among the newest",
            Why::New => "new enough",
            Why::Attempt => "an attempt among the newest",
        })
    }
}

/// A retired dataset, with all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    pub place: DatasetName,
    /// Where it stood before.
    pub home: DatasetName,
    /// The attempt that put it away.
    pub number: u64,
    /// When that was, in seconds since 1970-01-01 UTC.
    pub time: u64,
    /// The bytes that it uses, with its snapshots and all below it.
    pub bytes: u64,
    /// What is below it, by name.
    pub below: Vec<DatasetName>,
    /// The snapshots in it that phoenix did not make: they go with it.
    pub own_snapshots: Vec<SnapshotName>,
    /// The generations that name it: kept ones where it stays, else those that go too.
    pub named_by: Vec<u64>,
    /// What destroys it, in order: everything is unmounted first, then children go before parents, each
    /// after its snapshots.
    pub ops: Vec<Op>,
}

impl Retired {
    /// Returns whether a dataset is this one, or lies below it.
    pub(super) fn holds(&self, name: &DatasetName) -> bool {
        *name == self.place || name.is_below(&self.place)
    }
}

/// A snapshot that a switch took, and that nothing kept needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSnapshot {
    pub name: SnapshotName,
    pub guid: u64,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// The bytes that it alone keeps.
    pub bytes: u64,
    /// The generation whose state it holds, where there was one.
    pub state_of: Option<u64>,
    /// What ends it.
    pub ops: Vec<Op>,
}
