//! Changes of the layout of a pool that is there: each step with its operation, what brings back what
//! was before, whether a rollback undoes it, and what forbids it now. What lasts is planned in
//! [`super::lasting`].
//!
//! Nothing waits for a resilver. What goes on in the background is told, and while it does the layout
//! stays as it is.

use super::{
    Change, Inverse, Warning, checkpoint, code,
    draft::{Draft, Sketch},
    layout::{self, Step, shown},
};
use phoenix_graph::{Class, Disk, Key, Pool, PoolName, Redundancy, Vdev};
use phoenix_host::{
    observed::{DiskState, Found, Label, Observed, PoolState, VdevDisk, VdevState, WorkKind},
    op::Op,
};

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
                help.push_str(&checkpoint::way_back(&pool.name));
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
                "it is in the pool already, in another place or as a part of another disk there"
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
    let pool = pool.clone();
    let is_blank = |disk: &Disk| matches!(seen.disks.get(disk), Some(DiskState::Blank(_)));
    let mut change = |setting: &str, old: Option<&str>, new: Option<&str>| {
        sketch.changes.push(Change {
            setting: setting.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        });
    };
    match step {
        Step::Attach { beside, new } => {
            change("disk", None, Some(&format!("{} beside {}", new.0, given(beside))));
            sketch.run(
                Op::PoolAttach { pool: pool.clone(), to: beside.name.clone(), disk: new.0.clone() },
                Inverse::DiskOutside { pool, disk: new.0.clone(), blank: is_blank(new) },
            );
        }
        Step::Expand { vdev, new } => {
            change("disk", None, Some(&format!("{} in {}", new.0, shown(vdev))));
            sketch.run(
                Op::PoolAttach { pool: pool.clone(), to: vdev.name.clone(), disk: new.0.clone() },
                Inverse::DiskOutside { pool, disk: new.0.clone(), blank: is_blank(new) },
            );
        }
        Step::Detach { disk, beside } => {
            change("disk", Some(&format!("{} beside {}", given(disk), given(beside))), None);
            sketch.run(
                Op::PoolDetach { pool: pool.clone(), disk: disk.name.clone() },
                Inverse::DiskInside { pool, disk: given(disk).into(), beside: given(beside).into() },
            );
        }
        Step::Replace { old, new } => {
            change("disk", Some(given(old)), Some(&new.0));
            sketch.run(
                Op::PoolReplace { pool: pool.clone(), old: old.name.clone(), new: new.0.clone() },
                Inverse::DiskBefore {
                    pool,
                    old: given(old).into(),
                    new: new.0.clone(),
                    blank: is_blank(new),
                },
            );
        }
        Step::Add { vdev } => {
            change("vdev", None, Some(&vdev.to_string()));
            let blank = vdev.disks.iter().filter(|disk| is_blank(disk)).map(|disk| disk.0.clone()).collect();
            sketch.run(
                Op::PoolAdd { pool: pool.clone(), vdev: vdev.clone() },
                Inverse::VdevAbsent { pool, vdev: vdev.clone(), blank },
            );
        }
        Step::Remove { vdev } => {
            change("vdev", Some(&shown(vdev)), None);
            sketch.run(
                Op::PoolRemove { pool: pool.clone(), vdev: vdev.name.clone() },
                Inverse::VdevPresent { pool, vdev: as_given(vdev) },
            );
            // What a spare or a cache leaves does not say whose it was, so nobody would take it again.
            if matches!(vdev.class, Class::Spare | Class::Cache) {
                let there = vdev.disks.iter().filter(|disk| !disk.lost);
                sketch.ops.extend(there.map(|disk| Op::LabelClear { disk: given(disk).into() }));
            }
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

fn given(disk: &VdevDisk) -> &str {
    if disk.given.is_empty() { &disk.path } else { &disk.given }
}

/// Returns a vdev that is there as a spec would name it.
fn as_given(vdev: &VdevState) -> Vdev {
    Vdev {
        class: vdev.class,
        redundancy: vdev.redundancy.clone(),
        disks: vdev.disks.iter().map(|disk| Disk(given(disk).into())).collect(),
    }
}

/// Finds a disk in a pool, by the device that its path leads to.
fn find<'a>(seen: &'a Observed, pool: &PoolName, disk: &str) -> Option<(&'a VdevState, &'a VdevDisk)> {
    let device = seen.disks.get(&Disk(disk.into())).and_then(DiskState::device);
    let is = |other: &VdevDisk| match device {
        Some(device) => !other.lost && *other.device == *device,
        None => *given(other) == *disk,
    };
    let state = seen.pools.get(pool)?;
    state.layout.iter().find_map(|vdev| Some((vdev, vdev.disks.iter().find(|other| is(other))?)))
}

/// Finds the top-level vdev that has just these disks; one that is being emptied is as good as gone.
pub fn find_vdev<'a>(seen: &'a Observed, pool: &PoolName, vdev: &Vdev) -> Option<&'a VdevState> {
    let first = vdev.disks.first()?;
    let (found, _) = find(seen, pool, &first.0)?;
    let inside = |disk: &Disk| find(seen, pool, &disk.0).is_some_and(|(other, _)| other.name == found.name);
    (found.disks.len() == vdev.disks.len() && vdev.disks.iter().all(inside)).then_some(found)
}

