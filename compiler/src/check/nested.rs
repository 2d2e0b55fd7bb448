//! File systems below an export that its clients see as empty directories: an export shows one file system, where it does
//! not say `crossmnt` and what is below has no export of its own to all machines of the client, and is not shared by OpenZFS.

use super::{
    Checker, Shared,
    bind::{named, shown_empty},
    by_path::Mounts,
};
use crate::diagnostic::{Diagnostic, code, joined, list};
use phoenix_graph::{
    DatasetName, Export, Resource,
    export::reach::{Exports, seen_by},
    mounts::Mount,
    shared::shared,
};
use std::collections::{BTreeMap, BTreeSet};

impl Checker<'_, '_, '_> {
    /// Looks at what the clients of all exports see.
    pub(super) fn look_at_exports(&mut self, mounts: &BTreeMap<DatasetName, Mount>, mounted: &Mounts<'_>) {
        let (said, resources) = (std::mem::take(&mut self.shared), std::mem::take(&mut self.resources));
        let all = said.iter().filter_map(|shared| match resources.get(shared.at)? {
            Resource::Export(export) => Some((shared, export)),
            _ => None,
        });
        let all: Vec<(&Shared<'_>, &Export)> = all.collect();
        let by_openzfs = if all.is_empty() { BTreeMap::new() } else { shared(&resources, mounts) };
        let mut exports: Exports<'_> = by_openzfs.iter().map(|(path, clients)| (&**path, clients)).collect();
        exports.extend(all.iter().map(|(_, one)| (&*one.path, &one.clients)));
        for (shared, export) in &all {
            let empty = empty(export, &exports, mounted).into_iter().map(|(names, clients)| {
                let see = if clients.len() == 1 { "sees" } else { "see" };
                format!("{} {see} {names} as empty", joined(&clients))
            });
            let empty: Vec<String> = empty.collect();
            if !empty.is_empty() {
                let message =
                    format!("{}: the export of {} shows one file system", empty.join("; "), export.path);
                let diagnostic = Diagnostic::new(code::EXPORT_SHOWS_EMPTY, message)
                    .at(shared.place, format!("`{}` alone", export.dataset))
                    .help(
                        "`crossmnt` in the export shows what is below; or give each an `export` of its own",
                    );
                let diagnostic = self.vias.label(diagnostic, shared.via);
                if !shared.allow.contains(&diagnostic.code.name) {
                    self.sink.push(diagnostic);
                }
            }
        }
        self.resources = resources;
    }
}

/// Lists what clients see as empty, by the names of it.
fn empty(export: &Export, exports: &Exports<'_>, mounted: &Mounts<'_>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (top, below) =
        (export.path.trim_end_matches('/'), shown_empty((&export.path, ""), mounted, |_, _| false));
    for (client, _) in export.clients.iter().filter(|(_, options)| !options.contains("crossmnt")) {
        let mut alike: BTreeMap<BTreeSet<&str>, Vec<(&DatasetName, String)>> = BTreeMap::new();
        for (name, at) in &below {
            if let Some(seen) = seen_by(exports, &export.path, client, &format!("{top}{at}")) {
                alike.entry(seen).or_default().push((name, at.clone()));
            }
        }
        for (seen, empty) in alike {
            let but = if seen.is_empty() { String::new() } else { format!(" but for {}", list(seen)) };
            let Some(names) = named(&empty) else { continue };
            found.entry(names).or_default().push(format!("`{client}`{but}"));
        }
    }
    found
}
