//! Pools: create on blank disks, import, change the layout (topology.rs), set properties; and let go of
//! what the spec no longer names. Nothing is ever forced.

mod checkpoint;
pub mod doing;
mod importing;
mod lasting;
mod layout;
pub mod topology;

use crate::{
    Change, Inputs, Kind, Prior, Subject, before, code,
    dataset::{self, release},
    draft::{Draft, Sketch},
    record::Claim,
    settings,
    space::{FREE, ROOM, SIZE},
    stage::Stage,
};
use doing::BOOTFS;
use phoenix_graph::{
    DatasetName, Key, Pool, PoolName, PropertyName, Resource, Settings, Target,
    property::{self, Unset},
};
use phoenix_host::observed::{OWNER, PoolState, Query};

pub const STAGES: &[Stage] = &[
    Stage { name: "pools", after: &["versions"], looks_inside: false, run: plan },
    Stage { name: "boot", after: &["datasets"], looks_inside: true, run: boot_from },
    Stage { name: "altroot", after: &["tunables"], looks_inside: true, run: below_altroot },
];

/// The folder that a pool was imported below (`zpool import -R`), until it is exported.
pub const ALTROOT: &str = "altroot";
/// Where pools are listed by default (`zpoolprops(7)`).
const DEFAULT_CACHE: &str = "/etc/zfs/zpool.cache";

/// Says what pools boot from, once that is there.
pub fn boot_from(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for resource in inputs.desired.resources() {
        let Resource::Pool(pool) = resource else { continue };
        let Some(word) = pool.settings.get(BOOTFS).map(ToString::to_string) else { continue };
        let key = Key::Pool(pool.name.clone());
        let state = inputs.observed.pools.get(&pool.name);
        let seen = state.and_then(|state| state.settings.get(&PropertyName::new(BOOTFS)));
        let old = seen.map(|seen| seen.raw.to_string());
        if old.as_deref() == Some(&*word) || state.is_none() && draft.action_of(&key).is_none() {
            continue;
        }
        let name = DatasetName::seen(&word).ok().filter(|name| name.pool() == pool.name);
        let there = |name: &DatasetName| {
            let state = inputs.observed.datasets.get(name);
            match inputs.desired.dataset(name) {
                Some(node) => matches!(node.resource, Resource::Dataset(_)),
                None => *name == pool.name.root() || state.is_some_and(|state| !state.volume),
            }
        };
        let Some(name) = name.filter(there) else {
            draft.refuse(
                &key,
                code::NO_SUCH_BOOTFS,
                format!("bootfs is to be {word}, and the pool has no such file system"),
                "name one that the spec has in this pool, with its whole name: `bootfs \"pool/ROOT/name\"`",
            );
            continue;
        };
        let mut sketch = Sketch::new(Kind::Update);
        sketch.needs.extend(draft.action_of(&key));
        sketch.needs.extend(draft.action_of(&Key::Dataset(name)));
        let old = old.unwrap_or_else(|| "-".to_owned());
        set(pool, &mut sketch, &PropertyName::new(BOOTFS), word.into(), Some(old));
        draft.push_apart(Subject::Resource(key), sketch);
    }
}

/// Tells pools that were imported below another folder, and refuses to change them: what is mounted, exported
/// and registered there is at other paths than a spec says.
pub fn below_altroot(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (pool, state) in &inputs.observed.pools {
        let Some(altroot) = state.settings.get(&PropertyName::new(ALTROOT)) else { continue };
        let key = Key::Pool(pool.clone());
        if !altroot.raw.starts_with('/') || inputs.desired.get(&key).is_none() {
            continue;
        }
        let text = format!(
            "the pool was imported with altroot={}, so that every mount point is seen below that",
            altroot.raw
        );
        let help = format!("`zpool export {pool}`, and import it without `-R` and `altroot`");
        if draft.actions().iter().any(|action| touches(&action.subject, pool)) {
            draft.refuse(&key, code::ALTROOT_CHANGES, text, help);
        } else {
            draft.warn(&key, code::ALTROOT, format!("{text}: {help}"));
        }
    }
}

/// Returns whether an action changes a pool or something in it, or may lead into it.
fn touches(subject: &Subject, pool: &PoolName) -> bool {
    match subject {
        Subject::Resource(Key::Pool(name)) => name == pool,
        Subject::Resource(Key::Dataset(name) | Key::Volume(name) | Key::Permissions(name))
        | Subject::Key(name) => name.pool() == *pool,
        Subject::Resource(Key::Tunable(_)) => false,
        _ => true,
    }
}

