//! File systems and volumes: create, adopt, rename, bring home, set, inherit again; and put away what the
//! spec no longer names (retire.rs).

pub mod doing;
mod exchange;
mod exchangeable;
pub mod moves;
pub mod moving;
pub mod ordering;
mod present;
pub mod release;
pub mod renameable;
mod renames;
pub mod retire;
pub mod snapshot;
mod staying;

use crate::{
    Kind, Subject, code,
    draft::Draft,
    keys,
    mount::{self, acting},
    order::{Milestone, Need},
    record::{ADOPTED, Claim},
    settings,
    sketch::Sketch,
    space,
    stage::Stage,
};
use phoenix_graph::{
    DatasetName, Key, PropertyName, Resource, Target, Value,
    graph::Node,
    mounts::{Mount, mounts},
};
use phoenix_host::{
    area,
    observed::{DatasetState, OWNER, Observed, Query},
};
use std::{borrow::Cow, collections::BTreeMap};

pub const STAGES: &[Stage] = &[
    Stage { name: "renames", after: &["pools"], looks_inside: true, run: renames::prepare },
    Stage { name: "exchanges", after: &["renames"], looks_inside: true, run: exchangeable::prepare },
    Stage { name: "datasets", after: &["exchanges", "unmounting", "keys"], looks_inside: true, run: plan },
];

/// Plans all file systems and volumes.
pub fn plan(draft: &mut Draft<'_>) {
    retire::plan(draft);
    let inputs = draft.inputs;
    let mounts = mounts(inputs.desired.resources());
    let mut rest: Vec<&Node> = ordering::order(draft);
    let mut waiting: Vec<&Node> = Vec::new();
    // What needs a key that lies in a dataset which is mounted first comes once that is mounted.
    loop {
        let late = draft.found.late.roots();
        let (now, later): (Vec<&Node>, Vec<&Node>) = rest.into_iter().partition(|node| {
            node.resource.dataset_name().is_none_or(|name| !late.iter().any(|root| is_in(name, root)))
        });
        for node in now {
            match one(draft, node, &mounts, &waiting) {
                Turn::Done => {}
                Turn::Waits => waiting.push(node),
            }
        }
        let (left, still): (Vec<&Node>, Vec<&Node>) =
            waiting.into_iter().partition(|node| later.is_empty() || !is_left(draft, node));
        left.into_iter().for_each(|node| set(draft, node));
        waiting = still;
        acting::come(draft, &draft.found.late.roots());
        rest = later;
        if rest.is_empty() || !keys::load_late(draft) {
            break;
        }
    }
}

fn is_in(name: &DatasetName, top: &DatasetName) -> bool {
    name == top || name.is_below(top)
}

/// What became of a dataset in its turn.
enum Turn {
    Done,
    /// Its settings wait until what is to leave it has left: where a mount point is set, OpenZFS mounts all that follows
    /// it, also what goes by another name in a moment.
    Waits,
}

/// Plans one file system or volume.
fn one(draft: &mut Draft<'_>, node: &Node, mounts: &BTreeMap<DatasetName, Mount>, waiting: &[&Node]) -> Turn {
    let inputs = draft.inputs;
    let Some(name) = node.resource.dataset_name() else { return Turn::Done };
    let pool = Key::Pool(name.pool());
    if name.is_root() && draft.changes(&node.key) {
        // A pool that is made brings its root dataset along.
        return Turn::Done;
    }
    if draft.found.moves.is_exchanged(name) {
        exchange::plan(draft, node, name);
        return Turn::Done;
    }
    let seen = seen(draft, name);
    let mount = mounts.get(name).filter(|mount| mount.mounted).and_then(|mount| mount.path.as_deref());
    if let Some(path) = mount {
        let stands = seen
            .as_deref()
            .is_some_and(|state| state.mounted && mount::path::path_of(state).as_deref() == Some(path));
        pass_links(draft, node, path, stands);
    }
    match seen {
        Some(state) if draft.found.moves.renamed_from(name).is_some() => {
            return rename(draft, node, name, &state, waiting);
        }
        Some(state) if waits(draft, node, &state, waiting) => return Turn::Waits,
        Some(_) => set(draft, node),
        None if draft.whose.retired(name).is_some() => return restore(draft, node, name, waiting),
        // A pool that is refused has its refusal; its datasets need none.
        None if !inputs.observed.pools.contains_key(&name.pool()) && !draft.changes(&pool) => {}
        None => create(draft, node, name),
    }
    Turn::Done
}

/// Plans what differs of a dataset that has its name.
fn set(draft: &mut Draft<'_>, node: &Node) {
    let Some(name) = node.resource.dataset_name() else { return };
    let Some(state) = seen(draft, name) else { return };
    let sketch = draft.sketch(Kind::Update, name);
    present::present(draft, node, name, &state, sketch);
}

