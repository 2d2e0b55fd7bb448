//! Files beside a spec, which others may have put there: they are opened through their folder, and no link
//! below it is followed, for reading nor for writing, also where one is exchanged in between (openat2(2),
//! Linux 5.6).

use crate::spec::read_bounded;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{
        AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, ResolveFlags, Uid, fchmod, fchown, fsync, mkdirat,
        openat, openat2, renameat, statat, unlinkat,
    },
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    fs::{File, Metadata},
    io::{self, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::Path,
};

/// An open folder. It stays the same one, whatever its path leads to by now.
#[derive(Debug)]
pub struct Beside {
    folder: OwnedFd,
}

impl Beside {
    /// Opens a folder that the person named; links that lead to it are followed.
    ///
    /// # Errors
    /// Where it is not there, or is no folder.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Ok(Self { folder: openat(CWD, folder, FOLDER, Mode::empty())? })
    }

    /// Opens the folder of this name in it; nothing where there is none.
    ///
    /// # Errors
    /// Where it is a link, or no folder.
    pub fn folder(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Self>> {
        let opened = openat2(&self.folder, name.as_ref(), FOLDER, Mode::empty(), INSIDE);
        Ok(there(opened)?.map(|folder| Self { folder }))
    }

    /// Opens the folder of this name in it, and makes it where there is none.
    ///
    /// # Errors
    /// Where it is a link, or no folder, or cannot be made.
    pub fn make_folder(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = name.as_ref();
        match mkdirat(&self.folder, name, Mode::RWXU | Mode::RWXG | Mode::RWXO) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.folder(name)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Lists the names in it, in order, each with what stands there; links are left out.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn names(&self) -> io::Result<Vec<(OsString, FileType)>> {
        let mut names = Vec::new();
        for entry in Dir::new(self.readable()?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            // Some file systems do not tell the kind with the name.
            let kind = match entry.file_type() {
                FileType::Unknown => {
                    let about = statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
                    FileType::from_raw_mode(about.st_mode)
                }
                kind => kind,
            };
            if kind != FileType::Symlink {
                names.push((name.to_owned(), kind));
            }
        }
        names.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(names)
    }

    /// Opens a regular file in it for reading; nothing where there is none.
    ///
    /// # Errors
    /// Where it is a link or no regular file, or cannot be read.
    pub fn file(&self, name: impl AsRef<OsStr>) -> io::Result<Option<File>> {
        // What is no regular file is not waited for.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = openat2(&self.folder, name.as_ref(), flags, Mode::empty(), INSIDE);
        let Some(file) = there(opened)?.map(File::from) else { return Ok(None) };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Ok(Some(file))
    }

    /// Reads a text file in it, with what the system knows about it; nothing where there is none.
    ///
    /// # Errors
    /// As [`Beside::file`], or where it is not UTF-8, or larger than any spec.
    pub fn read(&self, name: impl AsRef<OsStr>) -> io::Result<Option<(String, Metadata)>> {
        let Some(file) = self.file(name)? else { return Ok(None) };
        let about = file.metadata()?;
        Ok(Some((read_bounded(file)?, about)))
    }

    /// Writes a file whole, over an older one in one rename. It gets the owner and the rights of the one
    /// that was there, where that is known; a new one has those of any new file.
    ///
    /// # Errors
    /// Where it cannot be written; what was there is as it was.
    pub fn write(&self, name: impl AsRef<OsStr>, text: &str, was: Option<&Metadata>) -> io::Result<()> {
        let name = name.as_ref();
        let mut fresh = OsString::from(".");
        fresh.push(name);
        fresh.push(format!(".{}.new", std::process::id()));
        let written = self.create(&fresh, text, was).and_then(|()| {
            renameat(&self.folder, &fresh, &self.folder, name)?;
            Ok(fsync(self.readable()?)?)
        });
        if written.is_err() {
            // The first reason is told, not this one's.
            let _ = unlinkat(&self.folder, &fresh, AtFlags::empty());
        }
        written
    }

    /// Opens the folder itself to be listed or synced, which its place alone (`O_PATH`) does not allow.
    fn readable(&self) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.folder, ".", flags, Mode::empty())?)
    }

    fn create(&self, fresh: &OsStr, text: &str, was: Option<&Metadata>) -> io::Result<()> {
        // Whatever stands there is left over: the name has this process's number.
        match unlinkat(&self.folder, fresh, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH;
        let mut file = File::from(openat(&self.folder, fresh, flags, mode)?);
        file.write_all(text.as_bytes())?;
        if let Some(was) = was {
            let now = file.metadata()?;
            if (now.uid(), now.gid()) != (was.uid(), was.gid()) {
                fchown(file.as_fd(), Some(Uid::from_raw(was.uid())), Some(Gid::from_raw(was.gid())))?;
            }
            fchmod(file.as_fd(), Mode::from_raw_mode(was.permissions().mode() & 0o7777))?;
        }
        file.sync_all()
    }
}

/// A folder is held by its place alone.
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Nothing on the way may be a link.
const INSIDE: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// Tells what is not there from what cannot be opened, and a link in plain words.
fn there(opened: Result<OwnedFd, Errno>) -> io::Result<Option<OwnedFd>> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP | Errno::XDEV) => Err(io::Error::other("it is a link, and none is followed here")),
        Err(error) => Err(error.into()),
    }
}
