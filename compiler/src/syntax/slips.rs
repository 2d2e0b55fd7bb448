//! Slips of hands that are used to other languages: `#` before a comment, commas between values, curly
//! quotation marks. Each kind is told once, and put right in the text that is parsed, byte for byte in its
//! place, so that everything else that is wrong is told in the same run.

use super::depth::{Token, next};
use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::{FileId, Place},
};
use std::borrow::Cow;

/// A kind of slip, with its places.
struct Kind {
    message: &'static str,
    label: &'static str,
    help: &'static str,
    found: Vec<(usize, usize)>,
}

/// Tells slips, and returns the text without them.
pub fn mend<'t>(file: FileId, text: &'t str, sink: &mut Sink) -> Cow<'t, str> {
    let mut hashes = Kind {
        message: "`#` begins no comment",
        label: "not a comment",
        help: "a comment begins with `//`, or stands in `/* … */`",
        found: Vec::new(),
    };
    let mut commas = Kind {
        message: "a comma stands between values",
        label: "no comma belongs here",
        help: "values and settings are set apart by blanks alone",
        found: Vec::new(),
    };
    let mut quotes = Kind {
        message: "this is no quotation mark",
        label: "a curly one",
        help: "a text stands in straight ones: `\"…\"`; word processors and web pages make them curly",
        found: Vec::new(),
    };
    if !text.contains(['#', ',']) && !text.contains(OPENING) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut mended = text.as_bytes().to_vec();
    let (mut at, mut before, mut first) = (0, Token::Newline, true);
    while let Some((token, length)) = next(bytes, at) {
        let end = at + length;
        let mut go_to = end;
        let behind = bytes.get(end).copied();
        match (token, bytes[at]) {
            (Token::Other, b'#') if begins_comment(&text[end..], first, before) => {
                go_to = at + text[at..].find('\n').unwrap_or(text.len() - at);
                mended[at..go_to].fill(b' ');
                hashes.found.push((at, end));
            }
            (Token::Other, b',')
                if before == Token::String
                    || before == Token::Other
                        && behind.is_none_or(|byte| b" \t\r\n;{}\"".contains(&byte)) =>
            {
                mended[at] = b' ';
                commas.found.push((at, end));
            }
            (Token::Other, byte) if !byte.is_ascii() => {
                let curly = text[at..].chars().next().filter(|c| OPENING.contains(c));
                if let Some(opening) = curly {
                    let inside = at + opening.len_utf8();
                    quotes.found.push((at, inside));
                    go_to = straighten(text, at, inside, &mut mended).unwrap_or(end);
                }
            }
            _ => {}
        }
        first = token == Token::Newline || first && token == Token::Space;
        before = if go_to > end { Token::String } else { token };
        at = go_to;
    }
    if hashes.found.is_empty() && commas.found.is_empty() && quotes.found.is_empty() {
        return Cow::Borrowed(text);
    }
    for kind in [hashes, commas, quotes] {
        kind.tell(file, sink);
    }
    // Only whole characters were exchanged, for as many bytes.
    String::from_utf8(mended).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Returns whether a `#`, with this behind it, was meant to begin a comment: one that begins its line, or that
/// stands between blanks. None of them means anything in KDL 2.
fn begins_comment(rest: &str, first: bool, before: Token) -> bool {
    // `#"…"#` is a text; one that is never closed is told as such. A value may begin a line behind `\` or `/-`.
    let word = rest.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
    if rest.starts_with(['"', '#']) || ["true", "false", "null", "nan", "inf", "-inf"].contains(&word) {
        return false;
    }
    let apart =
        matches!(before, Token::Space | Token::Newline | Token::Open | Token::Close | Token::Semicolon);
    first || apart && rest.starts_with([' ', '\t', '\r', '\n']) || apart && rest.is_empty()
}

/// What people use for a quotation mark that begins or ends.
const OPENING: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛'];

/// Makes straight quotation marks of a pair on one line, with blanks for their other bytes. Returns what is
/// behind it; nothing where there is no such pair.
fn straighten(text: &str, at: usize, inside: usize, mended: &mut [u8]) -> Option<usize> {
    let line = text[inside..].split('\n').next()?;
    let (length, closing) = line.char_indices().find(|(_, c)| OPENING.contains(c))?;
    let close = inside + length;
    let end = close + closing.len_utf8();
    if text[inside..close].contains(['"', '\\']) {
        return None;
    }
    mended[at..inside].fill(b' ');
    mended[inside - 1] = b'"';
    mended[close..end].fill(b' ');
    mended[close] = b'"';
    Some(end)
}

impl Kind {
    fn tell(self, file: FileId, sink: &mut Sink) {
        let Some(&(start, end)) = self.found.first() else { return };
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = Place { file, start: offset(start), end: offset(end) };
        let more = match self.found.len() - 1 {
            0 => String::new(),
            1 => "; one more stands below".to_owned(),
            more => format!("; {more} more stand below"),
        };
        sink.push(
            Diagnostic::new(code::SYNTAX, self.message)
                .at(place, self.label)
                .help(format!("{}{more}", self.help)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> (String, usize) {
        let mut sink = Sink::default();
        let made = mend(FileId(0), text, &mut sink).into_owned();
        assert_eq!(made.len(), text.len(), "{text}");
        (made, sink.errors())
    }

    #[test]
    fn slips_are_put_right_in_their_place() {
        for (text, wanted, told) in [
            ("# a {\nb", "     \nb", 1),
            ("#a \"\nb # c\n", "    \nb    \n", 1),
            ("a {# b\n}", "a {   \n}", 1),
            ("a \"b\", c=\"d\",e", "a \"b\"  c=\"d\" e", 1),
            ("a 1, b=2, c;", "a 1  b=2  c;", 1),
            ("a “b c” d=‘e’", "a   \"b c\"   d=  \"e\"  ", 1),
            ("a „b“, # c", "a   \"b\"       ", 3),
            ("a “b\nc", "a “b\nc", 1),
        ] {
            assert_eq!(mended(text), (wanted.to_owned(), told), "{text}");
        }
    }

    #[test]
    fn what_is_kdl_stays() {
        for text in [
            "a #true b=#null #\"x, # y “z”\"# ##\"\"##",
            "a \"b, # c “d”\" // e, # f “g”\n/* # h, “i” */",
            "a rw,sync it’s a,b",
            "a \\\n  #true /-\n#null",
            "#\"a\"# 1",
            "a #\"b",
            "\"\"\"\n# a, “b”\n\"\"\"",
        ] {
            assert!(matches!(mend(FileId(0), text, &mut Sink::default()), Cow::Borrowed(_)), "{text}");
        }
    }
}
