//! Pools and the disks they lie on.

use crate::bench::{Bench, POOL, pool, same, set};
use phoenix_graph::{Class, Disk, Redundancy, Vdev};
use phoenix_host::{
    observed::{DiskState, Label},
    op::Op,
};

pub fn blank(bench: &Bench<'_>) -> Result<(), String> {
    let seen = bench.look()?;
    for disk in &bench.disks {
        match &seen.disks[disk] {
            DiskState::Blank(_) => {}
            other => return Err(format!("{}: {other:?}", disk.0)),
        }
    }
    same("the pool is there", seen.pools.contains_key(&pool(POOL)), false)
}

pub fn missing(bench: &Bench<'_>) -> Result<(), String> {
    let disks = vec![bench.disks[0].clone(), Disk("/nowhere/at-all".into())];
    let layout = vec![Vdev { class: Class::Data, redundancy: Redundancy::Mirror, disks }];
    let op = Op::PoolCreate { pool: pool(POOL), layout, settings: vec![], root: vec![] };
    bench.refused(&op, "/nowhere/at-all")?;
    blank(bench)
}

pub fn refused_property(bench: &Bench<'_>) -> Result<(), String> {
    let root = vec![set("recordsize", "3000")];
    let op = Op::PoolCreate { pool: pool(POOL), layout: bench.layout(), settings: vec![], root };
    bench.refused(&op, "'recordsize' must be power of 2")?;
    blank(bench)
}

pub fn create(bench: &Bench<'_>) -> Result<(), String> {
    bench.done(&bench.mirror())?;
    seen(bench)
}

/// The pool is as it was asked for.
fn seen(bench: &Bench<'_>) -> Result<(), String> {
    let seen = bench.look()?;
    let state = seen.pools.get(&pool(POOL)).ok_or("the pool is not there")?;
    same("its health", &*state.health, "ONLINE")?;
    same("autotrim", state.settings.get("autotrim").map(|setting| &*setting.raw), Some("on"))?;
    let [vdev] = &state.layout[..] else { return Err(format!("its layout: {:?}", state.layout)) };
    same("its redundancy", &vdev.redundancy, &Redundancy::Mirror)?;
    let devices: Vec<&str> = vdev.disks.iter().map(|disk| &*disk.device).collect();
    let asked: Vec<&str> = bench.disks.iter().filter_map(|disk| seen.disks[disk].device()).collect();
    same("its devices", devices, asked)?;
    for disk in &bench.disks {
        same("a disk of its own", matches!(seen.disks[disk], DiskState::Device(_)), true)?;
    }
    let root = seen.datasets.get(&pool(POOL).root()).ok_or("the root dataset is not there")?;
    same("compression of the root", root.local("compression"), Some("lz4"))
}

pub fn in_use(bench: &Bench<'_>) -> Result<(), String> {
    let Op::PoolCreate { layout, settings, root, .. } = bench.mirror() else { return Ok(()) };
    let op = Op::PoolCreate { pool: pool("conform2"), layout, settings, root };
    bench.refused(&op, &bench.disks[0].0)
}

fn set_property(bench: &Bench<'_>, name: &str, value: &str) -> Result<(), String> {
    bench.done(&Op::PoolSet { pool: pool(POOL), setting: set(name, value) })?;
    let seen = bench.look()?;
    let state = seen.pools.get(&pool(POOL)).ok_or("the pool is not there")?;
    same(name, state.settings.get(name).map(|setting| &*setting.raw), Some(value))
}

pub fn properties(bench: &Bench<'_>) -> Result<(), String> {
    set_property(bench, "autotrim", "off")?;
    set_property(bench, "autotrim", "on")?;
    set_property(bench, "comment", "two words")?;
    let bogus = Op::PoolSet { pool: pool(POOL), setting: set("bogus", "1") };
    bench.refused(&bogus, "bogus")
}

pub fn export(bench: &Bench<'_>) -> Result<(), String> {
    bench.done(&Op::PoolExport { pool: pool(POOL) })?;
    let seen = bench.look()?;
    same("the pool is there", seen.pools.contains_key(&pool(POOL)), false)?;
    same("it can be imported", seen.importable.contains(&pool(POOL)), true)?;
    for disk in &bench.disks {
        let DiskState::Holds(_, things) = &seen.disks[disk] else {
            return Err(format!("{}: {:?}", disk.0, seen.disks[disk]));
        };
        same(
            "its label is named",
            things.iter().any(|thing| thing.label == Some(Label::Of(POOL.into()))),
            true,
        )?;
    }
    bench.refused(&bench.mirror(), "exported pool")?;
    bench.refused(&Op::PoolExport { pool: pool(POOL) }, "no such pool")?;
    bench.done(&Op::PoolImport { pool: pool(POOL) })?;
    bench.refused(&Op::PoolImport { pool: pool(POOL) }, "cannot import")?;
    let seen = bench.look()?;
    same("the pool is there", seen.pools.contains_key(&pool(POOL)), true)?;
    // What mounts by itself is mounted again.
    same("the root is mounted", seen.datasets[&pool(POOL).root()].mounted, true)
}

pub fn destroy(bench: &Bench<'_>) -> Result<(), String> {
    bench.done(&Op::PoolDestroy { pool: pool(POOL) })?;
    let seen = bench.look()?;
    same("the pool is there", seen.pools.contains_key(&pool(POOL)), false)?;
    same("it can be imported", seen.importable.contains(&pool(POOL)), false)?;
    for disk in &bench.disks {
        // All that is left is its label, which tells the pool's name and nothing of what became of it.
        let DiskState::Holds(_, things) = &seen.disks[disk] else {
            return Err(format!("{}: {:?}", disk.0, seen.disks[disk]));
        };
        let labels: Vec<_> = things.iter().map(|thing| thing.label.clone()).collect();
        same("its label", labels, vec![Some(Label::Of(POOL.into()))])?;
        bench.done(&Op::LabelClear { disk: disk.0.clone() })?;
    }
    blank(bench)?;
    bench.refused(&Op::PoolDestroy { pool: pool(POOL) }, "no such pool")
}
