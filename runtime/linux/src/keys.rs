//! Keys of encrypted datasets: which files they are to be in.

use crate::look::Look;
use phoenix_host::{
    HostError,
    observed::{KeyFile, Observed},
};
use std::{collections::BTreeSet, fs, io};

/// Looks at the files that keys are asked for in, and at those of datasets whose keys are not loaded. What is
/// in a file is not read.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let locked = seen.datasets.values().filter(|state| state.is_locked());
    let own = locked.filter_map(|state| state.value("keylocation")?.strip_prefix("file://"));
    let paths: BTreeSet<&str> = look.query.key_files.iter().map(|path| &**path).chain(own).collect();
    seen.key_files = paths.into_iter().map(|path| (path.into(), key_file(path))).collect();
    Ok(())
}

fn key_file(path: &str) -> KeyFile {
    // Opening a pipe would wait for who writes into it.
    let found = fs::metadata(path).and_then(|data| match data.is_file() {
        true => fs::File::open(path).map(|_| data.len()),
        false => Err(io::Error::other("it is no file")),
    });
    match found {
        Ok(bytes) => KeyFile::Bytes(bytes),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            KeyFile::Missing
        }
        Err(error) => KeyFile::Unreadable(error.to_string()),
    }
}
