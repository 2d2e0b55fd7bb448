//! One run tells all independent mistakes, also beside syntax errors, and tells nothing that only
//! follows from what could not be read.

use phoenix_compiler::{Compiled, SpecPath, code, compile};
use phoenix_graph::Code;
use phoenix_specs::{Memory, rendered};
use proptest::prelude::*;

fn build(files: &[(&str, &str)]) -> Compiled {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect();
    compile(&Memory(files), &SpecPath::new("spec.kdl").unwrap())
}

/// What is told: the file, the line and the code of each.
fn told(compiled: &Compiled) -> Vec<(String, usize, Code)> {
    let mut found: Vec<_> = compiled
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.place().unwrap();
            let name = compiled.sources.get(place.file).unwrap().name.to_string();
            (name, compiled.sources.position(place.file, place.start).line, diagnostic.code)
        })
        .collect();
    found.sort_by_cached_key(|(name, line, code)| (name.clone(), *line, code.name));
    found
}

#[test]
fn three_files_with_ten_mistakes_tell_these_ten() {
    let spec = r#"edition 1
import "lib/common.kdl"
import "lib/guests.kdl"
host "h" {
    pool "tank" {
        mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
        dataset "one" compresion="lz4" quota="1T" {
            dataset "inside" quota="2T"
        }
        dataset "two" quota="12 apples"
        dataset "three" use="guest"
        dataset "four" use="guests" { export { client "10.0.0.0/24" "noatime" }; }
        datset "five" { quota "1G"; }
        dataset "six" use="mail"
        dataset "one"
    }
}
"#;
    let common = r#"edition 1
profile "mail" {
    quota (let)"most"
    export { client "10.0.0.0/33"; client "10.0.0.0/24" }
}
"#;
    let guests = r#"edition 1
profile "guests" {
    compression "lz4"
    export { options "async"
}
"#;
    let compiled = build(&[("spec.kdl", spec), ("lib/common.kdl", common), ("lib/guests.kdl", guests)]);
    let expected = [
        ("lib/common.kdl", 3, code::UNKNOWN_LET),
        ("lib/common.kdl", 4, code::BAD_CLIENT),
        ("lib/guests.kdl", 4, code::SYNTAX),
        ("spec.kdl", 7, code::UNKNOWN_SETTING),
        ("spec.kdl", 8, code::QUOTA_OVER_PARENT),
        ("spec.kdl", 10, code::BAD_VALUE),
        ("spec.kdl", 11, code::UNKNOWN_PROFILE),
        ("spec.kdl", 12, code::MOUNT_OPTION),
        ("spec.kdl", 13, code::UNKNOWN_NODE),
        ("spec.kdl", 15, code::DUPLICATE_DATASET),
    ];
    let expected = expected.map(|(file, line, code)| (file.to_owned(), line, code));
    assert_eq!(told(&compiled), expected, "{}", rendered(&compiled));
}

/// Specs without syntax errors; the last two have other errors and warnings.
const SOUND: &[&str] = &[
    include_str!("../../tests/specs/phoenix/phoenix.kdl"),
    include_str!("../../tests/specs/detailed/detailed.kdl"),
    r#"edition 1
let most "1T"
profile "share" {
    param "options" default="rw"
    recordsize "1M"
    export {
        options (param)"options"
    }
}
host "h" {
    arc max="1G"
    pool "one" {
        disk "/dev/sda"
        root {
            mountpoint "/srv"
        }
        dataset "a" use="share" quota=(let)"most" {
            sync "disabled"
            dedup #true
            export {
                client "10.0.0.0/24"
            }
        }
        volume "v" {
            size "1G"
        }
    }
}
"#,
    r#"edition 1
profile "p" {
    quota (let)"nothing"
}
host "h" {
    pool "one" {
        mirror {
            disk "/dev/disk/by-id/a"
            disk "/dev/disk/by-id/a"
        }
        dataset "a" quota="1T" {
            dataset "b" quota="2T" compresion="lz4"
            dataset "c" use="p"
        }
        dataset "a"
        dataset "d" mountpoint="/one/a" {
            export {
                client "10.0.0.0/24" "noatime"
            }
        }
        nothing
    }
}
"#,
];

/// Lines that no parser reads a node from.
const BROKEN: &[&str] = &[
    "quota=\"1G\"",
    "\"never closed",
    "[tank]",
    "= 1",
    "(let \"x\"",
    "1x",
    "#truth",
    "name=value",
    "x\"y\"",
    "\\x",
    "/- /- /- = 1",
    "(y)",
];

/// What is told apart from syntax errors and unused names; lines behind an inserted one count one less.
fn others(compiled: &Compiled, inserted: usize) -> Vec<(String, usize, Code)> {
    let unused = [code::UNUSED_LET, code::UNUSED_PARAM, code::UNUSED_PROFILE];
    let kept = |(_, _, code): &(String, usize, Code)| *code != code::SYNTAX && !unused.contains(code);
    let shifted = |(file, line, code)| (file, if line > inserted { line - 1 } else { line }, code);
    told(compiled).into_iter().filter(kept).map(shifted).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_line_between_two_nodes_is_told_and_changes_nothing_else(
        text in prop::sample::select(SOUND),
        broken in prop::sample::select(BROKEN),
        at in any::<prop::sample::Index>(),
    ) {
        let lines: Vec<&str> = text.lines().collect();
        let at = at.index(lines.len()) + 1;
        let indent: String = lines[at - 1].chars().take_while(|c| *c == ' ').collect();
        let mut with = lines.clone();
        let line = format!("{indent}{broken}");
        with.insert(at, &line);
        let text = format!("{}\n", with.join("\n"));
        let before = build(&[("spec.kdl", &format!("{}\n", lines.join("\n")))]);
        let after = build(&[("spec.kdl", &text)]);
        let syntax = |(_, line, code): (String, usize, Code)| (code == code::SYNTAX).then_some(line);
        let syntax: Vec<usize> = told(&after).into_iter().filter_map(syntax).collect();
        prop_assert_eq!(syntax, vec![at + 1], "{}\n{}", &text, rendered(&after));
        prop_assert_eq!(others(&before, usize::MAX), others(&after, at + 1), "{}\n{}", &text, rendered(&after));
    }
}

#[test]
fn places_lie_inside_the_text_where_a_brace_is_missing() {
    for text in ["\"\"A\"{\"{", "\"\"é\"{\"{", "a {\"", "{", "é{", "a (é{", "a b= {"] {
        for label in build(&[("spec.kdl", text)]).diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels)
        {
            assert!(
                text.get(label.place.start as usize..label.place.end as usize).is_some(),
                "{text}: {label:?}"
            );
        }
    }
}

