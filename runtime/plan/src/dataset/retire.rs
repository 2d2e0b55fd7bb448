//! Retiring: what the spec no longer names moves aside with everything below it, and comes home
//! the same way. Nothing is destroyed.
//!
//! A retired dataset stands in a folder of an area (see `area`), a slash in its name written `:`,
//! with its home in a user property. Inside an area nothing is mounted: what has a mount point of
//! its own, or below one that comes along, gets `canmount=noauto`, and its `canmount` before is kept in
//! a user property.

use crate::{
    Kind, Subject, code,
    dataset::{doing, moving, release, snapshot},
    doing::Doing,
    draft::Draft,
    order::Milestone,
    record::Claim,
    sketch::Sketch,
    why::Why,
};
use phoenix_graph::{DatasetName, Graph, Key, ObjectId, PropertyName, name::MAX_DATASET_NAME};
use phoenix_host::{
    area,
    observed::{DatasetState, HOME, KEPT_CANMOUNT, OWNER},
    snapshots,
};
use std::collections::BTreeSet;

/// Plans the retirement of what only the current generation names.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let Some(current) = inputs.current else { return };
    let mut gone: Vec<(&Key, &DatasetName)> = Vec::new();
    for node in current.nodes() {
        let Some(name) = node.resource.dataset_name() else { continue };
        // A root dataset stays with its pool; a volume that became a file system is refused elsewhere.
        if !stays(draft, name) && !name.is_root() && inputs.observed.datasets.contains_key(name) {
            gone.push((&node.key, name));
        }
    }
    gone.sort_by(|a, b| a.1.cmp(b.1));
    let mut leaving: Vec<(&Key, &DatasetName)> = Vec::new();
    for (key, name) in gone {
        if draft.found.moves.is_leaving(name) {
            continue;
        }
        let claim = inputs.record.claim_of(inputs.observed, name).unwrap_or(Claim::Foreign);
        if matches!(claim, Claim::Foreign | Claim::Unrecorded) {
            draft.warn(
                key,
                code::ANOTHER_IN_ITS_PLACE,
                "it is not the one that phoenix made, and stays as it is: another one has its name now",
            );
        } else if draft.whose.was_adopted(key) {
            release(draft, key, name);
        } else if claim == Claim::Unmarked {
            draft.warn(
                key,
                code::MARK_REMOVED,
                "somebody has taken phoenix's mark off it, and it stays as it is: to put it away, switch to the \
                 current spec, which marks it again, and then take it out",
            );
        } else {
            draft.found.moves.leaves(name.clone());
            leaving.push((key, name));
        }
    }
    // What lies in what is renamed out of another that is put away goes before that does.
    if draft.found.moves.any_renames() {
        leaving.reverse();
    }
    for (key, name) in leaving {
        retire(draft, key, name);
    }
}

/// Returns whether the spec has a dataset that is there, by the name that it has after.
fn stays(draft: &Draft<'_>, name: &DatasetName) -> bool {
    let moves = &draft.found.moves;
    let after = moves.after(name);
    draft.inputs.desired.dataset(&after).is_some() && moves.now(&after).as_ref() == Some(name)
}

