//! What a side looks like: facts by name, so that the difference of two is a list of lines.

use phoenix_graph::{DatasetName, PropertyName};
use phoenix_host::observed::{Containers, Directory, Observed, Query, Source, Storages};
use std::collections::{BTreeMap, BTreeSet};

/// Facts, each with its name: `qa/a atime` is `off, inherited from qa`.
pub type Picture = BTreeMap<String, String>;

/// How much is looked at; each look holds the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// What is mounted, the root directories there, every folder and file: what takes no process.
    Mounts,
    /// All datasets with their properties, snapshots and holds: one process, and one for holds.
    Datasets,
    /// The pools too, by phoenix's own look, which reads the datasets once more.
    Pools,
}

/// The dataset properties that are compared.
pub const PROPERTIES: &[&str] = &[
    "aclinherit",
    "aclmode",
    "acltype",
    "atime",
    "canmount",
    "casesensitivity",
    "checksum",
    "compression",
    "copies",
    "devices",
    "dnodesize",
    "exec",
    "filesystem_limit",
    "logbias",
    "mountpoint",
    "normalization",
    "overlay",
    "primarycache",
    "quota",
    "readonly",
    "recordsize",
    "redundant_metadata",
    "refquota",
    "refreservation",
    "relatime",
    "reservation",
    "setuid",
    "snapdir",
    "snapshot_limit",
    "special_small_blocks",
    "sync",
    "test:a",
    "test:b",
    "utf8only",
    "volblocksize",
    "volsize",
    "xattr",
];

/// The pool properties that are compared.
pub const POOL_PROPERTIES: &[&str] =
    &["autoexpand", "autoreplace", "autotrim", "comment", "delegation", "failmode", "listsnapshots"];

/// What is asked of a host, with the root directories of these file systems.
pub fn query(pools: &[super::world::PoolOf], directories: &BTreeSet<DatasetName>) -> Query {
    Query {
        properties: PROPERTIES.iter().map(|name| PropertyName::new(name)).collect(),
        pool_properties: POOL_PROPERTIES.iter().map(|name| PropertyName::new(name)).collect(),
        pools: pools.iter().map(|pool| (pool.name.clone(), pool.disks.clone())).collect(),
        directories: directories.clone(),
        foreign: true,
        ..Query::default()
    }
}

/// Spells a source as the tools do.
pub fn source(source: &Source) -> String {
    match source {
        Source::Local => "local".to_owned(),
        Source::Default => "default".to_owned(),
        Source::Inherited(from) => format!("inherited from {from}"),
        Source::Received => "received".to_owned(),
        Source::Temporary => "temporary".to_owned(),
        Source::None => "-".to_owned(),
    }
}

/// Adds the facts of datasets as a host tells them.
pub fn add_datasets(picture: &mut Picture, seen: &Observed) {
    for (name, state) in &seen.datasets {
        let kind = if state.volume { "volume" } else { "filesystem" };
        picture.insert(name.to_string(), format!("{kind}, mounted: {}", state.mounted));
        for (property, setting) in &state.settings {
            if PROPERTIES.contains(&property.as_str()) {
                let text = format!("{}, {}", setting.raw, source(&setting.source));
                picture.insert(format!("{name} {property}"), text);
            }
        }
    }
}

/// Tells of a folder what it has.
pub fn folder(has: &Directory) -> String {
    let Directory { owner, group, mode, acl } = has;
    format!("folder of {owner}:{group} {mode} {acl}")
}

/// Adds the facts of root directories, of the file systems that are mounted and seen.
pub fn add_directories(picture: &mut Picture, seen: &Observed) {
    for (name, directory) in &seen.directories {
        let text = format!("{}:{} {}", directory.owner, directory.group, directory.mode);
        picture.insert(format!("{name} directory"), text);
    }
}

/// Adds the access control lists of root directories, of the file systems that are mounted and seen.
pub fn add_lists(picture: &mut Picture, seen: &Observed) {
    let lists = seen.directories.iter().filter(|(_, directory)| !directory.acl.is_empty());
    picture.extend(lists.map(|(name, directory)| (format!("{name} list"), directory.acl.to_string())));
}

/// Adds the facts of exports, of Proxmox's registrations, and of the mount points of its containers.
pub fn add_shares(picture: &mut Picture, seen: &Observed) {
    for ((path, client), options) in &seen.exports {
        picture.insert(format!("export of {path} to {client}"), format!("{options:?}"));
    }
    for (number, held) in seen.held_exports.iter().enumerate() {
        picture.insert(format!("line {number} of exports"), format!("{held:?}"));
    }
    match &seen.storages {
        Storages::Found(found) => {
            for (id, state) in &found.by_id {
                picture.insert(format!("storage {id}"), format!("{state:?}"));
            }
        }
        other => _ = picture.insert("storages".to_owned(), format!("{other:?}")),
    }
    match &seen.containers {
        Containers::Found(found) => {
            for (id, state) in &found.by_id {
                picture.insert(format!("container {id}"), format!("{state:?}"));
            }
        }
        other => _ = picture.insert("containers".to_owned(), format!("{other:?}")),
    }
}

/// Adds the facts of pools as a host tells them: GUIDs and devices are each side's own.
pub fn add_pools(picture: &mut Picture, seen: &Observed) {
    for (name, state) in &seen.pools {
        let layout: Vec<String> = state
            .layout
            .iter()
            .map(|vdev| format!("{:?} {:?} of {}", vdev.class, vdev.redundancy, vdev.disks.len()))
            .collect();
        picture.insert(format!("pool {name}"), format!("{}, {}", state.health, layout.join(" + ")));
        for (property, setting) in &state.settings {
            let text = format!("{}, {}", setting.raw, source(&setting.source));
            picture.insert(format!("pool {name} {property}"), text);
        }
    }
    for name in &seen.importable {
        picture.insert(format!("pool {name}"), "can be imported".to_owned());
    }
}
