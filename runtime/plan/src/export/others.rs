//! What others than phoenix export: by `/etc/exports`, a file in `/etc/exports.d`, `sharenfs`, or by hand. It stays theirs.

use crate::{EXPORTS_LINK, Inputs, export::live};
use phoenix_graph::{
    Graph, Resource,
    export::{ExportOptions, canonical_client},
    mounts::mounts,
};
use phoenix_host::observed::mount::plain;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Where OpenZFS writes what `sharenfs` says.
const SHARENFS: &str = "/etc/exports.d/zfs.exports";

/// An entry that somebody else made.
pub struct Other<'a> {
    /// The path, without a slash at its end.
    pub path: String,
    pub client: &'a str,
    /// How, where it is told.
    pub options: &'a ExportOptions,
    by: By<'a>,
}

/// Who made it.
enum By<'a> {
    File(&'a str, usize),
    Sharenfs,
    Hand,
}

impl Other<'_> {
    /// Returns whether `exportfs` takes its client and another one for the same.
    pub fn is_to(&self, client: &str) -> bool {
        let same = |client: &str| canonical_client(client).unwrap_or_else(|_| client.to_lowercase());
        same(self.client) == same(client)
    }

    /// Says how it is taken away.
    pub fn way_out(&self) -> &'static str {
        match self.by {
            By::Sharenfs => {
                "`zfs inherit sharenfs` on the dataset that has it, or `sharenfs=off`, in a switch before or by hand"
            }
            By::File(..) => {
                "take it out of there first, then `exportfs -ra`: of two entries for one client, exportfs takes the first"
            }
            By::Hand => "`exportfs -u CLIENT:PATH` first",
        }
    }

    /// Returns whether OpenZFS itself keeps it: it follows the dataset.
    pub fn follows(&self) -> bool {
        matches!(self.by, By::Sharenfs)
    }
}

impl fmt::Display for Other<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} by ", self.path, self.client)?;
        match self.by {
            By::File(file, line) => write!(f, "{file}, line {line}"),
            By::Sharenfs => f.write_str("`sharenfs`"),
            By::Hand => f.write_str("hand (`exportfs -o`)"),
        }
    }
}

/// Lists what others export, in force or only in a file. What `exportfs` was told by hand is in no file; where a graph
/// exports the path, too, nobody can tell the one from the other.
pub fn others<'a>(inputs: &Inputs<'a>) -> Vec<Other<'a>> {
    let seen = inputs.observed;
    let by = |file, line| if file == SHARENFS { By::Sharenfs } else { By::File(file, line) };
    let files = seen.held_exports.iter().filter(|held| &*held.file != EXPORTS_LINK);
    let files = files.map(move |held| Other {
        path: plain(&held.path),
        client: &held.client,
        options: &held.options,
        by: by(&held.file, held.line),
    });
    // What a spec has OpenZFS share is phoenix's own.
    let ours = inputs.current.map(shared).unwrap_or_default();
    let files =
        files.filter(move |other| !other.follows() || !ours.iter().any(|top| at_or_below(&other.path, top)));
    let said = [Some(inputs.desired), inputs.current].into_iter().flatten().flat_map(live::all);
    let mut known: BTreeSet<String> = said.map(|(_, export)| plain(&export.path)).collect();
    known.extend(seen.held_exports.iter().map(|held| plain(&held.path)));
    let hand = seen.exports.iter().map(|((path, client), options)| (plain(path), client, options));
    let hand = hand.filter(|(path, ..)| !known.contains(path));
    files.chain(hand.map(|(path, client, options)| Other { path, client, options, by: By::Hand })).collect()
}

/// Sorts what others export by its path.
pub fn by_path<'a>(inputs: &Inputs<'a>) -> BTreeMap<String, Vec<Other<'a>>> {
    let mut found: BTreeMap<String, Vec<Other<'a>>> = BTreeMap::new();
    for other in others(inputs) {
        found.entry(other.path.clone()).or_default().push(other);
    }
    found
}

/// Lists where a graph has OpenZFS share file systems, with all below.
pub fn shared(graph: &Graph) -> Vec<Box<str>> {
    let mounts = mounts(graph.resources());
    let says = |resource: &&Resource| {
        resource
            .settings()
            .is_some_and(|settings| settings.iter().any(|(name, _)| name.as_str() == "sharenfs"))
    };
    let names = graph.resources().filter(says).filter_map(Resource::dataset_name);
    names.filter_map(|name| mounts.get(name)?.path.clone()).collect()
}

/// Returns whether a path is another one, or lies below it.
pub fn at_or_below(path: &str, top: &str) -> bool {
    let (path, top) = (path.trim_end_matches('/'), top.trim_end_matches('/'));
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
