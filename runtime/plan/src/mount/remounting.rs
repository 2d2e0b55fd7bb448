//! Mounts that are brought back, or taken away, one at a time, by what a new look shows: as undoing does.

use crate::mount::{
    path::path_of,
    turn::{After, Fate, Turn, turn},
};
use phoenix_graph::{DatasetName, PropertyName};
use phoenix_host::{
    observed::{Observed, Source},
    op::Op,
};
use std::collections::BTreeMap;

/// Returns what brings a file system back to where its mount point says, seen there; nothing where it is.
pub fn back(seen: &Observed, dataset: &DatasetName) -> Vec<Op> {
    let Some(state) = seen.datasets.get(dataset) else { return Vec::new() };
    match path_of(state) {
        Some(path) => ops(&turn(
            &seen.mounts,
            &as_now(seen, |name| (name == dataset).then(|| After::At(path.clone()))),
            &BTreeMap::new(),
        )),
        None if !state.mounted => vec![Op::DatasetMount { dataset: dataset.clone() }],
        None => Vec::new(),
    }
}

/// Returns what unmounts file systems; what stands in the way of that goes and comes back.
pub fn away(seen: &Observed, gone: impl Fn(&DatasetName) -> bool) -> Vec<Op> {
    let fates = as_now(seen, |name| gone(name).then_some(After::Nowhere));
    ops(&turn(&seen.mounts, &fates, &BTreeMap::new()))
}

/// Returns what gives a file system another mount point, or another `canmount`: it is unmounted with whatever
/// follows it before, and nothing else is disturbed.
pub fn around(seen: &Observed, dataset: &DatasetName, property: &PropertyName, op: Op) -> Vec<Op> {
    let follows = |name: &DatasetName| {
        let source = seen.datasets.get(name).and_then(|state| state.settings.get("mountpoint"));
        source.is_some_and(|setting| match &setting.source {
            Source::Inherited(from) => **from == *dataset.as_str(),
            Source::Default => dataset.is_root() && name.is_below(dataset),
            _ => false,
        })
    };
    let moves = match property.as_str() {
        "mountpoint" => true,
        "canmount" => false,
        _ => return vec![op],
    };
    let fates = as_now(seen, |name| (name == dataset || moves && follows(name)).then_some(After::Nowhere));
    let turn = turn(&seen.mounts, &fates, &BTreeMap::new());
    let (goes, comes) = (unmounts(&turn), mounts(&turn));
    goes.into_iter().chain([op]).chain(comes).collect()
}

/// Has everything stay as it is but for what is said otherwise.
fn as_now(seen: &Observed, said: impl Fn(&DatasetName) -> Option<After>) -> BTreeMap<DatasetName, Fate> {
    let systems = seen.datasets.iter().filter(|(_, state)| !state.volume);
    systems
        .map(|(name, state)| {
            let after = said(name).unwrap_or(After::AsNow);
            (name.clone(), Fate { now: path_of(state), after, moves: false, yields: true })
        })
        .collect()
}

fn ops(turn: &Turn) -> Vec<Op> {
    unmounts(turn).into_iter().chain(mounts(turn)).collect()
}

fn unmounts(turn: &Turn) -> Vec<Op> {
    let goes = turn.unmounts.iter();
    goes.map(|(dataset, place)| Op::Unmount { dataset: dataset.clone(), place: place.clone() }).collect()
}

fn mounts(turn: &Turn) -> Vec<Op> {
    turn.mounts.iter().map(|(dataset, _)| Op::DatasetMount { dataset: dataset.clone() }).collect()
}
