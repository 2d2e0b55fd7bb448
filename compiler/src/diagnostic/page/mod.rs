//! The pages of `phoenix explain`: for every code why it matters on a storage host, an example that
//! gives it and one that does not. Title and meaning stand in the table of codes; here are the rows
//! that go with them, by what they are about.

mod datasets;
mod files;
mod language;
mod names;
mod pools;
mod shares;

use super::Code;
use std::borrow::Cow;

/// What `phoenix explain` tells about a code, beside its row of the table.
#[derive(Debug)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// Why it matters on a storage host.
    pub why: &'static str,
    /// A spec that gives the code, and the same put right; nothing for what no spec should bring about.
    pub examples: Option<(Example, Example)>,
}

/// An example of a page.
#[derive(Debug, Clone, Copy)]
pub enum Example {
    /// A whole spec. A line `=== NAME ===` begins a further file.
    Whole(&'static str),
    /// What stands in a pool of two disks, in a spec of its own.
    Pool(&'static str),
    /// What stands straight in the file, and then what stands in such a pool.
    Top(&'static str, &'static str),
}

impl Example {
    /// Returns the text of the whole spec, further files and all.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        let (top, inside) = match *self {
            Example::Whole(text) => return Cow::Borrowed(text),
            Example::Pool(inside) => ("", inside),
            Example::Top(top, inside) => (top, inside),
        };
        let mut text = String::from("edition 1\n");
        text.extend(top.lines().flat_map(|line| [line, "\n"]));
        text.push_str("pool \"tank\" {\n");
        text.push_str("    mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n");
        text.extend(inside.lines().flat_map(|line| ["    ", line, "\n"]));
        text.push_str("}\n");
        Cow::Owned(text)
    }

    /// Returns the files of the example, each with its name; the first is the spec.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![("spec.kdl".to_owned(), String::new())];
        for line in self.text().lines() {
            match line.strip_prefix("=== ").and_then(|rest| rest.strip_suffix(" ===")) {
                Some(name) => files.push((name.to_owned(), String::new())),
                None => {
                    if let Some((_, text)) = files.last_mut() {
                        text.push_str(line);
                        text.push('\n');
                    }
                }
            }
        }
        files
    }
}

impl Code {
    /// Returns the code's page.
    #[must_use]
    pub fn page(self) -> Option<&'static Page> {
        pages().find(|page| page.code == self)
    }
}

/// Returns all pages.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    let all = [files::PAGES, language::PAGES, names::PAGES, datasets::PAGES, pools::PAGES, shares::PAGES];
    all.into_iter().flatten()
}

const fn page(code: Code, why: &'static str, wrong: Example, right: Example) -> Page {
    Page { code, why, examples: Some((wrong, right)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::code::TABLE;

    #[test]
    fn every_code_has_one_page() {
        for entry in TABLE {
            assert_eq!(pages().filter(|page| page.code == entry.code).count(), 1, "{}", entry.name);
        }
    }

    #[test]
    fn only_a_defect_has_no_examples() {
        let without: Vec<_> = pages().filter(|page| page.examples.is_none()).map(|page| page.code).collect();
        assert_eq!(without, [Code::Internal]);
    }
}
