//! What virtual machines mount over NFS. Nothing is done for it on the host: what is new, changes or goes is told, so
//! that somebody carries it into the machine, and so is what happens to what a machine has mounted.

use crate::{code, draft::Draft, stage::Stage};
use phoenix_graph::{Graph, GuestMount, Key, Resource, nfs::units::units};
use phoenix_host::observed::Containers;
use std::collections::BTreeMap;

pub const STAGES: &[Stage] = &[Stage { name: "machines", after: &["lines"], looks_inside: true, run: plan }];

/// Lists the mounts of machines of a graph.
fn all(graph: &Graph) -> BTreeMap<Key, &GuestMount> {
    let mounts = graph.resources().filter_map(|resource| match resource {
        Resource::GuestMount(mount) => Some((resource.key(), mount)),
        _ => None,
    });
    mounts.collect()
}

/// Tells what has to be carried into machines, and what they lose or wait for.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let before = inputs.current.map(all).unwrap_or_default();
    let after = all(inputs.desired);
    for (key, mount) in &after {
        match before.get(key) {
            Some(earlier) if earlier.mount == mount.mount => {}
            earlier => carry(draft, key, mount, earlier.is_some()),
        }
    }
    for (key, mount) in &before {
        if !after.contains_key(key) {
            take_away(draft, key, mount);
        }
        has_mounted(draft, key, mount);
    }
}

fn carry(draft: &mut Draft<'_>, key: &Key, GuestMount { machine, mount, .. }: &GuestMount, changed: bool) {
    let news = if changed { "has it in another way" } else { "is to have it" };
    let text = format!(
        "machine {machine} {news}, from {}: once the switch is done, carry over what `phoenix guest {machine}` prints",
        mount.source()
    );
    draft.warn(key, code::CARRY_INTO_MACHINE, text);
    let Containers::Found(found) = &draft.inputs.observed.containers else { return };
    if !found.machines.contains(machine) {
        let other = if found.by_id.contains_key(machine) { ": that is a container" } else { "" };
        draft.warn(key, code::NO_SUCH_MACHINE, format!("Proxmox has no machine {machine}{other}"));
    }
}

fn take_away(draft: &mut Draft<'_>, key: &Key, GuestMount { machine, mount, .. }: &GuestMount) {
    let names: Vec<String> = units(mount).into_iter().rev().map(|unit| unit.name).collect();
    let text = format!(
        "machine {machine} is to have it no more: `systemctl disable --now {}` in the machine, or take it out of its fstab",
        names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(" ")
    );
    draft.warn(key, code::CARRY_INTO_MACHINE, text);
}

/// Tells where a machine loses what it may have mounted, for a time or for good.
fn has_mounted(draft: &mut Draft<'_>, key: &Key, mount: &GuestMount) {
    let GuestMount { machine, dataset, export, .. } = mount;
    let found = &draft.found;
    let text = if draft.inputs.desired.get(&Key::Export(export.clone())).is_none() {
        format!(
            "machine {machine} may have it mounted, and {export} is exported no more: unmount it in the machine first"
        )
    } else if found.moves.aside(dataset).is_some() || found.mounting.goes(dataset) {
        format!("machine {machine} may have it mounted: it waits while {dataset} is unmounted")
    } else {
        return;
    };
    draft.warn(key, code::MACHINE_HAS_MOUNTED, text);
}
