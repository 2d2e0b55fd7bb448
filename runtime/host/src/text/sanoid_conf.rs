//! `sanoid.conf`, as Config::IniFiles reads it: sections in brackets, `KEY = VALUE`, and comments in lines of their own.
//!
//! A comment behind a value is part of it, a key twice has both values, in lines, and a key in no section is an error.

use phoenix_graph::DatasetName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A section with its keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub keys: BTreeMap<String, String>,
}

/// Datasets that a section is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// The dataset, as it stands there.
    pub dataset: Box<str>,
    /// Whether all below it is meant, too.
    pub children: bool,
    /// Whether nothing is taken or destroyed of them.
    pub off: bool,
}

impl Covered {
    /// Returns the dataset, where it is the name of one.
    #[must_use]
    pub fn name(&self) -> Option<DatasetName> {
        DatasetName::seen(&self.dataset).ok()
    }

    /// Returns whether it is about a dataset.
    #[must_use]
    pub fn covers(&self, name: &DatasetName) -> bool {
        let rest = name.as_str().strip_prefix(&*self.dataset);
        rest.is_some_and(|rest| rest.is_empty() || self.children && rest.starts_with('/'))
    }
}

/// Reads a file.
///
/// # Errors
/// The first line that is none of a file, with its number.
pub fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let at = at + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.strip_suffix(']').map(str::trim).filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| format!("line {at} begins a section and does not end its name"))?;
            match sections.iter().position(|section| section.name == name) {
                // Config::IniFiles goes on with it.
                Some(known) => {
                    let section = sections.remove(known);
                    sections.push(section);
                }
                None => sections.push(Section { name: name.to_owned(), ..Section::default() }),
            }
            continue;
        }
        let (key, value) =
            line.split_once('=').ok_or_else(|| format!("line {at} is neither a section nor KEY = VALUE"))?;
        if value.trim_start().starts_with("<<") {
            return Err(format!("line {at} begins a text of several lines"));
        }
        let section = sections.last_mut().ok_or_else(|| format!("line {at} stands in no section"))?;
        let value = value.trim();
        section
            .keys
            .entry(key.trim().to_owned())
            .and_modify(|all| *all = format!("{all}\n{value}"))
            .or_insert_with(|| value.to_owned());
    }
    Ok(sections)
}

/// The words that sanoid takes for yes, and for no; whatever else stands there is neither, and counts as yes.
const NO: [&str; 10] = ["0", "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"];
const YES: [&str; 10] = ["1", "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"];

/// Lists what the sections of a file are about, in their order: of several about one dataset the last counts.
///
/// # Errors
/// As [`sections`].
pub fn covered(text: &str) -> Result<Vec<Covered>, String> {
    let sections = sections(text)?;
    let template = |name: &str| sections.iter().find(|one| one.name == format!("template_{name}"));
    let says = |section: &Section, key: &str| {
        let own = section.keys.get(key).cloned();
        let templates = section.keys.get("use_template").map_or("", |templates| templates);
        // Of the templates the last counts, and below them all the default one.
        let named = templates.split(',').rev().map(str::trim).chain(["default"]);
        own.or_else(|| named.filter_map(template).find_map(|one| one.keys.get(key).cloned()))
    };
    let off = |section: &Section, key: &str| says(section, key).is_some_and(|value| NO.contains(&&*value));
    let about = sections.iter().filter(|section| !section.name.starts_with("template"));
    let covered = about.map(|section| {
        let recursive = section.keys.get("recursive").map_or("", |word| word);
        Covered {
            dataset: section.keys.get("path").unwrap_or(&section.name).as_str().into(),
            children: YES.contains(&recursive) || recursive.to_lowercase().contains("zfs"),
            off: off(section, "autosnap") && off(section, "autoprune"),
        }
    });
    Ok(covered.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# mine\n[tank/a]\n\tuse_template = production\n\trecursive = yes\n\n[tank/b]\nautosnap = no\nautoprune = 0\n\
                        [other]\npath = tank/c # not a comment\nhourly = 3\nhourly = 4\n[template_production]\nhourly = 36\n";

    #[test]
    fn sections_are_read_as_the_library_does() {
        let read = sections(FILE).unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!(read[2].keys["path"], "tank/c # not a comment");
        assert_eq!(read[2].keys["hourly"], "3\n4");
    }

    #[test]
    fn templates_and_what_is_left_alone_cover_nothing() {
        let read = covered(FILE).unwrap();
        let names: Vec<_> = read.iter().map(|one| (&*one.dataset, one.children, one.off)).collect();
        assert_eq!(
            names,
            [("tank/a", true, false), ("tank/b", false, true), ("tank/c # not a comment", false, false)]
        );
        let name = |text| DatasetName::new(text).unwrap();
        assert!(read[0].covers(&name("tank/a")) && read[0].covers(&name("tank/a/b")));
        assert!(!read[0].covers(&name("tank/ab")) && !read[2].covers(&name("tank/c")));
    }

    #[test]
    fn templates_say_what_is_left_alone() {
        let text = "[tank]\nrecursive = yes\nuse_template = kept\n[tank/a]\nuse_template = kept, ignored\n\
                    [tank/b]\nuse_template = ignored\nautosnap = yes\n[template_ignored]\nautosnap = no\nautoprune = Off\n\
                    [template_kept]\nautoprune = yes\n";
        let off: Vec<_> = covered(text).unwrap().into_iter().map(|one| one.off).collect();
        assert_eq!(off, [false, true, false]);
        // It knows three spellings of each word, and no others.
        let word =
            |word: &str| covered(&format!("[a]\nautosnap = {word}\nautoprune = {word}\n")).unwrap()[0].off;
        assert!(word("NO") && word("0") && !word("oFF") && !word("never"));
        assert!(!covered("[a]\nautosnap = no\nautoprune = no\nautoprune = yes\n").unwrap()[0].off);
        assert!(covered("[a]\nrecursive = ZFS\n").unwrap()[0].children);
    }

    #[test]
    fn what_is_no_such_file_is_told_with_its_line() {
        for (text, line) in
            [("a = b\n", 1), ("[a\n", 1), ("[a]\nb\n", 2), ("[a]\n[]\n", 2), ("[a]\nb = <<EOT\n", 2)]
        {
            let error = sections(text).unwrap_err();
            assert!(error.contains(&format!("line {line}")), "{text:?}: {error}");
        }
    }
}
