//! Directory mappings: `pvesh` says which directory of this node machines are given by an id. The id is the cluster's, and
//! what it stands for on other nodes is kept as it is; with the last of its directories it goes.

use crate::{
    Inverse, Kind, Prior, Subject, code, consent,
    doing::Doing,
    draft::Draft,
    guests,
    order::{Milestone, Need},
    record::Claim,
    sketch::Sketch,
    stage::Stage,
    why::Why,
};
use phoenix_graph::{Graph, Key, Mapping, Resource, plain::some};
use phoenix_host::{
    observed::{Configured, Containers, NodeDirectory, Observed},
    op::Op,
    text::virtiofs::SharedDirectory,
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[
    Stage { name: "mappings away", after: &["shared away"], looks_inside: true, run: take_away },
    Stage { name: "mappings", after: &["binds"], looks_inside: true, run: plan },
];

/// The name that what an adopted mapping stood for goes by.
pub const DIRECTORY: &str = "directory";

/// Lists the mappings of a graph.
fn all(graph: &Graph) -> BTreeMap<Key, &Mapping> {
    let mappings = graph.resources().filter_map(|resource| match resource {
        Resource::Mapping(mapping) => Some((resource.key(), mapping)),
        _ => None,
    });
    mappings.collect()
}

/// Plans what goes: the mappings that only the current generation says.
fn take_away(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, mapping) in inputs.current.map(all).unwrap_or_default() {
        if inputs.desired.get(&key).is_some() {
            continue;
        }
        let Some(found) = guests::seen(draft, &key) else { continue };
        let is = found.mappings.path(&mapping.id, &found.node);
        let ours = is.filter(|path| **path == *mapping.path);
        let mut sketch = if draft.whose.was_adopted(&key) {
            draft.adopted.remove(&key);
            let mut sketch = Sketch::new(Kind::Release);
            if let (Some(ours), Some(Prior::Own { raw, .. }), true) =
                (ours, inputs.prior(&key, DIRECTORY), inputs.gives_back)
                && *ours != **raw
            {
                if let Some(why) = unwritable(found, &mapping.id) {
                    draft.refuse_for(&key, why);
                    continue;
                }
                sketch.tell("path", Some(ours), Some(raw));
                sketch.run(map(found, &mapping.id, Some(raw)));
            }
            sketch
        } else {
            let Some(ours) = ours else { continue };
            if let Some(why) = unwritable(found, &mapping.id).or_else(|| in_use(draft, found, &mapping.id)) {
                draft.refuse_for(&key, why);
                continue;
            }
            let mut sketch = Sketch::new(Kind::Remove);
            sketch.tell("path", Some(ours), None);
            sketch.run(map(found, &mapping.id, None));
            sketch
        };
        for machine in given(draft, &mapping.id) {
            sketch.after(Milestone::Done(machine));
        }
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Lists what the current generation gives machines by an id.
fn given(draft: &Draft<'_>, id: &str) -> Vec<Key> {
    let current = draft.inputs.current.into_iter().flat_map(Graph::resources);
    let by_id = |resource: &&Resource| matches!(resource, Resource::Virtiofs(given) if *given.id == *id);
    current.filter(by_id).map(Resource::key).collect()
}

/// Says who is given a directory by an id, beside those that the plan takes it from.
fn in_use(draft: &Draft<'_>, found: &Configured, id: &str) -> Option<Why> {
    let mut taken: BTreeSet<(u32, u8)> = BTreeSet::new();
    for op in draft.actions().iter().flat_map(|action| &action.ops) {
        if let Op::VirtiofsRemove { machine, number, .. } | Op::VirtiofsSet { machine, number, .. } = op {
            taken.insert((*machine, *number));
        }
    }
    let here = found.machines.iter().filter(|(_, state)| state.here);
    let devices = here.flat_map(|(machine, state)| {
        state.wanted().into_iter().map(move |(number, text)| (*machine, number, text))
    });
    let by_id = |text: &str| SharedDirectory::read(text).is_none_or(|one| *one.id == *id);
    // What could not be taken is refused already.
    let stuck = |machine: u32| draft.is_refused(&Key::Virtiofs(machine, id.into()));
    let users: Vec<String> = devices
        .filter(|(machine, number, text)| !taken.contains(&(*machine, *number)) && by_id(text))
        .filter(|(machine, ..)| !stuck(*machine))
        .map(|(machine, number, _)| format!("machine {machine} (virtiofs{number})"))
        .collect();
    (!users.is_empty()).then(|| {
        Why::new(
            code::MAPPING_IN_USE,
            format!("it is to go, and others are given it: {}", some(&users)),
            "take it from them (`qm set ID --delete virtiofsN`), or keep it as it is in the spec",
        )
    })
}

/// Plans all mappings of the desired graph.
fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, mapping) in all(inputs.desired) {
        let found = match &inputs.observed.containers {
            Containers::Found(found) => found,
            other => {
                let said = inputs.current.and_then(|current| current.get(&key));
                let same = said.is_some_and(|node| node.resource == Resource::Mapping(mapping.clone()));
                guests::unseen(draft, &key, same, other);
                continue;
            }
        };
        let is = found.mappings.path(&mapping.id, &found.node);
        let mut sketch = Sketch::new(if is.is_some() { Kind::Update } else { Kind::Create });
        let known = draft.whose.is_known(&key);
        if let (Some(is), false) = (is, known) {
            let what = format!("the id {}, which is {is} on this node,", mapping.id);
            if !consent::adopt(draft, &key, &what, Claim::Foreign) {
                continue;
            }
            sketch.kind = Kind::Adopt;
            let own = Prior::Own { raw: is.into(), word: is.into() };
            draft.stands_over(&key, [(DIRECTORY.into(), own)].into());
        }
        if is != Some(&*mapping.path) {
            if let Some(why) = unwritable(found, &mapping.id) {
                draft.refuse_for(&key, why);
                continue;
            }
            sketch.tell("path", is, Some(&mapping.path));
            sketch.run(map(found, &mapping.id, Some(&mapping.path)));
            waits(draft, &key, found, &mapping.id);
        } else if known {
            continue;
        }
        // The directory has to be there: Proxmox looks.
        sketch.after(Need::OwnGround);
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Tells of machines that run with what the id stood for.
fn waits(draft: &mut Draft<'_>, key: &Key, found: &Configured, id: &str) {
    let has = |text: &str| SharedDirectory::read(text).is_some_and(|one| *one.id == *id);
    let running = found.machines.iter().filter(|(_, state)| state.running);
    for (machine, _) in running.filter(|(_, state)| state.devices.values().any(|text| has(text))) {
        let text = format!("machine {machine} runs: it has the other directory at its next start");
        draft.warn(key, code::WAITS_FOR_START, text);
    }
}

/// Says why it cannot be changed what an id stands for, or could not be changed back.
fn unwritable(found: &Configured, id: &str) -> Option<Why> {
    if let Some(is) = found.mappings.path(id, &found.node).filter(|_| found.mappings.absent.contains(id)) {
        return Some(Why::new(
            code::NOT_MADE_AGAIN,
            format!("it would change, and Proxmox would not take it again as it is: {is} is not there"),
            format!(
                "make that directory, or remove the mapping by hand (`pvesh delete /cluster/mapping/dir/{id}`: on all nodes)"
            ),
        ));
    }
    if let Some(why) = found.blocked.as_ref().or(found.mappings.blocked.as_ref()) {
        return Some(Why::new(
            code::MAPPINGS_BLOCKED,
            format!("Proxmox takes no change of /etc/pve/mapping/directory.cfg: {why}"),
            "put that right, then switch again",
        ));
    }
    let lost: Vec<String> =
        found.mappings.lost.iter().map(|(number, line)| format!("line {number}: {line}")).collect();
    (!lost.is_empty()).then(|| {
        Why::new(
            code::MAPPINGS_LOSE_LINES,
            format!(
                "any change rewrites /etc/pve/mapping/directory.cfg, and Proxmox drops what it does not understand: {}",
                some(&lost)
            ),
            "put those lines right, or take them out, then switch again",
        )
    })
}

/// Says what an id stands for on this node; nothing for none.
fn map(found: &Configured, id: &str, path: Option<&str>) -> Doing {
    let inverse =
        Inverse::Mapping { id: id.into(), before: found.mappings.path(id, &found.node).map(Box::from) };
    op(found, id, path).map_or_else(Doing::default, |op| Doing::new(op, inverse))
}

fn op(found: &Configured, id: &str, path: Option<&str>) -> Option<Op> {
    let over = found.mappings.of(id);
    if found.mappings.path(id, &found.node) == path {
        return None;
    }
    let mut maps: Vec<NodeDirectory> = over.iter().filter(|one| one.node != found.node).cloned().collect();
    maps.extend(path.map(|path| NodeDirectory { node: found.node.clone(), path: path.into() }));
    Some(Op::DirectoryMap { id: id.into(), over: over.to_vec(), maps })
}

/// Returns what takes it back: what other nodes have by then is kept.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    match (inverse, &seen.containers) {
        (Inverse::Mapping { id, before }, Containers::Found(found)) => {
            op(found, id, before.as_deref()).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Returns what of it goes in its turn, so that what it lies over can go; a directory comes back once it is mounted again.
pub fn goes(inverse: &Inverse, seen: &Observed) -> Option<Vec<Op>> {
    match inverse {
        Inverse::Mapping { before: None, .. } => Some(back(inverse, seen)),
        Inverse::Mapping { .. } => Some(Vec::new()),
        _ => None,
    }
}

/// Returns whether an id stands for nothing on this node, where that is seen.
pub fn is_missing(seen: &Observed, mapping: &Mapping) -> bool {
    let Containers::Found(found) = &seen.containers else { return false };
    found.mappings.path(&mapping.id, &found.node).is_none()
}
