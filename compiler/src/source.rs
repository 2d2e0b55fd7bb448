//! Source texts, and places in them.

use serde::Serialize;
use std::sync::Arc;

/// Names one source of a compilation, by its index in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileId(pub u32);

/// A stretch of one source, in bytes; `end` is the first byte after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The source.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The first byte after the stretch.
    pub end: u32,
}

impl Place {
    /// Returns the stretch from the first byte of this place to the last of another in the same file.
    #[must_use]
    pub fn to(self, other: Place) -> Place {
        if self.file == other.file && other.end > self.end { Place { end: other.end, ..self } } else { self }
    }
}

/// A line and a column, both counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One text of a compilation.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as people know it: relative to the spec's root folder, or `std/NAME.kdl`.
    pub name: Box<str>,
    /// The whole text.
    pub text: Arc<str>,
    /// Whether it comes from the standard library.
    pub std: bool,
}

/// All texts that a compilation has read, in the order of reading; the spec itself is the first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, name: &str, text: Arc<str>, std: bool) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text, std });
        id
    }

    /// Returns one source.
    #[must_use]
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// Returns all sources.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0u32..).map(FileId).zip(&self.files)
    }

    /// Returns the text of a place, empty where it lies outside.
    #[must_use]
    pub fn text(&self, place: Place) -> &str {
        self.get(place.file)
            .and_then(|source| source.text.get(place.start as usize..place.end as usize))
            .unwrap_or_default()
    }

    /// Returns the line and column of a byte.
    #[must_use]
    pub fn position(&self, file: FileId, byte: u32) -> Position {
        let text = self.get(file).map_or("", |source| &*source.text);
        let mut end = (byte as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}
