//! The cache of builds: what a spec came to when it was compiled last, so that building it again,
//! unchanged, compiles nothing.
//!
//! An entry is found by the text of the spec's first file, and holds only where this very program wrote
//! it, and every file that was read then has the same bytes now: dates are never looked at. It says which systems the
//! spec comes to and what the compiler warned of; the closures themselves are for the store to have.
//! Entries are lost, damaged or another program's without harm: then the spec is compiled.

mod entry;
#[cfg(test)]
mod tests;

pub use entry::{Built, Known};

use entry::Entry;
use phoenix_compiler::{Compiled, FileId, SpecPath, World};
use phoenix_graph::{FORMAT, ObjectId};
use phoenix_store::Store;

/// The least text of a spec that is worth an entry, in bytes: what is smaller is compiled in less time
/// than it takes to hash the program.
const WORTH: usize = 16 << 10;

/// Entries in the stores that a build may come to.
pub struct Cache<'a> {
    /// Hashes the program that compiles: asked only where there is an entry to prove or to write.
    program: fn() -> Option<ObjectId>,
    /// The least text of a spec that is kept, in bytes.
    least: usize,
    stores: &'a [Store],
}

impl<'a> Cache<'a> {
    /// Takes what hashes the program that compiles, and the stores, the first before the others.
    #[must_use]
    pub fn new(program: fn() -> Option<ObjectId>, stores: &'a [Store]) -> Self {
        Self { program, least: WORTH, stores }
    }

    /// Returns what a spec comes to; nothing where only compiling it tells.
    #[must_use]
    pub fn find(&self, world: &dyn World, root: &SpecPath) -> Option<Known> {
        let key = key(root.as_str(), &world.source(root).ok()?);
        let found = self.stores.iter().filter_map(|store| Entry::from_bytes(&store.cached(&key)?));
        let mut found = found.peekable();
        found.peek()?;
        let program = (self.program)()?;
        found.find_map(|entry| entry.prove(program, world))
    }

    /// Keeps what a spec came to. Where no store takes it, it is compiled again next time.
    pub fn keep(&self, compiled: &Compiled) {
        let own = compiled.sources.iter().filter(|(_, source)| !source.std);
        if own.map(|(_, source)| source.text.len()).sum::<usize>() < self.least || compiled.has_errors() {
            return;
        }
        let Some(program) = (self.program)() else { return };
        let Some(bytes) = Entry::new(program, compiled).and_then(|entry| entry.to_bytes()) else { return };
        let Some(root) = compiled.sources.get(FileId(0)) else { return };
        let key = key(&root.name, &root.text);
        // A cache that cannot be written is one that is not there: nobody needs to know.
        let _ = self.stores.iter().find(|store| store.put_cached(&key, &bytes).is_ok());
    }
}

/// Returns the key of a spec: what decides which entry could be its own.
fn key(name: &str, text: &str) -> ObjectId {
    let text = ObjectId::of(text.as_bytes());
    // Only the name has no fixed length, and it stands last.
    ObjectId::of(format!("phoenix build {FORMAT}\n{text}\n{name}").as_bytes())
}
