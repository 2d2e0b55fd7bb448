//! File systems that only the host has, below what is exported: its clients see them as empty directories, where the
//! export does not say `crossmnt` and nobody exports them to all machines of the same client. What the spec has is the
//! compiler's.

use super::{
    live,
    others::{SHARENFS, canonical},
};
use crate::{code, draft::Draft, mount::path::path_of};
use phoenix_graph::{
    DatasetName, Key,
    export::reach::{Clients, seen_by},
    plain::some,
};
use phoenix_host::{area, observed::mount::plain};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// Warns of each export that shows something as empty.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    if live::clients(inputs.desired).is_empty() {
        return;
    }
    let given = given(draft);
    let exports = given.iter().map(|(path, clients)| (&**path, clients)).collect();
    let foreign = foreign(draft);
    let mut found: Vec<(Key, String)> = Vec::new();
    for (key, export) in live::all(inputs.desired) {
        let below = format!("{}/", export.path.trim_end_matches('/'));
        let inside: Vec<(&Box<str>, &&DatasetName)> = foreign
            .range::<str, _>((Bound::Included(&*below), Bound::Unbounded))
            .take_while(|(path, _)| path.starts_with(&*below))
            .collect();
        for (client, _) in export.clients.iter().filter(|(_, options)| !options.contains("crossmnt")) {
            let mut alike: BTreeMap<BTreeSet<&str>, BTreeSet<&DatasetName>> = BTreeMap::new();
            for (path, name) in &inside {
                if let Some(seen) = seen_by(&exports, &export.path, client, path) {
                    alike.entry(seen).or_default().insert(name);
                }
            }
            for (seen, names) in alike {
                let names: Vec<String> = names.into_iter().map(DatasetName::to_string).collect();
                let seen: Vec<String> = seen.into_iter().map(str::to_owned).collect();
                let but = if seen.is_empty() { String::new() } else { format!(" but for {}", some(&seen)) };
                let text = format!(
                    "{client}{but} sees {} as empty, which the spec does not name: the export of {} shows one file \
                     system; `crossmnt` shows what is below",
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

/// Lists to whom all is given that is exported, by whomever, by its path: by OpenZFS also where the spec has it share.
fn given(draft: &Draft<'_>) -> BTreeMap<Box<str>, Clients> {
    let inputs = draft.inputs;
    let mut given = draft.others.clients();
    for held in inputs.observed.held_exports.iter().filter(|held| &*held.file == SHARENFS) {
        let clients = given.entry(plain(&held.path).into()).or_default();
        clients.entry(canonical(&held.client).into()).or_insert_with(|| held.options.clone());
    }
    for (_, export) in live::all(inputs.desired) {
        given.entry(export.path.clone()).or_default().extend(export.clients.clone());
    }
    given
}
