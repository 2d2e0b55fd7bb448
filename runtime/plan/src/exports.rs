//! Exports: what the live table lacks, has otherwise, or has too much.
//!
//! What goes is taken out of the rendered file first, so that its file system can be put away; what
//! comes is loaded with the new generation's file (rendered.rs), once everything is mounted.

use super::{
    Change, Inputs, Kind, Subject, code,
    draft::{Draft, Sketch},
    rendered,
};
use crate::{EXPORTS_LINK, inverse::exported};
use phoenix_graph::{
    DatasetName, Export, Graph, Key, Resource,
    export::{ExportOptions, is_host_name},
};
use phoenix_host::observed::{LinkState, mounts::plain};
use std::{collections::BTreeMap, path::Path};

/// The live entries of some paths: by path, clients as the table names them, and their options.
type Entries = BTreeMap<Box<str>, BTreeMap<Box<str>, ExportOptions>>;

/// Returns whether the desired graph exports anything.
pub fn any(inputs: &Inputs<'_>) -> bool {
    inputs.desired.resources().any(|resource| matches!(resource, Resource::Export(_)))
}

fn all(graph: &Graph) -> impl Iterator<Item = (Key, &Export)> {
    graph.resources().filter_map(|resource| match resource {
        Resource::Export(export) => Some((resource.key(), export)),
        _ => None,
    })
}

