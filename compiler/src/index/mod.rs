//! What stands at a position of a spec, for editors: what it is, where it is defined, who uses it,
//! and what else may stand there.
//!
//! An [`Index`] is made from the syntax trees and scopes alone, so that it knows half-written
//! documents too, and profiles that nobody uses. [`walk`] makes the marks and regions, once ([`mark`]);
//! [`candidates`] reads the line around a position; [`setting`] finds rows of the tables.
//!
//! Positions are a file and a byte. A byte at the end of a word counts as on it.

mod candidates;
mod mark;
mod setting;
#[cfg(test)]
mod tests;
mod walk;

pub use crate::resolve::grammar::{Args, Kind, Own, Word};
pub use candidates::{Candidate, CandidateKind, Candidates};
pub use mark::{Index, Item, NameKind, What};
pub use setting::SettingRow;

use mark::{Definition, FileIndex, Mark, Region};

use crate::{
    diagnostic::Sink,
    resolve::scope,
    source::{FileId, Place, Sources},
    syntax::load,
    world::{SpecPath, World},
};

impl Index {
    /// Reads a spec with all that it imports. What is wrong with it is for
    /// [`compile`](crate::compile) to tell.
    #[must_use]
    pub fn new(world: &dyn World, root: &SpecPath) -> Self {
        let mut sink = Sink::default();
        let files = load::load(world, root, &mut sink);
        let scopes = scope::scopes(&files, &mut sink);
        let (indices, definitions) = walk::walk(&files, &scopes);
        Self { sources: files.sources, files: indices, definitions }
    }

    /// Returns the texts that were read; the spec itself is the first.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Returns what stands at a position; nothing between words, in values and in comments.
    #[must_use]
    pub fn at(&self, file: FileId, byte: u32) -> Option<&Item> {
        Some(&self.mark(file, byte)?.item)
    }

    /// Returns where the name at a position is defined.
    #[must_use]
    pub fn definition(&self, file: FileId, byte: u32) -> Option<Place> {
        Some(self.defined(file, byte)?.place)
    }

    /// Returns all uses of the name at a position, in all files that were read, in their order. The
    /// definition is not among them.
    #[must_use]
    pub fn references(&self, file: FileId, byte: u32) -> Vec<Place> {
        self.defined(file, byte).map(|definition| definition.uses.clone()).unwrap_or_default()
    }

    /// Returns what may stand at a position, whatever stands there now.
    #[must_use]
    pub fn candidates(&self, file: FileId, byte: u32) -> Candidates {
        candidates::candidates(self, file, byte)
    }

    fn defined(&self, file: FileId, byte: u32) -> Option<&Definition> {
        self.definitions.get(self.mark(file, byte)?.definition?)
    }

    fn mark(&self, file: FileId, byte: u32) -> Option<&Mark> {
        let marks = &self.files.get(file.0 as usize)?.marks;
        let behind = marks.partition_point(|mark| mark.item.place.start <= byte);
        // Where two touch, the one that begins here.
        marks[..behind].last().filter(|mark| byte <= mark.item.place.end)
    }
}
