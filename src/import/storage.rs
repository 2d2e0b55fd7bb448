//! Registrations with Proxmox.

use super::{
    Scope,
    node::{Literal, Node},
    scope::mounted,
};
use phoenix_graph::{
    DatasetName,
    storage::{FILE, STANDALONE, StorageKind, find_type},
};
use phoenix_host::{
    LOCAL,
    observed::{DatasetState, Observed, Registrations, StorageState, Storages},
};
use std::collections::BTreeSet;

/// Properties of registrations that follow from the dataset.
const DERIVED: &[&str] = &["pool", "path", "mountpoint", "is_mountpoint"];

/// Describes the registrations with Proxmox that lie on a file system.
pub fn registrations(
    seen: &Observed,
    scope: &Scope<'_>,
    name: &DatasetName,
    state: &DatasetState,
    node: &mut Node,
) {
    let Storages::Found(storages) = &seen.storages else { return };
    for (id, storage) in storages.by_id.iter().filter(|(_, storage)| storages.is_here(storage)) {
        let property = |name: &str| storage.properties.get(name).map(|value| &**value);
        let (here, inside) = match (&*storage.kind, property("path")) {
            ("zfspool", _) => (property("pool") == Some(name.as_str()), false),
            ("dir", Some(path)) => (mounted(state) == Some(path), scope.holder(path) == Some(name)),
            _ => (false, false),
        };
        if here {
            node.inside.push(registration(id.as_str(), storages, storage, DERIVED));
        } else if inside {
            node.notes.push(format!(
                "The storage {id} lies in {}, a folder in it. A spec registers whole datasets only, so that stays as it is.",
                property("path").unwrap_or_default()
            ));
        }
    }
}

/// Returns whether what lies on no dataset is described. A `dir` on the system's own disk, such as `local`, is Proxmox's.
fn is_described(kind: &str) -> bool {
    kind != "dir" && STANDALONE.contains(&kind)
}

/// Describes the registrations with Proxmox that lie on no dataset.
pub fn outside(seen: &Observed, host: &mut Node) {
    let Storages::Found(storages) = &seen.storages else { return };
    let described =
        storages.said().filter(|(_, storage)| is_described(&storage.kind) && storages.is_here(storage));
    host.inside.extend(described.map(|(id, storage)| registration(id.as_str(), storages, storage, &[])));
}

fn registration(id: &str, all: &Registrations, storage: &StorageState, derived: &[&str]) -> Node {
    let mut node = Node::named("proxmox", id);
    node.key = format!("storage:{id}").parse().ok();
    node.set("type", Literal::Text(storage.kind.to_string()));
    let Some(kind) = find_type(&storage.kind) else { return node };
    // Which other nodes of a cluster have it is theirs to say.
    let is_theirs = |name: &str| name == "nodes" && id != LOCAL && all.members.is_some();
    let said = |name: &str| !derived.contains(&name) && !is_theirs(name);
    for (name, value) in storage.properties.iter().filter(|(name, _)| said(name)) {
        let row = kind.property(name);
        match row.map(|row| (row.kind, kind.canonical(name, value))) {
            Some((StorageKind::Boolean, Ok(word))) => node.set(&**name, Literal::Switch(word == "1")),
            Some((_, Ok(word))) => node.set(&**name, Literal::Text(word)),
            // A value that phoenix does not know may be anything: it is not repeated.
            Some((_, Err(_))) | None => {
                node.notes.push(format!("Left out: {name}: phoenix does not know it, or its value."));
            }
        }
    }
    for secret in storage.secrets.keys().filter(|name| kind.secrets().any(|secret| *secret.name == ***name)) {
        node.notes.push(format!(
            "Its {secret} stays as Proxmox keeps it. Name a file that holds it, {secret}{FILE}=\"/root/…\", so that phoenix can give it back."
        ));
    }
    node
}

/// Names the registrations that lie on no dataset of these pools, without what is in them.
#[must_use]
pub fn elsewhere(seen: &Observed, scope: &Scope<'_>) -> Option<String> {
    let storages = match &seen.storages {
        Storages::Found(storages) => storages,
        Storages::Unknown(unknown) => {
            return Some(format!(
                "Registrations with Proxmox are left out: they cannot be seen: {}.",
                unknown.reason
            ));
        }
        Storages::NoProxmox | Storages::NotAsked => return None,
    };
    let names: BTreeSet<&str> = scope.names().collect();
    let here = storages.said().filter(|(_, storage)| storages.is_here(storage));
    let others = here.filter(|(_, storage)| {
        let property = |name: &str| storage.properties.get(name).map(|value| &**value);
        match &*storage.kind {
            "zfspool" => !property("pool").is_some_and(|pool| names.contains(pool)),
            "dir" => property("path").and_then(|path| scope.holder(path)).is_none(),
            kind => !is_described(kind),
        }
    });
    let others: Vec<String> = others.map(|(id, storage)| format!("{id} ({})", storage.kind)).collect();
    (!others.is_empty()).then(|| {
        format!(
            "Registrations with Proxmox that lie on no dataset in here stay as they are: {}.",
            others.join(", ")
        )
    })
}
