//! What owner, group and the accounts of an access control list are on disk: a name as the host knows it, a number, or what a number inside of a container is
//! outside.

use crate::{code, why::Why};
use phoenix_graph::{
    Key, Permissions,
    kind::acl::{Acl, Entry, Whom},
};
use phoenix_host::{
    id_map::{IdMap, Ranges},
    observed::{ContainerState, Containers, Observed, Wanted},
    text::mount_point::MountPoint,
};
use std::collections::BTreeMap;

/// Says what a file system's root directory is to be, by numbers, where it is mounted at a path.
///
/// # Errors
/// Each account that nobody can tell the number of, and why.
pub fn numbers(seen: &Observed, said: &Permissions, path: &str) -> Result<Wanted, Vec<Why>> {
    let inside = said.container.map(|id| map(seen, id, path).map(|map| (id, map))).transpose();
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

/// Names an account of an entry by its number outside, and with the one inside of the container that is said.
pub fn both(seen: &Observed, said: Option<&Permissions>, path: &str, entry: &Entry) -> String {
    let inside = said.and_then(|said| said.container).and_then(|id| Some((id, map(seen, id, path).ok()?)));
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
