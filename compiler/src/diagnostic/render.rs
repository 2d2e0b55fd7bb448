//! Diagnostics for terminals, through miette.
//!
//! A diagnostic may have places in several files, miette's handlers know one source for each. So the lines
//! around the places are laid one after another in one range of offsets, each stretch with a gap behind it,
//! and what the handler reads is answered from the stretch that it lies in, under its file's own name. Of a
//! line that is too long to be read only what is around the places is shown.

use super::{Diagnostic, Severity};
use crate::source::{FileId, Place, Position, Source, Sources};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::fmt;

/// A diagnostic together with the lines that it speaks of.
pub struct Report<'a> {
    diagnostic: &'a Diagnostic,
    excerpts: Vec<Excerpt>,
    /// Where each label lies, in the order of the diagnostic's.
    spans: Vec<SourceSpan>,
    /// Line and column of the place to look at first.
    first: Position,
}

impl Diagnostic {
    /// Joins the diagnostic with its sources, so that miette can render it.
    #[must_use]
    pub fn report<'a>(&'a self, sources: &Sources) -> Report<'a> {
        let (excerpts, spans) = excerpts(self, sources);
        let start = self.place().map(|place| sources.position(place.file, place.start));
        let first = start.unwrap_or(Position { line: 1, column: 1 });
        Report { diagnostic: self, excerpts, spans, first }
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        if self.spans.is_empty() { None } else { Some(self) }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.diagnostic.labels.iter().zip(&self.spans).enumerate();
        Some(Box::new(labels.map(|(at, (label, span))| {
            if at == 0 {
                LabeledSpan::new_primary_with_span(Some(label.text.clone()), *span)
            } else {
                LabeledSpan::new_with_span(Some(label.text.clone()), *span)
            }
        })))
    }
}

impl SourceCode for Report<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let excerpt = self.excerpts.iter().rfind(|excerpt| excerpt.base <= span.offset());
        let excerpt = excerpt.ok_or(MietteError::OutOfBounds)?;
        let inner = SourceSpan::from((span.offset() - excerpt.base, span.len()));
        let contents = excerpt.text.read_span(&inner, before, after)?;
        let place = contents.span();
        let (line, column) = match self.spans.first() {
            // The head of a snippet names the place as it is in the file.
            Some(first) if first == span && before + after == 0 => {
                (self.first.line - 1, self.first.column - 1)
            }
            _ => (contents.line() + excerpt.line, contents.column()),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            excerpt.name.to_string(),
            contents.data(),
            SourceSpan::from((place.offset() + excerpt.base, place.len())),
            line,
            column,
            contents.line_count(),
        )))
    }
}

/// The gap behind an excerpt, so that no two labels of different ones ever look near.
const GAP: usize = 1 << 16;
/// How many lines around a place are kept: one more than is shown.
const AROUND: usize = 2;
/// The most lines of one place that are shown; of a longer one the first is.
const MOST_LINES: usize = 8;
/// The longest line that is shown whole, in bytes, and how much of a longer one is shown around a place.
const LONGEST: usize = 400;
const BESIDE: usize = 80;

/// Lines that follow each other in a file.
struct Excerpt {
    name: Box<str>,
    /// The first offset in the common range.
    base: usize,
    /// The first line, counted from 0.
    line: usize,
    /// The lines as they are shown.
    text: String,
}

/// A label's place, by lines counted from 0 and bytes in them.
#[derive(Clone, Copy)]
struct Stretch {
    file: FileId,
    start: (usize, usize),
    end: (usize, usize),
}

impl Stretch {
    fn new(place: Place, source: &Source) -> Self {
        let at = |byte: u32| {
            let byte = u32::try_from(source.text.floor_char_boundary(byte as usize)).unwrap_or(u32::MAX);
            let line = source.line_at(byte);
            (line, (byte - source.line_start(line)) as usize)
        };
        let (start, mut end) = (at(place.start), at(place.end.max(place.start)));
        if end.0 - start.0 >= MOST_LINES {
            end = (start.0, source.line(start.0).trim_end_matches(['\n', '\r']).len().max(start.1));
        }
        Self { file: place.file, start, end }
    }
}

