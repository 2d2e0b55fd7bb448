//! What the NFS server exports: the live table, and the files that it is loaded from.

use crate::{LinuxPaths, look::Look, reach::Reach};
use phoenix_graph::export::ExportOptions;
use phoenix_host::{
    HostError,
    error::failed,
    observed::{HeldExport, Observed, Query},
    text,
};
use std::{fs, io, path::PathBuf};

/// Says where the tool is missing that what is asked for would need.
pub fn ready(reach: &Reach, query: &Query) -> Result<(), HostError> {
    if query.exports { reach.runner.tool("exportfs").map(drop) } else { Ok(()) }
}

/// Looks at the live table; where everything is asked for, at the files, too.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let (query, paths) = (look.query, &look.reach.paths);
    if query.exports || query.foreign {
        let text = read_or_empty(&paths.etab)?;
        seen.exports = text::exports::table(&text)
            .map(|(path, client, options)| ((path, client), ExportOptions::from_etab(&options)))
            .collect();
    }
    if query.everything {
        seen.held_exports = held(paths)?;
    }
    Ok(())
}

/// Reads what `/etc/exports` and `/etc/exports.d/*.exports` hold (`exports(5)`).
fn held(paths: &LinuxPaths) -> Result<Vec<HeldExport>, HostError> {
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
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|path| Ok((path.display().to_string(), read_or_empty(path)?)))
        .collect::<Result<_, HostError>>()?;
    Ok(text::exports::held(texts.iter().map(|(file, text)| (file.as_str(), text.as_str()))))
}

fn read_or_empty(path: &PathBuf) -> Result<String, HostError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(failed("read", path, error)),
    }
}
