//! The layout of a pool that is there: its second disk leaves and comes back as everything that one
//! disk can be.

use crate::bench::{Bench, POOL, pool, same};
use phoenix_graph::{Class, Disk, Redundancy, Vdev};
use phoenix_host::{
    observed::{DiskState, Label, PoolState, VdevDisk, VdevState, WorkKind},
    op::Op,
};
use std::time::Duration;

/// How often a disk that is being filled is looked at again, and how long is waited between.
const LOOKS: (u32, Duration) = (100, Duration::from_millis(100));

fn state(bench: &Bench<'_>) -> Result<PoolState, String> {
    bench.look()?.pools.remove(&pool(POOL)).ok_or_else(|| "the pool is not there".to_owned())
}

/// Looks until nothing is under way.
fn settled(bench: &Bench<'_>) -> Result<PoolState, String> {
    for _ in 0..LOOKS.0 {
        let state = state(bench)?;
        let busy = state.work.iter().any(|work| work.kind != WorkKind::Scrub)
            || state.disks().any(|disk| disk.replaces.is_some());
        if !busy {
            return Ok(state);
        }
        std::thread::sleep(LOOKS.1);
    }
    Err("the pool does not come to an end".to_owned())
}

/// The disks of the data vdevs: for each its device.
fn data(state: &PoolState) -> Vec<&str> {
    let vdevs = state.layout.iter().filter(|vdev| vdev.class == Class::Data);
    vdevs.flat_map(|vdev| vdev.disks.iter().map(|disk| &*disk.device)).collect()
}

fn devices(bench: &Bench<'_>) -> Result<[Box<str>; 2], String> {
    let seen = bench.look()?;
    let device = |disk: &Disk| seen.disks.get(disk).and_then(DiskState::device).map(Into::into);
    match bench.disks.each_ref().map(device) {
        [Some(one), Some(two)] => Ok([one, two]),
        other => Err(format!("the disks lead to {other:?}")),
    }
}

fn find(state: &PoolState, device: &str) -> Result<(VdevState, VdevDisk), String> {
    let found = state.layout.iter().find_map(|vdev| {
        let disk = vdev.disks.iter().find(|disk| *disk.device == *device)?;
        Some((vdev.clone(), disk.clone()))
    });
    found.ok_or_else(|| format!("{device} is not in the pool: {:?}", state.layout))
}

/// The second disk has left: it bears its pool's label, and another pool's would not be told so.
fn has_left(bench: &Bench<'_>) -> Result<(), String> {
    let seen = bench.look()?;
    match &seen.disks[&bench.disks[1]] {
        DiskState::Left(_) => Ok(()),
        other => Err(format!("the disk that left is {other:?}")),
    }
}

pub fn mirror(bench: &Bench<'_>) -> Result<(), String> {
    let [one, two] = devices(bench)?;
    let (vdev, disk) = find(&state(bench)?, &two)?;
    same("its class", vdev.class, Class::Data)?;
    same("it is healthy", disk.is_healthy(), true)?;
    same("the path that it was given", &disk.given, &bench.disks[1].0)?;
    bench.done(&Op::PoolDetach { pool: pool(POOL), disk: disk.name.clone() })?;
    let now = state(bench)?;
    same("what stays", data(&now), vec![&*one])?;
    same("its redundancy", &now.layout[0].redundancy, &Redundancy::None)?;
    has_left(bench)?;
    let last = now.layout[0].disks[0].name.clone();
    bench.refused(&Op::PoolDetach { pool: pool(POOL), disk: last.clone() }, "cannot detach")?;
    let attach =
        |to: &str| Op::PoolAttach { pool: pool(POOL), to: to.into(), disk: bench.disks[1].0.clone() };
    bench.done(&attach(&last))?;
    let now = settled(bench)?;
    same("both", data(&now), vec![&*one, &*two])?;
    same("its redundancy", &now.layout[0].redundancy, &Redundancy::Mirror)?;
    bench.refused(&attach(&last), &bench.disks[1].0)
}

pub fn replace(bench: &Bench<'_>) -> Result<(), String> {
    let [one, two] = devices(bench)?;
    let (_, disk) = find(&state(bench)?, &two)?;
    bench.done(&Op::PoolDetach { pool: pool(POOL), disk: disk.name })?;
    for (from, to, path) in [(&one, &two, &bench.disks[1]), (&two, &one, &bench.disks[0])] {
        let (_, old) = find(&state(bench)?, from)?;
        bench.done(&Op::PoolReplace { pool: pool(POOL), old: old.name, new: path.0.clone() })?;
        same("the new one counts at once", data(&state(bench)?), vec![&**to])?;
        same("and alone after", data(&settled(bench)?), vec![&**to])?;
    }
    has_left(bench)
}

