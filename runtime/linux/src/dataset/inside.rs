//! Looks into a file system: where it is not mounted, by mounting it read-only in a private folder.

use crate::{
    LinuxPaths,
    mountinfo::{self, MountEntry},
    run::Runner,
};
use phoenix_graph::DatasetName;
use phoenix_host::{Contents, HostError, error::failed};
use std::{
    fs,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

/// Says what a file system holds. Empty folders count as nothing, and so do other file systems that are
/// mounted in it.
pub fn contents(paths: &LinuxPaths, runner: &Runner, dataset: &DatasetName) -> Result<Contents, HostError> {
    if let Some(place) = mounted_at(paths, dataset)? {
        return search(&place);
    }
    let folder = paths.run.join(format!("phoenix-look-{}", std::process::id()));
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|error| failed("make the folder", &folder, error))?;
    let answer = look_mounted(runner, dataset, &folder);
    let removed = fs::remove_dir(&folder).map_err(|error| failed("remove the folder", &folder, error));
    answer.and_then(|contents| removed.map(|()| contents))
}

fn look_mounted(runner: &Runner, dataset: &DatasetName, folder: &Path) -> Result<Contents, HostError> {
    let place = folder.display().to_string();
    // `-i` goes by mount(2) alone: the helper would refuse whatever has no legacy mount point, and run
    // exportfs.
    runner.look(&["mount", "-i", "-t", "zfs", "-o", "ro", "--", dataset.as_str(), &place])?;
    let answer = search(folder);
    runner.look(&["umount", "-i", "--", &place])?;
    answer
}

/// Finds where a file system is mounted as a whole, if it is.
fn mounted_at(paths: &LinuxPaths, dataset: &DatasetName) -> Result<Option<PathBuf>, HostError> {
    let path = paths.proc.join("self/mountinfo");
    let mounts = mountinfo::read(&path).map_err(|error| failed("read", &path, error))?;
    let is_it = |mount: &MountEntry| mount.kind == "zfs" && mount.whole && mount.source == dataset.as_str();
    Ok(mounts.into_iter().find(is_it).map(|mount| mount.place))
}

/// Searches for anything that is no folder.
fn search(top: &Path) -> Result<Contents, HostError> {
    let device = fs::symlink_metadata(top).map_err(|error| failed("look at", top, error))?.dev();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| failed("read the folder", &folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed("read the folder", &folder, error))?.path();
            let data = fs::symlink_metadata(&path).map_err(|error| failed("look at", &path, error))?;
            if data.dev() != device {
                continue;
            }
            if data.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(top).unwrap_or(&path);
            return Ok(Contents::Holds(name.display().to_string()));
        }
    }
    Ok(Contents::Empty)
}
