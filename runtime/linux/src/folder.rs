//! Folders of file systems that guests are given: looked at, made, and removed where they are empty.
//!
//! They are reached by descriptors, from the root directory on that was seen to be the one of the very file system. No
//! link is followed, and what is mounted in it is not gone into: whoever may write in there leads nothing elsewhere.

use crate::{look::Look, permissions::directory_of, reach::Reach, roots::Roots};
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    error::failed,
    observed::{FolderState, Instead, Observed},
    op::Op,
};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat},
    io::Errno,
    process::{Gid, Uid},
};
use std::{ffi::OsStr, io, os::unix::ffi::OsStrExt, path::PathBuf};

/// Looks at the folders that are asked for, of the file systems that are mounted and seen.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    if look.query.folders.is_empty() {
        return Ok(());
    }
    let mounts = Roots::read(&look.reach.paths)?;
    for (dataset, folder) in &look.query.folders {
        if let Some((place, root, stat)) = mounts.open(dataset)? {
            let state = Way::go(place, root, stat, folder)?.state()?;
            seen.folders.entry(dataset.clone()).or_default().insert(folder.clone(), state);
        }
    }
    Ok(())
}

/// Makes a folder, or removes it where it is empty, and waits until that is on disk.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    Some(match op {
        Op::FolderMake { dataset, path, folder } => {
            change(reach, dataset, path, folder, |way| way.make(folder))
        }
        Op::FolderRemove { dataset, path, folder, stay } => {
            change(reach, dataset, path, folder, |way| way.remove(folder, *stay))
        }
        _ => return None,
    })
}

fn change(
    reach: &Reach,
    dataset: &DatasetName,
    path: &str,
    folder: &str,
    done: impl FnOnce(Way) -> Result<(), HostError>,
) -> Result<(), HostError> {
    let place = PathBuf::from(path);
    let (root, stat) = Roots::read(&reach.paths)?.open_at(dataset, &place)?;
    done(Way::go(place, root, stat, folder)?)?;
    // As of a root directory: what a switch has said is done outlives the power.
    let sync = ["zpool", "sync", "--", dataset.pool().as_str()].map(str::to_owned);
    reach.runner.change(&sync)
}

/// The way to a folder, as far as it leads: the root directory, and each part that is there.
struct Way {
    place: PathBuf,
    open: Vec<(OwnedFd, Stat)>,
    instead: Option<Instead>,
}

impl Way {
    fn go(place: PathBuf, root: OwnedFd, stat: Stat, folder: &str) -> Result<Self, HostError> {
        let mut way = Self { place, open: vec![(root, stat)], instead: None };
        for part in folder.split('/') {
            if !way.enter(part)? {
                break;
            }
        }
        Ok(way)
    }

    /// Goes into the next part; returns whether that is there, as a folder of this file system.
    fn enter(&mut self, part: &str) -> Result<bool, HostError> {
        let told = |error: Errno| failed("look at", &self.place.join(part), error);
        let Some((above, stat)) = self.open.last() else { return Ok(false) };
        let found = match fs::statat(above, part, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT) {
            Err(Errno::NOENT) => return Ok(false),
            found => found.map_err(told)?,
        };
        self.instead = match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory if found.st_dev != stat.st_dev => Some(Instead::Mount),
            FileType::Directory => None,
            FileType::Symlink => {
                let target = fs::readlinkat(above, part, Vec::new()).map_err(told)?;
                Some(Instead::Link(target.to_string_lossy().into()))
            }
            _ => Some(Instead::File),
        };
        if self.instead.is_some() {
            return Ok(false);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = fs::openat(above, part, flags, Mode::empty()).map_err(told)?;
        let now = fs::fstat(&folder).map_err(told)?;
        if (now.st_dev, now.st_ino) != (found.st_dev, found.st_ino) {
            return Err(failed(
                "open",
                &self.place.join(part),
                io::Error::other("it was exchanged meanwhile"),
            ));
        }
        self.place.push(part);
        self.open.push((folder, now));
        Ok(true)
    }

    fn state(&self) -> Result<FolderState, HostError> {
        let there = self.open.len().saturating_sub(1);
        let Some((last, stat)) = self.open.last() else {
            return Err(failed("look at", &self.place, io::Error::other("nothing is there")));
        };
        Ok(FolderState {
            there,
            last: directory_of(&self.place, last, stat)?,
            empty: is_empty(last, there == 0).map_err(|error| failed("look into", &self.place, error))?,
            instead: self.instead.clone(),
        })
    }

