//! Texts that are made to take the machine down. Each is read in a process that has little room, and told by
//! an error that names the place and the way out.

use super::common::Sandbox;
use std::{fmt::Write as _, fs, process::Command};

/// The range of addresses that a process may have, in KiB: stacks that nobody fills count in full.
const ROOM: u32 = 1 << 20;

/// Runs phoenix with little room; returns the exit code, and what it said.
#[expect(clippy::disallowed_methods, reason = "only a shell limits a process's addresses")]
fn within(place: &Sandbox, words: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit -v {ROOM}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_phoenix")]).args(words).current_dir(place.path());
    let output = command.env("NO_COLOR", "1").output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_text_that_is_too_deep_or_too_large_is_refused_in_little_room() {
    let place = Sandbox::new();
    let inside = |text: &str| {
        format!("edition 1\nhost \"h\" {{\n    pool \"t\" {{ dataset \"d\" {{ {text} }}; }}\n}}\n")
    };
    let each = |names: &[&str], body: &str| {
        let numbers: String = (0..200).map(|number| format!(" {number}")).collect();
        names
            .iter()
            .rev()
            .fold(body.to_owned(), |body, name| format!("each \"{name}\"{numbers} {{ {body} }}"))
    };
    let many = |count: usize, made: &dyn Fn(usize) -> String| (0..count).map(made).collect::<String>();
    let bombs = [
        ("comments in comments", "too-deep", "/*".repeat(300_000) + &"*/".repeat(300_000)),
        ("comments without an end", "too-deep", "/*".repeat(300_000)),
        ("braces", "too-deep", "a{".repeat(300_000)),
        (
            "lets",
            "too-deep",
            many(5_000, &|at| format!("let a{at} (let)\"a{}\"\n", at + 1))
                + "let a5000 1\n"
                + &inside("quota (let)\"a0\""),
        ),
        (
            "profiles",
            "too-deep",
            many(5_000, &|at| format!("profile \"a{at}\" use=\"a{}\"\n", at + 1))
                + "profile \"a5000\" { atime #false; }\n"
                + &inside("use \"a0\""),
        ),
        ("nodes taken out", "too-large", "/-a ".repeat(1_000_000)),
        ("nothing taken out", "too-large", "/-".repeat(1_000_000)),
        ("settings taken out", "too-large", "a ".to_owned() + &"/-b=1 ".repeat(1_000_000)),
        ("nodes", "too-large", "a;".repeat(4 << 20)),
        ("values", "too-large", "a".to_owned() + &" 1".repeat(4 << 20)),
        ("a text", "too-large", format!("a \"{}\"", "x".repeat(8 << 20))),
        ("a text without an end", "too-large", format!("a \"{}", "x".repeat(8 << 20))),
        ("a text of many lines", "too-large", format!("a \"\"\"\n{}\"\"\"", "x\n".repeat(4 << 20))),
        ("a raw text", "too-large", format!("a {0}\"x\"{0}", "#".repeat(4 << 20))),
        ("a word", "too-large", "x".repeat(8 << 20)),
        ("a number", "too-large", "a ".to_owned() + &"1".repeat(8 << 20)),
        (
            "comments in a text that is glued to its node",
            "too-large",
            format!("a\"{}\"", "/*".repeat(300_000)),
        ),
        ("comments in many such texts", "syntax", "a\"/* * / * /\"\n".repeat(60_000)),
        ("braces in such a text", "syntax", format!("a\"{}\"", "{a ".repeat(20_000))),
        ("repetitions", "too-large", inside(&each(&["x", "y", "z"], "dataset (fmt)\"{x}-{y}-{z}\""))),
        ("settings", "too-large", inside(&many(5_000, &|at| format!("\"a:{at}\" 1; ")))),
        (
            "profiles of one node",
            "too-large",
            "profile \"a\" { atime #false; }\n".to_owned() + &inside(&"use \"a\"; ".repeat(5_000)),
        ),
        (
            "params",
            "too-large",
            format!("profile \"a\" {{ {} }}\n", many(5_000, &|at| format!("param \"a{at}\" default=1; ")))
                + &inside("use \"a\""),
        ),
        (
            "texts",
            "too-large",
            format!("let a \"{}\"\n", "x".repeat(60_000))
                + &inside(&each(&["x", "y"], "dataset (fmt)\"{x}-{y}\" \"a:b\"=(fmt)\"{a}\"")),
        ),
    ];
    for (what, code, text) in bombs {
        let text = if text.starts_with("edition") { text } else { format!("edition 1\n{text}\n") };
        // A spec has one edition.
        let (head, rest) = text.split_at(10);
        fs::write(place.path().join("spec.kdl"), head.to_owned() + &rest.replace("edition 1\n", "")).unwrap();
        let (exit, said) = within(&place, &["check", "spec.kdl"]);
        assert_eq!(exit, Some(3), "{what}: {}", said.chars().take(2000).collect::<String>());
        assert!(
            said.contains(&format!("\n{code}\n")) || said.starts_with(&format!("{code}\n")),
            "{what}: {}",
            said.chars().take(2000).collect::<String>()
        );
        let longest = said.lines().map(|line| line.chars().count()).max();
        assert!(longest < Some(2000), "{what}: a line of {longest:?} characters");
    }
}

#[test]
fn what_profiles_and_repetitions_multiply_is_counted_before_it_is_written_out() {
    let place = Sandbox::new();
    let many = |count: usize, made: &dyn Fn(usize) -> String| (0..count).map(made).collect::<String>();
    let inside = |text: &str| {
        format!(
            "host \"h\" {{ pool \"t\" {{ mirror {{ disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\"; }}; {text} }}; }}\n"
        )
    };
    let doubled = |use_of: &dyn Fn(usize) -> String| {
        many(31, &|at| {
            let next = use_of(at + 1);
            format!("profile \"p{at}\" {{ dataset \"x\" use={next}; dataset \"y\" use={next}; }}\n")
        }) + "profile \"p31\" { atime #false; }\n"
    };
    let lets = many(32, &|at| format!("let n{at} (let)\"m{at}\"\nlet m{at} \"p{at}\"\n"));
    let values = many(1_100, &|at| format!(" {at}"));
    let squared = format!("each \"a\"{values} {{ each \"b\"{values} {{ dataset (fmt)\"{{a}}-{{b}}\"; }}; }}");
    let use_p0 = inside("dataset \"a\" use=\"p0\"");
    let bombs = [
        ("profiles", doubled(&|at| format!("\"p{at}\"")) + &use_p0, "`p0` comes here to 10737418237"),
        (
            "by lets",
            lets + &doubled(&|at| format!("(let)\"n{at}\"")) + &use_p0,
            "`p0` comes here to 10737418237",
        ),
        (
            "of many settings and params",
            format!(
                "profile \"p0\" {{ each \"n\"{} {{ dataset (fmt)\"d-{{n}}\" use=\"q\"; }}; }}\nprofile \"q\" {{ param \"v\" default=1; {} }}\n",
                many(2_000, &|at| format!(" {at}")),
                many(700, &|at| format!("\"a:{at}\" 1; "))
            ) + &use_p0,
            "`p0` comes here to 1408001",
        ),
        (
            "in an each",
            format!("profile \"p0\" {{ {squared} }}\n{}", inside("use \"p0\"")),
            "`p0` comes here to 2421101",
        ),
        ("each in each", inside(&squared), "this comes to 2421100"),
        (
            "bound to names",
            doubled(&|at| format!("\"p{at}\""))
                + &inside("each \"n\" \"p0\" \"p31\" { dataset (fmt)\"d-{n}\" use=(let)\"n\"; }"),
            "`p0` comes here to 10737418237",
        ),
        (
            "without an end",
            many(40, &|at| {
                format!(
                    "profile \"p{at}\" {{ dataset \"x\" use=\"p{0}\"; dataset \"y\" use=\"p{0}\"; }}\n",
                    (at + 1) % 40
                )
            }) + &use_p0,
            "`p0` comes here to",
        ),
    ];
    for (what, text, count) in bombs {
        fs::write(place.path().join("spec.kdl"), format!("edition 1\n{text}")).unwrap();
        let (exit, said) = within(&place, &["check", "spec.kdl"]);
        let told = said.chars().take(2000).collect::<String>();
        assert_eq!(exit, Some(3), "{what}: {told}");
        assert!(said.contains("too-large") && said.contains(count), "{what}: {told}");
        assert_eq!(said.matches("  × ").count(), 1, "{what}: {told}");
    }
}

#[test]
fn a_comment_of_any_shape_and_a_long_line_are_read_in_little_room() {
    let place = Sandbox::new();
    let mut text = "edition 1\n/".to_owned()
        + &"*".repeat(1_000_000)
        + "/\n/* "
        + &"/ * ".repeat(250_000)
        + "*/\nhost \"h\" { pool \"t\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\"; };";
    for at in 0..5_000 {
        let _ = write!(text, " dataset \"a{at}\" {{ quota \"1G\"; export {{ client \"10.0.0.0/24\"; }}; }};");
    }
    text.push_str(" }; }\n");
    fs::write(place.path().join("spec.kdl"), &text).unwrap();
    let (exit, said) = within(&place, &["check", "spec.kdl"]);
    assert_eq!(exit, Some(0), "{}", said.chars().take(2000).collect::<String>());
}

#[test]
fn a_file_that_is_larger_than_any_spec_is_not_read() {
    let place = Sandbox::new();
    // Nothing is written: the file has a length alone.
    let file = fs::File::create(place.path().join("spec.kdl")).unwrap();
    file.set_len(8 << 30).unwrap();
    fs::write(place.path().join("with.kdl"), "edition 1\nimport \"spec.kdl\"\nhost \"h\"\n").unwrap();
    for (words, code) in [
        (&["check", "spec.kdl"][..], 3),
        (&["check", "with.kdl"], 3),
        (&["build", "spec.kdl"], 3),
        (&["fmt", "--check", "spec.kdl"], 3),
        (&["switch", "--sim", "host", "spec.kdl"], 3),
    ] {
        let (exit, said) = within(&place, words);
        assert_eq!(exit, Some(code), "{words:?}: {said}");
        assert!(said.contains("too large") || said.contains("67108864"), "{words:?}: {said}");
    }
}

#[test]
fn an_object_or_a_plan_that_is_larger_than_any_or_no_file_at_all_is_not_read() {
    let place = Sandbox::new();
    place.write("spec.kdl", "edition 1\nhost \"h\" { pool \"t\" { mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\"; }; }; }\n");
    place.sim(&["build", "spec.kdl"]).exits(0);
    let system = place.path().join("result").canonicalize().unwrap();
    let step = |name: &str| name.contains("-pool-t");
    let store = fs::read_dir(system.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let step = { store }.find(|path| step(path.file_name().unwrap().to_str().unwrap())).unwrap();
    for object in [&system, &step] {
        let whole = fs::read(object).unwrap();
        for (what, why) in [
            ("large", "more than 67108864 bytes"),
            ("endless", "no regular file"),
            ("waiting", "no regular file"),
        ] {
            fs::remove_file(object).unwrap();
            match what {
                // Nothing is written: the file has a length alone.
                "large" => fs::File::create(object).unwrap().set_len(8 << 30).unwrap(),
                "endless" => std::os::unix::fs::symlink("/dev/zero", object).unwrap(),
                // Nobody writes to it.
                _ => rustix::fs::mknodat(
                    rustix::fs::CWD,
                    object,
                    rustix::fs::FileType::Fifo,
                    rustix::fs::Mode::RUSR,
                    0,
                )
                .unwrap(),
            }
            for verb in [&["diff", "spec.kdl", "result"][..], &["plan", "--sim", "sim", "result"]] {
                let (exit, said) = within(&place, verb);
                // What a link leads to is no closure by its name, and so read as a spec.
                let exits = if what == "endless" { 1..=3 } else { 1..=1 };
                assert!(exits.contains(&exit.unwrap()), "{what}: {verb:?}: {exit:?}: {said}");
                assert!(said.contains(why), "{what}: {verb:?}: {said}");
            }
        }
        fs::remove_file(object).unwrap();
        fs::write(object, whole).unwrap();
    }
    place.write("plan.json", "{ \"phoenix\": \"reviewed plan\", \"x\": \"");
    fs::OpenOptions::new()
        .write(true)
        .open(place.path().join("plan.json"))
        .unwrap()
        .set_len(8 << 30)
        .unwrap();
    let (exit, said) = within(&place, &["switch", "--sim", "sim", "plan.json"]);
    assert_eq!(exit, Some(4), "{said}");
    assert!(said.contains("more than 268435456 bytes"), "{said}");
}
