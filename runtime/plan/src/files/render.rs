//! What stands in the files that phoenix renders below `/etc`: a line for each resource that has one, and files that are
//! made of several.

use super::{
    head::HEAD,
    places::{EXPORTS, MODPROBE},
};
use crate::{export::line, snapshots::render as snapshots, tunable};
use phoenix_graph::{
    Export, Graph, Resource,
    check::{self, Fault, Reason},
    export::ExportOptions,
};
use phoenix_host::text::exports;
use std::collections::BTreeMap;

/// Renders the files of a graph, by name.
///
/// # Errors
/// Where a line would not say what its resource is, but something else to those who read the file.
pub fn rendered(graph: &Graph) -> Result<BTreeMap<Box<str>, String>, Fault> {
    let mut files = [(EXPORTS, String::from(HEAD)), (MODPROBE, String::from(HEAD))];
    for resource in graph.resources() {
        if let Some((name, line)) = line(resource)? {
            let file = files.iter_mut().find(|(known, _)| *known == name);
            file.into_iter().for_each(|(_, text)| text.push_str(&line));
        }
    }
    Ok(files.into_iter().chain(snapshots::files(graph)).map(|(name, text)| (name.into(), text)).collect())
}

/// Writes the line that a resource has in a rendered file, and the file's name.
pub fn line(resource: &Resource) -> Result<Option<(&'static str, String)>, Fault> {
    let (name, line) = match resource {
        Resource::Export(export) => (EXPORTS, line::line(export)),
        Resource::Tunable(tunable) => (MODPROBE, tunable::line(tunable)),
        _ => return Ok(None),
    };
    check::resource(resource)?;
    match resource {
        Resource::Export(export) if !reads_back(export, &line) => {
            Err(Fault { key: resource.key(), reason: Reason::ReadsOtherwise(line) })
        }
        _ => Ok(Some((name, line))),
    }
}

/// Returns whether who reads a line finds in it just what the export says: one entry that reads otherwise would take all
/// others with it, or share what nobody wants to.
fn reads_back(export: &Export, line: &str) -> bool {
    let entries = exports::entries(line);
    let found: Option<BTreeMap<Box<str>, ExportOptions>> = entries
        .iter()
        .map(|(_, entry)| match entry {
            exports::Line::Entry { path, client, options } if *path == export.path => {
                Some((client.clone(), ExportOptions::from_etab(options)))
            }
            _ => None,
        })
        .collect();
    entries.len() == export.clients.len() && found.as_ref() == Some(&export.clients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::DatasetName;
    use proptest::prelude::*;

    /// Words of options that go together, of all that say something.
    fn options() -> impl Strategy<Value = ExportOptions> {
        let one_of = |words: &'static [&'static str]| prop::sample::select(words);
        let words = (
            one_of(&["ro", "rw"]),
            one_of(&["sync", "async"]),
            one_of(&["root_squash", "no_root_squash", "all_squash"]),
            one_of(&["hide", "nohide", "crossmnt"]),
            one_of(&["sec=sys", "sec=krb5:krb5i", "sec=krb5p"]),
            one_of(&["anonuid=65534", "anonuid=1000", "anonuid=0"]),
            one_of(&[
                "insecure",
                "secure",
                "fsid=0",
                "fsid=12",
                "fsid=0f0e0d0c-0b0a-0908-0706-050403020100",
                "fsid=0F0E0D0C:0B0A0908:07060504:03020100",
                "no_subtree_check",
                "subtree_check",
                "no_acl",
            ]),
            one_of(&["wdelay", "no_wdelay", "pnfs", "insecure_locks", "mountpoint=/srv"]),
        );
        words.prop_filter_map("no options", |(a, b, c, d, e, f, g, h)| {
            ExportOptions::from_words([a, b, c, d, e, f, g, h]).ok()
        })
    }

    /// The same, with what is said of security flavours.
    fn by_flavour() -> impl Strategy<Value = ExportOptions> {
        let words = prop::sample::subsequence(&["ro", "root_squash", "all_squash", "insecure"][..], 0..3);
        let names = Just(vec!["sys", "krb5:krb5i", "krb5p"]).prop_shuffle();
        let said = (names, prop::collection::vec(words, 1..4));
        (options(), said).prop_map(|(options, (names, words))| {
            let common = options.common().filter(|word| !word.starts_with("sec="));
            ExportOptions::by_flavour(common, names.into_iter().zip(words).collect()).unwrap()
        })
    }

    const CLIENTS: &[&str] = &[
        "10.0.0.0/24",
        "10.0.0.7",
        "0.0.0.0/0",
        "fd00::/64",
        "2001:db8::7",
        "::/0",
        "@net",
        "@store.group-1_a",
        "*.lan",
        "web?.lan",
        "host",
        "*",
    ];

    proptest! {
        #[test]
        fn every_export_reads_back_as_it_is_written(
            path in "(/[a-zA-Z0-9 #\\\\\"()*'=.äß-]{1,9}){1,3}",
            clients in prop::collection::btree_map(
                prop::sample::select(CLIENTS).prop_map(Box::from),
                prop_oneof![options(), by_flavour()],
                1..4,
            ),
        ) {
            let export = Export { path: path.into(), dataset: DatasetName::new("tank/a").unwrap(), clients };
            let line = line::line(&export);
            prop_assert!(reads_back(&export, &line), "{line}");
            // Nothing can be taken from it, or added to it, unnoticed.
            let more = format!("{line}/etc *(rw)\n");
            let apart = line.replacen('(', " (", 1);
            prop_assert!(!reads_back(&export, &more) && !reads_back(&export, &apart));
        }
    }
}
