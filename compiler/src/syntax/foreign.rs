//! Texts in another language, which are no specs at all: told once, and not for each of their lines.

use crate::{
    diagnostic::{Diagnostic, code},
    source::{FileId, Place},
};

/// Tells that a text is JSON, YAML or Nix; nothing for any other. None of these begins as a spec could.
pub fn told(file: FileId, text: &str) -> Option<Diagnostic> {
    let (language, at) = language(text)?;
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let end = text[at..].chars().next().map_or(at, |first| at + first.len_utf8());
    Some(
        Diagnostic::new(code::SYNTAX, format!("this is {language}, and no spec"))
            .at(Place { file, start: offset(at), end: offset(end) }, "a spec is written in KDL 2")
            .help("`phoenix init` writes one to begin with; `phoenix import --live` writes that of a running host"),
    )
}

/// Returns the language that a text begins like, and its first byte that says something.
fn language(text: &str) -> Option<(&'static str, usize)> {
    let inside = text.trim_start_matches('\u{feff}');
    let (line, at) = first_line(inside, text.len() - inside.len())?;
    let behind = |bracket: char| text[at..].strip_prefix(bracket).map(str::trim_start);
    if behind('{').is_some_and(|rest| rest.starts_with(['"', '}']))
        || behind('[').is_some_and(|rest| rest.starts_with(['"', '{', ']']))
    {
        return Some(("JSON", at));
    }
    if line.starts_with('{') && (text.contains("}:") || text.contains(" = {")) {
        return Some(("Nix", at));
    }
    // A word ends where KDL ends one, so that a text and its layout are of one language: `a://` is laid out as `a: //`.
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | ';' | '{');
    let word = line.split(ends).next().unwrap_or_default();
    let key = word.strip_suffix(':').is_some_and(|key| !key.is_empty() && !key.contains(['"', '{', '(']));
    (matches!(word, "-" | "---") || key).then_some(("YAML", at))
}

/// Finds the first line that says something, without its blanks, and where it begins; `#` is a comment in
/// YAML and Nix.
fn first_line(text: &str, start: usize) -> Option<(&str, usize)> {
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let comment = bare.strip_prefix('#').is_some_and(|rest| !rest.starts_with(['"', '#']));
        if !bare.is_empty() && !comment {
            return Some((bare, at + (line.len() - line.trim_start().len())));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_another_language_is_known_by_its_beginning() {
        for (text, wanted) in [
            ("{ \"a\": 1 }", Some(("JSON", 0))),
            ("\u{feff}\n  [\n{}]", Some(("JSON", 6))),
            ("# play\n---\n- hosts: all\n", Some(("YAML", 7))),
            ("- name: x\n", Some(("YAML", 0))),
            ("zfs_pools:\n  - tank\n", Some(("YAML", 0))),
            ("{ lib, ... }: {\n disko.devices = {}; }\n", Some(("Nix", 0))),
            ("edition 1\n", None),
            ("# mine\nedition 1\n", None),
            ("[tank]\n", None),
            ("\"a:\" 1\n", None),
            ("{\n}\n} x", Some(("JSON", 0))),
            ("- 1\n", Some(("YAML", 0))),
            ("a://\n", Some(("YAML", 0))),
            ("\u{10b78}://", Some(("YAML", 0))),
            ("a:/* b */ c\n", Some(("YAML", 0))),
            ("a:;\n", Some(("YAML", 0))),
            ("a:{}\n", Some(("YAML", 0))),
            ("a:\\\n 1\n", Some(("YAML", 0))),
            ("a:\u{a0}1\n", Some(("YAML", 0))),
            ("a:b://\n", Some(("YAML", 0))),
            ("-{}\n", Some(("YAML", 0))),
            ("-//\n", Some(("YAML", 0))),
            ("---;\n", Some(("YAML", 0))),
            ("-", Some(("YAML", 0))),
            ("--- 1", Some(("YAML", 0))),
            ("-1\n", None),
            ("a//:\n", None),
            ("", None),
        ] {
            assert_eq!(language(text), wanted, "{text:?}");
        }
    }
}
