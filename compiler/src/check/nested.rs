//! File systems below an export that its clients see as empty directories: an export shows one file system, where it does
//! not say `crossmnt` and what is below has no export of its own to the client.

use super::{
    Checker, Shared,
    bind::{named, shown_empty},
    by_path::Mounts,
};
use crate::diagnostic::{Diagnostic, code, list};
use phoenix_graph::{
    Export, Resource,
    export::reach::{Exports, nearest},
};
use std::collections::BTreeMap;

impl Checker<'_, '_, '_> {
    /// Looks at what the clients of all exports see.
    pub(super) fn look_at_exports(&mut self, mounted: &Mounts<'_>) {
        let (shared, resources) = (std::mem::take(&mut self.shared), std::mem::take(&mut self.resources));
        let all = shared.iter().filter_map(|shared| match resources.get(shared.at)? {
            Resource::Export(export) => Some((shared, export)),
            _ => None,
        });
        let all: Vec<(&Shared<'_>, &Export)> = all.collect();
        let exports: Exports<'_> = all.iter().map(|(_, one)| (&*one.path, &one.clients)).collect();
        for (shared, export) in &all {
            for (names, clients) in empty(export, &exports, mounted) {
                let see = if clients.len() == 1 { "sees" } else { "see" };
                let clients = list(clients.iter().copied());
                let message = format!(
                    "{clients} {see} {names} as empty: the export of {} shows one file system",
                    export.path
                );
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
fn empty<'e>(
    export: &'e Export,
    exports: &Exports<'_>,
    mounted: &Mounts<'_>,
) -> BTreeMap<String, Vec<&'e str>> {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (client, _) in export.clients.iter().filter(|(_, options)| !options.contains("crossmnt")) {
        let empty = shown_empty((&export.path, ""), mounted, |path, _| {
            nearest(exports, path, client) != Some(&*export.path)
        });
        if let Some(names) = named(&empty) {
            found.entry(names).or_default().push(client);
        }
    }
    found
}
