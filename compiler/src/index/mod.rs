//! What stands at a position of a spec, for editors: what it is, where it is defined, who uses it,
//! and what else may stand there.
//!
//! An [`Index`] is made from the syntax trees and scopes alone, so that it knows half-written
//! documents too, and profiles that nobody uses. [`walk`] makes the marks and regions, once;
//! [`candidates`] reads the line around a position; [`setting`] finds rows of the tables.
//!
//! Positions are a file and a byte. A byte at the end of a word counts as on it.

mod candidates;
mod setting;
#[cfg(test)]
mod tests;
mod walk;

pub use crate::resolve::grammar::{Args, Kind, Own, Word};
pub use candidates::{Candidate, CandidateKind, Candidates};
pub use setting::SettingRow;

use crate::{
    diagnostic::Sink,
    resolve::scope,
    source::{FileId, Place, Sources},
    syntax::load,
    world::{SpecPath, World},
};

/// What stands where in a spec and all that it imports.
#[derive(Debug, Default)]
pub struct Index {
    sources: Sources,
    files: Vec<FileIndex>,
    definitions: Vec<Definition>,
}

/// What stands where in one file.
#[derive(Debug, Default)]
struct FileIndex {
    /// In the order of their first bytes; none reaches into another.
    marks: Vec<Mark>,
    /// The insides of nodes, those around before those inside.
    regions: Vec<Region>,
    /// The lets and profiles that can be used in the file, its own first.
    lets: Vec<usize>,
    profiles: Vec<usize>,
}

#[derive(Debug)]
struct Mark {
    item: Item,
    definition: Option<usize>,
}

/// The inside of a node, or a whole file.
#[derive(Debug, Default)]
struct Region {
    start: usize,
    end: usize,
    /// What the node may be: one kind, or several in a profile.
    kinds: Vec<Kind>,
    /// The names that `each` and params bind here, the innermost last.
    bound: Vec<usize>,
    /// The profiles that the node uses.
    uses: Vec<usize>,
    /// Whether it is a profile's.
    profile: bool,
}

#[derive(Debug)]
struct Definition {
    kind: NameKind,
    name: Box<str>,
    place: Place,
    /// The params, of a profile.
    params: Vec<usize>,
    uses: Vec<Place>,
}

/// What stands at a position.
#[derive(Debug, Clone)]
pub struct Item {
    /// The place of just this.
    pub place: Place,
    /// What it is.
    pub what: What,
}

/// What something in a spec is.
#[derive(Debug, Clone)]
pub enum What {
    /// The word of a node, with its row of the grammar.
    Node(&'static Word),
    /// Another word of the language, such as `use` or `import`, with what it is for in one sentence.
    Directive(&'static str, &'static str),
    /// The name of a setting, or an option of an export, with its row.
    Setting(SettingRow),
    /// A name, where it is defined or used.
    Name {
        /// What the name is of.
        kind: NameKind,
        /// The name.
        name: Box<str>,
        /// Whether it is defined here.
        defines: bool,
    },
    /// The path of an import, with the file that it leads to.
    Import(FileId),
    /// The name of a lint in `allow`; the code tells more about it.
    Lint(phoenix_graph::Code),
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// `let NAME value`
    Let,
    /// `param NAME`
    Param,
    /// `each NAME …`
    Each,
    /// `profile NAME`
    Profile,
}

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
