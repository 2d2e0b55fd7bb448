//! Where every file system is to be mounted after: each that is there, comes home or is made, with what of its
//! mount point changes.

use crate::{Choice, Inputs, Prior, dataset::moving, draft::Draft, mount::path::path_of, settings::said};
use phoenix_graph::{
    DatasetName, Key, Target,
    graph::Node,
    property::{self, Unset},
};
use phoenix_host::{
    area,
    observed::{DatasetState, Source, mount::plain},
};
use std::collections::{BTreeMap, BTreeSet};

/// A file system as it will be.
pub struct Future<'a> {
    pub state: Option<&'a DatasetState>,
    pub node: Option<&'a Node>,
    /// Where it is now, where it comes home from where it was put away, or is renamed.
    pub from: Option<&'a DatasetName>,
    /// Whether it comes home from where it was put away.
    pub comes_home: bool,
    /// What the current generation calls it.
    known: DatasetName,
    /// Where it is to be mounted, if it is.
    pub path: Option<Box<str>>,
    /// Whether its mount point is another one than now, by itself or since it follows.
    pub changed: bool,
    /// Whether its own mount point is set, or inherited again.
    pub set: bool,
    /// Whether its mount point comes from what contains it.
    pub inherits: bool,
}

impl Future<'_> {
    /// Returns whether it comes to its name by this plan: it comes home, or is renamed.
    pub fn comes(&self) -> bool {
        self.from.is_some()
    }
}

/// Finds every file system that is there, comes home, is renamed or is made, by its name after, with where it is to be
/// mounted. What is put away from a name that another takes, or from below what is renamed, has none.
pub fn futures<'a>(draft: &Draft<'a>, leaving: &BTreeSet<&DatasetName>) -> BTreeMap<DatasetName, Future<'a>> {
    let inputs = draft.inputs;
    let mut futures: BTreeMap<DatasetName, Future<'a>> = BTreeMap::new();
    let future = |name: &DatasetName, state, node, from: Option<&'a DatasetName>| Future {
        state,
        node,
        from,
        comes_home: from.is_some_and(area::is_inside) && !area::is_inside(name),
        known: match from {
            Some(now) => draft.found.moves.known_at(now),
            None => draft.found.moves.known(name),
        },
        path: None,
        changed: false,
        set: false,
        inherits: false,
    };
    for (now, state) in &inputs.observed.datasets {
        let name = draft.found.moves.after(now);
        let from = (name != *now).then_some(now);
        let leaves = || draft.found.moves.goes_with(now, |above| leaving.contains(above));
        let stays = draft.found.moves.is_staying(now);
        if draft.found.moves.now(&name).as_ref() == Some(now) && !stays && (from.is_none() || !leaves()) {
            let future = future(&name, Some(state), None, from);
            futures.insert(name, future);
        }
    }
    for node in inputs.desired.nodes() {
        let Some(name) = node.resource.dataset_name() else { continue };
        let another = draft.found.moves.is_another(name);
        if let Some(future) = futures.get_mut(name).filter(|future| !future.comes_home || another) {
            future.node = Some(node);
            continue;
        }
        let place = draft.whose.retired(name);
        let state = place.and_then(|place| inputs.observed.datasets.get(place));
        let (Some(place), Some(state)) = (place, state) else {
            futures.entry(name.clone()).or_insert_with(|| future(name, None, None, None)).node = Some(node);
            continue;
        };
        futures.insert(name.clone(), future(name, Some(state), Some(node), Some(place)));
        // What is renamed goes its own way from there, and some stays.
        let goes = |below: &DatasetName| {
            !draft.found.moves.is_renamed(below) && !draft.found.moves.is_staying(below)
        };
        for (below, state) in inputs.observed.below(place).filter(|(below, _)| goes(below)) {
            let Some(home) = moving::moved(below, place, name).filter(|home| !area::is_inside(home)) else {
                continue;
            };
            futures.entry(home.clone()).or_insert_with(|| future(&home, Some(state), None, Some(below)));
        }
    }
    for name in &inputs.consent.with_data {
        let Some(Choice::Retired { place, .. }) = inputs.past.found.get(name).map(|found| &found.choice)
        else {
            continue;
        };
        let comes = |below: &DatasetName| !draft.found.moves.is_staying(below);
        for (below, state) in inputs.observed.below(place).filter(|(below, _)| comes(below)) {
            let Some(home) = moving::moved(below, place, name).filter(|home| !area::is_inside(home)) else {
                continue;
            };
            let node = inputs.desired.dataset(&home);
            if !inputs.observed.datasets.contains_key(&home) {
                let future = future(&home, Some(state), node, Some(below));
                futures.insert(home, future);
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
        let changed = set || future.comes() || follows;
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
fn own_place(inputs: &Inputs<'_>, name: &DatasetName, future: &Future<'_>) -> Option<Box<str>> {
    let declared = future.node.and_then(|node| said(node.resource.settings()?, "mountpoint"));
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
    inputs: &Inputs<'_>,
    name: &DatasetName,
    future: &Future<'_>,
    of: &str,
) -> Option<Option<Box<str>>> {
    let earlier = inputs.current.and_then(|current| current.get(&Key::Dataset(future.known.clone())));
    if future.node.is_none() && earlier.is_none() {
        return None;
    }
    let noted = inputs.noted(&Key::Dataset(name.clone()), &future.known);
    if let Some(prior) = noted.and_then(|noted| noted.get(of)) {
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
pub fn can(inputs: &Inputs<'_>, name: &DatasetName, future: &Future<'_>) -> Box<str> {
    if let Some(word) = future.node.and_then(|node| said(node.resource.settings()?, "canmount")) {
        return word;
    }
    if let Some(Some(word)) = unsaid(inputs, name, future, "canmount") {
        return word;
    }
    let comes = future.comes_home || inputs.coming_home.contains(name);
    future.state.map_or("on", |state| moving::canmount_at_home(state, comes)).into()
}
