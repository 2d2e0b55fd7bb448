//! What is on a host beside what phoenix looks after. It is never changed; a person may want to know of it.

use crate::{
    Action, Kind, Plan, Subject, begun,
    kinds::is_missing,
    mount::path::path_of,
    record::{Claim, Record},
    storage::part::NODES,
};
use phoenix_graph::{DatasetName, Export, Graph, Key, Resource, export::is_host_name};
use phoenix_host::{
    area,
    observed::{Containers, Observed, Storages, Unknown, mount::plain},
    text::{mount_point::MountPoint, virtiofs::SharedDirectory},
};
use std::collections::BTreeSet;

/// Something that no resource of a graph accounts for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    /// What it is, for people to group by.
    pub kind: ForeignKind,
    /// The key that it would have in a graph.
    pub key: Key,
    /// The client of an export, the type of a registration, the path on the host of a mount point, the name that a pool of
    /// ours had; else empty.
    pub detail: Box<str>,
}

/// What something is that is not phoenix's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForeignKind {
    /// A pool.
    Pool,
    /// A file system in a pool of the graph.
    Dataset,
    /// A volume in a pool of the graph.
    Volume,
    /// A file system or volume that bears this host's mark, and is not on record.
    Unrecorded,
    /// The disk of a guest, which Proxmox makes and destroys by itself.
    GuestDisk,
    /// An entry of the live export table.
    Export,
    /// A registration with Proxmox.
    Storage,
    /// A mount point of a container, whose source lies in a file system of the graph's pools.
    Bind,
    /// A directory that a machine is given by virtiofs, which lies in a file system of the graph's pools.
    Virtiofs,
}

/// Lists what was seen and is not in the graph, in order. What phoenix has put away is its own.
#[must_use]
pub fn foreign(seen: &Observed, graph: &Graph, record: &Record) -> Vec<Foreign> {
    let mut found: Vec<Foreign> = pools(seen, graph, record).chain(datasets(seen, graph, record)).collect();
    found.extend(exports(seen, graph));
    if let Storages::Found(storages) = &seen.storages {
        let key = |id: &phoenix_graph::StorageId| Key::Storage(id.clone());
        // What other nodes alone have is not this host's.
        let here = storages.said().filter(|(_, storage)| storages.is_here(storage));
        let others = here.filter(|(id, _)| graph.get(&key(id)).is_none());
        found.extend(others.map(|(id, storage)| Foreign {
            kind: ForeignKind::Storage,
            key: key(id),
            detail: storage.kind.clone(),
        }));
    }
    found.extend(of_guests(seen, graph));
    found.sort();
    found
}

/// Lists what guests of this host are given that nothing of the graph accounts for, of what lies in its pools.
fn of_guests(seen: &Observed, graph: &Graph) -> Vec<Foreign> {
    let Containers::Found(found) = &seen.containers else { return Vec::new() };
    let of_the_graph = |(name, _): &(&DatasetName, _)| graph.get(&Key::Pool(name.pool())).is_some();
    let places: BTreeSet<String> = seen
        .datasets
        .iter()
        .filter(of_the_graph)
        .filter_map(|(_, state)| path_of(state))
        .map(String::from)
        .collect();
    let lies_in = |volume: &str| {
        let mut above =
            std::iter::successors(Some(volume), |path| path.rsplit_once('/').map(|(above, _)| above));
        above.any(|path| places.contains(path))
    };
    let containers = found.by_id.iter().filter(|(_, state)| state.here);
    let points = containers.flat_map(|(id, state)| {
        let read = state.wanted().into_values().filter_map(MountPoint::read).filter(MountPoint::is_bind);
        read.map(move |point| (ForeignKind::Bind, Key::Bind(*id, point.at), point.volume))
    });
    let machines = found.machines.iter().filter(|(_, state)| state.here);
    let shared = machines.flat_map(|(id, state)| {
        state.wanted().into_values().filter_map(|text| {
            let directory = SharedDirectory::read(text)?;
            let path = found.mappings.path(&directory.id, &found.node)?;
            Some((ForeignKind::Virtiofs, Key::Virtiofs(*id, directory.id.clone()), plain(path).into()))
        })
    });
    let others = points.chain(shared).filter(|(_, key, path)| lies_in(path) && graph.get(key).is_none());
    others.map(|(kind, key, detail)| Foreign { kind, key, detail }).collect()
}