pub fn extras(bench: &Bench<'_>) -> Result<(), String> {
    let [one, two] = devices(bench)?;
    for class in [Class::Log, Class::Cache, Class::Spare] {
        let disks = vec![bench.disks[1].clone()];
        let vdev = Vdev { class, redundancy: Redundancy::None, disks };
        bench.done(&Op::PoolAdd { pool: pool(POOL), vdev })?;
        let (vdev, disk) = find(&state(bench)?, &two)?;
        same("its class", vdev.class, class)?;
        same("it is healthy", disk.is_healthy(), true)?;
        bench.done(&Op::PoolRemove { pool: pool(POOL), vdev: vdev.name.clone() })?;
        same("what stays", state(bench)?.layout.len(), 1)?;
        bench.refused(&Op::PoolRemove { pool: pool(POOL), vdev: vdev.name }, "no such device in pool")?;
        if class == Class::Log {
            has_left(bench)?;
            continue;
        }
        // A spare or a cache leaves a label that does not say whose it was.
        let seen = bench.look()?;
        let DiskState::Holds(_, things) = &seen.disks[&bench.disks[1]] else {
            return Err(format!("its label is not seen: {:?}", seen.disks[&bench.disks[1]]));
        };
        same("its label", things.iter().all(|thing| thing.label == Some(Label::Nameless)), true)?;
        bench.done(&Op::LabelClear { disk: bench.disks[1].0.clone() })?;
        same("it is blank", matches!(bench.look()?.disks[&bench.disks[1]], DiskState::Blank(_)), true)?;
    }
    same("what stays", data(&state(bench)?), vec![&*one])
}

pub fn checkpoint(bench: &Bench<'_>) -> Result<(), String> {
    let [one, two] = devices(bench)?;
    let now = state(bench)?;
    same("one can be taken", (now.checkpoints, now.checkpoint), (true, false))?;
    let (take, discard, wait) = (
        Op::PoolCheckpoint { pool: pool(POOL) },
        Op::PoolCheckpointDiscard { pool: pool(POOL) },
        Op::PoolCheckpointWait { pool: pool(POOL) },
    );
    bench.refused(&discard, "checkpoint does not exist")?;
    bench.done(&wait)?;
    bench.done(&take)?;
    let now = state(bench)?;
    same("it stands", (now.checkpoint, now.work.is_empty()), (true, true))?;
    bench.refused(&take, "checkpoint exists")?;
    let (_, disk) = find(&now, &two)?;
    bench.refused(&Op::PoolDetach { pool: pool(POOL), disk: disk.name.clone() }, "checkpoint exists")?;
    bench.done(&discard)?;
    bench.done(&wait)?;
    let now = state(bench)?;
    same("it is gone", (now.checkpoint, now.work.is_empty()), (false, true))?;
    bench.refused(&discard, "checkpoint does not exist")?;
    same("both", data(&now), vec![&*one, &*two])?;
    // A vdev comes behind one, and leaves when that is gone.
    bench.done(&Op::PoolDetach { pool: pool(POOL), disk: disk.name })?;
    bench.done(&take)?;
    let (_, beside) = find(&state(bench)?, &one)?;
    let attach = Op::PoolAttach { pool: pool(POOL), to: beside.name.clone(), disk: bench.disks[1].0.clone() };
    bench.refused(&attach, "checkpoint exists")?;
    let replace = Op::PoolReplace { pool: pool(POOL), old: beside.name, new: bench.disks[1].0.clone() };
    bench.refused(&replace, "checkpoint exists")?;
    let disks = vec![bench.disks[1].clone()];
    let vdev = Vdev { class: Class::Log, redundancy: Redundancy::None, disks };
    bench.done(&Op::PoolAdd { pool: pool(POOL), vdev })?;
    let (log, _) = find(&state(bench)?, &two)?;
    let remove = Op::PoolRemove { pool: pool(POOL), vdev: log.name };
    bench.refused(&remove, "checkpoint exists")?;
    bench.done(&discard)?;
    bench.done(&wait)?;
    bench.done(&remove)?;
    bench.done(&attach)?;
    same("both", data(&settled(bench)?), vec![&*one, &*two])
}

pub fn data_vdev(bench: &Bench<'_>) -> Result<(), String> {
    let [one, two] = devices(bench)?;
    let vdev = |redundancy, disks| Vdev { class: Class::Data, redundancy, disks };
    let mirror = vdev(Redundancy::Mirror, bench.disks.to_vec());
    bench.refused(&Op::PoolAdd { pool: pool(POOL), vdev: mirror }, &bench.disks[0].0)?;
    let single = vdev(Redundancy::None, vec![bench.disks[1].clone()]);
    bench.done(&Op::PoolAdd { pool: pool(POOL), vdev: single })?;
    let now = state(bench)?;
    same("both", data(&now), vec![&*one, &*two])?;
    let (added, _) = find(&now, &two)?;
    bench.done(&Op::PoolRemove { pool: pool(POOL), vdev: added.name })?;
    same("what stays", data(&settled(bench)?), vec![&*one])?;
    bench.refused(&Op::PoolRemoveStop { pool: pool(POOL) }, "not in progress")?;
    // A mirror again, for what comes after.
    let (_, beside) = find(&state(bench)?, &one)?;
    let op = Op::PoolAttach { pool: pool(POOL), to: beside.name, disk: bench.disks[1].0.clone() };
    bench.done(&op)?;
    same("both", data(&settled(bench)?), vec![&*one, &*two])
}
