//! This node's part of a registration. The nodes of a cluster share one `storage.cfg`, and a spec is about one of them: it
//! takes this node into `nodes` and out of it. What the others have stays theirs, and with the last node the
//! registration goes.

use phoenix_graph::{Storage, StorageId};
use phoenix_host::{
    LOCAL,
    observed::{Members, Observed, StorageState, Storages, node_list},
};
use std::collections::BTreeSet;

/// The property that names the nodes that have a registration. Without it all have it.
pub const NODES: &str = "nodes";

/// Returns the cluster that a host is in with others.
pub fn members(seen: &Observed) -> Option<&Members> {
    match &seen.storages {
        Storages::Found(found) => found.members.as_ref(),
        _ => None,
    }
}

/// Returns the cluster where a spec is about this node's part alone: where it says nothing of nodes. What it says of them
/// is meant whole, and `local` is every node's.
pub fn of<'a>(seen: &'a Observed, storage: &Storage) -> Option<&'a Members> {
    members(seen).filter(|_| storage.id.as_str() != LOCAL && !storage.properties.contains_key(NODES))
}

/// Lists the other nodes that have a registration, where it can be had without them.
pub fn others<'a>(
    members: Option<&'a Members>,
    id: &StorageId,
    state: &'a StorageState,
) -> BTreeSet<&'a str> {
    let Some(members) = members.filter(|_| id.as_str() != LOCAL) else { return BTreeSet::new() };
    let mut nodes = state.nodes().unwrap_or_else(|| members.others.iter().map(|node| &**node).collect());
    nodes.remove(&*members.node);
    nodes
}

/// Returns what `nodes` is once this node has a registration that it does not have.
pub fn with(members: &Members, state: &StorageState) -> Box<str> {
    joined(state.nodes().into_iter().flatten().chain([&*members.node]).collect())
}

/// Returns what `nodes` is once this node has a registration no more that others have.
pub fn without(members: &Members, id: &StorageId, state: &StorageState) -> Box<str> {
    joined(others(Some(members), id, state))
}

/// Returns what a registration is given back as that was adopted, as to who has it: this node has it where it had it
/// before, and of the others those have it that have it now. Where none is left those have it that had it before: nothing
/// that phoenix did not make goes.
pub fn given_back(
    members: &Members,
    id: &StorageId,
    mut was: StorageState,
    now: &StorageState,
) -> StorageState {
    let was_here = members.has(&was);
    let nodes = match (was_here, members.has(now)) {
        (true, false) => Some(with(members, now)),
        (false, true) if others(Some(members), id, now).is_empty() => was.properties.get(NODES).cloned(),
        (false, true) => Some(without(members, id, now)),
        _ => now.properties.get(NODES).cloned(),
    };
    was.properties.remove(NODES);
    was.properties.extend(nodes.map(|nodes| (NODES.into(), nodes)));
    was
}

/// Returns what a registration is given back as that was adopted, as to who has it, where a spec said the list: as
/// [`before_list`] has it, and never nobody.
pub fn given_back_from_list(
    members: &Members,
    mut was: StorageState,
    now: &StorageState,
    listed: &str,
) -> StorageState {
    let before = was.properties.get(NODES).cloned().unwrap_or_default();
    match before_list(members, now, &before, listed) {
        None => _ = was.properties.remove(NODES),
        Some(nodes) if nodes.is_empty() => {}
        Some(nodes) => {
            was.properties.insert(NODES.into(), joined(nodes.iter().map(|node| &**node).collect()));
        }
    }
    was
}

/// Returns who has a registration again once a list is gone back from that a spec had said: those are in it that the list
/// threw out, and those are not that it took in. What others changed since stays. `before` is who had it before, and empty
/// where all had it; nothing is returned where all have it.
pub fn before_list(
    members: &Members,
    now: &StorageState,
    before: &str,
    listed: &str,
) -> Option<BTreeSet<Box<str>>> {
    let now = now.nodes()?;
    let all: BTreeSet<&str> = members.others.iter().chain([&members.node]).map(|node| &**node).collect();
    let was = if before.is_empty() { all.clone() } else { node_list(before) };
    let listed = node_list(listed);
    let again = was.iter().filter(|node| all.contains(*node) && !listed.contains(*node));
    let stays = now.iter().filter(|node| was.contains(*node) || !listed.contains(*node));
    let nodes: BTreeSet<Box<str>> = again.chain(stays).map(|node| (*node).into()).collect();
    (!before.is_empty() || all.iter().any(|node| !nodes.contains(*node))).then_some(nodes)
}

/// Returns whether a value of `nodes` names a node.
pub fn names(value: &str, node: &str) -> bool {
    node_list(value).contains(node)
}

fn joined(nodes: BTreeSet<&str>) -> Box<str> {
    nodes.into_iter().collect::<Vec<_>>().join(",").into()
}
