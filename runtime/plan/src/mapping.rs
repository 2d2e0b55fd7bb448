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
    observed::{Configured, Containers, NodeDirectory, Observed, mount::plain},
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

/// Lists those that only the current generation says.
fn gone<'a>(draft: &Draft<'a>) -> Vec<(Key, &'a Mapping)> {
    let inputs = draft.inputs;
    let mut gone: Vec<_> = inputs.current.map(all).unwrap_or_default().into_iter().collect();
    gone.retain(|(key, _)| inputs.desired.get(key).is_none());
    gone
}

/// Plans what goes: the mappings that only the current generation says, but for what somebody had before.
fn take_away(draft: &mut Draft<'_>) {
    for (key, mapping) in gone(draft) {
        if draft.whose.was_adopted(&key) {
            continue;
        }
        let Some(found) = guests::seen(draft, &key) else { continue };
        let Some(ours) = own(found, mapping) else { continue };
        let mut sketch = Sketch::new(Kind::Remove);
        let users = users(draft, found, &mapping.id);
        if users.is_empty() {
            if let Some(why) = unwritable(found, &mapping.id) {
                draft.refuse_for(&key, why);
                continue;
            }
            sketch.tell("path", Some(ours), None);
            let alone = found.mappings.of(&mapping.id).len() == 1;
            if let (Some(text), true) = (found.mappings.descriptions.get(&mapping.id), alone) {
                sketch.tell("description", Some(text), None);
            }
            sketch.run(map(found, &mapping.id, None));
        } else {
            // What it stands for is what is known of what these have.
            sketch.kind = Kind::Release;
            let text = format!(
                "the id {} stays on this node, since it is named by {}: once nobody names it, take this node's line out of \
                 /etc/pve/mapping/directory.cfg by hand",
                mapping.id,
                some(&users)
            );
            draft.warn(&key, code::MAPPING_STAYS, text);
        }
        for machine in given(draft, &mapping.id) {
            sketch.after(Milestone::Done(machine));
        }
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Lets go of what somebody had before: where a generation is gone back to, an id stands for what it stood for. That has
/// to be mounted by then.
fn let_go(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, mapping) in gone(draft) {
        if !draft.whose.was_adopted(&key) {
            continue;
        }
        let Some(found) = guests::seen(draft, &key) else { continue };
        draft.adopted.remove(&key);
        let mut sketch = Sketch::new(Kind::Release);
        if let (Some(ours), Some(Prior::Own { raw, .. }), true) =
            (own(found, mapping), inputs.prior(&key, DIRECTORY), inputs.gives_back)
            && *ours != **raw
        {
            if let Some(why) = unwritable(found, &mapping.id) {
                draft.refuse_for(&key, why);
                continue;
            }
            sketch.tell("path", Some(ours), Some(raw));
            sketch.run(map(found, &mapping.id, Some(raw)));
            sketch.after(Milestone::Mounted);
        }
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Returns what an id stands for on this node, where that is what a generation says.
fn own<'a>(found: &'a Configured, mapping: &Mapping) -> Option<&'a str> {
    found.mappings.path(&mapping.id, &found.node).filter(|path| plain(path) == *mapping.path)
}

/// Lists what the current generation gives machines by an id.
fn given(draft: &Draft<'_>, id: &str) -> Vec<Key> {
    let current = draft.inputs.current.into_iter().flat_map(Graph::resources);
    let by_id = |resource: &&Resource| matches!(resource, Resource::Virtiofs(given) if *given.id == *id);
    current.filter(by_id).map(Resource::key).collect()
}

/// Returns whether a directory of a machine is by an id, or may be.
fn may_name(text: &str, id: &str) -> bool {
    SharedDirectory::ids(text).iter().any(|one| **one == *id)
}

/// Lists who of this node names an id after the plan: to have what it stands for at a next start, while it runs, or in a
/// snapshot.
fn users(draft: &Draft<'_>, found: &Configured, id: &str) -> Vec<String> {
    let mut taken: BTreeSet<(u32, u8)> = BTreeSet::new();
    for op in draft.actions().iter().flat_map(|action| &action.ops) {
        if let Op::VirtiofsRemove { machine, number, .. } | Op::VirtiofsSet { machine, number, .. } = op {
            taken.insert((*machine, *number));
        }
    }
    let mut users = Vec::new();
    for (machine, state) in found.machines.iter().filter(|(_, state)| state.here) {
        for (number, text) in &state.devices {
            if may_name(text, id) && (state.running || !taken.contains(&(*machine, *number))) {
                users.push(format!("machine {machine} (virtiofs{number})"));
            }
        }
        for (number, text) in
            state.pending.iter().filter_map(|(number, text)| Some((number, text.as_deref()?)))
        {
            if may_name(text, id) && !taken.contains(&(*machine, *number)) {
                users.push(format!("machine {machine} (virtiofs{number} from its next start on)"));
            }
        }
        let snapshot = state.in_snapshots.get(id);
        users.extend(snapshot.map(|name| format!("machine {machine} (its snapshot {name})")));
    }
    users
}

/// Plans all mappings of the desired graph.
fn plan(draft: &mut Draft<'_>) {
    let_go(draft);
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
        let is_doubled = |nodes: &BTreeSet<Box<str>>| nodes.contains(&found.node);
        // Of another node it is that node's, as long as nothing is changed.
        if let (true, Some(why)) =
            (found.mappings.doubled.get(&mapping.id).is_some_and(is_doubled), doubled(found, &mapping.id))
        {
            draft.refuse_for(&key, why);
            continue;
        }
        let is = found.mappings.path(&mapping.id, &found.node);
        let holds = own(found, mapping).is_some();
        let mut sketch = Sketch::new(if is.is_some() { Kind::Update } else { Kind::Create });
        let known = draft.whose.is_known(&key);
        if let (Some(is), false) = (is, known) {
            if holds {
                // Nobody loses anything by it, and it is let go of later, not taken away.
                draft.adopted.insert(key.clone());
            } else {
                let what = format!("the id {}, which is {is} on this node,", mapping.id);
                if !consent::adopt(draft, &key, &what, Claim::Foreign) {
                    continue;
                }
            }
            sketch.kind = Kind::Adopt;
            let own = Prior::Own { raw: is.into(), word: is.into() };
            draft.stands_over(&key, [(DIRECTORY.into(), own)].into());
        }
        if !holds {
            if let Some(why) = unwritable(found, &mapping.id) {
                draft.refuse_for(&key, why);
                continue;
            }
            sketch.tell("path", is, Some(&mapping.path));
            sketch.run(map(found, &mapping.id, Some(&mapping.path)));
            waits(draft, &key, found, &mapping.id);
            others(draft, &key, found, mapping);
        } else if known {
            continue;
        }
        // The directory has to be there: Proxmox looks.
        sketch.after(Need::OwnGround);
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Tells of machines that no spec has, and that have the dataset by the id from now on.
fn others(draft: &mut Draft<'_>, key: &Key, found: &Configured, mapping: &Mapping) {
    let inputs = draft.inputs;
    let said = |machine: u32| {
        let key = Key::Virtiofs(machine, mapping.id.clone());
        [Some(inputs.desired), inputs.current].into_iter().flatten().any(|graph| graph.get(&key).is_some())
    };
    for (machine, state) in found.machines.iter().filter(|(machine, state)| state.here && !said(**machine)) {
        for (number, _) in state.wanted().into_iter().filter(|(_, text)| may_name(text, &mapping.id)) {
            let text = format!(
                "machine {machine}, which the spec does not name, has {} by the same id (virtiofs{number}), from its next \
                 start on",
                mapping.dataset
            );
            draft.warn(key, code::MAPPING_OF_OTHERS, text);
        }
    }
}

/// Tells of machines that run with what the id stood for.
fn waits(draft: &mut Draft<'_>, key: &Key, found: &Configured, id: &str) {
    let running = found.machines.iter().filter(|(_, state)| state.running);
    for (machine, _) in running.filter(|(_, state)| state.devices.values().any(|text| may_name(text, id))) {
        let text = format!("machine {machine} runs: it has the other directory at its next start");
        draft.warn(key, code::WAITS_FOR_START, text);
    }
}

/// Says why an id cannot be given to a machine, nor changed: a node has several directories under it.
fn doubled(found: &Configured, id: &str) -> Option<Why> {
    let nodes: Vec<&str> = found.mappings.doubled.get(id)?.iter().map(|node| &**node).collect();
    Some(Why::new(
        code::MAPPING_DOUBLED,
        format!(
            "{} has several directories under the id {id} in /etc/pve/mapping/directory.cfg",
            nodes.join(" and ")
        ),
        "leave one of them there, then switch again",
    ))
}

/// Says why it cannot be changed what an id stands for, or could not be changed back.
fn unwritable(found: &Configured, id: &str) -> Option<Why> {
    if let Some(why) = doubled(found, id) {
        return Some(why);
    }
    if let Some(is) = found.mappings.path(id, &found.node).filter(|_| found.mappings.absent.contains(id)) {
        return Some(Why::new(
            code::NOT_MADE_AGAIN,
            format!("it would change, and Proxmox would not take it again as it is: {is} is not there"),
            "make that directory, or have this node's entry in /etc/pve/mapping/directory.cfg lead to one that is there",
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
    let inverse = Inverse::Mapping {
        id: id.into(),
        before: found.mappings.path(id, &found.node).map(Box::from),
        description: found.mappings.descriptions.get(id).cloned(),
    };
    op(found, id, path, None).map_or_else(Doing::default, |op| Doing::new(op, inverse))
}

fn op(found: &Configured, id: &str, path: Option<&str>, description: Option<&str>) -> Option<Op> {
    let over = found.mappings.of(id);
    if found.mappings.path(id, &found.node) == path {
        return None;
    }
    let mut maps: Vec<NodeDirectory> = over.iter().filter(|one| one.node != found.node).cloned().collect();
    maps.extend(path.map(|path| NodeDirectory { node: found.node.clone(), path: path.into() }));
    let description = description.filter(|_| over.is_empty()).map(Box::from);
    Some(Op::DirectoryMap { id: id.into(), over: over.to_vec(), maps, description })
}

/// Returns what takes it back: what other nodes have by then is kept.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    match (inverse, &seen.containers) {
        (Inverse::Mapping { id, before, description }, Containers::Found(found)) => {
            op(found, id, before.as_deref(), description.as_deref()).into_iter().collect()
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
