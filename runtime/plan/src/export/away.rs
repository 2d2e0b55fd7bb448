//! What goes from the exports, for good or for a time, before its file system does.

use crate::{
    Change, Kind, Subject,
    draft::Draft,
    export::{
        doing::{self, Entries},
        live,
    },
    files::{doing as files, head::HEAD, places::EXPORTS, render},
    order::Milestone,
    sketch::Sketch,
};
use phoenix_graph::{Graph, Resource};
use std::collections::BTreeMap;

/// Plans the removal of what only the current generation exports. It is taken out of the file in force
/// and not of the live table alone: `zfs mount` and `zfs unmount` load the files again by themselves.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let mut gone = Vec::new();
    let mut before = Entries::new();
    for (key, export) in inputs.current.into_iter().flat_map(live::all) {
        let kept = match inputs.desired.get(&key).map(|node| &node.resource) {
            Some(Resource::Export(kept)) => Some(kept),
            _ => None,
        };
        let mut changes = Vec::new();
        for client in export.clients.keys() {
            let still = kept.is_some_and(|kept| kept.clients.contains_key(client));
            let Some((_, live)) = live::live(inputs, export, client) else { continue };
            if still {
                // What is moved or unmounted goes for the time of that, and comes back with the new file.
                if live::is_interrupted(draft, export) {
                    before.extend(live::entries(inputs, &export.path));
                }
                continue;
            }
            let old = Some(live.iter().collect::<Vec<_>>().join(","));
            changes.push(Change { setting: format!("client {client}"), old, new: None });
        }
        if !changes.is_empty() {
            before.extend(live::entries(inputs, &export.path));
            // Clients that go while the export stays are told as an update of it.
            gone.push((key, changes, if kept.is_some() { Kind::Update } else { Kind::Remove }));
        }
    }
    if before.is_empty() {
        return;
    }
    put_away(draft, before);
    for (key, changes, kind) in gone {
        let mut sketch = Sketch::new(kind);
        sketch.changes = changes;
        sketch.after(Milestone::Files);
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Renders the files that are in force while something is put away: those in force before, without the
/// exports that only the current generation has, and without those of what is moved or unmounted meanwhile.
fn between(draft: &Draft<'_>) -> BTreeMap<Box<str>, String> {
    let inputs = draft.inputs;
    let mut files = inputs.in_force.clone();
    let mut exported = String::from(HEAD);
    let current = inputs.current.into_iter().flat_map(Graph::resources);
    for resource in current {
        let (Resource::Export(export), Some(node)) = (resource, inputs.desired.get(&resource.key())) else {
            continue;
        };
        let Resource::Export(kept) = &node.resource else { continue };
        if live::is_interrupted(draft, export) {
            continue;
        }
        let mut export = export.clone();
        export.clients.retain(|client, _| kept.clients.contains_key(client));
        // What cannot be written as a line is exported to nobody meanwhile.
        if let Ok(Some((_, line))) = render::line(&Resource::Export(export)) {
            exported.push_str(&line);
        }
    }
    files.insert(EXPORTS.into(), exported);
    files
}

/// Plans the files that are in force while something is put away.
fn put_away(draft: &mut Draft<'_>, before: Entries) {
    let inputs = draft.inputs;
    draft.found.between = Some(between(draft));
    let mut sketch = Sketch::new(Kind::Update);
    sketch.run(files::point(inputs, &inputs.places.between));
    sketch.run(doing::reload(before));
    draft.push(Subject::Files, sketch);
}
