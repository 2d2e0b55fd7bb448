//! What owner, group and the accounts of an access control list are on disk: a name as the host knows it, a number, or what a number inside of a container is
//! outside.

use crate::{
    Inputs,
    bind::container::{folders, points},
    code,
    why::Why,
};
use phoenix_graph::{
    Graph, Key, Permissions, Resource,
    graph::Node,
    id_map::{IdMap, MountMap, Ranges},
    kind::acl::{Acl, Entry, Whom},
};
use phoenix_host::{
    observed::{ContainerState, Containers, Wanted},
    text::mount_point::MountPoint,
};
use std::collections::{BTreeMap, BTreeSet};

/// Says what a file system's root directory is to be, by numbers, where it is mounted at a path.
///
/// # Errors
/// Each account that nobody can tell the number of, and why.
pub fn numbers(inputs: &Inputs<'_>, said: &Permissions, path: &str) -> Result<Wanted, Vec<Why>> {
    let seen = inputs.observed;
    let inside = said.container.map(|id| map(inputs, id, path).map(|map| (id, map))).transpose();
    // It is one reason for all.
    let inside = inside.map_err(|why| vec![why])?;
    let user = |name: &str| match &inside {
        Some((id, map)) => outside(*id, "user", name, &map.users),
        None => account("user", name, &seen.users),
    };
    let group = |name: &str| match &inside {
        Some((id, map)) => outside(*id, "group", name, &map.groups),
        None => account("group", name, &seen.groups),
    };
    let mut whys = Vec::new();
    let mut told = |number: Result<u32, Why>| number.map_err(|why| whys.push(why)).ok();
    let owner = said.owner.as_deref().and_then(|name| told(user(name)));
    let owning = said.group.as_deref().and_then(|name| told(group(name)));
    let (mut acl, mut twice) = (Acl::default(), Vec::new());
    for (entry, may) in &said.acl.0 {
        let whom = match &entry.whom {
            Whom::User(name) => told(user(name)).map(|number| Whom::User(number.to_string().into())),
            Whom::Group(name) => told(group(name)).map(|number| Whom::Group(number.to_string().into())),
            other => Some(other.clone()),
        };
        let Some(whom) = whom else { continue };
        let entry = Entry { default: entry.default, whom };
        if acl.0.get(&entry).is_some_and(|other| other != may) {
            twice.push(Why::new(
                code::SAME_ACCOUNT,
                format!(
                    "two entries of the list are about the same account, and allow different things: {entry}"
                ),
                "say it once: by its name, or by its number",
            ));
        }
        acl.0.insert(entry, *may);
    }
    whys.extend(twice);
    if !whys.is_empty() {
        whys.dedup();
        return Err(whys);
    }
    let acl = Some(acl).filter(|acl| !acl.is_empty());
    Ok(Wanted { owner, group: owning, mode: said.mode, acl })
}

