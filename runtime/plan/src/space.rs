//! Space: limits that OpenZFS would refuse since too much is used already, and pools that are so full that
//! nothing can be made in them, not even a snapshot.

use crate::{code, draft::Draft, stage::Stage, why::Why};
use phoenix_graph::{Bytes, DatasetName, Key, PoolName, PropertyName};
use phoenix_host::{
    observed::{DatasetState, PoolState},
    op::{Assignment, Op},
};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] =
    &[Stage { name: "space", after: &["altroot"], looks_inside: true, run: make_do }];

/// The settings that limit or reserve space.
pub const LIMITS: [&str; 4] = ["quota", "refquota", "reservation", "refreservation"];
/// What has to be known of a dataset to judge them.
pub const FACTS: [&str; 4] = ["used", "referenced", "usedbydataset", "reservation"];
/// What has to be known of every dataset, so that it is seen whether something can be made in its pool, and
/// whether it can be snapshot.
pub const ROOM: [&str; 5] = ["available", "quota", "refquota", "refreservation", "usedbyrefreservation"];
/// How much of a pool nothing is stored in.
pub const FREE: &str = "free";
/// How large a pool is.
pub const SIZE: &str = "size";

/// Says why OpenZFS would refuse one of these settings, and the way out (`zfsprops(7)`).
pub fn refusals(draft: &Draft<'_>, name: &DatasetName, state: &DatasetState, set: &[Assignment]) -> Vec<Why> {
    let now = |property: &str| number(state, property);
    let wanted = |property: &str| {
        let word = set.iter().find(|(name, _)| name.as_str() == property).map(|(_, word)| word);
        word.map(|word| word.parse().unwrap_or(0))
    };
    let after = |property: &str| wanted(property).or_else(|| now(property)).unwrap_or(0);
    // What it keeps for itself is free for its files, and not for what else it is to reserve.
    let own_room = now("available").map(|room| room.saturating_sub(now("usedbyrefreservation").unwrap_or(0)));
    let mut found = Vec::new();
    for (limit, used, reserved, what) in [
        ("quota", "used", "reservation", "use, with its snapshots and all below it,"),
        ("refquota", "referenced", "refreservation", "hold"),
    ] {
        let (Some(size), Some(used)) = (wanted(limit).filter(|size| *size > 0), now(used)) else { continue };
        if size < used {
            found.push(Why::new(
                code::LIMIT_TOO_LOW,
                format!(
                    "{limit} would be {}, and it holds {} already: OpenZFS refuses that",
                    Bytes(size),
                    Bytes(used)
                ),
                format!(
                    "say at least what it {what} now: `zfs list -o space {name}`; or free some of it first"
                ),
            ));
        } else if size < after(reserved) {
            found.push(Why::new(
                code::LIMIT_TOO_LOW,
                format!("{limit} would be {}, and it reserves {}", Bytes(size), Bytes(after(reserved))),
                format!("lower {reserved} as well"),
            ));
        }
    }
    let parent = name.parent().and_then(|parent| draft.standing(&parent)).map(|(_, state)| state);
    for (reservation, own, room) in [
        ("reservation", now("used"), parent.and_then(|parent| number(parent, "available"))),
        ("refreservation", now("usedbydataset"), own_room),
    ] {
        let (Some(size), Some(own), Some(room)) = (wanted(reservation), own, room) else { continue };
        let held = now(reservation).unwrap_or(0).max(own);
        let more = size.max(own).saturating_sub(held);
        if more > room {
            found.push(Why::new(
                code::NO_ROOM,
                format!("{reservation} would be {}, which takes {} more, and only {} are free", Bytes(size), Bytes(more), Bytes(room)),
                "say less, or free some space first: `zfs list -o space` shows where it went, and `phoenix gc` what of it is phoenix's",
            ));
        }
    }
    found
}

/// Says why a new dataset cannot have what it is to reserve.
pub fn too_large(draft: &Draft<'_>, name: &DatasetName, set: &[Assignment]) -> Option<Why> {
    let (_, parent) = draft.standing(&name.parent()?)?;
    let room = number(parent, "available")?;
    let word = |property: &str| {
        let found = set.iter().find(|(name, _)| name.as_str() == property);
        found.and_then(|(_, word)| word.parse::<u64>().ok()).unwrap_or(0)
    };
    let size = word("reservation").max(word("refreservation"));
    (size > room).then(|| {
        Why::new(
            code::NO_ROOM,
            format!("it would reserve {}, and only {} are free above it", Bytes(size), Bytes(room)),
            "say less, say `sparse` for a volume, or free some space first",
        )
    })
}

