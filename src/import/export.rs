//! Exports. What another file exports stays that file's: an entry in two files is told by `exportfs` as a mistake,
//! so it is written as a comment that says how to move it here.

use super::{
    Scope,
    node::{Literal, Node, quoted},
    scope::mounted,
};
use crate::show::value::said_options;
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
        let said = said_options(options).join(",");
        let what = format!("It is exported to {client} ({said}) by {who}{force}");
        if at != path {
            let what = what.replacen("It is", &format!("{at}, a folder in it, is"), 1);
            node.notes.push(format!("{what}. A spec exports whole datasets only, so that stays as it is."));
            continue;
        }
        let args = |words: Vec<&str>| words.into_iter().map(|word| format!(" {}", quoted(word))).collect();
        let words: String = args(words(options));
        let flavours = options.differing().into_iter().map(|(flavours, words)| {
            let words: String = args(words);
            format!("sec {}{words}", quoted(flavours))
        });
        let flavours: Vec<String> = flavours.collect();
        let flavours =
            if flavours.is_empty() { String::new() } else { format!(" {{ {} }}", flavours.join("; ")) };
        node.notes.push(format!(
            "{what}, and stays so. To have phoenix export it, take that entry away and write here: export {{ client {}{words}{flavours} }}",
            quoted(client)
        ));
    }
}

/// Writes a client with the options that `exports(5)` and phoenix do not assume anyway.
fn said(client: &str, options: &ExportOptions) -> Node {
    let node = |word, name: &str, words: Vec<&str>| {
        let args = std::iter::once(name).chain(words).map(|text| Literal::Text(text.to_owned()));
        Node { args: args.collect(), ..Node::new(word) }
    };
    let flavours = options.differing().into_iter().map(|(flavours, words)| node("sec", flavours, words));
    Node { inside: flavours.collect(), ..node("client", client, words(options)) }
}

/// Lists the words that hold for all security flavours.
fn words(options: &ExportOptions) -> Vec<&str> {
    let common: Vec<&str> = options.common().collect();
    said_options(options).into_iter().filter(|word| *word != "mountpoint" && common.contains(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_by_flavour_is_written_as_nodes_of_the_client() {
        let options = ExportOptions::from_etab("ro,async,mountpoint,sec=krb5:krb5p,rw,sec=sys,ro,all_squash");
        let node = said("10.0.0.0/24", &options);
        let text = |node: &Node| -> Vec<String> {
            node.args
                .iter()
                .map(|arg| if let Literal::Text(text) = arg { text.clone() } else { String::new() })
                .collect()
        };
        assert_eq!(text(&node), ["10.0.0.0/24", "async"]);
        let inside: Vec<_> = node.inside.iter().map(|node| (node.word, text(node))).collect();
        assert_eq!(
            inside,
            [
                ("sec", vec!["krb5:krb5p".to_owned(), "rw".to_owned(), "no_all_squash".to_owned()]),
                ("sec", vec!["sys".to_owned(), "ro".to_owned(), "all_squash".to_owned()]),
            ]
        );
    }
}
