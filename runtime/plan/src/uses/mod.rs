//! What would lose its ground: a registration, a dataset or a path that a guest's configuration names, and
//! a registration over a dataset that leaves. It is asked of the finished plan's operations, whichever part
//! of the planner they came from, so that nothing moves that somebody stands on.

mod moves;

use crate::{Subject, code, draft::Draft, export, stage::Stage, storage::part::NODES};
use moves::Moves;
use phoenix_graph::{DatasetName, Key, Resource, StorageId, plain::some, storage::find_type};
use phoenix_host::{
    LOCAL, area,
    observed::{
        Configured, Containers, GuestKind, GuestUse, Guests, MachineState, Named, Observed, Registrations,
        Source, StorageState, Storages, Unknown, mount::is_at_or_below, node_list,
    },
    op::Op,
    text::{machine_conf::number, virtiofs::SharedDirectory},
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[Stage { name: "uses", after: &["space"], looks_inside: true, run: plan }];

/// Refuses what would take the ground from under a guest or a registration.
pub fn plan(draft: &mut Draft<'_>) {
    let leaving = Leaving::find(draft);
    if leaving.is_empty() {
        return;
    }
    let seen = draft.inputs.observed;
    let mut refused: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    let mut held: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    match &seen.guests {
        Guests::Found(uses) => {
            let ends = ends(draft);
            for guest in uses {
                // What is written for a snapshot stays.
                let end = ends.get(&(guest.guest.id, guest.key.clone())).filter(|_| guest.is_of_now());
                for key in leaving.under(guest, seen) {
                    match end {
                        Some(End::Now) => {}
                        Some(End::NextStart) => held.entry(key).or_default().push(guest.to_string()),
                        None => refused.entry(key).or_default().push(guest.to_string()),
                    }
                }
                // A guest that runs holds what it has until its next start, whatever is at that path.
                for key in leaving.replaced_under(guest) {
                    match &seen.containers {
                        Containers::Found(found) if runs(found, guest.guest.id) => {
                            held.entry(key.clone()).or_default().push(guest.to_string());
                        }
                        Containers::Unknown(unknown) => {
                            refuse_unknown(draft, key, "a guest runs with it", unknown)
                        }
                        _ => {}
                    }
                }
            }
        }
        Guests::Unknown(unknown) => refuse_all(draft, &leaving, "guests name it", unknown),
        Guests::NoProxmox | Guests::NotAsked => {}
    }
    for (key, mut guests) in refused {
        guests.dedup();
        draft.refuse(
            &key,
            code::GUEST_USES,
            format!("it would go or move, and guests name it: {}", some(&guests)),
            "move what they have there, or take it out of their configuration (snapshots of them, too), then plan again; or keep it as it is in the spec",
        );
    }
    for (key, mut guests) in held {
        guests.dedup();
        draft.refuse(
            &key,
            code::HELD_BY_CONTAINER,
            format!("it would go or move, and is held until the next start of what runs: {}", some(&guests)),
            "stop that for the switch (`pct stop ID`, `qm stop ID`); or take the `bind` out of the spec first, and this after the next start",
        );
    }
    refuse_exported(draft, &leaving);
    match &seen.storages {
        Storages::Found(found) => {
            let mut over: BTreeMap<Key, Vec<String>> = BTreeMap::new();
            let mut local = None;
            let stays = |id: &StorageId| {
                let here = found.members.as_ref().map(|members| &*members.node);
                !leaving.removed.contains_key(id)
                    && here.is_none_or(|node| leaving.leaves(id, node).is_none())
            };
            // What other nodes alone have lies on none of this host's.
            for (id, state) in found.by_id.iter().filter(|(id, state)| stays(id) && found.is_here(state)) {
                for key in leaving.under_storage(id, state) {
                    if id.as_str() == LOCAL {
                        local = Some(key);
                    } else {
                        over.entry(key).or_default().push(id.to_string());
                    }
                }
            }
            // What a spec registers in a folder of its own is not to lie in one that goes.
            for resource in draft.inputs.desired.resources() {
                let Resource::Storage(storage) = resource else { continue };
                let path = storage.properties.get("path").filter(|_| storage.dataset.is_none());
                if found.by_id.contains_key(&storage.id) {
                    continue;
                }
                for key in path.into_iter().flat_map(|path| leaving.under_path(path)) {
                    over.entry(key).or_default().push(storage.id.to_string());
                }
            }
            for (key, ids) in over {
                draft.refuse(
                    &key,
                    code::STILL_REGISTERED,
                    format!("it would go or move, and stays registered with Proxmox as {}", some(&ids)),
                    "phoenix removes no registration that it did not make: remove it with `pvesm remove` if nobody needs it, or keep it as it is in the spec",
                );
            }
            // `local` cannot be removed. Without the dataset it is the folder that this was mounted on.
            if let Some(key) = local {
                if expects_a_mount(draft, found, &leaving) {
                    draft.refuse(
                        &key,
                        code::LOCAL_EXPECTS_MOUNT,
                        "it would go or move, and Proxmox's `local` expects a file system to be mounted there",
                        "`pvesm set local --delete is_mountpoint`, then plan again; or keep it as it is in the spec",
                    );
                } else {
                    let text = "Proxmox's `local` lies in it: after that it is the folder below, with what was there before";
                    draft.warn(&key, code::LOCAL_MOVES, text);
                }
            }
        }
        Storages::Unknown(unknown) if !matches!(seen.guests, Guests::Unknown(_)) => {
            refuse_all(draft, &leaving, "it is registered with Proxmox", unknown);
        }
        Storages::Unknown(_) | Storages::NoProxmox | Storages::NotAsked => {}
    }
}

/// Refuses what others export. What cannot be read may export it, too.
fn refuse_exported(draft: &mut Draft<'_>, leaving: &Leaving) {
    let mut found: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for other in draft.others.standing() {
        for key in leaving.under_path(&other.path) {
            found.entry(key).or_default().push(other.to_string());
        }
    }
    for (key, exported) in found {
        draft.refuse(
            &key,
            code::STILL_EXPORTED,
            format!("it would go or move, and others export {}", some(&exported)),
            "take it out of there and run `exportfs -ra`, then plan again; or keep it as it is in the spec",
        );
    }
    for key in leaving.paths.values().collect::<BTreeSet<_>>() {
        export::tell_unread(draft, key);
    }
}

/// Returns whether a guest of this host runs.
fn runs(found: &Configured, id: u32) -> bool {
    found.by_id.get(&id).is_some_and(|state| state.running)
        || found.machines.get(&id).is_some_and(|state| state.running)
}

/// When a guest no longer has what a plan takes from it.
enum End {
    Now,
    NextStart,
}

/// Lists the mount points of containers and the directories of machines that a plan takes away or points elsewhere, by
/// guest and key.
fn ends(draft: &Draft<'_>) -> BTreeMap<(u32, Box<str>), End> {
    let Containers::Found(found) = &draft.inputs.observed.containers else { return BTreeMap::new() };
    let ended = draft.actions().iter().flat_map(|action| &action.ops).flat_map(|op| match op {
        Op::MountPointRemove { container, number, .. } | Op::MountPointSet { container, number, .. } => {
            vec![(*container, format!("mp{number}"))]
        }
        Op::VirtiofsRemove { machine, number, .. } => vec![(*machine, format!("virtiofs{number}"))],
        // By its id a machine has another directory.
        Op::DirectoryMap { id, .. } => by_id(found, id),
        _ => Vec::new(),
    });
    let when = |guest: u32, key: &str| {
        let known = found.by_id.contains_key(&guest) || found.machines.contains_key(&guest);
        // What a machine has only from its next start on it does not hold.
        let state = found.machines.get(&guest);
        let waits = state.is_some_and(|state| !number(key).is_some_and(|at| state.devices.contains_key(&at)));
        if (runs(found, guest) && !waits) || !known { End::NextStart } else { End::Now }
    };
    ended
        .map(|(guest, key)| {
            let end = when(guest, &key);
            ((guest, key.into()), end)
        })
        .collect()
}

/// Returns whether a guest is on another node of the cluster.
fn is_elsewhere(guest: &GuestUse, seen: &Observed) -> bool {
    let Storages::Found(known) = &seen.storages else { return false };
    known.members.as_ref().is_some_and(|members| members.node != guest.guest.node)
}

/// Returns whether what a registration holds on one node is not what it holds on another.
fn is_of_one_node(state: &StorageState) -> bool {
    // What is on a server says nothing of it, and is the same on all.
    let may_be_shared = find_type(&state.kind).is_some_and(|kind| kind.property("shared").is_some());
    let is_shared = state.properties.get("shared").is_some_and(|shared| &**shared == "1");
    &*state.kind == "zfspool" || (may_be_shared && !is_shared)
}

/// Lists what machines are given by an id, by machine and key.
fn by_id(found: &Configured, id: &str) -> Vec<(u32, String)> {
    let is = |text: &str| SharedDirectory::read_of(text, id).is_some();
    let of = |(machine, state): (&u32, &MachineState)| {
        let pending = state.pending.iter().filter_map(|(number, text)| Some((number, text.as_ref()?)));
        let all = state.devices.iter().chain(pending).filter(|(_, text)| is(text));
        all.map(|(number, _)| (*machine, format!("virtiofs{number}"))).collect::<Vec<_>>()
    };
    found.machines.iter().flat_map(of).collect()
}

/// Returns whether `local` is one, once the plan is carried out, that Proxmox holds for away where nothing is
/// mounted there.
fn expects_a_mount(draft: &Draft<'_>, found: &Registrations, leaving: &Leaving) -> bool {
    let before = found.by_id.iter().find(|(id, _)| id.as_str() == LOCAL);
    let mut word = before.and_then(|(_, state)| state.properties.get("is_mountpoint"));
    for op in draft.actions().iter().flat_map(|action| &action.ops) {
        let Op::StorageSet { id, set, delete, .. } = op else { continue };
        if id.as_str() == LOCAL {
            let deleted = delete.iter().any(|name| &**name == "is_mountpoint");
            let said = set.iter().find(|(name, _)| &**name == "is_mountpoint").map(|(_, value)| value);
            word = said.or(word.filter(|_| !deleted));
        }
    }
    match word.map(|word| &**word) {
        None | Some("no") => false,
        Some("yes") => true,
        Some(path) => !leaving.under_path(path).is_empty(),
    }
}

fn refuse_all(draft: &mut Draft<'_>, leaving: &Leaving, what: &str, unknown: &Unknown) {
    leaving.keys().iter().for_each(|key| refuse_unknown(draft, key, what, unknown));
}

fn refuse_unknown(draft: &mut Draft<'_>, key: &Key, what: &str, unknown: &Unknown) {
    draft.refuse(
        key,
        code::PROXMOX_UNKNOWN,
        format!("it would go or move, and nobody can tell whether {what}: {}", unknown.reason),
        &*unknown.help,
    );
}

/// What a plan takes away from where it is, each with the resource whose action does so.
#[derive(Default)]
struct Leaving {
    /// Registrations that are not there after, or lie elsewhere.
    removed: BTreeMap<StorageId, Option<Key>>,
    /// Registrations that some nodes have no more after, and others do: which these are.
    left: BTreeMap<StorageId, (Key, BTreeSet<Box<str>>)>,
    /// Names of datasets that are nobody's after.
    gone: BTreeMap<DatasetName, Key>,
    /// Paths that lead to other file systems after.
    paths: BTreeMap<Box<str>, Key>,
    /// Paths of what has another name after, and may be found where it was.
    moved: BTreeMap<Box<str>, Key>,
}

impl Leaving {
    fn find(draft: &Draft<'_>) -> Self {
        let seen = draft.inputs.observed;
        let mut found = Leaving::default();
        let mut moves = Moves::default();
        for action in draft.actions() {
            let key = match &action.subject {
                Subject::Resource(key) => key.clone(),
                Subject::Key(dataset) => Key::Dataset(dataset.clone()),
                Subject::Files | Subject::Mounts | Subject::Units => continue,
            };
            for op in &action.ops {
                found.registration(op, &key, seen);
                moves.take(op, &key, seen);
            }
        }
        for (name, (key, last)) in &moves.renamed {
            found.moved.extend(path(seen, name).map(|path| (path, key.clone())));
            if moves.there.contains(name) && !draft.found.moves.is_renamed(name) {
                continue;
            }
            found.gone.insert(name.clone(), key.clone());
            found.leaves_path(name, last.as_ref(), &moves, key, seen);
        }
        for (name, (key, word)) in &moves.mountpoints {
            found.moves_path(name, word.as_deref(), key, seen);
        }
        found.keep_what_stays(draft, &moves);
        for (name, key) in &moves.not_mounted {
            found.paths.extend(path(seen, name).map(|path| (path, key.clone())));
        }
        found
    }

    fn is_empty(&self) -> bool {
        self.removed.values().flatten().next().is_none()
            && self.left.is_empty()
            && self.gone.is_empty()
            && self.paths.is_empty()
            && self.moved.is_empty()
    }

    /// Lists what moves and is at the same path after, of what a guest's configuration names and holds while it runs.
    fn replaced_under(&self, guest: &GuestUse) -> impl Iterator<Item = &Key> {
        let names = |top: &str| match &guest.named {
            Named::Path(path) => is_at_or_below(path, top),
            Named::Text(text) => names(text, top),
            Named::Volume { .. } => false,
        };
        let holds = match guest.guest.kind {
            GuestKind::Container => guest.is_of_now(),
            GuestKind::Machine => number(&guest.key).is_some() && guest.section.is_none(),
        };
        let stays = self.moved.iter().filter(|(path, _)| !self.paths.contains_key(*path));
        stays.filter(move |(path, _)| holds && names(path)).map(|(_, key)| key)
    }

    fn keys(&self) -> BTreeSet<Key> {
        let removed = self.removed.values().flatten().chain(self.left.values().map(|(key, _)| key));
        let others = [&self.paths, &self.moved].into_iter().flat_map(BTreeMap::values);
        removed.chain(self.gone.values()).chain(others).cloned().collect()
    }

    fn registration(&mut self, op: &Op, key: &Key, seen: &Observed) {
        let Storages::Found(known) = &seen.storages else { return };
        match op {
            Op::StorageRemove { id } => {
                self.removed.insert(id.clone(), Some(key.clone()));
            }
            Op::StorageAdd { id, kind, properties, .. } => {
                // Made anew where it was, it is as good as never gone; but what lay under it before does not
                // keep it from that.
                let properties = properties.iter().cloned().collect();
                let after = StorageState { kind: kind.clone(), properties, secrets: BTreeMap::new() };
                let same = known.by_id.get(id).is_some_and(|before| place(before) == place(&after));
                if same && let Some(removed) = self.removed.get_mut(id) {
                    *removed = None;
                }
            }
            Op::StorageSet { id, set, delete, .. } => {
                let (Some(members), Some(state)) = (&known.members, known.by_id.get(id)) else { return };
                let all = || members.others.iter().map(|node| &**node).chain([&*members.node]).collect();
                let after = set.iter().find(|(name, _)| &**name == NODES).map(|(_, nodes)| node_list(nodes));
                let after = after.or_else(|| delete.iter().any(|name| &**name == NODES).then(all));
                let Some(after) = after else { return };
                let before: BTreeSet<&str> = state.nodes().unwrap_or_else(all);
                // What comes last counts: it may come back to this node.
                let nodes: BTreeSet<Box<str>> =
                    before.difference(&after).map(|node| (*node).into()).collect();
                self.left.remove(id);
                if !nodes.is_empty() {
                    self.left.insert(id.clone(), (key.clone(), nodes));
                }
            }
            _ => {}
        }
    }

    /// Returns the registration that a node has no more after.
    fn leaves(&self, id: &StorageId, node: &str) -> Option<&Key> {
        self.left.get(id).filter(|(_, nodes)| nodes.contains(node)).map(|(key, _)| key)
    }

    /// Drops the paths that lead to the same file system after, by whatever name it has then.
    fn keep_what_stays(&mut self, draft: &Draft<'_>, moves: &Moves) {
        if self.paths.is_empty() {
            return;
        }
        let mounted = draft.inputs.observed.datasets.iter().filter(|(_, state)| state.mounted);
        let standing: BTreeMap<&str, &DatasetName> =
            mounted.filter_map(|(name, state)| Some((state.value("mountpoint")?, name))).collect();
        self.paths.retain(|path, _| {
            let now = standing.get(&**path);
            let after =
                now.and_then(|now| moves.renamed.get(*now).map_or(Some(*now), |(_, last)| last.as_ref()));
            let stays = |after: &DatasetName| {
                !area::is_inside(after) && draft.found.mounting.place(after) == Some(&**path)
            };
            !after.is_some_and(stays)
        });
    }

    /// A dataset has another name after: does its path still lead to it?
    fn leaves_path(
        &mut self,
        name: &DatasetName,
        last: Option<&DatasetName>,
        moves: &Moves,
        key: &Key,
        seen: &Observed,
    ) {
        let Some(path) = path(seen, name) else { return };
        let own = seen
            .datasets
            .get(name)
            .and_then(|state| state.settings.get("mountpoint"))
            .is_some_and(|setting| setting.source.is_own());
        let stays = last.filter(|last| !area::is_inside(last)).is_some_and(|last| {
            match moves.mountpoints.get(last) {
                Some((_, word)) => word.as_deref() == Some(&*path),
                None => own,
            }
        });
        if !stays {
            self.paths.insert(path, key.clone());
        }
    }

    /// A dataset is mounted elsewhere after, and what follows it.
    fn moves_path(&mut self, name: &DatasetName, word: Option<&str>, key: &Key, seen: &Observed) {
        let Some(before) = seen.datasets.get(name).and_then(|state| state.value("mountpoint")) else {
            return;
        };
        if word == Some(before) {
            return;
        }
        let follows = |from: &str| {
            let from = DatasetName::seen(from).ok();
            from.is_some_and(|from| from == *name || name.is_below(&from))
        };
        let own = seen.datasets.get_key_value(name);
        for (other, state) in own.into_iter().chain(seen.below(name)) {
            let source = state.settings.get("mountpoint").map(|setting| &setting.source);
            let moves = other == name || matches!(source, Some(Source::Inherited(from)) if follows(from));
            if moves {
                self.paths.extend(path(seen, other).map(|path| (path, key.clone())));
            }
        }
    }

    /// Returns the resources whose going would take something from a guest.
    fn under(&self, guest: &GuestUse, seen: &Observed) -> BTreeSet<Key> {
        match &guest.named {
            Named::Path(path) => {
                let mut found = self.under_path(path);
                let mounted = self.unmounted(guest, seen);
                found
                    .extend(mounted.filter(|(top, _)| is_at_or_below(path, top)).map(|(_, key)| key.clone()));
                found
            }
            Named::Text(text) => {
                let mut found: BTreeSet<Key> = BTreeSet::new();
                found.extend(
                    self.unmounted(guest, seen)
                        .filter(|(top, _)| names(text, top))
                        .map(|(_, key)| key.clone()),
                );
                for (path, key) in &self.paths {
                    found.extend(names(text, path).then(|| key.clone()));
                }
                for (name, key) in &self.gone {
                    found.extend(names(text, name.as_str()).then(|| key.clone()));
                }
                found
            }
            Named::Volume { storage, volume } => {
                let Ok(id) = StorageId::new(storage) else { return BTreeSet::new() };
                let mut found: BTreeSet<Key> = self.removed.get(&id).cloned().flatten().into_iter().collect();
                let Storages::Found(known) = &seen.storages else { return found };
                let Some(state) = known.by_id.get(&id) else { return found };
                // The disks of another node's guests are on that node, but where all nodes see the same.
                let elsewhere = is_elsewhere(guest, seen);
                if elsewhere && is_of_one_node(state) {
                    return found;
                }
                // Guests of the nodes that keep it keep it, too.
                found.extend(self.leaves(&id, &guest.guest.node).cloned());
                found.extend(self.under_storage(&id, state));
                if let Some(pool) = state.properties.get("pool").filter(|_| &*state.kind == "zfspool") {
                    // A linked clone's volume names the one that it was cloned from, too.
                    let parts = volume
                        .split('/')
                        .filter_map(|part| DatasetName::seen(&format!("{pool}/{part}")).ok());
                    found.extend(parts.filter_map(|name| self.gone.get(&name).cloned()));
                }
                found
            }
        }
    }

    /// Lists where Proxmox mounts what is registered no more: it is there until the next boot.
    fn unmounted<'s>(
        &'s self,
        guest: &GuestUse,
        seen: &'s Observed,
    ) -> impl Iterator<Item = (&'s str, &'s Key)> + use<'s> {
        let known = match &seen.storages {
            Storages::Found(known) => Some(known),
            _ => None,
        };
        let node: Box<str> = guest.guest.node.clone();
        let left = self.left.iter().filter(move |(_, (_, nodes))| nodes.contains(&node));
        let removed = self.removed.iter().filter_map(|(id, key)| Some((id, key.as_ref()?)));
        let gone = removed.chain(left.map(|(id, (key, _))| (id, key)));
        gone.filter_map(move |(id, key)| {
            let state =
                known?.by_id.get(id).filter(|state| matches!(&*state.kind, "nfs" | "cifs" | "cephfs"))?;
            Some((&**state.properties.get("path")?, key))
        })
    }

    /// Returns the resources whose going would take the ground from under a registration.
    fn under_storage(&self, _id: &StorageId, state: &StorageState) -> BTreeSet<Key> {
        let property = |name: &str| state.properties.get(name);
        match &*state.kind {
            "zfspool" => property("pool")
                .and_then(|pool| DatasetName::seen(pool).ok())
                .and_then(|name| self.gone.get(&name).cloned())
                .into_iter()
                .collect(),
            _ => property("path").map(|path| self.under_path(path)).unwrap_or_default(),
        }
    }

    fn under_path(&self, path: &str) -> BTreeSet<Key> {
        let mut found: BTreeSet<Key> = self
            .paths
            .iter()
            .filter(|(gone, _)| is_at_or_below(path, gone))
            .map(|(_, key)| key.clone())
            .collect();
        let device = path.strip_prefix("/dev/zvol/").or_else(|| path.strip_prefix("/dev/"));
        if let Some(device) = device {
            let is = |name: &DatasetName| {
                device
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("-part"))
            };
            found.extend(self.gone.iter().filter(|(name, _)| is(name)).map(|(_, key)| key.clone()));
        }
        found
    }
}

/// Returns where a file system is mounted, or would be.
fn path(seen: &Observed, name: &DatasetName) -> Option<Box<str>> {
    let state = seen.datasets.get(name).filter(|state| !state.volume)?;
    let path = state.value("mountpoint").filter(|path| path.starts_with('/'))?;
    (state.mounted || state.value("canmount") != Some("off")).then(|| path.into())
}

/// Returns what a registration's volumes are found by.
fn place(state: &StorageState) -> (&str, Vec<Option<&str>>) {
    let names = [
        "data-pool",
        "datastore",
        "export",
        "fs-name",
        "monhost",
        "namespace",
        "path",
        "pool",
        "portal",
        "server",
        "share",
        "subdir",
        "target",
        "thinpool",
        "vgname",
    ];
    (&state.kind, names.map(|name| state.properties.get(name).map(|value| &**value)).into())
}

/// Returns whether a text has a path in it, whole or the beginning of a longer one.
fn names(text: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
    text.match_indices(path).any(|(at, _)| {
        let after = text.get(at + path.len()..).and_then(|rest| rest.chars().next());
        after.is_none_or(|c| !goes_on(c))
    })
}
