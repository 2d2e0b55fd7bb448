//! Source texts, and places in them.

use serde::Serialize;
use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

/// Names one source of a compilation, by its index in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FileId(pub u32);

/// A stretch of one source, in bytes; `end` is the first byte after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
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
    pub text: Arc<str>,
    /// Whether it comes from the standard library.
    pub std: bool,
    /// The first byte of each line, once somebody asked.
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// Returns the line of a byte, counted from 0.
    pub(crate) fn line_at(&self, byte: u32) -> usize {
        self.lines().partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// Returns a line, counted from 0, with its end; empty behind the last one.
    pub(crate) fn line(&self, line: usize) -> &str {
        let start = |line| self.lines().get(line).map_or(self.text.len(), |start| *start as usize);
        self.text.get(start(line)..start(line + 1)).unwrap_or_default()
    }

    /// Returns the first byte of a line, counted from 0.
    pub(crate) fn line_start(&self, line: usize) -> u32 {
        self.lines().get(line).copied().unwrap_or_default()
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
        })
    }
}

/// Splits the first folder off a path; nothing where there is none.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.is_empty() { None } else { Some(path.split_once('/').unwrap_or((path, ""))) }
}

/// All texts that a compilation has read, in the order of reading; the spec itself is the first.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// What people have to write before the names of the spec's own files.
    folder: Box<str>,
    /// The folder below the root that they are in.
    here: Box<str>,
}

impl Sources {
    /// Adds a text.
    pub fn add(&mut self, name: &str, text: Arc<str>, std: bool) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text, std, lines: OnceLock::new() });
        id
    }

    /// Says where the spec's root folder lies for the person who asks: `hosts/alpha`, or nothing for the folder
    /// that they are in.
    pub fn set_folder(&mut self, folder: &str) {
        let within = folder.trim_end_matches('/');
        self.folder = if folder.is_empty() { "".into() } else { format!("{within}/").into() };
    }

    /// Says which folder below the root the person who asks is in: `hosts/alpha`, or nothing for the root.
    pub fn set_here(&mut self, here: &str) {
        self.here = here.trim_matches('/').into();
    }

    /// Returns the name of a source as the person who asks can open it.
    #[must_use]
    pub fn shown_name<'s>(&self, source: &'s Source) -> Cow<'s, str> {
        if source.std || self.folder.is_empty() && self.here.is_empty() {
            return Cow::Borrowed(&source.name);
        }
        let (mut here, mut name) = (&*self.here, &*source.name);
        while let (Some((folder, inside)), Some((other, below))) = (split(here), name.split_once('/')) {
            if folder != other {
                break;
            }
            (here, name) = (inside, below);
        }
        let ups = if here.is_empty() { 0 } else { here.split('/').count() };
        Cow::Owned(format!("{}{}{name}", self.folder, "../".repeat(ups)))
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
        let Some(source) = self.get(file) else { return Position { line: 1, column: 1 } };
        let end = source.text.floor_char_boundary(byte as usize);
        let line = source.line_at(byte);
        let start = source.line_start(line) as usize;
        let before = source.text.get(start..end).unwrap_or_default();
        Position { line: line + 1, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_from_where_the_person_is() {
        let shown = |name: &str, folder: &str, here: &str| {
            let mut sources = Sources::default();
            let file = sources.add(name, "".into(), false);
            sources.set_folder(folder);
            sources.set_here(here);
            sources.get(file).map(|source| sources.shown_name(source).into_owned()).unwrap_or_default()
        };
        assert_eq!(shown("a/b.kdl", "", ""), "a/b.kdl");
        assert_eq!(shown("a/b.kdl", "/etc/x/", ""), "/etc/x/a/b.kdl");
        assert_eq!(shown("b.kdl", "/", ""), "/b.kdl");
        assert_eq!(shown("hosts/a/spec.kdl", "", "hosts/a"), "spec.kdl");
        assert_eq!(shown("hosts/a/spec.kdl", "", "hosts"), "a/spec.kdl");
        assert_eq!(shown("lib/x.kdl", "", "hosts/a"), "../../lib/x.kdl");
        assert_eq!(shown("hosts/b.kdl", "", "hosts/a"), "../b.kdl");
        assert_eq!(shown("hosts", "", "hosts"), "../hosts");
    }
}