/// Lists what the graph has and was not seen at all, in the order of the keys. What lies in a pool that is
/// missing is missing with it, and is not listed.
#[must_use]
pub fn missing(seen: &Observed, graph: &Graph) -> Vec<Key> {
    let mut found: Vec<Key> =
        graph.resources().filter(|one| is_missing(seen, one)).map(Resource::key).collect();
    found.sort();
    found
}

/// Lists what a switch was to make and the host has, though the plans, each with the actions that are known to have
/// been begun, do not say so, as where a journal lost its last lines: nothing of that is taken back. `current` is what
/// the host is to be like.
#[must_use]
pub fn left<'a>(
    seen: &Observed,
    current: Option<&Graph>,
    desired: &Graph,
    record: &Record,
    plans: &'a [(Plan, Vec<usize>)],
) -> Vec<Key> {
    let key = |action: &'a Action| match &action.subject {
        Subject::Resource(key) => Some(key),
        _ => None,
    };
    let begun: BTreeSet<&Key> = begun(plans).filter_map(key).collect();
    let all = plans.iter().flat_map(|(plan, _)| &plan.actions);
    let made: BTreeSet<&Key> = all.filter(|action| action.kind == Kind::Create).filter_map(key).collect();
    let bears_the_mark = |resource: &Resource| {
        let name = resource.dataset_name();
        name.is_some_and(|name| record.claim_of(seen, name) == Some(Claim::Unrecorded))
    };
    let left = desired.nodes().iter().filter(|node| {
        // A root dataset is there with its pool, which is told.
        let is_root = node.resource.dataset_name().is_some_and(DatasetName::is_root);
        !is_root
            && current.is_none_or(|now| now.get(&node.key).is_none())
            && !begun.contains(&node.key)
            && is_there(seen, &node.resource)
            && (made.contains(&node.key) || bears_the_mark(&node.resource))
    });
    left.map(|node| node.key.clone()).collect()
}

