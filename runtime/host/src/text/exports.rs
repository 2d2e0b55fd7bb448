//! Reads the form of `exports(5)`: a path, then clients with their options in brackets.

use crate::observed::HeldExport;
use phoenix_graph::export::{ExportOptions, unescape_path};

/// One entry for one client, or what is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// An export.
    Entry {
        /// The exported path.
        path: Box<str>,
        /// The client; `*` where options stand alone.
        client: Box<str>,
        /// The options as they stand, joined by commas; empty where none are given.
        options: Box<str>,
    },
    /// Why the line cannot be read.
    Bad(String),
}

/// Reads the entries that files hold, each file's text with its name; lines that cannot be read are
/// passed over, as the server does.
pub fn held<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<HeldExport> {
    let of_file = |(file, text): (&str, &str)| {
        let entry = |(at, line)| match line {
            Line::Entry { path, client, options } => {
                let options = ExportOptions::from_etab(&options);
                Some(HeldExport { file: file.into(), line: at, path, client, options })
            }
            Line::Bad(_) => None,
        };
        entries(text).into_iter().filter_map(entry).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(of_file).collect()
}

/// Reads a file's entries with their line numbers, from 1.
#[must_use]
pub fn entries(text: &str) -> Vec<(usize, Line)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            match lines.next() {
                Some((_, more)) => whole.push_str(more),
                None => break,
            }
        }
        for entry in line_entries(&whole) {
            found.push((index + 1, entry));
        }
    }
    found
}

/// Reads the live table, `/var/lib/nfs/etab`: path, client and options of each entry. A line of another
/// form is no entry.
pub fn table(text: &str) -> impl Iterator<Item = (Box<str>, Box<str>, Box<str>)> {
    text.lines().filter_map(|line| {
        let (path, rest) = line.split_once('\t')?;
        let (client, options) = rest.trim_end().strip_suffix(')')?.split_once('(')?;
        Some((unescape_path(path).into(), client.into(), options.into()))
    })
}

fn line_entries(line: &str) -> Vec<Line> {
    let mut words = words(line).into_iter();
    let Some(path) = words.next() else { return Vec::new() };
    if !path.starts_with('/') {
        return vec![Line::Bad(format!("not an absolute path: {path:?}"))];
    }
    let mut found = Vec::new();
    // `-options` before the clients are defaults for those that follow.
    let mut common = String::new();
    for word in words {
        if let Some(options) = word.strip_prefix('-') {
            common = options.to_owned();
            continue;
        }
        let (client, own) = match word.split_once('(') {
            None => (word.as_str(), ""),
            Some((client, rest)) => match rest.strip_suffix(')') {
                Some(own) => (client, own),
                None => return vec![Line::Bad(format!("missing close parenthesis in {word:?}"))],
            },
        };
        let options = match (common.is_empty(), own.is_empty()) {
            (false, false) => format!("{common},{own}"),
            _ => format!("{common}{own}"),
        };
        let client = if client.is_empty() { "*" } else { client };
        found.push(Line::Entry {
            path: path.as_str().into(),
            client: client.into(),
            options: options.into(),
        });
    }
    if found.is_empty() {
        found.push(Line::Entry { path: path.into(), client: "*".into(), options: common.into() });
    }
    found
}

/// Splits at blanks outside double quotes, takes `\040` for a blank, and stops at `#`.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted && word.is_empty() => break,
            c if c.is_ascii_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words.iter().map(|word| unescape_path(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ETAB: &str = include_str!("../../tests/fixtures/etab.txt");
    const FILE: &str = include_str!("../../tests/fixtures/phoenix.exports.txt");

    #[test]
    fn the_file_and_the_live_table_name_the_same_exports() {
        let mut live: Vec<(Box<str>, Box<str>)> =
            table(ETAB).map(|(path, client, _)| (path, client)).collect();
        let mut written: Vec<(Box<str>, Box<str>)> = entries(FILE)
            .into_iter()
            .map(|(_, line)| match line {
                // The server resolves names.
                Line::Entry { path, client, .. } if &*client == "localhost" => (path, "127.0.0.1".into()),
                Line::Entry { path, client, .. } => (path, client),
                Line::Bad(why) => panic!("{why}"),
            })
            .collect();
        live.sort();
        written.sort();
        assert_eq!(live, written);
    }

    #[test]
    fn a_blank_before_the_bracket_gives_everyone_the_options() {
        let clients: Vec<Line> = entries("/a host (rw)").into_iter().map(|(_, line)| line).collect();
        let entry = |client: &str, options: &str| Line::Entry {
            path: "/a".into(),
            client: client.into(),
            options: options.into(),
        };
        assert_eq!(clients, [entry("host", ""), entry("*", "rw")]);
    }

    #[test]
    fn comments_continuations_quotes_and_escapes_are_read() {
        let text = "# all\n\"/a b\" \\\n  h(rw) # end\n/c\\040d *(ro)\n";
        let found: Vec<(usize, String)> = entries(text)
            .into_iter()
            .map(|(number, line)| match line {
                Line::Entry { path, .. } => (number, path.into()),
                Line::Bad(why) => panic!("{why}"),
            })
            .collect();
        assert_eq!(found, [(2, "/a b".to_owned()), (4, "/c d".to_owned())]);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,120}") {
            let _ = entries(&text);
            let _ = table(&text).count();
            let _ = unescape_path(&text);
        }
    }
}
