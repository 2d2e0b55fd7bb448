//! What is mounted and unmounted, and what takes it back.

use crate::{Inverse, doing::Doing, mount::remounting};
use phoenix_graph::DatasetName;
use phoenix_host::{observed::Observed, op::Op};

/// Takes one mount away.
pub fn unmount(dataset: &DatasetName, place: &str) -> Doing {
    Doing::new(
        Op::Unmount { dataset: dataset.clone(), place: place.into() },
        Inverse::Mount { dataset: dataset.clone(), mounted: true },
    )
}

/// Takes a mount away that OpenZFS made by itself within this plan: it is mounted again, in its turn, right after.
pub fn unmount_early(dataset: &DatasetName, place: &str) -> Doing {
    Doing::alone(Op::Unmount { dataset: dataset.clone(), place: place.into() })
}

/// Does nothing to what stays mounted: but where a power cut unmounts all, it is mounted again before what lies in it.
pub fn stays(dataset: DatasetName) -> Doing {
    Doing { ops: Vec::new(), before: vec![Inverse::Mount { dataset, mounted: true }] }
}

/// Mounts file systems, in one process where `all` that mounts by itself is just these. Those that are mounted `fresh`,
/// and not again, are unmounted where it is taken back.
pub fn mount(datasets: &[DatasetName], all: bool, fresh: Vec<DatasetName>) -> Doing {
    let ops = if all {
        vec![Op::MountAll { datasets: datasets.to_vec() }]
    } else {
        datasets.iter().map(|dataset| Op::DatasetMount { dataset: dataset.clone() }).collect()
    };
    let before = fresh.into_iter().map(|dataset| Inverse::Mount { dataset, mounted: false }).collect();
    Doing { ops, before }
}

/// Returns what takes it back; what is locked is mounted only once its key is there.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Mount { dataset, mounted } = inverse else { return Vec::new() };
    match (seen.datasets.get(dataset), mounted) {
        (Some(state), true) if !state.is_locked() => remounting::back(seen, dataset),
        (Some(_), false) => remounting::away(seen, |name| name == dataset),
        _ => Vec::new(),
    }
}
