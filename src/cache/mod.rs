//! The cache of builds: what a spec came to when it was compiled last, so that building it again,
//! unchanged, compiles nothing.
//!
//! An entry is found by the program and the text of the spec's first file, and holds only where every
//! file that was read then has the same bytes now: dates are never looked at. It says which systems the
//! spec comes to and what the compiler warned of; the closures themselves are for the store to have.
//! Entries are lost, damaged or another program's without harm: then the spec is compiled.

mod entry;
#[cfg(test)]
mod tests;

use entry::Entry;
use phoenix_compiler::{Compiled, Diagnostic, FileId, Sources, SpecPath, World};
use phoenix_graph::{FORMAT, Graph, HostName, ObjectId};
use phoenix_runtime::store::Store;
use serde::{Deserialize, Serialize};

/// What a host came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// Its name.
    pub host: HostName,
    /// The id of its system.
    pub system: ObjectId,
    /// How many steps it has.
    pub steps: usize,
}

impl From<&Graph> for Built {
    fn from(graph: &Graph) -> Self {
        Self { host: graph.host().clone(), system: graph.id(), steps: graph.nodes().len() }
    }
}

/// What compiling a spec would come to.
#[derive(Debug)]
pub struct Known {
    /// All its hosts, in its order.
    pub hosts: Vec<Built>,
    /// Everything there is to tell; none of it is an error.
    pub warnings: Vec<Diagnostic>,
    /// All texts, as they are now.
    pub sources: Sources,
}

/// Entries in the stores that a build may come to.
pub struct Cache<'a> {
    /// The program that compiles.
    program: ObjectId,
    stores: &'a [Store],
}

impl<'a> Cache<'a> {
    /// Takes the hash of the program that compiles, and the stores, the first before the others.
    #[must_use]
    pub fn new(program: ObjectId, stores: &'a [Store]) -> Self {
        Self { program, stores }
    }

    /// Returns what a spec comes to; nothing where only compiling it tells.
    #[must_use]
    pub fn find(&self, world: &dyn World, root: &SpecPath) -> Option<Known> {
        let key = self.key(root.as_str(), &world.source(root).ok()?);
        let entries = self.stores.iter().filter_map(|store| store.cached(&key));
        entries.filter_map(|bytes| Entry::from_bytes(&bytes)?.prove(world)).next()
    }

    /// Keeps what a spec came to. Where no store takes it, it is compiled again next time.
    pub fn keep(&self, compiled: &Compiled) {
        let Some(bytes) = Entry::new(compiled).and_then(|entry| entry.to_bytes()) else { return };
        let Some(root) = compiled.sources.get(FileId(0)) else { return };
        let key = self.key(&root.name, &root.text);
        // A cache that cannot be written is one that is not there: nobody needs to know.
        let _ = self.stores.iter().find(|store| store.put_cached(&key, &bytes).is_ok());
    }

    /// Returns the key of a spec: what decides which entry could be its own.
    fn key(&self, name: &str, text: &str) -> ObjectId {
        let text = ObjectId::of(text.as_bytes());
        // Only the name has no fixed length, and it stands last.
        ObjectId::of(format!("phoenix build {FORMAT}\n{}\n{text}\n{name}", self.program).as_bytes())
    }
}
