//! The actions of a turn: what is unmounted before everything else, and what is mounted after it.

use crate::{
    Change, Kind, Subject,
    dataset::retire,
    draft::Draft,
    mount::{doing, early, path::path_of},
    order::{Milestone, Need},
    sketch::Sketch,
};
use phoenix_graph::{DatasetName, Graph, Key};
use phoenix_host::observed::{
    DatasetState, Observed,
    mount::{Tree, is_below},
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
    for (dataset, place) in early::too_early(draft, &comes) {
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
