//! Proxmox registrations: add, set, remove and make anew; only those that phoenix registered are
//! ever removed, and never data. `local`, which every Proxmox has, is only ever set.
//!
//! In a cluster a spec is about this node alone ([`part`]): others keep what they have.
//!
//! `pvesm` runs one at a time, so its actions wait for each other; and it mounts everything, so that they
//! come after all that is mounted.

mod again;
pub mod doing;
mod for_good;
pub mod part;
mod registry;
mod release;
mod secrets;
mod turn;

pub use secrets::look;

use crate::{Kind, Prior, before, code, consent, draft::Draft, record::Claim, sketch::Sketch, stage::Stage};
use phoenix_graph::{Key, Resource, Storage, plain::some, storage};
use phoenix_host::{
    LOCAL,
    observed::{Members, Observed, StorageState, Storages, node_list},
};
use release::{IN_FORCE, leave, release};
use secrets::Files;
use std::collections::{BTreeMap, BTreeSet};
use turn::{all, push, register};

pub const STAGES: &[Stage] = &[
    Stage { name: "storages away", after: &["mounts"], looks_inside: true, run: take_away },
    Stage { name: "storages", after: &["exports"], looks_inside: true, run: plan },
    // Whatever fails before it can still be undone.
    Stage { name: "secrets for good", after: &["storages"], looks_inside: true, run: for_good::plan },
    Stage { name: "registry", after: &["uses", "secrets for good"], looks_inside: true, run: registry::plan },
];

/// Plans the removal of registrations that only the current generation names, and of those that
/// have to be made anew.
pub fn take_away(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let found = match &inputs.observed.storages {
        Storages::Found(found) => found,
        Storages::Unknown(unknown) => {
            let gone = inputs.current.into_iter().flat_map(all);
            for (key, _) in gone.filter(|(key, _)| inputs.desired.get(key).is_none()) {
                let reason = format!("it is to go, and cannot be seen: {}", unknown.reason);
                draft.refuse(&key, code::PROXMOX_UNKNOWN, reason, &*unknown.help);
            }
            return;
        }
        Storages::NoProxmox | Storages::NotAsked => return,
    };
    for (key, storage) in inputs.current.into_iter().flat_map(all) {
        let members = found.members.as_ref().filter(|_| storage.id.as_str() != LOCAL);
        // What other nodes alone have is theirs.
        let seen = found.by_id.get(&storage.id);
        let state = seen.filter(|state| members.is_none_or(|members| members.has(state)));
        if inputs.desired.get(&key).is_some() {
            if let Some(state) = state {
                step_back(draft, key, storage, state);
            }
            continue;
        }
        if draft.whose.was_adopted(&key) {
            let mut sketch = Sketch::new(Kind::Release);
            // It is not there either where making it anew was cut off in the middle.
            if !release(draft, &key, &mut sketch) {
                continue;
            }
            draft.adopted.remove(&key);
            if state.is_some() || !sketch.is_idle() {
                register(draft, key, sketch);
            }
            continue;
        }
        let Some(state) = state else {
            if let (Some(_), Some(nodes)) = (seen, storage.properties.get(part::NODES)) {
                let text = format!(
                    "it is of other nodes ({nodes}), which may go on with it, and stays: remove it by hand once none does \
                     (`pvesm remove {}`)",
                    storage.id
                );
                draft.warn(&key, code::STAYS_WITH_NODES, text);
            }
            continue;
        };
        let others = part::others(members, &storage.id, state);
        if state.kind != storage.kind {
            let text =
                format!("a `{}` storage that somebody else made has this id by now, and stays", state.kind);
            draft.warn(&key, code::ID_TAKEN, text);
            continue;
        }
        if let (Some(members), false) = (members, others.is_empty()) {
            let mut sketch = Sketch::new(Kind::Remove);
            leave(&mut sketch, &storage.id, state, members);
            register(draft, key, sketch);
            continue;
        }
        if again::could_not_be(draft, &storage.id, state) || secrets::would_be_lost(draft, &key, state) {
            continue;
        }
        let doing = doing::becomes(&storage.id, None, inputs.observed, members);
        if doing.ops.is_empty() {
            continue;
        }
        let mut sketch = Sketch::new(Kind::Remove);
        let stays =
            |name: &str| storage.id.as_str() == LOCAL && doing::implied().properties.contains_key(name);
        let goes = state.properties.iter().filter(|(name, _)| !stays(name));
        goes.for_each(|(name, value)| sketch.tell(name, Some(value), None));
        secrets::tell_gone(&mut sketch, state);
        sketch.run(doing);
        register(draft, key, sketch);
    }
}

