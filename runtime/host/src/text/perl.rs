//! Blanks as Perl has them in bytes, by which Proxmox splits its files: beyond ASCII there are none.

/// Returns whether Perl's `\s` matches.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{b}'
}

/// Takes blanks from both ends.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Takes blanks from the beginning.
#[must_use]
pub fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

/// Takes blanks from the end.
#[must_use]
pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_blank)
}
