//! How much text is read. A text is measured before it is parsed, so that none of a few lines, or of a
//! few gigabytes, takes the machine down: the parser calls itself for each level of braces, and for each
//! star and slash of a comment, and keeps some hundred bytes for each word.

use super::depth::{Token, marks, next};
use crate::{
    diagnostic::{Diagnostic, code},
    source::{FileId, Place},
};
use phoenix_graph::Code;
use std::borrow::Cow;

/// The deepest nesting of braces (and of comments in comments) that is read.
pub const MAX_DEPTH: usize = 48;
/// The most text of a spec, with all that it imports, in bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// The longest single text, name or number, in bytes.
pub const MAX_WORD: usize = 64 << 10;
/// The most nodes, values and settings of a spec, with all that it imports; a long text has a few more.
pub const MAX_WORDS: usize = 500_000;
/// The most `/-` of a file: the parser looks at what they take out over and over.
pub const MAX_SLASHED: usize = 10_000;
/// The most levels that a parser which has lost its way may get into.
pub const MAX_LEVELS: usize = 4096;

/// What may still be read of a spec.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    bytes: usize,
    words: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: MAX_BYTES, words: MAX_WORDS }
    }
}

/// What there is too much of, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    code: Code,
    /// The first byte, and the first after it.
    span: (usize, usize),
    message: String,
    label: String,
    help: &'static str,
}

impl Excess {
    /// Tells it.
    pub fn told(self, file: FileId) -> Diagnostic {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = Place { file, start: offset(self.span.0), end: offset(self.span.1) };
        Diagnostic::new(self.code, self.message).at(place, self.label).help(self.help)
    }
}

impl Budget {
    /// Takes a text, or says what there is too much of.
    ///
    /// # Errors
    /// [`Excess`] where the text is not to be parsed.
    pub fn take(&mut self, text: &str) -> Result<(), Excess> {
        let large = |message, span, label, help| Excess { code: code::TOO_LARGE, span, message, label, help };
        let deep = |message: &str, at: usize, length, help| Excess {
            code: code::TOO_DEEP,
            span: (at, at + length),
            message: message.to_owned(),
            label: format!("this is level {}", MAX_DEPTH + 1),
            help,
        };
        let Some(left) = self.bytes.checked_sub(text.len()) else {
            let label = format!("a spec has {MAX_BYTES} bytes at most, with all that it imports");
            let help = "a thousand datasets are some 100,000 bytes: is this a spec?";
            return Err(large(format!("the file has {} bytes", text.len()), (0, 0), label, help));
        };
        self.bytes = left;
        // A word of the parser takes as much as 64 bytes of text may take, sixteen times over.
        let most = self.words + text.len() / 64;
        let bytes = text.as_bytes();
        let (mut depth, mut words, mut slashed) = (0usize, 0usize, 0usize);
        let mut apart = true;
        let mut at = 0;
        while let Some((token, length)) = next(bytes, at) {
            let here = &bytes[at..at + length];
            let begins =
                std::mem::replace(&mut apart, !matches!(token, Token::Other | Token::String | Token::Broken));
            match token {
                Token::Open => depth += 1,
                Token::Close => depth = depth.saturating_sub(1),
                Token::Slashdash => slashed += 1,
                Token::Comment | Token::Broken if here.starts_with(b"/*") => {
                    if let Some((deeper, _)) = marks(here).find(|(_, depth)| *depth > MAX_DEPTH) {
                        let help = "a comment that begins with `/*` ends with `*/`, as often as it begins";
                        return Err(deep("comments are nested too deep", at + deeper, 2, help));
                    }
                }
                Token::Other | Token::String | Token::Broken => {
                    words += usize::from(begins);
                    // One of several lines that has no end is told as such.
                    let one = token == Token::String || !here.contains(&b'\n');
                    if one && length > MAX_WORD {
                        let label = format!("a text, name or number has {MAX_WORD} bytes at most");
                        let help = "is a quotation mark missing before it?";
                        // Its beginning is enough to find it.
                        let end = text.floor_char_boundary(at + 40);
                        return Err(large(format!("a word of {length} bytes"), (at, end), label, help));
                    }
                }
                _ => {}
            }
            if depth > MAX_DEPTH {
                let help = "is a closing brace missing above?";
                return Err(deep("nodes are nested too deep", at, 1, help));
            }
            if slashed > MAX_SLASHED {
                let label = format!("a file has {MAX_SLASHED} of them at most");
                let help = "delete what is not meant to hold, or make a comment of it: `/* … */`";
                return Err(large(
                    "too much is taken out by `/-`".to_owned(),
                    (at, at + length),
                    label,
                    help,
                ));
            }
            if words > most {
                let label = format!("a spec has {MAX_WORDS} at most, with all that it imports");
                let help = "say what is alike once, in a profile or with `each`";
                let end = text.floor_char_boundary(at + length.min(40));
                return Err(large("too many nodes and values".to_owned(), (at, end), label, help));
            }
            at += length;
        }
        self.words = self.words.saturating_sub(words);
        Ok(())
    }
}

