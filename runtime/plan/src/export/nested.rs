//! File systems that only the host has, below what is exported: its clients see them as empty directories, where the
//! export does not say `crossmnt` and nobody exports them to the same client. What the spec has is the compiler's.

use super::live;
use crate::{code, draft::Draft, mount::path::path_of};
use phoenix_graph::{
    DatasetName, Key,
    export::{
        overlap::{Overlap, overlap},
        reach::nearest,
    },
    plain::some,
};
use phoenix_host::{area, observed::mount::is_at_or_below};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// Warns of each export that shows something as empty.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let exports = live::clients(inputs.desired);
    if exports.is_empty() {
        return;
    }
    let foreign = foreign(draft);
    let mut found: Vec<(Key, String)> = Vec::new();
    for (key, export) in live::all(inputs.desired) {
        let below = format!("{}/", export.path.trim_end_matches('/'));
        let inside: Vec<(&Box<str>, &&DatasetName)> = foreign
            .range::<str, _>((Bound::Included(&*below), Bound::Unbounded))
            .take_while(|(path, _)| path.starts_with(&*below))
            .collect();
        for (client, _) in export.clients.iter().filter(|(_, options)| !options.contains("crossmnt")) {
            let is_empty = |path: &str| {
                nearest(&exports, path, client) == Some(&*export.path)
                    && !is_given(draft, path, &export.path, client)
            };
            let empty = inside.iter().filter(|(path, _)| is_empty(path));
            let names: BTreeSet<&DatasetName> = empty.map(|(_, name)| **name).collect();
            let names: Vec<String> = names.into_iter().map(DatasetName::to_string).collect();
            if !names.is_empty() {
                let text = format!(
                    "{client} sees {} as empty, which the spec does not name: the export of {} shows one file system; \
                     `crossmnt` shows what is below",
                    some(&names),
                    export.path
                );
                found.push((key.clone(), text));
            }
        }
    }
    found.into_iter().for_each(|(key, text)| draft.warn(&key, code::EXPORT_HIDES, text));
}

/// Lists what is mounted, stays so, and is not in the spec, by where it is.
fn foreign<'a>(draft: &Draft<'a>) -> BTreeMap<Box<str>, &'a DatasetName> {
    let inputs = draft.inputs;
    let stays = inputs.observed.datasets.iter().filter(|(name, state)| {
        let after = draft.found.moves.after(name);
        state.mounted
            && !area::is_inside(name)
            && inputs.desired.dataset(&after).is_none()
            && !draft.found.mounting.goes(name)
    });
    stays.filter_map(|(name, state)| Some((path_of(state)?, name))).collect()
}

/// Returns whether others export a path to a client, or what it lies in below an export.
fn is_given(draft: &Draft<'_>, path: &str, export: &str, client: &str) -> bool {
    draft.others.all().any(|other| {
        other.path.len() > export.len()
            && is_at_or_below(path, &other.path)
            && overlap(client, &other.canonical()) != Overlap::Never
    })
}
