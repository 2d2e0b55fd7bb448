//! What stood before phoenix set it: values that somebody else had given, or that came with a stream, and
//! that a spec took over. They come back where no spec says them any more.
//!
//! A plan notes what the settings that its graph is the first to say stand over. What a switch leaves of
//! these notes is kept with the generation that is current after it ([`after`]), and passed on from switch
//! to switch: it is about the host as it is, not about a generation. So what is put away has its notes under
//! the name that it has there, and they follow it wherever it goes.

use crate::{
    Before, Inputs, Inverse, Kind, Plan, Prior, Subject, begun, followed::Followed, permissions::unsaid,
    record::is_adopted, storage::part::NODES,
};
use phoenix_graph::{DatasetName, Graph, Key, PropertyName, Resource, Settings, Target, property};
use phoenix_host::{
    area,
    observed::{Directory, Setting, Source},
    op::Op,
};
use std::collections::{BTreeMap, BTreeSet};

/// The name that the type of a registration goes by.
pub const STORAGE_TYPE: &str = "type";
/// The name by which it is noted which nodes had a registration before a spec said the list: nothing in it where all had it.
pub const NODES_BEFORE: &str = "nodes before the list";
/// The name that the value of a parameter goes by.
pub const TUNABLE_VALUE: &str = "value";

/// Says what a setting was, where somebody else had set it: nothing of phoenix's own marks, and of nothing
/// that could not be set again.
pub fn own(target: Target, name: &PropertyName, seen: Option<&Setting>) -> Option<Prior> {
    let seen = seen.filter(|seen| seen.source.is_own())?;
    let row = property::find(target, name.as_str());
    let fixed = row.is_some_and(|row| row.creation_only || row.read_only);
    let kept = match name.as_str() {
        // A size that went back would lose data, and a version goes back nowhere.
        "volsize" | "version" => false,
        // Others may hold a password.
        "keylocation" => &*seen.raw == "prompt" || seen.raw.starts_with("file://"),
        name => !fixed && !name.starts_with("phoenix:") && !name.contains('@'),
    };
    if !kept {
        return None;
    }
    if seen.source == Source::Received {
        return Some(Prior::Received { raw: seen.raw.clone() });
    }
    let value = row.and_then(|row| row.read(&seen.raw));
    let word = match (row, value) {
        (Some(row), Some(value)) => row.render(&value).into(),
        _ => seen.raw.clone(),
    };
    Some(Prior::Own { raw: seen.raw.clone(), word })
}

impl Inputs<'_> {
    /// Returns what a setting was before phoenix set it, as far as that is known.
    #[must_use]
    pub fn prior(&self, key: &Key, setting: &str) -> Option<&Prior> {
        self.before.get(key).and_then(|known| known.get(setting))
    }

    /// Returns what is known of a dataset, or of its root directory, that the current generation calls `known`, and that
    /// is to have the name of `key`. An earlier version noted of what it put away by the name that it had before.
    pub(crate) fn noted(&self, key: &Key, known: &DatasetName) -> Option<&BTreeMap<Box<str>, Prior>> {
        let Some(home) = dataset_of(key) else { return self.before.get(key) };
        let is_free = || self.current.is_none_or(|current| current.dataset(home).is_none());
        let by_its_home = || self.before.get(key).filter(|_| area::is_inside(known) && is_free());
        self.before.get(&called(key, known.clone())).or_else(by_its_home)
    }
}

/// A graph, and what was adopted while it was current.
pub type Side<'a> = (&'a Graph, &'a BTreeSet<Key>);

