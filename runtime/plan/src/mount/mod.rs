//! Mounting: where every file system is to be mounted after, and what has to be unmounted for that.
//!
//! One turn (turn.rs) for the whole plan. What has to go is unmounted first, before anything is set, renamed or
//! made; and what comes is mounted last, by path. Between the two OpenZFS mounts by itself what gets another
//! mount point: that is reckoned with, where it would come in a wrong order. Undoing goes the same ways, from
//! what a new look shows.

pub mod doing;
pub mod mounting;
pub mod path;
pub mod remounting;
mod turn;

use crate::{
    Change, Choice, Kind, Prior, Subject, code,
    dataset::{moving, retire},
    draft::{Draft, Sketch},
    keys,
    mount::turn::{After, Fate, Turn, turn},
    stage::Stage,
};
use mounting::Mounting;
use path::path_of;
use phoenix_graph::{
    DatasetName, Graph, Key, Resource, Settings, Target, Value,
    graph::Node,
    property::{self, Unset},
};
use phoenix_host::{
    area,
    observed::{
        DatasetState, Observed, Source,
        mounts::{Tree, is_below, plain},
    },
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[
    Stage { name: "mounts", after: &["exchanges"], looks_inside: true, run: prepare },
    Stage {
        name: "unmounting",
        after: &["mounts", "storages away", "exports away"],
        looks_inside: true,
        run: go,
    },
];

/// A file system as it will be.
struct Future<'a> {
    state: Option<&'a DatasetState>,
    node: Option<&'a Node>,
    /// Whether it comes home from where it was put away.
    came: bool,
    /// Where it is to be mounted, if it is.
    path: Option<Box<str>>,
    /// Whether its mount point is another one than now, by itself or since it follows.
    changed: bool,
    /// Whether its own mount point is set, or inherited again.
    set: bool,
    /// Whether its mount point comes from what contains it.
    inherits: bool,
}

/// Works out what is mounted after, and refuses what cannot be.
pub fn prepare(draft: &mut Draft<'_>) {
    let futures = futures(draft);
    let mut fates = fates(draft, &futures);
    let fresh = fresh(draft, &futures);
    let observed = draft.inputs.observed;
    let mut worked = turn(&observed.mounts, &fates, &fresh);
    while contain(draft, &futures, &mut fates, &worked) {
        worked = turn(&observed.mounts, &fates, &fresh);
    }
    for blocked in &worked.blocked {
        let key = draft
            .inputs
            .desired
            .dataset(&blocked.dataset)
            .map_or_else(|| Key::Dataset(blocked.dataset.clone()), |node| node.key.clone());
        draft.refuse_for(&key, blocked.why.clone());
    }
    tell_uncontained(draft, &futures, &worked);
    tell_interrupted(draft, &futures, &fates, &worked);
    draft.mounting = Mounting {
        goes: worked.unmounts.iter().map(|(name, _)| name.clone()).collect(),
        comes: worked.mounts.iter().map(|(name, _)| name.clone()).collect(),
        follows: follows(draft, &futures),
        places: futures.into_iter().filter_map(|(name, future)| Some((name, future.path?))).collect(),
        turn: worked,
        last_set: None,
    };
}