/// Returns whether the settings of a dataset wait. What lies in one that waits comes after it, as always.
fn waits(draft: &Draft<'_>, node: &Node, state: &DatasetState, waiting: &[&Node]) -> bool {
    let name = node.resource.dataset_name();
    let inside = |other: &&Node| {
        other.resource.dataset_name().is_some_and(|above| name.is_some_and(|name| name.is_below(above)))
    };
    moves_mounts(node, state) && (is_left(draft, node) || waiting.iter().any(inside))
}

/// Returns whether something that a dataset contains by now is still to leave it.
fn is_left(draft: &Draft<'_>, node: &Node) -> bool {
    let moves = &draft.found.moves;
    let leaves = |name: &DatasetName| {
        moves.renamed().any(|(to, from)| {
            let at = moves.by_now(from);
            at != *to && at.is_below(name)
        })
    };
    node.resource.dataset_name().is_some_and(leaves)
}

/// Returns whether the mount point of a dataset may be set otherwise.
fn moves_mounts(node: &Node, state: &DatasetState) -> bool {
    let own = state.settings.get("mountpoint").filter(|seen| seen.source.is_own());
    let said = node.resource.settings().and_then(|settings| settings.get("mountpoint"));
    said.map(Value::to_string).as_deref() != own.map(|seen| &*seen.raw)
}

/// Finds a dataset as it is, or as it will be once what is retired has come home.
fn seen<'a>(draft: &Draft<'a>, name: &DatasetName) -> Option<Cow<'a, DatasetState>> {
    if let Some((now, state)) = draft.standing(name) {
        let comes = area::is_inside(now) && !area::is_inside(name);
        return Some(if comes { Cow::Owned(moving::at_home(state, false)) } else { Cow::Borrowed(state) });
    }
    let state = draft.inputs.observed.datasets.get(&draft.found.moves.place(name)?)?;
    Some(Cow::Owned(moving::at_home(state, false)))
}

/// Gives a dataset its name, with everything below it, and then sets what differs.
fn rename(
    draft: &mut Draft<'_>,
    node: &Node,
    name: &DatasetName,
    state: &DatasetState,
    waiting: &[&Node],
) -> Turn {
    let Some(from) = draft.found.moves.renamed_from(name).cloned() else { return Turn::Done };
    let Some(now) = draft.inputs.observed.datasets.get(&from) else { return Turn::Done };
    let mut sketch = Sketch::new(Kind::Rename);
    sketch.tell("name", Some(from.as_str()), Some(name.as_str()));
    make_way(draft, name, &mut sketch);
    let at = draft.found.moves.by_now(&from);
    if area::is_inside(&from) {
        staying::stay(draft, name, &from, &mut sketch);
        retire::bring_home(draft, name, &from, now, &mut sketch);
    } else {
        sketch.run(doing::call(at.clone(), name.clone(), now));
    }
    sketch.about(draft.whom(name));
    draft.found.moves.perform(at, name.clone());
    retire::after_uses(draft, &from, &mut sketch);
    // Names pass from one to the other: each waits for the one before it.
    sketch.after(Milestone::Free(name.pool()));
    sketch.reaches(Milestone::Free(name.pool()));
    if waits(draft, node, state, waiting) {
        snapshot::first(draft, &from);
        draft.push(Subject::Resource(node.key.clone()), sketch);
        return Turn::Waits;
    }
    present::present(draft, node, name, state, sketch);
    Turn::Done
}

/// Has what bears a name step aside, where another takes it before that can go to its own.
fn make_way(draft: &mut Draft<'_>, name: &DatasetName, sketch: &mut Sketch) {
    let inputs = draft.inputs;
    let Some((now, place)) = draft.found.moves.way(name).cloned() else { return };
    let Some(state) = inputs.observed.datasets.get(&now) else { return };
    retire::make_folders(draft, &place, sketch);
    let place = draft.found.moves.by_now(&place);
    sketch.run(doing::call(name.clone(), place.clone(), state));
    draft.found.moves.perform(name.clone(), place);
    sketch.after(Milestone::Free(name.pool()));
    sketch.reaches(Milestone::Free(name.pool()));
}

/// Judges a mount point that is a link, or passes one: OpenZFS mounts where the link leads, which is for
/// whoever made the link to say.
fn pass_links(draft: &mut Draft<'_>, node: &Node, path: &str, stands: bool) {
    let Some((link, target)) = draft.inputs.observed.links_passed.get(path).cloned() else { return };
    let text = format!("it is to be mounted at {path}, and {link} is a link to {target}");
    if stands {
        draft.warn(&node.key, code::MOUNTED_THROUGH_LINK, format!("{text}: it is mounted where that leads"));
    } else {
        let help = format!(
            "say the path that it leads to as `mountpoint`; or see who made the link, and take it away (`rm {link}`)"
        );
        draft.refuse(&node.key, code::MOUNTPOINT_IS_LINK, text, help);
    }
}