/// Returns what is on record after a switch, given what was before it, and the plans that it carried out,
/// each with the actions that were begun.
#[must_use]
pub fn after(before: &Before, plans: &[(Plan, Vec<usize>)], from: Option<Side<'_>>, to: Side<'_>) -> Before {
    let of_from = from.into_iter().flat_map(|(from, _)| from.nodes());
    let of_from = of_from.filter_map(|node| node.resource.dataset_name());
    let followed = Followed::new(before.keys().filter_map(dataset_of).chain(of_from), plans);
    let mut next = by_new_names(before, &followed);
    let ops = begun(plans).flat_map(|action| &action.ops);
    let made: BTreeSet<&DatasetName> = ops
        .filter_map(|op| if let Op::DatasetCreate { dataset, .. } = op { Some(dataset) } else { None })
        .collect();
    // A switch that was cut off and went on has several plans. What a later one saw where an earlier one had
    // been at work was phoenix's.
    let mut touched: BTreeSet<Key> = BTreeSet::new();
    let mut set: BTreeSet<(String, Box<str>)> = BTreeSet::new();
    for (plan, indices) in plans {
        let begun = || indices.iter().filter_map(|&at| plan.actions.get(at));
        for action in begun() {
            let Subject::Resource(key) = &action.subject else { continue };
            if touched.contains(key) {
                continue;
            }
            match action.kind {
                Kind::Adopt => _ = next.insert(key.clone(), BTreeMap::new()),
                Kind::Rename if is_adopted(action) => _ = next.insert(key.clone(), BTreeMap::new()),
                // What was noted of a root directory is so as long as its file system is the same.
                Kind::Create if matches!(key, Key::Permissions(_)) => {}
                Kind::Create | Kind::Release => {
                    next.remove(key);
                    if let (Kind::Create, Key::Dataset(name)) = (action.kind, key) {
                        next.remove(&Key::Permissions(name.clone()));
                    }
                }
                _ => {}
            }
        }
        for (key, settings) in &plan.before {
            let known = next.entry(key.clone()).or_default();
            for (name, prior) in settings {
                if &**name == unsaid::CONTENTS {
                    // It is what was done, not what stood before.
                    known.insert(name.clone(), prior.clone());
                } else if !touched.contains(key) && !set.contains(&(about(key), name.clone())) {
                    known.entry(name.clone()).or_insert_with(|| prior.clone());
                }
            }
        }
        for action in begun() {
            let Subject::Resource(key @ Key::Permissions(dataset)) = &action.subject else { continue };
            let Some(Resource::Permissions(said)) = to.0.get(key).map(|node| &node.resource) else {
                continue;
            };
            let stood = action.inverses.iter().find_map(Inverse::directory);
            // Of what the same switch made that is what a new one has.
            let new = Directory::NEW;
            let Some(stood) = stood.or(made.contains(dataset).then_some(&new)) else { continue };
            let earlier = Some(dataset).filter(|dataset| !made.contains(dataset));
            let earlier = earlier.map(|dataset| Key::Permissions(followed.before(dataset)));
            let known = next.entry(key.clone()).or_default();
            let before = from.and_then(|(from, _)| from.get(earlier.as_ref()?));
            let listed = unsaid::says(said, unsaid::ACL)
                || before.is_some_and(|node| says(&node.resource, unsaid::ACL));
            for (name, prior) in unsaid::note(stood, listed) {
                let said_before = before.is_some_and(|node| says(&node.resource, &name));
                if unsaid::says(said, &name) && !said_before {
                    known.entry(name).or_insert(prior);
                }
            }
        }
        for action in begun() {
            let came = matches!(
                action.kind,
                Kind::Create | Kind::Adopt | Kind::Rename | Kind::Restore | Kind::Exchange
            );
            // These are changed whole, and one that was taken away to be made otherwise is missing in between.
            let whole = |key: &Key| {
                matches!(key, Key::Storage(_) | Key::Bind(..) | Key::Mapping(_) | Key::Virtiofs(..))
            };
            if let Subject::Resource(key) = &action.subject
                && (came || whole(key))
            {
                touched.insert(key.clone());
            }
            set.extend(action.inverses.iter().filter_map(place));
        }
        // A boot in between has done this, too.
        let at_boot = plan.actions.iter().flat_map(|action| &action.inverses);
        set.extend(at_boot.filter(|inverse| inverse.is_put_in_force_by_a_boot()).filter_map(place));
    }
    if let Some((from, adopted)) = from {
        put_away(&mut next, from, adopted, &followed);
    }
    let (to, adopted) = to;
    // What an earlier version put away has its notes under the name that it had before.
    let of_another_version =
        |key: &Key| before.contains_key(key) && from.is_none_or(|(from, _)| from.get(key).is_none());
    next.retain(|key, settings| match to.get(key) {
        // A registration that was adopted is given back whole.
        Some(node)
            if matches!(
                node.resource,
                Resource::Storage(_) | Resource::Bind(_) | Resource::Mapping(_) | Resource::Virtiofs(_)
            ) && adopted.contains(key) =>
        {
            true
        }
        Some(node) => {
            settings.retain(|name, prior| says(&node.resource, name) && prior.is_somebodys());
            !settings.is_empty() || adopted.contains(key)
        }
        // What is put away has them when it comes home.
        None => dataset_of(key).is_some_and(|name| {
            let is_away = area::is_inside(name) || of_another_version(key);
            !settings.is_empty() && to.dataset(name).is_none() && is_away
        }),
    });
    next
}

