//! Reads a text just closely enough to know its braces: measures its nesting before the parser
//! recurses into it.

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
    /// A line feed.
    Newline,
    /// A blank.
    Space,
    /// `;`
    Semicolon,
    /// `\`, outside of strings: the line goes on in the next one.
    Continue,
    /// `/-`
    Slashdash,
    /// A piece of anything else.
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
            (Token::Comment, rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()))
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

/// Returns the byte at which braces, or comments in comments, are nested deeper than `most`.
///
/// Where a text is so broken that this reading and the parser's differ, [`opened`] says how deep
/// the parser could get at worst.
pub fn too_deep(text: &str, most: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some((token, length)) = next(bytes, at) {
        match token {
            Token::Open => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::Comment | Token::Broken if length > most => {
                if let Some(deep) = deep_comment(&bytes[at..at + length], most) {
                    return Some(at + deep);
                }
            }
            _ => {}
        }
        at += length;
    }
    None
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

/// Returns how often the text opens anything, wherever it stands: no reading nests deeper.
pub fn opened(text: &str) -> usize {
    let comments = text.as_bytes().windows(2).filter(|pair| pair == b"/*").count();
    text.bytes().filter(|byte| *byte == b'{').count() + comments
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

/// Reads the comment that the text begins with, comments in it and all.
fn comment(rest: &[u8]) -> (Token, usize) {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (Token::Comment, at);
            }
        } else {
            at += 1;
        }
    }
    (Token::Broken, rest.len())
}

fn deep_comment(comment: &[u8], most: usize) -> Option<usize> {
    if !comment.starts_with(b"/*") {
        return None;
    }
    let mut depth = 0usize;
    for (at, pair) in comment.windows(2).enumerate() {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_counted_outside_of_strings_and_comments() {
        assert_eq!(too_deep("a { b { c } }", 2), None);
        assert_eq!(too_deep("a { b { c { } } }", 2), Some(10));
        assert_eq!(too_deep(r##"a "{{{" #"{"{"# { // {{{"##, 1), None);
        assert_eq!(too_deep("/* { /* { */ { */ a {}", 2), None);
        assert_eq!(too_deep("/* /* /* */ */ */", 2), Some(6));
        assert_eq!(too_deep("a \"\"\"\n}}}\n\"\"\" { b { c {", 2), Some(22));
        assert_eq!(too_deep("\"}}}} \n{{{", 2), Some(9));
    }

    #[test]
    fn many_slashdashes_in_a_row_are_seen_and_those_in_comments_are_none() {
        assert!(slashed_over(&"/- /**/ ".repeat(9)));
        assert!(!slashed_over(&format!("// {}\na \"{}\"", "/-".repeat(9), "/-".repeat(9))));
        assert!(!slashed_over(&"/- a\n".repeat(20)));
    }

    #[test]
    fn long_runs_of_one_byte_take_one_look() {
        for byte in ["#", "\"", "#\"", "/*", "*/", "\\", "\"\"\"\n", "/-"] {
            let text = byte.repeat(1 << 18);
            too_deep(&format!("{}{text}", "#".repeat(1 << 18)), 48);
            slashed_over(&text);
        }
    }
}
