//! What is done to pools, and what takes it back.

use crate::{Inverse, doing::Doing, pool::layout::shown, settings};
use phoenix_graph::{Class, Disk, Pool, PoolName, PropertyName, Redundancy, Target, Vdev, property};
use phoenix_host::{
    observed::{DiskState, Found, Label, Observed, PoolState, VdevDisk, VdevState, WorkKind},
    op::{Assignment, Op},
};

/// The property that names the dataset that the machine boots from.
pub const BOOTFS: &str = "bootfs";

/// Makes a pool on blank disks.
pub fn create(pool: &Pool, root: Vec<Assignment>) -> Doing {
    let settings = settings::words(Target::Pool, &pool.settings);
    // What it is to boot from is not there yet.
    let settings = settings.into_iter().filter(|(name, _)| name.as_str() != BOOTFS).collect();
    let disks = pool.layout.iter().flat_map(|vdev| vdev.disks.iter().map(|disk| disk.0.clone())).collect();
    Doing::new(
        Op::PoolCreate { pool: pool.name.clone(), layout: pool.layout.clone(), settings, root },
        Inverse::PoolAbsent { pool: pool.name.clone(), disks },
    )
}

/// Imports a pool by its name.
pub fn import(pool: &PoolName) -> Doing {
    Doing::new(Op::PoolImport { pool: pool.clone() }, Inverse::PoolExported { pool: pool.clone() })
}

/// Sets a property, as the pool is now.
pub fn set(pool: &PoolName, name: &PropertyName, word: Box<str>, old: Option<&str>) -> Doing {
    Doing::new(
        Op::PoolSet { pool: pool.clone(), setting: (name.clone(), word) },
        Inverse::PoolSetting {
            pool: pool.clone(),
            property: name.clone(),
            value: old.unwrap_or_default().into(),
        },
    )
}

/// Enables a feature, for good.
pub fn enable(pool: &PoolName, feature: &PropertyName) -> Doing {
    Doing::new(
        Op::PoolSet { pool: pool.clone(), setting: (feature.clone(), "enabled".into()) },
        Inverse::FeatureDisabled { pool: pool.clone(), feature: feature.clone() },
    )
}

/// Takes a checkpoint, for vdevs that are added and features that are enabled after it.
pub fn checkpoint(pool: &PoolName, vdevs: Vec<Vdev>, features: Vec<PropertyName>) -> Doing {
    Doing::new(
        Op::PoolCheckpoint { pool: pool.clone() },
        Inverse::CheckpointAbsent { pool: pool.clone(), vdevs, features },
    )
}

/// Attaches a disk: beside another one, or to a raidz vdev, that `zpool` finds by this name.
pub fn attach(pool: &PoolName, to: &str, new: &Disk, seen: &Observed) -> Doing {
    Doing::new(
        Op::PoolAttach { pool: pool.clone(), to: to.into(), disk: new.0.clone() },
        Inverse::DiskOutside { pool: pool.clone(), disk: new.0.clone(), blank: is_blank(seen, new) },
    )
}

/// Detaches a disk from a mirror, in which another one stays.
pub fn detach(pool: &PoolName, disk: &VdevDisk, beside: &VdevDisk) -> Doing {
    Doing::new(
        Op::PoolDetach { pool: pool.clone(), disk: disk.name.clone() },
        Inverse::DiskInside { pool: pool.clone(), disk: given(disk).into(), beside: given(beside).into() },
    )
}

/// Replaces a disk by another.
pub fn replace(pool: &PoolName, old: &VdevDisk, new: &Disk, seen: &Observed) -> Doing {
    Doing::new(
        Op::PoolReplace { pool: pool.clone(), old: old.name.clone(), new: new.0.clone() },
        Inverse::DiskBefore {
            pool: pool.clone(),
            old: given(old).into(),
            new: new.0.clone(),
            blank: is_blank(seen, new),
        },
    )
}

/// Adds a top-level vdev.
pub fn add(pool: &PoolName, vdev: &Vdev, seen: &Observed) -> Doing {
    let blank = vdev.disks.iter().filter(|disk| is_blank(seen, disk)).map(|disk| disk.0.clone()).collect();
    Doing::new(
        Op::PoolAdd { pool: pool.clone(), vdev: vdev.clone() },
        Inverse::VdevAbsent { pool: pool.clone(), vdev: vdev.clone(), blank },
    )
}

