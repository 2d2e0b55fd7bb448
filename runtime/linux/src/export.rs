//! What the NFS server exports: the live table, and the files that it is loaded from.

use crate::{LinuxPaths, look::Look, reach::Reach};
use phoenix_graph::export::ExportOptions;
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Observed, Query},
    text,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Says where the tool is missing that what is asked for would need.
pub fn ready(reach: &Reach, query: &Query) -> Result<(), HostError> {
    if query.exports { reach.runner.tool("exportfs").map(drop) } else { Ok(()) }
}

/// Looks at the live table, and at the files that it is loaded from.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let (query, paths) = (look.query, &look.reach.paths);
    if query.exports || query.foreign {
        let text = read_or_empty(&paths.etab)?;
        seen.exports = text::exports::table(&text)
            .map(|(path, client, options)| ((path, client), ExportOptions::from_etab(&options)))
            .collect();
        held(paths, seen)?;
    }
    Ok(())
}

/// Reads what `/etc/exports` and `/etc/exports.d/*.exports` hold (`exports(5)`).
fn held(paths: &LinuxPaths, seen: &mut Observed) -> Result<(), HostError> {
    let folder = paths.etc.join("exports.d");
    let mut files = match fs::read_dir(&folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed("read", &folder, error)),
    };
    files.retain(|path| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !hidden && path.extension().is_some_and(|end| end == "exports")
    });
    files.sort();
    files.insert(0, paths.etc.join("exports"));
    for path in files {
        // By the name that it has on the host, wherever that is looked at.
        let name = path.strip_prefix(&paths.etc).unwrap_or(&path);
        let file = Path::new("/etc").join(name).display().to_string();
        match read_or_empty(&path) {
            Ok(text) => seen.held_exports.extend(text::exports::held([(&*file, &*text)])),
            // What others than root may not see is unknown to them, and holds nothing else up.
            Err(error) => _ = seen.unread_exports.insert(file.into(), error.to_string()),
        }
    }
    Ok(())
}

fn read_or_empty(path: &PathBuf) -> Result<String, HostError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed("read", path, error)),
    }
}
