//! Permissions: owner, group and mode of a file system's root directory, once it is mounted. What
//! the spec does not say stays as it is, and so does everything when it says nothing any more.

pub mod numbers;

use crate::{
    Change, Inputs, Inverse, Kind, Subject, code,
    dataset::snapshot,
    doing::Doing,
    draft::Draft,
    order::{Milestone, Need},
    stage::Stage,
};
use numbers::numbers;
use phoenix_graph::{
    DatasetName, Graph, Mode, Permissions, Resource,
    graph::Node,
    mounts::{Mount, mounts},
};
use phoenix_host::{
    observed::{Directory, Observed, Query},
    op::Op,
};
use std::collections::BTreeMap;

pub const STAGES: &[Stage] =
    &[Stage { name: "permissions", after: &["datasets", "boot"], looks_inside: true, run: plan }];

fn all(graph: &Graph) -> impl Iterator<Item = (&Node, &Permissions)> {
    graph.nodes().iter().filter_map(|node| match &node.resource {
        Resource::Permissions(permissions) => Some((node, permissions)),
        _ => None,
    })
}

/// Plans all permissions of the desired graph.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let mounts = mounts(inputs.desired.resources());
    for (node, permissions) in all(inputs.desired) {
        let path = place(&mounts, &permissions.dataset);
        let (owner, group) = match numbers(inputs.observed, permissions, &path) {
            (Ok(owner), Ok(group)) => (owner, group),
            (owner, group) => {
                let whys = [owner.err(), group.err()].into_iter().flatten();
                whys.for_each(|why| draft.refuse_for(&node.key, why));
                continue;
            }
        };
        // What stands there now is put away: the root directory of what comes is not known yet.
        let now = draft.found.moves.now(&permissions.dataset);
        let before = now.as_ref().and_then(|now| inputs.observed.directories.get(now)).copied();
        let before = before.filter(|_| !draft.found.moves.is_exchanged(&permissions.dataset));
        if before.is_none() && !draft.changes_below(&node.key) {
            // A pool that is refused has its refusal.
            if draft.standing(&permissions.dataset).is_some() {
                draft.refuse(
                    &node.key,
                    code::NOT_MOUNTED,
                    format!(
                        "{} is not mounted, so its root directory cannot be reached",
                        permissions.dataset
                    ),
                    format!(
                        "mount it (`zfs mount {}`), or say in the spec where it is mounted",
                        permissions.dataset
                    ),
                );
            }
            continue;
        }
        let mode = permissions.mode;
        let holds = |now: Directory| {
            owner.is_none_or(|owner| owner == now.owner)
                && group.is_none_or(|group| group == now.group)
                && mode.is_none_or(|mode| mode == now.mode)
        };
        if before.is_some_and(holds) {
            continue;
        }
        let kind = if draft.whose.is_known(&node.key) { Kind::Update } else { Kind::Create };
        let mut sketch = draft.sketch(kind, &permissions.dataset);
        let dataset = permissions.dataset.clone();
        sketch.changes = changes(permissions, before, owner, group);
        sketch.run(doing(&dataset, &path, (owner, group, mode), before));
        if let Some(now) = now.filter(|_| before.is_some()) {
            snapshot::first(draft, &now);
        }
        sketch.after(Need::OwnGround);
        draft.push(Subject::Resource(node.key.clone()), sketch);
    }
}

/// Returns where a file system is mounted. A root dataset without settings of its own is at its default place.
pub fn place(mounts: &BTreeMap<DatasetName, Mount>, dataset: &DatasetName) -> Box<str> {
    let path = mounts.get(dataset).and_then(|mount| mount.path.clone());
    path.unwrap_or_else(|| format!("/{dataset}").into())
}

/// Gives a root directory, where it is mounted, what is said of owner, group and mode. One that is made within this plan
/// goes with its file system.
fn doing(
    dataset: &DatasetName,
    path: &str,
    (owner, group, mode): (Option<u32>, Option<u32>, Option<Mode>),
    before: Option<Directory>,
) -> Doing {
    let op = Op::DirectorySet { dataset: dataset.clone(), path: path.into(), owner, group, mode };
    match before {
        Some(before) => {
            Doing::new(op, Inverse::Directory { dataset: dataset.clone(), path: path.into(), before })
        }
        None => Doing::alone(op),
    }
}

/// Returns what takes it back.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Directory { dataset, path, before } = inverse else { return Vec::new() };
    let differs = seen.directories.get(dataset).is_some_and(|now| now != before);
    let op = || Op::DirectorySet {
        dataset: dataset.clone(),
        path: path.clone(),
        owner: Some(before.owner),
        group: Some(before.group),
        mode: Some(before.mode),
    };
    differs.then(op).into_iter().collect()
}

/// Lists what sets permissions: what is shared is shared after that.
pub fn needs(inputs: &Inputs<'_>) -> impl Iterator<Item = Need> {
    all(inputs.desired).map(|(node, _)| Milestone::Done(node.key.clone()).into())
}

/// Lists what differs of what the spec says: names as the spec gives them, numbers as they are seen.
fn changes(
    said: &Permissions,
    before: Option<Directory>,
    owner: Option<u32>,
    group: Option<u32>,
) -> Vec<Change> {
    let mode = said.mode.map(|mode| mode.to_string());
    let shown = |said: &Option<Box<str>>, number: Option<u32>, container: Option<u32>| {
        let said = said.as_deref()?;
        Some(match (number, container) {
            (Some(number), Some(id)) => format!("{number} ({said} in container {id})"),
            _ => said.to_owned(),
        })
    };
    let name = |name: &Option<Box<str>>, number| shown(name, number, said.container);
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let old = |of: fn(Directory) -> String| before.map(of);
    [
        ("owner", name(&said.owner, owner), number(owner), old(|now| now.owner.to_string())),
        ("group", name(&said.group, group), number(group), old(|now| now.group.to_string())),
        ("mode", mode.clone(), mode, old(|now| now.mode.to_string())),
    ]
    .into_iter()
    .filter(|(_, said, wanted, old)| said.is_some() && wanted != old)
    .map(|(setting, new, _, old)| Change { setting: setting.to_owned(), old, new })
    .collect()
}

/// Adds what has to be looked at for permissions.
pub fn look(query: &mut Query, permissions: &Permissions) {
    query.directories.insert(permissions.dataset.clone());
    query.containers.extend(permissions.container);
    query.users.extend(permissions.owner.clone());
    query.groups.extend(permissions.group.clone());
}
