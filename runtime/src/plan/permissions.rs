//! Permissions: owner, group and mode of a file system's root directory, once it is mounted. What
//! the spec does not say stays as it is, and so does everything when it says nothing any more.

use super::{
    Change, Inverse, Kind, Subject,
    draft::{Draft, Sketch},
};
use crate::{observed::Directory, op::Op};
use phoenix_graph::{Graph, Key, Mode, Permissions, Resource, graph::Node, mounts::mounts};
use std::collections::BTreeMap;

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
        let owner = number(draft, &node.key, "user", permissions.owner.as_deref(), &inputs.observed.users);
        let group = number(draft, &node.key, "group", permissions.group.as_deref(), &inputs.observed.groups);
        let (Ok(owner), Ok(group)) = (owner, group) else { continue };
        let waits = draft.waits(node);
        let before = inputs.observed.directories.get(&permissions.dataset).copied();
        if before.is_none() && waits.is_empty() {
            // A pool that is refused has its refusal.
            if inputs.observed.datasets.contains_key(&permissions.dataset) {
                draft.refuse(
                    &node.key,
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
        let now = before.unwrap_or(Directory { owner: 0, group: 0, mode: Mode::NEW });
        let to = Directory {
            owner: owner.unwrap_or(now.owner),
            group: group.unwrap_or(now.group),
            mode: permissions.mode.unwrap_or(now.mode),
        };
        if before == Some(to) {
            continue;
        }
        // A root dataset without settings of its own is mounted at its default place.
        let path = mounts.get(&permissions.dataset).and_then(|mount| mount.path.clone());
        let path = path.unwrap_or_else(|| format!("/{}", permissions.dataset).into());
        let mut sketch = Sketch::new(if draft.is_known(&node.key) { Kind::Update } else { Kind::Create });
        sketch.changes = changes(permissions, before, to);
        sketch.ops.push(Op::DirectorySet { dataset: permissions.dataset.clone(), path: path.clone(), to });
        if let Some(before) = before {
            let dataset = permissions.dataset.clone();
            sketch.inverses.push(Inverse::Directory { dataset: dataset.clone(), path, before });
            draft.snapshot(&dataset);
        }
        sketch.needs = waits;
        draft.push(Subject::Resource(node.key.clone()), sketch);
    }
}

/// Returns the actions that set permissions: what is shared is shared after them.
pub fn actions(draft: &Draft<'_>) -> Vec<usize> {
    let is = |subject: &Subject| matches!(subject, Subject::Resource(Key::Permissions(_)));
    draft.actions().iter().enumerate().filter(|(_, action)| is(&action.subject)).map(|(at, _)| at).collect()
}

/// Finds the number of an account; refuses where the host does not know it.
fn number(
    draft: &mut Draft<'_>,
    key: &Key,
    what: &str,
    name: Option<&str>,
    known: &BTreeMap<Box<str>, u32>,
) -> Result<Option<u32>, ()> {
    let Some(name) = name else { return Ok(None) };
    if let Some(number) = name.parse().ok().or_else(|| known.get(name).copied()) {
        return Ok(Some(number));
    }
    let help = format!("make the {what} first (`{what}add {name}`), or give its number in the spec");
    draft.refuse(key, format!("this host has no {what} {name:?}"), help);
    Err(())
}

/// Lists what differs of what the spec says: names as the spec gives them, numbers as they are seen.
fn changes(said: &Permissions, before: Option<Directory>, to: Directory) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |setting: &str, said: Option<String>, old: Option<String>, same: bool| {
        if let Some(new) = said.filter(|_| !same) {
            changes.push(Change { setting: setting.to_owned(), old, new: Some(new) });
        }
    };
    let name = |name: &Option<Box<str>>| name.as_deref().map(str::to_owned);
    let of = |read: fn(Directory) -> String| before.map(read);
    let same = |equal: fn(Directory, Directory) -> bool| before.is_some_and(|before| equal(before, to));
    add("owner", name(&said.owner), of(|d| d.owner.to_string()), same(|a, b| a.owner == b.owner));
    add("group", name(&said.group), of(|d| d.group.to_string()), same(|a, b| a.group == b.group));
    let mode = said.mode.map(|mode| mode.to_string());
    add("mode", mode, of(|d| d.mode.to_string()), same(|a, b| a.mode == b.mode));
    changes
}