/// Plans all pools: those of the desired graph, then those that only the current one has.
pub fn plan(draft: &mut Draft<'_>) {
    for resource in draft.inputs.desired.resources() {
        let Resource::Pool(pool) = resource else { continue };
        let elsewhere = draft.inputs.record.pool_now(draft.inputs.observed, &pool.name);
        match (draft.inputs.observed.pools.get(&pool.name), elsewhere) {
            (Some(state), now) => {
                renamed(draft, pool, now);
                present(draft, pool, state);
            }
            (None, Some(now)) => called_otherwise(draft, pool, now),
            (None, None) => absent(draft, pool),
        }
    }
    let current = draft.inputs.current.into_iter().flat_map(phoenix_graph::Graph::resources);
    for resource in current {
        let Resource::Pool(pool) = resource else { continue };
        if draft.inputs.desired.get(&Key::Pool(pool.name.clone())).is_none() {
            leave(draft, pool);
        }
    }
}

fn absent(draft: &mut Draft<'_>, pool: &Pool) {
    if draft.inputs.observed.importable.contains(&pool.name) {
        import(draft, pool);
    } else {
        create(draft, pool);
    }
}

/// Refuses to make a pool anew, or to import another, where ours is imported by another name.
fn called_otherwise(draft: &mut Draft<'_>, pool: &Pool, now: &PoolName) {
    let (key, was) = (Key::Pool(pool.name.clone()), &pool.name);
    let told = format!("the pool is there by the name {now}, as its GUID tells: somebody imported it so");
    let help = format!(
        "`zpool export {now}`, then `zpool import {now} {was}` gives it its name back; or call it {now} in the spec"
    );
    draft.refuse(&key, code::POOL_BY_ANOTHER_NAME, told, help);
}

/// Tells of a pool that somebody imported by another name: this one, or the one that had this name.
fn renamed(draft: &mut Draft<'_>, pool: &Pool, now: Option<&PoolName>) {
    let key = Key::Pool(pool.name.clone());
    if let Some(was) = draft.inputs.record.pool_was(draft.inputs.observed, &pool.name) {
        draft.warn(
            &key,
            code::POOL_RENAMED,
            format!("it is what was {was}, as its GUID tells: somebody imported it by this name, and it is taken as it is now"),
        );
    }
    if let Some(now) = now {
        draft.warn(
            &key,
            code::POOL_RENAMED,
            format!(
                "what was {} is there by the name {now}, as its GUID tells, and this is another pool",
                pool.name
            ),
        );
    }
}

fn create(draft: &mut Draft<'_>, pool: &Pool) {
    let key = Key::Pool(pool.name.clone());
    let disks_of = pool.layout.iter().flat_map(|vdev| &vdev.disks);
    if !topology::blank(draft, &key, disks_of, false) {
        return;
    }
    let mut sketch = Sketch::new(Kind::Create);
    for vdev in &pool.layout {
        sketch.changes.push(Change { setting: "vdev".to_owned(), old: None, new: Some(vdev.to_string()) });
    }
    sketch.changes.extend(settings::all_new(&pool.settings));
    let root_key = Key::Dataset(pool.name.root());
    let root_settings = draft.inputs.desired.get(&root_key).and_then(|node| node.resource.settings());
    let mut root = root_settings.map(|found| settings::words(Target::Filesystem, found)).unwrap_or_default();
    root.push((PropertyName::new(OWNER), draft.inputs.desired.host().as_str().into()));
    sketch.run(doing::create(pool, root));
    let at = draft.push(Subject::Resource(key), sketch);
    if let Some(found) = root_settings {
        // The root dataset comes into being with its pool: its action tells, and runs nothing.
        let mut sketch = Sketch::new(Kind::Create);
        sketch.changes = settings::all_new(found);
        sketch.needs.push(at);
        draft.push(Subject::Resource(root_key), sketch);
    }
}

fn import(draft: &mut Draft<'_>, pool: &Pool) {
    let obstacles = draft.inputs.observed.obstacles.get(&pool.name).map(Vec::as_slice).unwrap_or_default();
    if !obstacles.is_empty() {
        for why in obstacles.iter().map(|obstacle| importing::told(&pool.name, obstacle)) {
            draft.refuse_for(&Key::Pool(pool.name.clone()), why);
        }
        return;
    }
    let mut sketch = Sketch::new(Kind::Import);
    sketch.run(doing::import(&pool.name));
    draft.push(Subject::Resource(Key::Pool(pool.name.clone())), sketch);
}

