//! What of a container decides whether it can be given a mount point, and what to know of that.

use crate::{Change, Inputs, code, why::Why};
use phoenix_graph::{Bind, Code, Graph, Key, Resource, check::guest, id_map::MountMap};
use phoenix_host::{
    observed::{Configured, ContainerState, Observed},
    text::mount_point::{LATER, MOST, MountPoint},
};
use std::collections::{BTreeMap, BTreeSet};

/// What to do where a path inside is taken.
pub const TAKEN_HELP: &str =
    "give the dataset another path (`at`), or take that mount point from the container by hand";

/// Lists the binds of a graph.
fn binds(graph: &Graph) -> impl Iterator<Item = &Bind> {
    graph.resources().filter_map(|resource| match resource {
        Resource::Bind(bind) => Some(bind),
        _ => None,
    })
}

/// Lists the binds of a graph, those of one container by their paths: what lies above another comes before it.
pub fn all(graph: &Graph) -> BTreeMap<Key, &Bind> {
    binds(graph).map(|bind| (Key::Bind(bind.container, bind.at.clone()), bind)).collect()
}

/// The first version of OpenZFS whose file systems can be mounted with numbers of their own.
const MAPPED_MOUNTS: (u32, u32) = (2, 2);

/// Returns what a generation says of a mount point.
pub fn earlier<'a>(current: &'a Graph, key: &Key) -> Option<&'a Bind> {
    match &current.get(key)?.resource {
        Resource::Bind(bind) => Some(bind),
        _ => None,
    }
}

/// Returns a mount point as it is to be: as the spec says, and what no spec says as it is. A map of numbers is there by
/// hand where the current generation does not say one.
pub fn planned(inputs: &Inputs<'_>, bind: &Bind, is: Option<&MountPoint>) -> MountPoint {
    let mut said = MountPoint::new(&bind.source_path(), &bind.at, &bind.options);
    let key = Key::Bind(bind.container, bind.at.clone());
    let earlier = inputs.current.and_then(|current| earlier(current, &key));
    let is_ours = |name: &str| match name {
        "mountoptions" => true,
        name if LATER.iter().any(|(later, _)| *later == name) => {
            earlier.is_some_and(|earlier| earlier.options.contains_key(name))
        }
        name => guest::SWITCHES.contains(&name),
    };
    for (name, value) in is.iter().flat_map(|is| &is.options) {
        // What is said to be as it is anyway is written nowhere.
        if !is_ours(name) && !bind.options.contains_key(name) {
            said.options.insert(name.clone(), value.clone());
        }
    }
    said
}

/// Lists what a container is to have: what a spec says, and what somebody else gave it.
pub fn points(inputs: &Inputs<'_>, id: u32, state: &ContainerState) -> Vec<MountPoint> {
    let of = |graph| binds(graph).filter(|bind| bind.container == id).collect::<Vec<&Bind>>();
    let (desired, current) = (of(inputs.desired), inputs.current.map(of).unwrap_or_default());
    let seen: Vec<MountPoint> = state.wanted().into_values().filter_map(MountPoint::read).collect();
    let is_said = |at: &str| desired.iter().chain(&current).any(|bind| *bind.at == *at);
    let foreign = seen.iter().filter(|point| !is_said(&point.at)).cloned();
    let is = |bind: &Bind| seen.iter().find(|point| point.at == bind.at);
    let said = desired.iter().map(|bind| planned(inputs, bind, is(bind)));
    foreign.chain(said).collect()
}

/// Lists the paths of the folders that a container is to have, of what is mounted at a path.
pub fn folders(desired: &Graph, id: u32, path: &str) -> BTreeSet<Box<str>> {
    let of = binds(desired).filter(|bind| bind.container == id && *bind.path == *path);
    of.filter(|bind| bind.subdirectory.is_some()).map(Bind::source_path).collect()
}

/// Finds the number of a mount point that is to be at a path: that of the one which still is there and goes at the
/// next start, else the first that none has, now or then.
pub fn free(state: &ContainerState, at: &str, taken: impl Fn(u16) -> bool) -> Option<u16> {
    let going = |number: &u16| state.pending.get(number) == Some(&None);
    let there = |text: &str| MountPoint::read(text).is_some_and(|point| *point.at == *at);
    let again = state.points.iter().find(|(number, text)| going(number) && there(text));
    if let Some((&number, _)) = again.filter(|(number, _)| !taken(**number)) {
        return Some(number);
    }
    let used = |number: u16| state.points.contains_key(&number) || state.pending.contains_key(&number);
    (0..MOST).find(|&number| !used(number) && !taken(number))
}

/// Says why nothing of a container can be changed now.
pub fn unready(found: &Configured, id: u32, state: &ContainerState) -> Option<Why> {
    if let Some(why) = &found.blocked {
        return Some(Why::new(
            code::CONTAINERS_BLOCKED,
            format!("Proxmox takes no change of container {id}: {why}"),
            "bring the cluster's quorum back, then switch again",
        ));
    }
    if !state.here {
        return Some(Why::new(
            code::CONTAINER_ELSEWHERE,
            format!("container {id} is on the node {}, where this host's datasets are not", state.node),
            format!("bring it here (`pct migrate`), or take `lxc {id}` out of this host's spec"),
        ));
    }
    if let Some(lock) = &state.lock {
        return Some(Why::new(
            code::CONTAINER_LOCKED,
            format!("container {id} is locked ({lock})"),
            format!(
                "wait until that is over, then switch again; `pct unlock {id}` only where nothing goes on"
            ),
        ));
    }
    state.protected.then(|| {
        Why::new(
            code::CONTAINER_PROTECTED,
            format!("container {id} is protected: Proxmox changes none of its mount points"),
            format!("`pct set {id} --protection 0`, switch, and protect it again"),
        )
    })
}

