//! Mounting: new file systems together once all are made, and one where others may already be mounted
//! below.

use super::{
    Inverse, Kind, Subject,
    draft::{Draft, Sketch},
};
use crate::{observed::Observed, op::Op};
use phoenix_graph::{DatasetName, Key, mounts::Mount};
use std::collections::{BTreeMap, BTreeSet};

/// Mounts the new file systems, once all are made. Mounting waits for nothing that creating waits for,
/// and `zfs mount` loads the exports each time: where it comes to the same, all are mounted in one
/// process.
pub fn mount_new(draft: &mut Draft<'_>, mounts: &BTreeMap<DatasetName, Mount>) {
    let mut due = std::mem::take(&mut draft.unmounted);
    if due.is_empty() {
        return;
    }
    due.sort_by(|a, b| path(mounts, a).cmp(path(mounts, b)));
    let mut sketch = Sketch::new(Kind::Update);
    for dataset in &due {
        sketch.needs.extend(draft.action_of(&Key::Dataset(dataset.clone())));
        sketch.inverses.push(Inverse::Mount { dataset: dataset.clone(), mounted: false });
    }
    sketch.needs.extend(draft.frees());
    let new: BTreeSet<&DatasetName> = due.iter().collect();
    if due.len() > 1 && !others_would_mount(draft.inputs.observed, &new) {
        sketch.ops.push(Op::MountAll { datasets: due.clone() });
    } else {
        sketch.ops.extend(due.iter().map(|dataset| Op::DatasetMount { dataset: dataset.clone() }));
    }
    let at = draft.push(Subject::Mounts, sketch);
    for dataset in due {
        draft.completes(Key::Dataset(dataset), at);
    }
}

fn path<'a>(mounts: &'a BTreeMap<DatasetName, Mount>, name: &DatasetName) -> &'a str {
    mounts.get(name).and_then(|mount| mount.path.as_deref()).unwrap_or_default()
}

/// Returns whether `zfs mount -a` would mount anything else: a file system that is not mounted, and
/// could be.
fn others_would_mount(seen: &Observed, new: &BTreeSet<&DatasetName>) -> bool {
    seen.datasets.iter().any(|(name, state)| {
        let nowhere = matches!(state.value("mountpoint"), None | Some("none" | "legacy" | "-"));
        let by_itself = state.value("canmount").is_none_or(|can| can == "on");
        !state.volume && !state.mounted && by_itself && !nowhere && !new.contains(name)
    })
}

/// Returns what mounts a file system that is not mounted. Others that are mounted below it are
/// unmounted first and mounted again after, since otherwise it would hide them.
pub fn mount(seen: &Observed, dataset: &DatasetName) -> Vec<Op> {
    let path = seen.datasets.get(dataset).and_then(|state| state.value("mountpoint")).unwrap_or("none");
    let prefix = if path == "/" { path.to_owned() } else { format!("{path}/") };
    let mut below: Vec<(&str, &DatasetName)> = seen
        .datasets
        .iter()
        .filter(|(name, state)| *name != dataset && state.mounted)
        .filter_map(|(name, state)| Some((state.value("mountpoint")?, name)))
        .filter(|(other, _)| other.starts_with(&prefix))
        .collect();
    below.sort_unstable();
    let mut ops: Vec<Op> =
        below.iter().rev().map(|(_, name)| Op::DatasetUnmount { dataset: (*name).clone() }).collect();
    ops.push(Op::DatasetMount { dataset: dataset.clone() });
    ops.extend(below.iter().map(|(_, name)| Op::DatasetMount { dataset: (*name).clone() }));
    ops
}
