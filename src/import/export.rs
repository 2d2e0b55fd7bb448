//! Exports. What another file exports stays that file's: an entry in two files is told by `exportfs` as a mistake,
//! so it is written as a comment that says how to move it here.

use super::{
    Scope,
    node::{Literal, Node, quoted},
    scope::mounted,
};
use crate::show::value::export_options;
use phoenix_graph::{DatasetName, Key, Resource, export::ExportOptions};
use phoenix_host::observed::{DatasetState, Observed};
use phoenix_plan::{EXPORTS_LINK, SHARENFS};
use std::collections::BTreeMap;

/// Describes what is exported of a file system: what phoenix exports as nodes, the rest as comments.
pub fn exports(
    seen: &Observed,
    scope: &Scope<'_>,
    name: &DatasetName,
    state: &DatasetState,
    node: &mut Node,
) {
    let Some(path) = mounted(state) else { return };
    let ours = scope.ours.and_then(|graph| graph.get(&Key::Export(path.into())));
    let ours = ours.and_then(|node| match &node.resource {
        Resource::Export(export) => Some(&export.clients),
        _ => None,
    });
    if let Some(clients) = ours {
        let mut export = Node::new("export");
        export.key = Some(Key::Export(path.into()));
        export.inside = clients.iter().map(|(client, options)| said(client, options)).collect();
        node.inside.push(export);
    }
    // By path and client: the file, where one holds the entry, and whether it is in force.
    let mut others: BTreeMap<(&str, &str), (Option<&str>, &ExportOptions, bool)> = BTreeMap::new();
    for ((path, client), options) in &seen.exports {
        others.insert((path, client), (None, options, true));
    }
    for held in &seen.held_exports {
        let entry = others.entry((&held.path, &held.client)).or_insert((None, &held.options, false));
        entry.0 = entry.0.or(Some(&held.file));
    }
    for ((at, client), (file, options, live)) in others {
        let inside = scope.holder(at) == Some(name);
        let known = at == path && ours.is_some_and(|clients| clients.contains_key(client));
        if !inside || known || file == Some(EXPORTS_LINK) {
            continue;
        }
        let who = match file {
            Some(SHARENFS) => "`sharenfs`",
            Some(file) => file,
            None => "hand",
        };
        let force = if live { "" } else { " (not in force now)" };
        let options = export_options(&options.iter().collect::<Vec<_>>().join(","));
        let what = format!("It is exported to {client} ({options}) by {who}{force}");
        if at != path {
            let what = what.replacen("It is", &format!("{at}, a folder in it, is"), 1);
            node.notes.push(format!("{what}. A spec exports whole datasets only, so that stays as it is."));
            continue;
        }
        let words = options.split(',').filter(|word| *word != "mountpoint");
        let words: String = words.map(|word| format!(" {}", quoted(word))).collect();
        node.notes.push(format!(
            "{what}, and stays so. To have phoenix export it, take that entry away and write here: export {{ client {}{words} }}",
            quoted(client)
        ));
    }
}

/// Writes a client with the options that `exports(5)` and phoenix do not assume anyway.
fn said(client: &str, options: &ExportOptions) -> Node {
    let options = export_options(&options.iter().collect::<Vec<_>>().join(","));
    let words = options.split(',').filter(|word| *word != "mountpoint").map(str::to_owned);
    let args = std::iter::once(client.to_owned()).chain(words).map(Literal::Text);
    Node { args: args.collect(), ..Node::new("client") }
}
