//! A node's line, read without being parsed: its word, values, and `name=value` as one part.

use super::depth::{Token, next};

/// Splits a line at its spaces.
pub fn parts(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let mut at = start;
    let mut depth = 0usize;
    let mut apart = true;
    while let Some((token, length)) = next(&text.as_bytes()[..end], at) {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let between =
            matches!(token, Token::Space | Token::Newline | Token::Comment | Token::Continue) && depth == 0;
        if !between {
            match parts.last_mut() {
                Some(part) if !apart || joined(&text[part.0..part.1], &text.as_bytes()[at..end]) => {
                    part.1 = at + length;
                }
                _ => parts.push((at, at + length)),
            }
        }
        apart = between;
        at += length;
    }
    parts
}

/// Returns whether a part goes on behind a space.
fn joined(part: &str, rest: &[u8]) -> bool {
    part.ends_with(['=', ')']) || part.ends_with("/-") || rest.starts_with(b"=")
}

/// Finds the first byte inside of the block that a node's line opens between two bytes of a text.
pub fn opening(text: &str, start: usize, end: usize) -> Option<usize> {
    let mut found = None;
    let mut at = start;
    let mut depth = 0usize;
    while let Some((token, length)) = next(&text.as_bytes()[..end], at) {
        at += length;
        match token {
            Token::Open => {
                depth += 1;
                found = if depth == 1 { Some(at) } else { found };
            }
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

/// Finds where the line of the last node of a text begins, which is its end where none was begun;
/// nothing where the text ends inside a comment or a text of several lines.
pub fn last(text: &str) -> Option<usize> {
    let mut begun: Option<usize> = None;
    let mut at = 0;
    let mut goes_on = false;
    while let Some((token, length)) = next(text.as_bytes(), at) {
        let end = at + length;
        match token {
            Token::Open | Token::Close | Token::Semicolon => begun = None,
            Token::Newline if !goes_on => begun = None,
            Token::Comment if end == text.len() && !text.ends_with("*/") => return None,
            Token::Broken
                if end == text.len() && (text[at..end].contains('\n') || text[at..].starts_with("/*")) =>
            {
                return None;
            }
            Token::Space | Token::Newline | Token::Comment => {}
            _ => {
                begun.get_or_insert(at);
            }
        }
        goes_on = match token {
            Token::Continue | Token::Slashdash => true,
            Token::Space | Token::Comment => goes_on,
            _ => false,
        };
        at = end;
    }
    Some(begun.unwrap_or(text.len()))
}
