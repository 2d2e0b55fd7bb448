//! What is renamed: what the spec says had another name before; and, where one goes back, what the generation that is
//! gone back to called otherwise. Whether it can be is judged in `renameable`, and in which order in `ordering`.

use crate::{
    code,
    dataset::{moving, ordering, renameable, retire, staying},
    draft::Draft,
    record::{Entry, stem},
};
use phoenix_graph::{DatasetName, graph::Node};
use phoenix_host::area;
use std::collections::{BTreeMap, BTreeSet};

/// Finds what is renamed.
pub fn prepare(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // What is held against itself knows each by its own name.
    if inputs.current.is_none_or(|current| current.id() != inputs.desired.id()) {
        done(draft);
        came_home(draft);
    }
    let wanted = if inputs.to == inputs.number { said(draft) } else { remembered(draft) };
    // What contains comes before what it contains: what goes along with it needs nothing.
    for (to, from) in wanted {
        if !draft.found.moves.goes_along(&from, &to) {
            draft.found.moves.renames(from, to);
        }
    }
    staying::prepare(draft);
    if !draft.found.moves.any_renames() {
        return;
    }
    if inputs.to != inputs.number {
        stays_behind(draft);
    }
    renameable::judge(draft);
    adopted(draft);
    for (name, now) in ordering::circles(draft) {
        match retire::place(draft, &now, &now) {
            Some(place) => draft.found.moves.gives_way(name, now, place),
            None => draft.refuse_for(&draft.inputs.key_of(&name), retire::no_place()),
        }
    }
}

/// Finds what this very transaction has renamed, or put aside: by the current generation it still has the name before.
fn done(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let number = inputs.number;
    let is_by_this = |entry: &Entry| {
        entry.earlier.iter().any(|earlier| earlier.until == number)
            || entry.away.as_ref().is_some_and(|away| away.number == number)
    };
    if !inputs.record.entries.values().any(is_by_this) {
        return;
    }
    for (name, state) in &inputs.observed.datasets {
        let Some(entry) = inputs.record.entry(inputs.observed, &name.pool(), state) else { continue };
        if let Some(away) = entry.away.as_ref().filter(|away| away.number == number) {
            draft.found.moves.was_moved(name.clone(), away.home.clone());
            for (below, _) in inputs.observed.below(name) {
                if let Some(home) = moving::moved(below, name, &away.home) {
                    draft.found.moves.was_moved(below.clone(), home);
                }
            }
        }
        let earlier = entry.earlier.iter().find(|earlier| earlier.until == number);
        // What has come home is found in `came_home`.
        let renamed = earlier.filter(|earlier| earlier.away.is_none() && !area::is_inside(name));
        if let Some(earlier) = renamed {
            draft.found.moves.was_renamed(name.clone(), earlier.name.clone());
        }
    }
}

/// Finds what this very transaction has brought home: by the current generation it is still put away.
fn came_home(draft: &mut Draft<'_>) {
    let datasets = &draft.inputs.observed.datasets;
    for (home, place) in draft.inputs.came_home {
        // What was only begun is still there.
        if !datasets.contains_key(home) || datasets.contains_key(place) {
            continue;
        }
        for (name, _) in datasets.get_key_value(home).into_iter().chain(draft.inputs.observed.below(home)) {
            if let Some(known) = moving::moved(name, home, place) {
                draft.found.moves.was_moved(name.clone(), known);
            }
        }
    }
}

/// Lists what the spec says had another name, by the name after, where that is still to be done.
fn said(draft: &mut Draft<'_>) -> BTreeMap<DatasetName, DatasetName> {
    let inputs = draft.inputs;
    let moves = &draft.found.moves;
    let by_this = |name: &DatasetName, was: &DatasetName| moves.any_done() && moves.known(name) == *was;
    let meant = meant(draft).into_iter().filter(|(name, was)| !by_this(name, was));
    let mut wanted: BTreeMap<DatasetName, DatasetName> =
        meant.map(|(name, was)| (name.clone(), was.clone())).collect();
    // What stays at its name, and is what it is said to have been, is so already; of others that may follow.
    loop {
        let leaving: BTreeSet<DatasetName> =
            wanted.values().filter_map(|was| draft.found.moves.got_to(was)).collect();
        let so =
            |(name, was): &(&DatasetName, &DatasetName)| !leaving.contains(name) && is_so(draft, name, was);
        let so: Vec<DatasetName> = wanted.iter().filter(so).map(|(name, _)| name.clone()).collect();
        if so.is_empty() {
            break;
        }
        so.iter().for_each(|name| _ = wanted.remove(name));
    }
    let there = |name: &DatasetName| inputs.observed.datasets.contains_key(name);
    if !draft.found.moves.any_done() {
        twice(draft, &wanted);
    }
    let mut found = BTreeMap::new();
    for (name, was) in wanted {
        if let Some(now) = draft.found.moves.got_to(&was).filter(there) {
            found.insert(name, now);
        } else if let Some(place) = draft.whose.retired(&was) {
            found.insert(name, place.clone());
        } else if draft.whose.retired(&name).is_none() && inputs.observed.pools.contains_key(&name.pool()) {
            nothing(draft, &name, &was);
        }
    }
    found
}