fn retire(draft: &mut Draft<'_>, key: &Key, name: &DatasetName) {
    let inputs = draft.inputs;
    let Some(state) = inputs.observed.datasets.get(name) else { return };
    // What is renamed goes its own way from there.
    let goes = |below: &DatasetName| draft.found.moves.goes_with(below, |above| above == name);
    let below: Vec<_> = inputs.observed.below(name).filter(|(below, _)| goes(below)).collect();
    let foreign = foreign(draft, &below);
    if !foreign.is_empty() {
        draft.refuse(
            key,
            code::FOREIGN_BELOW,
            format!(
                "the spec no longer names it, but below it are datasets that phoenix does not know: {}",
                foreign.join(", ")
            ),
            "move or destroy them yourself first, or keep it in the spec",
        );
        return;
    }
    let adopted: Vec<&str> = below
        .iter()
        .filter(|(child, state)| {
            let kind = if state.volume { Key::Volume } else { Key::Dataset };
            draft.whose.was_adopted(&kind((*child).clone()))
        })
        .map(|(child, _)| child.as_str())
        .collect();
    if !adopted.is_empty() {
        draft.refuse(
            key,
            code::ADOPTED_BELOW,
            format!(
                "the spec no longer names it, but below it are datasets that were adopted: {}",
                adopted.join(", ")
            ),
            "phoenix does not move what it did not make: move them yourself first, or keep it in the spec",
        );
        return;
    }
    let protected = std::iter::once(name).chain(below.iter().map(|(child, _)| *child));
    let protected: Vec<Key> = protected.filter_map(|name| is_protected(draft, name)).collect();
    if let Some(asked) = protected.iter().find(|key| !inputs.consent.irreversible.contains(key)) {
        let which = if asked == key { "it".to_owned() } else { format!("{asked} below it") };
        draft.refuse(
            key,
            code::PROTECTED,
            format!("it would be put away, and {which} is protected"),
            format!(
                "take `protect` out of the spec, switch, and then take the dataset out; or say so by name: `--consent {asked}`"
            ),
        );
        return;
    }
    let using =
        |name: &DatasetName| inputs.observed.in_use.get(name).map(|users| (name.clone(), users.join(", ")));
    let busy = std::iter::once(name).chain(below.iter().map(|(child, _)| *child)).find_map(using);
    if let Some((used, users)) = busy {
        let which = if used == *name { "it".to_owned() } else { format!("{used} below it") };
        draft.refuse(
            key,
            code::BUSY,
            format!("the spec no longer names it, but {which} is in use: {users}"),
            "end what uses it, and plan again; or keep it in the spec",
        );
        return;
    }
    let mut sketch = Sketch::new(Kind::Retire);
    let Some(place) = place(draft, name, name) else {
        draft.refuse_for(key, no_place());
        return;
    };
    make_folders(draft, &place, &mut sketch);
    sketch.tell("name", Some(name.as_str()), Some(place.as_str()));
    // All of it is unmounted by now; a busy one failed there, before anything has moved.
    for (child, state) in below.iter().rev().map(|(child, state)| (*child, *state)).chain([(name, state)]) {
        // What was put away before, in the area of an encryption root that goes now, stays as it is.
        if area::is_inside(child) {
            continue;
        }
        sketch.run_for(draft.itself(state), keep_unmounted(name, child, state));
        snapshot::first(draft, child);
    }
    move_away(draft, name, state, &place, &mut sketch);
    // Exports and registrations over it go first; two that retire in one pool share the area's folders.
    after_uses(draft, name, &mut sketch);
    sketch.after(Milestone::Free(name.pool()));
    sketch.reaches(Milestone::Free(name.pool()));
    draft.push(Subject::Resource(key.clone()), sketch);
    if draft.found.moves.any_renames() {
        draft.found.moves.perform(name.clone(), place);
    }
}

/// Lists which of these datasets phoenix does not know.
pub fn foreign<'d>(draft: &Draft<'_>, datasets: &[(&'d DatasetName, &DatasetState)]) -> Vec<&'d str> {
    let foreign = datasets.iter().filter(|(name, state)| !draft.whose.is_on_record(name, state));
    foreign.map(|(name, _)| name.as_str()).collect()
}

/// Has an action wait for what takes exports and registrations over a dataset, or below it, away.
pub fn after_uses(draft: &Draft<'_>, name: &DatasetName, sketch: &mut Sketch) {
    draft.whose.over(name).for_each(|key| sketch.after(Milestone::Done(key.clone())));
}

/// Lists what will be retired, by the names of the topmost.
pub fn leaving<'a>(draft: &Draft<'a>) -> Vec<&'a DatasetName> {
    let inputs = draft.inputs;
    let gone: BTreeSet<&DatasetName> = inputs
        .current
        .into_iter()
        .flat_map(Graph::nodes)
        .filter(|node| !draft.whose.was_adopted(&node.key))
        .filter_map(|node| node.resource.dataset_name())
        .filter(|name| {
            let state = inputs.observed.datasets.get(*name);
            let ours = state.is_some_and(|state| draft.whose.is_ours(name, state));
            ours && !name.is_root() && !stays(draft, name)
        })
        .collect();
    let moves = &draft.found.moves;
    let inside = |name: &DatasetName| {
        name.parent().is_some_and(|parent| moves.goes_with(&parent, |above| gone.contains(above)))
    };
    gone.iter().copied().filter(|name| !inside(name)).collect()
}

