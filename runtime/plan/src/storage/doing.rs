//! What is done to registrations with Proxmox, and what takes it back: never to data.

use super::{
    part::{self, NODES},
    secrets::{self, Files},
};
use crate::{Inverse, Part, before::STORAGE_TYPE as TYPE, doing::Doing};
use phoenix_graph::{StorageId, plain::some, storage};
use phoenix_host::{
    LOCAL, LOCAL_PROPERTIES,
    observed::{Members, Observed, Registrations, StorageState, Storages},
    op::Op,
};
use std::collections::{BTreeMap, BTreeSet};

/// The properties of a registration, by name.
type Properties = BTreeMap<Box<str>, Box<str>>;

/// Adds a registration; of a cluster this node alone has it.
pub fn add(
    id: &StorageId,
    kind: &str,
    properties: &Properties,
    files: &Files,
    members: Option<&Members>,
) -> Doing {
    let mut properties = properties.clone();
    properties.extend(members.map(|members| (NODES.into(), members.node.clone())));
    Doing::new(added(id, kind, &properties, files), before(id, None, members, []))
}

/// Takes a registration away from this node: all of it where no other has it.
pub fn remove(id: &StorageId, state: &StorageState, members: Option<&Members>) -> Doing {
    let op = match members.filter(|_| !part::others(members, id, state).is_empty()) {
        None => Op::StorageRemove { id: id.clone() },
        Some(members) => {
            let nodes = part::without(members, id, state);
            let set = vec![(NODES.into(), nodes)];
            Op::StorageSet { id: id.clone(), set, secrets: Vec::new(), delete: Vec::new() }
        }
    };
    Doing::new(op, before(id, Some(state), members, []))
}

/// Takes all of it back with what is done, also which other nodes have it: where a spec says the whole list.
pub fn whole(doing: Doing, id: &StorageId, state: &StorageState) -> Doing {
    let before = Inverse::Storage { id: id.clone(), before: Some(state.clone()), part: None };
    Doing { before: vec![before], ..doing }
}

/// Sets some properties and secrets of a registration, and takes other properties away.
pub fn set(
    id: &StorageId,
    state: &StorageState,
    set: &Properties,
    files: &Files,
    delete: Vec<Box<str>>,
    members: Option<&Members>,
) -> Doing {
    let changed = set.keys().chain(files.keys()).chain(&delete).cloned();
    let before = before(id, Some(state), members, changed);
    Doing::new(Op::StorageSet { id: id.clone(), set: pairs(set), secrets: pairs(files), delete }, before)
}

/// Takes this node into a registration again that it was taken out of, and that others have, as [`set`] does.
pub fn taken_in(
    id: &StorageId,
    state: &StorageState,
    set: &Properties,
    files: &Files,
    delete: Vec<Box<str>>,
    members: Option<&Members>,
) -> Doing {
    let mut out = state.clone();
    out.properties.extend(members.map(|members| (NODES.into(), part::without(members, id, state))));
    self::set(id, &out, set, files, delete, members)
}

/// Makes a registration anew that no other node has, since a property of it is fixed.
pub fn anew(
    id: &StorageId,
    state: &StorageState,
    kind: &str,
    properties: &Properties,
    files: &Files,
    members: Option<&Members>,
) -> Doing {
    let names = state.properties.keys().chain(state.secrets.keys()).chain(properties.keys());
    let changed = names.chain(files.keys()).cloned().chain([TYPE.into()]);
    let before = before(id, Some(state), members, changed);
    let ops = vec![Op::StorageRemove { id: id.clone() }, added(id, kind, properties, files)];
    Doing { ops, before: vec![before] }
}

/// Has a registration become what it was once, whatever it is now, or go; nothing where it is so.
pub fn becomes(
    id: &StorageId,
    wanted: Option<&StorageState>,
    seen: &Observed,
    members: Option<&Members>,
) -> Doing {
    let Storages::Found(found) = &seen.storages else { return Doing::default() };
    let now = found.by_id.get(id);
    let ops = between(id, now, wanted);
    if ops.is_empty() {
        return Doing::default();
    }
    let properties = |state: &StorageState| -> BTreeSet<Box<str>> {
        state.properties.keys().chain(state.secrets.keys()).cloned().collect()
    };
    let changed = now.into_iter().chain(wanted).flat_map(properties).filter(|name| {
        let value = |state: Option<&StorageState>| state?.properties.get(name).cloned();
        let secret = |state: Option<&StorageState>| state?.secrets.get(name).cloned();
        value(now) != value(wanted) || secret(now) != secret(wanted)
    });
    let is_other = now.map(|now| &now.kind) != wanted.map(|wanted| &wanted.kind);
    let changed = changed.chain(is_other.then(|| TYPE.into()));
    Doing { before: vec![before(id, now, members, changed)], ops }
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let (Inverse::Storage { id, before, part }, Storages::Found(found)) = (inverse, &seen.storages) else {
        return Vec::new();
    };
    let (now, before) = (found.by_id.get(id), before.as_ref());
    match part {
        None => between(id, now, before),
        Some(part) => shared(id, now, before, part, found).ops(id, now),
    }
}

