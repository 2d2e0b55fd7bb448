//! Mounting a file system where others may already be mounted below: those are unmounted first and
//! mounted again after, since otherwise it would hide them.

use crate::{observed::Observed, op::Op};
use phoenix_graph::DatasetName;

/// Returns what mounts a file system that is not mounted.
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
