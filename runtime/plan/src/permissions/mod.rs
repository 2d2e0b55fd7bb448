//! Permissions: owner, group, mode and access control list of a file system's root directory, once it is mounted. What no spec has said
//! stays as it is; what one said, and says no more, goes back to what it was before (unsaid.rs).

pub mod after;
pub mod contents;
pub mod lists;
pub mod numbers;
pub mod unsaid;

use crate::{
    Change, Inputs, Inverse, Kind, Subject, code,
    dataset::snapshot,
    doing::Doing,
    draft::Draft,
    mount::{path::path_of, read_only},
    order::{Milestone, Need},
    sketch::Sketch,
    stage::Stage,
};
use numbers::{all, numbers};
use phoenix_graph::{
    DatasetName, Key, Permissions,
    kind::acl::{Acl, Entry, May, Whom},
    mounts::{Mount, mounts},
};
use phoenix_host::{
    observed::{Directory, Observed, Query, Wanted},
    op::Op,
};
use std::collections::{BTreeMap, BTreeSet};
use unsaid::{ACL, GROUP, MODE, OWNER, is_there};

pub const STAGES: &[Stage] =
    &[Stage { name: "permissions", after: &["datasets", "boot"], looks_inside: true, run: plan }];

/// Plans all permissions of the desired graph, and what goes back of those that it does not have any more.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let mounts = mounts(inputs.desired.resources());
    for (node, permissions) in all(inputs.desired) {
        let path = place(&mounts, &permissions.dataset);
        let said = match numbers(inputs, permissions, &path) {
            Ok(said) => said,
            Err(whys) => {
                whys.into_iter().for_each(|why| draft.refuse_for(&node.key, why));
                continue;
            }
        };
        let before = now(draft, &permissions.dataset);
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
        unsaid::stands_over(draft, permissions, before.as_ref());
        let known = Key::Permissions(draft.found.moves.known(&permissions.dataset));
        let kind = if draft.whose.is_known(&known) { Kind::Update } else { Kind::Create };
        let mut sketch = draft.sketch(kind, &permissions.dataset);
        sketch.after(Need::OwnGround);
        give(draft, &permissions.dataset, &path, said.clone(), before.clone(), sketch);
        contents::plan(draft, permissions, &said, &path, before.as_ref());
    }
    contents::tell_kept(draft);
    for dataset in unsaid::unsaid(draft) {
        let before = now(draft, &dataset);
        let path = mounts.get(&dataset).and_then(|mount| mount.path.clone());
        let stands = || draft.standing(&dataset).and_then(|(_, state)| path_of(state));
        let mounting = &draft.found.mounting;
        let goes = draft.found.moves.now(&dataset).is_some_and(|now| mounting.goes(&now));
        let reached = mounting.comes(&dataset) || before.is_some() && !goes;
        let Some(path) = path.or_else(stands).filter(|_| reached) else { continue };
        let mut sketch = draft.sketch(Kind::Remove, &dataset);
        sketch.after(Need::Ground(Key::Dataset(dataset.clone())));
        sketch.after(Milestone::Done(Key::Dataset(dataset.clone())));
        give(draft, &dataset, &path, Wanted::default(), before, sketch);
    }
}

/// Returns what the root directory of a file system has, by the name that this has after; nothing where that cannot be
/// seen, or what stands there now is put away.
fn now(draft: &Draft<'_>, dataset: &DatasetName) -> Option<Directory> {
    let now = draft.found.moves.now(dataset)?;
    let by_then = draft.found.lists_off.get(dataset);
    let seen = by_then.or_else(|| draft.inputs.observed.directories.get(&now)).cloned();
    seen.filter(|_| !draft.found.moves.is_exchanged(dataset))
}

/// Plans that a root directory has what is said, and what goes back.
fn give(
    draft: &mut Draft<'_>,
    dataset: &DatasetName,
    path: &str,
    said: Wanted,
    before: Option<Directory>,
    mut sketch: Sketch,
) {
    let back = unsaid::goes_back(draft, dataset);
    let wanted = said.or(back);
    let is_so = |now: &Directory| now.given(&wanted) == *now;
    if before.as_ref().map_or(wanted == Wanted::default(), is_so) {
        return;
    }
    if !read_only::permits(draft, dataset) {
        return;
    }
    let spec = numbers::said(draft.inputs.desired, dataset);
    sketch.changes = changes(spec, &wanted, before.as_ref());
    let shown = |entry: &Entry| numbers::both(draft.inputs, spec, path, entry);
    sketch.changes.extend(entries(&wanted, before.as_ref(), shown));
    let comes = before.is_none() && is_there(draft, dataset);
    if let Some(now) = draft.found.moves.now(dataset).filter(|_| before.is_some()) {
        snapshot::first(draft, &now);
    }
    sketch.run(doing(dataset, path, wanted, before, comes));
    draft.push(Subject::Resource(Key::Permissions(dataset.clone())), sketch);
}

/// Returns where a file system is mounted. A root dataset without settings of its own is at its default place.
pub fn place(mounts: &BTreeMap<DatasetName, Mount>, dataset: &DatasetName) -> Box<str> {
    let path = mounts.get(dataset).and_then(|mount| mount.path.clone());
    path.unwrap_or_else(|| format!("/{dataset}").into())
}

