//! Pools: create on blank disks, import, change the layout (topology.rs), set properties; and let go of
//! what the spec no longer names. Nothing is ever forced.

mod checkpoint;
pub mod doing;
mod importing;
mod lasting;
mod layout;
mod properties;
pub mod topology;

use crate::{
    Kind, Subject, code, consent,
    dataset::{self, release},
    draft::Draft,
    order::Milestone,
    record::Claim,
    settings,
    sketch::Sketch,
    space::{FREE, ROOM, SIZE},
    stage::Stage,
};
use doing::BOOTFS;
use phoenix_graph::{DatasetName, Key, Pool, PoolName, PropertyName, Resource, Target};
use phoenix_host::observed::{OWNER, PoolState, Query};
use properties::{give_back, set};

pub const STAGES: &[Stage] = &[
    Stage { name: "pools", after: &["versions"], looks_inside: false, run: plan },
    Stage { name: "boot", after: &["datasets"], looks_inside: true, run: boot_from },
    Stage { name: "altroot", after: &["tunables"], looks_inside: true, run: below_altroot },
];

/// The folder that a pool was imported below (`zpool import -R`), until it is exported.
pub const ALTROOT: &str = "altroot";

/// Says what pools boot from, once that is there.
pub fn boot_from(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for resource in inputs.desired.resources() {
        let Resource::Pool(pool) = resource else { continue };
        let Some(word) = pool.settings.get(BOOTFS).map(ToString::to_string) else { continue };
        let key = Key::Pool(pool.name.clone());
        let state = inputs.observed.pools.get(&pool.name);
        let seen = state.and_then(|state| state.settings.get(&PropertyName::new(BOOTFS)));
        let old = seen.map(|seen| &*seen.raw);
        if old == Some(&*word) || state.is_none() && !draft.changes(&key) {
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
        sketch.after(Milestone::Done(key.clone()));
        sketch.after(Milestone::Done(Key::Dataset(name)));
        set(pool, &mut sketch, &PropertyName::new(BOOTFS), word.into(), Some(old.unwrap_or("-")));
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
        sketch.tell("vdev", None, Some(&vdev.to_string()));
    }
    sketch.changes.extend(settings::all_new(&pool.settings));
    let root_key = Key::Dataset(pool.name.root());
    let root_settings = draft.inputs.desired.get(&root_key).and_then(|node| node.resource.settings());
    let mut root = root_settings.map(|found| settings::words(Target::Filesystem, found)).unwrap_or_default();
    root.push((PropertyName::new(OWNER), draft.inputs.desired.host().as_str().into()));
    sketch.run(doing::create(pool, root));
    draft.push(Subject::Resource(key.clone()), sketch);
    if let Some(found) = root_settings {
        // The root dataset comes into being with its pool: its action tells, and runs nothing.
        let mut sketch = Sketch::new(Kind::Create);
        sketch.changes = settings::all_new(found);
        sketch.after(Milestone::Done(key));
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
    let claim = root.map_or(Claim::Foreign, |root| draft.whose.claim(&pool.name, root));
    let marked = root.is_some_and(|root| draft.whose.is_marked(root));
    let mut sketch = Sketch::new(Kind::Update);
    if !claim.is_on_record() && !draft.inputs.made.contains(&key) {
        if !consent::adopt(draft, &key, "a pool of this name", claim) {
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
    let features = properties::plan(draft, pool, state, &mut sketch);
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
    sketch.tell(OWNER, seen.map(|seen| &*seen.raw), Some(host));
    sketch.run(dataset::doing::mark(&root, OWNER, host, seen));
}

/// A pool that the spec no longer names: exported, so that it can be imported again; one that was
/// there before phoenix stays.
fn leave(draft: &mut Draft<'_>, pool: &Pool) {
    let key = Key::Pool(pool.name.clone());
    if !draft.inputs.observed.pools.contains_key(&pool.name) {
        return;
    }
    if draft.whose.was_adopted(&key) {
        draft.adopted.remove(&key);
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