/// Returns the name before that is said of a dataset.
fn was(node: &Node) -> Option<&DatasetName> {
    node.resource.lifecycle()?.was.as_ref()
}

/// Refuses where both names are there, though one was renamed to the other before, and the spec no longer has what has the
/// name before now: that is another one, which would be put away.
fn twice(draft: &mut Draft<'_>, wanted: &BTreeMap<DatasetName, DatasetName>) {
    let inputs = draft.inputs;
    let leaving: BTreeSet<&DatasetName> = wanted.values().collect();
    for node in inputs.desired.nodes() {
        let (Some(name), Some(was)) = (node.resource.dataset_name(), was(node)) else { continue };
        let goes = inputs.current.is_some_and(|current| current.dataset(was).is_some())
            && (inputs.desired.dataset(was).is_none() || wanted.contains_key(was))
            && inputs.observed.datasets.contains_key(was);
        if goes
            && !wanted.contains_key(name)
            && !leaving.contains(was)
            && inputs.observed.datasets.contains_key(name)
        {
            draft.refuse(
                &node.key,
                code::BOTH_NAMES,
                format!("it is there and was {was} before; what has that name now is another one, which the spec no longer has"),
                format!("take `was` out where {was} is to be put away; or move one of the two away by hand (`zfs rename`) where they are to change"),
            );
        }
    }
}

/// Lists what the spec means to have renamed, by the names after. What the current generation says, too, is done; but
/// where another takes a name that it is said to give, it is meant once more.
fn meant<'a>(draft: &Draft<'a>) -> BTreeMap<&'a DatasetName, &'a DatasetName> {
    let inputs = draft.inputs;
    let is_done = |name: &DatasetName, before: &DatasetName| {
        inputs.current.and_then(|current| current.dataset(name)).and_then(was) == Some(before)
    };
    let nodes = inputs.desired.nodes().iter();
    let said = nodes.filter_map(|node| Some((node.resource.dataset_name()?, was(node)?)));
    let (mut done, mut meant): (BTreeMap<_, _>, BTreeMap<_, _>) =
        said.partition(|(name, before)| is_done(name, before));
    let mut taken: Vec<&DatasetName> = meant.values().copied().collect();
    while let Some(name) = taken.pop() {
        if let Some((name, before)) = done.remove_entry(name) {
            meant.insert(name, before);
            taken.push(before);
        }
    }
    meant
}

/// Returns whether what has a name is what had the other before: that is not there any more, or the record says so.
fn is_so(draft: &Draft<'_>, name: &DatasetName, was: &DatasetName) -> bool {
    let inputs = draft.inputs;
    let Some(state) = inputs.observed.datasets.get(name) else { return false };
    let entry = inputs.record.entry(inputs.observed, &name.pool(), state);
    let gone = draft.found.moves.got_to(was).is_none_or(|now| !inputs.observed.datasets.contains_key(&now));
    gone || entry.is_some_and(|entry| entry.was(was))
}

fn nothing(draft: &mut Draft<'_>, name: &DatasetName, was: &DatasetName) {
    let now = draft.whose.renamed(was).map(|now| format!("; somebody renamed that to {now}"));
    draft.refuse(
        &draft.inputs.key_of(name),
        code::NOTHING_TO_RENAME,
        format!("it is said to have been {was}, and neither is there{}", now.unwrap_or_default()),
        "write as `was` what it is called now (`zfs list`); or take `was` out: then a new one is made, which is empty",
    );
}