/// Says why nobody can tell what is registered.
pub fn unseen<'a>(inverse: &Inverse, seen: &'a Observed) -> Option<&'a str> {
    match (inverse, &seen.storages) {
        (Inverse::Storage { .. } | Inverse::SecretReplaced { .. }, Storages::Unknown(unknown)) => {
            Some(&unknown.reason)
        }
        _ => None,
    }
}

/// Replaces secrets that nobody could give back.
pub fn replace(id: &StorageId, files: &Files) -> Doing {
    let op = Op::StorageSet { id: id.clone(), set: Vec::new(), secrets: pairs(files), delete: Vec::new() };
    let replaced = pairs(files).into_iter();
    let replaced = replaced.map(|(secret, file)| Inverse::SecretReplaced { id: id.clone(), secret, file });
    Doing { ops: vec![op], before: replaced.collect() }
}

/// Tells a secret that was replaced and is not given back.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    if let (Inverse::Storage { id, before, part: Some(part) }, Storages::Found(found)) =
        (inverse, &seen.storages)
        && let Shared::OfOthers(nodes) = shared(id, found.by_id.get(id), before.as_ref(), part, found)
    {
        let nodes = some(&nodes);
        return Some(format!("the storage {id} is another by now, which {nodes} made: it stays as it is"));
    }
    let (Inverse::SecretReplaced { id, secret, file }, Storages::Found(found)) = (inverse, &seen.storages)
    else {
        return None;
    };
    let replaced = found.by_id.get(id)?.secrets.get(secret)?.is_in(file);
    replaced.then(|| {
        format!("the {secret} of the storage {id} is the one in {file}: no file holds the one before")
    })
}

/// Returns what takes a registration away that is there anew, so that what it lies over can go.
pub fn goes(inverse: &Inverse, seen: &Observed) -> Option<Vec<Op>> {
    let Inverse::Storage { before, part, .. } = inverse else { return None };
    let ops = back(inverse, seen);
    let was_here = match part {
        None => true,
        Some(part) => before.as_ref().is_some_and(|before| alone(part).has(before)),
    };
    // Where others have it, this node is taken out of it.
    if !was_here {
        return Some(ops);
    }
    Some(ops.into_iter().take_while(|op| matches!(op, Op::StorageRemove { .. })).collect())
}

fn before(
    id: &StorageId,
    state: Option<&StorageState>,
    members: Option<&Members>,
    changed: impl IntoIterator<Item = Box<str>>,
) -> Inverse {
    let changed = changed.into_iter().filter(|name| **name != *NODES).collect();
    let part = members.map(|members| Part { node: members.node.clone(), changed });
    Inverse::Storage { id: id.clone(), before: state.cloned(), part }
}

fn added(id: &StorageId, kind: &str, properties: &Properties, files: &Files) -> Op {
    Op::StorageAdd { id: id.clone(), kind: kind.into(), properties: pairs(properties), secrets: pairs(files) }
}

/// The node whose part it is, where nobody can tell who else is in the cluster.
fn alone(part: &Part) -> Members {
    Members { node: part.node.clone(), others: BTreeSet::new() }
}

/// What a registration becomes where this node's part of it is taken back.
enum Shared {
    Becomes(Option<StorageState>),
    /// It is another by now, which these nodes have: that stays.
    OfOthers(Vec<String>),
}

impl Shared {
    fn ops(self, id: &StorageId, now: Option<&StorageState>) -> Vec<Op> {
        match self {
            Shared::Becomes(wanted) => between(id, now, wanted.as_ref()),
            Shared::OfOthers(_) => Vec::new(),
        }
    }
}