/// Lays out the lines around a diagnostic's places, and finds the places in there.
fn excerpts(diagnostic: &Diagnostic, sources: &Sources) -> (Vec<Excerpt>, Vec<SourceSpan>) {
    let stretch = |label: &super::Label| Some(Stretch::new(label.place, sources.get(label.place.file)?));
    let stretches: Vec<Stretch> = diagnostic.labels.iter().filter_map(stretch).collect();
    let mut runs: Vec<(FileId, usize, usize)> = stretches
        .iter()
        .map(|found| (found.file, found.start.0.saturating_sub(AROUND), found.end.0 + AROUND))
        .collect();
    runs.sort_unstable();
    runs.dedup_by(|next, run| {
        let joined = run.0 == next.0 && next.1 <= run.2 + 1;
        run.2 = if joined { run.2.max(next.2) } else { run.2 };
        joined
    });
    let mut excerpts = Vec::with_capacity(runs.len());
    let mut spans = vec![(0, 0); stretches.len()];
    let mut base = 0;
    for (file, first, last) in runs {
        let Some(source) = sources.get(file) else { continue };
        let mut text = String::new();
        for line in first..=last {
            let on_line = |at: (usize, usize)| (at.0 == line).then_some(at.1);
            let of_file = || stretches.iter().enumerate().filter(|(_, stretch)| stretch.file == file);
            let places: Vec<(usize, usize)> = of_file()
                .filter_map(|(_, stretch)| match (on_line(stretch.start), on_line(stretch.end)) {
                    (None, None) => None,
                    (start, end) => Some((start.or(end)?, end.or(start)?)),
                })
                .collect();
            let shown = Shown::new(source.line(line), &places);
            for (at, stretch) in of_file() {
                if let Some(start) = on_line(stretch.start) {
                    spans[at].0 = base + text.len() + shown.place(start);
                }
                if let Some(end) = on_line(stretch.end) {
                    spans[at].1 = base + text.len() + shown.place(end);
                }
            }
            text.push_str(&shown.text);
        }
        let length = text.len();
        excerpts.push(Excerpt { name: sources.shown_name(source).into(), base, line: first, text });
        base += length + GAP;
    }
    let spans = spans.into_iter().map(|(start, end)| (start, end.saturating_sub(start)).into()).collect();
    (excerpts, spans)
}

/// A line as it is shown.
struct Shown {
    text: String,
    /// Bytes of the line, and where they are now; between two of them nothing was moved.
    moved: Vec<(usize, usize)>,
}

impl Shown {
    /// Shows a line, or of a long one what is around these places.
    fn new(line: &str, places: &[(usize, usize)]) -> Self {
        let strange = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r') || is_bidi(c);
        if line.len() <= LONGEST && !line.contains(strange) {
            return Self { text: line.to_owned(), moved: vec![(0, 0)] };
        }
        let end = line.trim_end_matches(['\n', '\r']).len();
        let mut windows: Vec<(usize, usize)> = if line.len() <= LONGEST {
            vec![(0, end)]
        } else if places.is_empty() {
            vec![(0, BESIDE)]
        } else {
            // The whole of a place would be too long again.
            let around = |(start, end): &(usize, usize)| {
                (start.saturating_sub(BESIDE), (*end).min(start + BESIDE) + BESIDE)
            };
            places.iter().map(around).collect()
        };
        windows.sort_unstable();
        let mut shown = Self { text: String::new(), moved: Vec::new() };
        let mut at = 0;
        for (from, to) in windows {
            let from = line.floor_char_boundary(from.max(at).min(end));
            let to = line.floor_char_boundary(to.min(end)).max(from);
            if from > at {
                shown.text.push('…');
            }
            shown.moved.push((from, shown.text.len()));
            for (offset, c) in line[from..to].char_indices() {
                let strange = strange(c);
                shown.text.push(if strange { char::REPLACEMENT_CHARACTER } else { c });
                if strange {
                    shown.moved.push((from + offset + c.len_utf8(), shown.text.len()));
                }
            }
            at = to;
        }
        shown.moved.push((at, shown.text.len()));
        if at < end {
            shown.text.push('…');
        }
        shown.moved.push((end, shown.text.len()));
        shown.text.push_str(&line[end..]);
        shown
    }

    /// Returns where a byte of the line is now.
    fn place(&self, byte: usize) -> usize {
        let next = self.moved.partition_point(|(from, _)| *from <= byte);
        let (from, to) = self.moved.get(next.saturating_sub(1)).copied().unwrap_or_default();
        let most = self.moved.get(next).map_or(self.text.len(), |(_, to)| *to);
        self.text.floor_char_boundary((to + byte - from.min(byte)).min(most))
    }
}

/// Returns whether a character turns the direction of what is around it.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_line_only_what_is_around_the_places_is_shown() {
        let line = format!("{}here{}there{}\n", "é".repeat(5000), "b".repeat(70_000), "c".repeat(70_000));
        let (here, there) = (10_000, 80_004);
        let shown = Shown::new(&line, &[(there, there + 5), (here, here + 4)]);
        assert!(shown.text.len() < 600 && shown.text.ends_with("c…\n") && shown.text.starts_with("…é"));
        let at = |byte: usize| &shown.text[shown.place(byte)..];
        assert!(at(here).starts_with("hereb") && at(here + 4).starts_with("bbb"));
        assert!(at(there).starts_with("therec") && at(line.len()).is_empty());
        // What is not shown is between what is.
        assert!((shown.place(here + 4)..shown.place(there)).contains(&shown.place(here + 1000)));
        let long = Shown::new(&line, &[(here, 140_000)]);
        assert!(long.text.len() < 600 && long.place(140_000) > long.place(here));
    }

    #[test]
    fn what_would_move_the_cursor_is_not_shown() {
        let line = "a\u{1b}[2J\tb\u{202e}c\n";
        let shown = Shown::new(line, &[]);
        assert_eq!(shown.text, "a\u{fffd}[2J\tb\u{fffd}c\n");
        for (byte, c) in line.char_indices().filter(|(_, c)| c.is_ascii_alphabetic() || *c == '\n') {
            assert!(shown.text[shown.place(byte)..].starts_with(c), "{byte}");
        }
    }
}