/// Finds every file system that is there, comes home or is made, with where it is to be mounted.
fn futures<'a>(draft: &Draft<'a>) -> BTreeMap<DatasetName, Future<'a>> {
    let inputs = draft.inputs;
    let mut futures: BTreeMap<DatasetName, Future<'a>> = BTreeMap::new();
    let future = |state, node, came| Future {
        state,
        node,
        came,
        path: None,
        changed: false,
        set: false,
        inherits: false,
    };
    for (name, state) in &inputs.observed.datasets {
        futures.insert(name.clone(), future(Some(state), None, false));
    }
    for node in inputs.desired.nodes() {
        let Some(name) = node.resource.dataset_name() else { continue };
        if let Some(future) = futures.get_mut(name).filter(|future| !future.came) {
            future.node = Some(node);
            continue;
        }
        let place = draft.retired(name);
        let state = place.and_then(|place| inputs.observed.datasets.get(place));
        let (Some(place), Some(state)) = (place, state) else {
            futures.entry(name.clone()).or_insert_with(|| future(None, None, false)).node = Some(node);
            continue;
        };
        futures.insert(name.clone(), future(Some(state), Some(node), true));
        for (below, state) in draft.below(place) {
            let Some(home) = moving::moved(below, place, name).filter(|home| !area::is_inside(home)) else {
                continue;
            };
            futures.entry(home).or_insert_with(|| future(Some(state), None, true));
        }
    }
    for name in &inputs.consent.with_data {
        let Some(Choice::Retired { place, .. }) = inputs.past.found.get(name).map(|found| &found.choice)
        else {
            continue;
        };
        for (below, state) in draft.below(place) {
            let Some(home) = moving::moved(below, place, name).filter(|home| !area::is_inside(home)) else {
                continue;
            };
            let node = inputs.desired.dataset(&home);
            if !inputs.observed.datasets.contains_key(&home) {
                futures.insert(home, future(Some(state), node, true));
            }
        }
    }
    // Parents first: a name sorts before everything below it.
    let names: Vec<DatasetName> = futures.keys().cloned().collect();
    for name in names {
        let above = name.parent().and_then(|above| futures.get(&above));
        let above = above.map(|above| (above.path.clone(), above.changed));
        let Some(future) = futures.get(&name) else { continue };
        let own = own_place(inputs, &name, future);
        let now = future.state.and_then(|state| state.local("mountpoint"));
        let set = future.state.is_some() && own.as_deref() != now;
        let follows = own.is_none() && above.as_ref().is_some_and(|(_, changed)| *changed);
        let changed = set || future.came || follows;
        let path = match future.state.filter(|_| !changed) {
            Some(state) => path_of(state),
            None => path_below(&name, own.as_deref(), above.map(|(path, _)| path)),
        };
        if let Some(future) = futures.get_mut(&name) {
            (future.path, future.changed, future.set, future.inherits) = (path, changed, set, own.is_none());
        }
    }
    futures
}

/// Returns the mount point that is a file system's own; nothing where it is inherited.
fn own_place(inputs: &crate::Inputs<'_>, name: &DatasetName, future: &Future<'_>) -> Option<Box<str>> {
    let declared = future.node.and_then(|node| word(node.resource.settings()?, "mountpoint"));
    declared.or_else(|| {
        let now = future.state.and_then(|state| state.local("mountpoint"));
        unsaid(inputs, name, future, "mountpoint").unwrap_or_else(|| now.map(Box::from))
    })
}

/// Returns where a file system is to be mounted, by its own mount point or by the place of what contains it.
fn path_below(name: &DatasetName, own: Option<&str>, above: Option<Option<Box<str>>>) -> Option<Box<str>> {
    match (own, above) {
        (Some("none" | "legacy"), _) => None,
        (Some(path), _) => Some(plain(path).into()),
        (None, Some(above)) => above.map(|above| plain(&format!("{above}/{}", name.leaf())).into()),
        (None, None) => Some(format!("/{name}").into()),
    }
}

/// Returns what a setting becomes that is declared no more; the inner nothing is inherited. Nothing where
/// nobody declared it: then it stays.
fn unsaid(
    inputs: &crate::Inputs<'_>,
    name: &DatasetName,
    future: &Future<'_>,
    of: &str,
) -> Option<Option<Box<str>>> {
    let key = Key::Dataset(name.clone());
    let earlier = inputs.current.and_then(|current| current.get(&key));
    if future.node.is_none() && earlier.is_none() {
        return None;
    }
    if let Some(prior) = inputs.before.get(&key).and_then(|before| before.get(of)) {
        return Some(match prior {
            Prior::Own { word, .. } | Prior::Unset { word, .. } => Some(word.clone()),
            Prior::Received { raw } => Some(raw.clone()),
            Prior::Inherited => None,
        });
    }
    future.node?;
    let declared = earlier.and_then(|earlier| earlier.resource.settings()?.get(of)).is_some();
    let set = future.state.and_then(|state| state.settings.get(of));
    (declared && set.is_some_and(|set| set.source == Source::Local)).then(|| {
        match property::find(Target::Filesystem, of).map(property::Property::unset) {
            Some(Unset::Value(word)) => Some(word.into()),
            _ => None,
        }
    })
}