/// Takes a registration away while what it lies over is moved; [`present`] makes it again. From what other nodes have this
/// node alone is taken away.
fn step_back(draft: &mut Draft<'_>, key: Key, storage: &Storage, state: &StorageState) {
    let members = part::members(draft.inputs.observed);
    if storage.dataset.as_ref().and_then(|dataset| draft.found.moves.aside(dataset)).is_none()
        || storage.id.as_str() == LOCAL
        || (part::others(members, &storage.id, state).is_empty()
            && again::could_not_be(draft, &storage.id, state))
    {
        return;
    }
    let mut sketch = Sketch::new(Kind::Update);
    sketch.tell("registered", Some("yes"), Some("no, while its dataset is moved"));
    let doing = doing::remove(&storage.id, state, members);
    sketch.run(if says_nodes(draft, &key) { doing::whole(doing, &storage.id, state) } else { doing });
    register(draft, key, sketch);
}

/// Plans all registrations of the desired graph.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, storage) in all(inputs.desired) {
        let found = match &inputs.observed.storages {
            Storages::Found(found) => found,
            Storages::NoProxmox | Storages::NotAsked => {
                draft.refuse(
                    &key,
                    code::NO_PROXMOX,
                    "this host has no `pvesm`, so nothing can be registered with Proxmox VE",
                    "take the `proxmox` nodes out of this host's spec, or run phoenix on the Proxmox host",
                );
                continue;
            }
            Storages::Unknown(unknown) => {
                let earlier = inputs.current.and_then(|current| current.get(&key)).map(|node| &node.resource);
                let changes = !matches!(earlier, Some(Resource::Storage(earlier)) if earlier == storage);
                if changes
                    || storage
                        .dataset
                        .as_ref()
                        .is_some_and(|dataset| draft.found.moves.aside(dataset).is_some())
                {
                    let reason = format!("it cannot be seen: {}", unknown.reason);
                    draft.refuse(&key, code::PROXMOX_UNKNOWN, reason, &*unknown.help);
                } else {
                    let reason = &unknown.reason;
                    draft.warn(
                        &key,
                        code::LEFT_UNKNOWN,
                        format!("unknown, and left as it is: {reason}; {}", unknown.help),
                    );
                }
                continue;
            }
        };
        tell_where_not_here(draft, &key, storage);
        match found.by_id.get(&storage.id) {
            None => {
                let mut sketch = Sketch::new(Kind::Create);
                sketch.tell("type", None, Some(&storage.kind));
                if !secrets::can_be_made(draft, &key, storage, &storage.secret_files) {
                    continue;
                }
                storage.properties.iter().for_each(|(name, value)| sketch.tell(name, None, Some(value)));
                let files = &storage.secret_files;
                secrets::tell(&mut sketch, files, None);
                let members = part::of(inputs.observed, storage);
                if let Some(members) = members {
                    sketch.tell(part::NODES, None, Some(&members.node));
                }
                sketch.run(doing::add(&storage.id, &storage.kind, &storage.properties, files, members));
                push(draft, storage, sketch);
            }
            Some(state) => present(draft, key, storage, state),
        }
    }
}

/// Tells of a registration whose `nodes`, as the spec says them, leave this node out.
fn tell_where_not_here(draft: &mut Draft<'_>, key: &Key, storage: &Storage) {
    let Some(members) = part::members(draft.inputs.observed) else { return };
    let Some(nodes) = storage.properties.get(part::NODES) else { return };
    if !part::names(nodes, &members.node) {
        let text = format!(
            "its `nodes` ({nodes}) leave out this node, which is {}: nothing here has it",
            members.node
        );
        draft.warn(key, code::NOT_THIS_NODE, text);
    }
}

