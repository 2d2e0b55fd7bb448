//! Directories that machines are given by virtiofs: `qm` writes them into the configuration of the machine, under the next
//! number that is free; after that one is found by its id, and keeps its number as long as it is said.
//!
//! Whatever is new, changes or goes waits for the machine's next start, and is told until then. Directories that people
//! gave a machine are theirs.

pub mod doing;
mod machine;

use crate::{Kind, Prior, Subject, code, draft::Draft, guests, sketch::Sketch, stage::Stage, why::Why};
use machine::{at, changes, free, unable, unready};
use phoenix_graph::{Graph, Key, Resource, Virtiofs};
use phoenix_host::{
    observed::{Configured, Containers, MachineState, Observed, Query},
    text::{machine_conf::MOST, virtiofs::SharedDirectory},
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[
    Stage { name: "shared away", after: &["binds away"], looks_inside: true, run: take_away },
    Stage { name: "shared", after: &["mappings"], looks_inside: true, run: plan },
];

/// The name that what an adopted directory was goes by.
pub const SHARED: &str = "shared-directory";

/// Lists what machines are given by virtiofs.
pub fn all(graph: &Graph) -> BTreeMap<Key, &Virtiofs> {
    let given = graph.resources().filter_map(|resource| match resource {
        Resource::Virtiofs(given) => Some((resource.key(), given)),
        _ => None,
    });
    given.collect()
}

/// Plans what goes: the directories that only the current generation says.
fn take_away(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, given) in inputs.current.map(all).unwrap_or_default() {
        if inputs.desired.get(&key).is_some() {
            continue;
        }
        let Some(found) = guests::seen(draft, &key) else { continue };
        // With its machine it is gone, too.
        let Some(state) = found.machines.get(&given.machine) else { continue };
        let all = at(state, &given.id);
        if !state.here {
            draft.adopted.remove(&key);
            if !all.is_empty() {
                guests::left_elsewhere(draft, &key, &format!("machine {}", given.machine), &state.node);
            }
            draft.push(Subject::Resource(key), Sketch::new(Kind::Release));
            continue;
        }
        if all.len() > 1 {
            draft.refuse_for(&key, twice(given.machine, &all));
            continue;
        }
        let ours = all.into_iter().next();
        let adopted = draft.whose.was_adopted(&key);
        let to = match inputs.prior(&key, SHARED) {
            Some(Prior::Own { raw, .. }) if adopted && inputs.gives_back => Some(&**raw),
            _ => None,
        };
        let mut sketch = Sketch::new(if adopted { Kind::Release } else { Kind::Remove });
        let Some((number, directory)) = ours.filter(|_| !adopted || to.is_some()) else {
            if adopted {
                draft.adopted.remove(&key);
                draft.push(Subject::Resource(key), sketch);
            }
            continue;
        };
        draft.adopted.remove(&key);
        if to.is_none_or(|to| !doing::is_wanted(state, number, to)) {
            if let Some(why) = unready(found, given.machine, state) {
                draft.refuse_for(&key, why);
                continue;
            }
            sketch.tell(&format!("virtiofs{number}"), Some(&directory.to_string()), to);
            sketch.run(match to {
                Some(to) => doing::set(given.machine, number, to, state),
                None => doing::remove(given.machine, number, state),
            });
            if state.running {
                waits(draft, &key, given.machine, number);
            }
        }
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Plans all directories of the desired graph.
fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // What this plan takes, besides what is taken already.
    let mut taken: BTreeSet<(u32, u8)> = BTreeSet::new();
    for (key, given) in all(inputs.desired) {
        let found = match &inputs.observed.containers {
            Containers::Found(found) => found,
            other => {
                let earlier = inputs.current.and_then(|current| current.get(&key));
                let same = earlier.is_some_and(|node| match &node.resource {
                    Resource::Virtiofs(earlier) => earlier.options == given.options,
                    _ => false,
                });
                guests::unseen(draft, &key, same, other);
                continue;
            }
        };
        let Some(state) = found.machines.get(&given.machine) else {
            draft.refuse(
                &key,
                code::NO_MACHINE,
                format!("there is no machine {}", given.machine),
                "make it first, or take the `vm` out of the spec",
            );
            continue;
        };
        let given = Given { key: &key, given, found, state };
        match &at(state, &given.given.id)[..] {
            [] => create(draft, &given, &mut taken),
            [(number, directory)] => present(draft, &given, *number, directory),
            several => draft.refuse_for(&key, twice(given.given.machine, several)),
        }
    }
}

/// Says that a machine has one directory several times.
fn twice(machine: u32, several: &[(u8, SharedDirectory)]) -> Why {
    let several: Vec<String> = several.iter().map(|(number, _)| format!("virtiofs{number}")).collect();
    Why::new(
        code::DIRECTORY_TWICE,
        format!("machine {machine} has it as {}", several.join(" and ")),
        format!("take all but one from the machine: `qm set {machine} --delete virtiofsN`"),
    )
}

/// A directory, and the machine that it is given to.
struct Given<'a> {
    key: &'a Key,
    given: &'a Virtiofs,
    found: &'a Configured,
    state: &'a MachineState,
}