/// In a pool that is full nothing can be made, while settings can be changed and things destroyed. No
/// snapshots are taken there, so that what needs nothing made can still be done; what does is refused.
pub fn make_do(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (pool, state) in &inputs.observed.pools {
        leave_out_reserved(draft, pool);
        let Some(room) = room(pool, state, &inputs.observed.datasets) else { continue };
        let made = draft.actions().iter().flat_map(|action| {
            let made = action.ops.iter().filter_map(|op| made_by(op).filter(|name| name.pool() == *pool));
            made.map(|name| (action.subject.clone(), name.clone()))
        });
        let made: Vec<_> = made.collect();
        let makes = MADE * made.len() as u64;
        if let Some((subject, name)) = made.into_iter().next()
            && room < makes
        {
            let key = match subject {
                crate::Subject::Resource(key) => key,
                _ => Key::Pool(pool.clone()),
            };
            draft.refuse(
                &key,
                code::POOL_FULL,
                format!("the pool {pool} is full: {name} cannot be made in it"),
                format!(
                    "free some space first: files, or snapshots (`zfs list -t snapshot -s used -r {pool}`); `phoenix gc` destroys what no kept generation needs"
                ),
            );
            continue;
        }
        let count = draft.snapshots.get(pool).map_or(0, BTreeSet::len);
        if count > 0 && room < SNAPSHOT * count as u64 + makes {
            draft.snapshots.remove(pool);
            draft.warn(
                &Key::Pool(pool.clone()),
                code::NO_SNAPSHOT,
                format!(
                    "the pool is full, or nearly: no snapshots are taken of the {count} it has to do with, so that what they hold now is nothing that `rollback --with-data` could go back to"
                ),
            );
        }
    }
}

/// Takes no snapshots of what reserves space for itself and finds none for them: what a snapshot keeps of it no
/// longer counts as its own, and has to be free a second time (`dsl_dataset_snapshot_reserve_space`). OpenZFS
/// refuses all snapshots of one command for it.
fn leave_out_reserved(draft: &mut Draft<'_>, pool: &PoolName) {
    for name in draft.snapshots.get(pool).cloned().unwrap_or_default() {
        let Some(state) = draft.inputs.observed.datasets.get(&name) else { continue };
        let fact = |property: &str| number(state, property);
        let (Some(reserved), Some(kept), Some(available)) =
            (fact("refreservation"), fact("usedbyrefreservation"), fact("available"))
        else {
            continue;
        };
        let (wants, free) = (reserved.saturating_sub(kept), available.saturating_sub(kept));
        // What is free below a refquota says nothing of what is free for snapshots.
        if wants <= free || fact("refquota").is_some_and(|quota| quota > 0) {
            continue;
        }
        draft.snapshots.entry(pool.clone()).or_default().remove(&name);
        let key = if state.volume { Key::Volume(name.clone()) } else { Key::Dataset(name.clone()) };
        draft.warn(
            &key,
            code::NO_SNAPSHOT,
            // A plan that somebody reviewed is the same while others write: no sizes.
            format!(
                "it reserves space for itself, and what a snapshot would keep of it is not free a second time (`zfs list -o space {name}`): none is taken, and what it holds now is nothing that `rollback --with-data` could go back to"
            ),
        );
    }
}

/// What OpenZFS wants free for one block of its own: 16 KiB, in three copies (`dsl_sync_task_sync`).
const BLOCK: u64 = 3 * (16 << 10);
/// What it wants free for each snapshot of one command (`dsl_dataset_snapshot`).
const SNAPSHOT: u64 = 3 * BLOCK;
/// What it wants free for a file system, a volume or a clone (`dmu_objset_create`).
const MADE: u64 = 6 * BLOCK;

/// What is left out of what a pool has available: OpenZFS tells as such what it freed in the last transactions,
/// and makes nothing of it yet (`dsl_pool_unreserved_space`). Each transaction frees some of its own blocks.
const FREED: u64 = 1 << 20;

/// Returns how much can be made in a pool: what its first dataset has available, since OpenZFS leaves out there
/// what it keeps for itself. A limit of that dataset is none of the pool; then it is told from the pool's size.
fn room(pool: &PoolName, state: &PoolState, datasets: &BTreeMap<DatasetName, DatasetState>) -> Option<u64> {
    let first = datasets.get(&pool.root());
    let fact = |property: &str| number(first?, property);
    let available =
        fact("available").map(|bytes| bytes.saturating_sub(fact("usedbyrefreservation").unwrap_or(0)));
    let limited = ["quota", "refquota"].iter().any(|limit| fact(limit) != Some(0));
    let room = if limited { available.max(unkept(state)) } else { available };
    room.map(|bytes| bytes.saturating_sub(FREED))
}

/// Returns what is free of a pool without what OpenZFS keeps for itself (`spa_get_slop_space`): the 32nd part,
/// but 128 MiB at least and 128 GiB at most, and of a small pool half.
fn unkept(state: &PoolState) -> Option<u64> {
    let fact = |name: &str| state.settings.get(&PropertyName::new(name))?.raw.parse::<u64>().ok();
    let (free, size) = (fact(FREE)?, fact(SIZE)?);
    let kept = (size / 32).min(128 << 30).max((size / 2).min(128 << 20));
    Some(free.saturating_sub(kept))
}

/// Returns what an operation makes, where it makes something.
fn made_by(op: &Op) -> Option<&DatasetName> {
    match op {
        Op::DatasetCreate { dataset, .. } | Op::VolumeCreate { dataset, .. } | Op::Clone { dataset, .. } => {
            Some(dataset)
        }
        _ => None,
    }
}

fn number(state: &DatasetState, property: &str) -> Option<u64> {
    state.value(property)?.parse().ok()
}