/// Plans the removal of what only the current generation exports. It is taken out of the file in force
/// and not of the live table alone: `zfs mount` and `zfs unmount` load the files again by themselves.
pub fn take_away(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let mut gone = Vec::new();
    let mut before = Entries::new();
    for (key, export) in inputs.current.into_iter().flat_map(all) {
        let kept = match inputs.desired.get(&key).map(|node| &node.resource) {
            Some(Resource::Export(kept)) => Some(kept),
            _ => None,
        };
        let mut changes = Vec::new();
        for client in export.clients.keys() {
            let still = kept.is_some_and(|kept| kept.clients.contains_key(client));
            let Some((_, live)) = live(inputs, export, client) else { continue };
            if still {
                // What is moved or unmounted goes for the time of that, and comes back with the new file.
                if is_interrupted(draft, export) {
                    before.extend(entries(inputs, &export.path));
                }
                continue;
            }
            let old = Some(live.iter().collect::<Vec<_>>().join(","));
            changes.push(Change { setting: format!("client {client}"), old, new: None });
        }
        if !changes.is_empty() {
            before.extend(entries(inputs, &export.path));
            // Clients that go while the export stays are told as an update of it.
            gone.push((key, changes, if kept.is_some() { Kind::Update } else { Kind::Remove }));
        }
    }
    if before.is_empty() {
        return;
    }
    let files = rendered::put_away(draft, before);
    draft.files_away = Some(files);
    for (key, changes, kind) in gone {
        let mut sketch = Sketch::new(kind);
        sketch.changes = changes;
        sketch.needs.push(files);
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Returns whether what is exported is away for a time: moved, or unmounted.
pub fn is_interrupted(draft: &Draft<'_>, export: &Export) -> bool {
    draft.aside(&export.dataset).is_some() || draft.mounting.goes(&export.dataset)
}

/// Plans what is exported anew or otherwise. The rendered files' action, which comes before, runs it.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let files = draft.actions().iter().rposition(|action| action.subject == Subject::Files);
    for (key, export) in all(inputs.desired) {
        let known = draft.is_known(&key);
        let mut changes = Vec::new();
        for (client, options) in &export.clients {
            let live = live(inputs, export, client).map(|(_, live)| live);
            if live == Some(options) {
                continue;
            }
            if let Some(live) = live
                && !known
                && !ours_in_force(inputs)
            {
                draft.refuse(
                    &key,
                    code::EXPORTED_BY_OTHERS, format!("it is exported to {client} already, not by phoenix ({})", live.iter().collect::<Vec<_>>().join(",")),
                    "take it out of /etc/exports, /etc/exports.d or `sharenfs` first: of two entries, exportfs takes the first",
                );
            }
            changes.push(Change {
                setting: format!("client {client}"),
                old: live.map(|live| live.iter().collect::<Vec<_>>().join(",")),
                new: Some(options.iter().collect::<Vec<_>>().join(",")),
            });
        }
        refuse_elsewhere(draft, &key, export);
        if changes.is_empty() {
            continue;
        }
        let mut sketch = Sketch::new(if known { Kind::Update } else { Kind::Create });
        sketch.changes = changes;
        sketch.needs.extend(files);
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Refuses an export whose file system belongs elsewhere, also after all that the plan sets: by a mount point that
/// the spec does not tell.
fn refuse_elsewhere(draft: &mut Draft<'_>, key: &Key, export: &Export) {
    let inputs = draft.inputs;
    if inputs.desired.dataset(&export.dataset).is_none()
        || !inputs.observed.datasets.contains_key(&export.dataset)
    {
        return;
    }
    let is = draft.mounting.place(&export.dataset);
    if is != Some(&*plain(&export.path)) {
        let (is, path) = (is.unwrap_or("no place").to_owned(), &export.path);
        draft.refuse(
            key,
            code::EXPORT_ELSEWHERE,
            format!(
                "{} is mounted at {is}, not at {path}, by a mount point that the spec does not say",
                export.dataset
            ),
            format!("write mountpoint={path} at the dataset, or set the parent's"),
        );
    }
}

/// Returns whether the live table comes from phoenix's own file, though no generation is current.
fn ours_in_force(inputs: &Inputs<'_>) -> bool {
    let target = &inputs.places.etc;
    matches!(
        inputs.observed.links.get(Path::new(EXPORTS_LINK)),
        Some(LinkState::Link(found)) if found.starts_with(target)
    )
}

/// Lists the paths whose exports went while what they export is moved or unmounted, and where what is moved
/// stands aside.
pub fn coming_back(draft: &Draft<'_>) -> Vec<(Box<str>, Option<DatasetName>)> {
    let inputs = draft.inputs;
    let back = inputs.current.into_iter().flat_map(all).filter_map(|(key, export)| {
        let live = !exported(inputs.observed, &export.path).is_empty();
        let back = live && is_interrupted(draft, export) && inputs.desired.get(&key).is_some();
        back.then(|| (export.path.clone(), draft.aside(&export.dataset).cloned()))
    });
    back.collect()
}

/// Lists the entries of the paths that loading the rendered file changes, as they are before.
pub fn reload(draft: &Draft<'_>) -> Entries {
    let inputs = draft.inputs;
    let mut before = Entries::new();
    for (_, export) in all(inputs.desired) {
        if export
            .clients
            .iter()
            .any(|(client, options)| live(inputs, export, client).map(|(_, live)| live) != Some(options))
        {
            before.extend(entries(inputs, &export.path));
        }
    }
    before
}

fn entries(inputs: &Inputs<'_>, path: &str) -> Entries {
    [(path.into(), exported(inputs.observed, path))].into()
}

/// Finds an export in the live table, with the client as the table names it. The table resolves host
/// names: such a client is whatever entry of the path no other client of the spec accounts for.
fn live<'a>(inputs: &Inputs<'a>, export: &Export, client: &str) -> Option<(&'a str, &'a ExportOptions)> {
    let from = (export.path.clone(), "".into());
    let of_path =
        || inputs.observed.exports.range(from.clone()..).take_while(|((path, _), _)| *path == export.path);
    let shown = |((_, name), options): (&'a (Box<str>, Box<str>), &'a ExportOptions)| (&**name, options);
    if let Some(found) = of_path().find(|((_, name), _)| &**name == client) {
        return Some(shown(found));
    }
    if !is_host_name(client) {
        return None;
    }
    let mut left = of_path().filter(|((_, name), _)| !export.clients.contains_key(name));
    let wanted = export.clients.get(client);
    left.clone().find(|(_, options)| Some(*options) == wanted).or_else(|| left.next()).map(shown)
}

/// Lists the actions after which everything exported is mounted, and what goes is out of the table.
pub fn datasets(draft: &Draft<'_>) -> Vec<usize> {
    let inputs = draft.inputs;
    let mut needs: Vec<usize> = all(inputs.desired)
        .filter_map(|(key, _)| inputs.desired.get(&key))
        .flat_map(|node| draft.waits(node))
        .collect();
    needs.extend(inputs.current.into_iter().flat_map(all).filter_map(|(key, _)| draft.action_of(&key)));
    needs.extend(draft.frees());
    needs
}