fn create(draft: &mut Draft<'_>, node: &Node, name: &DatasetName) {
    if let Some(place) = draft.whose.stray(name) {
        let text = format!(
            "{place} says that it was put away from there, and this state folder has no record of that: a new one \
             is made; `--adopt` brings that one home instead"
        );
        draft.warn(&node.key, code::MADE_ANEW, text);
    }
    if let Some(place) = draft.whose.renamed(name) {
        let text = format!(
            "somebody renamed it to {place}, where it stays with all that it holds: a new one is made, and is empty; \
             `zfs rename {place} {name}` brings it back, before a switch"
        );
        draft.warn(&node.key, code::MADE_ANEW, text);
    }
    let mut sketch = Sketch::new(Kind::Create);
    make_way(draft, name, &mut sketch);
    sketch.about(draft.whom(name));
    sketch.after(Need::OwnGround);
    sketch.after(Need::AllFree);
    let owner = (PropertyName::new(OWNER), draft.inputs.desired.host().as_str().into());
    match &node.resource {
        Resource::Volume(volume) => {
            sketch.tell("volsize", None, Some(&volume.size.0.to_string()));
            sketch.changes.extend(settings::all_new(&volume.settings));
            let mut words = settings::words(Target::Volume, &volume.settings);
            let mut reserved = words.clone();
            if !volume.sparse {
                reserved.push((PropertyName::new("refreservation"), volume.size.0.to_string().into()));
            }
            if let Some(why) = space::too_large(draft, name, &reserved) {
                draft.refuse_for(&node.key, why);
            }
            words.push(owner);
            sketch.run(doing::create_volume(name, volume.size.0, volume.sparse, words));
        }
        other => {
            let found = other.settings().cloned().unwrap_or_default();
            sketch.changes = settings::all_new(&found);
            let mut words = settings::words(Target::Filesystem, &found);
            if let Some(why) = space::too_large(draft, name, &words) {
                draft.refuse_for(&node.key, why);
            }
            words.push(owner);
            sketch.run(doing::create(name, words));
        }
    }
    draft.push(Subject::Resource(node.key.clone()), sketch);
}

/// Brings a retired dataset home, with everything below it, and then sets what differs.
fn restore(draft: &mut Draft<'_>, node: &Node, name: &DatasetName, waiting: &[&Node]) -> Turn {
    let Some(place) = draft.whose.retired(name) else { return Turn::Done };
    let Some(state) = draft.inputs.observed.datasets.get(place) else { return Turn::Done };
    let mut sketch = Sketch::new(Kind::Restore);
    make_way(draft, name, &mut sketch);
    match draft.whose.claim(&place.pool(), state) {
        Claim::Ours => {}
        Claim::Unmarked => {
            let text = format!(
                "{place} was put away from there, and somebody has taken phoenix's mark off it since: it comes home, \
                 and is marked again"
            );
            draft.warn(&node.key, code::MARK_REMOVED, text);
        }
        Claim::Unrecorded | Claim::Foreign => {
            sketch.tell(ADOPTED, None, Some("yes"));
        }
    }
    sketch.tell("name", Some(place.as_str()), Some(name.as_str()));
    staying::stay(draft, name, place, &mut sketch);
    retire::bring_home(draft, name, place, state, &mut sketch);
    sketch.about(draft.itself(state));
    draft.found.moves.comes_home(name.clone(), place.clone());
    if draft.found.moves.any_renames() {
        draft.found.moves.perform(place.clone(), name.clone());
        // What lies in it may be taken out of it by its name there.
        sketch.after(Milestone::Free(name.pool()));
        sketch.reaches(Milestone::Free(name.pool()));
    }
    if waits(draft, node, state, waiting) {
        draft.push(Subject::Resource(node.key.clone()), sketch);
        return Turn::Waits;
    }
    if let Some(state) = seen(draft, name) {
        present::present(draft, node, name, &state, sketch);
    }
    Turn::Done
}

/// Adds what has to be looked at for a file system or volume.
pub fn look(query: &mut Query, resource: &Resource) {
    let (settings, volume) = (resource.settings(), matches!(resource, Resource::Volume(_)));
    let said = |name: &str| settings.and_then(|settings| settings.get(name));
    let names = settings.into_iter().flat_map(|settings| settings.iter().map(|(name, _)| name.clone()));
    query.properties.extend(names);
    if let Some(Value::Text(location)) = said("keylocation") {
        query.key_files.extend(location.strip_prefix("file://").map(Box::from));
    }
    if volume {
        query.properties.insert(PropertyName::new("volblocksize"));
    }
    if volume || space::LIMITS.iter().any(|limit| said(limit).is_some()) {
        query.properties.extend(space::FACTS.into_iter().chain(space::ROOM).map(PropertyName::new));
    }
}

/// Returns whether a dataset was not seen, in a pool that was.
pub fn is_missing(seen: &Observed, resource: &Resource) -> bool {
    let missing =
        |name: &DatasetName| seen.pools.contains_key(&name.pool()) && !seen.datasets.contains_key(name);
    resource.dataset_name().is_some_and(missing)
}
