//! What `phoenix gc --json` prints.

use phoenix_host::op::Op;
use phoenix_transaction::gc::{Collected, GcPlan, Left, OldSnapshot, Retired};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix gc --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct GcView {
    /// The generations that are kept.
    pub kept: Vec<KeptView>,
    /// The numbers of the generations that are forgotten.
    pub forgotten: Vec<u64>,
    /// The retired datasets that are destroyed, in this order.
    pub destroyed: Vec<RetiredView>,
    /// The retired datasets that a kept generation names.
    pub staying: Vec<RetiredView>,
    /// The snapshots that are destroyed, after the datasets.
    pub snapshots: Vec<OldSnapshotView>,
    /// Folders of retired datasets that are empty then, and are destroyed last.
    pub folders: Vec<String>,
    /// The pools that lose something and have a checkpoint, which keeps the space from being freed.
    pub checkpointed: Vec<String>,
    /// What no kept generation needs, and cannot go.
    pub obstacles: Vec<LeftView>,
    /// What looks like phoenix's, and is left since it may not be this store's.
    pub strange: Vec<LeftView>,
    /// How many objects leave the store.
    pub objects: usize,
    /// How many bytes these objects have.
    pub object_bytes: u64,
    /// What came of it; nothing with `--dry-run`.
    pub result: Option<CollectedView>,
}

/// A generation that is kept.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct KeptView {
    /// Its number.
    pub number: u64,
    /// The first reason, in words.
    pub why: String,
}

/// A retired dataset, with all below it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct RetiredView {
    /// Where it stands.
    pub place: String,
    /// Where it stood before.
    pub home: String,
    /// The attempt that put it away.
    pub attempt: u64,
    /// When that was, in seconds since 1970-01-01 UTC.
    pub time: u64,
    /// The bytes that it uses, with its snapshots and all below it.
    pub bytes: u64,
    /// The datasets below it.
    pub below: Vec<String>,
    /// The snapshots in it that phoenix did not take.
    pub own_snapshots: Vec<String>,
    /// The generations that name it: kept ones where it stays, else those that go too.
    pub named_by: Vec<u64>,
    /// Every command that is run, in order; none where it stays.
    pub commands: Vec<String>,
}

/// A snapshot that an earlier switch took.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct OldSnapshotView {
    /// Its name.
    pub name: String,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// The bytes that it alone keeps.
    pub bytes: u64,
    /// The generation whose state it holds, where there was one.
    pub state_of: Option<u64>,
    /// Every command that is run, in order.
    pub commands: Vec<String>,
}

/// Something that is left as it is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct LeftView {
    /// What.
    pub what: String,
    /// Why.
    pub reason: String,
    /// The way out.
    pub help: String,
}

/// What came of a collection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct CollectedView {
    /// How many retired datasets were destroyed.
    pub datasets: usize,
    /// How many snapshots were destroyed, apart from those in retired datasets.
    pub snapshots: usize,
    /// The generations whose records are gone.
    pub forgotten: Vec<u64>,
    /// How many objects left the store.
    pub objects: usize,
    /// What failed, and is there still, wholly or in part.
    pub failed: Vec<LeftView>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl GcView {
    /// Describes a collection, and what came of it.
    #[must_use]
    pub fn new(plan: &GcPlan, collected: Option<&Collected>) -> Self {
        Self {
            kept: plan
                .kept
                .iter()
                .map(|(number, why)| KeptView { number: *number, why: why.to_string() })
                .collect(),
            forgotten: plan.going.iter().map(|one| one.number).collect(),
            destroyed: plan.destroyed.iter().map(retired).collect(),
            staying: plan.staying.iter().map(retired).collect(),
            snapshots: plan.snapshots.iter().map(snapshot).collect(),
            folders: plan.folders.iter().map(ToString::to_string).collect(),
            checkpointed: plan.checkpointed.iter().map(ToString::to_string).collect(),
            obstacles: left(&plan.obstacles),
            strange: left(&plan.strange),
            objects: plan.store.objects.len(),
            object_bytes: plan.store.bytes,
            result: collected.map(|collected| CollectedView {
                datasets: collected.datasets,
                snapshots: collected.snapshots,
                forgotten: collected.forgotten.clone(),
                objects: collected.objects,
                failed: left(&collected.failed),
                stopped: collected.stopped,
            }),
        }
    }
}

fn retired(one: &Retired) -> RetiredView {
    RetiredView {
        place: one.place.to_string(),
        home: one.home.to_string(),
        attempt: one.number,
        time: one.time,
        bytes: one.bytes,
        below: one.below.iter().map(ToString::to_string).collect(),
        own_snapshots: one.own_snapshots.iter().map(ToString::to_string).collect(),
        named_by: one.named_by.clone(),
        commands: one.ops.iter().map(Op::describe).collect(),
    }
}

fn snapshot(one: &OldSnapshot) -> OldSnapshotView {
    OldSnapshotView {
        name: one.name.to_string(),
        created: one.created,
        bytes: one.bytes,
        state_of: one.state_of,
        commands: one.ops.iter().map(Op::describe).collect(),
    }
}

fn left(left: &[Left]) -> Vec<LeftView> {
    let view =
        |one: &Left| LeftView { what: one.what.clone(), reason: one.reason.clone(), help: one.help.clone() };
    left.iter().map(view).collect()
}