/// Returns what is on record by the names that datasets have after renames.
fn by_new_names(before: &Before, followed: &Followed) -> Before {
    let (mut next, mut moved) = (Before::new(), Before::new());
    for (key, settings) in before {
        let Some(name) = dataset_of(key) else {
            next.insert(key.clone(), settings.clone());
            continue;
        };
        for after in followed.after(name) {
            let to = if after == name { &mut next } else { &mut moved };
            to.insert(called(key, after.clone()), settings.clone());
        }
    }
    next.extend(moved);
    next
}

/// Returns the dataset that a note is about, or about whose root directory it is.
fn dataset_of(key: &Key) -> Option<&DatasetName> {
    match key {
        Key::Dataset(name) | Key::Volume(name) | Key::Permissions(name) => Some(name),
        _ => None,
    }
}

/// Returns the key of the same kind of a dataset that has another name.
fn called(key: &Key, name: DatasetName) -> Key {
    match key {
        Key::Volume(_) => Key::Volume(name),
        Key::Permissions(_) => Key::Permissions(name),
        _ => Key::Dataset(name),
    }
}

/// Notes of what is put away which of its settings are phoenix's: it may come home to a generation that does
/// not say them.
fn put_away(next: &mut Before, from: &Graph, adopted: &BTreeSet<Key>, followed: &Followed) {
    for node in from.nodes() {
        let Some(name) = node.resource.dataset_name().filter(|name| !name.is_root()) else { continue };
        // What was adopted is let go of, and stays where it is.
        if adopted.contains(&node.key) {
            continue;
        }
        let target = target(&node.resource);
        for place in followed.after(name).iter().filter(|after| area::is_inside(after)) {
            let of = if target == Target::Volume { Key::Volume } else { Key::Dataset };
            let key = of(place.clone());
            let known = next.entry(key).or_default();
            for (name, _) in node.resource.settings().into_iter().flat_map(Settings::iter) {
                if let Some(unset) = unset(target, name) {
                    known.entry(name.as_str().into()).or_insert(unset);
                }
            }
        }
    }
}

/// Returns what stands for a setting that is not set; nothing where it cannot be unset.
pub fn unset(target: Target, name: &PropertyName) -> Option<Prior> {
    let row = property::find(target, name.as_str());
    match row.map_or(property::Unset::Inherit, property::Property::unset) {
        property::Unset::Inherit => Some(Prior::Inherited),
        property::Unset::Value(word) => {
            let raw =
                row.and_then(|row| row.read(word)).map_or_else(|| word.into(), |value| value.to_string());
            Some(Prior::Unset { raw: raw.into(), word: word.into() })
        }
        property::Unset::Never => None,
    }
}