/// Moves a dataset to its place in the area, with a mark that says where it came from.
pub fn move_away(
    draft: &Draft<'_>,
    name: &DatasetName,
    state: &DatasetState,
    place: &DatasetName,
    sketch: &mut Sketch,
) {
    put(draft, name, name, state, place, sketch);
}

/// Moves a dataset to its place in the area, with a mark that says where it is to come home to.
pub fn put(
    draft: &Draft<'_>,
    from: &DatasetName,
    home: &DatasetName,
    state: &DatasetState,
    place: &DatasetName,
    sketch: &mut Sketch,
) {
    sketch.run_for(draft.itself(state), doing::mark(from, HOME, home.as_str(), state.settings.get(HOME)));
    sketch.run(draft.renaming(from.clone(), place.clone(), state));
}

/// Returns a dataset's key where the current generation protects it.
fn is_protected(draft: &Draft<'_>, name: &DatasetName) -> Option<Key> {
    let node = draft.inputs.current?.dataset(name)?;
    node.resource.lifecycle().is_some_and(|lifecycle| lifecycle.protect).then(|| node.key.clone())
}

/// Keeps a file system from being mounted where it is put away with `top`, at a boot or by an import.
pub fn keep_unmounted(top: &DatasetName, name: &DatasetName, state: &DatasetState) -> Doing {
    if moving::would_mount(top, state) { doing::keep_unmounted(name, state) } else { Doing::default() }
}

/// Says why there may be no place, and the way out.
pub fn no_place() -> Why {
    Why::new(
        code::NAME_TOO_LONG,
        "its name, or that of something in it, would be too long where it is put away",
        "give it, or what is too long in it, a shorter name (`zfs rename`); or keep it in the spec",
    )
}

/// Finds a free place in the area that takes a dataset, called after the name that it leaves, and takes it.
pub fn place(draft: &mut Draft<'_>, name: &DatasetName, called: &DatasetName) -> Option<DatasetName> {
    let datasets = &draft.inputs.observed.datasets;
    let top = area::top(&area::holder_in(draft.inputs.observed, name))?;
    let leaf = called.below_pool().replace('/', ":");
    let number = draft.inputs.number;
    let longest =
        draft.inputs.observed.below(name).map(|(below, _)| below.as_str().len() - name.as_str().len()).max();
    let longest = longest.unwrap_or(0);
    let fits = |place: &DatasetName| {
        // A switch that goes on after an import has parts.
        place.as_str().len() + longest + "@".len() + snapshots::name(number, 1).len() <= MAX_DATASET_NAME
    };
    let mut count = 0_u32;
    let place = loop {
        let folder = if count == 0 { number.to_string() } else { format!("{number}.{count}") };
        let folder = top.child(&folder).ok()?;
        // A name that would become too long is told by its home alone.
        let short = || folder.child(&ObjectId::of(leaf.as_bytes()).short()).ok().filter(fits);
        let place = folder.child(&leaf).ok().filter(fits).or_else(short)?;
        if !datasets.contains_key(&place) && !draft.found.moves.taken.contains(&place) {
            break place;
        }
        count += 1;
    };
    draft.found.moves.taken.insert(place.clone());
    Some(place)
}

/// Makes the folders above a place in the area, where they are missing.
pub fn make_folders(draft: &mut Draft<'_>, place: &DatasetName, sketch: &mut Sketch) {
    let inputs = draft.inputs;
    let Some(folder) = place.parent() else { return };
    for folder in folder.parent().into_iter().chain([folder]) {
        if !draft.found.moves.made.insert(folder.clone()) {
            continue;
        }
        let at = draft.found.moves.by_now(&folder);
        if let Some(state) = inputs.observed.datasets.get(&folder) {
            close(&at, state, sketch);
            continue;
        }
        let words = [("canmount", "off"), ("mountpoint", "none"), (OWNER, inputs.desired.host().as_str())];
        let settings = words.map(|(name, word)| (PropertyName::new(name), word.into())).into();
        sketch.run(doing::create(&at, settings));
    }
}