/// Returns the `canmount` that a file system has after.
fn can(inputs: &crate::Inputs<'_>, name: &DatasetName, future: &Future<'_>) -> Box<str> {
    if let Some(word) = future.node.and_then(|node| word(node.resource.settings()?, "canmount")) {
        return word;
    }
    if let Some(Some(word)) = unsaid(inputs, name, future, "canmount") {
        return word;
    }
    let comes = future.came || inputs.coming_home.contains(name);
    future.state.map_or("on", |state| moving::canmount_at_home(state, comes)).into()
}

/// Says what becomes of each file system that is there.
fn fates(draft: &Draft<'_>, futures: &BTreeMap<DatasetName, Future<'_>>) -> BTreeMap<DatasetName, Fate> {
    let leaving: BTreeSet<&DatasetName> = keys::leaving(draft).into_iter().collect();
    let mut fates = BTreeMap::new();
    for (name, future) in futures {
        let Some(state) = future.state.filter(|state| !future.came && !state.volume) else { continue };
        if matches!(future.node.map(|node| &node.resource), Some(Resource::Volume(_))) {
            continue;
        }
        let above = || std::iter::successors(Some(name.clone()), DatasetName::parent);
        let leaves = above().any(|above| leaving.contains(&above));
        let moves = draft.aside(name).is_some();
        let path = future.path.clone();
        let mounted = state.mounted;
        let now = path_of(state);
        let to = |path: Option<Box<str>>| path.map_or(After::Nowhere, After::At);
        let after = match (&*can(draft.inputs, name, future), mounted) {
            _ if leaves => After::Nowhere,
            // By hand it may be mounted anywhere.
            _ if now.is_none() && path.is_none() => After::AsNow,
            ("off", _) if future.node.is_some() => After::Nowhere,
            ("on", _) if future.node.is_some() && path.is_some() => to(path),
            (_, true) if future.node.is_some() || future.changed || moves => to(path),
            _ => After::AsNow,
        };
        let own = state.settings.get("mountpoint").is_some_and(|setting| setting.source.is_own());
        let below_ours = || above().skip(1).any(|above| draft.inputs.desired.dataset(&above).is_some());
        let yields =
            future.node.is_some() || !own && (below_ours() || is_root_of_ours(draft, name)) || future.changed;
        fates.insert(name.clone(), Fate { now, after, moves, yields });
    }
    fates
}

/// Returns whether a dataset is the root of a pool that the spec has.
fn is_root_of_ours(draft: &Draft<'_>, name: &DatasetName) -> bool {
    name.is_root() && draft.inputs.desired.get(&Key::Pool(name.pool())).is_some()
}

/// Lists what is made, or comes home, and is to be mounted.
fn fresh(draft: &Draft<'_>, futures: &BTreeMap<DatasetName, Future<'_>>) -> BTreeMap<DatasetName, Box<str>> {
    let mut fresh = BTreeMap::new();
    for (name, future) in futures {
        let volume = future.state.is_some_and(|state| state.volume)
            || matches!(future.node.map(|node| &node.resource), Some(Resource::Volume(_)));
        if volume || future.state.is_some() && !future.came {
            continue;
        }
        // A pool that is made brings its root dataset along, mounted; one that is refused has its refusal.
        let pool = draft.action_of(&Key::Pool(name.pool())).is_some();
        let is_there = draft.inputs.observed.pools.contains_key(&name.pool());
        if future.state.is_none() && !is_there && (!pool || name.is_root()) {
            continue;
        }
        if &*can(draft.inputs, name, future) == "on"
            && let Some(path) = &future.path
        {
            fresh.insert(name.clone(), path.clone());
        }
    }
    fresh
}

/// Has the root of a pool of ours mounted where something is to be mounted inside it; says whether it had to.
fn contain(
    draft: &Draft<'_>,
    futures: &BTreeMap<DatasetName, Future<'_>>,
    fates: &mut BTreeMap<DatasetName, Fate>,
    turn: &Turn,
) -> bool {
    let mut more = false;
    for (name, path) in uncontained(futures, turn) {
        let locked = draft.inputs.observed.datasets.get(&name).is_some_and(DatasetState::is_locked);
        if !is_root_of_ours(draft, &name) || locked {
            continue;
        }
        if let Some(fate) = fates.get_mut(&name).filter(|fate| fate.after == After::AsNow) {
            fate.after = After::At(path);
            more = true;
        }
    }
    more
}