/// Returns what takes a change of a layout back; nothing where it is as it was, or cannot be.
pub(super) fn ops(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let detach = |pool: &PoolName, leaf: &VdevDisk| {
        vec![Op::PoolDetach { pool: pool.clone(), disk: leaf.name.clone() }]
    };
    match inverse {
        Inverse::DiskOutside { pool, disk, .. } => match find(seen, pool, disk) {
            Some((vdev, leaf)) if vdev.redundancy == Redundancy::Mirror => detach(pool, leaf),
            _ => Vec::new(),
        },
        Inverse::DiskInside { pool, disk, beside } => match find(seen, pool, beside) {
            Some((_, leaf)) if find(seen, pool, disk).is_none() && is_there(seen, disk) => {
                vec![Op::PoolAttach { pool: pool.clone(), to: leaf.name.clone(), disk: disk.clone() }]
            }
            _ => Vec::new(),
        },
        Inverse::DiskBefore { pool, old, new, .. } => match find(seen, pool, new) {
            // As long as the new one is being filled, the old one is there and needs nothing.
            Some((_, leaf)) if leaf.replaces.is_some() => detach(pool, leaf),
            Some((_, leaf)) if old != new && is_there(seen, old) => {
                vec![Op::PoolReplace { pool: pool.clone(), old: leaf.name.clone(), new: old.clone() }]
            }
            _ => Vec::new(),
        },
        Inverse::VdevAbsent { pool, vdev, .. } => match find_vdev(seen, pool, vdev) {
            Some(found)
                if !is_leaving(seen, pool, found)
                    && can_go(seen, pool, found)
                    && !has_checkpoint(seen, pool) =>
            {
                vec![Op::PoolRemove { pool: pool.clone(), vdev: found.name.clone() }]
            }
            _ => Vec::new(),
        },
        Inverse::VdevPresent { pool, vdev } => match find_vdev(seen, pool, vdev) {
            Some(found) if found.leaving => vec![Op::PoolRemoveStop { pool: pool.clone() }],
            None if seen.pools.contains_key(pool)
                && vdev.disks.iter().all(|disk| is_there(seen, &disk.0)) =>
            {
                vec![Op::PoolAdd { pool: pool.clone(), vdev: vdev.clone() }]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Says whether a disk is there and can come back into the pool that it left.
fn is_there(seen: &Observed, disk: &str) -> bool {
    match seen.disks.get(&Disk(disk.into())) {
        Some(DiskState::Left(_) | DiskState::Blank(_)) => true,
        other => has_nameless_label(other),
    }
}

/// Says whether nothing is on a disk but the label of a spare or a cache, which does not tell its pool.
fn has_nameless_label(state: Option<&DiskState>) -> bool {
    let nameless = |thing: &Found| thing.label == Some(Label::Nameless);
    matches!(state, Some(DiskState::Holds(_, things)) if things.iter().all(nameless))
}

/// Says whether a vdev that holds data is being emptied. OpenZFS 2.1 does not tell which of several mirrors
/// that is; as long as one is, it removes no other.
fn is_leaving(seen: &Observed, pool: &PoolName, vdev: &VdevState) -> bool {
    let untold = |state: &PoolState| {
        vdev.class.holds_data()
            && state.work.iter().any(|work| work.kind == WorkKind::Removal)
            && !state.layout.iter().any(|other| other.leaving)
    };
    vdev.leaving || seen.pools.get(pool).is_some_and(untold)
}

fn has_checkpoint(seen: &Observed, pool: &PoolName) -> bool {
    seen.pools.get(pool).is_some_and(|state| state.checkpoint)
}

/// Says whether ZFS can remove a top-level vdev.
pub fn can_go(seen: &Observed, pool: &PoolName, vdev: &VdevState) -> bool {
    !vdev.class.holds_data() || seen.pools.get(pool).is_some_and(all_removable)
}

/// Says whether a pool has no vdev that keeps all that hold data where they are.
pub fn all_removable(state: &PoolState) -> bool {
    state.layout.iter().all(|vdev| is_removable(vdev.class, &vdev.redundancy))
}

/// Says whether ZFS can remove vdevs that hold data from a pool with such a vdev.
pub fn is_removable(class: Class, redundancy: &Redundancy) -> bool {
    !class.holds_data() || matches!(redundancy, Redundancy::None | Redundancy::Mirror)
}

/// Returns what takes the labels off disks that were blank before a change that was taken back.
#[must_use]
pub fn labels(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let (pool, disks): (&PoolName, Vec<&str>) = match inverse {
        Inverse::DiskOutside { pool, disk, blank: true } => (pool, vec![disk]),
        Inverse::DiskBefore { pool, new, blank: true, .. } => (pool, vec![new]),
        Inverse::VdevAbsent { pool, blank, .. } => (pool, blank.iter().map(|disk| &**disk).collect()),
        _ => return Vec::new(),
    };
    let labelled = |disk: &&str| match seen.disks.get(&Disk((*disk).into())) {
        Some(DiskState::Left(_)) => true,
        other => has_nameless_label(other),
    };
    let left = disks.into_iter().filter(|disk| find(seen, pool, disk).is_none()).filter(labelled);
    left.map(|disk| Op::LabelClear { disk: disk.into() }).collect()
}

/// Says what cannot be taken back, where it was done: it stays, and is told.
pub(super) fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    match inverse {
        Inverse::DiskOutside { pool, disk, .. } => {
            let (vdev, _) = find(seen, pool, disk)?;
            matches!(vdev.redundancy, Redundancy::Raidz(_) | Redundancy::Draid(_))
                .then(|| format!("the pool {pool} keeps {disk}: ZFS takes no disk out of `{}`", shown(vdev)))
        }
        Inverse::DiskInside { pool, disk, .. } => {
            let gone = find(seen, pool, disk).is_none() && seen.pools.contains_key(pool);
            (gone && !is_there(seen, disk))
                .then(|| format!("the pool {pool} stays without {disk}, which is not there to come back"))
        }
        Inverse::DiskBefore { pool, old, new, .. } => {
            let (_, leaf) = find(seen, pool, new)?;
            let back = leaf.replaces.is_some() || (old != new && is_there(seen, old));
            (!back).then(|| {
                format!("the pool {pool} keeps {new} in the place of {old}, which is not there to come back")
            })
        }
        Inverse::VdevAbsent { pool, vdev, .. } => {
            let found = find_vdev(seen, pool, vdev)?;
            if is_leaving(seen, pool, found) {
                return None;
            }
            let reason = match () {
                () if !can_go(seen, pool, found) => {
                    "ZFS removes no vdev from a pool that has raidz or draid".to_owned()
                }
                // One that the transaction took is given up before.
                () if has_checkpoint(seen, pool) => format!(
                    "ZFS removes none as long as the pool has a checkpoint (`zpool checkpoint -d {pool}`)"
                ),
                () => return None,
            };
            Some(format!("the pool {pool} keeps `{vdev}`: {reason}"))
        }
        Inverse::VdevPresent { pool, vdev } => {
            let gone = find_vdev(seen, pool, vdev).is_none() && seen.pools.contains_key(pool);
            (gone && !vdev.disks.iter().all(|disk| is_there(seen, &disk.0))).then(|| {
                format!("the pool {pool} stays without `{vdev}`, whose disks are not all there to come back")
            })
        }
        _ => None,
    }
}