/// Returns whether something is seen; of what is told otherwise, nothing is.
fn is_there(seen: &Observed, resource: &Resource) -> bool {
    match &resource.key() {
        Key::Pool(name) => seen.pools.contains_key(name),
        Key::Dataset(name) | Key::Volume(name) => seen.datasets.contains_key(name),
        Key::Export(path) => seen.exports.keys().any(|(at, _)| at == path),
        Key::Storage(id) => match &seen.storages {
            // Where a spec says which nodes have it, this one need not be among them.
            Storages::Found(found) => {
                found.by_id.get(id).is_some_and(|state| says_nodes(resource) || found.is_here(state))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Returns whether a registration says which nodes have it.
fn says_nodes(resource: &Resource) -> bool {
    matches!(resource, Resource::Storage(storage) if storage.properties.contains_key(NODES))
}

/// Lists what the graph has and cannot be seen now, each with the reason and the way out.
#[must_use]
pub fn unknown(seen: &Observed, graph: &Graph) -> Vec<(Key, Unknown)> {
    let reason = |resource: &Resource| match (resource, &seen.storages, &seen.containers) {
        (Resource::Storage(_), Storages::Unknown(unknown), _)
        | (
            Resource::Bind(_) | Resource::Mapping(_) | Resource::Virtiofs(_),
            _,
            Containers::Unknown(unknown),
        ) => Some(unknown.clone()),
        _ => None,
    };
    let mut found: Vec<(Key, Unknown)> =
        graph.resources().filter_map(|one| Some((one.key(), reason(one)?))).collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

/// Returns whether a dataset is the disk of a guest: it lies right in a registration for guests' disks, and
/// bears the name of one (`vm-100-disk-0`, `subvol-101-disk-1`, `base-9000-disk-0`).
#[must_use]
pub fn is_guest_disk(seen: &Observed, name: &DatasetName) -> bool {
    let (Some(parent), Storages::Found(storages)) = (name.parent(), &seen.storages) else { return false };
    let holds_guests = storages.by_id.values().any(|storage| {
        &*storage.kind == "zfspool"
            && storage.properties.get("pool").is_some_and(|pool| **pool == *parent.as_str())
    });
    let words = ["vm-", "base-", "subvol-", "basevol-"];
    let number = words.iter().find_map(|word| name.leaf().strip_prefix(word));
    let number = number.and_then(|rest| rest.split_once('-')).map(|(number, _)| number);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    holds_guests && number.is_some_and(is_number)
}

fn pools<'a>(seen: &'a Observed, graph: &'a Graph, record: &'a Record) -> impl Iterator<Item = Foreign> + 'a {
    let others = seen.pools.keys().filter(|name| graph.get(&Key::Pool((*name).clone())).is_none());
    others.map(|name| Foreign {
        kind: ForeignKind::Pool,
        key: Key::Pool(name.clone()),
        detail: record.pool_was(seen, name).map_or_else(Box::default, |was| was.as_str().into()),
    })
}

fn datasets<'a>(
    seen: &'a Observed,
    graph: &'a Graph,
    record: &'a Record,
) -> impl Iterator<Item = Foreign> + 'a {
    let claim = |name: &DatasetName| record.claim_of(seen, name).unwrap_or(Claim::Foreign);
    // Below what is put away everything is put away with it.
    let put_away = move |name: &DatasetName| {
        // A folder that is ours makes nothing ours that stands in it.
        let whole = |above: &DatasetName| above == name || !area::is_area(above);
        let ours = |above: &DatasetName| claim(above).is_on_record();
        let above = std::iter::successors(Some(name.clone()), DatasetName::parent);
        above.take_while(area::is_inside).any(|above| whole(&above) && ours(&above))
    };
    let others = seen.datasets.iter().filter(move |(name, _)| {
        !name.is_root()
            && !put_away(name)
            && graph.get(&Key::Pool(name.pool())).is_some()
            && graph.dataset(name).is_none()
    });
    others.map(move |(name, state)| {
        let unrecorded = record.claim_of(seen, name) == Some(Claim::Unrecorded);
        let (kind, key) = match (is_guest_disk(seen, name), state.volume) {
            (_, true) if unrecorded => (ForeignKind::Unrecorded, Key::Volume(name.clone())),
            (_, false) if unrecorded => (ForeignKind::Unrecorded, Key::Dataset(name.clone())),
            (true, true) => (ForeignKind::GuestDisk, Key::Volume(name.clone())),
            (true, false) => (ForeignKind::GuestDisk, Key::Dataset(name.clone())),
            (false, true) => (ForeignKind::Volume, Key::Volume(name.clone())),
            (false, false) => (ForeignKind::Dataset, Key::Dataset(name.clone())),
        };
        Foreign { kind, key, detail: "".into() }
    })
}

/// Lists the live entries that no export of the graph accounts for. The table resolves host names: a client
/// that is one, and is not there by its name, accounts for one entry of its path under whatever name.
fn exports(seen: &Observed, graph: &Graph) -> Vec<Foreign> {
    let mut resolved: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let declared = |path: &str| match graph.get(&Key::Export(path.into())).map(|node| &node.resource) {
        Some(Resource::Export(export)) => Some(export),
        _ => None,
    };
    let unseen = |export: &Export| {
        let there = |client: &str| seen.exports.contains_key(&(export.path.clone(), client.into()));
        export.clients.keys().filter(|client| is_host_name(client) && !there(client)).count()
    };
    let mut found = Vec::new();
    for (path, client) in seen.exports.keys() {
        if let Some(export) = declared(path) {
            if export.clients.contains_key(client) {
                continue;
            }
            let left = resolved.entry(path).or_insert_with(|| unseen(export));
            if *left > 0 {
                *left -= 1;
                continue;
            }
        }
        let key = Key::Export(path.clone());
        found.push(Foreign { kind: ForeignKind::Export, key, detail: client.clone() });
    }
    found
}
