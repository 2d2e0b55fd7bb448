//! Reading files of the store: whatever stands in their place, nothing but a regular file is waited for.

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    path::Path,
};

/// Opens a file; no link is followed.
///
/// # Errors
/// Where it cannot be opened; [`ErrorKind::InvalidData`] where it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    let strange = || io::Error::new(ErrorKind::InvalidData, "it is no regular file");
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::LOOP) => return Err(strange()),
        opened => File::from(opened?),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(strange()) }
}

/// Reads a file.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file that is text.
///
/// # Errors
/// As [`open`]; [`ErrorKind::InvalidData`] where it is no text.
pub fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no text (UTF-8)"))
}
