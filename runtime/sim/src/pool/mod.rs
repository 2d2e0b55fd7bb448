//! Pools, their layout, and the disks that they are made of.

mod checkpoint;
mod disk;
mod life;
mod topology;

use crate::{
    given::{Given, Roots},
    image::HostImage,
    properties::parts,
    state::{Content, Pool, State, Vdev},
};
use phoenix_graph::{Class, Disk, PoolName, PropertyName, Target, property};
use phoenix_host::{
    HostError,
    observed::{DiskState, Observed, PoolState, Query, Setting, Source, VdevDisk, VdevState},
    op::{Op, render::DISK_LINKS},
};
use std::collections::{BTreeMap, BTreeSet};

/// Looks at pools and disks.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    let there = state.pools.iter().filter(|(_, pool)| !pool.exported);
    seen.pools = there.map(|(name, pool)| (name.clone(), state.pool_state(pool, query))).collect();
    for (name, disks) in &query.pools {
        if state.pools.get(name).is_some_and(|pool| pool.exported) {
            seen.importable.insert(name.clone());
        }
        let obstacles = state.import_obstacles(name);
        if !obstacles.is_empty() {
            seen.obstacles.insert(name.clone(), obstacles);
        }
        seen.disks.extend(disks.iter().map(|disk| (disk.clone(), state.disk(&disk.0, name))));
    }
    if query.everything {
        seen.disk_names = state.disk_names();
    }
    Ok(())
}

/// Counts the processes of a look: two, one more where everything is asked for (which properties there are), one more
/// where a feature is asked for, two where a pool is absent, and one where a pool's disks are others than asked for.
pub fn processes(state: &State, query: &Query) -> u64 {
    let absent = query.pools.keys().any(|pool| !state.imported(pool));
    let strange = query.pools.iter().any(|(pool, disks)| {
        disks
            .iter()
            .any(|disk| !matches!(state.disk(&disk.0, pool), DiskState::Missing | DiskState::Device(_)))
    });
    let differs = query.pools.iter().any(|(pool, disks)| state.differs(pool, disks));
    let features = query.pool_properties.iter().any(|name| name.as_str().starts_with("feature@"));
    2 + u64::from(query.everything)
        + u64::from(features)
        + u64::from(absent)
        + u64::from(absent || strange)
        + u64::from(differs)
}

/// Carries out what is done to a pool.
pub fn perform(state: &mut State, given: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let done = match op {
        Op::PoolCreate { pool, layout, settings, root } => {
            let done = state.pool_create(pool, layout, settings, root, given.keys);
            state.number(&pool.root());
            done
        }
        Op::PoolImport { pool } => state.pool_import(pool),
        Op::PoolExport { pool } => state.pool_export(pool),
        Op::PoolSet { pool, setting } => state.pool_set(pool, setting),
        Op::PoolAttach { pool, to, disk } => state.pool_attach(pool, to, disk),
        Op::PoolDetach { pool, disk } => state.pool_detach(pool, disk),
        Op::PoolReplace { pool, old, new } => state.pool_replace(pool, old, new),
        Op::PoolAdd { pool, vdev } => state.pool_add(pool, vdev),
        Op::PoolRemove { pool, vdev } => state.pool_remove(pool, vdev),
        Op::PoolRemoveStop { pool } => state.pool_remove_stop(pool),
        Op::PoolCheckpoint { pool } => state.checkpoint(pool),
        Op::PoolCheckpointDiscard { pool } => state.checkpoint_discard(pool),
        Op::PoolCheckpointWait { pool } => state.checkpoint_wait(pool),
        Op::PoolDestroy { pool } => state.pool_destroy(pool),
        Op::LabelClear { disk } => state.label_clear(disk),
        _ => return None,
    };
    Some(done.map_err(|refusal| match op {
        Op::PoolExport { pool } | Op::PoolDestroy { pool } if state.waits(pool, &refusal) => {
            HostError::TimedOut { argv: op.argv().unwrap_or_default(), seconds: LIMIT }
        }
        _ => refusal.of(op),
    }))
}

/// Lists what a power cut may leave of a pool that is made.
pub fn unfinished(op: &Op) -> Option<[Op; 2]> {
    let Op::PoolCreate { pool, layout, settings, root } = op else { return None };
    let made = |root| Op::PoolCreate {
        pool: pool.clone(),
        layout: layout.clone(),
        settings: settings.clone(),
        root,
    };
    Some(parts(root, Target::Filesystem).map(made))
}

