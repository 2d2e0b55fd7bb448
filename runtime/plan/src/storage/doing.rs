//! What is done to registrations with Proxmox, and what takes it back: never to data.

use super::secrets::{self, Files};
use crate::{Inverse, doing::Doing};
use phoenix_graph::{StorageId, storage};
use phoenix_host::{
    LOCAL, LOCAL_PROPERTIES,
    observed::{Observed, StorageState, Storages},
    op::Op,
};
use std::collections::BTreeMap;

/// The properties of a registration, by name.
type Properties = BTreeMap<Box<str>, Box<str>>;

/// Adds a registration.
pub fn add(id: &StorageId, kind: &str, properties: &Properties, files: &Files) -> Doing {
    Doing::new(added(id, kind, properties, files), Inverse::Storage { id: id.clone(), before: None })
}

/// Takes a registration away.
pub fn remove(id: &StorageId, state: &StorageState) -> Doing {
    Doing::new(Op::StorageRemove { id: id.clone() }, before(id, state))
}

/// Sets some properties and secrets of a registration, and takes other properties away.
pub fn set(
    id: &StorageId,
    state: &StorageState,
    set: &Properties,
    files: &Files,
    delete: Vec<Box<str>>,
) -> Doing {
    let op = Op::StorageSet { id: id.clone(), set: pairs(set), secrets: pairs(files), delete };
    Doing::new(op, before(id, state))
}

/// Makes a registration anew, since a property of it is fixed.
pub fn anew(
    id: &StorageId,
    state: &StorageState,
    kind: &str,
    properties: &Properties,
    files: &Files,
) -> Doing {
    let ops = vec![Op::StorageRemove { id: id.clone() }, added(id, kind, properties, files)];
    Doing { ops, before: vec![before(id, state)] }
}

/// Has a registration become what it was once, whatever it is now, or go; nothing where it is so.
pub fn becomes(id: &StorageId, wanted: Option<&StorageState>, seen: &Observed) -> Doing {
    let ops = ops(id, wanted, seen);
    let now = match &seen.storages {
        Storages::Found(found) => found.by_id.get(id).cloned(),
        _ => None,
    };
    let before =
        if ops.is_empty() { Vec::new() } else { vec![Inverse::Storage { id: id.clone(), before: now }] };
    Doing { ops, before }
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Storage { id, before } = inverse else { return Vec::new() };
    ops(id, before.as_ref(), seen)
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
    let Inverse::Storage { .. } = inverse else { return None };
    let ops = back(inverse, seen).into_iter();
    Some(ops.take_while(|op| matches!(op, Op::StorageRemove { .. })).collect())
}

fn before(id: &StorageId, state: &StorageState) -> Inverse {
    Inverse::Storage { id: id.clone(), before: Some(state.clone()) }
}

fn added(id: &StorageId, kind: &str, properties: &Properties, files: &Files) -> Op {
    Op::StorageAdd { id: id.clone(), kind: kind.into(), properties: pairs(properties), secrets: pairs(files) }
}

/// Returns what has to be run so that a registration is this, or is not there.
fn ops(id: &StorageId, before: Option<&StorageState>, seen: &Observed) -> Vec<Op> {
    let Storages::Found(found) = &seen.storages else { return Vec::new() };
    let implied = implied();
    let (before, now) = match (before, found.by_id.get(id)) {
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
