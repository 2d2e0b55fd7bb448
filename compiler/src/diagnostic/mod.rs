//! Diagnostics as values: what is wrong, where, why, and the way out. They are collected in a
//! [`Sink`] and rendered at the edge: by [`render`] for terminals, by [`json`] for editors.

pub mod code;
pub mod json;
pub mod render;
mod suggest;

pub use suggest::{article, did_you_mean, joined, list};

use crate::source::{Place, Sources};
use phoenix_graph::{Code, code::Level};
use serde::Serialize;
use std::collections::HashSet;

/// How severe a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Severity {
    /// No graph can be made.
    Error,
    /// The graph is made, but this is likely not meant, or dangerous.
    Warning,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Error | Level::Refusal => Severity::Error,
            Level::Lint | Level::Warning => Severity::Warning,
        }
    }
}

/// A place that is involved, with what it has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub place: Place,
    pub text: String,
}

/// One thing to tell about a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Every place involved, the one to look at first before the others.
    pub labels: Vec<Label>,
    pub help: Option<String>,
}

impl Diagnostic {
    /// Begins a diagnostic of a kind, with the severity of its level.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.level.into(), message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a place, the most important one first.
    #[must_use]
    pub fn at(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says the way out, where there is one to say.
    #[must_use]
    pub fn help_maybe(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Returns the place to look at first.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.labels.first().map(|label| label.place)
    }
}

/// The most diagnostics that one build gives; what follows would help nobody.
const LIMIT: usize = 1000;

/// The longest sentence, in bytes: a value that stands in one may have any length.
const LONGEST: usize = 2000;

/// Makes a sentence that can be read: not too long, and without what a terminal would obey.
fn readable(text: &mut String) {
    if text.len() > LONGEST {
        let rest = text.split_off(text.floor_char_boundary(LONGEST / 4));
        text.push('…');
        text.push_str(&rest[rest.ceil_char_boundary(rest.len() - LONGEST / 4)..]);
    }
    if text.contains(char::is_control) {
        *text = text
            .chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
            .collect();
    }
}

/// Collects diagnostics, each place and kind once: a mistake in a profile is told once, however
/// many nodes use it.
#[derive(Debug, Default)]
pub struct Sink {
    found: Vec<Diagnostic>,
    seen: HashSet<(Code, Option<Place>)>,
    errors: usize,
}

impl Sink {
    /// Takes a diagnostic.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            self.errors += 1;
        }
        if !self.is_full() && self.seen.insert((diagnostic.code, diagnostic.place())) {
            let texts = [Some(&mut diagnostic.message), diagnostic.help.as_mut()].into_iter().flatten();
            texts.chain(diagnostic.labels.iter_mut().map(|label| &mut label.text)).for_each(readable);
            self.found.push(diagnostic);
        }
    }

    /// Returns whether nothing more is told, so that nobody needs to look for a way out.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.found.len() >= LIMIT
    }

    /// Returns how many errors there were.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Returns all in the order of their coming.
    #[must_use]
    pub fn take(self) -> Vec<Diagnostic> {
        self.found
    }

    /// Returns all in the order of their places.
    #[must_use]
    pub fn finish(mut self, sources: &Sources) -> Vec<Diagnostic> {
        // A file of the standard library comes after the spec's own.
        let foreign = |place: Place| sources.get(place.file).is_some_and(|source| source.std);
        self.found.sort_by_cached_key(|diagnostic| {
            let place = diagnostic.place().map(|place| (foreign(place), place));
            (place, diagnostic.severity, code::all().position(|code| code == diagnostic.code))
        });
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_at_one_place_stands_in_the_order_of_the_codes() {
        let mut sink = Sink::default();
        for code in [code::UNKNOWN_SETTING, code::SYNTAX, code::WORLD_WRITABLE, code::BAD_NAME] {
            sink.push(Diagnostic::new(code, "this"));
        }
        let told: Vec<_> = sink.finish(&Sources::default()).iter().map(|told| told.code).collect();
        assert_eq!(told, [code::SYNTAX, code::BAD_NAME, code::UNKNOWN_SETTING, code::WORLD_WRITABLE]);
    }
}