    /// Makes what is missing, each part with owner, group and rights of the one above it.
    fn make(mut self, folder: &str) -> Result<(), HostError> {
        loop {
            let Some(part) = folder.split('/').nth(self.open.len() - 1) else { return Ok(()) };
            let at = self.place.join(part);
            let told = |error: Errno| failed("make the folder", &at, error);
            if let Some(instead) = &self.instead {
                let what = match instead {
                    Instead::Link(_) => "a symbolic link stands there",
                    Instead::File => "what stands there is no folder",
                    Instead::Mount => "another file system is mounted there",
                };
                return Err(failed("make the folder", &at, io::Error::other(what)));
            }
            let exchanged = || failed("make the folder", &at, io::Error::other("it was exchanged meanwhile"));
            let Some((above, stat)) = self.open.last() else { return Ok(()) };
            let new = directory_of(&self.place, above, stat)?.of_new();
            // Until it is given away it is nobody else's.
            let is_new = match fs::mkdirat(above, part, Mode::RWXU) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(error) => return Err(told(error)),
            };
            if !self.enter(part)? {
                return Err(exchanged());
            }
            // What somebody else has made by now stays as it is.
            if !is_new {
                continue;
            }
            let Some((made, now)) = self.open.last_mut() else { return Ok(()) };
            // Who may write to the folder above can have put another one there, which must not be given away: only one
            // that was root's alone, with nothing in it, is like the one that was made.
            let is_ours = now.st_uid == rustix::process::geteuid().as_raw() && now.st_mode & 0o077 == 0;
            if !is_ours || !is_empty(made, false).map_err(told)? {
                return Err(exchanged());
            }
            fs::fchown(&*made, Some(Uid::from_raw(new.owner)), Some(Gid::from_raw(new.group)))
                .map_err(told)?;
            // After the owner: giving it away may clear bits of its mode.
            fs::fchmod(&*made, Mode::from_raw_mode(u32::from(new.mode.bits()))).map_err(told)?;
            *now = fs::fstat(&*made).map_err(told)?;
        }
    }

    /// Removes what is empty of it, from the last part on, down to those that stay.
    fn remove(self, folder: &str, stay: usize) -> Result<(), HostError> {
        let parts: Vec<&str> = folder.split('/').collect();
        for depth in (stay + 1..self.open.len()).rev() {
            let ((above, _), part) = (&self.open[depth - 1], parts[depth - 1]);
            match fs::unlinkat(above, part, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                // Something is in it by now, or has taken its place.
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::BUSY | Errno::NOTDIR) => return Ok(()),
                Err(error) => return Err(failed("remove the folder", &self.place, error)),
            }
        }
        Ok(())
    }
}

/// Returns whether nothing lies in a folder. In a root directory the folder of snapshots is nothing.
fn is_empty(folder: &OwnedFd, is_root: bool) -> Result<bool, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut entries = Dir::new(fs::openat(folder.as_fd(), c".", flags, Mode::empty())?)?;
    while let Some(entry) = entries.read() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name != "." && name != ".." && !(is_root && name == ".zfs") {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs as files,
        os::unix::fs::{PermissionsExt, symlink},
        path::Path,
    };

    fn way(root: &Path, folder: &str) -> Way {
        let open = fs::open(root, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let stat = fs::fstat(&open).unwrap();
        Way::go(root.to_owned(), open, stat, folder).unwrap()
    }

    fn seen(root: &Path, folder: &str) -> (usize, bool, Option<Instead>) {
        let way = way(root, folder);
        let last = &way.open.last().unwrap().0;
        (way.open.len() - 1, is_empty(last, way.open.len() == 1).unwrap(), way.instead)
    }

    #[test]
    fn what_is_missing_is_made_as_the_folder_above_and_removed_where_it_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        files::create_dir(root.join(".zfs")).unwrap();
        files::set_permissions(root, files::Permissions::from_mode(0o2770)).unwrap();
        assert_eq!(seen(root, "101/logs"), (0, true, None));
        way(root, "101/logs").make("101/logs").unwrap();
        assert_eq!(seen(root, "101/logs"), (2, true, None));
        for made in ["101", "101/logs"] {
            let mode = files::metadata(root.join(made)).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o2770, "{made}");
        }
        // What is there stays as it is.
        files::set_permissions(root.join("101"), files::Permissions::from_mode(0o755)).unwrap();
        way(root, "101/other").make("101/other").unwrap();
        let mode = |path: &str| files::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("101"), mode("101/other")), (0o755, 0o755));
        way(root, "101/logs").remove("101/logs", 0).unwrap();
        assert_eq!(seen(root, "101/logs"), (1, false, None));
        way(root, "101/other").remove("101/other", 1).unwrap();
        assert_eq!(seen(root, "101/other"), (1, true, None));
        files::write(root.join("101/file"), "kept").unwrap();
        way(root, "101").remove("101", 0).unwrap();
        assert_eq!(files::read_to_string(root.join("101/file")).unwrap(), "kept");
    }

    #[test]
    fn what_somebody_else_made_meanwhile_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        files::set_permissions(root, files::Permissions::from_mode(0o2770)).unwrap();
        let late = way(root, "101/logs");
        files::create_dir(root.join("101")).unwrap();
        files::set_permissions(root.join("101"), files::Permissions::from_mode(0o700)).unwrap();
        late.make("101/logs").unwrap();
        let mode = |path: &str| files::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode("101") & 0o777, 0o700);
        assert_eq!(mode("101/logs") & 0o777, 0o700);
        let late = way(root, "file/logs");
        files::write(root.join("file"), "").unwrap();
        assert!(late.make("file/logs").unwrap_err().to_string().contains("exchanged"));
    }

    #[test]
    fn no_link_is_followed_and_no_file_is_a_folder() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path();
        files::create_dir(root.join("a")).unwrap();
        files::create_dir(other.path().join("logs")).unwrap();
        symlink(other.path(), root.join("a/link")).unwrap();
        files::write(root.join("a/file"), "").unwrap();
        let target: Box<str> = other.path().to_string_lossy().into();
        let link = Some(Instead::Link(target));
        assert_eq!(seen(root, "a/link"), (1, false, link.clone()));
        assert_eq!(seen(root, "a/link/logs"), (1, false, link));
        assert_eq!(seen(root, "a/file/logs"), (1, false, Some(Instead::File)));
        for (folder, why) in
            [("a/link/new", "symbolic link"), ("a/link", "symbolic link"), ("a/file", "no folder")]
        {
            let told = way(root, folder).make(folder).unwrap_err().to_string();
            assert!(told.contains(why) && told.contains("/a/"), "{told}");
        }
        assert!(!other.path().join("new").exists());
        // What stands behind a link is not removed either.
        way(root, "a/link/logs").remove("a/link/logs", 0).unwrap();
        assert!(other.path().join("logs").exists() && root.join("a/link").exists());
    }
}
