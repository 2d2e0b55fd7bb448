//! Text → pieces, as KDL 2 tells them apart. The text was parsed before, so what is odd in here is
//! none of the text's fault; it is given up rather than guessed at.

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'t> {
    /// A string, number, keyword or bare word, as it was written.
    Word(&'t str),
    /// `// …`, to the end of its line.
    Line(&'t str),
    /// `/* … */`
    Comment(&'t str),
    /// `/-`
    Slashdash,
    /// A line that goes on in the next one: `\`
    Continue,
    Newline,
    /// `;`
    Semicolon,
    /// `=`
    Equals,
    /// `(`
    OpenType,
    /// `)`
    CloseType,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// Reads all pieces of a text; space between them is left out.
pub fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\r' if rest.starts_with("\r\n") => (Some(Token::Newline), 2),
            _ if is_newline(first) => (Some(Token::Newline), first.len_utf8()),
            _ if is_space(first) => (None, first.len_utf8()),
            '{' => (Some(Token::Open), 1),
            '}' => (Some(Token::Close), 1),
            '(' => (Some(Token::OpenType), 1),
            ')' => (Some(Token::CloseType), 1),
            ';' => (Some(Token::Semicolon), 1),
            '=' => (Some(Token::Equals), 1),
            '\\' => (Some(Token::Continue), 1),
            '/' if rest.starts_with("//") => {
                let length = rest.find(is_newline).unwrap_or(rest.len());
                (Some(Token::Line(&rest[..length])), length)
            }
            '/' if rest.starts_with("/-") => (Some(Token::Slashdash), 2),
            '/' if rest.starts_with("/*") => {
                let length = comment(rest)?;
                (Some(Token::Comment(&rest[..length])), length)
            }
            _ => {
                let length = word(rest)?;
                (Some(Token::Word(&rest[..length])), length)
            }
        };
        found.extend(token);
        rest = &rest[length..];
    }
    Some(found)
}

/// Returns whether KDL 2 takes a character for the end of a line.
fn is_newline(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}')
}

/// Returns whether KDL 2 takes a character for space.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Returns the length of the comment that the text begins with, comments in it and all.
fn comment(rest: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(pair) = rest.as_bytes().get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth = depth.checked_sub(1)?,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Returns the length of the string or bare word that the text begins with.
fn word(rest: &str) -> Option<usize> {
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    if rest[hashes..].starts_with('"') {
        return string(rest, hashes);
    }
    let bare = rest
        .char_indices()
        .find(|&(_, c)| is_newline(c) || is_space(c) || "(){}[]/\\\";=".contains(c))
        .map_or(rest.len(), |(at, _)| at);
    (bare > 0).then_some(bare)
}

/// Returns the length of the string with this many `#` before its quotation marks.
fn string(rest: &str, hashes: usize) -> Option<usize> {
    let quoted = &rest[hashes..];
    // Two quotation marks and no third are an empty string.
    let quotes = if quoted.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
    let end = format!("{quotes}{}", "#".repeat(hashes));
    let mut at = hashes + quotes.len();
    while at < rest.len() {
        if hashes == 0 && rest.as_bytes()[at] == b'\\' {
            at += 1 + rest[at + 1..].chars().next()?.len_utf8();
        } else if rest[at..].starts_with(&end) {
            return Some(at + end.len());
        } else {
            at += rest[at..].chars().next()?.len_utf8();
        }
    }
    None
}
