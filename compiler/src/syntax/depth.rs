//! Reads a text just closely enough to tell its braces, strings and comments apart, as KDL 2 does.

/// What stands at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// `{`
    Open,
    /// `}`
    Close,
    /// A whole string.
    String,
    /// A whole comment; one that runs to the end of its line leaves the newline.
    Comment,
    Newline,
    Space,
    /// `;`
    Semicolon,
    /// `\`, outside of strings: the line goes on in the next one.
    Continue,
    /// `/-`
    Slashdash,
    Other,
    /// A string or comment that closes nowhere, from here to the end.
    Broken,
}

/// Reads the token at a byte and returns it with its length.
pub fn next(bytes: &[u8], at: usize) -> Option<(Token, usize)> {
    let rest = bytes.get(at..)?;
    Some(match *rest.first()? {
        b'{' => (Token::Open, 1),
        b'}' => (Token::Close, 1),
        b'\n' => (Token::Newline, 1),
        b' ' | b'\t' | b'\r' => (Token::Space, 1),
        b';' => (Token::Semicolon, 1),
        b'\\' => (Token::Continue, 1),
        b'"' | b'#' => match string(rest) {
            Some(found) => found,
            // All at once: reading them one by one would look at the rest of them each time.
            None => (Token::Other, rest.iter().take_while(|byte| **byte == b'#').count()),
        },
        b'/' if rest.starts_with(b"//") => {
            (Token::Comment, (0..rest.len()).find(|at| newline(&rest[*at..]) > 0).unwrap_or(rest.len()))
        }
        b'/' if rest.starts_with(b"/*") => comment(rest),
        b'/' if rest.starts_with(b"/-") => (Token::Slashdash, 2),
        // A word at once, so that no character is cut.
        _ => (Token::Other, rest.iter().take_while(|byte| is_of_word(**byte)).count().max(1)),
    })
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte) || !byte.is_ascii()
}

/// The most `/-` in a row that the parser is given.
const MOST_SLASHED: usize = 8;

/// Returns whether the text has many `/-` in a row, which mean nothing: the parser takes cubic time
/// over them.
pub fn slashed_over(text: &str) -> bool {
    if !text.contains("/-") {
        return false;
    }
    let mut row = 0usize;
    let mut at = 0;
    while let Some((token, length)) = next(text.as_bytes(), at) {
        match token {
            Token::Slashdash => row += 1,
            Token::Space | Token::Newline | Token::Comment => {}
            _ => row = 0,
        }
        if row > MOST_SLASHED {
            return true;
        }
        at += length;
    }
    false
}

/// Reads the string that the text begins with, where it begins with one.
fn string(rest: &[u8]) -> Option<(Token, usize)> {
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    if rest.get(hashes) != Some(&b'"') {
        return None;
    }
    let multi = rest[hashes..].starts_with(b"\"\"\"") && !rest[hashes..].starts_with(b"\"\"\"\"");
    let quotes = if multi { 3 } else { 1 };
    let mut at = hashes + quotes;
    while at < rest.len() {
        match rest[at] {
            // All space behind it is left out, with the ends of lines.
            b'\\' if hashes == 0 && space(&rest[at + 1..]) > 0 => {
                at += 1;
                while space(&rest[at..]) > 0 {
                    at += space(&rest[at..]);
                }
            }
            b'\\' if hashes == 0 => at += 2,
            // The parser goes on with the next line.
            b'\n' if !multi => return Some((Token::Broken, at)),
            b'"' if rest[at..].iter().take(quotes).filter(|byte| **byte == b'"').count() == quotes
                && rest[at + quotes..].iter().take(hashes).take_while(|byte| **byte == b'#').count()
                    == hashes =>
            {
                return Some((Token::String, at + quotes + hashes));
            }
            _ => at += 1,
        }
    }
    Some((Token::Broken, rest.len()))
}

/// Returns the length of the end of a line that the text begins with; 0 where it begins with none.
fn newline(rest: &[u8]) -> usize {
    match rest {
        [b'\n' | b'\r' | 0x0b | 0x0c, ..] => 1,
        // U+0085
        [0xc2, 0x85, ..] => 2,
        // U+2028 and U+2029
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

/// Returns the length of the blank or the end of a line that the text begins with; 0 where it begins with
/// none.
fn space(rest: &[u8]) -> usize {
    match rest {
        [b' ' | b'\t', ..] => 1,
        // U+00A0
        [0xc2, 0xa0, ..] => 2,
        // U+1680; U+2000 to U+200A, U+202F, U+205F; U+3000
        [0xe1, 0x9a, 0x80, ..] | [0xe2, 0x80, 0x80..=0x8a | 0xaf, ..] => 3,
        [0xe2, 0x81, 0x9f, ..] | [0xe3, 0x80, 0x80, ..] => 3,
        _ => newline(rest),
    }
}

/// Reads the comment that the text begins with, comments in it and all.
fn comment(rest: &[u8]) -> (Token, usize) {
    match marks(rest).find(|(_, depth)| *depth == 0) {
        Some((at, _)) => (Token::Comment, at + 2),
        None => (Token::Broken, rest.len()),
    }
}

/// Finds each `/*` and `*/` of a comment that the text begins with, and how many are open behind it.
pub fn marks(rest: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut depth = 0usize;
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let pair = rest.get(at..at + 2)?;
            at += 1;
            match pair {
                b"/*" => depth += 1,
                b"*/" => depth = depth.saturating_sub(1),
                _ => continue,
            }
            at += 1;
            return Some((at - 2, depth));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_slashdashes_in_a_row_are_seen_and_those_in_comments_are_none() {
        assert!(slashed_over(&"/- /**/ ".repeat(9)));
        assert!(!slashed_over(&format!("// {}\na \"{}\"", "/-".repeat(9), "/-".repeat(9))));
        assert!(!slashed_over(&"/- a\n".repeat(20)));
    }

    #[test]
    fn a_text_goes_on_behind_a_backslash_and_a_comment_ends_with_any_end_of_a_line() {
        let first = |text: &str| next(text.as_bytes(), 0);
        assert_eq!(first("\"a \\ \u{a0}\n  b\" c"), Some((Token::String, 12)));
        assert_eq!(first("\"a\n b\""), Some((Token::Broken, 2)));
        assert_eq!(first("//a\u{2028}b\n"), Some((Token::Comment, 3)));
        assert_eq!(first("/*/*/ */ */ b"), Some((Token::Comment, 11)));
    }
}
