//! Changes of the layout of a pool that is there: each step with its operation, what brings back what
//! was before, whether a rollback undoes it, and what forbids it now. What lasts is planned in
//! [`crate::pool::lasting`].
//!
//! Nothing waits for a resilver. What goes on in the background is told, and while it does the layout
//! stays as it is.

use crate::{
    Warning, code,
    draft::Draft,
    pool::{
        doing::{self, given},
        layout::{self, Step, shown},
    },
    sketch::Sketch,
};
use phoenix_graph::{Disk, Key, Pool, PoolName};
use phoenix_host::observed::{DiskState, Observed, PoolState, VdevDisk, WorkKind};

/// Plans the way from the layout that is there to the one that is wanted. What a rollback undoes goes
/// into the pool's action. Returns all steps; nothing where the pool cannot be planned on.
pub fn plan(draft: &mut Draft<'_>, pool: &Pool, state: &PoolState, sketch: &mut Sketch) -> Option<Vec<Step>> {
    let key = Key::Pool(pool.name.clone());
    let seen = draft.inputs.observed;
    let steps = match layout::steps(&pool.layout, state, &seen.disks, seen.zfs) {
        Ok(steps) => steps,
        Err(unreachable) => {
            let mut help = unreachable.help;
            if state.checkpoint {
                help.push_str("; ");
                help.push_str(&doing::way_back(&pool.name));
            }
            draft.refuse(&key, unreachable.code, format!("its layout: {}", unreachable.reason), help);
            return None;
        }
    };
    if steps.is_empty() {
        return Some(steps);
    }
    if !is_free(draft, &key, pool, state, &steps) || !all_blank(draft, &key, &pool.name, &steps) {
        return None;
    }
    for step in steps.iter().filter(|step| !lasts(step)) {
        carry_out(&pool.name, step, seen, sketch);
    }
    tell(draft, &key, &pool.name, &steps);
    Some(steps)
}

/// Refuses a layout that is not just the one that is there, for a pool that is being adopted.
pub fn plan_adopted(draft: &mut Draft<'_>, pool: &Pool, state: &PoolState) -> bool {
    let key = Key::Pool(pool.name.clone());
    let seen = draft.inputs.observed;
    let found = layout::steps(&pool.layout, state, &seen.disks, seen.zfs);
    let difference = match found {
        Ok(steps) if steps.is_empty() => return true,
        Ok(steps) => steps.iter().map(describe).collect::<Vec<_>>().join("; "),
        Err(unreachable) => unreachable.reason,
    };
    draft.refuse(
        &key,
        code::ADOPTED_LAYOUT,
        format!("a pool is adopted with the layout that it has, and the spec says another: {difference}"),
        "write the layout in the spec as `zpool status -P` shows it; it can be changed when the pool is \
         phoenix's",
    );
    false
}

/// Refuses disks that are missing or hold something; says whether all can be used. A disk that was in
/// this very pool comes back to it.
pub fn blank<'d>(
    draft: &mut Draft<'_>,
    key: &Key,
    disks: impl IntoIterator<Item = &'d Disk>,
    returns: bool,
) -> bool {
    let mut all = true;
    for disk in disks {
        let help = match draft.inputs.observed.disks.get(disk) {
            Some(DiskState::Left(_)) if returns => continue,
            Some(DiskState::Blank(_)) => {
                if draft.inputs.observed.written.contains(disk) {
                    draft.warn(
                        key,
                        code::DISK_NOT_ZERO,
                        format!(
                            "nothing that is known is on {}, but bytes at its beginning or end are not \
                             zero: see that it is the right disk, since whatever is on it is overwritten",
                            disk.0
                        ),
                    );
                }
                continue;
            }
            Some(DiskState::Holds(_, found)) => {
                let words: Vec<&str> = found.iter().map(|thing| &*thing.words).collect();
                draft.refuse(
                    key,
                    code::DISK_NOT_BLANK,
                    format!("the disk {} is not blank: it holds {}", disk.0, words.join(", ")),
                    "name another disk; or, if nothing on this one is needed, clear it yourself \
                     (`wipefs` shows what is there): phoenix never does",
                );
                all = false;
                continue;
            }
            Some(DiskState::Device(_)) => {
                "it is in a pool already: in this one, in another place or as a part of another disk there, or in \
                 another one (`zpool status -P` tells)"
            }
            Some(DiskState::Left(_)) => {
                "it bears the label of a pool that is there; look again with `phoenix plan`"
            }
            Some(DiskState::Missing) | None => "`ls -l /dev/disk/by-id` lists the disks that are there",
        };
        draft.refuse(key, code::NO_BLANK_DISK, format!("there is no blank disk at {}", disk.0), help);
        all = false;
    }
    all
}

