//! The page on the architecture is true: what it names is there, and what it says that a change touches is all that a
//! change touches.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/architecture.md")).unwrap()
}

/// Lists the Rust files of the crates that people run, without their tests.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    for parent in [".", "runtime"] {
        for entry in fs::read_dir(root().join(parent)).unwrap() {
            let folder = entry.unwrap().path().join("src");
            if folder.exists() {
                walk(&folder, &mut found);
            }
        }
    }
    let name = |path: &Path| {
        path.strip_prefix(root()).unwrap().components().collect::<PathBuf>().display().to_string()
    };
    let text = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned()
    };
    found.iter().map(|path| (name(path), text(path))).collect()
}

/// Returns whether a word stands in code, and not as a part of a longer name.
fn names(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let longer_before = code[..at].chars().next_back().is_some_and(part) && word.starts_with(part);
        let longer_after = code[at + word.len()..].chars().next().is_some_and(part) && word.ends_with(part);
        !longer_before && !longer_after
    })
}

/// The files that a list under a heading names.
fn listed(page: &str, heading: &str) -> BTreeSet<String> {
    let section =
        page.split(&format!("### {heading}\n")).nth(1).unwrap_or_else(|| panic!("no list of {heading}"));
    let section = section.split("\n##").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next());
    lines.map(str::to_owned).collect()
}

#[test]
fn the_lists_of_what_a_change_touches_are_complete() {
    let (page, sources) = (page(), sources());
    for (heading, words) in [
        ("A kind of resource", &["Resource::Bind", "Key::Bind", "bind::STAGES"][..]),
        ("An operation, with its undoing", &["Op::Promote", "Promote {", "Promoted {"]),
        ("A property", &["\"logbias\""]),
        ("A storage type", &["\"btrfs\""]),
        ("A lint or another diagnostic", &["TINY_QUOTA"]),
        ("A refusal or warning of the planner", &["NO_SUCH_PARAMETER"]),
        ("A verb", &["explain::Explain", "mod explain", "struct Explain"]),
    ] {
        let touched = sources.iter().filter(|(_, code)| words.iter().any(|word| names(code, word)));
        let touched: BTreeSet<String> = touched.map(|(path, _)| path.clone()).collect();
        assert_eq!(listed(&page, heading), touched, "{heading}");
    }
}

#[test]
fn every_path_that_the_page_names_is_there() {
    let page = page();
    let named = page.split(['`', ' ', ',', '\n', '(', ')', ';']).filter(|word| {
        let first = word.split('/').next().unwrap();
        word.contains('/') && ["src", "compiler", "graph", "runtime", "tests"].contains(&first)
    });
    let named: BTreeSet<&str> = named.map(|word| word.trim_end_matches(['.', ':'])).collect();
    assert!(named.len() > 30, "{named:?}");
    for path in named {
        assert!(root().join(path).exists(), "docs/architecture.md names {path}, which is not there");
    }
}