/// Returns what numbers a container is to have for what lies at a path: where its mount point there has a map of its own,
/// by that.
///
/// # Errors
/// Why nobody can tell: that map cannot be read, or there are several.
pub fn ids(inputs: &Inputs<'_>, id: u32, state: &ContainerState, path: &str) -> Result<IdMap, &'static str> {
    let points = points(inputs, id, state);
    let at = |point: &MountPoint, path: &str| *point.volume == *path;
    let whole = points.iter().any(|point| at(point, path));
    // One that only has folders of it sees these by their maps.
    let folders = folders(inputs.desired, id, path);
    let is_there =
        |point: &&MountPoint| if whole { at(point, path) } else { folders.contains(&point.volume) };
    let there = points.iter().filter(is_there);
    let maps: BTreeSet<Option<Box<str>>> = there.map(|point| point.options.get("idmap").cloned()).collect();
    let mut maps = maps.into_iter();
    match (maps.next().flatten(), maps.next()) {
        (_, Some(_)) => Err("has several mount points there, with different maps"),
        // Proxmox applies none where the numbers are the host's anyway.
        (None, None) => Ok(state.ids.clone()),
        (Some(_), None) if state.ids.is_same() => Ok(state.ids.clone()),
        (Some(map), None) => {
            let map = MountMap::read(&map).map_err(|_| "has a mount point there whose map cannot be read")?;
            Ok(map.over(&state.ids))
        }
    }
}

/// Names an account of an entry by its number outside, and with the one inside of the container that is said.
pub fn both(inputs: &Inputs<'_>, said: Option<&Permissions>, path: &str, entry: &Entry) -> String {
    let inside = said.and_then(|said| said.container).and_then(|id| Some((id, map(inputs, id, path).ok()?)));
    let number = inside.and_then(|(id, map)| {
        let inside = match &entry.whom {
            Whom::User(number) => map.users.inside(number.parse().ok()?),
            Whom::Group(number) => map.groups.inside(number.parse().ok()?),
            _ => None,
        };
        Some((id, inside?))
    });
    match number {
        Some((id, inside)) => format!("{entry} ({inside} in container {id})"),
        None => entry.to_string(),
    }
}

fn map(inputs: &Inputs<'_>, id: u32, path: &str) -> Result<IdMap, Why> {
    let found = match &inputs.observed.containers {
        Containers::Found(found) => found,
        Containers::Unknown(unknown) => {
            let reason = format!("the map of container {id} cannot be seen: {}", unknown.reason);
            return Err(Why::new(code::PROXMOX_UNKNOWN, reason, &*unknown.help));
        }
        Containers::NoProxmox | Containers::NotAsked => {
            return Err(Why::new(
                code::NO_PROXMOX,
                "this host has no containers, so nobody can tell what their numbers are",
                "say the numbers of the host, without `container`, or run phoenix on the Proxmox host",
            ));
        }
    };
    let state = found.by_id.get(&id).ok_or_else(|| {
        Why::new(
            code::NO_SUCH_CONTAINER,
            format!("there is no container {id}"),
            "make it first, or say the numbers of the host, without `container`",
        )
    })?;
    ids(inputs, id, state, path).map_err(|why| {
        Why::new(
            code::NOT_MAPPED,
            format!("container {id} {why}, so nobody can tell what its numbers are"),
            format!("see `idmap` in `pct config {id}`; or say the numbers of the host, without `container`"),
        )
    })
}

fn outside(id: u32, what: &str, said: &str, ranges: &Ranges) -> Result<u32, Why> {
    said.parse().ok().and_then(|inside| ranges.outside(inside)).ok_or_else(|| {
        Why::new(
            code::NOT_MAPPED,
            format!("the {what} {said} of container {id} is nobody outside: its map does not have it"),
            format!("see `lxc.idmap` in `pct config {id}`, and say a {what} that it has"),
        )
    })
}

/// Finds the number of an account of the host.
fn account(what: &str, name: &str, known: &BTreeMap<Box<str>, u32>) -> Result<u32, Why> {
    if let Some(number) = name.parse().ok().or_else(|| known.get(name).copied()) {
        return Ok(number);
    }
    let help = format!("make the {what} first (`{what}add {name}`), or give its number in the spec");
    Err(Why::new(code::NO_SUCH_ACCOUNT, format!("this host has no {what} {name:?}"), help))
}

/// Lists the permissions of a graph.
pub fn all(graph: &Graph) -> impl Iterator<Item = (&Node, &Permissions)> {
    graph.nodes().iter().filter_map(|node| match &node.resource {
        Resource::Permissions(permissions) => Some((node, permissions)),
        _ => None,
    })
}

/// Returns what is said of permissions of a dataset.
pub fn said<'a>(desired: &'a Graph, dataset: &phoenix_graph::DatasetName) -> Option<&'a Permissions> {
    match desired.get(&Key::Permissions(dataset.clone())).map(|node| &node.resource) {
        Some(Resource::Permissions(said)) => Some(said),
        _ => None,
    }
}