/// Lists what the generation that is gone back to calls otherwise, by its name there.
fn remembered(draft: &mut Draft<'_>) -> BTreeMap<DatasetName, DatasetName> {
    let inputs = draft.inputs;
    let (mut found, mut two) = (BTreeMap::new(), Vec::new());
    if inputs.record.entries.values().all(|entry| entry.earlier.is_empty()) {
        return found;
    }
    for (now, state) in &inputs.observed.datasets {
        let Some(entry) = inputs.record.entry(inputs.observed, &now.pool(), state) else { continue };
        let Some(name) = entry.was_in(inputs.to) else { continue };
        let was_in_it =
            entry.released.is_none() && name.pool() == now.pool() && inputs.desired.dataset(name).is_some();
        let is_called_otherwise = || {
            if area::is_inside(now) {
                entry.away.as_ref().is_none_or(|away| away.number > inputs.to)
                    && !comes_by_itself(draft, now, name)
            } else {
                !entry.earlier.is_empty() && name != now
            }
        };
        if was_in_it
            && is_called_otherwise()
            && let Some(other) = found.insert(name.clone(), now.clone())
        {
            two.push((name.clone(), [other, now.clone()]));
        }
    }
    for (name, [one, other]) in two {
        draft.refuse(
            &inputs.key_of(&name),
            code::BOTH_NAMES,
            format!(
                "two datasets had this name in generation {}, as far as is on record: {one} and {other}",
                inputs.to
            ),
            "go back one generation after the other (`phoenix generations` lists them)",
        );
    }
    found
}

/// Refuses where a generation has something by the name that it has now, though what it lies in gets another one.
fn stays_behind(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (name, state) in &inputs.observed.datasets {
        let Some(entry) = inputs.record.entry(inputs.observed, &name.pool(), state) else { continue };
        let after = draft.found.moves.after(name);
        let is_in_it = entry.released.is_none()
            && entry.was_in(inputs.to) == Some(name)
            && inputs.desired.dataset(name).is_some();
        if after != *name && is_in_it && !area::is_inside(name) {
            draft.refuse(
                &inputs.key_of(name),
                code::CANNOT_RENAME,
                format!("it is called so now as well, and what it lies in gets another name: it would go along, to {after}"),
                "go back over another generation first (`phoenix generations` lists them)",
            );
        }
    }
}

/// Returns whether what is put away needs no name: it comes home to it by itself, with what it was put away with; or what
/// has the name is what had it in the generation that is gone back to.
fn comes_by_itself(draft: &Draft<'_>, now: &DatasetName, name: &DatasetName) -> bool {
    let inputs = draft.inputs;
    let entry = |name: &DatasetName| {
        let state = inputs.observed.datasets.get(name)?;
        inputs.record.entry(inputs.observed, &name.pool(), state)
    };
    if inputs.observed.datasets.contains_key(name) {
        let was_it = || entry(name).is_some_and(|entry| entry.was_in(inputs.to) == Some(name));
        return was_it() || stem(inputs.observed, name) == stem(inputs.observed, now);
    }
    let is_top = entry(now).is_some_and(|entry| entry.away.is_some());
    if is_top {
        let is_it = |place| place == now || stem(inputs.observed, place) == stem(inputs.observed, now);
        return draft.whose.retired(name).is_some_and(is_it);
    }
    let above = now.parent().and_then(|above| ends_up(draft, &above));
    above.and_then(|above| above.child(now.leaf()).ok()).as_ref() == Some(name)
}

/// Returns where what is put away ends up when one goes back; nothing where it stays. What phoenix does not know goes with
/// what it lies in.
fn ends_up(draft: &Draft<'_>, now: &DatasetName) -> Option<DatasetName> {
    let inputs = draft.inputs;
    let state = inputs.observed.datasets.get(now)?;
    match inputs.record.entry(inputs.observed, &now.pool(), state) {
        Some(entry) => entry.was_in(inputs.to).filter(|name| inputs.desired.dataset(name).is_some()).cloned(),
        None => ends_up(draft, &now.parent()?)?.child(now.leaf()).ok(),
    }
}

/// What was adopted stays so by its new name.
fn adopted(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for node in inputs.current.into_iter().flat_map(|current| current.nodes()) {
        let Some(name) = node.resource.dataset_name() else { continue };
        if draft.found.moves.is_renamed(name) && draft.adopted.remove(&node.key) {
            let after = draft.found.moves.after(name);
            draft.adopted.insert(inputs.key_of(&after));
        }
    }
}
