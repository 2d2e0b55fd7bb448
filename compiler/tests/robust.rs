//! No text makes the compiler panic or run away, and what does not matter changes no id.

use phoenix_compiler::{SpecPath, code, compile};
use phoenix_graph::Code;
use phoenix_graph::ObjectId;
use phoenix_specs::{
    Memory,
    invariants::{asked, hold, split},
};
use proptest::prelude::*;
use std::{fs, path::PathBuf};

const EXAMPLES: &[&str] = &[
    include_str!("../../tests/specs/phoenix/phoenix.kdl"),
    include_str!("../../tests/specs/detailed/detailed.kdl"),
    include_str!("../../stdlib/proxmox.kdl"),
    include_str!("../../tests/suite/profiles.kdl"),
    include_str!("../../tests/suite/nodes.kdl"),
];

fn build(text: &str) -> phoenix_compiler::Compiled {
    compile(&Memory::one(text), &SpecPath::new("spec.kdl").unwrap())
}

fn id(text: &str) -> ObjectId {
    let compiled = build(text);
    assert!(!compiled.has_errors(), "{}", phoenix_specs::rendered(&compiled));
    compiled.hosts[0].graph.as_ref().unwrap().id()
}

/// Everything holds, and every position can be asked about.
fn hold_everywhere(text: &str) {
    let world = Memory::one(text);
    hold(&world);
    asked(&world, 1);
}

fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(|c| c.to_string()),
        prop::sample::select(vec![
            "{",
            "}",
            "\"",
            "(let)",
            "(fmt)\"{",
            "#true",
            "use=\"iso\"",
            "each ",
            "\\",
            "/*",
            "/-",
            "#\"",
            ";",
            "\n",
            "=",
            " 7 ",
            "profile ",
            "dataset ",
            "é",
            "\u{feff}",
            "\"\"\"",
        ])
        .prop_map(str::to_owned),
    ];
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, piece), 1..8);
    (prop::sample::select(EXAMPLES), edits).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, remove, piece) in edits {
            let at = at.index(chars.len().max(1)).min(chars.len());
            let end = (at + remove).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_mutated_spec_panics(text in mutated()) {
        hold(&Memory::one(&text));
    }

    #[test]
    fn every_position_of_a_mutated_spec_can_be_asked_about(text in mutated()) {
        asked(&Memory::one(&text), 1);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        hold_everywhere(&text);
    }

    #[test]
    fn no_heap_of_words_panics(words in prop::collection::vec(prop::sample::select(vec![
        "edition 1\n", "host \"h\" ", "pool \"t\" ", "{", "}", "\n", ";", "dataset \"a\" ", "volume \"v\" ", "disk \"/dev/x\" ",
        "mirror ", "draid ", "parity=3 ", "size=\"1G\" ", "quota=\"1G\" ", "use=\"p\" ", "profile \"p\" ", "profile \"q\" use=\"p\" ",
        "param \"x\" ", "(param)\"x\" ", "with x=1 ", "let y (fmt)\"{y}\"\n", "(let)\"y\" ", "each \"y\" 1 2 ", "export ",
        "client \"10.0.0.1\" \"rw\" ", "proxmox \"id\" type=\"dir\" ", "root ", "encryption=\"on\" ", "mountpoint=\"none\" ",
        "import \"std/proxmox\"\n", "allow \"no-redundancy\"\n", "-1 ", "1.5 ", "#null ",
    ]), 0..60)) {
        hold_everywhere(&words.concat());
    }
}

/// `tests/corpus` holds every input on which the fuzzer found something, and a few hundred small ones
/// that together reach most of what it has reached.
#[test]
fn every_input_that_the_fuzzer_kept_is_told_of_in_order() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 100, "only {} inputs", paths.len());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let held = std::panic::catch_unwind(|| hold(&split(&text)));
        assert!(held.is_ok(), "{} does not hold, see above", path.display());
    }
}

#[test]
fn signs_beside_long_characters_can_be_asked_about() {
    for text in [
        "a { export { b }/-¡\n }\n}\n",
        "a {b}/-é {\n",
        "a \"é\"ü=(let)\"ö",
        "é{é",
        "(é)é (é)é=é",
        "\\é",
        "é\\",
        "",
        "é",
    ] {
        hold_everywhere(text);
    }
}

#[test]
fn comments_order_and_spelling_change_no_id() {
    let plain = r#"
        edition 1
        let lan "10.0.0.0/24"
        host "h" {
            arc max="1GiB"
            pool "t" autotrim=#true {
                mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
                dataset "x" quota="2T" atime=#false { export { client (let)"lan" "rw" "async" } }
                dataset "y" { proxmox "t-y" type="dir" content="iso,backup" }
            }
        }"#;
    let other = r#"
        // The same, said otherwise.
        edition 1
        host "h" {
            pool "t" {
                dataset "y" {
                    proxmox "t-y" {
                        content "backup" "iso"
                        type "dir"
                    }
                }
                dataset "x" {
                    atime "off"
                    quota 2199023255552
                    export { options "async"; client "10.0.0.0/24" "rw" }
                }
                mirror { disk "/dev/disk/by-id/b"; disk "/dev/disk/by-id/a" }
                autotrim "on"
            }
            arc { max "1024M" }
        }"#;
    assert_eq!(id(plain), id(other));
}

#[test]
fn deep_nesting_is_refused_and_not_recursed_into() {
    for open in ["a {", "/*", "a { /* } */ b {", "a { \"}\" {", "a \"\\\n} {"] {
        let compiled = build(&format!("edition 1\n{}", open.repeat(20_000)));
        let codes: Vec<Code> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert!(codes.contains(&code::TOO_DEEP) || codes.contains(&code::SYNTAX), "{open}: {codes:?}");
    }
}

#[test]
fn profiles_that_multiply_end_at_the_limit() {
    let mut text = String::from("edition 1\nprofile \"p0\" { compression \"lz4\"; }\n");
    for at in 1..30 {
        let names =
            ["a", "b", "c", "d"].map(|name| format!("dataset \"{name}\" use=\"p{}\"; ", at - 1)).concat();
        text.push_str(&format!("profile \"p{at}\" {{ {names} }}\n"));
    }
    text.push_str(
        "pool \"t\" { mirror { disk \"/dev/a\"; disk \"/dev/b\"; }; dataset \"x\" use=\"p29\"; }\n",
    );
    let compiled = build(&text);
    assert!(compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == code::TOO_LARGE));
}

#[test]
fn lets_that_double_end_at_the_limit() {
    let mut text = String::from("edition 1\nlet a0 \"xxxxxxxx\"\n");
    for at in 1..60 {
        text.push_str(&format!("let a{at} (fmt)\"{{a{}}}{{a{}}}\"\n", at - 1, at - 1));
    }
    text.push_str(
        "pool \"t\" { mirror { disk \"/dev/a\"; disk \"/dev/b\"; }; dataset \"x\" \"a:b\"=(let)\"a59\"; }\n",
    );
    let compiled = build(&text);
    assert!(compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == code::TOO_LARGE));
}
