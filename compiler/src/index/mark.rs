//! What is marked in a spec, and where.

use super::setting::SettingRow;
use crate::{
    resolve::grammar::{Kind, Word},
    source::{FileId, Place, Sources},
};

/// What stands where in a spec and all that it imports.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) sources: Sources,
    pub(super) files: Vec<FileIndex>,
    pub(super) definitions: Vec<Definition>,
}

/// What stands where in one file.
#[derive(Debug, Default)]
pub struct FileIndex {
    /// In the order of their first bytes; none reaches into another.
    pub(super) marks: Vec<Mark>,
    /// The insides of nodes, those around before those inside.
    pub(super) regions: Vec<Region>,
    /// The lets and profiles that can be used in the file, its own first.
    pub(super) lets: Vec<usize>,
    pub(super) profiles: Vec<usize>,
}

/// Something that stands in a text, with the definition that it is or uses.
#[derive(Debug)]
pub struct Mark {
    pub(super) item: Item,
    pub(super) definition: Option<usize>,
}

/// The inside of a node, or a whole file.
#[derive(Debug, Default)]
pub struct Region {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What the node may be: one kind, or several in a profile.
    pub(super) kinds: Vec<Kind>,
    /// The names that `each` and params bind here, the innermost last.
    pub(super) bound: Vec<usize>,
    /// The profiles that the node uses.
    pub(super) uses: Vec<usize>,
    /// Whether it is a profile's.
    pub(super) profile: bool,
}

/// Where a name is defined.
#[derive(Debug)]
pub struct Definition {
    pub(super) kind: NameKind,
    pub(super) name: Box<str>,
    pub(super) place: Place,
    pub(super) params: Vec<usize>,
    pub(super) uses: Vec<Place>,
}

/// What stands at a position.
#[derive(Debug, Clone)]
pub struct Item {
    /// The place of just this.
    pub place: Place,
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
        name: Box<str>,
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
