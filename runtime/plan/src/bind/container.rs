//! What of a container decides whether it can be given a mount point, and what to know of that.

use crate::{Change, code, why::Why};
use phoenix_graph::{Bind, Code};
use phoenix_host::{
    observed::{Configured, ContainerState, Observed},
    text::mount_point::{MOST, MountPoint},
};
use std::collections::BTreeSet;

/// What to do where a path inside is taken.
pub const TAKEN_HELP: &str =
    "give the dataset another path (`at`), or take that mount point from the container by hand";

/// Returns the mount point that a spec says.
pub fn said(bind: &Bind) -> MountPoint {
    MountPoint::new(&bind.path, &bind.at, &bind.options)
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