/// Returns how deep a parser could get into a text at worst: one that has lost its way takes for a brace or
/// a comment what stands in a string.
pub fn levels(text: &str) -> usize {
    let count = |wanted: &[u8]| text.bytes().filter(|byte| wanted.contains(byte)).count();
    count(b"{") + if text.contains("/*") { count(b"*/") } else { 0 }
}

/// Blanks the comments `/* … */` of a text, each byte for a space. They mean the same, and the parser would
/// call itself for each star and slash in them.
pub fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut made = String::with_capacity(text.len());
    let mut kept = 0;
    let mut at = 0;
    while let Some((token, length)) = next(text.as_bytes(), at) {
        if token == Token::Comment && text[at..].starts_with("/*") {
            made.push_str(&text[kept..at]);
            made.extend(std::iter::repeat_n(' ', length));
            kept = at + length;
        }
        at += length;
    }
    made.push_str(&text[kept..]);
    Cow::Owned(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<(Code, usize)> {
        Budget::default().take(text).err().map(|excess| (excess.code, excess.span.0))
    }

    #[test]
    fn braces_are_counted_outside_of_strings_and_comments() {
        let open = "a{".repeat(MAX_DEPTH);
        assert_eq!(at(&open), None);
        assert_eq!(at(&format!("{open}a{{")), Some((code::TOO_DEEP, open.len() + 1)));
        assert_eq!(at(&format!("{open} \"{{\" #\"{{\"{{\"# // {{")), None);
        assert_eq!(at(&format!("{open} /* {{ /* {{ */ {{ */ a}}b{{")), None);
        assert_eq!(at(&format!("\"}}}} \n{open}{{")), Some((code::TOO_DEEP, open.len() + 5)));
    }

    #[test]
    fn comments_are_counted_as_the_parser_reads_them() {
        // Each mark is two bytes of its own: `/*/` closes nothing.
        let deep = |levels: usize| "/*".repeat(levels) + &"*/".repeat(levels);
        assert_eq!(at(&deep(MAX_DEPTH)), None);
        assert_eq!(at(&deep(MAX_DEPTH + 1)), Some((code::TOO_DEEP, 2 * MAX_DEPTH)));
        assert_eq!(at(&"/*".repeat(MAX_DEPTH + 1)), Some((code::TOO_DEEP, 2 * MAX_DEPTH)));
    }

    #[test]
    fn what_is_too_large_is_told_where_it_is() {
        let long = "x".repeat(MAX_WORD + 1);
        assert_eq!(at(&format!("a {long}")), Some((code::TOO_LARGE, 2)));
        assert_eq!(at(&format!("a \"{long}\"")), Some((code::TOO_LARGE, 2)));
        assert_eq!(at(&format!("a #\"{long}\"#")), Some((code::TOO_LARGE, 2)));
        assert_eq!(at(&format!("/* {long} */ // {long}")), None);
        assert_eq!(at(&"/-a ".repeat(MAX_SLASHED + 1)), Some((code::TOO_LARGE, 4 * MAX_SLASHED)));
        assert!(at(&"a;".repeat(MAX_WORDS)).is_none());
        assert!(at(&"a;".repeat(MAX_WORDS * 2)).is_some());
        let mut budget = Budget::default();
        assert!(
            budget.take(&"a=1 ".repeat(MAX_WORDS / 2)).is_ok()
                && budget.take(&"a=1 ".repeat(MAX_WORDS)).is_err()
        );
    }

    #[test]
    fn a_text_without_its_comments_has_the_same_places() {
        let text = "a /* é /* b */ */ \"/* c */\" // /* d\n#\"/*\"# /* e */ \"\"\"\n /* f */\n \"\"\" /* g";
        let made = without_comments(text);
        assert_eq!(
            made,
            "a                  \"/* c */\" // /* d\n#\"/*\"#         \"\"\"\n /* f */\n \"\"\" /* g"
        );
        assert_eq!(made.len(), text.len());
        assert!(matches!(without_comments("a // b"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_runs_of_one_byte_take_one_look() {
        for byte in ["#", "\"", "#\"", "/*", "*/", "\\", "\"\"\"\n", "/-"] {
            let text = byte.repeat(1 << 18);
            at(&format!("{}{text}", "#".repeat(1 << 18)));
            without_comments(&text);
        }
    }
}
