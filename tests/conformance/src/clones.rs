//! Clones: made without being mounted, promoted and demoted, refused; and how far they are from a snapshot.

use crate::bench::{self, Bench, dataset, destroy as destroy_op, same, set};
use phoenix_graph::SnapshotName;
use phoenix_host::{
    observed::{Lineage, ORIGIN, SnapshotState, WRITTEN},
    op::{Assignment, Op},
};

const OLD: &str = "conform/old";
const NEW: &str = "conform/clone";

fn snapshot(text: &str) -> Result<SnapshotName, String> {
    SnapshotName::new(text).map_err(|error| format!("{text}: {error}"))
}

fn clone(from: &str, to: &str, volume: bool, settings: &[Assignment]) -> Result<Op, String> {
    Ok(Op::Clone { snapshot: snapshot(from)?, dataset: dataset(to), volume, settings: settings.to_vec() })
}

fn promote_op(name: &str) -> Op {
    Op::Promote { dataset: dataset(name) }
}

fn take(of: &str, name: &str) -> Op {
    Op::Snapshot { datasets: vec![dataset(of)], name: name.into() }
}

fn lineage(bench: &Bench<'_>, of: &str, since: &str) -> Result<Lineage, String> {
    let found = bench.host.lineage(&dataset(of), &snapshot(since)?);
    found.map_err(|error| format!("the lineage of {of}: {error}"))
}

fn origin(bench: &Bench<'_>, of: &str) -> Result<String, String> {
    Ok(bench.dataset(of)?.value(ORIGIN).unwrap_or("none").to_owned())
}

fn listed(bench: &Bench<'_>, of: &str) -> Result<Vec<SnapshotState>, String> {
    bench.host.snapshots(&[dataset(of)]).map_err(|error| format!("listing snapshots failed: {error}"))
}

fn told(found: &[SnapshotState]) -> Vec<String> {
    let words = |one: &SnapshotState| {
        let holds: Vec<&str> = one.holds.iter().map(|tag| &**tag).collect();
        let clones: Vec<&str> = one.clones.iter().map(|name| name.as_str()).collect();
        format!("{} holds={} clones={}", one.name, holds.join(","), clones.join(","))
    };
    found.iter().map(words).collect()
}

pub fn promote(bench: &Bench<'_>) -> Result<(), String> {
    let own = [set("recordsize", "16384"), set("test:note", "own words")];
    bench.all_done(&[
        bench::create(OLD, &own),
        take(OLD, "one"),
        Op::Hold { datasets: vec![dataset(OLD)], name: "one".into(), tag: "phoenix".into() },
        take(OLD, "two"),
        clone("conform/old@one", NEW, false, &[set("quota", "33554432"), set("canmount", "noauto")])?,
    ])?;
    let seen = bench.dataset(NEW)?;
    same("a clone is mounted", seen.mounted, false)?;
    same("what it was cloned from", seen.value(ORIGIN), Some("conform/old@one"))?;
    same("what was written to it", seen.value(WRITTEN), Some("0"))?;
    same("what it was given", seen.local("quota"), Some("33554432"))?;
    same("what it was not", (seen.local("recordsize"), seen.value("test:note")), (None, None))?;
    same("the origin of no clone", origin(bench, OLD)?, "none".to_owned())?;
    let before = lineage(bench, OLD, "conform/old@one")?;
    let own = |name: &str| before.own.get(name).map(|raw| &**raw);
    same("its own", (own("recordsize"), own("test:note")), (Some("16384"), Some("own words")))?;
    same("not its own", (own("compression"), own("origin"), own("used")), (None, None, None))?;
    same("since a snapshot", (before.written, before.size, before.encrypted), (Some(0), None, false))?;
    same("there is room", before.available > 0, true)?;

    bench.done(&promote_op(NEW))?;
    same("who depends now", origin(bench, OLD)?, "conform/clone@one".to_owned())?;
    same("who depends no more", origin(bench, NEW)?, "none".to_owned())?;
    let wanted = vec!["conform/clone@one holds=phoenix clones=conform/old".to_owned()];
    same("the clone's snapshots", told(&listed(bench, NEW)?), wanted)?;
    let wanted = vec!["conform/old@two holds= clones=".to_owned()];
    same("the snapshots of the other", told(&listed(bench, OLD)?), wanted)?;
    let stems = lineage(bench, OLD, "conform/clone@one")?.written;
    same("what stems from another's snapshot", stems, Some(0))?;
    same("what does not", lineage(bench, NEW, "conform/old@two")?.written, None)?;
    bench.refused(&promote_op(NEW), "not a cloned filesystem")?;
    bench.done(&promote_op(OLD))?;
    same("demoted", origin(bench, NEW)?, "conform/old@one".to_owned())?;
    let renamed = Op::DatasetRename { from: dataset(OLD), to: dataset("conform/older"), volume: false };
    bench.done(&renamed)?;
    same("the origin's new name", origin(bench, NEW)?, "conform/older@one".to_owned())?;
    bench.done(&Op::DatasetRename { from: dataset("conform/older"), to: dataset(OLD), volume: false })
}

