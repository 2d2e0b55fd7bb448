//! Root directories: owner, group and mode; and the numbers of accounts.

use crate::bench::{Bench, create, dataset, mount, same};
use phoenix_graph::Mode;
use phoenix_host::{HostError, observed::Query, op::Op};

fn set(name: &str, path: &str, owner: u32, group: u32, mode: u32) -> Op {
    let (owner, group, mode) = (Some(owner), Some(group), Some(Mode::of(mode)));
    Op::DirectorySet { dataset: dataset(name), path: path.into(), owner, group, mode }
}

fn seen(bench: &Bench<'_>, name: &str) -> Result<Option<(u32, u32, String)>, String> {
    let query = Query { directories: [dataset(name)].into(), ..bench.query() };
    let observed = bench.host.observe(&query).map_err(|error| format!("looking failed: {error}"))?;
    let found = observed.directories.get(&dataset(name));
    Ok(found.map(|found| (found.owner, found.group, found.mode.to_string())))
}

pub fn change(bench: &Bench<'_>) -> Result<(), String> {
    bench.all_done(&[create("conform/owned", &[]), mount("conform/owned")])?;
    same("a new directory", seen(bench, "conform/owned")?, Some((0, 0, "0755".to_owned())))?;
    bench.done(&set("conform/owned", "/conform/owned", 33, 34, 0o2750))?;
    same("its directory", seen(bench, "conform/owned")?, Some((33, 34, "2750".to_owned())))?;
    let part = |owner, group, mode| Op::DirectorySet {
        dataset: dataset("conform/owned"),
        path: "/conform/owned".into(),
        owner,
        group,
        mode,
    };
    bench.done(&part(None, Some(12), None))?;
    same("the group alone", seen(bench, "conform/owned")?, Some((33, 12, "2750".to_owned())))?;
    bench.done(&part(None, None, Some(Mode::of(0o711))))?;
    same("the mode alone", seen(bench, "conform/owned")?, Some((33, 12, "0711".to_owned())))?;
    bench.done(&set("conform/owned", "/conform/owned", 33, 34, 0o2750))?;
    same("the directory above it", seen(bench, "conform")?, Some((0, 0, "0755".to_owned())))?;

    // It stays with the file system, and is out of reach while that is not mounted.
    bench.done(&Op::DatasetUnmount { dataset: dataset("conform/owned") })?;
    same("of what is not mounted", seen(bench, "conform/owned")?, None)?;
    refused(bench, &set("conform/owned", "/conform/owned", 0, 0, 0o700))?;
    bench.done(&mount("conform/owned"))?;
    same("mounted again", seen(bench, "conform/owned")?, Some((33, 34, "2750".to_owned())))?;
    refused(bench, &set("conform/owned", "/conform", 0, 0, 0o700))?;
    bench.all_done(&[
        Op::DatasetUnmount { dataset: dataset("conform/owned") },
        Op::DatasetDestroy { dataset: dataset("conform/owned") },
    ])
}

fn refused(bench: &Bench<'_>, op: &Op) -> Result<(), String> {
    match bench.host.perform(op) {
        Err(HostError::Io { source, .. }) if source.to_string().contains("not mounted") => Ok(()),
        Err(error) => Err(format!("`{}` was refused otherwise: {error}", op.describe())),
        Ok(()) => Err(format!("`{}` was not refused", op.describe())),
    }
}

pub fn accounts(bench: &Bench<'_>) -> Result<(), String> {
    let names = ["root", "nobody-of-this-name", "12"].map(Into::into);
    let query = Query { users: names.clone().into(), groups: names.into(), ..bench.query() };
    let observed = bench.host.observe(&query).map_err(|error| format!("looking failed: {error}"))?;
    same("users", observed.users.into_iter().collect::<Vec<_>>(), vec![("root".into(), 0)])?;
    same("groups", observed.groups.into_iter().collect::<Vec<_>>(), vec![("root".into(), 0)])
}
