//! Where nodes and their parts stand, by the spans of the kdl crate.

use crate::source::{FileId, Place};
use kdl::{KdlEntry, KdlIdentifier, KdlNode};
use miette::SourceSpan;

/// Turns a span of the kdl crate into a place.
pub fn place(file: FileId, span: SourceSpan) -> Place {
    let start = u32::try_from(span.offset()).unwrap_or(u32::MAX);
    let end = u32::try_from(span.offset() + span.len()).unwrap_or(u32::MAX);
    Place { file, start, end }
}

/// Returns the place of a node's word.
pub fn word_place(file: FileId, node: &KdlNode) -> Place {
    place(file, node.name().span())
}

/// Returns the place of a node's word and first argument: what people call the node by.
pub fn head_place(file: FileId, node: &KdlNode) -> Place {
    let word = word_place(file, node);
    match node.entries().iter().find(|entry| entry.name().is_none()) {
        Some(entry) => word.to(entry_place(file, entry)),
        None => word,
    }
}

/// Returns the place of an entry: an argument, or `name=value`.
pub fn entry_place(file: FileId, entry: &KdlEntry) -> Place {
    place(file, entry.span())
}

/// Returns the place of a name.
pub fn name_place(file: FileId, name: &KdlIdentifier) -> Place {
    place(file, name.span())
}
