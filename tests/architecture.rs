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

/// Lists the paths that a page names; those of a crate of the runtime may begin with its name.
fn paths(page: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let words = page.split(|c| !part(c)).map(|word| word.trim_end_matches(['.', '/']));
    // What ends in a hyphen goes on with something that stands for several.
    let named = words.filter(|word| !word.ends_with('-')).filter_map(|word| {
        let (first, rest) = word.split_once('/')?;
        match first {
            "src" | "compiler" | "graph" | "runtime" | "tests" => Some(word.to_owned()),
            "host" | "linux" | "sim" | "plan" | "store" | "transaction" if rest.ends_with(".rs") => {
                Some(format!("runtime/{first}/src/{rest}"))
            }
            _ => None,
        }
    });
    named.collect()
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)).into();
    pages.extend(fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    assert!(paths(&page()).len() > 30);
    for path in pages {
        for named in paths(&fs::read_to_string(&path).unwrap()) {
            assert!(root().join(&named).exists(), "{} names {named}, which is not there", path.display());
        }
    }
}

#[test]
fn the_page_on_releases_names_the_format_that_objects_have_now() {
    let page = fs::read_to_string(root().join("docs/releasing.md")).unwrap();
    let said = format!("`FORMAT` in `graph/src/step.rs`, {} now", phoenix_graph::FORMAT);
    assert!(page.contains(&said), "{said:?} is not in docs/releasing.md");
}
