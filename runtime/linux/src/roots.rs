//! Where the root directories of file systems are reached.
//!
//! A directory is changed through a descriptor that was seen to be the root of the very file system: a
//! path may lead elsewhere by the time it is used, where others may write into a directory above it.

use crate::{LinuxPaths, mountinfo};
use phoenix_graph::DatasetName;
use phoenix_host::{HostError, error::failed};
use rustix::{
    fd::OwnedFd,
    fs::{self, OFlags, Stat},
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

/// What is mounted where, as `/proc/self/mountinfo` tells it.
pub struct Roots {
    /// By dataset: the device's numbers and the place, those mounted later behind.
    zfs: BTreeMap<String, Vec<(u32, u32, PathBuf)>>,
}

impl Roots {
    /// Reads it.
    pub fn read(paths: &LinuxPaths) -> Result<Self, HostError> {
        let path = paths.proc.join("self/mountinfo");
        let found = mountinfo::read(&path).map_err(|error| failed("read", &path, error))?;
        let mut zfs: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for mount in found.into_iter().filter(|mount| mount.kind == "zfs" && mount.whole) {
            zfs.entry(mount.source).or_default().push((mount.device.0, mount.device.1, mount.place));
        }
        Ok(Self { zfs })
    }

    /// Opens the root directory of a file system at the place where it is seen; nothing where it is not.
    pub fn open(&self, dataset: &DatasetName) -> Result<Option<(PathBuf, OwnedFd, Stat)>, HostError> {
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

    /// Opens it at this very place.
    pub fn open_at(&self, dataset: &DatasetName, path: &Path) -> Result<(OwnedFd, Stat), HostError> {
        match self.open(dataset)? {
            Some((place, directory, stat)) if place == path => Ok((directory, stat)),
            _ => {
                let message =
                    format!("it is not the root of {dataset}, which is not mounted there or lies hidden");
                Err(failed("change", path, io::Error::other(message)))
            }
        }
    }
}
