//! Writes that survive a power cut: a temporary file, synced, renamed, the folder synced.

use super::{StoreError, io_error};
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink},
    path::Path,
};

/// Sees that a folder is this user's own, and closes it to everybody else.
///
/// What stands in it is believed and, run by root, acted on: so nobody else may ever have been able to
/// put something there. One that others could only read is closed without a word.
pub fn own_folder(path: &Path) -> Result<(), StoreError> {
    let about = fs::symlink_metadata(path).map_err(io_error("look at", path))?;
    let not_ours = |owner, reason| StoreError::NotOurs { path: path.to_owned(), reason, owner };
    let me = rustix::process::geteuid().as_raw();
    if !about.is_dir() {
        return Err(not_ours(None, "it is no folder, or a link to one".to_owned()));
    }
    if about.uid() != me {
        let whose = about.uid();
        return Err(not_ours(Some(whose), format!("it belongs to user {whose}, and this is user {me}")));
    }
    if about.mode() & 0o022 != 0 {
        return Err(not_ours(None, format!("others may write to it (mode {:04o})", about.mode() & 0o7777)));
    }
    if about.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io_error("close", path))?;
    }
    Ok(())
}

/// Makes a folder that only its owner reads, where it is missing; its parent is synced.
pub fn private_folder(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io_error("make the folder", path))?;
    sync_parent(path)
}

/// Syncs the folder that `path` stands in.
pub fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|file| file.sync_all()).map_err(io_error("sync the folder", folder))
}

/// Writes a file whole or not at all.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    write_unsynced(path, bytes, mode, true)?;
    sync_parent(path)
}

/// Writes a file under a temporary name and renames it, leaving the folder's sync to the caller.
pub fn write_unsynced(path: &Path, bytes: &[u8], mode: u32, sync: bool) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(io_error("make a temporary file in", folder))?;
    file.write_all(bytes).map_err(io_error("write", path))?;
    if sync {
        file.as_file().sync_all().map_err(io_error("sync", path))?;
    }
    file.persist(path).map_err(|error| io_error("rename into place", path)(error.error))?;
    Ok(())
}

/// Points a symbolic link somewhere, over an older link, in one rename.
pub fn link(path: &Path, target: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let fresh = folder.join(format!(".new-{name}"));
    match fs::remove_file(&fresh) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io_error("remove", &fresh)(error)),
    }
    symlink(target, &fresh).map_err(io_error("make the link", &fresh))?;
    fs::rename(&fresh, path).map_err(io_error("rename into place", path))?;
    sync_parent(path)
}

/// Removes a link or file that may be missing.
pub fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("remove", path)(error)),
    }
}
