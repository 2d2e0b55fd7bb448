//! The NFS server: what `exportfs` makes of `/etc/exports` and `/etc/exports.d`, and the live table.

use crate::{
    given::{Given, Roots},
    image::HostImage,
    state::{Export, Mount, Refusal, State, refuse},
};
use phoenix_graph::export::{ExportOptions, OptionError};
use phoenix_host::{
    HostError,
    observed::{HeldExport, Observed, Query},
    op::Op,
    text::exports::{Line, entries, held},
};
use std::{collections::BTreeMap, path::Path};

/// Looks at the live table, and at the files that it is loaded from.
pub fn look(state: &State, roots: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    if query.exports || query.foreign {
        seen.exports = state.live_exports();
        seen.held_exports = state.held_exports(roots);
    }
    Ok(())
}

/// Changes the live table.
pub fn perform(state: &mut State, given: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let done = match op {
        Op::Unexport { path, client } => state.unexport(path, client),
        Op::ExportsReload => state.exports_reload(given.roots),
        _ => return None,
    };
    Some(done.map_err(|refusal| refusal.of(op)))
}

/// OpenZFS runs `exportfs -ra` whenever it mounts or unmounts, or tries to, and so undoes `exportfs -u`. It keeps quiet
/// about what that says. `before` is what was mounted before the operation, which was `done` or not.
pub fn follow(state: &mut State, roots: &Roots, op: &Op, before: &[Mount], done: bool) {
    let runs = match op {
        Op::Unmount { .. } => false,
        // `zfs mount -a` does so also where all is mounted.
        Op::PoolCreate { .. } | Op::PoolImport { .. } | Op::PoolExport { .. } | Op::MountAll { .. } => true,
        Op::DatasetMount { dataset } if !done => state.dataset(dataset).is_some(),
        Op::DatasetUnmount { dataset } if !done => state.mounted_at(dataset).is_some(),
        _ => state.mounts != before,
    };
    if runs {
        let _ = state.exports_reload(roots);
    }
}

/// Adds the live table to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    let entry = |export: &Export| (export.path.clone(), export.client.clone(), export.options.clone());
    image.exports = state.exports.iter().map(entry).collect();
}

/// The server starts with whatever the files give; what it complains of is in its log.
pub fn boot(state: &mut State, roots: &Roots) {
    state.exports.clear();
    let _ = state.exports_reload(roots);
}

impl State {
    /// `exportfs -ra`: neither atomic nor forgiving. The live table is made anew, whatever is complained of.
    pub fn exports_reload(&mut self, roots: &Roots) -> Result<(), Refusal> {
        let mut complaints = Vec::new();
        let mut table: Vec<Export> = Vec::new();
        for (name, text) in self.export_files(roots) {
            for (number, line) in entries(&text) {
                match line {
                    Line::Entry { path, client, options } => {
                        if let Some(why) = unknown(&options) {
                            // One unknown option drops this entry and every later one of the same file.
                            complaints.push(format!("exportfs: {name}:{number}: {why}"));
                            break;
                        }
                        let is_same = |other: &&Export| other.path == path && other.client == client;
                        if let Some(other) = table.iter().find(is_same) {
                            let read = |options: &str| ExportOptions::from_words(options.split(',')).ok();
                            let how =
                                if read(&other.options) == read(&options) { "" } else { "incompatible " };
                            complaints.push(format!(
                                "exportfs: {how}duplicated export entries:\nexportfs: \t{client}:{path}"
                            ));
                            continue;
                        }
                        if !self.folder_exists(&path) {
                            complaints
                                .push(format!("exportfs: Failed to stat {path}: No such file or directory"));
                        }
                        table.push(Export { path, client, options });
                    }
                    Line::Bad(why) => {
                        complaints.push(format!("exportfs: {name}:{number}: {why}"));
                        break;
                    }
                }
            }
        }
        self.exports = table;
        if complaints.is_empty() { Ok(()) } else { refuse(1, complaints.join("\n")) }
    }

    /// `exportfs -u`: until the next reload.
    pub fn unexport(&mut self, path: &str, client: &str) -> Result<(), Refusal> {
        let before = self.exports.len();
        self.exports.retain(|export| &*export.path != path || &*export.client != client);
        if self.exports.len() < before {
            Ok(())
        } else {
            refuse(1, format!("exportfs: Could not find '{client}:{path}' to unexport."))
        }
    }

    /// Tells the live table, every option explicit.
    pub fn live_exports(&self) -> BTreeMap<(Box<str>, Box<str>), ExportOptions> {
        self.exports
            .iter()
            .map(|export| {
                let options = ExportOptions::from_etab(&export.options);
                ((export.path.clone(), export.client.clone()), options)
            })
            .collect()
    }

    /// Tells the entries of all files that exports are read from.
    pub fn held_exports(&self, roots: &Roots) -> Vec<HeldExport> {
        let files = self.export_files(roots);
        held(files.iter().map(|(file, text)| (file.as_str(), text.as_str())))
    }

    /// Reads `/etc/exports` and then `/etc/exports.d/*.exports` in order of their names.
    fn export_files(&self, roots: &Roots) -> Vec<(String, String)> {
        let folder = Path::new("/etc/exports.d");
        let mut paths: Vec<&Path> = self
            .files
            .keys()
            .chain(self.links.keys())
            .map(AsRef::as_ref)
            .filter(|path: &&Path| {
                path.parent() == Some(folder) && path.extension().is_some_and(|e| e == "exports")
            })
            .filter(|path| !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")))
            .collect();
        paths.sort();
        paths.dedup();
        std::iter::once(Path::new("/etc/exports"))
            .chain(paths)
            .filter_map(|path| Some((path.display().to_string(), self.read_text(roots, path)?)))
            .collect()
    }
}

/// Finds the first option that `exportfs` does not know. Contradictions do not trouble it: the last word wins, and behind
/// `sec=` it holds for those flavours.
fn unknown(options: &str) -> Option<String> {
    let mut words = options.split(',').filter(|word| !word.is_empty());
    words.find_map(|word| match ExportOptions::from_words([word]).err()? {
        OptionError::Unknown(_) | OptionError::MountOption { .. } => {
            Some(format!("unknown keyword \"{word}\""))
        }
        why => Some(why.to_string()),
    })
}