/// Says what pools are busy with that bears on their layout, and which have a checkpoint, for people.
#[must_use]
pub fn underway(seen: &Observed, pools: impl IntoIterator<Item = PoolName>) -> Vec<Warning> {
    let told = |pool: PoolName| {
        let Some(state) = seen.pools.get(&pool) else { return Vec::new() };
        let work = state.work.iter().filter(|work| work.kind != WorkKind::Scrub);
        let busy: Vec<String> = work.map(ToString::to_string).collect();
        let busy = (!busy.is_empty())
            .then(|| format!("{}; `zpool status {pool}` shows how far it is", busy.join(", ")));
        let pinned = state.checkpoint.then(|| {
            format!(
                "the pool has a checkpoint: nothing that is deleted frees space, and its layout stays, until \
                 you give it up with `zpool checkpoint -d {pool}`"
            )
        });
        let busy = busy.map(|text| (code::POOL_BUSY, text));
        let pinned = pinned.map(|text| (code::HAS_CHECKPOINT, text));
        let told = busy.into_iter().chain(pinned);
        told.map(|(code, text)| Warning { key: Key::Pool(pool.clone()), code, text }).collect()
    };
    pools.into_iter().flat_map(told).collect()
}

/// Refuses to change a layout while the pool is busy with an earlier change, or cannot be changed.
fn is_free(draft: &mut Draft<'_>, key: &Key, pool: &Pool, state: &PoolState, steps: &[Step]) -> bool {
    let what = steps.iter().map(describe).collect::<Vec<_>>().join("; ");
    let name = &pool.name;
    if state.checkpoint && steps.iter().any(|step| !matches!(step, Step::Add { .. })) {
        draft.refuse(
            key,
            code::CHECKPOINT_FORBIDS,
            format!("{what}, and the pool has a checkpoint, which forbids that"),
            format!("discard it when you need it no longer: `zpool checkpoint -d {name}`"),
        );
        return false;
    }
    if let Some(work) = state.work.iter().find(|work| work.kind != WorkKind::Scrub) {
        draft.refuse(
            key,
            code::POOL_AT_WORK,
            format!("{what}, and {work}: one change of a layout is made after the other"),
            format!("wait until it is done (`zpool wait {name}`), then switch again"),
        );
        return false;
    }
    let fills =
        |step: &Step| matches!(step, Step::Attach { .. } | Step::Replace { .. } | Step::Expand { .. });
    let scrub = state.work.iter().find(|work| work.kind == WorkKind::Scrub);
    if let Some(work) = scrub.filter(|_| steps.iter().any(fills)) {
        draft.refuse(
            key,
            code::POOL_AT_WORK,
            format!("{what}, and {work}, which the filling of a disk would end"),
            format!(
                "wait until it is done (`zpool wait -t scrub {name}`), or stop it: `zpool scrub -s {name}`"
            ),
        );
        return false;
    }
    true
}

fn all_blank(draft: &mut Draft<'_>, key: &Key, pool: &PoolName, steps: &[Step]) -> bool {
    let new: Vec<&Disk> = steps
        .iter()
        .flat_map(|step| match step {
            Step::Attach { new, .. } | Step::Replace { new, .. } | Step::Expand { new, .. } => vec![new],
            Step::Add { vdev } => vdev.disks.iter().collect(),
            Step::Detach { .. } | Step::Remove { .. } => Vec::new(),
        })
        .collect();
    let returns = draft.inputs.observed.pools.contains_key(pool);
    blank(draft, key, new, returns)
}

