//! The snapshots that switches took: which of them hold the state of no kept generation.
//!
//! `@phoenix-<n>` holds the state of the generation that was current before attempt `n`. It is released
//! and destroyed where neither that generation nor the attempt is kept. One that somebody renamed, as
//! `zfs receive -R` does, is known by its GUID. A snapshot of another name and GUID, or without phoenix's hold,
//! is never touched where it stands.

use super::{
    Apart, GcPlan, Inputs, Known, Left, OldSnapshot,
    retired::{end_of, other_holds},
};
use phoenix_graph::DatasetName;
use phoenix_host::{
    observed::SnapshotState,
    snapshots::{self, HOLD},
};
use std::collections::BTreeSet;

/// Adds the snapshots: those that go, and those that cannot.
pub fn plan(inputs: &Inputs<'_>, known: &Known, apart: &mut Apart<'_>, plan: &mut GcPlan) {
    let gone: BTreeSet<DatasetName> =
        plan.destroyed.iter().flat_map(|one| one.below.iter().chain([&one.place])).cloned().collect();
    for snapshot in inputs.snapshots {
        let Some(number) = inputs.taken_by(snapshot) else {
            if snapshot.holds.contains(HOLD) && !gone.contains(snapshot.name.dataset()) {
                plan.strange.push(unknown(snapshot));
            }
            continue;
        };
        let released = inputs.released.get(&snapshot.name) == Some(&snapshot.guid);
        if released {
            plan.released.insert(snapshot.name.clone(), snapshot.guid);
        }
        if gone.contains(snapshot.name.dataset()) {
            continue;
        }
        if apart.holds(snapshot.name.dataset()) {
            apart.snapshot(snapshot.name.dataset());
            continue;
        }
        match judge(inputs, known, plan, &gone, snapshot, number, released) {
            Verdict::Stays => plan.snapshots_kept += 1,
            Verdict::Goes(state_of) => plan.snapshots.push(OldSnapshot {
                name: snapshot.name.clone(),
                guid: snapshot.guid,
                created: snapshot.created,
                bytes: snapshot.used,
                state_of,
                ops: end_of(snapshot),
            }),
            Verdict::Cannot(reason, help) => {
                plan.obstacles.push(Left { what: snapshot.name.to_string(), reason, help });
            }
            Verdict::Strange(reason) => plan.strange.push(Left {
                what: snapshot.name.to_string(),
                reason,
                help: "it is left as it is; destroy it yourself where you know that nobody needs it"
                    .to_owned(),
            }),
        }
    }
}

/// Tells of a snapshot that phoenix's tag holds, and that is not known to be a switch's.
fn unknown(snapshot: &SnapshotState) -> Left {
    Left {
        what: snapshot.name.to_string(),
        reason: format!(
            "it is held by the tag `{HOLD}`, and neither its name nor its GUID is that of a snapshot that this store knows of; `zfs receive` renames what stands in its way"
        ),
        help: format!(
            "where you know that nobody needs it: `zfs release {HOLD} {0}`, then `zfs destroy {0}`",
            snapshot.name
        ),
    }
}

impl Inputs<'_> {
    /// Returns the number of the attempt that took a snapshot: by its GUID where that is on record, else by its
    /// name.
    pub fn taken_by(&self, snapshot: &SnapshotState) -> Option<u64> {
        self.taken.get(&snapshot.guid).copied().or_else(|| Some(snapshots::taken_by(snapshot.name.name())?.0))
    }

    /// Returns whether a switch took a snapshot, as far as that is known, and its hold stands.
    pub fn is_a_switchs(&self, snapshot: &SnapshotState) -> bool {
        self.taken_by(snapshot).is_some() && snapshot.holds.contains(HOLD)
    }
}

enum Verdict {
    Stays,
    Goes(Option<u64>),
    Cannot(String, String),
    Strange(String),
}

fn judge(
    inputs: &Inputs<'_>,
    known: &Known,
    plan: &GcPlan,
    gone: &BTreeSet<DatasetName>,
    snapshot: &SnapshotState,
    number: u64,
    released: bool,
) -> Verdict {
    if snapshot.obscure {
        let reason = "it is held by a tag that cannot be read".to_owned();
        // Named like a switch's alone, it is whoever's took it.
        return if inputs.taken.contains_key(&snapshot.guid) {
            Verdict::Cannot(reason, format!("see them with `zfs holds {}`", snapshot.name))
        } else {
            Verdict::Strange(reason)
        };
    }
    if !snapshot.holds.contains(HOLD) && !released {
        return Verdict::Strange(format!("it is named like a switch's, and has no hold of the tag `{HOLD}`"));
    }
    let Some(attempt) = known.attempts.get(&number) else {
        return Verdict::Strange(format!("it is named after switch {number}, and this store knows of none"));
    };
    if !is_ours(inputs, snapshot.name.dataset()) {
        return Verdict::Strange(
            "its dataset is not this state folder's, as far as its record tells".to_owned(),
        );
    }
    if plan.kept.contains_key(&number) || attempt.parent.is_some_and(|parent| plan.kept.contains_key(&parent))
    {
        return Verdict::Stays;
    }
    let others: Vec<&str> = other_holds(snapshot).collect();
    if let Some(tag) = others.first() {
        return Verdict::Cannot(
            format!("it is held by {}", others.join(", ")),
            format!("see who needs it, then `zfs release {tag} {}`", snapshot.name),
        );
    }
    let mut clones = snapshot.clones.iter().filter(|clone| !gone.contains(*clone));
    let clone = clones.next();
    // What is kept for a generation needs what it was cloned from.
    let is_kept = |clone: &DatasetName| plan.staying.iter().any(|one| one.holds(clone));
    if clone.into_iter().chain(clones).any(is_kept) {
        return Verdict::Stays;
    }
    if let Some(clone) = clone {
        return Verdict::Cannot(
            format!("{clone} was cloned from it"),
            format!("`zfs promote {clone}` makes the clone stand alone; or destroy the clone yourself"),
        );
    }
    Verdict::Goes(attempt.parent)
}

/// Returns whether a snapshot's dataset is one that this store's switches worked on: it is on record, also where
/// its mark was taken off or it was let go of since.
fn is_ours(inputs: &Inputs<'_>, dataset: &DatasetName) -> bool {
    let state = inputs.observed.datasets.get(dataset);
    state.is_some_and(|state| inputs.record.entry(inputs.observed, &dataset.pool(), state).is_some())
}
