//! Files of the user's own that hold secrets: root's alone, read when they are needed, and never shown.

use phoenix_host::{HostError, error::failed, secret::Secret, text::kept_secret};
use rustix::fs::OFlags;
use std::{
    borrow::Cow,
    fs::OpenOptions,
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};
use zeroize::Zeroizing;

/// The most that a secret has, in bytes.
const LARGEST: u64 = 64 << 10;

/// Reads a file as a secret.
///
/// # Errors
/// Why it cannot be used, in words for people that tell nothing of it.
pub fn read(path: &Path, secret: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let bytes = contents(path).map_err(|error| error.to_string())?;
    let read = kept_secret::read(secret, &bytes).map_err(Cow::into_owned)?;
    Ok(Zeroizing::new(read.to_vec()))
}

/// Reads a password.
pub fn password(path: &Path) -> Result<Secret, HostError> {
    read(path, kept_secret::PASSWORD)
        .map(Secret::new)
        .map_err(|reason| failed("use the password in", path, io::Error::other(reason)))
}

fn contents(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Opening a pipe would wait for who writes into it.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if data.mode() & 0o077 != 0 {
        return Err(io::Error::other("others than its owner may read it: `chmod 600` it"));
    }
    if data.uid() != 0 && data.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it is somebody else's: `chown root` it"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 64 KiB"));
    }
    Ok(bytes)
}