fn present(draft: &mut Draft<'_>, key: Key, storage: &Storage, state: &StorageState) {
    let inputs = draft.inputs;
    let all = part::members(inputs.observed);
    // Where the spec is about this node alone, it is as if the registration were not there as long as others alone have it.
    let members = part::of(inputs.observed, storage);
    let joins = members.filter(|members| !members.has(state));
    let known = draft.whose.is_known(&key) && joins.is_none();
    let mut sketch = Sketch::new(Kind::Update);
    if is_anothers(draft, &key, storage, state) {
        draft.refuse(
            &key,
            code::REGISTERED_OTHERWISE,
            format!("a `{}` storage that phoenix did not make has this id", state.kind),
            if storage::find_type(&state.kind).is_none_or(|kind| kind.secrets().next().is_some()) {
                "register it by another id; or remove that one by hand first (`pvesm remove`), which takes its password along"
            } else {
                "register it by another id; or remove that one by hand first (`pvesm remove`)"
            },
        );
        return;
    }
    let earlier = inputs.current.and_then(|current| current.get(&key)).map(|node| &node.resource);
    let over = match earlier {
        Some(Resource::Storage(earlier)) => earlier.dataset.as_ref(),
        _ => None,
    };
    let aside = over.and_then(|dataset| draft.found.moves.aside(dataset)).cloned();
    let said: BTreeSet<Box<str>> = match earlier {
        Some(Resource::Storage(earlier)) => earlier.properties.keys().cloned().collect(),
        _ => BTreeSet::new(),
    };
    let Difference { mut set, mut delete } = Difference::find(draft, &key, storage, state, said.clone());
    let Some(changed) = secrets::changed(draft, &key, storage, state) else { return };
    let anew = storage.kind != state.kind
        || set.keys().chain(&delete).any(|name| doing::is_fixed(&storage.kind, name));
    let others: Vec<String> = part::others(all, &storage.id, state).into_iter().map(str::to_owned).collect();
    if anew && !others.is_empty() {
        refuse_for_others(draft, &key, storage, state, &others, set.keys().chain(&delete));
        return;
    }
    let stays = set.is_empty() && delete.is_empty() && changed.is_empty();
    // That this node is taken in takes nothing from the others.
    let is_taken_in =
        if stays { joins.is_some() } else { adds_this_node(all, state, &set, &delete, &changed) };
    if !known && !is_taken_in {
        if !consent::adopt(draft, &key, "a storage of this id", Claim::Foreign) {
            return;
        }
        sketch.kind = Kind::Adopt;
        draft.stands_over(&key, before::registration(state));
    }
    if known {
        note_what_stands(draft, &key, storage, state, &said);
    }
    if !others.is_empty() && !stays && !is_taken_in {
        let text = format!("what changes of it changes for other nodes, too: {}", some(&others));
        draft.warn(&key, code::OF_OTHER_NODES, text);
    }
    let again = without_list(draft, &key, storage, state);
    let goes_back = again.is_some();
    match again {
        Some(again) => {
            let text = format!(
                "which nodes have it goes back to before the list, but for what others changed since: {}",
                again.as_deref().unwrap_or("all")
            );
            draft.warn(&key, code::OF_OTHER_NODES, text);
            match again {
                Some(nodes) => _ = set.insert(part::NODES.into(), nodes),
                None => delete.push(part::NODES.into()),
            }
        }
        None => set.extend(joins.map(|members| (part::NODES.into(), part::with(members, state)))),
    }
    if storage.kind != state.kind {
        sketch.tell("type", Some(&state.kind), Some(&storage.kind));
    }
    for (name, value) in &set {
        sketch.tell(name, held(state, name), Some(value));
    }
    for name in &delete {
        sketch.tell(name, held(state, name), None);
    }
    if anew && storage.id.as_str() == LOCAL {
        draft.refuse(
            &key,
            code::LOCAL_IS_FIXED,
            "every Proxmox has the storage `local`, a `dir` at a path of its own: it cannot be made anew",
            "register the dataset by another id",
        );
        return;
    }
    let files = secrets::all(storage, state);
    if anew
        && (again::could_not_be(draft, &storage.id, state)
            || secrets::would_be_lost(draft, &key, state)
            || !secrets::can_be_made(draft, &key, storage, &files))
    {
        return;
    }
    if storage.kind == state.kind {
        secrets::tell(&mut sketch, &changed, Some(state));
    } else {
        secrets::tell_gone(&mut sketch, state);
        secrets::tell(&mut sketch, &files, None);
    }
    if let Some(aside) = aside.filter(|_| storage.id.as_str() != LOCAL) {
        // It was taken away before what it lies over was moved.
        sketch.tell("registered", Some("no, while its dataset is moved"), Some("yes"));
        let again = if others.is_empty() {
            let properties = whole(storage, state, &delete);
            doing::add(&storage.id, &storage.kind, &properties, &Files::new(), members)
        } else {
            // Others have had it all the while.
            match state.properties.get(part::NODES) {
                _ if delete.iter().any(|name| **name == *part::NODES) => {}
                Some(nodes) => _ = set.entry(part::NODES.into()).or_insert_with(|| nodes.clone()),
                None => delete.push(part::NODES.into()),
            }
            doing::taken_in(&storage.id, state, &set, &changed, delete, all)
        };
        let again = if says_nodes(draft, &key) { doing::whole(again, &storage.id, state) } else { again };
        sketch.run(again.only_while(&aside));
    } else if anew {
        // A fixed property differs: the registration alone is made anew; what nobody declared is kept.
        sketch.tell("registered", Some("as it is"), Some("removed, and made anew"));
        let mut properties = whole(storage, state, &delete);
        properties.extend(set.clone());
        sketch.run(doing::anew(&storage.id, state, &storage.kind, &properties, &files, members));
    } else if !set.is_empty() || !delete.is_empty() || !changed.is_empty() {
        let doing = doing::set(&storage.id, state, &set, &changed, delete, members);
        sketch.run(if goes_back { doing::whole(doing, &storage.id, state) } else { doing });
    } else if known {
        return;
    }
    push(draft, storage, sketch);
}