/// Says why a container cannot be given something at a path: a mount point that cannot be read may stand there; and
/// what is reached through a link it does not start with.
pub fn barred(seen: &Observed, bind: &Bind, state: &ContainerState) -> Option<Why> {
    let id = bind.container;
    if let Some((link, target)) = seen.links_passed.get(&bind.path) {
        return Some(Why::new(
            code::BIND_THROUGH_LINK,
            format!(
                "{} passes the link {link}, which leads to {target}: no container starts with that",
                bind.path
            ),
            "give the dataset a mount point that passes no link",
        ));
    }
    let wanted = state.wanted();
    let (number, _) = wanted.iter().find(|(_, text)| MountPoint::read(text).is_none())?;
    Some(Why::new(
        code::MOUNT_POINT_TAKEN,
        format!("mp{number} of container {id} cannot be read, so nobody can tell where it is"),
        format!("see `pct config {id}`, and put that line right"),
    ))
}

/// Says what of a mount point this host does not do yet, or could not do: a container would not start with it.
pub fn too_old(seen: &Observed, found: &Configured, bind: &Bind, state: &ContainerState) -> Option<Why> {
    let id = bind.container;
    // What is said to be as it is anyway is not written.
    let point = MountPoint::new(&bind.source_path(), &bind.at, &bind.options);
    let later = LATER.iter().filter(|(name, _)| point.options.contains_key(*name));
    let unknown =
        later.filter_map(|(name, since)| Some((name, since, found.version.filter(|is| is < since)?)));
    if let Some((name, since, is)) = unknown.max_by_key(|(_, since, _)| *since) {
        return Some(Why::new(
            code::CONTAINER_OPTION_UNKNOWN,
            format!("`{name}` of a mount point came with pve-container {since}, and this host has {is}"),
            format!("upgrade Proxmox VE, or leave `{name}` out"),
        ));
    }
    let map = MountMap::read(bind.options.get("idmap")?).ok()?;
    if state.ids.is_same() {
        return None;
    }
    if seen.zfs < MAPPED_MOUNTS {
        let (major, minor) = seen.zfs;
        return Some(Why::new(
            code::CONTAINER_OPTION_UNKNOWN,
            format!(
                "a mount with numbers of its own (`idmap`) needs OpenZFS 2.2, and this host has {major}.{minor}"
            ),
            "upgrade OpenZFS, or leave `idmap` out and say `permissions` with `container`",
        ));
    }
    map.clash(&state.ids).map(|clash| {
        Why::new(
            code::ID_MAP_CLASHES,
            format!("container {id} would not start with `idmap` {map}: {clash}"),
            format!("map to numbers that the container has not: see `lxc.idmap` in `pct config {id}`, where none is, 100000 to 165535 are its own"),
        )
    })
}

/// Lists what to know of a mount point that is new.
pub fn warnings(bind: &Bind, state: &ContainerState, number: u16, elsewhere: bool) -> Vec<(Code, String)> {
    let id = bind.container;
    let mut found = Vec::new();
    let read = |text: &str| MountPoint::read(text);
    let first = !state.wanted().values().any(|text| read(text).is_some_and(|point| point.is_bind()));
    if first && !state.snapshots.is_empty() {
        found.push((
            code::SNAPSHOTS_END,
            format!(
                "container {id} has snapshots ({}): with a bind mount point Proxmox takes no more of it",
                state.snapshots.join(", ")
            ),
        ));
    }
    if elsewhere && bind.options.get("shared").is_none_or(|word| &**word != "1") {
        found.push((
            code::MIGRATION_ENDS,
            format!("container {id} cannot be migrated while it has this: only this node has the dataset"),
        ));
    }
    // Proxmox mounts in the order of the numbers.
    let below =
        |point: &MountPoint| point.at.strip_prefix(&*bind.at).is_some_and(|rest| rest.starts_with('/'));
    for (other, text) in state.wanted() {
        if let Some(point) = read(text).filter(|point| other < number && below(point)) {
            found.push((
                code::HIDES_MOUNT_POINT,
                format!(
                    "at the next start of container {id} it hides {} (mp{other}), which is mounted before it",
                    point.at
                ),
            ));
        }
    }
    found
}

/// Lists what differs between two mount points at one path.
pub fn changes(is: &MountPoint, wanted: &MountPoint) -> Vec<Change> {
    let mut found = Vec::new();
    if is.volume != wanted.volume {
        found.push(Change::new("path", Some(&is.volume), Some(&wanted.volume)));
    }
    let names: BTreeSet<&str> = is.options.keys().chain(wanted.options.keys()).map(|name| &**name).collect();
    for name in names {
        let (old, new) =
            (is.options.get(name).map(|word| &**word), wanted.options.get(name).map(|word| &**word));
        if old != new {
            found.push(Change::new(name, old, new));
        }
    }
    found
}
