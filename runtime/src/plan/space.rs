//! Space: limits that OpenZFS would refuse since too much is used already, and pools that are so full that
//! nothing can be made in them, not even a snapshot.

use super::draft::Draft;
use crate::{
    observed::{DatasetState, PoolState},
    op::{Assignment, Op},
};
use phoenix_graph::{Bytes, DatasetName, Key, PropertyName};

/// The settings that limit or reserve space.
pub const LIMITS: [&str; 4] = ["quota", "refquota", "reservation", "refreservation"];
/// What has to be known of a dataset to judge them.
pub const FACTS: [&str; 8] = [
    "used",
    "referenced",
    "usedbydataset",
    "available",
    "quota",
    "refquota",
    "reservation",
    "refreservation",
];
/// How much of a pool nothing is stored in.
pub const FREE: &str = "free";
/// How large a pool is.
pub const SIZE: &str = "size";

/// Says why OpenZFS would refuse one of these settings, and the way out (`zfsprops(7)`).
pub fn refusals(
    draft: &Draft<'_>,
    name: &DatasetName,
    state: &DatasetState,
    set: &[Assignment],
) -> Vec<(String, String)> {
    let now = |property: &str| number(state, property);
    let wanted = |property: &str| {
        let word = set.iter().find(|(name, _)| name.as_str() == property).map(|(_, word)| word);
        word.map(|word| word.parse().unwrap_or(0))
    };
    let after = |property: &str| wanted(property).or_else(|| now(property)).unwrap_or(0);
    let mut found = Vec::new();
    for (limit, used, reserved, what) in [
        ("quota", "used", "reservation", "use, with its snapshots and all below it,"),
        ("refquota", "referenced", "refreservation", "hold"),
    ] {
        let (Some(size), Some(used)) = (wanted(limit).filter(|size| *size > 0), now(used)) else { continue };
        if size < used {
            found.push((
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
            found.push((
                format!("{limit} would be {}, and it reserves {}", Bytes(size), Bytes(after(reserved))),
                format!("lower {reserved} as well"),
            ));
        }
    }
    let parent = name.parent().and_then(|parent| draft.inputs.observed.datasets.get(&parent));
    for (reservation, own, room) in [
        ("reservation", now("used"), parent.and_then(|parent| number(parent, "available"))),
        ("refreservation", now("usedbydataset"), now("available")),
    ] {
        let (Some(size), Some(own), Some(room)) = (wanted(reservation), own, room) else { continue };
        let held = now(reservation).unwrap_or(0).max(own);
        let more = size.max(own).saturating_sub(held);
        if more > room {
            found.push((
                format!("{reservation} would be {}, which takes {} more, and only {} are free", Bytes(size), Bytes(more), Bytes(room)),
                "say less, or free some space first: `zfs list -o space` shows where it went, and `phoenix gc` what of it is phoenix's".to_owned(),
            ));
        }
    }
    found
}

/// Says why a new dataset cannot have what it is to reserve.
pub fn too_large(draft: &Draft<'_>, name: &DatasetName, set: &[Assignment]) -> Option<(String, String)> {
    let parent = draft.inputs.observed.datasets.get(&name.parent()?)?;
    let room = number(parent, "available")?;
    let word = |property: &str| {
        let found = set.iter().find(|(name, _)| name.as_str() == property);
        found.and_then(|(_, word)| word.parse::<u64>().ok()).unwrap_or(0)
    };
    let size = word("reservation").max(word("refreservation"));
    (size > room).then(|| {
        (
            format!("it would reserve {}, and only {} are free above it", Bytes(size), Bytes(room)),
            "say less, say `sparse` for a volume, or free some space first".to_owned(),
        )
    })
}

/// In a pool that is full nothing can be made, while settings can be changed and things destroyed. No
/// snapshots are taken there, so that what needs nothing made can still be done; what does is refused.
pub fn make_do(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (pool, state) in &inputs.observed.pools {
        let Some(room) = room(state) else { continue };
        let makes = draft.actions().iter().find_map(|action| {
            let made = action.ops.iter().find_map(|op| made_by(op).filter(|name| name.pool() == *pool))?;
            Some((action.subject.clone(), made.clone()))
        });
        if room == 0
            && let Some((subject, made)) = makes
        {
            let key = match subject {
                super::Subject::Resource(key) => key,
                _ => Key::Pool(pool.clone()),
            };
            draft.refuse(
                &key,
                format!("the pool {pool} is full: {made} cannot be made in it"),
                format!(
                    "free some space first: files, or snapshots (`zfs list -t snapshot -s used -r {pool}`); `phoenix gc` destroys what no kept generation needs"
                ),
            );
            continue;
        }
        let count = draft.snapshots_in(pool);
        if count > 0 && room < COST * count as u64 {
            draft.without_snapshots(pool);
            draft.warn(
                &Key::Pool(pool.clone()),
                format!(
                    "the pool is full, or nearly: no snapshots are taken of the {count} it has to do with, so that what they hold now is nothing that `rollback --with-data` could go back to"
                ),
            );
        }
    }
}

/// What OpenZFS wants free for each snapshot of one command: three blocks of 16 KiB, at their worst case
/// (`dsl_dataset_snapshot`, `spa_asize_inflation`).
const COST: u64 = 3 * (16 << 10) * 24;

/// Returns how much can be made in a pool: what is free without what OpenZFS keeps for itself
/// (`spa_get_slop_space`), the 32nd part, but 128 MiB at least and 128 GiB at most, and of a small pool half.
fn room(state: &PoolState) -> Option<u64> {
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

impl Draft<'_> {
    /// Refuses what is to be set and would not be taken.
    pub fn refuse_too_little(
        &mut self,
        key: &Key,
        name: &DatasetName,
        state: &DatasetState,
        set: &[Assignment],
    ) {
        for (reason, help) in refusals(self, name, state, set) {
            self.refuse(key, reason, help);
        }
    }
}
