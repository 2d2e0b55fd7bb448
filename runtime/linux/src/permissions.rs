//! Root directories of file systems, and the numbers of accounts.

use crate::{LinuxPaths, acl, contents, look::Look, reach::Reach, roots::Roots, run::Runner};
use phoenix_graph::{DatasetName, Mode};
use phoenix_host::{
    HostError,
    error::{failed, unreadable},
    observed::{Directory, Observed, Wanted},
    op::Op,
};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, Stat},
    process::{Gid, Uid},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

/// Looks at the root directories that are asked for, of the file systems that are mounted and seen; and at accounts.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let (query, runner) = (look.query, &look.reach.runner);
    if !query.directories.is_empty() {
        let mounts = Roots::read(&look.reach.paths)?;
        for dataset in &query.directories {
            if let Some((place, directory, stat)) = mounts.open(dataset)? {
                seen.directories.insert(dataset.clone(), directory_of(&place, &directory, &stat)?);
                if query.contents.contains(dataset) {
                    seen.contents.insert(dataset.clone(), contents::count(&place, &directory)?);
                }
            }
        }
    }
    seen.users = accounts(runner, "passwd", &query.users)?;
    seen.groups = accounts(runner, "group", &query.groups)?;
    Ok(())
}

/// Changes a root directory, or gives what lies in a file system to somebody.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    if let Op::ContentsSet { dataset, path, owner, group } = op {
        return Some(contents::set(reach, dataset, path, *owner, *group));
    }
    let Op::DirectorySet { dataset, path, owner, group, mode, acl } = op else { return None };
    let wanted = Wanted { owner: *owner, group: *group, mode: *mode, acl: acl.clone() };
    Some(set(&reach.paths, &reach.runner, dataset, path, &wanted))
}

/// Returns what a root directory has that is open.
pub fn directory_of(place: &Path, directory: &OwnedFd, stat: &Stat) -> Result<Directory, HostError> {
    let acl = acl::read(directory.as_fd())
        .map_err(|error| failed("read the access control list of", place, error))?;
    Ok(Directory { owner: stat.st_uid, group: stat.st_gid, mode: Mode::of(stat.st_mode), acl })
}

/// Gives a root directory what is said, and waits until it is on disk; what is not said stays.
fn set(
    paths: &LinuxPaths,
    runner: &Runner,
    dataset: &DatasetName,
    path: &str,
    wanted: &Wanted,
) -> Result<(), HostError> {
    let path = Path::new(path);
    let (directory, stat) = Roots::read(paths)?.open_at(dataset, path)?;
    let told = |error: rustix::io::Errno| failed("change", path, error);
    let now = directory_of(path, &directory, &stat)?;
    let to = now.given(wanted);
    let Wanted { owner, group, mode, acl } = wanted;
    if owner.is_some() || group.is_some() {
        fs::fchown(&directory, owner.map(Uid::from_raw), group.map(Gid::from_raw)).map_err(told)?;
    }
    // After the owner: giving a file away may clear bits of its mode. Nobody is let in for a moment who is not to be: where
    // a list comes, the bits of the group are its own until then, and where one goes, they are it before.
    let chmod =
        |mode: Mode| fs::fchmod(&directory, fs::Mode::from_raw_mode(mode.bits().into())).map_err(told);
    let listed = |error: io::Error| failed("change the access control list of", path, error);
    match acl {
        None => mode.map_or(Ok(()), chmod)?,
        // The mask is narrowed before it goes.
        Some(_) if now.acl.has(false) && !to.acl.has(false) => {
            chmod(to.mode)?;
            acl::write_own(directory.as_fd(), &to.acl, to.mode).map_err(listed)?;
        }
        Some(_) if now.acl.has(false) => {
            acl::write_own(directory.as_fd(), &to.acl, to.mode).map_err(listed)?;
            chmod(to.mode)?;
        }
        Some(_) => {
            mode.map_or(Ok(()), chmod)?;
            if to.acl.has(false) {
                acl::write_own(directory.as_fd(), &to.acl, to.mode).map_err(listed)?;
            }
        }
    }
    if acl.is_some() {
        acl::write_default(directory.as_fd(), &to.acl).map_err(listed)?;
    }
    // `zfs` and `zpool` return when what they did is on disk, and so must this: what a switch has said is
    // done outlives the power. fsync(2) does nothing in a file system with `sync=disabled`.
    let sync = ["zpool", "sync", "--", dataset.pool().as_str()].map(str::to_owned);
    runner.change(&sync)
}

/// Finds the numbers of accounts by name, in one process each for users and for groups.
fn accounts(
    runner: &Runner,
    database: &str,
    names: &BTreeSet<Box<str>>,
) -> Result<BTreeMap<Box<str>, u32>, HostError> {
    let named: Vec<&str> =
        names.iter().map(|name| &**name).filter(|name| name.parse::<u32>().is_err()).collect();
    if named.is_empty() {
        return Ok(BTreeMap::new());
    }
    let argv: Vec<&str> = ["getent", "--", database].into_iter().chain(named).collect();
    // getent(1): 2 where one or more of the names are not known.
    let text = runner.look_partly(&argv, 2)?;
    let mut numbers = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split(':');
        let (name, number) =
            (words.next().unwrap_or_default(), words.nth(1).and_then(|word| word.parse().ok()));
        let number = number.ok_or_else(|| unreadable("getent", "a line has no number", line))?;
        numbers.insert(name.into(), number);
    }
    Ok(numbers)
}