/// Returns who has a registration again where one goes back to a spec that does not say so, from one that did: nothing
/// inside where all have it; nothing at all where that is so already, or not known.
fn without_list(
    draft: &Draft<'_>,
    key: &Key,
    storage: &Storage,
    state: &StorageState,
) -> Option<Option<Box<str>>> {
    let inputs = draft.inputs;
    let members = part::of(inputs.observed, storage).filter(|_| inputs.gives_back)?;
    let Resource::Storage(earlier) = &inputs.current?.get(key)?.resource else { return None };
    let listed = earlier.properties.get(part::NODES)?;
    let Prior::Own { raw, .. } = inputs.prior(key, before::NODES_BEFORE)? else { return None };
    let again = part::before_list(members, state, raw, listed).map(|mut nodes| {
        // The spec is about this node, whoever else has it.
        nodes.insert(members.node.clone());
        nodes
    });
    if again == state.nodes().map(|now| now.into_iter().map(Box::from).collect()) {
        return None;
    }
    Some(again.map(|nodes| nodes.into_iter().collect::<Vec<_>>().join(",").into()))
}

/// Returns whether a spec, that of before or that of after, says which nodes have a registration: then the whole list is its.
fn says_nodes(draft: &Draft<'_>, key: &Key) -> bool {
    let graphs = [draft.inputs.current, Some(draft.inputs.desired)];
    let mut said = graphs.into_iter().flatten().filter_map(|graph| Some(&graph.get(key)?.resource));
    said.any(
        |resource| matches!(resource, Resource::Storage(said) if said.properties.contains_key(part::NODES)),
    )
}

/// Refuses to make anew what other nodes have: it would be taken from them.
fn refuse_for_others<'n>(
    draft: &mut Draft<'_>,
    key: &Key,
    storage: &Storage,
    state: &StorageState,
    others: &[String],
    differ: impl Iterator<Item = &'n Box<str>>,
) {
    let what = if storage.kind == state.kind {
        let fixed: Vec<String> = differ
            .filter(|name| doing::is_fixed(&storage.kind, name))
            .map(|name| match state.properties.get(name) {
                Some(value) => format!("its {name} ({value})"),
                None => format!("its {name} (left out)"),
            })
            .collect();
        some(&fixed)
    } else {
        format!("its type ({})", state.kind)
    };
    draft.refuse(
        key,
        code::FIXED_FOR_OTHERS,
        format!(
            "{what} never changes once it is registered, and making it anew would take it from other nodes: {}",
            some(others)
        ),
        format!(
            "register it by another id; or take those nodes out of it first, by their specs or by hand (`pvesm set {} --nodes`)",
            storage.id
        ),
    );
}

/// Returns whether nothing is set but that this node has a registration beside those that have it, as a spec says them all.
fn adds_this_node(
    members: Option<&Members>,
    state: &StorageState,
    set: &BTreeMap<Box<str>, Box<str>>,
    delete: &[Box<str>],
    changed: &Files,
) -> bool {
    let (Some(members), Some(now), Some(nodes)) = (members, state.nodes(), set.get(part::NODES)) else {
        return false;
    };
    let after = part::with(members, state);
    set.len() == 1
        && delete.is_empty()
        && changed.is_empty()
        && !now.contains(&*members.node)
        && node_list(nodes) == node_list(&after)
}

