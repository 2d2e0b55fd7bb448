//! Formatting changes how a spec looks and nothing else: every example, case and file of the
//! standard library comes to the same graph, or to the same diagnostics, and a second time changes
//! nothing.

use phoenix_compiler::{Compiled, SpecPath, World, compile, fmt::format, stdlib};
use phoenix_specs::Memory;
use proptest::prelude::*;
use std::{fs, path::PathBuf};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// What a compilation came to: the ids of its graphs, and what was said.
fn outcome(compiled: &Compiled) -> Vec<String> {
    let ids =
        compiled.hosts.iter().filter_map(|host| host.graph.as_ref()).map(|graph| graph.id().to_string());
    let mut said: Vec<String> =
        compiled.diagnostics.iter().map(|found| format!("{}: {}", found.code, found.message)).collect();
    // Parts that moved to other lines may be told of in another order.
    said.sort();
    ids.chain(said).collect()
}

fn build(world: &dyn World) -> Vec<String> {
    outcome(&compile(world, &SpecPath::new("spec.kdl").unwrap()))
}

/// Formats a text twice; nothing where it is not KDL 2.
fn twice(text: &str) -> Option<String> {
    let once = format("spec.kdl", text).ok()?;
    let again = format("spec.kdl", &once).unwrap_or_else(|_| panic!("what came out is no KDL:\n{once}"));
    assert_eq!(once, again, "not idempotent:\n{text}");
    assert!(!once.lines().any(|line| line.ends_with([' ', '\t'])), "{once:?}");
    Some(once)
}

/// The cases of the suite, with their annotations as comments: the name and the files of each.
fn cases() -> Vec<(String, Vec<(String, String)>)> {
    let mut cases: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for entry in fs::read_dir(folder("tests/suite")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "kdl") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let cut = |mark: &str| line.strip_prefix(mark)?.strip_suffix(mark.trim_start()).map(str::trim);
            let named = |mark: &str| cut(mark).map(|name| name.trim_end_matches(['-', '=', ' ']).to_owned());
            if line.starts_with("--- ") {
                let name = named("---").unwrap();
                cases.push((name, vec![("spec.kdl".to_owned(), String::new())]));
            } else if let (true, Some((_, files))) = (line.starts_with("=== "), cases.last_mut()) {
                files.push((named("===").unwrap(), String::new()));
            } else if let Some((_, text)) = cases.last_mut().and_then(|(_, files)| files.last_mut()) {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    cases
}

#[test]
fn every_case_of_the_suite_comes_to_the_same() {
    let cases = cases();
    let mut formatted = 0;
    for (name, files) in &cases {
        let before: Memory = Memory(files.iter().cloned().map(|(name, text)| (name, text.into())).collect());
        let mut after = Memory::default();
        for (name, text) in files {
            let made = twice(text);
            formatted += usize::from(made.is_some());
            after.0.insert(name.clone(), made.unwrap_or_else(|| text.clone()).into());
        }
        assert_eq!(build(&before), build(&after), "{name}");
    }
    assert!(cases.len() >= 130 && formatted >= 120, "{} cases, {formatted} files formatted", cases.len());
}

#[test]
fn the_specs_of_this_repository_are_in_the_layout() {
    let mut paths = vec![folder("src/verb/starter.kdl")];
    for name in ["tests/specs/phoenix", "tests/specs/detailed", "stdlib"] {
        paths.extend(fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()));
    }
    paths.retain(|path| path.extension().is_some_and(|end| end == "kdl"));
    assert!(paths.len() > stdlib::FILES.len());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        assert!(twice(&text).unwrap() == text, "run `phoenix fmt {}`", path.display());
    }
}

/// A text of KDL 2 with odd spacing: nodes of a spec's words, comments, annotations, slashed-out parts.
fn odd() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec![" ", "  ", "\t", "\u{a0}", " /* c */ ", " \\\n  ", " \\ // c\n\n"]);
    let maybe = prop::sample::select(vec!["", "", "", " ", "\t"]);
    let end = prop::sample::select(vec!["\n", ";", " ;\n", "\n\n\n", " // c\n", "\r\n", ";;", "; // c  \n"]);
    let value = prop::sample::select(vec![
        "1",
        "\"a b\"",
        "#true",
        "#\"r\"\\\"#",
        "(let)\"x\"",
        "( fmt ) \"{x}\"",
        "word",
        "-1.5",
        "\"\"",
        "\"\"\"\n    m  m\n\n    \"\"\"",
        "(t)/*c*/\"x\"",
        "\"\\\"//\"",
    ]);
    let name = prop::sample::select(vec!["dataset", "pool", "\"a b\"", "(t)x", "use", "a-b"]);
    let out = prop::sample::select(vec!["", "", "", "", "/-", "/- ", "/-\n", "/- // c\n", "/-/*c*/"]);
    let entry = (space.clone(), out.clone(), prop::option::of((maybe.clone(), maybe.clone())), value)
        .prop_map(|(space, out, named, value)| match named {
            Some((a, b)) => format!("{space}{out}k{a}={b}{value}"),
            None => format!("{space}{out}{value}"),
        });
    let head = (out.clone(), name, prop::collection::vec(entry, 0..4))
        .prop_map(|(out, name, entries)| format!("{out}{name}{}", entries.concat()));
    let leaf = (head.clone(), end.clone()).prop_map(|(head, end)| format!("{head}{end}"));
    let node = leaf.prop_recursive(3, 24, 4, move |inner| {
        (
            head.clone(),
            space.clone(),
            out.clone(),
            maybe.clone(),
            prop::collection::vec(inner, 0..4),
            end.clone(),
        )
            .prop_map(|(head, space, out, gap, inner, end)| {
                format!("{head}{space}{out}{{{gap}{}{gap}}}{end}", inner.concat())
            })
    });
    prop::collection::vec(node, 0..5).prop_map(|nodes| nodes.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_kdl_is_laid_out_without_a_change_of_what_it_says(text in odd()) {
        if let Err(refused) = format("spec.kdl", &text) {
            for diagnostic in refused.diagnostics {
                prop_assert_eq!(diagnostic.code, phoenix_compiler::code::SYNTAX, "{:?}", text);
            }
        } else {
            let made = twice(&text).unwrap();
            prop_assert_eq!(made.matches("c\n").count() >= text.matches("// c").count(), true);
        }
    }
}
