//! All that lies in a file system: about how much it is, and whose.
//!
//! It is gone through by descriptors, from the root directory on that was seen to be the one of the very file system. No
//! link is followed, and what is mounted in it is passed over: whoever may write in there leads the change nowhere else.

use crate::{reach::Reach, roots::Roots};
use phoenix_graph::DatasetName;
use phoenix_host::{HostError, error::failed};
use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat},
    io::Errno,
    process::{Gid, Uid},
};
use std::{
    ffi::{CStr, OsStr},
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// How deep folders may be nested: each that is gone through is open meanwhile.
const DEEPEST: usize = 512;

/// Counts about what lies in a file system: 0 where it is nothing. OpenZFS counts some objects of its own, too.
pub fn count(place: &Path, root: &OwnedFd) -> Result<u64, HostError> {
    let told = |error: Errno| failed("look into", place, error);
    let mut folder = Folder::open(root.as_fd(), place.to_owned())?;
    if folder.next(true)?.is_none() {
        return Ok(0);
    }
    let all = fs::fstatvfs(root).map_err(told)?;
    Ok(all.f_files.saturating_sub(all.f_ffree).max(1))
}

/// Gives all of it to somebody, and waits until it is on disk.
pub fn set(
    reach: &Reach,
    dataset: &DatasetName,
    path: &str,
    owner: Option<u32>,
    group: Option<u32>,
) -> Result<(), HostError> {
    let path = Path::new(path);
    let (root, _) = Roots::read(&reach.paths)?.open_at(dataset, path)?;
    walk(&root, path, &mut |found, stat| {
        let has =
            owner.is_none_or(|owner| stat.st_uid == owner) && group.is_none_or(|group| stat.st_gid == group);
        if has {
            return Ok(());
        }
        let (owner, group) = (owner.map(Uid::from_raw), group.map(Gid::from_raw));
        fs::chownat(found, c"", owner, group, AtFlags::EMPTY_PATH)
    })?;
    // As of a root directory: what a switch has said is done outlives the power.
    let sync = ["zpool", "sync", "--", dataset.pool().as_str()].map(str::to_owned);
    reach.runner.change(&sync)
}

/// Goes through all that lies below a root directory.
fn walk(
    root: &OwnedFd,
    path: &Path,
    visit: &mut dyn FnMut(&OwnedFd, &Stat) -> Result<(), Errno>,
) -> Result<(), HostError> {
    let device = fs::fstat(root).map_err(|error| failed("look at", path, error))?.st_dev;
    let mut folders = vec![Folder::open(root.as_fd(), path.to_owned())?];
    loop {
        let depth = folders.len();
        let Some(folder) = folders.last_mut() else { return Ok(()) };
        let Some(place) = folder.next(depth == 1)? else {
            folders.pop();
            continue;
        };
        let told = |error: Errno| failed("change", &place, error);
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = place.file_name().unwrap_or_default();
        let itself = folder.entries.fd().map_err(told)?;
        let found = match fs::openat(itself, name, flags, Mode::empty()) {
            // It has gone since its name was read.
            Err(Errno::NOENT) => continue,
            found => found.map_err(told)?,
        };
        let stat = fs::fstat(&found).map_err(told)?;
        if stat.st_dev != device {
            continue;
        }
        visit(&found, &stat).map_err(told)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            if depth == DEEPEST {
                let message = format!("folders are nested more than {DEEPEST} deep; move some of them up");
                return Err(failed("go into", &place, io::Error::other(message)));
            }
            folders.push(Folder::open(found.as_fd(), place)?);
        }
    }
}

/// A folder that is gone through.
struct Folder {
    entries: Dir,
    path: PathBuf,
}

impl Folder {
    fn open(folder: BorrowedFd<'_>, path: PathBuf) -> Result<Self, HostError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match fs::openat(folder, c".", flags, Mode::empty()).and_then(Dir::new) {
            Ok(entries) => Ok(Self { entries, path }),
            Err(error) => Err(failed("look into", &path, error)),
        }
    }

    /// Returns where its next entry is. In a root directory the folder of snapshots is none.
    fn next(&mut self, is_root: bool) -> Result<Option<PathBuf>, HostError> {
        let passed = |name: &CStr| name == c"." || name == c".." || is_root && name == c".zfs";
        loop {
            let Some(entry) = self.entries.read() else { return Ok(None) };
            let entry = entry.map_err(|error| failed("look into", &self.path, error))?;
            let name = entry.file_name();
            if !passed(name) {
                return Ok(Some(self.path.join(OsStr::from_bytes(name.to_bytes()))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs as files, os::unix::fs::symlink};

    fn walked(root: &Path) -> Result<BTreeSet<PathBuf>, HostError> {
        let open = |path: &Path| fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let mut found = BTreeSet::new();
        walk(&open(root), root, &mut |file, _| {
            let link = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
            assert!(found.insert(files::read_link(link).unwrap()), "met twice");
            Ok(())
        })?;
        Ok(found)
    }

    fn root() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    #[test]
    fn everything_is_met_once_and_no_link_is_followed() {
        let (_folder, root) = root();
        let (_other, other) = self::root();
        files::write(other.join("not mine"), "").unwrap();
        let mut all = BTreeSet::new();
        for folder in ["a", "a/b", "a/b/.zfs", "c", ".zfs"] {
            files::create_dir(root.join(folder)).unwrap();
        }
        for file in ["one", "a/b/.zfs/two", "c/\n three", ".zfs/four"] {
            files::write(root.join(file), "").unwrap();
        }
        symlink(&other, root.join("link")).unwrap();
        symlink("nowhere", root.join("a/broken")).unwrap();
        for path in ["a", "a/b", "a/b/.zfs", "a/b/.zfs/two", "a/broken", "c", "c/\n three", "link", "one"] {
            all.insert(root.join(path));
        }
        assert_eq!(walked(&root).unwrap(), all);
    }

    #[test]
    fn too_deep_is_told_with_the_place() {
        let (_folder, root) = root();
        let deeper = |depth: usize| {
            let mut folder = fs::open(&root, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
            for _ in 0..depth {
                let _ = fs::mkdirat(&folder, c"d", Mode::RWXU);
                folder =
                    fs::openat(&folder, c"d", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
            }
            walked(&root).map(|all| all.len()).map_err(|error| error.to_string())
        };
        assert_eq!(deeper(DEEPEST - 1), Ok(DEEPEST - 1));
        let told = deeper(DEEPEST).unwrap_err();
        assert!(told.contains("nested more than 512 deep") && told.contains("/d/d"), "{told}");
    }

    #[test]
    fn nothing_is_counted_as_nothing() {
        let (_folder, root) = root();
        let count = || {
            let open = fs::open(&root, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
            super::count(&root, &open).unwrap()
        };
        files::create_dir(root.join(".zfs")).unwrap();
        assert_eq!(count(), 0);
        files::write(root.join("one"), "").unwrap();
        assert!(count() > 0);
    }
}