/// Plans one that is not there yet.
fn create(draft: &mut Draft<'_>, one: &Given<'_>, taken: &mut BTreeSet<(u32, u8)>) {
    let Given { key, given, found, state } = *one;
    let machine = given.machine;
    if let Some(why) = unready(found, machine, state).or_else(|| unable(found, given, state)) {
        draft.refuse_for(key, why);
        return;
    }
    let Some(number) = free(state, &given.id, |number| taken.contains(&(machine, number))) else {
        draft.refuse(
            key,
            code::NO_FREE_SHARED,
            format!("machine {machine} has {MOST} directories already"),
            "take one from it that nobody needs: `qm set ID --delete virtiofsN`",
        );
        return;
    };
    taken.insert((machine, number));
    let directory = SharedDirectory::new(&given.id, &given.options).to_string();
    let mut sketch = Sketch::new(Kind::Create);
    sketch.tell(&format!("virtiofs{number}"), None, Some(&directory));
    sketch.run(doing::set(machine, number, &directory, state));
    if state.running {
        waits(draft, key, machine, number);
    }
    takes_away(draft, one);
    guests::give(draft, key, &given.dataset, sketch);
}

/// Tells what a machine can no more.
fn takes_away(draft: &mut Draft<'_>, one: &Given<'_>) {
    let Given { key, given, state, .. } = *one;
    let machine = given.machine;
    if state.wanted().is_empty() {
        let text = format!(
            "machine {machine} can be migrated only while it is off, and neither be hibernated nor get a snapshot \
             with its memory"
        );
        draft.warn(key, code::SHARED_TAKES_AWAY, text);
    }
    let text = format!("root in machine {machine} is root in {}: numbers pass as they are", given.dataset);
    draft.warn(key, code::ROOT_IN_MACHINE, text);
}

fn present(draft: &mut Draft<'_>, one: &Given<'_>, number: u8, directory: &SharedDirectory) {
    let Given { key, given, found, state } = *one;
    let machine = given.machine;
    let known = draft.whose.is_known(key);
    let mut sketch = Sketch::new(Kind::Update);
    if !known {
        let what = format!("virtiofs{number}, a directory by that id,");
        let text = state.wanted().get(&number).copied().unwrap_or_default();
        if !guests::adopt(draft, key, &mut sketch, &what, SHARED, text) {
            return;
        }
    }
    let wanted = SharedDirectory::new(&given.id, &given.options);
    if wanted == *directory {
        if !state.here {
            guests::left_elsewhere(draft, key, &format!("machine {machine}"), &state.node);
        }
        if state.running && state.pending.contains_key(&number) {
            waits(draft, key, machine, number);
        }
        if !known {
            guests::give(draft, key, &given.dataset, sketch);
        }
        return;
    }
    if let Some(why) = unready(found, machine, state).or_else(|| unable(found, given, state)) {
        draft.refuse_for(key, why);
        return;
    }
    sketch.changes = changes(directory, &wanted);
    sketch.run(doing::set(machine, number, &wanted.to_string(), state));
    if state.running {
        waits(draft, key, machine, number);
    }
    guests::give(draft, key, &given.dataset, sketch);
}

/// Tells that something waits for a machine's next start.
fn waits(draft: &mut Draft<'_>, key: &Key, machine: u32, number: u8) {
    let text =
        format!("machine {machine} runs: virtiofs{number} is so at its next start (`qm reboot {machine}`)");
    draft.warn(key, code::WAITS_FOR_START, text);
}

/// Adds what has to be looked at.
pub fn look(query: &mut Query, given: &Virtiofs) {
    query.machines.insert(given.machine);
    query.qemu_version = true;
}

/// Returns whether a machine has nothing by the id, where all are seen.
pub fn is_missing(seen: &Observed, given: &Virtiofs) -> bool {
    let Containers::Found(found) = &seen.containers else { return false };
    found.machines.get(&given.machine).is_none_or(|state| at(state, &given.id).is_empty())
}