fn present(draft: &mut Draft<'_>, pool: &Pool, state: &PoolState) {
    let key = Key::Pool(pool.name.clone());
    let root = draft.inputs.observed.datasets.get(&pool.name.root());
    let claim = root.map_or(Claim::Foreign, |root| draft.claim(&pool.name, root));
    let marked = root.is_some_and(|root| draft.is_marked(root));
    let mut sketch = Sketch::new(Kind::Update);
    if !claim.is_on_record() && !draft.inputs.made.contains(&key) {
        if !draft.adopt(&key, "a pool of this name", claim) {
            return;
        }
        sketch.kind = Kind::Adopt;
    }
    // What is adopted is marked anew also where it bears the mark: a received one may go with the next stream.
    if !marked || sketch.kind == Kind::Adopt {
        mark(draft, pool, &mut sketch);
    }
    let adopts = sketch.kind == Kind::Adopt;
    let steps = if adopts {
        topology::plan_adopted(draft, pool, state).then(Vec::new)
    } else {
        topology::plan(draft, pool, state, &mut sketch)
    };
    let Some(steps) = steps else { return };
    let features = set_properties(draft, pool, state, &mut sketch);
    lasting::plan(draft, pool, state, &steps, &features);
    for warning in topology::underway(draft.inputs.observed, [pool.name.clone()]) {
        draft.warn(&warning.key, warning.code, warning.text);
    }
    if state.health.as_ref() != "ONLINE" {
        draft.warn(
            &key,
            code::POOL_NOT_ONLINE,
            format!("the pool is {}: see `zpool status {}`", state.health, pool.name),
        );
    }
    if !sketch.is_idle() {
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Marks the pool's root dataset as phoenix's.
fn mark(draft: &Draft<'_>, pool: &Pool, sketch: &mut Sketch) {
    let host = draft.inputs.desired.host().as_str();
    let root = pool.name.root();
    let seen = draft.inputs.observed.datasets.get(&root).and_then(|state| state.settings.get(OWNER));
    let old = seen.map(|seen| seen.raw.to_string());
    sketch.changes.push(Change { setting: OWNER.to_owned(), old, new: Some(host.to_owned()) });
    sketch.run(dataset::doing::mark(&root, OWNER, host, seen));
}

/// Plans what is to be set, and returns the features that are to be enabled, for good.
fn set_properties(
    draft: &mut Draft<'_>,
    pool: &Pool,
    state: &PoolState,
    sketch: &mut Sketch,
) -> Vec<PropertyName> {
    let mut features = Vec::new();
    let key = Key::Pool(pool.name.clone());
    let earlier =
        draft.inputs.current.and_then(|current| current.get(&key)).and_then(|node| node.resource.settings());
    for (name, value) in pool.settings.iter() {
        let seen = state.settings.get(name);
        let said = earlier.is_some_and(|earlier| earlier.get(name.as_str()).is_some());
        if !said && draft.inputs.prior(&key, name.as_str()).is_none() {
            let own = before::own(Target::Pool, name, seen).map(|own| (name.as_str().into(), own));
            draft.stands_over(&key, own.into_iter().collect());
        }
        let row = property::find(Target::Pool, name.as_str());
        let now = seen.and_then(|seen| row.and_then(|row| row.read(&seen.raw)));
        // It is set once what it names is there: `boot_from`. And a file that is so by default is not told.
        let default = name.as_str() == "cachefile" && now.is_none() && value.to_string() == DEFAULT_CACHE;
        if now.as_ref() == Some(value) || name.as_str() == BOOTFS || default {
            continue;
        }
        // A pool that chose `ashift` by itself answers 0: then nothing is known to differ.
        if name.as_str() == "ashift" && seen.is_some_and(|seen| &*seen.raw == "0") {
            draft.warn(
                &key,
                code::ASHIFT_UNKNOWN,
                "the pool chose its ashift by itself and does not tell it; it is left as it is",
            );
            continue;
        }
        if row.is_some_and(|row| row.creation_only) {
            let now = seen.map_or("-", |seen| &*seen.raw);
            draft.refuse(
                &key,
                code::SET_AT_CREATION,
                format!("{name} is {now} and can be given only when a pool is made; the spec says {value}"),
                format!("write {name}={now} in the spec, or leave it out"),
            );
            continue;
        }
        if name.as_str().starts_with("feature@") {
            match (seen, &*value.to_string()) {
                (Some(_), "enabled") => features.push(name.clone()),
                (Some(seen), _) => draft.refuse(
                    &key,
                    code::FEATURE_FOR_GOOD,
                    format!("{name} is {}, and it can be disabled only when a pool is made", seen.raw),
                    format!("write {name}=enabled in the spec, or leave it out"),
                ),
                (None, "enabled") => {
                    let (major, minor) = draft.inputs.observed.zfs;
                    draft.refuse(
                        &key,
                        code::NO_SUCH_FEATURE,
                        format!("{name}: OpenZFS {major}.{minor} on this host has no such feature"),
                        "`zpool upgrade -v` lists those that it has",
                    );
                }
                // What it does not have is as good as disabled.
                (None, _) => {}
            }
            continue;
        }
        let word = settings::word(Target::Pool, name, value);
        let old = seen.map(|seen| seen.raw.to_string());
        set(pool, sketch, name, word, old);
    }
    give_back(draft.inputs, pool, state, Some(&pool.settings), sketch);
    features
}

/// Plans what of a pool's settings goes back to what it was: those that the current generation says, and the
/// new one does not.
fn give_back(
    inputs: &Inputs<'_>,
    pool: &Pool,
    state: &PoolState,
    said: Option<&Settings>,
    sketch: &mut Sketch,
) {
    let key = Key::Pool(pool.name.clone());
    let earlier = inputs.current.and_then(|current| current.get(&key)?.resource.settings());
    for (name, _) in earlier.into_iter().flat_map(Settings::iter) {
        if said.is_some_and(|said| said.get(name.as_str()).is_some()) {
            continue;
        }
        let (Some(row), Some(seen)) = (property::find(Target::Pool, name.as_str()), state.settings.get(name))
        else {
            continue;
        };
        let word: Box<str> = match (inputs.prior(&key, name.as_str()), row.unset()) {
            (Some(Prior::Own { word, .. }), _) => word.clone(),
            (_, Unset::Value(word)) => word.into(),
            _ => continue,
        };
        // Of what is cleared by an empty word nothing is told (`-`), or an empty text.
        let value = |raw: &str| row.read(raw).filter(|value| !value.to_string().is_empty());
        if value(&seen.raw) != value(&word) {
            set(pool, sketch, name, word, Some(seen.raw.to_string()));
        }
    }
}

fn set(pool: &Pool, sketch: &mut Sketch, name: &PropertyName, word: Box<str>, old: Option<String>) {
    sketch.changes.push(Change { setting: name.to_string(), old: old.clone(), new: Some(word.to_string()) });
    sketch.run(doing::set(&pool.name, name, word, old.as_deref()));
}

/// A pool that the spec no longer names: exported, so that it can be imported again; one that was
/// there before phoenix stays.
fn leave(draft: &mut Draft<'_>, pool: &Pool) {
    let key = Key::Pool(pool.name.clone());
    if !draft.inputs.observed.pools.contains_key(&pool.name) {
        return;
    }
    if draft.was_adopted(&key) {
        draft.forget_adopted(&key);
        let mut sketch = Sketch::new(Kind::Release);
        let root = pool.name.root();
        if let Some(seen) =
            draft.inputs.observed.datasets.get(&root).and_then(|state| state.settings.get(OWNER))
        {
            sketch.run(dataset::doing::unmark(&root, OWNER, Some(seen)));
        }
        if draft.inputs.gives_back && draft.inputs.before.contains_key(&key) {
            if let Some(state) = draft.inputs.observed.pools.get(&pool.name) {
                give_back(draft.inputs, pool, state, None, &mut sketch);
            }
            release::settings(draft.inputs, &Key::Dataset(root), &mut sketch);
        }
        draft.push(Subject::Resource(key), sketch);
        return;
    }
    draft.refuse(
        &key,
        code::POOL_NOT_RETIRED,
        "the spec no longer names this pool, and phoenix does not put whole pools away yet",
        format!("keep the pool in the spec (its datasets may go); or export it yourself with `zpool export {}` first", pool.name),
    );
}

/// Adds what has to be looked at for a pool.
pub fn look(query: &mut Query, pool: &Pool) {
    let disks = query.pools.entry(pool.name.clone()).or_default();
    disks.extend(pool.layout.iter().flat_map(|vdev| vdev.disks.iter().cloned()));
    query.pool_properties.extend(pool.settings.iter().map(|(name, _)| name.clone()));
    query.pool_properties.extend([ALTROOT, FREE, SIZE].map(PropertyName::new));
    query.properties.extend(ROOM.map(PropertyName::new));
}
