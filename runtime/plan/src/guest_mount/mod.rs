//! What virtual machines mount, whether their network leads there ([`network`]), by the path that they ask for ([`roots`]),
//! and whether they can write there ([`writing`]). Nothing is done for it inside of them: what is new, changes or goes is told, so that somebody carries it
//! into the machine, and so is what happens to what a machine has mounted over NFS.

mod files;
mod from;
mod network;
mod roots;
mod writing;

pub use files::{MachineFiles, by_machine, machine_files};

use crate::{code, draft::Draft, export::live, stage::Stage};
use phoenix_graph::{
    Graph, GuestMount, Key, Resource,
    export::reach::Exports,
    inside::{MachineMount, units::units},
};
use phoenix_host::observed::{Containers, Query};
use std::collections::BTreeMap;

pub const STAGES: &[Stage] = &[Stage { name: "machines", after: &["lines"], looks_inside: true, run: plan }];

/// Lists what machines of a graph mount, each with the machine.
fn all(graph: &Graph) -> BTreeMap<Key, (u32, MachineMount)> {
    let mounts = graph.resources().filter_map(|resource| Some((resource.key(), resource.in_machine()?)));
    mounts.collect()
}

/// Tells what has to be carried into machines, and what they lose or wait for.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let before = inputs.current.map(all).unwrap_or_default();
    let after = all(inputs.desired);
    let exports = live::clients(inputs.desired);
    for (key, (machine, mount)) in &after {
        match before.get(key) {
            Some((_, earlier)) if earlier == mount => {}
            earlier => carry(draft, key, (*machine, mount), earlier.is_some()),
        }
        has_way(draft, key, before.get(key).is_none_or(|(_, earlier)| earlier != mount), &exports);
    }
    roots::plan(draft);
    writing::plan(draft, &exports);
    for (key, (machine, mount)) in &before {
        // What comes in its place has the same units.
        let again = after.values().any(|(other, new)| other == machine && new.at() == mount.at());
        if !after.contains_key(key) && !again {
            take_away(draft, key, (*machine, mount));
        }
        if let Some(Resource::GuestMount(mount)) =
            inputs.current.and_then(|graph| graph.get(key)).map(|node| &node.resource)
        {
            has_mounted(draft, key, mount);
        }
    }
}

/// Adds what has to be looked at: into machines nobody looks, but there they have to be, and what they mount is somebody's.
pub fn look(query: &mut Query, mount: &GuestMount) {
    query.machines.insert(mount.machine);
    query.directories.insert(mount.dataset.clone());
}

fn carry(draft: &mut Draft<'_>, key: &Key, (machine, mount): (u32, &MachineMount), changed: bool) {
    let news = if changed { "has it in another way" } else { "is to have it" };
    let source = mount.source();
    let (from, once) = match mount {
        MachineMount::Nfs(_) => (format!("from {source}"), "once the switch is done"),
        MachineMount::Tag(_) => (format!("by the tag {source}"), "once it has started after the switch"),
    };
    let text =
        format!("machine {machine} {news}, {from}: {once}, carry over what `phoenix guest {machine}` prints");
    draft.warn(key, code::CARRY_INTO_MACHINE, text);
    let Containers::Found(found) = &draft.inputs.observed.containers else { return };
    // Without the machine nothing is given to it by virtiofs, and that is refused.
    if mount.is_remote() && !found.machines.contains_key(&machine) {
        let other = if found.by_id.contains_key(&machine) { ": that is a container" } else { "" };
        draft.warn(key, code::NO_SUCH_MACHINE, format!("Proxmox has no machine {machine}{other}"));
    }
}

/// Looks whether a machine's network leads to what it is to mount, where that is new or the way to it changes.
fn has_way(draft: &mut Draft<'_>, key: &Key, changes: bool, exports: &Exports<'_>) {
    let inputs = draft.inputs;
    let Containers::Found(found) = &inputs.observed.containers else { return };
    let Some(Resource::GuestMount(mount)) = inputs.desired.get(key).map(|node| &node.resource) else {
        return;
    };
    let export = Key::Export(mount.export.clone());
    let of = |graph: &Graph| graph.get(&export).map(|node| node.content);
    let same = inputs.current.and_then(of) == of(inputs.desired);
    if let Some(state) = found.machines.get(&mount.machine)
        && (changes || !same)
    {
        network::look(draft, key, mount, state, exports);
    }
}

fn take_away(draft: &mut Draft<'_>, key: &Key, (machine, mount): (u32, &MachineMount)) {
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
