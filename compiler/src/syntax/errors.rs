//! The kdl crate's errors → diagnostics: what follows from an earlier mistake is left out, and the
//! usual slips of people who come from KDL 1, JSON and shell get a help of their own.

use super::place;
use crate::{
    diagnostic::{Diagnostic, Sink, code},
    size_hint,
    source::{FileId, Place},
};
use kdl::{KdlDiagnostic, KdlError};

/// Tells what is wrong with a text.
pub fn tell(file: FileId, text: &str, error: KdlError, sink: &mut Sink) {
    let problem = |message: &str, problem: &KdlDiagnostic| problem.message.as_deref() == Some(message);
    let mut unclosed = Vec::new();
    let mut told = false;
    let ends = error
        .diagnostics
        .iter()
        .flat_map(|found| [found.span.offset(), found.span.offset() + found.span.len()]);
    if let Some(diagnostic) = ends.into_iter().find_map(|at| lonely_setting(file, text, at)) {
        sink.push(diagnostic);
        return;
    }
    for found in &error.diagnostics {
        if problem("No closing '}' for child block", found) {
            unclosed.push(clamp(text, place(file, found.span)));
        } else if told && problem("Found invalid node name", found) {
            // The rest of the line that went wrong.
        } else if !FOLLOW_UPS.iter().any(|message| problem(message, found)) {
            told = true;
            sink.push(one(file, text, found));
        }
    }
    // Braces are also missing where a mistake before them swallowed their ends.
    if let (false, Some((innermost, around))) = (told, unclosed.split_last()) {
        let mut diagnostic = Diagnostic::new(code::SYNTAX, "a brace is never closed")
            .at(*innermost, "this one, or one around it");
        for brace in around {
            diagnostic = diagnostic.at(*brace, "this is around it");
        }
        sink.push(diagnostic);
        told = true;
    }
    if !told {
        let found = error.diagnostics.first();
        let place = found.map_or(Place { file, start: 0, end: 0 }, |found| place(file, found.span));
        let brace = text.get(place.start as usize..).is_some_and(|rest| rest.starts_with('}'));
        let message = if brace { "a brace closes nothing" } else { "this is not KDL 2" };
        sink.push(Diagnostic::new(code::SYNTAX, message).at(clamp(text, place), "here"));
    }
}

/// Tells that a text is wrong where nothing better can be said.
pub fn something(place: Place, sink: &mut Sink) {
    sink.push(Diagnostic::new(code::SYNTAX, "this is not KDL 2").at(place, "here"));
}

/// What the parser says when it stumbles over the rest of an earlier mistake.
const FOLLOW_UPS: &[&str] =
    &["Closing '}' was not found after nodes", "Expected end of document", "Expected a node"];

fn one(file: FileId, text: &str, problem: &KdlDiagnostic) -> Diagnostic {
    let place = token(text, clamp(text, place(file, problem.span)));
    let here = text.get(place.start as usize..place.end as usize).unwrap_or_default();
    let bare = here.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).trim();
    if ["true", "false", "null"].contains(&bare) {
        return Diagnostic::new(code::SYNTAX, format!("`{bare}` is no value"))
            .at(place, "a bare word of KDL 1")
            .help(format!("write `#{bare}`"));
    }
    let sized =
        here.starts_with(|c: char| c.is_ascii_digit()) && here.ends_with(|c: char| c.is_ascii_alphabetic());
    if sized {
        return Diagnostic::new(code::SYNTAX, format!("`{here}` is no number"))
            .at(place, "a number with letters")
            .help(format!("sizes are texts: write {:?}", size_hint::meant(here).unwrap_or(here.to_owned())));
    }
    if let Some(path) = bare_path(text, place) {
        let here = text.get(path.start as usize..path.end as usize).unwrap_or_default();
        return Diagnostic::new(code::SYNTAX, "a path without its quotation marks")
            .at(path, "a bare word has no `/` in it")
            .help(format!("write {here:?}"));
    }
    if let Some((message, label, help)) = plain_words(problem, here) {
        return Diagnostic::new(code::SYNTAX, message).at(place, label).help_maybe(help.map(str::to_owned));
    }
    let message = problem.message.clone().unwrap_or_else(|| "this is not KDL 2".to_owned());
    let label = problem.label.clone().unwrap_or_else(|| "here".to_owned());
    Diagnostic::new(code::SYNTAX, message)
        .at(place, label)
        .help_maybe(problem.help.clone().or_else(|| hint(text, place)))
}

