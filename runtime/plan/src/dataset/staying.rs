//! What stays put away when what it lies in comes home: what the spec does not have by the name that it would get, or has as
//! another one. It gets a place of its own first.

use crate::{dataset::moving, dataset::retire, draft::Draft, order::Milestone, sketch::Sketch};
use phoenix_graph::DatasetName;
use phoenix_host::area;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};

/// Finds what stays put away, and a place for each.
pub fn prepare(draft: &mut Draft<'_>) {
    if !draft.whose.any_retired() {
        return;
    }
    for (now, name) in found(draft) {
        let home = home(draft, &now).unwrap_or_else(|| name.clone());
        match retire::place(draft, &now, &home) {
            Some(place) => draft.found.moves.stays_away(now, place),
            None => draft.refuse_for(&draft.inputs.key_of(&name), retire::no_place()),
        }
    }
}

/// Finds what would come home with what it lies in and is not to: by where it is now, the name that it would get.
fn found(draft: &Draft<'_>) -> BTreeMap<DatasetName, DatasetName> {
    let said = said(draft);
    let mut homes: BTreeMap<&DatasetName, &DatasetName> = homes(draft);
    homes.extend(draft.found.moves.renamed());
    let places: BTreeSet<&DatasetName> = homes.values().copied().collect();
    let mut found: BTreeMap<DatasetName, DatasetName> = BTreeMap::new();
    for (home, place) in homes.iter().filter(|(_, place)| area::is_inside(place)) {
        for (now, state) in draft.inputs.observed.below(place) {
            let Some(name) = moving::moved(now, place, home) else { continue };
            let above = || successors(now.parent(), DatasetName::parent);
            let along = !places.contains(now)
                && above().find(|above| places.contains(above)).as_ref() == Some(*place);
            let with_another =
                above().take_while(|above| above != *place).any(|above| found.contains_key(&above));
            let wanted = homes.get(&name).map_or_else(
                || area::is_inside(&name) || has(&said, &name) || !draft.whose.is_on_record(now, state),
                |from| *from == now,
            );
            if along && !with_another && !wanted {
                found.insert(now.clone(), name);
            }
        }
    }
    found
}

/// Returns whether the spec has a name, or one below it.
fn has(said: &BTreeSet<&DatasetName>, name: &DatasetName) -> bool {
    let mut alike =
        said.range::<&DatasetName, _>(name..).take_while(|other| other.as_str().starts_with(name.as_str()));
    alike.any(|other| *other == name || other.is_below(name))
}

/// Lists the names that the spec has.
fn said<'d>(draft: &Draft<'d>) -> BTreeSet<&'d DatasetName> {
    draft.inputs.desired.nodes().iter().filter_map(|node| node.resource.dataset_name()).collect()
}

/// Finds what comes home by itself, and not by another name: by its name, where it is now.
pub fn homes<'d>(draft: &Draft<'d>) -> BTreeMap<&'d DatasetName, &'d DatasetName> {
    let moves = &draft.found.moves;
    let mut homes: BTreeMap<&DatasetName, &DatasetName> = BTreeMap::new();
    if !draft.whose.any_retired() {
        return homes;
    }
    // What contains comes before what it contains.
    for name in said(draft) {
        if moves.renamed_from(name).is_some() {
            continue;
        }
        let stands = draft.standing(name).is_some_and(|(now, _)| !area::is_inside(now));
        let Some(place) = draft.whose.retired(name).filter(|_| !stands) else { continue };
        let mut above = successors(name.parent(), DatasetName::parent);
        let along = above.find_map(|above| {
            let from = homes.get(&above).copied().or_else(|| moves.renamed_from(&above))?;
            moving::moved(name, &above, from)
        });
        let along = along.filter(|along| draft.inputs.observed.datasets.contains_key(along));
        if along.is_none_or(|along| was_in_it(draft, place, name) && !was_in_it(draft, &along, name)) {
            homes.insert(name, place);
        }
    }
    homes
}

/// Returns whether something had a name in the generation that is gone back to.
fn was_in_it(draft: &Draft<'_>, now: &DatasetName, name: &DatasetName) -> bool {
    let inputs = draft.inputs;
    let state = inputs.observed.datasets.get(now);
    let entry = state.and_then(|state| inputs.record.entry(inputs.observed, &now.pool(), state));
    entry.is_some_and(|entry| entry.was_in(inputs.to) == Some(name))
}

/// Returns the name that something had until it was put away with what it lies in.
fn home(draft: &Draft<'_>, now: &DatasetName) -> Option<DatasetName> {
    let inputs = draft.inputs;
    let state = inputs.observed.datasets.get(now)?;
    let entry = inputs.record.entry(inputs.observed, &now.pool(), state)?;
    entry.earlier.last().map(|last| last.name.clone())
}

/// Gives what stays put away its own place, before what it lies in comes home.
pub fn stay(draft: &mut Draft<'_>, home: &DatasetName, place: &DatasetName, sketch: &mut Sketch) {
    let inputs = draft.inputs;
    let staying = draft.found.moves.staying_below(place);
    if staying.is_empty() {
        return;
    }
    for (now, own) in staying {
        let Some(state) = inputs.observed.datasets.get(&now) else { continue };
        let Some(called) = self::home(draft, &now).or_else(|| moving::moved(&now, place, home)) else {
            continue;
        };
        sketch.tell(&format!("{called}, which stays put away"), Some(now.as_str()), Some(own.as_str()));
        retire::make_folders(draft, &own, sketch);
        let (from, to) = (draft.found.moves.by_now(&now), draft.found.moves.by_now(&own));
        retire::put(draft, &from, &called, state, &to, sketch);
        draft.found.moves.perform(from, to);
    }
    sketch.after(Milestone::Free(home.pool()));
    sketch.reaches(Milestone::Free(home.pool()));
}