/// Returns whether a resource says a setting.
fn says(resource: &Resource, name: &str) -> bool {
    match resource {
        Resource::Storage(storage) => {
            let name = if name == NODES_BEFORE { NODES } else { name };
            name == STORAGE_TYPE || storage.properties.contains_key(name)
        }
        Resource::Tunable(_) => true,
        Resource::Permissions(permissions) => unsaid::says(permissions, name),
        Resource::Bind(_) => name == crate::bind::MOUNT_POINT,
        Resource::Mapping(_) => name == crate::mapping::DIRECTORY,
        Resource::Virtiofs(_) => name == crate::virtiofs::SHARED,
        other => other.settings().is_some_and(|settings| settings.get(name).is_some()),
    }
}

fn target(resource: &Resource) -> Target {
    match resource {
        Resource::Pool(_) => Target::Pool,
        Resource::Volume(_) => Target::Volume,
        _ => Target::Filesystem,
    }
}

/// Names what a key is of: a file system and a volume of one name are the same thing.
fn about(key: &Key) -> String {
    match key {
        Key::Dataset(name) | Key::Volume(name) => name.to_string(),
        other => other.to_string(),
    }
}

/// Names the setting that an inverse is about.
fn place(inverse: &Inverse) -> Option<(String, Box<str>)> {
    match inverse {
        Inverse::Setting { dataset, property, .. } => Some((dataset.to_string(), property.as_str().into())),
        Inverse::PoolSetting { pool, property, .. } => {
            Some((about(&Key::Pool(pool.clone())), property.as_str().into()))
        }
        Inverse::Tunable { name, .. } => Some((about(&Key::Tunable(name.clone())), TUNABLE_VALUE.into())),
        Inverse::Of { inverse, .. } | Inverse::Unless { inverse, .. } => place(inverse),
        _ => None,
    }
}

/// Reads out of the plan of an earlier version, which noted nothing, what its settings stood over: what it
/// would have set back.
pub fn noted(plan: &Plan, from: Option<&Graph>, to: &Graph) -> Before {
    let mut found = Before::new();
    let note = |found: &mut Before, key: Key, name: &str, prior: Prior| {
        let said = from.and_then(|from| from.get(&key)).is_some_and(|node| says(&node.resource, name));
        let says = to.get(&key).is_some_and(|node| says(&node.resource, name));
        if says && !said {
            found.entry(key).or_default().entry(name.into()).or_insert(prior);
        }
    };
    for action in &plan.actions {
        let Subject::Resource(key) = &action.subject else { continue };
        if matches!(action.kind, Kind::Restore | Kind::Exchange) {
            continue;
        }
        for inverse in &action.inverses {
            match inverse {
                Inverse::Setting { dataset, property, prior } if prior.is_somebodys() => {
                    let keys: [fn(DatasetName) -> Key; 2] = [Key::Dataset, Key::Volume];
                    for of in keys {
                        note(&mut found, of(dataset.clone()), property.as_str(), prior.clone());
                    }
                }
                Inverse::PoolSetting { pool, property, value } if !property.as_str().contains('@') => {
                    let prior = Prior::Own { raw: value.clone(), word: value.clone() };
                    note(&mut found, Key::Pool(pool.clone()), property.as_str(), prior);
                }
                Inverse::Tunable { name, value } => {
                    let word: Box<str> = value.to_string().into();
                    let prior = Prior::Own { raw: word.clone(), word };
                    note(&mut found, Key::Tunable(name.clone()), TUNABLE_VALUE, prior);
                }
                Inverse::Storage { before: Some(state), .. } if action.kind == Kind::Adopt => {
                    found.entry(key.clone()).or_insert_with(|| registration(state));
                }
                _ => {}
            }
        }
    }
    found
}

/// Notes a registration whole.
pub fn registration(state: &phoenix_host::observed::StorageState) -> BTreeMap<Box<str>, Prior> {
    let own = |word: &str| Prior::Own { raw: word.into(), word: word.into() };
    let mut all: BTreeMap<Box<str>, Prior> =
        state.properties.iter().map(|(name, value)| (name.clone(), own(value))).collect();
    all.insert(STORAGE_TYPE.into(), own(&state.kind));
    all
}