/// Says in plain words what the parser says in those of its grammar: message, label and help.
fn plain_words(
    problem: &KdlDiagnostic,
    here: &str,
) -> Option<(&'static str, &'static str, Option<&'static str>)> {
    let ends_well = problem.help.as_deref().is_none_or(|help| !help.contains("value terminator"));
    Some(match problem.message.as_deref()? {
        "Unexpected newline in single-line quoted string" if here.contains(['“', '”', '„']) => (
            "a text does not end on its line",
            "its quotation mark is a curly one",
            Some("a text stands in straight ones: `\"…\"`; word processors and web pages make them curly"),
        ),
        "Unexpected newline in single-line quoted string" => (
            "a text does not end on its line",
            "its quotation mark is missing",
            Some("a text of several lines begins and ends with three quotation marks"),
        ),
        "Expected quoted string" if !ends_well => (
            "a text goes on behind its quotation mark",
            "there is no blank between the two",
            Some("put a blank there, or the quotation mark that is missing"),
        ),
        "Expected quoted string" if here.contains('\\') => (
            "a backslash that begins no escape",
            "in this text",
            Some("write `\\\\` for a backslash, or a raw text: `#\"…\"#`"),
        ),
        "Expected keyword" => (
            "a word with `#` that means nothing",
            "unknown",
            Some("those are `#true`, `#false` and `#null`; a comment begins with `//`"),
        ),
        "Expected property value" => ("a setting without its value", "the value is missing", None),
        "Found invalid node name" => ("no node begins so", "not a word", Some("a node begins with its word")),
        "Found child block instead of node name" => (
            "a brace without a word before it",
            "whose block is this?",
            Some("a node's word stands before its brace, on the same line"),
        ),
        _ => return None,
    })
}

/// Knows the commonest slip of all: `quota="1G"` as a node of its own. `at` is where the parser
/// could not go on.
fn lonely_setting(file: FileId, text: &str, at: usize) -> Option<Diagnostic> {
    let behind = text.get(at..)?.strip_prefix('=')?;
    let rest = behind.trim_start_matches([' ', '\t']);
    let before = text.get(..at)?.trim_end_matches([' ', '\t']);
    let name_start =
        before.rfind(|c: char| !(c.is_alphanumeric() || "_-.:".contains(c))).map_or(0, |at| at + 1);
    let name = before.get(name_start..).filter(|name| !name.is_empty())?;
    let value = rest.split(|c: char| c.is_whitespace() || c == ';' || c == '}').next().unwrap_or_default();
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let end = at + 1 + (behind.len() - rest.len()) + value.len();
    let place = Place { file, start: offset(name_start), end: offset(end) };
    Some(
        Diagnostic::new(code::SYNTAX, format!("`{name}={value}` stands on no node's line"))
            .at(place, "a setting of its own has no `=`")
            .help(format!("write `{name} {value}`, or put it on the line of the node it belongs to")),
    )
}

/// The parser calls everything up to the mistake the place of a property's bad value: finds the
/// word at its end.
fn token(text: &str, place: Place) -> Place {
    let here = text.get(place.start as usize..place.end as usize).unwrap_or_default();
    if !here.contains('\n') && !here.contains('=') {
        return place;
    }
    let start = here.rfind(|c: char| c.is_whitespace() || c == '=').map_or(0, |at| at + 1);
    let start = place.start as usize + start;
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.find(|c: char| c.is_whitespace() || ";{}".contains(c)).unwrap_or(rest.len());
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Place { start: offset(start), end: offset(start + length), ..place }
}

/// Returns where a path stands that begins at a place or just before it: the parser takes its first `/` for the
/// beginning of a comment.
fn bare_path(text: &str, mut place: Place) -> Option<Place> {
    let before = text.get(..place.start as usize)?;
    if before.ends_with('/') {
        place.start -= 1;
    }
    let rest = text.get(place.start as usize..)?.strip_prefix('/')?;
    let length = rest.find(|c: char| c.is_whitespace() || ";{}()\"=#,".contains(c)).unwrap_or(rest.len());
    place.end = place.start + 1 + u32::try_from(length).ok()?;
    let comment = rest.starts_with(['/', '*', '-']) || rest[..length].is_empty();
    (!comment).then_some(place)
}

/// Keeps a place inside the text.
fn clamp(text: &str, mut place: Place) -> Place {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    place.end = place.end.min(length);
    place.start = place.start.min(place.end);
    place
}

fn hint(text: &str, place: Place) -> Option<String> {
    let line_start = text.get(..place.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(line_start..)?.lines().next()?;
    if line.contains(['“', '”', '„']) {
        return Some(
            "a text stands in straight quotation marks: `\"…\"`; there are curly ones on this line"
                .to_owned(),
        );
    }
    if line.matches('"').count() % 2 == 1 {
        return Some("a quotation mark is missing on this line".to_owned());
    }
    None
}