/// Sees that nothing is mounted in a folder that is there: a power cut may have left it before it was closed.
fn close(folder: &DatasetName, state: &DatasetState, sketch: &mut Sketch) {
    for (property, word) in [("canmount", "off"), ("mountpoint", "none")] {
        if state.value(property) == Some(word) {
            continue;
        }
        sketch.run(match property {
            "canmount" => doing::canmount(folder, word, state),
            _ => doing::mark(folder, property, word, state.settings.get(property)),
        });
    }
}

/// Lets go of a dataset that was there before phoenix: it stays, without the mark.
fn release(draft: &mut Draft<'_>, key: &Key, name: &DatasetName) {
    draft.adopted.remove(key);
    let seen = draft.inputs.observed.datasets.get(name).and_then(|state| state.settings.get(OWNER));
    let mut sketch = Sketch::new(Kind::Release);
    release::dataset(draft.inputs, key, &mut sketch);
    if let Some(seen) = seen.filter(|seen| seen.source.is_own()) {
        sketch.run(doing::unmark(name, OWNER, Some(seen)));
    }
    if sketch.is_idle() {
        return;
    }
    after_uses(draft, name, &mut sketch);
    draft.push(Subject::Resource(key.clone()), sketch);
}

/// Moves a retired dataset home, and gives everything below it its `canmount` back.
pub fn bring_home(
    draft: &Draft<'_>,
    home: &DatasetName,
    place: &DatasetName,
    state: &DatasetState,
    sketch: &mut Sketch,
) {
    // The area that it is in may have come home before it, with the encryption root that it belongs to.
    let from = draft.found.moves.comes_along(place).unwrap_or_else(|| place.clone());
    sketch.run(draft.renaming(from, home.clone(), state));
    sketch.run_for(draft.itself(state), doing::unmark(home, HOME, state.settings.get(HOME)));
    for (at, state) in [(place, state)].into_iter().chain(draft.inputs.observed.below(place)) {
        let Some(name) = moving::moved(at, place, home) else { continue };
        // What is renamed goes its own way from there.
        let moves = &draft.found.moves;
        let apart = moves.is_renamed(at) && moves.after(at) != name || moves.is_staying(at);
        if state.volume || area::is_inside(&name) || apart {
            continue;
        }
        if let Some(kept) = moving::kept_canmount(state) {
            let unmark = doing::unmark(&name, KEPT_CANMOUNT, state.settings.get(KEPT_CANMOUNT));
            sketch.run_for(draft.itself(state), doing::canmount(&name, kept, state).then(unmark));
        }
    }
}

/// Ends a homecoming that was cut off between the name and the settings: what is at home, and still has its
/// `canmount` kept for the time of being put away, gets it back.
pub fn end_homecoming(
    draft: &Draft<'_>,
    home: &DatasetName,
    state: &DatasetState,
    declared: bool,
    sketch: &mut Sketch,
) {
    let ours = |name: &DatasetName| draft.inputs.desired.dataset(name).is_some();
    let below = draft.inputs.observed.below(home).filter(|(name, _)| !ours(name) && !area::is_inside(name));
    let coming = |name: &DatasetName| draft.inputs.coming_home.contains(name);
    for (name, state) in std::iter::once((home, state)).chain(below).filter(|(name, _)| coming(name)) {
        let Some(kept) = moving::kept_canmount(state).filter(|_| !state.volume) else { continue };
        if !(declared && name == home) && state.value("canmount") != Some(kept) {
            sketch.tell("canmount", state.value("canmount"), Some(kept));
            sketch.run(doing::canmount(name, kept, state));
        }
        sketch.run(doing::unmark(name, KEPT_CANMOUNT, state.settings.get(KEPT_CANMOUNT)));
    }
}