/// Lists the file systems that are not mounted, would be by themselves, and then would hide something that is
/// mounted by this turn.
fn uncontained(futures: &BTreeMap<DatasetName, Future<'_>>, turn: &Turn) -> BTreeMap<DatasetName, Box<str>> {
    let mut found = BTreeMap::new();
    let comes = |name: &DatasetName| turn.mounts.iter().any(|(other, _)| other == name);
    for (name, future) in futures {
        let Some(state) = future.state.filter(|state| !state.volume && !state.mounted && !future.came) else {
            continue;
        };
        let (Some(path), None) = (&future.path, future.node) else { continue };
        if area::is_inside(name) || state.value("canmount") != Some("on") || comes(name) {
            continue;
        }
        if turn.mounts.iter().any(|(_, inner)| is_below(inner, path)) {
            found.insert(name.clone(), path.clone());
        }
    }
    found
}

fn tell_uncontained(draft: &mut Draft<'_>, futures: &BTreeMap<DatasetName, Future<'_>>, turn: &Turn) {
    for (above, path) in uncontained(futures, turn) {
        let inner = turn.mounts.iter().find(|(_, inner)| is_below(inner, &path));
        let Some((name, inner)) = inner else { continue };
        draft.warn(
            &Key::Dataset(name.clone()),
            code::HIDDEN_LATER,
            format!(
                "it is mounted at {inner}, inside {path}, where {above} belongs, which is not mounted: once it is, it hides this"
            ),
        );
    }
}

/// Tells what nothing changes on, and is unmounted for a moment all the same.
fn tell_interrupted(
    draft: &mut Draft<'_>,
    futures: &BTreeMap<DatasetName, Future<'_>>,
    fates: &BTreeMap<DatasetName, Fate>,
    turn: &Turn,
) {
    let tree = Tree::new(&draft.inputs.observed.mounts);
    for (name, place) in &turn.unmounts {
        let same = turn.mounts.iter().any(|(other, path)| other == name && path == place);
        let moves = fates.get(name).is_some_and(|fate| fate.moves);
        let changed = futures.get(name).is_some_and(|future| future.changed);
        if same && !moves && !changed && tree.is_seen(name, place) {
            draft.warn(
                &Key::Dataset(name.clone()),
                code::UNMOUNTED_FOR_A_MOMENT,
                format!("it is unmounted for a moment, and mounted at {place} again"),
            );
        }
    }
}

/// Lists what OpenZFS mounts by itself when mount points are set, with whose that is.
fn follows(
    draft: &Draft<'_>,
    futures: &BTreeMap<DatasetName, Future<'_>>,
) -> Vec<(DatasetName, DatasetName)> {
    let mut follows = Vec::new();
    for (name, future) in futures {
        let Some(state) = future.state.filter(|state| future.changed && !state.volume) else { continue };
        if future.path.is_none() || &*can(draft.inputs, name, future) != "on" || state.is_locked() {
            continue;
        }
        let above = std::iter::successors(Some(name.clone()), |at| {
            at.parent().filter(|_| futures.get(at).is_some_and(|future| future.inherits))
        });
        let set = above.into_iter().find(|above| futures.get(above).is_some_and(|future| future.set));
        follows.extend(set.map(|set| (name.clone(), set)));
    }
    follows
}

/// Unmounts what has to go, before anything else is done to file systems; exports over it are gone by then.
pub fn go(draft: &mut Draft<'_>) {
    let goes = std::mem::take(&mut draft.mounting.turn.unmounts);
    if goes.is_empty() {
        return;
    }
    let observed = draft.inputs.observed;
    draft.area.uses = retire::uses(draft);
    let mut sketch = Sketch::new(Kind::Update);
    for (dataset, place) in &goes {
        sketch.run(doing::unmount(dataset, place));
        sketch.needs.extend(draft.area.using(dataset));
    }
    // What they lie in is mounted before them again, where a power cut has unmounted all.
    let mut around = containers(draft, &goes);
    around.sort_by(|a, b| b.1.cmp(&a.1));
    around.into_iter().for_each(|(dataset, _)| sketch.run(doing::stays(dataset)));
    sketch.needs.extend(draft.files_away);
    let pools: BTreeSet<_> = goes.iter().map(|(dataset, _)| dataset.pool()).collect();
    let at = draft.push(Subject::Mounts, sketch);
    for pool in pools.into_iter().chain(observed.pools.keys().cloned()) {
        draft.add_free(pool, at);
    }
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
            && !draft.mounting.goes(name)
            && goes.iter().any(|(_, place)| is_below(place, &path))
        {
            found.insert(name.clone(), path);
        }
    }
    found.into_iter().collect()
}