/// Removes a top-level vdev.
pub fn remove(pool: &PoolName, vdev: &VdevState) -> Doing {
    let removed = Doing::new(
        Op::PoolRemove { pool: pool.clone(), vdev: vdev.name.clone() },
        Inverse::VdevPresent { pool: pool.clone(), vdev: as_given(vdev) },
    );
    // What a spare or a cache leaves does not say whose it was, so nobody would take it again.
    let unlabelled = matches!(vdev.class, Class::Spare | Class::Cache);
    let there = vdev.disks.iter().filter(|disk| unlabelled && !disk.lost);
    there.fold(removed, |doing, disk| doing.then(Doing::alone(Op::LabelClear { disk: given(disk).into() })))
}

fn is_blank(seen: &Observed, disk: &Disk) -> bool {
    matches!(seen.disks.get(disk), Some(DiskState::Blank(_)))
}

/// Returns what takes back what was done to a pool; nothing where it is as it was, or cannot be, or where the pool
/// has to be looked into first.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let detach = |pool: &PoolName, leaf: &VdevDisk| {
        vec![Op::PoolDetach { pool: pool.clone(), disk: leaf.name.clone() }]
    };
    match inverse {
        Inverse::PoolExported { pool } if seen.pools.contains_key(pool) => {
            vec![Op::PoolExport { pool: pool.clone() }]
        }
        Inverse::PoolSetting { pool, property, value } => {
            let now = seen.pools.get(pool).and_then(|state| state.settings.get(property));
            let setting = (property.clone(), pool_word(property, value));
            let differs = now.is_some_and(|now| now.raw != *value);
            differs.then(|| Op::PoolSet { pool: pool.clone(), setting }).into_iter().collect()
        }
        Inverse::CheckpointAbsent { pool, vdevs, features } => give_up(pool, vdevs, features, seen),
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

/// Returns whether it is a checkpoint that was taken: as long as a pool has one, nothing of its layout is taken back.
pub fn is_first(inverse: &Inverse) -> bool {
    matches!(inverse, Inverse::CheckpointAbsent { .. })
}

/// Says what cannot be taken back, where it was done: it stays, and is told.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    match inverse {
        Inverse::CheckpointAbsent { pool, vdevs, features } => {
            let stays = seen.pools.get(pool)?.checkpoint && serves(pool, vdevs, features, seen);
            stays.then(|| {
                let way_back = way_back(pool);
                format!("the pool {pool} keeps its checkpoint: {way_back}; `zpool checkpoint -d {pool}` gives it up")
            })
        }
        Inverse::FeatureDisabled { pool, feature } => is_enabled(seen, pool, feature)
            .then(|| format!("the pool {pool} keeps {feature} enabled: ZFS disables no feature again")),
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

/// Returns what gives a checkpoint up that was taken for vdevs and features: nothing where one of them stays,
/// since it is the only way back then.
fn give_up(pool: &PoolName, vdevs: &[Vdev], features: &[PropertyName], seen: &Observed) -> Vec<Op> {
    let Some(state) = seen.pools.get(pool) else { return Vec::new() };
    let wait = Op::PoolCheckpointWait { pool: pool.clone() };
    if state.work.iter().any(|work| work.kind == WorkKind::Discard) {
        return vec![wait];
    }
    if !state.checkpoint || serves(pool, vdevs, features, seen) {
        return Vec::new();
    }
    vec![Op::PoolCheckpointDiscard { pool: pool.clone() }, wait]
}

/// Returns whether a checkpoint is the only way back from what was done, as far as it was.
fn serves(pool: &PoolName, vdevs: &[Vdev], features: &[PropertyName], seen: &Observed) -> bool {
    let there = vdevs.iter().filter_map(|vdev| find_vdev(seen, pool, vdev));
    let (going, staying): (Vec<_>, Vec<_>) = there.partition(|found| can_go(seen, pool, found));
    going.is_empty()
        && (!staying.is_empty() || features.iter().any(|feature| is_enabled(seen, pool, feature)))
}

/// Tells how a pool is returned to its checkpoint.
pub fn way_back(pool: &PoolName) -> String {
    format!(
        "`zpool export {pool}`, then `zpool import --rewind-to-checkpoint {pool}` returns the whole pool to \
         its checkpoint, without what was written since"
    )
}

/// Returns the word that sets a pool's property to what `zpool get` printed: `-` stands for no value.
fn pool_word(property: &PropertyName, raw: &str) -> Box<str> {
    let row = property::find(Target::Pool, property.as_str());
    match row.map(property::Property::unset) {
        Some(property::Unset::Value(word)) if raw == "-" => word.into(),
        _ => raw.into(),
    }
}

/// Returns whether a pool's feature is enabled.
pub fn is_enabled(seen: &Observed, pool: &PoolName, feature: &PropertyName) -> bool {
    let setting = seen.pools.get(pool).and_then(|state| state.settings.get(feature));
    setting.is_some_and(|setting| &*setting.raw != "disabled")
}

/// Returns a disk as it was given to the pool.
pub fn given(disk: &VdevDisk) -> &str {
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