/// How long the real host waits for a command that changes something, in seconds.
const LIMIT: u64 = 600;

/// Adds pools, and what is on devices, to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    image.pools.clone_from(&state.pools);
    let full = state.devices.iter().filter(|(_, content)| **content != Content::Blank);
    image.devices = full.map(|(device, content)| (device.clone(), content.clone())).collect();
}

impl State {
    fn disk_names(&self) -> BTreeMap<Box<str>, BTreeSet<Box<str>>> {
        let mut names: BTreeMap<Box<str>, BTreeSet<Box<str>>> = BTreeMap::new();
        for (path, device) in self.disks.iter().filter(|(path, _)| path.starts_with(DISK_LINKS)) {
            names.entry(device.clone()).or_default().insert(path.clone());
        }
        names
    }

    /// Says whether a pool has other disks than those that are asked for, or has lost one: then the real
    /// host asks for GUIDs.
    fn differs(&self, name: &PoolName, asked: &[Disk]) -> bool {
        let Some(pool) = self.pools.get(name).filter(|pool| !pool.exported && !asked.is_empty()) else {
            return false;
        };
        let paths = || pool.layout.iter().flat_map(|vdev| &vdev.disks);
        let device = |path: &str| self.disks.get(path).cloned().unwrap_or_else(|| path.into());
        let there: BTreeSet<Box<str>> = paths().map(|path| device(path)).collect();
        let wanted: BTreeSet<Box<str>> = asked.iter().map(|disk| device(&disk.0)).collect();
        there != wanted || paths().any(|path| self.is_lost(pool, path))
    }

    fn pool_state(&self, pool: &Pool, query: &Query) -> PoolState {
        let disk = |class: Class, path: &str| {
            let lost = self.is_lost(pool, path);
            VdevDisk {
                path: path.into(),
                device: self.disks.get(path).cloned().unwrap_or_else(|| path.into()),
                given: path.into(),
                name: path.into(),
                state: match class {
                    _ if lost => "UNAVAIL",
                    Class::Spare => "AVAIL",
                    _ => "ONLINE",
                }
                .into(),
                lost,
                replaces: None,
            }
        };
        let whole = pool.layout.iter().flat_map(|vdev| &vdev.disks).all(|path| !self.is_lost(pool, path));
        let vdev = |vdev: &Vdev| VdevState {
            class: vdev.class,
            redundancy: vdev.redundancy.clone(),
            disks: vdev.disks.iter().map(|path| disk(vdev.class, path)).collect(),
            name: Self::vdev_name(vdev),
            leaving: false,
        };
        PoolState {
            guid: pool.guid,
            health: if whole { "ONLINE" } else { "DEGRADED" }.into(),
            layout: pool.layout.iter().map(vdev).collect(),
            settings: query
                .pool_properties
                .iter()
                .chain(pool.settings.keys().filter(|_| query.everything))
                .filter_map(|name| Some((name.clone(), pool_setting(pool, name)?)))
                .collect(),
            work: pool.work.clone(),
            checkpoint: pool.checkpoint,
            checkpoints: pool.has_feature("zpool_checkpoint"),
            expands: self.zfs >= (2, 3) && pool.has_feature("raidz_expansion"),
        }
    }
}

fn pool_setting(pool: &Pool, name: &PropertyName) -> Option<Setting> {
    // A comment alone is kept where it is empty.
    let own = pool.settings.get(name).filter(|raw| !raw.is_empty() || name.as_str() == "comment");
    let Some(row) = property::find(Target::Pool, name.as_str()).filter(|_| !name.is_user()) else {
        return own.map(|raw| Setting { raw: raw.clone(), source: Source::Local });
    };
    if let Some(raw) = own {
        // What is so by default is told as the default, also where it was said.
        let default = row.default.and_then(|word| row.parse(word).ok());
        let same = default.is_some_and(|value| value.to_string() == **raw);
        let source = if same { Source::Default } else { Source::Local };
        return Some(Setting { raw: raw.clone(), source });
    }
    // A pool has all features unless it was made without them.
    if name.as_str().starts_with("feature@") {
        return Some(Setting { raw: "enabled".into(), source: Source::Local });
    }
    let default = row.default?;
    let raw: Box<str> = match default {
        "" => "-".into(),
        default => row.parse(default).map_or_else(|_| default.into(), |value| value.to_string().into()),
    };
    let source = if row.read_only { Source::None } else { Source::Default };
    Some(Setting { raw, source })
}
