//! What owner and group are on disk: a name as the host knows it, a number, or what a number inside of a container is
//! outside.

use crate::{code, why::Why};
use phoenix_graph::{Key, Permissions};
use phoenix_host::{
    id_map::{IdMap, Ranges},
    observed::{ContainerState, Containers, Observed},
    text::mount_point::MountPoint,
};
use std::collections::BTreeMap;

/// A number, where one is said, or why nobody can tell it.
pub type Number = Result<Option<u32>, Why>;

/// Finds the numbers of owner and group of a file system that is mounted at a path.
pub fn numbers(seen: &Observed, said: &Permissions, path: &str) -> (Number, Number) {
    let (owner, group) = (said.owner.as_deref(), said.group.as_deref());
    let Some(id) = said.container else {
        return (account("user", owner, &seen.users), account("group", group, &seen.groups));
    };
    match map(seen, id, path) {
        Ok(map) => (outside(id, "user", owner, &map.users), outside(id, "group", group, &map.groups)),
        // It is one reason for both.
        Err(why) => (Err(why), Ok(None)),
    }
}

/// Returns what numbers a container has for what lies at a path: those of its mount point there, where that has a map of
/// its own.
pub fn ids(state: &ContainerState, path: &str) -> Option<IdMap> {
    let points = state.wanted().into_values().filter_map(MountPoint::read);
    let own =
        points.filter(|point| *point.volume == *path).find_map(|point| point.options.get("idmap").cloned());
    match own {
        Some(option) => IdMap::of_mount(&option),
        None => Some(state.ids.clone()),
    }
}

fn map(seen: &Observed, id: u32, path: &str) -> Result<IdMap, Why> {
    let found = match &seen.containers {
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
    ids(state, path).ok_or_else(|| {
        Why::new(
            code::NOT_MAPPED,
            format!("the mount point of container {id} there has a map that cannot be read"),
            format!("see `idmap` in `pct config {id}`; or say the numbers of the host, without `container`"),
        )
    })
}

fn outside(id: u32, what: &str, said: Option<&str>, ranges: &Ranges) -> Number {
    let Some(inside) = said.and_then(|said| said.parse().ok()) else { return Ok(None) };
    ranges.outside(inside).map(Some).ok_or_else(|| {
        Why::new(
            code::NOT_MAPPED,
            format!("the {what} {inside} of container {id} is nobody outside: its map does not have it"),
            format!("see `lxc.idmap` in `pct config {id}`, and say a {what} that it has"),
        )
    })
}

/// Finds the number of an account of the host.
fn account(what: &str, name: Option<&str>, known: &BTreeMap<Box<str>, u32>) -> Number {
    let Some(name) = name else { return Ok(None) };
    if let Some(number) = name.parse().ok().or_else(|| known.get(name).copied()) {
        return Ok(Some(number));
    }
    let help = format!("make the {what} first (`{what}add {name}`), or give its number in the spec");
    Err(Why::new(code::NO_SUCH_ACCOUNT, format!("this host has no {what} {name:?}"), help))
}

/// Returns what is said of permissions of a dataset.
pub fn said<'a>(
    desired: &'a phoenix_graph::Graph,
    dataset: &phoenix_graph::DatasetName,
) -> Option<&'a Permissions> {
    match desired.get(&Key::Permissions(dataset.clone())).map(|node| &node.resource) {
        Some(phoenix_graph::Resource::Permissions(said)) => Some(said),
        _ => None,
    }
}