/// Returns whether a step stays, whatever is rolled back.
pub fn lasts(step: &Step) -> bool {
    let reversible = match step {
        Step::Attach { .. } => true,
        // What is broken, or not there, cannot come back.
        Step::Detach { disk, .. } => disk.is_healthy(),
        Step::Replace { old, .. } => old.is_healthy(),
        Step::Expand { .. } => false,
        Step::Add { vdev } => !vdev.class.holds_data(),
        Step::Remove { vdev } => !vdev.class.holds_data() && vdev.disks.iter().all(VdevDisk::is_healthy),
    };
    !reversible
}

/// Adds a step's operations to an action.
pub fn carry_out(pool: &PoolName, step: &Step, seen: &Observed, sketch: &mut Sketch) {
    match step {
        Step::Attach { beside, new } => {
            sketch.tell("disk", None, Some(&format!("{} beside {}", new.0, given(beside))));
            sketch.run(doing::attach(pool, &beside.name, new, seen));
        }
        Step::Expand { vdev, new } => {
            sketch.tell("disk", None, Some(&format!("{} in {}", new.0, shown(vdev))));
            sketch.run(doing::attach(pool, &vdev.name, new, seen));
        }
        Step::Detach { disk, beside } => {
            sketch.tell("disk", Some(&format!("{} beside {}", given(disk), given(beside))), None);
            sketch.run(doing::detach(pool, disk, beside));
        }
        Step::Replace { old, new } => {
            sketch.tell("disk", Some(given(old)), Some(&new.0));
            sketch.run(doing::replace(pool, old, new, seen));
        }
        Step::Add { vdev } => {
            sketch.tell("vdev", None, Some(&vdev.to_string()));
            sketch.run(doing::add(pool, vdev, seen));
        }
        Step::Remove { vdev } => {
            sketch.tell("vdev", Some(&shown(vdev)), None);
            sketch.run(doing::remove(pool, vdev));
        }
    }
}

/// Tells what goes on after the switch, and what no rollback brings back.
fn tell(draft: &mut Draft<'_>, key: &Key, pool: &PoolName, steps: &[Step]) {
    let new: Vec<&str> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Attach { new, .. } | Step::Replace { new, .. } => Some(&*new.0),
            _ => None,
        })
        .collect();
    if !new.is_empty() {
        draft.warn(
            key,
            code::GOES_ON_AFTER,
            format!(
                "the switch does not wait until {} is filled: `zpool status {pool}` shows how far it is, and \
                 until then it protects nothing",
                new.join(", ")
            ),
        );
    }
    for step in steps {
        match step {
            Step::Remove { vdev } if vdev.class.holds_data() => draft.warn(
                key,
                code::GOES_ON_AFTER,
                format!(
                    "what `{}` holds is moved in the background, after the switch; `zpool remove -s {pool}` \
                     stops it as long as it is not done",
                    shown(vdev)
                ),
            ),
            Step::Add { vdev } if vdev.class.holds_data() => {
                draft.warn(key, code::VDEV_FOR_GOOD, format!("no rollback takes `{vdev}` out again"))
            }
            _ => {}
        }
    }
}

/// Says what a step would do.
pub fn describe(step: &Step) -> String {
    match step {
        Step::Attach { beside, new } => format!("{} would be attached to {}", new.0, given(beside)),
        Step::Detach { disk, .. } => {
            let state = if disk.is_healthy() { String::new() } else { format!(" ({})", disk.state) };
            format!("{}{state} would be detached", given(disk))
        }
        Step::Replace { old, new } => {
            let state = if old.is_healthy() { String::new() } else { format!(" ({})", old.state) };
            format!("{}{state} would be replaced by {}", given(old), new.0)
        }
        Step::Expand { vdev, new } => format!("`{}` would be widened by {}", shown(vdev), new.0),
        Step::Add { vdev } => format!("`{vdev}` would be added"),
        Step::Remove { vdev } => format!("`{}` would be removed", shown(vdev)),
    }
}
