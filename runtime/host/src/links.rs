//! Symbolic links on the real file system: looked at, made over an older one in one rename, removed.

use crate::{
    error::{HostError, failed},
    observed::LinkState,
};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Tells what stands where a link is to stand.
///
/// # Errors
/// Where the path cannot be looked at.
pub fn look(path: &Path) -> Result<LinkState, HostError> {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_symlink() => {
            fs::read_link(path).map(LinkState::Link).map_err(|error| failed("read the link", path, error))
        }
        Ok(_) => Ok(LinkState::Other),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(LinkState::Missing)
        }
        Err(error) => Err(failed("look at", path, error)),
    }
}

/// A path, with the link that it passes and where that leads.
type Passed = (Box<str>, (Box<str>, Box<str>));

/// Finds the first symbolic link that a path is or passes, and where it leads. What cannot be looked at is
/// none: whoever mounts there is told.
#[must_use]
pub fn passed(path: &str) -> Option<Passed> {
    let mut at = PathBuf::new();
    for part in Path::new(path).components() {
        at.push(part);
        if let Ok(target) = fs::read_link(&at) {
            let link = (at.to_string_lossy().into(), target.to_string_lossy().into());
            return Some((path.into(), link));
        }
    }
    None
}

/// Makes a symbolic link, over an older link in one rename; the folder is made where it is missing.
///
/// # Errors
/// Where something that is no link stands there, or the system refuses.
pub fn link(path: &Path, target: &Path) -> Result<(), HostError> {
    if look(path)? == LinkState::Other {
        return Err(in_the_way("link", path));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, error))?;
    let fresh = beside(path);
    // One left behind by a crash is ours alone: nothing else has its name.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &fresh, error));
        }
        _ => {}
    }
    std::os::unix::fs::symlink(target, &fresh).map_err(|error| failed("link", &fresh, error))?;
    fs::rename(&fresh, path).map_err(|error| failed("link", path, error))?;
    sync_folder(folder)
}

/// Removes a symbolic link; anything else is left and refused.
///
/// # Errors
/// Where no link stands there, or the system refuses.
pub fn unlink(path: &Path) -> Result<(), HostError> {
    if look(path)? == LinkState::Other {
        return Err(in_the_way("unlink", path));
    }
    fs::remove_file(path).map_err(|error| failed("unlink", path, error))?;
    sync_folder(path.parent().unwrap_or(Path::new("/")))
}

/// Says that something that is no link stands where one is to stand.
#[must_use]
pub fn in_the_way(doing: &'static str, path: &Path) -> HostError {
    failed(doing, path, io::Error::other("what stands there is no symbolic link"))
}

fn sync_folder(folder: &Path) -> Result<(), HostError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|error| failed("sync", folder, error))
}

/// A hidden name in the same folder, so that the rename stays in one file system; no server reads it,
/// since it begins with a dot.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.phoenix-new"))
}