pub fn refused(bench: &Bench<'_>) -> Result<(), String> {
    let one = snapshot("conform/old@one")?;
    bench.done(&Op::Release { snapshot: one.clone(), tag: "phoenix".into() })?;
    bench.refused(&Op::SnapshotDestroy { snapshot: one.clone() }, "snapshot has dependent clones")?;
    bench.refused(&clone("conform/old@nope", "conform/x", false, &[])?, "dataset does not exist")?;
    bench.refused(&clone("conform/old@one", NEW, false, &[])?, "dataset already exists")?;
    bench.refused(&clone("conform/old@one", "conform/x/y", false, &[])?, "parent does not exist")?;
    let bogus = [set("bogus", "1")];
    bench.refused(&clone("conform/old@one", "conform/x", false, &bogus)?, "invalid property 'bogus'")?;
    let fixed = [set("casesensitivity", "sensitive")];
    let refusal = "'casesensitivity' is readonly";
    bench.refused(&clone("conform/old@one", "conform/x", false, &fixed)?, refusal)?;
    bench.refused(&promote_op("conform/nowhere"), "does not exist")?;
    // A snapshot of the clone's own that bears the name of one that would come to it.
    bench
        .all_done(&[destroy_op(NEW), clone("conform/old@two", NEW, false, &[set("canmount", "noauto")])?])?;
    bench.done(&take(NEW, "one"))?;
    bench.refused(&promote_op(NEW), "conflicting snapshot 'one'")?;
    bench.refused(&destroy_op(NEW), "has children")?;
    bench.all_done(&[
        Op::SnapshotDestroy { snapshot: snapshot("conform/clone@one")? },
        destroy_op(NEW),
        Op::SnapshotDestroy { snapshot: one },
        Op::SnapshotDestroy { snapshot: snapshot("conform/old@two")? },
        destroy_op(OLD),
    ])
}

pub fn volume(bench: &Bench<'_>) -> Result<(), String> {
    let size = |name: &str| bench.dataset(name).map(|seen| seen.value("volsize").map(str::to_owned));
    let reserved =
        |name: &str| bench.dataset(name).map(|seen| seen.value("refreservation").map(str::to_owned));
    bench.done(&Op::VolumeCreate {
        dataset: dataset(OLD),
        size: 8 << 20,
        sparse: false,
        settings: Vec::new(),
    })?;
    let first = reserved(OLD)?;
    bench.all_done(&[take(OLD, "one"), bench::change(OLD, &[set("volsize", "12582912")])])?;
    same("the size in the snapshot", lineage(bench, OLD, "conform/old@one")?.size, Some(8 << 20))?;
    bench.done(&clone("conform/old@one", NEW, true, &[set("refreservation", "auto")])?)?;
    same("the clone's size", size(NEW)?, Some((8 << 20).to_string()))?;
    same("what the clone reserves", reserved(NEW)?, first)?;
    same("it is a volume", bench.dataset(NEW)?.volume, true)?;
    bench.done(&promote_op(NEW))?;
    same("who depends now", origin(bench, OLD)?, "conform/clone@one".to_owned())?;
    same("the other's size", size(OLD)?, Some((12 << 20).to_string()))?;
    bench.all_done(&[
        destroy_op(OLD),
        Op::SnapshotDestroy { snapshot: snapshot("conform/clone@one")? },
        destroy_op(NEW),
    ])
}