/// Gives a root directory, where it is mounted, what is said. What it had is known, or is seen
/// once its file system `comes`; one that is made within this plan goes with its file system.
fn doing(
    dataset: &DatasetName,
    path: &str,
    Wanted { owner, group, mode, acl }: Wanted,
    before: Option<Directory>,
    comes: bool,
) -> Doing {
    let op = Op::DirectorySet { dataset: dataset.clone(), path: path.into(), owner, group, mode, acl };
    match before {
        Some(before) => {
            Doing::new(op, Inverse::Directory { dataset: dataset.clone(), path: path.into(), before })
        }
        None if comes => {
            Doing::new(op, Inverse::DirectoryUnseen { dataset: dataset.clone(), path: path.into() })
        }
        None => Doing::alone(op),
    }
}

/// Returns what takes it back, wherever the file system is mounted by then.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::Directory { dataset, path, before } = inverse else { return Vec::new() };
    let differs = seen.directories.get(dataset).is_some_and(|now| now != before);
    let place = seen.datasets.get(dataset).filter(|state| state.mounted).and_then(path_of);
    let listed = |now: &Directory| !now.acl.is_empty() || !before.acl.is_empty();
    let op = || Op::DirectorySet {
        dataset: dataset.clone(),
        path: place.unwrap_or_else(|| path.clone()),
        owner: Some(before.owner),
        group: Some(before.group),
        mode: Some(before.mode),
        acl: seen.directories.get(dataset).is_some_and(listed).then(|| before.acl.clone()),
    };
    differs.then(op).into_iter().collect()
}

/// Returns what takes it back once all is mounted again: a root directory that cannot be reached is as it is until then.
pub fn comes(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    inverse.where_it_holds(seen).map_or(Vec::new(), |inverse| back(&inverse, seen))
}

/// Lists what sets permissions: what is shared is shared after that.
pub fn needs(inputs: &Inputs<'_>) -> impl Iterator<Item = Need> {
    all(inputs.desired).map(|(node, _)| Milestone::Done(node.key.clone()).into())
}

/// Lists what differs of what is to be: names as the spec gives them, where it does, and numbers as they are seen.
fn changes(said: Option<&Permissions>, wanted: &Wanted, before: Option<&Directory>) -> Vec<Change> {
    let name = |name: Option<&Box<str>>, number: Option<u32>| {
        let container = said.and_then(|said| said.container);
        match (name, number, container) {
            (Some(name), Some(number), Some(id)) => Some(format!("{number} ({name} in container {id})")),
            (Some(name), ..) => Some(name.to_string()),
            (None, number, _) => number.map(|number| number.to_string()),
        }
    };
    let (owner, group) = said.map_or((None, None), |said| (said.owner.as_ref(), said.group.as_ref()));
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let mode = wanted.mode.map(|mode| mode.to_string());
    let old = |of: fn(&Directory) -> String| before.map(of);
    // With a list a mode says what the owning group itself may do.
    let seen: fn(&Directory) -> String =
        if wanted.acl.is_some() { |now| now.own_mode().to_string() } else { |now| now.mode.to_string() };
    let own = [
        (OWNER, name(owner, wanted.owner), number(wanted.owner), old(|now| now.owner.to_string())),
        (GROUP, name(group, wanted.group), number(wanted.group), old(|now| now.group.to_string())),
        (MODE, mode.clone(), mode, old(seen)),
    ]
    .into_iter()
    .filter(|(_, new, wanted, old)| new.is_some() && wanted != old)
    .map(|(setting, new, _, old)| Change { setting: setting.to_owned(), old, new });
    own.collect()
}

/// Lists what differs of the entries of an access control list. What is not said of it follows from the rest, and is shown
/// where it changes or goes.
fn entries(wanted: &Wanted, before: Option<&Directory>, shown: impl Fn(&Entry) -> String) -> Vec<Change> {
    let Some(said) = &wanted.acl else { return Vec::new() };
    let nothing = Directory::NEW;
    let before = before.unwrap_or(&nothing);
    let after = before.given(wanted).acl;
    let all: BTreeSet<&Entry> = after.0.keys().chain(before.acl.0.keys()).collect();
    let is_shown = |entry: &&Entry| before.acl.0.contains_key(entry) || said.0.contains_key(entry);
    let differs =
        all.into_iter().filter(|entry| before.acl.0.get(entry) != after.0.get(entry)).filter(is_shown);
    let word = |acl: &Acl, entry: &Entry| acl.0.get(entry).map(May::to_string);
    let change = |entry: &Entry| Change {
        setting: format!("{ACL} {}", shown(entry)),
        old: word(&before.acl, entry),
        new: word(&after, entry),
    };
    differs.map(change).collect()
}

/// Adds what has to be looked at for permissions.
pub fn look(query: &mut Query, permissions: &Permissions) {
    query.directories.insert(permissions.dataset.clone());
    read_only::look(query);
    query.contents.extend(permissions.recursive.then(|| permissions.dataset.clone()));
    query.containers.extend(permissions.container);
    query.users.extend(permissions.owner.clone());
    query.groups.extend(permissions.group.clone());
    for entry in permissions.acl.0.keys() {
        match &entry.whom {
            Whom::User(name) => _ = query.users.insert(name.clone()),
            Whom::Group(name) => _ = query.groups.insert(name.clone()),
            _ => {}
        }
    }
}
