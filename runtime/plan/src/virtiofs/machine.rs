//! What of a machine decides whether it can be given a directory.

use crate::{Change, code, why::Why};
use phoenix_graph::Virtiofs;
use phoenix_host::{
    observed::{Configured, MachineState},
    text::{machine_conf::MOST, package_version::PackageVersion, virtiofs::SharedDirectory},
};
use std::collections::BTreeSet;

/// The first version of `qemu-server` that gives machines directories.
const SINCE: PackageVersion = PackageVersion(8, 3, 11);

/// Finds the directories that a machine has by an id, by number, as they are after its next start.
pub fn at(state: &MachineState, id: &str) -> Vec<(u8, SharedDirectory)> {
    let by_id = |(number, text): (u8, &str)| Some((number, SharedDirectory::read_of(text, id)?));
    state.wanted().into_iter().filter_map(by_id).collect()
}

/// Finds the number of a directory that is to be there by an id: that of the one which still is there and goes at the next
/// start, else the first that none has, now or then.
pub fn free(state: &MachineState, id: &str, taken: impl Fn(u8) -> bool) -> Option<u8> {
    let going = |number: &u8| state.pending.get(number) == Some(&None);
    let there = |text: &str| SharedDirectory::read_of(text, id).is_some();
    let again = state.devices.iter().find(|(number, text)| going(number) && there(text));
    if let Some((&number, _)) = again.filter(|(number, _)| !taken(**number)) {
        return Some(number);
    }
    let used = |number: u8| state.devices.contains_key(&number) || state.pending.contains_key(&number);
    (0..MOST).find(|&number| !used(number) && !taken(number))
}

/// Says why nothing of a machine can be changed now.
pub fn unready(found: &Configured, machine: u32, state: &MachineState) -> Option<Why> {
    if let Some(why) = &found.blocked {
        return Some(Why::new(
            code::MACHINES_BLOCKED,
            format!("Proxmox takes no change of machine {machine}: {why}"),
            "bring the cluster's quorum back, then switch again",
        ));
    }
    if !state.here {
        return Some(Why::new(
            code::MACHINE_ELSEWHERE,
            format!("machine {machine} is on the node {}, where this host's datasets are not", state.node),
            format!("bring it here (`qm migrate`), or take `vm {machine}` out of this host's spec"),
        ));
    }
    state.lock.as_ref().map(|lock| {
        Why::new(
            code::MACHINE_LOCKED,
            format!("machine {machine} is locked ({lock})"),
            format!(
                "wait until that is over, then switch again; `qm unlock {machine}` only where nothing goes on"
            ),
        )
    })
}

/// Says why a machine cannot be given a directory: this host does not do so yet, or the machine would not start with it.
pub fn unable(found: &Configured, given: &Virtiofs, state: &MachineState) -> Option<Why> {
    let machine = given.machine;
    if let Some(is) = found.qemu.filter(|is| *is < SINCE) {
        return Some(Why::new(
            code::VIRTIOFS_UNKNOWN,
            format!("`virtiofs` came with qemu-server {SINCE}, and this host has {is}"),
            "upgrade Proxmox VE to 8.4, or leave `virtiofs` out: then the machine mounts over NFS",
        ));
    }
    if !found.virtiofsd {
        return Some(Why::new(
            code::NO_VIRTIOFSD,
            format!(
                "machine {machine} would not start: this host has no `virtiofsd`, which serves directories"
            ),
            "`apt install virtiofsd`, then switch again",
        ));
    }
    let cannot = |why: &str, help: &str| {
        Some(Why::new(
            code::MACHINE_CANNOT_SHARE,
            format!("machine {machine} would not start with it: {why}"),
            help.to_owned(),
        ))
    };
    if let Some(why) = &state.starts_with_none {
        return cannot(why, "put that right (`qm set ID`), or leave `virtiofs` out");
    }
    if state.windows && given.options.get("expose-acl").is_some_and(|word| &**word == "1") {
        return cannot(
            "its system is a Windows, which takes no access control lists",
            "leave `expose-acl` out",
        );
    }
    let wanted = state.wanted();
    let (number, _) = wanted.iter().find(|(_, text)| SharedDirectory::read(text).is_none())?;
    let why = format!("virtiofs{number} cannot be read");
    cannot(&why, "see `qm config ID`, and put that line right")
}

/// Lists what differs between two directories by one id.
pub fn changes(is: &SharedDirectory, wanted: &SharedDirectory) -> Vec<Change> {
    let names: BTreeSet<&str> = is.options.keys().chain(wanted.options.keys()).map(|name| &**name).collect();
    let of = |one: &SharedDirectory, name: &str| one.options.get(name).map(ToString::to_string);
    let change = |name: &str| {
        let (old, new) = (of(is, name), of(wanted, name));
        (old != new).then(|| Change::new(name, old.as_deref(), new.as_deref()))
    };
    names.into_iter().filter_map(change).collect()
}
