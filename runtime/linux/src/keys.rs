//! Keys: which files they are to be in, and how a typed one reaches its command.

use super::run::Runner;
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    observed::{DatasetState, KeyFile, Query},
    op::Op,
    secret::Keys,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
};

/// Looks at the files that keys are asked for in, and at those of datasets whose keys are not loaded. What is
/// in a file is not read.
pub fn look(query: &Query, datasets: &BTreeMap<DatasetName, DatasetState>) -> BTreeMap<Box<str>, KeyFile> {
    let locked = datasets.values().filter(|state| state.is_locked());
    let own = locked.filter_map(|state| state.value("keylocation")?.strip_prefix("file://"));
    let paths: BTreeSet<&str> = query.key_files.iter().map(|path| &**path).chain(own).collect();
    paths.into_iter().map(|path| (path.into(), key_file(path))).collect()
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

/// Runs an operation; where its key was typed, it comes on standard input, with the end of the line. Without
/// it the input is empty, and `zfs` refuses by itself.
pub fn change(runner: &Runner, op: &Op, keys: &Keys) -> Result<(), HostError> {
    let argv = op.argv().unwrap_or_default();
    let asked = op.asked();
    match asked.as_ref().and_then(|asked| keys.get(&asked.dataset)) {
        Some(key) => runner.change_with(&argv, key),
        None => runner.change(&argv),
    }
}
