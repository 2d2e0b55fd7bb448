//! Letting go of a registration: what it was before it was adopted is given back, and this node leaves what others have.

use super::{doing, part};
use crate::{Prior, before, code, draft::Draft, sketch::Sketch};
use phoenix_graph::{Key, Resource, StorageId, plain::some};
use phoenix_host::{
    LOCAL,
    observed::{Members, StorageState, Storages},
    op::Op,
};
use std::collections::BTreeMap;

/// Settings that say whether a registration is in force at all: left out of a spec they are as by default,
/// and what somebody set by hand is a difference.
pub const IN_FORCE: [&str; 2] = ["disable", "nodes"];

/// Takes this node out of what other nodes have.
pub fn leave(sketch: &mut Sketch, id: &StorageId, state: &StorageState, members: &Members) {
    let nodes = part::without(members, id, state);
    sketch.tell(part::NODES, state.properties.get(part::NODES).map(|nodes| &**nodes), Some(&nodes));
    sketch.run(doing::remove(id, state, Some(members)));
}

/// Adds what makes a registration again what it was before it was adopted, where that is known. Returns whether it can be.
pub fn release(draft: &mut Draft<'_>, key: &Key, sketch: &mut Sketch) -> bool {
    let inputs = draft.inputs;
    let (Key::Storage(id), Storages::Found(found)) = (key, &inputs.observed.storages) else { return true };
    let (Some(known), Some(Resource::Storage(said))) =
        (inputs.before.get(key), inputs.current.and_then(|current| Some(&current.get(key)?.resource)))
    else {
        return true;
    };
    let now = found.by_id.get(id);
    let members = part::of(inputs.observed, said);
    if !inputs.gives_back {
        // What somebody had before stays as it is; but this node goes out of it where it was not in it.
        let was_here = match known.get(part::NODES) {
            Some(Prior::Own { raw, .. }) => members.is_none_or(|members| part::names(raw, &members.node)),
            _ => true,
        };
        if let (Some(members), Some(now), false) = (members, now, was_here)
            && members.has(now)
            && !part::others(Some(members), id, now).is_empty()
        {
            leave(sketch, id, now, members);
        }
        return true;
    }
    let word = |name: &str| match known.get(name) {
        Some(Prior::Own { raw, .. }) => Some(raw.clone()),
        _ => None,
    };
    let Some(kind) = word(before::STORAGE_TYPE) else { return true };
    let was: BTreeMap<Box<str>, Box<str>> = known
        .keys()
        .filter(|name| ![before::STORAGE_TYPE, before::NODES_BEFORE].contains(&&***name))
        .filter_map(|name| Some((name.clone(), word(name)?)))
        .collect();
    let mut wanted = StorageState { kind: kind.clone(), properties: was, secrets: BTreeMap::new() };
    if let Some(now) = now.filter(|now| now.kind == kind) {
        wanted.secrets.clone_from(&now.secrets);
        // What nobody declared stays as it is now.
        let own = |name: &str| !said.properties.contains_key(name) && !IN_FORCE.contains(&name);
        wanted.properties.retain(|name, _| !own(name) || now.properties.contains_key(name));
        wanted.properties.extend(
            now.properties
                .iter()
                .filter(|(name, _)| own(name))
                .map(|(name, word)| (name.clone(), word.clone())),
        );
    }
    match (members, now, found.members.as_ref(), said.properties.get(part::NODES)) {
        (Some(members), Some(now), ..) => wanted = part::given_back(members, id, wanted, now),
        (None, Some(now), Some(all), Some(listed)) if id.as_str() != LOCAL => {
            wanted = part::given_back_from_list(all, wanted, now, listed);
        }
        _ => {}
    }
    let others = now.map(|now| part::others(found.members.as_ref(), id, now)).unwrap_or_default();
    let doing = doing::becomes(id, Some(&wanted), inputs.observed, members);
    if doing.ops.is_empty() {
        return true;
    }
    if doing.ops.iter().any(|op| matches!(op, Op::StorageRemove { .. })) && !others.is_empty() {
        let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
        draft.refuse(
            key,
            code::FIXED_FOR_OTHERS,
            format!(
                "it would be again what it was before phoenix had it, and making it anew would take it from other nodes: {}",
                some(&others)
            ),
            format!("take those nodes out of it first, by their specs or by hand (`pvesm set {id} --nodes`)"),
        );
        return false;
    }
    let but_nodes = |state: &StorageState| {
        let mut state = state.clone();
        state.properties.remove(part::NODES);
        state
    };
    if !others.is_empty() && now.map(but_nodes) != Some(but_nodes(&wanted)) {
        let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
        let text = format!(
            "what is given back of it changes for other nodes, too, also what they set since: {}",
            some(&others)
        );
        draft.warn(key, code::OF_OTHER_NODES, text);
    }
    sketch.tell("registration", Some("as phoenix had it"), Some("as it was before"));
    sketch.run(doing);
    true
}
