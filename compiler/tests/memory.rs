//! How much memory a compilation takes at most, against the length of the text. Everything stands in one test,
//! since it is the peak of the whole process that the system tells.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use phoenix_compiler::{OneFile, SpecPath, code, compile};
use phoenix_graph::Code;
use std::fmt::Write as _;

/// Returns the most memory that the process had so far, in bytes (proc_pid_status(5)).
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// What the process takes by itself, and a thread or two.
const BASE: usize = 24 << 20;

/// A text by its kind, with what is told of it.
type Bomb = (&'static str, Code, fn() -> String);

fn sound(datasets: usize) -> String {
    let mut text = String::from(
        "edition 1\nhost \"h\" {\n    pool \"tank\" {\n        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }\n",
    );
    for at in 0..datasets {
        let _ = writeln!(
            text,
            "        dataset \"data-{at:05}\" quota=\"{}G\" recordsize=\"16K\" {{\n            export {{ client \"10.0.{}.0/24\" \"rw\" }}\n        }}",
            1 + at % 900,
            at % 250
        );
    }
    text + "    }\n}\n"
}

#[test]
fn a_text_takes_little_more_memory_than_it_has_and_a_sound_spec_what_its_nodes_take() {
    let of = |text: String| {
        let length = text.len();
        let compiled = compile(&OneFile(text.into()), &SpecPath::new("spec.kdl").unwrap());
        (length, compiled)
    };
    let bombs: [Bomb; 12] = [
        ("profiles that use each other", code::TOO_LARGE, || {
            let uses = |at: usize| {
                format!(
                    "profile \"p{at}\" {{ dataset \"x\" use=\"p{0}\"; dataset \"y\" use=\"p{0}\" }}\n",
                    at + 1
                )
            };
            (0..40).map(uses).collect::<String>()
                + "profile \"p40\" { atime #false }\npool \"t\" { dataset \"a\" use=\"p0\" }"
        }),
        ("repetitions", code::TOO_LARGE, || {
            let values = " 1".repeat(1_000);
            format!(
                "pool \"t\" {{ each \"a\"{values} {{ each \"b\"{values} {{ dataset (fmt)\"{{a}}{{b}}\" }} }} }}"
            )
        }),
        ("braces", code::TOO_DEEP, || "a{".repeat(300_000)),
        ("lines that are none", code::SYNTAX, || "a = b\n".repeat(100_000)),
        ("comments in comments", code::TOO_DEEP, || "/*".repeat(300_000) + &"*/".repeat(300_000)),
        ("taken out", code::TOO_LARGE, || "/-a ".repeat(1_000_000)),
        ("nodes", code::TOO_LARGE, || "a;".repeat(4 << 20)),
        ("values", code::TOO_LARGE, || "a".to_owned() + &" 1".repeat(4 << 20)),
        ("a word", code::TOO_LARGE, || "x".repeat(8 << 20)),
        ("a text", code::TOO_LARGE, || format!("a \"{}\"", "x".repeat(8 << 20))),
        ("comments of another language", code::SYNTAX, || format!("# {}\n", "x".repeat(200)).repeat(20_000)),
        ("a long comment", code::NO_HOST, || format!("/* {} */", "x y {\n".repeat(1 << 20))),
    ];
    let mut longest = 0;
    for (what, code, text) in bombs {
        let (length, compiled) = of(format!("edition 1\n{}\n", text()));
        longest = longest.max(length);
        assert!(compiled.diagnostics.iter().any(|told| told.code == code), "{what}");
        drop(compiled);
        let peak = peak();
        println!("{what}: {length} bytes, at most {peak} by now");
        assert!(peak <= BASE + 16 * longest, "{what}: {peak} bytes for {length}");
    }
    let (length, compiled) = of(sound(10_000));
    assert!(!compiled.has_errors());
    println!("{length} bytes of a sound spec, at most {} by now", peak());
    // The tree of the kdl crate alone takes some 60 times the text of such a spec.
    assert!(peak() <= BASE + 100 * length, "{} bytes for {length}", peak());
    // A text of nothing but short words takes more than 16 times its length, since a node or value of the kdl
    // crate has some 400 bytes whatever it says, and its parser as much again. There are half a million at most.
    let words = 150_000;
    let (_, compiled) = of("edition 1\n".to_owned() + &"a \"b\", \"c\"\n".repeat(words / 3));
    assert!(compiled.has_errors());
    assert!(peak() <= BASE + 1536 * words, "{} bytes for {words} words", peak());
}
