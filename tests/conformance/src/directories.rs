//! Root directories: owner, group, mode and access control list; and the numbers of accounts.

use crate::bench::{Bench, create, dataset, mount, same};
use phoenix_graph::{Mode, PropertyName};
use phoenix_host::{HostError, observed::Query, op::Op};

fn set(name: &str, path: &str, owner: u32, group: u32, mode: u32) -> Op {
    let (owner, group, mode) = (Some(owner), Some(group), Some(Mode::of(mode)));
    Op::DirectorySet { dataset: dataset(name), path: path.into(), owner, group, mode, acl: None }
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
        acl: None,
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

    // Nothing lies in it, and that is given to anybody; the directory itself stays as it is.
    let all = |path: &str| Op::ContentsSet {
        dataset: dataset("conform/owned"),
        path: path.into(),
        owner: Some(7),
        group: None,
    };
    refused(bench, &all("/conform"))?;
    bench.done(&all("/conform/owned"))?;
    let query = Query {
        directories: [dataset("conform/owned"), dataset("conform")].into(),
        contents: [dataset("conform/owned"), dataset("conform")].into(),
        ..bench.query()
    };
    let observed = bench.host.observe(&query).map_err(|error| format!("looking failed: {error}"))?;
    same("what lies in it", observed.contents.get(&dataset("conform/owned")), Some(&0))?;
    same(
        "whether something lies above it",
        observed.contents.get(&dataset("conform")).map(|count| *count > 0),
        Some(true),
    )?;
    same("its directory then", seen(bench, "conform/owned")?, Some((33, 34, "2750".to_owned())))?;
    bench.all_done(&[
        Op::DatasetUnmount { dataset: dataset("conform/owned") },
        Op::DatasetDestroy { dataset: dataset("conform/owned") },
    ])
}

pub fn lists(bench: &Bench<'_>) -> Result<(), String> {
    let list = |text: &str, mode: Option<u32>| Op::DirectorySet {
        dataset: dataset("conform/listed"),
        path: "/conform/listed".into(),
        owner: None,
        group: None,
        mode: mode.map(Mode::of),
        acl: text.parse().ok(),
    };
    let seen = || -> Result<(String, String), String> {
        let query = Query { directories: [dataset("conform/listed")].into(), ..bench.query() };
        let observed = bench.host.observe(&query).map_err(|error| format!("looking failed: {error}"))?;
        let found = observed.directories.get(&dataset("conform/listed")).ok_or("nothing is seen")?;
        Ok((found.mode.to_string(), found.acl.to_string()))
    };
    let is = |what: &str, mode: &str, acl: &str| same(what, seen()?, (mode.to_owned(), acl.to_owned()));
    bench.all_done(&[
        create("conform/listed", &[(PropertyName::new("acltype"), "off".into())]),
        mount("conform/listed"),
    ])?;
    match bench.host.perform(&list("user:33:rwx", None)) {
        Err(HostError::Io { source, .. }) if source.to_string().contains("acltype") => {}
        other => return Err(format!("a list without `acltype` was not refused by its name: {other:?}")),
    }
    // Taking one off is nothing where there can be none.
    bench.done(&list("", Some(0o750)))?;
    is("without lists", "0750", "")?;
    bench.done(&Op::DatasetSet {
        dataset: dataset("conform/listed"),
        settings: vec![(PropertyName::new("acltype"), "posix".into())],
    })?;
    is("without entries", "0750", "")?;
    bench.done(&list("user:33:rwx,default:group:12:rw-", Some(0o2750)))?;
    let defaults =
        "default:user::rwx,default:group::r-x,default:group:12:rw-,default:mask::rwx,default:other::---";
    is("with entries", "2770", &format!("user:33:rwx,group::r-x,mask::rwx,{defaults}"))?;
    // The mode alone is the mask, as with chmod(1).
    let chmod = Op::DirectorySet {
        dataset: dataset("conform/listed"),
        path: "/conform/listed".into(),
        owner: None,
        group: None,
        mode: Some(Mode::of(0o700)),
        acl: None,
    };
    bench.done(&chmod)?;
    is("with another mask", "0700", &format!("user:33:rwx,group::r-x,mask::---,{defaults}"))?;
    // As it is read, so it is given back.
    bench.done(&list("group:12:r-x,group::---,mask::r--", Some(0o640)))?;
    is("with others", "0640", "group::---,group:12:r-x,mask::r--")?;
    bench.done(&list("mask::rwx", None))?;
    is("with a mask alone", "0670", "group::---,mask::rwx")?;
    bench.done(&list("", None))?;
    is("with none", "0600", "")?;
    // A list goes with `acltype`, and comes back with it, though one was taken off meanwhile: it was out of reach.
    bench.done(&list("user:33:--x", Some(0o710)))?;
    for (word, mode, acl) in [("off", "0710", ""), ("posix", "0710", "user:33:--x,group::--x,mask::--x")] {
        bench.done(&Op::DatasetSet {
            dataset: dataset("conform/listed"),
            settings: vec![(PropertyName::new("acltype"), word.into())],
        })?;
        is(word, mode, acl)?;
        if word == "off" {
            bench.done(&list("", None))?;
        }
    }
    // One that is longer than most.
    let many: Vec<String> = (1000..1060).map(|number| format!("user:{number}:r--")).collect();
    bench.done(&list(&many.join(","), Some(0o750)))?;
    is("with many entries", "0750", &format!("{},group::r-x,mask::r-x", many.join(",")))?;
    bench.all_done(&[
        Op::DatasetUnmount { dataset: dataset("conform/listed") },
        Op::DatasetDestroy { dataset: dataset("conform/listed") },
    ])
}

