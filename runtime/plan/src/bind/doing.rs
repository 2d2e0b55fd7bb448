//! What is done to mount points of containers, and what takes it back: never to data.

use super::folder;
use crate::{Inverse, doing::Doing, guests::Back};
use phoenix_host::{
    observed::{ContainerState, Containers, Observed},
    op::Op,
    text::mount_point::MountPoint,
};

/// Gives a container a mount point, or another one in its place.
pub fn set(container: u32, number: u16, point: &str, state: &ContainerState) -> Doing {
    let over = over(state, number);
    let op = Op::MountPointSet { container, number, point: point.into(), over: over.clone() };
    Doing::new(op, Inverse::MountPoint { container, number, before: over })
}

/// Takes a mount point from a container; nothing where it has none.
pub fn remove(container: u32, number: u16, state: &ContainerState) -> Doing {
    match over(state, number) {
        None => Doing::default(),
        Some(over) => Doing::new(
            Op::MountPointRemove { container, number, over: over.clone() },
            Inverse::MountPoint { container, number, before: Some(over) },
        ),
    }
}

/// Returns what takes it back. What only waits for the next start is dropped.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    if matches!(inverse, Inverse::FolderAbsent { .. }) {
        return folder::back(inverse, seen);
    }
    let (Inverse::MountPoint { container, number, before }, Containers::Found(found)) =
        (inverse, &seen.containers)
    else {
        return Vec::new();
    };
    let (container, number) = (*container, *number);
    let Some(state) = found.by_id.get(&container) else { return Vec::new() };
    let in_force = state.points.get(&number).map(|text| &**text);
    match Back::find(over(state, number).as_deref(), in_force, before.as_deref(), is_same) {
        Back::Nothing => Vec::new(),
        Back::Revert => vec![Op::MountPointRevert { container, number }],
        Back::Set { before, over } => vec![Op::MountPointSet { container, number, point: before, over }],
        Back::Remove { over } => vec![Op::MountPointRemove { container, number, over }],
    }
}

/// Says why nobody can tell what a container has.
pub fn unseen<'a>(inverse: &Inverse, seen: &'a Observed) -> Option<&'a str> {
    match (inverse, &seen.containers) {
        (Inverse::MountPoint { .. }, Containers::Unknown(unknown)) => Some(&unknown.reason),
        _ => None,
    }
}

/// Says what stays until the next start of a container: what it runs with cannot be taken from it.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    let (Inverse::MountPoint { container, number, before }, Containers::Found(found)) =
        (inverse, &seen.containers)
    else {
        return None;
    };
    let state = found.by_id.get(container).filter(|state| state.running)?;
    let now = state.points.get(number);
    let stays = match before {
        Some(before) => differs(state, *number, before),
        None => now.is_some(),
    };
    let what = now.map_or("nothing", |text| &**text);
    stays.then(|| format!("container {container} has {what} at mp{number} until its next start"))
}

/// Returns whether what is in force at a number is another mount point.
pub fn differs(state: &ContainerState, number: u16, point: &str) -> bool {
    !is_same(state.points.get(&number).map(|text| &**text), Some(point))
}

/// Returns whether this mount point is what is written at a number, as it is after the next start.
pub fn is_wanted(state: &ContainerState, number: u16, point: &str) -> bool {
    is_same(over(state, number).as_deref(), Some(point))
}

/// Returns what is written at a number, as it is after the next start.
fn over(state: &ContainerState, number: u16) -> Option<Box<str>> {
    state.wanted().get(&number).map(|text| (*text).into())
}

/// Returns whether two mount points are the same, however they are written.
fn is_same(a: Option<&str>, b: Option<&str>) -> bool {
    a == b
        || matches!((a.map(MountPoint::read), b.map(MountPoint::read)), (Some(Some(a)), Some(Some(b))) if a == b)
}