/// Has an action that sets a mount point wait for the one before: OpenZFS mounts by itself then, and in which
/// order is to be known.
pub fn set_in_turn(draft: &mut Draft<'_>, at: usize) {
    draft.mounting.last_set = Some(at);
}

/// Returns the action that set the last mount point.
pub fn last_set(draft: &Draft<'_>) -> Option<usize> {
    draft.mounting.last_set
}

/// Mounts what comes, once everything is made, set and at its name. Mounting waits for nothing that creating
/// waits for, and `zfs mount` loads the exports each time: where it comes to the same, all are mounted in one
/// process. What is in one of the encryption roots `late` comes another time: its key lies in what is mounted
/// now.
pub fn come(draft: &mut Draft<'_>, late: &[DatasetName]) {
    let comes = std::mem::take(&mut draft.mounting.turn.mounts);
    let is_late = |name: &DatasetName| late.iter().any(|root| name == root || name.is_below(root));
    let (later, mut comes): (Vec<_>, Vec<_>) = comes.into_iter().partition(|(name, _)| is_late(name));
    draft.mounting.turn.mounts = later;
    // What is refused is not brought there.
    comes.retain(|(dataset, _)| {
        draft.mounting.goes(dataset) || !draft.is_refused(&Key::Dataset(dataset.clone()))
    });
    if comes.is_empty() {
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    sketch.needs.extend(draft.frees());
    sketch.needs.extend(last_set(draft));
    for (dataset, _) in &comes {
        for above in std::iter::successors(Some(dataset.clone()), DatasetName::parent) {
            sketch.needs.extend(draft.action_of(&Key::Dataset(above)));
        }
    }
    for (dataset, place) in too_early(draft, &comes) {
        sketch.run(doing::unmount_early(&dataset, &place));
    }
    let datasets: Vec<DatasetName> = comes.iter().map(|(dataset, _)| dataset.clone()).collect();
    let new = |dataset: &DatasetName| !draft.inputs.observed.datasets.contains_key(dataset);
    let all_new = draft.mounting.goes.is_empty() && datasets.iter().all(new);
    let come_home = datasets.iter().any(|dataset| draft.place(dataset).is_some());
    let all = datasets.len() > 1
        && all_new
        && !come_home
        && !others_would_mount(draft.inputs.observed, &datasets.iter().collect());
    // What was mounted before comes back from there, wherever this has brought it.
    let fresh = datasets.iter().filter(|dataset| !draft.mounting.goes(dataset)).cloned().collect();
    sketch.run(doing::mount(&datasets, all, fresh));
    let at = draft.push(Subject::Mounts, sketch);
    for dataset in datasets {
        draft.completes(Key::Dataset(dataset), at);
    }
}

/// Lists what OpenZFS has mounted by itself by then, where that was too early: before what is to be mounted
/// above it. The last mounted first.
fn too_early(draft: &Draft<'_>, comes: &[(DatasetName, Box<str>)]) -> Vec<(DatasetName, Box<str>)> {
    let path = |name: &DatasetName| comes.iter().find(|(other, _)| other == name).map(|(_, path)| &**path);
    // As they are set: by the order of the actions, and with each what follows it, by path.
    let sets = draft.actions().iter().filter_map(|action| match &action.subject {
        Subject::Resource(Key::Dataset(name)) => Some(name),
        _ => None,
    });
    let mut mounted: Vec<&DatasetName> = Vec::new();
    for set in sets {
        let mut along: Vec<&DatasetName> = draft
            .mounting
            .follows
            .iter()
            .filter(|(name, of)| of == set && !mounted.contains(&name))
            .map(|(name, _)| name)
            .collect();
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
    let word = |old: &str, new: &str| {
        Some(Change { setting: "mounted".to_owned(), old: Some(old.to_owned()), new: Some(new.to_owned()) })
    };
    let mounting = &draft.mounting;
    if draft.place(name).is_some() {
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

/// Returns the word of a declared setting.
fn word(settings: &Settings, name: &str) -> Option<Box<str>> {
    settings.get(name).map(|value| match value {
        Value::Text(word) => word.clone(),
        other => other.to_string().into(),
    })
}