fn refused(bench: &Bench<'_>, op: &Op) -> Result<(), String> {
    match bench.host.perform(op) {
        Err(HostError::Io { source, .. }) if source.to_string().contains("not mounted") => Ok(()),
        Err(error) => Err(format!("`{}` was refused otherwise: {error}", op.describe())),
        Ok(()) => Err(format!("`{}` was not refused", op.describe())),
    }
}

/// How many parts of a folder's path are there, owner, group and mode of the last, and whether that is empty.
type Way = (usize, u32, u32, String, bool);

/// Tells how far the way to a folder of `conform/folders` leads, what the last part of it has, and whether that is empty.
fn way(bench: &Bench<'_>, folder: &str) -> Result<Option<Way>, String> {
    let query = Query { folders: [(dataset("conform/folders"), folder.into())].into(), ..bench.query() };
    let observed = bench.host.observe(&query).map_err(|error| format!("looking failed: {error}"))?;
    let found = observed.folders.get(&dataset("conform/folders")).and_then(|found| found.get(folder));
    Ok(found.map(|found| {
        let last = &found.last;
        (found.there, last.owner, last.group, last.mode.to_string(), found.empty)
    }))
}

pub fn folders(bench: &Bench<'_>) -> Result<(), String> {
    let make = |path: &str, folder: &str| Op::FolderMake {
        dataset: dataset("conform/folders"),
        path: path.into(),
        folder: folder.into(),
    };
    let remove = |folder: &str, stay| Op::FolderRemove {
        dataset: dataset("conform/folders"),
        path: "/conform/folders".into(),
        folder: folder.into(),
        stay,
    };
    bench.all_done(&[create("conform/folders", &[]), mount("conform/folders")])?;
    bench.done(&set("conform/folders", "/conform/folders", 33, 34, 0o2750))?;
    let at = |there, empty| Some((there, 33, 34, "2750".to_owned(), empty));
    same("a folder that is not there", way(bench, "a/b")?, at(0, true))?;
    refused(bench, &make("/conform", "a/b"))?;
    bench.done(&make("/conform/folders", "a/b"))?;
    same("a folder that was made", way(bench, "a/b")?, at(2, true))?;
    same("the one that it lies in", way(bench, "a")?, at(1, false))?;
    // What is there stays as it is, also where the directory above has others by then.
    bench.done(&set("conform/folders", "/conform/folders", 0, 0, 0o755))?;
    bench.done(&make("/conform/folders", "a/b"))?;
    bench.done(&make("/conform/folders", "a/c"))?;
    same("another beside it", way(bench, "a/c")?, at(2, true))?;
    bench.done(&remove("a/b", 0))?;
    same("where something lies in the one above", way(bench, "a/b")?, at(1, false))?;
    bench.done(&remove("a/c", 1))?;
    same("what is to stay", way(bench, "a/c")?, at(1, true))?;
    bench.done(&remove("a", 0))?;
    same("nothing of it", way(bench, "a")?, Some((0, 0, 0, "0755".to_owned(), true)))?;
    bench.done(&remove("a", 0))?;

    bench.done(&Op::DatasetUnmount { dataset: dataset("conform/folders") })?;
    same("of what is not mounted", way(bench, "a")?, None)?;
    refused(bench, &make("/conform/folders", "a"))?;
    bench.done(&mount("conform/folders"))
}

pub fn accounts(bench: &Bench<'_>) -> Result<(), String> {
    let names = ["root", "nobody-of-this-name", "12"].map(Into::into);
    let query = Query { users: names.clone().into(), groups: names.into(), ..bench.query() };
    let observed = bench.host.observe(&query).map_err(|error| format!("looking failed: {error}"))?;
    same("users", observed.users.into_iter().collect::<Vec<_>>(), vec![("root".into(), 0)])?;
    same("groups", observed.groups.into_iter().collect::<Vec<_>>(), vec![("root".into(), 0)])
}