/// Notes what the properties stand over that the spec says for the first time.
fn note_what_stands(
    draft: &mut Draft<'_>,
    key: &Key,
    storage: &Storage,
    state: &StorageState,
    said: &BTreeSet<Box<str>>,
) {
    if part::members(draft.inputs.observed).is_some()
        && storage.properties.contains_key(part::NODES)
        && !said.contains(part::NODES)
    {
        let nodes = state.properties.get(part::NODES).cloned().unwrap_or_default();
        let own = Prior::Own { raw: nodes.clone(), word: nodes };
        draft.stands_over(key, [(before::NODES_BEFORE.into(), own)].into());
    }
    for (name, value) in storage.properties.keys().filter_map(|name| state.properties.get_key_value(name)) {
        if !said.contains(name) && draft.inputs.prior(key, name).is_none() {
            let own = Prior::Own { raw: value.clone(), word: value.clone() };
            draft.stands_over(key, [(name.clone(), own)].into());
        }
    }
}

/// What is set of a registration, and taken away, so that it is as the spec says.
struct Difference {
    set: BTreeMap<Box<str>, Box<str>>,
    delete: Vec<Box<str>>,
}

impl Difference {
    /// Finds it. What the spec said before and no longer says is again what it was before that.
    fn find(
        draft: &Draft<'_>,
        key: &Key,
        storage: &Storage,
        state: &StorageState,
        said: BTreeSet<Box<str>>,
    ) -> Self {
        // Whether it is in force is never as somebody had it, where the spec does not say so.
        let given = |name: &str| match draft.inputs.prior(key, name).filter(|_| !IN_FORCE.contains(&name)) {
            Some(Prior::Own { raw, .. }) => Some(raw.clone()),
            _ => None,
        };
        let wanted = storage.properties.iter().filter(|(name, value)| held(state, name) != Some(&***value));
        let mut found = Self {
            set: wanted.map(|(name, value)| (name.clone(), value.clone())).collect(),
            delete: Vec::new(),
        };
        let mut unsaid: BTreeSet<Box<str>> = said.into_iter().chain(IN_FORCE.map(Box::from)).collect();
        if part::of(draft.inputs.observed, storage).is_some() {
            // Which others have it is theirs.
            unsaid.remove(part::NODES);
        }
        for name in unsaid.into_iter().filter(|name| !storage.properties.contains_key(name)) {
            let now = state.properties.get(&name);
            match given(&name) {
                Some(before) if now != Some(&before) => _ = found.set.insert(name, before),
                None if now.is_some_and(|now| !is_default(state, &name, now)) => found.delete.push(name),
                _ => {}
            }
        }
        found
    }
}

/// Returns whether what is registered under an id is another thing than what is to be, and nothing that phoenix made, or
/// could make again: Proxmox drops a password with the registration.
fn is_anothers(draft: &Draft<'_>, key: &Key, storage: &Storage, state: &StorageState) -> bool {
    let earlier = draft.inputs.current.and_then(|current| current.get(key)).map(|node| &node.resource);
    let ours = match earlier {
        Some(Resource::Storage(earlier)) if draft.whose.is_known(key) => earlier.kind == state.kind,
        _ => storage::find_type(&state.kind).is_some() && state.secrets.is_empty(),
    };
    storage.kind != state.kind && !ours
}

/// Returns what a registration has when it is made anew: what the spec says, and what nobody declared, but for what
/// Proxmox found out by itself about another dataset.
fn whole(storage: &Storage, state: &StorageState, delete: &[Box<str>]) -> BTreeMap<Box<str>, Box<str>> {
    let mut properties = if storage.kind == state.kind { state.properties.clone() } else { BTreeMap::new() };
    properties.retain(|name, _| !delete.contains(name));
    if storage.properties.get("pool") != state.properties.get("pool") {
        properties.remove("mountpoint");
    }
    properties.extend(storage.properties.clone());
    properties
}

/// Returns a registration's value, or the type's default where it tells none.
fn held<'a>(state: &'a StorageState, name: &str) -> Option<&'a str> {
    let default = || storage::find_type(&state.kind).and_then(|kind| kind.default(name));
    state.properties.get(name).map(|value| &**value).or_else(default)
}

/// Returns whether a value is what the type has anyway.
fn is_default(state: &StorageState, name: &str, value: &str) -> bool {
    storage::find_type(&state.kind).and_then(|kind| kind.default(name)) == Some(value)
        && IN_FORCE.contains(&name)
}

/// Returns whether a registration was not seen, where all are.
pub fn is_missing(seen: &Observed, storage: &Storage) -> bool {
    let Storages::Found(found) = &seen.storages else { return false };
    let members = part::of(seen, storage);
    found.by_id.get(&storage.id).is_none_or(|state| members.is_some_and(|members| !members.has(state)))
}
