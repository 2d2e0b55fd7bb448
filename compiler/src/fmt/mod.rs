//! One layout for every spec: four spaces a level, one blank line at most, one space between the
//! parts of a node. What was written on one line stays there where it fits; the order of everything
//! and every comment is kept.
//!
//! [`token`] reads a text into pieces, [`tree`] puts them together into nodes, [`layout`] writes
//! those. Only the space between pieces is ever changed, and what comes out is parsed again and
//! compared, so that formatting never changes what a spec means.

mod layout;
mod same;
mod token;
mod tree;

use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::{FileId, Place, Sources},
    syntax::{Parsed, limits::Budget, parse},
};

/// Why a text was not formatted: its diagnostics, and the text under its name.
#[derive(Debug)]
pub struct Unformatted {
    /// What is wrong with the text.
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

/// Formats a text. `name` is what diagnostics call it by.
///
/// # Errors
/// [`Unformatted`] where the text is not KDL 2.
pub fn format(name: &str, text: &str) -> Result<String, Box<Unformatted>> {
    let mut sources = Sources::default();
    let file = sources.add(name, text.into(), false);
    let mut sink = Sink::default();
    let parsed = parse(file, text, &mut Budget::default(), &mut sink);
    if let Some(Parsed { document, .. }) =
        parsed.filter(|parsed| parsed.lost.is_empty() && sink.errors() == 0)
    {
        let made = tree::read(text).map(|nodes| layout::write(&nodes));
        let again =
            made.as_deref().and_then(|made| parse(file, made, &mut Budget::default(), &mut Sink::default()));
        match made.zip(again) {
            Some((made, again)) if again.lost.is_empty() && same::documents(&document, &again.document) => {
                return Ok(made);
            }
            _ => sink.push(defect(file)),
        }
    }
    let diagnostics = sink.finish(&sources);
    Err(Box::new(Unformatted { diagnostics, sources }))
}

fn defect(file: FileId) -> Diagnostic {
    Diagnostic::new(code::INTERNAL, "the text cannot be laid out without changing what it says")
        .at(Place { file, start: 0, end: 0 }, "left as it is")
        .help("this is a defect of phoenix; please report it with the spec")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_other_languages_are_told_and_left() {
        for text in ["# a\nb\n", "a \"b\", c=1\n", "a “b”\n"] {
            let refused = format("spec.kdl", text).unwrap_err();
            let codes: Vec<_> = refused.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
            assert_eq!(codes, [code::SYNTAX], "{text}");
        }
    }

    #[test]
    fn a_text_in_another_language_is_that_however_it_is_laid_out() {
        for text in ["a://", "\u{10b78}://\n", "a:;", "a:{}", "-{}", "-//", "---;b", "a:/* b */1"] {
            let refused = format("spec.kdl", text).unwrap_err();
            let codes: Vec<_> = refused.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
            assert_eq!(codes, [code::SYNTAX], "{text}");
        }
    }

    fn formatted(text: &str) -> String {
        let made = format("spec.kdl", text).unwrap();
        assert_eq!(format("spec.kdl", &made).unwrap(), made, "not idempotent:\n{text}");
        made
    }

    #[test]
    fn levels_are_four_spaces_and_parts_are_one_apart() {
        assert_eq!(
            formatted("edition   1\nhost \"h\" {\n\tpool  \"p\"   autotrim = #true { \n  a 1;b 2\n } }"),
            "edition 1\nhost \"h\" {\n    pool \"p\" autotrim=#true {\n        a 1\n        b 2\n    }\n}\n"
        );
    }

    #[test]
    fn what_stands_on_one_line_stays_there_where_it_fits() {
        assert_eq!(formatted("a {b 1;c { d; };}\n"), "a { b 1; c { d } }\n");
        let long = format!("a {{ {} }}", "word ".repeat(30).trim());
        assert_eq!(formatted(&long), format!("a {{\n    {}\n}}\n", "word ".repeat(30).trim()));
        assert_eq!(formatted("a { }\nb {\n}\n"), "a {}\nb {}\n");
    }

    #[test]
    fn comments_stay_where_they_are() {
        assert_eq!(
            formatted("\n\n// first\n\n\n\na 1   // of a\n{\n}".trim_end_matches("\n{\n}")),
            "// first\n\na 1 // of a\n"
        );
        assert_eq!(
            formatted("a { // of a\n  // of b\nb /* two */ 2;c /*x*/\n\n// last\n\n}"),
            "a {\n    // of a\n    // of b\n    b /* two */ 2\n    c /*x*/\n\n    // last\n}\n"
        );
        assert_eq!(formatted("/* a\n   b */\n\n\nc"), "/* a\n   b */\n\nc\n");
    }

    #[test]
    fn what_is_slashed_out_stays_out() {
        assert_eq!(
            formatted("/- a 1\nb /- 1 /-x=2 /- {\nc\n} {d}\n/-\n\ne"),
            "/-a 1\nb /-1 /-x=2 /-{\n    c\n} { d }\n/-e\n"
        );
    }

    #[test]
    fn annotations_texts_and_continued_lines_are_kept() {
        assert_eq!(
            formatted(
                "a ( let ) \"x\" b = (fmt) \"{y}\" \\ // more\n   #\"raw \" \"#   \\\n  3 \\\n\nb \"\"\"\n  x  y\n  \"\"\" 1"
            ),
            "a (let)\"x\" b=(fmt)\"{y}\" \\ // more\n    #\"raw \" \"# \\\n    3\nb \"\"\"\n  x  y\n  \"\"\" 1\n"
        );
    }

    #[test]
    fn line_ends_become_those_of_unix_and_marks_go() {
        assert_eq!(formatted("\u{feff}a 1\r\n\r\n\r\nb\u{a0}2\r\n"), "a 1\n\nb 2\n");
        assert_eq!(formatted("  \n\n"), "");
    }

    #[test]
    fn what_is_not_kdl_is_told() {
        let refused = format("spec.kdl", "a {").unwrap_err();
        assert_eq!(refused.diagnostics[0].code, code::SYNTAX);
    }
}
