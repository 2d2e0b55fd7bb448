//! Snapshots: listed with their holds, released, destroyed one by one.

use crate::bench::{self, Bench, dataset, destroy as destroy_op, same};
use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{observed::SnapshotState, op::Op};

const TOP: &str = "conform/snaps";
const CHILD: &str = "conform/snaps/child";

fn listed(bench: &Bench<'_>, datasets: &[&str]) -> Result<Vec<SnapshotState>, String> {
    let datasets: Vec<DatasetName> = datasets.iter().map(|name| dataset(name)).collect();
    bench.host.snapshots(&datasets).map_err(|error| format!("listing snapshots failed: {error}"))
}

fn names(found: &[SnapshotState]) -> Vec<String> {
    found.iter().map(|one| one.name.to_string()).collect()
}

fn tags(one: &SnapshotState) -> Vec<&str> {
    one.holds.iter().map(|tag| &**tag).collect()
}

fn snapshot(text: &str) -> Result<SnapshotName, String> {
    SnapshotName::new(text).map_err(|error| format!("{text}: {error}"))
}

fn release(text: &str, tag: &str) -> Result<Op, String> {
    Ok(Op::Release { snapshot: snapshot(text)?, tag: tag.into() })
}

fn destroy(text: &str) -> Result<Op, String> {
    Ok(Op::SnapshotDestroy { snapshot: snapshot(text)? })
}

fn take(names: &[&str], name: &str) -> Op {
    Op::Snapshot { datasets: names.iter().map(|name| dataset(name)).collect(), name: name.into() }
}

fn hold(names: &[&str], name: &str, tag: &str) -> Op {
    let datasets = names.iter().map(|name| dataset(name)).collect();
    Op::Hold { datasets, name: name.into(), tag: tag.into() }
}

pub fn list(bench: &Bench<'_>) -> Result<(), String> {
    bench.all_done(&[bench::create(TOP, &[]), bench::create(CHILD, &[])])?;
    same("before the first", names(&listed(bench, &[TOP])?), Vec::new())?;
    bench.all_done(&[
        take(&[TOP, CHILD], "one"),
        take(&[TOP], "two"),
        hold(&[TOP, CHILD], "one", "phoenix"),
        hold(&[TOP], "one", "mine"),
    ])?;
    let found = listed(bench, &[TOP])?;
    let wanted = ["conform/snaps@one", "conform/snaps@two", "conform/snaps/child@one"];
    same("all of a dataset and below", names(&found), wanted.map(str::to_owned).to_vec())?;
    same("two tags", tags(&found[0]), vec!["mine", "phoenix"])?;
    same("no tag", tags(&found[1]), Vec::new())?;
    same("one tag", tags(&found[2]), vec!["phoenix"])?;
    same("clones", found.iter().all(|one| one.clones.is_empty()), true)?;
    let other = found[0].guid != found[1].guid && found[0].guid != found[2].guid;
    same("each has a GUID of its own", other, true)?;
    same("of a child", names(&listed(bench, &[CHILD])?), vec!["conform/snaps/child@one".to_owned()])?;
    let all = names(&listed(bench, &[])?);
    same("of all pools", wanted.iter().all(|name| all.iter().any(|one| one == name)), true)?;
    same("of one that is not there", listed(bench, &["conform/nowhere"]).is_err(), true)
}

pub fn end(bench: &Bench<'_>) -> Result<(), String> {
    // OpenZFS 2.1 goes on with `dataset is busy`, 2.3 with `it's being held`.
    let held = "cannot destroy snapshot conform/snaps@one";
    bench.refused(&destroy("conform/snaps@one")?, held)?;
    bench.refused(&release("conform/snaps@one", "nobody")?, "no such tag on this dataset")?;
    bench.refused(&release("conform/snaps@three", "phoenix")?, "dataset does not exist")?;
    bench.done(&release("conform/snaps@one", "phoenix")?)?;
    bench.refused(&destroy("conform/snaps@one")?, held)?;
    bench.done(&release("conform/snaps@one", "mine")?)?;
    bench.refused(&release("conform/snaps@one", "mine")?, "no such tag on this dataset")?;
    let before = listed(bench, &[TOP])?;
    bench.done(&destroy("conform/snaps@one")?)?;
    // Exactly one: neither the child's of the same name, nor any other.
    let left = ["conform/snaps@two", "conform/snaps/child@one"].map(str::to_owned).to_vec();
    same("what is left", names(&listed(bench, &[TOP])?), left)?;
    bench.refused(&destroy("conform/snaps@one")?, "could not find any snapshots to destroy")?;
    bench.refused(&destroy("conform/nowhere@one")?, "does not exist")?;
    bench.done(&take(&[TOP], "one"))?;
    let again = listed(bench, &[TOP])?;
    let guid = |found: &[SnapshotState]| {
        found.iter().find(|one| one.name.to_string() == "conform/snaps@one").map(|one| one.guid)
    };
    same("a name that is used again has another GUID", guid(&again) == guid(&before), false)?;
    bench.all_done(&[
        destroy("conform/snaps@one")?,
        destroy("conform/snaps@two")?,
        release("conform/snaps/child@one", "phoenix")?,
        destroy("conform/snaps/child@one")?,
        destroy_op(CHILD),
        destroy_op(TOP),
    ])
}
