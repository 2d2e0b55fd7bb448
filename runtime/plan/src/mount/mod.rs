//! Mounting: where every file system is to be mounted after, and what has to be unmounted for that.
//!
//! One turn (turn.rs) for the whole plan. What has to go is unmounted first, before anything is set, renamed or
//! made; and what comes is mounted last, by path. Between the two OpenZFS mounts by itself what gets another
//! mount point: that is reckoned with, where it would come in a wrong order. Undoing goes the same ways, from
//! what a new look shows.

pub mod acting;
pub mod doing;
mod early;
mod future;
pub mod mounting;
pub mod path;
pub mod read_only;
pub mod remounting;
mod turn;

use crate::{
    code,
    dataset::{renameable, retire},
    draft::Draft,
    mount::turn::{After, Fate, Turn, turn},
    stage::Stage,
};
use future::{Future, can, futures};
use mounting::Mounting;
use path::path_of;
use phoenix_graph::{DatasetName, Key, Resource};
use phoenix_host::{
    area,
    observed::{
        DatasetState,
        mount::{Tree, is_below},
    },
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[
    Stage { name: "mounts", after: &["exchanges"], looks_inside: true, run: prepare },
    Stage {
        name: "unmounting",
        after: &["mounts", "storages away", "exports away"],
        looks_inside: true,
        run: acting::go,
    },
];

/// Works out what is mounted after, and refuses what cannot be.
pub fn prepare(draft: &mut Draft<'_>) {
    let leaving: BTreeSet<&DatasetName> = retire::leaving(draft).into_iter().collect();
    let futures = futures(draft, &leaving);
    let mut fates = fates(draft, &futures, &leaving);
    let fresh = fresh(draft, &futures);
    let observed = draft.inputs.observed;
    let mut worked = turn(&observed.mounts, &fates, &fresh);
    while contain(draft, &futures, &mut fates, &worked) {
        worked = turn(&observed.mounts, &fates, &fresh);
    }
    for blocked in &worked.blocked {
        let declared = draft.inputs.desired.dataset(&blocked.dataset).map(|node| node.key.clone());
        let key = declared.unwrap_or_else(|| renameable::key_after(draft, &blocked.dataset));
        draft.refuse_for(&key, blocked.why.clone());
    }
    tell_uncontained(draft, &futures, &worked);
    tell_interrupted(draft, &futures, &fates, &worked);
    draft.found.mounting = Mounting {
        goes: worked.unmounts.iter().map(|(name, _)| name.clone()).collect(),
        comes: worked.mounts.iter().map(|(name, _)| name.clone()).collect(),
        follows: follows(draft, &futures),
        places: futures.into_iter().filter_map(|(name, future)| Some((name, future.path?))).collect(),
        turn: worked,
    };
}

/// Says what becomes of each file system that is there.
fn fates(
    draft: &Draft<'_>,
    futures: &BTreeMap<DatasetName, Future<'_>>,
    leaving: &BTreeSet<&DatasetName>,
) -> BTreeMap<DatasetName, Fate> {
    let mut fates = BTreeMap::new();
    let leaves = |name: &DatasetName| draft.found.moves.goes_with(name, |above| leaving.contains(above));
    for (name, state) in &draft.inputs.observed.datasets {
        if draft.found.moves.any_renames()
            && !state.volume
            && (draft.found.moves.is_renamed(name) || leaves(name))
        {
            let now = path_of(state);
            fates.insert(name.clone(), Fate { now, after: After::Nowhere, moves: true, yields: true });
        }
    }
    for (name, future) in futures {
        let Some(state) = future.state.filter(|state| !future.comes() && !state.volume) else { continue };
        if matches!(future.node.map(|node| &node.resource), Some(Resource::Volume(_))) {
            continue;
        }
        let above = || std::iter::successors(Some(name.clone()), DatasetName::parent);
        let leaves = leaves(name);
        let moves = draft.found.moves.aside(name).is_some();
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
        if volume || future.state.is_some() && !future.comes() {
            continue;
        }
        // A pool that is made brings its root dataset along, mounted; one that is refused has its refusal.
        let pool = draft.changes(&Key::Pool(name.pool()));
        let is_there = draft.inputs.observed.pools.contains_key(&name.pool());
        if future.state.is_none() && !is_there && (!pool || name.is_root()) {
            continue;
        }
        // What is renamed and in no spec is mounted again where it was mounted before.
        let renamed = future.state.filter(|_| !future.comes_home);
        let mounted = renamed.filter(|_| future.comes()).map(|state| state.mounted);
        let can = can(draft.inputs, name, future);
        let comes = match (future.node, mounted) {
            (None, Some(mounted)) => mounted,
            (Some(_), Some(true)) => &*can != "off",
            _ => &*can == "on",
        };
        if comes && let Some(path) = &future.path {
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
        let Some(state) = future.state.filter(|state| !state.volume && !state.mounted && !future.comes())
        else {
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
        let volume = future.state.is_some_and(|state| state.volume)
            || matches!(future.node.map(|node| &node.resource), Some(Resource::Volume(_)));
        let stays = future.state.is_some_and(|state| !future.changed || state.is_locked());
        let now = future.state.and_then(|state| state.value("canmount"));
        let by_itself = now == Some("on") || &*can(draft.inputs, name, future) == "on";
        if volume || stays || future.path.is_none() || !by_itself {
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
