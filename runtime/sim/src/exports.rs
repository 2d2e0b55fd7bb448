//! The NFS server: what `exportfs` makes of `/etc/exports` and `/etc/exports.d`, and the live table.

use super::{
    links::Roots,
    state::{Export, Refusal, State, refuse},
};
use phoenix_graph::export::{ExportOptions, OptionError};
use phoenix_host::{
    observed::HeldExport,
    text::exports::{Line, entries, held},
};
use std::{collections::BTreeMap, path::Path};

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
                        if table.iter().any(|other| other.path == path && other.client == client) {
                            complaints.push(format!(
                                "exportfs: duplicated export entries:\nexportfs: \t{client}:{path}"
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

/// Finds the first option that `exportfs` does not know. Contradictions do not trouble it: the last word wins.
fn unknown(options: &str) -> Option<String> {
    let words = || options.split(',').filter(|word| !word.is_empty());
    match ExportOptions::from_words(words()) {
        Ok(_) | Err(OptionError::Contradiction { .. }) => None,
        Err(why) => Some(why.to_string()),
    }
}
