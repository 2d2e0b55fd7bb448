//! What is done to directories of machines, and what takes it back: never to data.

use crate::{Inverse, doing::Doing, guests::Back};
use phoenix_host::{
    observed::{Containers, MachineState, Observed},
    op::Op,
    text::virtiofs::SharedDirectory,
};

/// Gives a machine a directory, or another one in its place.
pub fn set(machine: u32, number: u8, directory: &str, state: &MachineState) -> Doing {
    let over = over(state, number);
    let op = Op::VirtiofsSet { machine, number, directory: directory.into(), over: over.clone() };
    Doing::new(op, Inverse::Virtiofs { machine, number, before: over })
}

/// Takes a directory from a machine; nothing where it has none.
pub fn remove(machine: u32, number: u8, state: &MachineState) -> Doing {
    match over(state, number) {
        None => Doing::default(),
        Some(over) => Doing::new(
            Op::VirtiofsRemove { machine, number, over: over.clone() },
            Inverse::Virtiofs { machine, number, before: Some(over) },
        ),
    }
}

/// Returns what takes it back. What only waits for the next start is dropped.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let (Inverse::Virtiofs { machine, number, before }, Containers::Found(found)) =
        (inverse, &seen.containers)
    else {
        return Vec::new();
    };
    let (machine, number) = (*machine, *number);
    let Some(state) = found.machines.get(&machine) else { return Vec::new() };
    let in_force = state.devices.get(&number).map(|text| &**text);
    match Back::find(over(state, number).as_deref(), in_force, before.as_deref(), is_same) {
        Back::Nothing => Vec::new(),
        Back::Revert => vec![Op::VirtiofsRevert { machine, number }],
        Back::Set { before, over } => vec![Op::VirtiofsSet { machine, number, directory: before, over }],
        Back::Remove { over } => vec![Op::VirtiofsRemove { machine, number, over }],
    }
}

/// Says why nobody can tell what machines have.
pub fn unseen<'a>(inverse: &Inverse, seen: &'a Observed) -> Option<&'a str> {
    match (inverse, &seen.containers) {
        (Inverse::Virtiofs { .. } | Inverse::Mapping { .. }, Containers::Unknown(unknown)) => {
            Some(&unknown.reason)
        }
        _ => None,
    }
}

/// Says what stays until the next start of a machine: what it runs with cannot be taken from it.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    let (Inverse::Virtiofs { machine, number, before }, Containers::Found(found)) =
        (inverse, &seen.containers)
    else {
        return None;
    };
    let state = found.machines.get(machine).filter(|state| state.running)?;
    let now = state.devices.get(number).map(|text| &**text);
    let what = now.unwrap_or("nothing");
    (!is_same(now, before.as_deref()))
        .then(|| format!("machine {machine} has {what} as virtiofs{number} until its next start"))
}

/// Returns whether this directory is what is written at a number, as it is after the next start.
pub fn is_wanted(state: &MachineState, number: u8, directory: &str) -> bool {
    is_same(over(state, number).as_deref(), Some(directory))
}

/// Returns what is written at a number, as it is after the next start.
fn over(state: &MachineState, number: u8) -> Option<Box<str>> {
    state.wanted().get(&number).map(|text| (*text).into())
}

/// Returns whether two directories are the same, however they are written.
fn is_same(a: Option<&str>, b: Option<&str>) -> bool {
    let read = |text: Option<&str>| text.and_then(SharedDirectory::read);
    a == b || matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
}