/// Finds what a registration becomes where this node's part of it is taken back. What others changed meanwhile is kept.
fn shared(
    id: &StorageId,
    now: Option<&StorageState>,
    before: Option<&StorageState>,
    part: &Part,
    found: &Registrations,
) -> Shared {
    let members = found.members.clone().filter(|members| members.node == part.node);
    let members = &members.unwrap_or_else(|| alone(part));
    let was_here = before.filter(|before| members.has(before));
    let Some(now) = now else {
        // Whoever else had it is out of it by now.
        return Shared::Becomes(was_here.map(|before| {
            let mut again = before.clone();
            again.properties.insert(NODES.into(), members.node.clone());
            again
        }));
    };
    let others = part::others(Some(members), id, now);
    let is_here = members.has(now);
    if was_here.is_none() && is_here && others.is_empty() {
        return Shared::Becomes(None);
    }
    let mut wanted = now.clone();
    if let Some(before) = before {
        for name in &part.changed {
            put(&mut wanted.properties, name, before.properties.get(name));
            put(&mut wanted.secrets, name, before.secrets.get(name));
        }
        if part.changed.contains(TYPE) {
            wanted.kind.clone_from(&before.kind);
        }
    }
    match was_here {
        // It had been every node's, and is every other node's.
        Some(before) if !is_here && !before.properties.contains_key(NODES) && others == all(members) => {
            wanted.properties.remove(NODES);
        }
        Some(_) if !is_here => _ = wanted.properties.insert(NODES.into(), part::with(members, now)),
        None if is_here => _ = wanted.properties.insert(NODES.into(), part::without(members, id, now)),
        _ => {}
    }
    let is_anew =
        between(id, Some(now), Some(&wanted)).iter().any(|op| matches!(op, Op::StorageRemove { .. }));
    // Nobody takes this node into what is another thing under the id.
    let is_another = was_here.is_some_and(|before| !is_here && is_another(before, now));
    match (is_anew || is_another) && !others.is_empty() {
        true => Shared::OfOthers(others.into_iter().map(str::to_owned).collect()),
        false => Shared::Becomes(Some(wanted)),
    }
}

fn all(members: &Members) -> BTreeSet<&str> {
    members.others.iter().map(|node| &**node).collect()
}

fn put<V: Clone>(of: &mut BTreeMap<Box<str>, V>, name: &str, value: Option<&V>) {
    match value {
        Some(value) => _ = of.insert(name.into(), value.clone()),
        None => _ = of.remove(name),
    }
}

/// Returns whether two registrations differ in what never changes once one is made.
fn is_another(one: &StorageState, other: &StorageState) -> bool {
    let mut names = one.properties.keys().chain(other.properties.keys());
    let differs =
        |name: &str| is_fixed(&one.kind, name) && one.properties.get(name) != other.properties.get(name);
    one.kind != other.kind || names.any(|name| differs(name))
}

/// Returns what has to be run so that a registration is this, or is not there.
fn between(id: &StorageId, now: Option<&StorageState>, before: Option<&StorageState>) -> Vec<Op> {
    let implied = implied();
    let (before, now) = match (before, now) {
        (before, now) if id.as_str() == LOCAL => {
            (Some(before.unwrap_or(&implied)), Some(now.unwrap_or(&implied)))
        }
        other => other,
    };
    let add = |state: &StorageState| added(id, &state.kind, &state.properties, &secrets::known(state));
    let remove = Op::StorageRemove { id: id.clone() };
    match (before, now) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec![remove],
        (Some(before), None) => vec![add(before)],
        (Some(before), Some(now)) => {
            let set: BTreeMap<_, _> = before
                .properties
                .iter()
                .filter(|(name, value)| now.properties.get(*name) != Some(*value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let gone = now.properties.keys().filter(|name| !before.properties.contains_key(*name));
            let mut delete: Vec<Box<str>> = gone.cloned().collect();
            // What is in no file stays as it is: only by consent it came to that.
            let files: Files = secrets::known(before)
                .into_iter()
                .filter(|(secret, file)| !now.secrets.get(secret).is_some_and(|kept| kept.is_in(file)))
                .collect();
            delete.extend(now.secrets.keys().filter(|name| !before.secrets.contains_key(*name)).cloned());
            let anew =
                before.kind != now.kind || set.keys().chain(&delete).any(|name| is_fixed(&before.kind, name));
            let stands = set.is_empty() && delete.is_empty() && files.is_empty() && !anew;
            match (stands, anew && id.as_str() != LOCAL) {
                (true, _) => Vec::new(),
                // A fixed property differs; the registration alone is made anew, as it was.
                (_, true) => vec![remove, add(before)],
                (_, false) => {
                    vec![Op::StorageSet { id: id.clone(), set: pairs(&set), secrets: pairs(&files), delete }]
                }
            }
        }
    }
}

/// Returns the registration `local` as Proxmox has it where nobody says otherwise.
pub fn implied() -> StorageState {
    let properties = LOCAL_PROPERTIES.map(|(name, value)| (name.into(), value.into())).into();
    StorageState { kind: "dir".into(), properties, secrets: BTreeMap::new() }
}

/// Returns whether a property can be given only when a registration is made.
pub fn is_fixed(kind: &str, name: &str) -> bool {
    storage::find_type(kind).and_then(|kind| kind.property(name)).is_some_and(|property| property.fixed)
}

fn pairs(properties: &BTreeMap<Box<str>, Box<str>>) -> Vec<(Box<str>, Box<str>)> {
    properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
