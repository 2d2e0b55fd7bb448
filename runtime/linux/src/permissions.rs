//! Root directories of file systems, and the numbers of accounts.
//!
//! A directory is changed through a descriptor that was seen to be the root of the very file system: a
//! path may lead elsewhere by the time it is used, where others may write into a directory above it.

use crate::{LinuxPaths, look::Look, mountinfo, reach::Reach, run::Runner};
use phoenix_graph::{DatasetName, Mode};
use phoenix_host::{
    HostError,
    error::{failed, unreadable},
    observed::{Directory, Observed},
    op::Op,
};
use rustix::{
    fd::OwnedFd,
    fs::{self, OFlags, Stat},
    process::{Gid, Uid},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

/// Looks at the root directories that are asked for, of the file systems that are mounted and seen; and at accounts.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let (query, runner) = (look.query, &look.reach.runner);
    if !query.directories.is_empty() {
        let mounts = Mounts::read(&look.reach.paths)?;
        for dataset in &query.directories {
            if let Some((.., stat)) = mounts.open(dataset)? {
                let directory =
                    Directory { owner: stat.st_uid, group: stat.st_gid, mode: Mode::of(stat.st_mode) };
                seen.directories.insert(dataset.clone(), directory);
            }
        }
    }
    seen.users = accounts(runner, "passwd", &query.users)?;
    seen.groups = accounts(runner, "group", &query.groups)?;
    Ok(())
}

/// Changes a root directory.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    let Op::DirectorySet { dataset, path, owner, group, mode } = op else { return None };
    Some(set(&reach.paths, &reach.runner, dataset, path, *owner, *group, *mode))
}

/// Gives a root directory an owner, a group or a mode, and waits until it is on disk; what is not said stays.
fn set(
    paths: &LinuxPaths,
    runner: &Runner,
    dataset: &DatasetName,
    path: &str,
    owner: Option<u32>,
    group: Option<u32>,
    mode: Option<Mode>,
) -> Result<(), HostError> {
    let path = Path::new(path);
    let found = Mounts::read(paths)?.open(dataset)?.filter(|(place, ..)| place == path);
    let Some((_, directory, _)) = found else {
        let message = format!("it is not the root of {dataset}, which is not mounted there or lies hidden");
        return Err(failed("change", path, io::Error::other(message)));
    };
    let told = |error: rustix::io::Errno| failed("change", path, error);
    if owner.is_some() || group.is_some() {
        fs::fchown(&directory, owner.map(Uid::from_raw), group.map(Gid::from_raw)).map_err(told)?;
    }
    // After the owner: giving a file away may clear bits of its mode.
    if let Some(mode) = mode {
        fs::fchmod(&directory, fs::Mode::from_raw_mode(mode.bits().into())).map_err(told)?;
    }
    // `zfs` and `zpool` return when what they did is on disk, and so must this: what a switch has said is
    // done outlives the power. fsync(2) does nothing in a file system with `sync=disabled`.
    let sync = ["zpool", "sync", "--", dataset.pool().as_str()].map(str::to_owned);
    runner.change(&sync)
}

/// What is mounted where, as `/proc/self/mountinfo` tells it.
struct Mounts {
    /// By dataset: the device's numbers and the place, those mounted later behind.
    zfs: BTreeMap<String, Vec<(u32, u32, PathBuf)>>,
}

impl Mounts {
    fn read(paths: &LinuxPaths) -> Result<Self, HostError> {
        let path = paths.proc.join("self/mountinfo");
        let found = mountinfo::read(&path).map_err(|error| failed("read", &path, error))?;
        let mut zfs: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for mount in found.into_iter().filter(|mount| mount.kind == "zfs" && mount.whole) {
            zfs.entry(mount.source).or_default().push((mount.device.0, mount.device.1, mount.place));
        }
        Ok(Mounts { zfs })
    }

    /// Opens the root directory of a file system at the place where it is seen; nothing where it is not.
    fn open(&self, dataset: &DatasetName) -> Result<Option<(PathBuf, OwnedFd, Stat)>, HostError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for (major, minor, place) in self.zfs.get(dataset.as_str()).into_iter().flatten().rev() {
            let told = |error: rustix::io::Errno| failed("open", place, error);
            let directory = match fs::open(place, flags, fs::Mode::empty()) {
                Ok(directory) => directory,
                // Another file system lies over it, without such a path.
                Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                    continue;
                }
                Err(error) => return Err(told(error)),
            };
            let stat = fs::fstat(&directory).map_err(told)?;
            if (fs::major(stat.st_dev), fs::minor(stat.st_dev)) == (*major, *minor) {
                return Ok(Some((place.clone(), directory, stat)));
            }
        }
        Ok(None)
    }
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
