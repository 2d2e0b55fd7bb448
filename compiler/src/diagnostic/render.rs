//! Diagnostics for terminals, through miette.
//!
//! A diagnostic may have places in several files, miette's handlers know one source for each.
//! So all files are laid one after another in one range of offsets, with a gap between, and each
//! stretch that the handler reads is answered from the file that it lies in, under its own name.

use super::{Diagnostic, Severity};
use crate::source::{FileId, Place, Sources};
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::fmt;

/// A diagnostic together with the sources that it speaks of.
pub struct Report<'a> {
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
}

impl Diagnostic {
    /// Joins the diagnostic with its sources, so that miette can render it.
    #[must_use]
    pub fn report<'a>(&'a self, sources: &'a Sources) -> Report<'a> {
        Report { diagnostic: self, sources }
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
        if self.diagnostic.labels.is_empty() { None } else { Some(self) }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.diagnostic.labels.iter().enumerate().map(|(at, label)| {
            let span = self.offset(label.place);
            if at == 0 {
                LabeledSpan::new_primary_with_span(Some(label.text.clone()), span)
            } else {
                LabeledSpan::new_with_span(Some(label.text.clone()), span)
            }
        })))
    }
}

/// The gap between two files, so that no two labels of different files ever look near.
const GAP: usize = 1 << 16;

impl Report<'_> {
    /// Returns a place's stretch in the common range of offsets.
    fn offset(&self, place: Place) -> SourceSpan {
        let base: usize =
            self.sources.iter().take(place.file.0 as usize).map(|(_, source)| source.text.len() + GAP).sum();
        (base + place.start as usize, place.end.saturating_sub(place.start) as usize).into()
    }

    /// Finds the file in which an offset lies, and where the file begins.
    fn file(&self, offset: usize) -> Option<(FileId, usize)> {
        let mut base = 0;
        for (id, source) in self.sources.iter() {
            if offset <= base + source.text.len() {
                return (offset >= base).then_some((id, base));
            }
            base += source.text.len() + GAP;
        }
        None
    }
}

impl SourceCode for Report<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (id, base) = self.file(span.offset()).ok_or(MietteError::OutOfBounds)?;
        let source = self.sources.get(id).ok_or(MietteError::OutOfBounds)?;
        let inner = SourceSpan::from((span.offset() - base, span.len()));
        let contents = source.text.read_span(&inner, before, after)?;
        let place = contents.span();
        Ok(Box::new(MietteSpanContents::new_named(
            source.name.to_string(),
            contents.data(),
            SourceSpan::from((place.offset() + base, place.len())),
            contents.line(),
            contents.column(),
            contents.line_count(),
        )))
    }
}
