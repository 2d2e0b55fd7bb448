//! The actions of a turn: what is unmounted before everything else, and what is mounted after it.

use crate::{
    Action, Change, Kind, Subject,
    dataset::retire,
    draft::Draft,
    mount::{doing, path::path_of},
    order::{Milestone, Need},
    sketch::Sketch,
};
use phoenix_graph::{DatasetName, Graph, Key};
use phoenix_host::{
    observed::{
        DatasetState, Observed,
        mount::{Tree, is_below},
    },
    op::Op,
};
use std::collections::{BTreeMap, BTreeSet};

/// Unmounts what has to go, before anything else is done to file systems; exports over it are gone by then.
pub fn go(draft: &mut Draft<'_>) {
    let goes = std::mem::take(&mut draft.found.mounting.turn.unmounts);
    if goes.is_empty() {
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    for (dataset, place) in &goes {
        sketch.run(doing::unmount(dataset, place));
        retire::after_uses(draft, dataset, &mut sketch);
    }
    // What they lie in is mounted before them again, where a power cut has unmounted all.
    let mut around = containers(draft, &goes);
    around.sort_by(|a, b| b.1.cmp(&a.1));
    around.into_iter().for_each(|(dataset, _)| sketch.run(doing::stays(dataset)));
    sketch.after(Milestone::Files);
    let pools: BTreeSet<_> = goes.iter().map(|(dataset, _)| dataset.pool()).collect();
    let pools = pools.into_iter().chain(draft.inputs.observed.pools.keys().cloned());
    pools.for_each(|pool| sketch.reaches(Milestone::Free(pool)));
    draft.push(Subject::Mounts, sketch);
}

/// Lists the file systems of ours that what is unmounted lies in, and where they are.
fn containers(draft: &Draft<'_>, goes: &[(DatasetName, Box<str>)]) -> Vec<(DatasetName, Box<str>)> {
    let inputs = draft.inputs;
    let tree = Tree::new(&inputs.observed.mounts);
    let ours = |graph: Option<&Graph>, name: &DatasetName| {
        graph.is_some_and(|graph| {
            graph.dataset(name).is_some() || name.is_root() && graph.get(&Key::Pool(name.pool())).is_some()
        })
    };
    let mut found = BTreeMap::new();
    for (name, state) in &inputs.observed.datasets {
        let Some(path) = path_of(state).filter(|path| state.mounted && tree.is_seen(name, path)) else {
            continue;
        };
        let is_ours = ours(Some(inputs.desired), name) || ours(inputs.current, name);
        if is_ours
            && &*path != "/"
            && !draft.found.mounting.goes(name)
            && goes.iter().any(|(_, place)| is_below(place, &path))
        {
            found.insert(name.clone(), path);
        }
    }
    found.into_iter().collect()
}

/// Mounts what comes, once everything is made, set and at its name. Mounting waits for nothing that creating
/// waits for, and `zfs mount` loads the exports each time: where it comes to the same, all are mounted in one
/// process. What is in one of the encryption roots `late` comes another time: its key lies in what is mounted
/// now.
pub fn come(draft: &mut Draft<'_>, late: &[DatasetName]) {
    let comes = std::mem::take(&mut draft.found.mounting.turn.mounts);
    let is_late = |name: &DatasetName| late.iter().any(|root| name == root || name.is_below(root));
    let (later, mut comes): (Vec<_>, Vec<_>) = comes.into_iter().partition(|(name, _)| is_late(name));
    draft.found.mounting.turn.mounts = later;
    // What is refused is not brought there.
    comes.retain(|(dataset, _)| {
        draft.found.mounting.goes(dataset) || !draft.is_refused(&Key::Dataset(dataset.clone()))
    });
    if comes.is_empty() {
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    sketch.after(Need::AllFree);
    sketch.after(Milestone::MountPointSet);
    for (dataset, _) in &comes {
        for above in std::iter::successors(Some(dataset.clone()), DatasetName::parent) {
            sketch.after(Milestone::Done(Key::Dataset(above)));
        }
    }
    for (dataset, place) in too_early(draft, &comes) {
        sketch.run(doing::unmount_early(&dataset, &place));
    }
    let datasets: Vec<DatasetName> = comes.iter().map(|(dataset, _)| dataset.clone()).collect();
    let new = |dataset: &DatasetName| !draft.inputs.observed.datasets.contains_key(dataset);
    let all_new = draft.found.mounting.goes.is_empty() && datasets.iter().all(new);
    let come_home = datasets.iter().any(|dataset| draft.found.moves.place(dataset).is_some());
    let all = datasets.len() > 1
        && all_new
        && !come_home
        && !others_would_mount(draft.inputs.observed, &datasets.iter().collect());
    // What was mounted before comes back from there, wherever this has brought it.
    let fresh = datasets.iter().filter(|dataset| !draft.found.mounting.goes(dataset)).cloned().collect();
    sketch.run(doing::mount(&datasets, all, fresh));
    datasets.into_iter().for_each(|dataset| sketch.reaches(Milestone::Done(Key::Dataset(dataset))));
    draft.push(Subject::Mounts, sketch);
}

/// Lists what OpenZFS has mounted by itself by then, where that was too early: before what is to be mounted
/// above it. The last mounted first.
fn too_early(draft: &Draft<'_>, comes: &[(DatasetName, Box<str>)]) -> Vec<(DatasetName, Box<str>)> {
    let path = |name: &DatasetName| comes.iter().find(|(other, _)| other == name).map(|(_, path)| &**path);
    // As they are set: by the order of the actions, and with each what follows it and has its name by then, by path.
    let mut mounted: Vec<&DatasetName> = Vec::new();
    let actions = draft.actions();
    let sets = actions.iter().enumerate().flat_map(|(at, action)| action.ops.iter().map(move |op| (at, op)));
    for (at, set) in sets.filter_map(|(at, op)| Some((at, moved_by(op)?))) {
        let follows = draft.found.mounting.follows.iter();
        let along = follows.filter(|(name, of)| of == set && !mounted.contains(&name));
        let along = along.filter(|(name, _)| !actions[at + 1..].iter().any(|later| brings(later, name)));
        let mut along: Vec<&DatasetName> = along.map(|(name, _)| name).collect();
        along.sort_by_key(|name| path(name));
        mounted.extend(along);
    }
    let early = mounted.iter().enumerate().any(|(at, name)| {
        let Some(place) = path(name) else { return false };
        comes.iter().any(|(above, over)| is_below(place, over) && !mounted[..at].contains(&above))
    });
    if !early {
        return Vec::new();
    }
    let back = mounted.into_iter().rev();
    back.filter_map(|name| Some((name.clone(), path(name)?.into()))).collect()
}

/// Returns the dataset whose mount point an operation sets, or has inherited.
fn moved_by(op: &Op) -> Option<&DatasetName> {
    match op {
        Op::DatasetSet { dataset, settings } => {
            settings.iter().any(|(property, _)| property.as_str() == "mountpoint").then_some(dataset)
        }
        Op::DatasetInherit { dataset, property } | Op::DatasetReceived { dataset, property } => {
            (property.as_str() == "mountpoint").then_some(dataset)
        }
        _ => None,
    }
}

/// Returns whether an action makes a dataset, or gives it its name, or what it lies in.
fn brings(action: &Action, name: &DatasetName) -> bool {
    let brings = |op: &Op| match op {
        Op::DatasetCreate { dataset, .. } => name == dataset,
        Op::DatasetRename { to, .. } => name == to || name.is_below(to),
        _ => false,
    };
    action.ops.iter().any(brings)
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

/// Tells how the mount of a file system that is there changes, where none of its settings tells it.
pub fn change(draft: &Draft<'_>, name: &DatasetName, state: &DatasetState) -> Option<Change> {
    let word = |old: &str, new: &str| Some(Change::new("mounted", Some(old), Some(new)));
    let mounting = &draft.found.mounting;
    if draft.found.moves.place(name).is_some() {
        return None;
    }
    match (mounting.goes(name), mounting.comes(name), state.mounted) {
        (_, true, false) => word("no", "yes"),
        (true, false, _) => word("yes", "no"),
        (true, true, true) => {
            let path = path_of(state)?;
            let tree = Tree::new(&draft.inputs.observed.mounts);
            if tree.is_seen(name, &path) {
                return None;
            }
            let mut places = tree.of(name).iter().map(|&at| tree.mount(at));
            let over = tree.leads_to(&path, &|_| false).map(|at| tree.mount(at).told());
            let at_home = places.clone().any(|mount| *mount.place == *tree.resolve(&path));
            match (at_home, over, places.next_back()) {
                (true, Some(over), _) => word(&format!("yes, hidden by {over}"), "yes"),
                (_, _, Some(mount)) => word(&format!("yes, but at {}", mount.place), &format!("at {path}")),
                _ => None,
            }
        }
        _ => None,
    }
}