#[test]
fn no_staircase_is_climbed_too_high() {
    let steps = |rows: &mut dyn Iterator<Item = usize>, text: &str| -> String {
        rows.map(|row| format!("{}{text}\n", " ".repeat(row))).collect()
    };
    for step in ["a", "a {}", "a \"{", "a { b } }"] {
        let text = format!("{}{}", steps(&mut (0..400), step), steps(&mut (0..400).rev(), "}"));
        assert!(build(&[("spec.kdl", &text)]).has_errors(), "{step}");
    }
}

#[test]
fn texts_of_nothing_but_mistakes_are_read_to_their_end() {
    for unit in [
        "a=1\n",
        "a )\n",
        "}\n",
        "{\n",
        "{}\n",
        "a true\n",
        "a \"\n",
        "/- ",
        "/*\n",
        "\"\"\"\n",
        "a \"\"\"\n",
        "#\"",
        "#",
        "a {}",
        "a {\n  }\n",
        "a {\n",
        ";",
        "\\\n",
        "a \\",
        "(",
        "a (let)",
        "[",
        "é=",
        "\u{2028}a=",
        "let x 1G\n",
        "a {\n b {\n}\n",
        "/-{",
        "a /-{} ",
        "} a {",
    ] {
        for around in [("a b=", "\nlet x 1\n"), ("edition 1\nhost \"h\" {\n", "}\n")] {
            let text = format!("{}{}{}", around.0, unit.repeat(1200), around.1);
            let compiled = build(&[("spec.kdl", &text)]);
            assert!(compiled.diagnostics.len() <= 1000, "{unit:?}");
        }
    }
}
