//! Exports and registrations of datasets. What another file exports stays that file's: an entry in two
//! files is told by `exportfs` as a mistake, so it is written as a comment that says how to move it here.

use super::{
    Scope,
    node::{Literal, Node, quoted},
    scope::mounted,
};
use crate::show::value::export_options;
use phoenix_graph::{
    DatasetName, Key, Resource,
    export::ExportOptions,
    storage::{StorageKind, find_type},
};
use phoenix_host::observed::{DatasetState, Observed, StorageState, Storages};
use std::collections::{BTreeMap, BTreeSet};

/// Properties of registrations that follow from the dataset.
const DERIVED: &[&str] = &["pool", "path", "mountpoint", "is_mountpoint"];

/// Describes what is exported of a file system: what phoenix exports as nodes, the rest as comments.
pub fn exports(
    seen: &Observed,
    scope: &Scope<'_>,
    name: &DatasetName,
    state: &DatasetState,
    node: &mut Node,
) {
    let Some(path) = mounted(state) else { return };
    let ours = scope.ours.and_then(|graph| graph.get(&Key::Export(path.into())));
    let ours = ours.and_then(|node| match &node.resource {
        Resource::Export(export) => Some(&export.clients),
        _ => None,
    });
    if let Some(clients) = ours {
        let mut export = Node::new("export");
        export.key = Some(Key::Export(path.into()));
        export.inside = clients.iter().map(|(client, options)| said(client, options)).collect();
        node.inside.push(export);
    }
    // By path and client: the file, where one holds the entry, and whether it is in force.
    let mut others: BTreeMap<(&str, &str), (Option<&str>, &ExportOptions, bool)> = BTreeMap::new();
    for ((path, client), options) in &seen.exports {
        others.insert((path, client), (None, options, true));
    }
    for held in &seen.held_exports {
        let entry = others.entry((&held.path, &held.client)).or_insert((None, &held.options, false));
        entry.0 = entry.0.or(Some(&held.file));
    }
    for ((at, client), (file, options, live)) in others {
        let inside = scope.holder(at) == Some(name);
        let known = at == path && ours.is_some_and(|clients| clients.contains_key(client));
        if !inside || known || file.is_some_and(|file| file.ends_with("/phoenix.exports")) {
            continue;
        }
        let who = match file {
            Some("/etc/exports.d/zfs.exports") => "`sharenfs`",
            Some(file) => file,
            None => "hand",
        };
        let force = if live { "" } else { " (not in force now)" };
        let options = export_options(&options.iter().collect::<Vec<_>>().join(","));
        let what = format!("It is exported to {client} ({options}) by {who}{force}");
        if at != path {
            let what = what.replacen("It is", &format!("{at}, a folder in it, is"), 1);
            node.notes.push(format!("{what}. A spec exports whole datasets only, so that stays as it is."));
            continue;
        }
        let words = options.split(',').filter(|word| *word != "mountpoint");
        let words: String = words.map(|word| format!(" {}", quoted(word))).collect();
        node.notes.push(format!(
            "{what}, and stays so. To have phoenix export it, take that entry away and write here: export {{ client {}{words} }}",
            quoted(client)
        ));
    }
}

/// Writes a client with the options that `exports(5)` and phoenix do not assume anyway.
fn said(client: &str, options: &ExportOptions) -> Node {
    let options = export_options(&options.iter().collect::<Vec<_>>().join(","));
    let words = options.split(',').filter(|word| *word != "mountpoint").map(str::to_owned);
    Node { args: std::iter::once(client.to_owned()).chain(words).collect(), ..Node::new("client") }
}

/// Describes the registrations with Proxmox that lie on a file system.
pub fn registrations(
    seen: &Observed,
    scope: &Scope<'_>,
    name: &DatasetName,
    state: &DatasetState,
    node: &mut Node,
) {
    let Storages::Found(storages) = &seen.storages else { return };
    for (id, storage) in &storages.by_id {
        let property = |name: &str| storage.properties.get(name).map(|value| &**value);
        let (here, inside) = match (&*storage.kind, property("path")) {
            ("zfspool", _) => (property("pool") == Some(name.as_str()), false),
            ("dir", Some(path)) => (mounted(state) == Some(path), scope.holder(path) == Some(name)),
            _ => (false, false),
        };
        if here {
            node.inside.push(registration(id.as_str(), storage));
        } else if inside {
            node.notes.push(format!(
                "The storage {id} lies in {}, a folder in it. A spec registers whole datasets only, so that stays as it is.",
                property("path").unwrap_or_default()
            ));
        }
    }
}

fn registration(id: &str, storage: &StorageState) -> Node {
    let mut node = Node::named("proxmox", id);
    node.key = format!("storage:{id}").parse().ok();
    node.set("type", Literal::Text(storage.kind.to_string()));
    let Some(kind) = find_type(&storage.kind) else { return node };
    for (name, value) in storage.properties.iter().filter(|(name, _)| !DERIVED.contains(&&***name)) {
        let row = kind.property(name);
        match row.map(|row| (row.kind, kind.canonical(name, value))) {
            Some((StorageKind::Secret, _)) => {
                node.notes.push(format!("Left out: {name}: a secret is in no spec."));
            }
            Some((StorageKind::Boolean, Ok(word))) => node.set(&**name, Literal::Switch(word == "1")),
            Some((_, Ok(word))) => node.set(&**name, Literal::Text(word)),
            // A value that phoenix does not know may be anything: it is not repeated.
            Some((_, Err(_))) | None => {
                node.notes.push(format!("Left out: {name}: phoenix does not know it, or its value."));
            }
        }
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
    let others = storages.said().filter(|(_, storage)| {
        let property = |name: &str| storage.properties.get(name).map(|value| &**value);
        match &*storage.kind {
            "zfspool" => !property("pool").is_some_and(|pool| names.contains(pool)),
            "dir" => property("path").and_then(|path| scope.holder(path)).is_none(),
            _ => true,
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
