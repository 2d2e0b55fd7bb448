//! What is exported now, against what is to be: the live table, and what of it goes for a time.

use crate::{
    Inputs,
    draft::Draft,
    export::doing::{Entries, exported},
    order::{Milestone, Need},
};
use phoenix_graph::{
    DatasetName, Export, Graph, Key, Resource,
    export::{ExportOptions, is_host_name, reach::Exports},
};

/// Returns whether the desired graph exports anything.
pub fn any(inputs: &Inputs<'_>) -> bool {
    inputs.desired.resources().any(|resource| matches!(resource, Resource::Export(_)))
}

/// Lists the exports of a graph.
pub fn all(graph: &Graph) -> impl Iterator<Item = (Key, &Export)> {
    graph.resources().filter_map(|resource| match resource {
        Resource::Export(export) => Some((resource.key(), export)),
        _ => None,
    })
}

/// Lists the clients of all exports of a graph, by the paths.
pub fn clients(graph: &Graph) -> Exports<'_> {
    all(graph).map(|(_, export)| (&*export.path, &export.clients)).collect()
}

/// Returns whether what is exported is away for a time: moved, or unmounted.
pub fn is_interrupted(draft: &Draft<'_>, export: &Export) -> bool {
    draft.found.moves.aside(&export.dataset).is_some() || draft.found.mounting.goes(&export.dataset)
}

/// Lists the paths whose exports went while what they export is moved or unmounted, and where what is moved
/// stands aside.
pub fn coming_back(draft: &Draft<'_>) -> Vec<(Box<str>, Option<DatasetName>)> {
    let inputs = draft.inputs;
    let back = inputs.current.into_iter().flat_map(all).filter_map(|(key, export)| {
        let live = !exported(inputs.observed, &export.path).is_empty();
        let back = live && is_interrupted(draft, export) && inputs.desired.get(&key).is_some();
        back.then(|| (export.path.clone(), draft.found.moves.aside(&export.dataset).cloned()))
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

/// Tells the entries of a path as they are.
pub fn entries(inputs: &Inputs<'_>, path: &str) -> Entries {
    [(path.into(), exported(inputs.observed, path))].into()
}

/// Finds an export in the live table, with the client as the table names it. The table resolves host
/// names: such a client is whatever entry of the path no other client of the spec accounts for.
pub fn live<'a>(inputs: &Inputs<'a>, export: &Export, client: &str) -> Option<(&'a str, &'a ExportOptions)> {
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

/// Lists what has to be done so that everything exported is mounted, and what goes is out of the table.
pub fn needs(inputs: &Inputs<'_>) -> impl Iterator<Item = Need> {
    let stays = all(inputs.desired).map(|(key, _)| Need::Ground(key));
    let goes = inputs.current.into_iter().flat_map(all).map(|(key, _)| Milestone::Done(key).into());
    stays.chain(goes).chain([Need::AllFree])
}
