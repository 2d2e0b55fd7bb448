//! How paths are spelled in exports files and in the live table: what would end or split a word
//! stands as a backslash and three octal digits, a space as `\040` (`exports(5)`).

use std::fmt::Write;

/// Writes a path so that it stays one word: white space, control characters, `"`, `#` and `\` as
/// octal numbers.
#[must_use]
pub fn escape_path(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii() && (c.is_ascii_control() || matches!(c, ' ' | '"' | '#' | '\\')) {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\{:03o}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Reads a path that was written so. A backslash without three octal digits stands for itself, and
/// bytes that are no UTF-8 become `U+FFFD`.
#[must_use]
pub fn unescape_path(text: &str) -> String {
    String::from_utf8_lossy(&unescape_bytes(text.as_bytes())).into_owned()
}

/// As [`unescape_path`], of bytes that need not be text.
#[must_use]
pub fn unescape_bytes(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        match octal(after).filter(|_| first == b'\\') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

fn octal(text: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(text.get(..3)?).ok()?;
    digits.bytes().all(|digit| matches!(digit, b'0'..=b'7')).then_some(())?;
    u8::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_space_is_written_as_an_octal_number() {
        assert_eq!(escape_path("/tank/my data"), r"/tank/my\040data");
        assert_eq!(unescape_path(r"/tank/my\040data"), "/tank/my data");
        assert_eq!(escape_path("/a\"b#c\\d\te"), r"/a\042b\043c\134d\011e");
        // Not even where a number would be read out of it.
        for odd in [r"/a\9\04", r"/a\+12", r"/a\777", r"/a\0x1", "/a\\"] {
            assert_eq!(unescape_path(odd), odd);
        }
        assert_eq!(escape_path("/täst"), "/täst");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(path: String) {
            let escaped = escape_path(&path);
            prop_assert!(!escaped.contains([' ', '"', '#', '\t', '\n']));
            prop_assert_eq!(unescape_path(&escaped), path);
        }
    }
}
