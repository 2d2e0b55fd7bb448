//! What others than phoenix export: by `/etc/exports`, a file in `/etc/exports.d`, `sharenfs`, or by hand. It stays theirs.

use super::line::EXPORTS_LINK;
use crate::Inputs;
use phoenix_graph::{
    Graph, Resource, Settings,
    export::{ExportOptions, canonical_client, reach::Clients},
    mounts::mounts,
};
use phoenix_host::observed::mount::{is_at_or_below, plain};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Where OpenZFS writes what `sharenfs` says.
pub const SHARENFS: &str = "/etc/exports.d/zfs.exports";

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
        self.canonical() == canonical(client)
    }

    /// Returns the client in its one spelling.
    pub fn canonical(&self) -> String {
        canonical(self.client)
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

/// Spells a client in its one way; one that is none as `exportfs` compares it.
pub fn canonical(client: &str) -> String {
    canonical_client(client).unwrap_or_else(|_| client.to_lowercase())
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

/// All that others export, in force or only in a file.
pub struct Others<'a> {
    /// By the path.
    by_path: BTreeMap<String, Vec<Other<'a>>>,
    /// Where the current generation has OpenZFS share, with all below: that is phoenix's own.
    shared: Vec<Box<str>>,
}

impl<'a> Others<'a> {
    /// Finds it. What `exportfs` was told by hand is in no file; where a graph exports the path, too, nobody can tell the one
    /// from the other.
    pub fn new(inputs: &Inputs<'a>) -> Self {
        let seen = inputs.observed;
        let mut found =
            Self { by_path: BTreeMap::new(), shared: inputs.current.map(shared).unwrap_or_default() };
        for held in seen.held_exports.iter().filter(|held| &*held.file != EXPORTS_LINK) {
            let by = if &*held.file == SHARENFS { By::Sharenfs } else { By::File(&held.file, held.line) };
            let other = Other { path: plain(&held.path), client: &held.client, options: &held.options, by };
            if !(other.follows() && found.is_shared(&other.path)) {
                found.add(other);
            }
        }
        let said = [Some(inputs.desired), inputs.current].into_iter().flatten().flat_map(Graph::resources);
        let said = said.filter_map(|resource| match resource {
            Resource::Export(export) => Some(&export.path),
            _ => None,
        });
        let known: BTreeSet<String> =
            said.chain(seen.held_exports.iter().map(|held| &held.path)).map(|path| plain(path)).collect();
        for ((path, client), options) in &seen.exports {
            let path = plain(path);
            if !known.contains(&path) {
                found.add(Other { path, client, options, by: By::Hand });
            }
        }
        found
    }

    fn add(&mut self, other: Other<'a>) {
        self.by_path.entry(other.path.clone()).or_default().push(other);
    }

    /// Lists what they export of a path.
    pub fn of(&self, path: &str) -> &[Other<'a>] {
        self.by_path.get(&plain(path)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Lists all.
    pub fn all(&self) -> impl Iterator<Item = &Other<'a>> {
        self.by_path.values().flatten()
    }

    /// Lists to whom they give what, by its path.
    pub fn clients(&self) -> BTreeMap<Box<str>, Clients> {
        let mut found: BTreeMap<Box<str>, Clients> = BTreeMap::new();
        for other in self.all() {
            let clients = found.entry(other.path.as_str().into()).or_default();
            clients.entry(other.canonical().into()).or_insert_with(|| other.options.clone());
        }
        found
    }

    /// Lists what would be hidden, or be led elsewhere, with a file system: all but what `sharenfs` exports, which follows it.
    pub fn standing(&self) -> impl Iterator<Item = &Other<'a>> {
        self.by_path.values().flatten().filter(|other| !other.follows())
    }

    /// Returns whether the current generation has OpenZFS share what is at a path.
    pub fn is_shared(&self, path: &str) -> bool {
        self.shared.iter().any(|top| is_at_or_below(path, top))
    }
}

/// Lists where a graph has OpenZFS share file systems.
fn shared(graph: &Graph) -> Vec<Box<str>> {
    let says = |resource: &&Resource| {
        let mut settings = resource.settings().into_iter().flat_map(Settings::iter);
        settings.any(|(name, _)| name.as_str() == "sharenfs")
    };
    let names: Vec<_> = graph.resources().filter(says).filter_map(Resource::dataset_name).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let mounts = mounts(graph.resources());
    names.into_iter().filter_map(|name| mounts.get(name)?.path.clone()).collect()
}
