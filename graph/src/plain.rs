//! Texts from elsewhere, written so that a terminal shows them and does nothing else.

use std::{borrow::Cow, fmt::Write};

/// Writes a text on one line in which every character can be seen: what would end the line, move the
/// cursor, change the direction of writing or not show at all stands as its number, `\u{1b}`.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_hidden) { Cow::Owned(escaped(text, |_| false)) } else { Cow::Borrowed(text) }
}

/// As [`plain`], but lines stay lines.
#[must_use]
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    let ends = |c: char| c == '\n';
    if text.chars().any(|c| is_hidden(c) && !ends(c)) {
        Cow::Owned(escaped(text, ends))
    } else {
        Cow::Borrowed(text)
    }
}

/// How many are named in one sentence.
const NAMED: usize = 12;

/// Lists the first of some names, and how many more there are.
#[must_use]
pub fn some(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let named = names[..names.len() - more].join(", ");
    if more == 0 { named } else { format!("{named}, and {more} more") }
}

/// Returns whether a character does something else than show itself.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    // Most of what is written is ASCII.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(
        c,
        // C1 controls, 0x9b among them, which begins a sequence as ESC [ does.
        '\u{80}'..='\u{9f}'
        // The soft hyphen, fillers and joiners, which do not show.
        | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{3164}' | '\u{ffa0}'
        // Of no width, and the marks, embeddings, overrides and isolates of a direction.
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        // The separators of lines and paragraphs.
        | '\u{2028}' | '\u{2029}'
        // Annotations and tags.
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut written = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if keep(c) || !is_hidden(c) => written.push(c),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            // Writing to a string does not fail.
            c => _ = write!(written, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_as_its_number() {
        assert_eq!(plain("a\u{1b}[2K\u{1b}[1Ab"), "a\\u{1b}[2K\\u{1b}[1Ab");
        assert_eq!(plain("one\ntwo\r\tx"), "one\\ntwo\\r\\tx");
        assert_eq!(plain_lines("one\ntwo\u{9b}2J"), "one\ntwo\\u{9b}2J");
        assert_eq!(plain("user\u{202e}gnp.exe"), "user\\u{202e}gnp.exe");
        assert!(matches!(plain("tank/a b – „Täst“ → 日本 ✓"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text: String) {
            prop_assert!(!plain(&text).chars().any(is_hidden));
            prop_assert!(!plain_lines(&text).chars().any(|c| is_hidden(c) && c != '\n'));
            // Nothing that any terminal takes for a control is overlooked.
            prop_assert!(!plain(&text).chars().any(char::is_control));
        }
    }
}
