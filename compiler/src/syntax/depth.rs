//! Measures the nesting of a text before the parser recurses into it.

/// Returns the byte at which braces, or comments in comments, are nested deeper than `most`.
///
/// Strings and comments are passed over. Where a text is so broken that this reading and the
/// parser's differ, [`opened`] says how deep the parser could get at worst.
pub fn too_deep(text: &str, most: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match bytes[at] {
            b'{' => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
                at += 1;
            }
            b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            b'"' | b'#' if string_start(rest).is_some() => at += string_length(rest),
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            }
            b'/' if rest.starts_with(b"/*") => match comment_length(rest, most) {
                Ok(length) => at += length,
                Err(deep) => return Some(at + deep),
            },
            _ => at += 1,
        }
    }
    None
}

/// Returns how often the text opens anything, wherever it stands: no reading nests deeper.
pub fn opened(text: &str) -> usize {
    let comments = text.as_bytes().windows(2).filter(|pair| pair == b"/*").count();
    text.bytes().filter(|byte| *byte == b'{').count() + comments
}

/// Returns the number of `#` before a quotation mark, where the text begins with a string.
fn string_start(rest: &[u8]) -> Option<usize> {
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    (rest.get(hashes) == Some(&b'"')).then_some(hashes)
}

/// Returns the length of the string that the text begins with, 1 where it closes nowhere.
fn string_length(rest: &[u8]) -> usize {
    let hashes = string_start(rest).unwrap_or_default();
    let multi = rest[hashes..].starts_with(b"\"\"\"");
    let quotes = if multi { 3 } else { 1 };
    let mut at = hashes + quotes;
    while at < rest.len() {
        match rest[at] {
            b'\\' if hashes == 0 => at += 2,
            b'\n' if !multi => return hashes + quotes,
            b'"' if rest[at..].iter().take_while(|byte| **byte == b'"').count() >= quotes
                && rest[at + quotes..].iter().take_while(|byte| **byte == b'#').count() >= hashes =>
            {
                return at + quotes + hashes;
            }
            _ => at += 1,
        }
    }
    hashes + quotes
}

/// Returns the length of the comment that the text begins with; an error where it is too deep.
fn comment_length(rest: &[u8], most: usize) -> Result<usize, usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            if depth > most {
                return Err(at);
            }
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at += 1;
        }
    }
    Ok(rest.len())
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
}
