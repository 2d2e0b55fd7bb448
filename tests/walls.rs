//! The walls of the house, as the design draws them: who may depend on whom, who may start processes,
//! who may print, and what the pure crates never touch. And the licences of what we depend on.
#![allow(clippy::unwrap_used, reason = "tests; clippy knows only those marked #[test]")]

use assert_cmd::Command;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metadata(args: &[&str]) -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["metadata", "--format-version=1", "--offline", "--locked"]).args(args);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a package of the workspace depends on; with `dev`, for its tests too.
fn dependencies(metadata: &Value, package: &str, dev: bool) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages.iter().find(|one| one["name"] == package).unwrap();
    let counts = |one: &&Value| dev || one["kind"] != "dev";
    let names = found["dependencies"].as_array().unwrap().iter().filter(counts);
    names.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_crate_sees_only_those_below_it() {
    let metadata = metadata(&["--no-deps"]);
    // Each with those of the house that it may know, and no others.
    let house = [
        ("phoenix-graph", &[][..]),
        ("phoenix-compiler", &["graph"]),
        ("phoenix-host", &["graph"]),
        ("phoenix-linux", &["graph", "host"]),
        ("phoenix-sim", &["graph", "host"]),
        ("phoenix-plan", &["graph", "host"]),
        ("phoenix-store", &["graph", "plan"]),
        ("phoenix-transaction", &["graph", "host", "plan", "store"]),
    ];
    for (package, knows) in house {
        let found = dependencies(&metadata, package, false);
        for name in found.iter().filter_map(|name| name.strip_prefix("phoenix-")) {
            assert!(knows.contains(&name), "{package} depends on {name}");
        }
        for name in ["phoenix", "kdl", "miette"] {
            assert!(package == "phoenix-compiler" || !found.contains(name), "{package} depends on {name}");
        }
    }
    // Tests of the compiler know no host, and those of the runtime no compiler.
    let runtime = house.iter().skip(2).map(|(package, _)| (*package, "phoenix-compiler"));
    let tests = [
        ("phoenix-graph", "phoenix-host"),
        ("phoenix-compiler", "phoenix-host"),
        ("phoenix-specs", "phoenix-host"),
        ("phoenix-support", "phoenix-compiler"),
        ("phoenix-conformance", "phoenix-compiler"),
    ];
    for (package, never) in tests.into_iter().chain(runtime) {
        assert!(!dependencies(&metadata, package, true).contains(never), "tests of {package} use {never}");
    }
    let command = dependencies(&metadata, "phoenix", false);
    assert!(house.iter().all(|(package, _)| command.contains(*package)));
}

#[test]
fn every_dependency_stands_in_the_workspace_with_its_reason() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = text.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let lines: Vec<&str> = section.lines().collect();
    let known: BTreeSet<&str> =
        lines.iter().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    let metadata = metadata(&["--no-deps"]);
    for package in metadata["packages"].as_array().unwrap() {
        let package = package["name"].as_str().unwrap();
        for name in dependencies(&metadata, package, true) {
            assert!(known.contains(name.as_str()), "{package} takes {name} from elsewhere");
        }
    }
}

/// The crates of the runtime that only decide or write, and start nothing.
const RUNTIME: [&str; 5] = [
    "runtime/host/src",
    "runtime/sim/src",
    "runtime/plan/src",
    "runtime/store/src",
    "runtime/transaction/src",
];

/// What tools say in English is recognised in one place, so that nothing else depends on their words.
#[test]
fn what_tools_complain_of_is_read_in_one_place() {
    let compares =
        ["contains(", "starts_with(", "ends_with(", "find(", "strip_prefix(", "split_once(", "lines("];
    let all = RUNTIME.into_iter().chain(["runtime/linux/src", "src"]).flat_map(sources);
    let mut readers = 0;
    for (path, code) in all {
        let reads = |what: &str| compares.iter().any(|word| code.contains(&format!("{what}.{word}")));
        if path.ends_with("text/complaints.rs") {
            readers += usize::from(reads("stderr"));
            continue;
        }
        assert!(!reads("stderr"), "{} compares what a tool said", path.display());
        // Who carries out, undoes or decides does not even look at it.
        let decides =
            ["transaction", "plan", "store"].iter().any(|one| path.starts_with(format!("runtime/{one}")));
        assert!(!decides || !has(&code, "stderr"), "{} looks at what a tool said", path.display());
    }
    assert_eq!(readers, 1);
}

/// A file of tests that no binary has as its module would be run by nobody.
#[test]
fn every_file_of_tests_is_a_module_of_a_binary() {
    let metadata = metadata(&["--no-deps"]);
    for package in metadata["packages"].as_array().unwrap() {
        let targets = package["targets"].as_array().unwrap().iter();
        let tests = targets.filter(|one| one["kind"][0] == "test");
        let roots: Vec<&Path> = tests.map(|one| Path::new(one["src_path"].as_str().unwrap())).collect();
        for root in roots.iter().filter(|root| root.ends_with("main.rs")) {
            let text = fs::read_to_string(root).unwrap();
            for entry in fs::read_dir(root.parent().unwrap()).unwrap() {
                let path = entry.unwrap().path();
                let is_file = path.extension().is_some_and(|end| end == "rs");
                let is_module = path.join("mod.rs").exists() || is_file && !roots.contains(&path.as_path());
                let name = path.file_stem().unwrap().to_str().unwrap();
                assert!(
                    !is_module || text.contains(&format!("mod {name};")),
                    "{} is run by nobody",
                    path.display()
                );
            }
        }
    }
}

/// The Rust files below a folder, with their text: without comments, texts, and the module of unit tests.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.retain(|path| !path.ends_with("tests.rs"));
    assert!(!found.is_empty(), "{folder} has no sources");
    let text = |path: &Path| code(&fs::read_to_string(path).unwrap());
    found.into_iter().map(|path| (path.strip_prefix(root()).unwrap().to_owned(), text(&path))).collect()
}

fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Whether a word stands in code, whole, and not as a part of a longer name.
fn has(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let longer = before.is_some_and(part) || (word.ends_with(part) && after.is_some_and(part));
        !longer
    })
}

/// Says where a word stands in code below a folder, but for the files that may have it.
fn found(folder: &str, words: &[&str], may: &[&str]) -> Vec<String> {
    let files = sources(folder);
    let files = files.iter().filter(|(path, _)| !may.iter().any(|may| path.starts_with(may)));
    files
        .flat_map(|(path, code)| {
            let words = words.iter().filter(|word| has(code, word));
            words.map(|word| format!("{}: {word}", path.display()))
        })
        .collect()
}

const NOTHING: [String; 0] = [];

#[test]
fn the_pure_crates_touch_no_file_clock_environment_process_or_network() {
    // Addresses of `std::net` are values; what opens a connection is not.
    let sockets = ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "ToSocketAddrs"];
    let outside = ["fs::", "std::fs", "env::", "std::env", "process::", "SystemTime", "Instant"];
    let outside: Vec<&str> = outside.into_iter().chain(sockets).collect();
    for folder in ["compiler/src", "graph/src", "runtime/plan/src"] {
        assert_eq!(found(folder, &outside, &[]), NOTHING, "{folder}");
        for (path, code) in sources(folder) {
            let uses = code.split("use std::{").skip(1).map(|rest| rest.split("};").next().unwrap());
            for names in uses.flat_map(|names| names.split([',', '{'])) {
                let name = names.trim();
                assert!(!["fs", "env", "process", "time"].contains(&name), "{}: {name}", path.display());
            }
        }
    }
}

#[test]
fn only_the_real_host_starts_processes() {
    for folder in ["src", "compiler/src", "graph/src"].into_iter().chain(RUNTIME) {
        assert_eq!(found(folder, &["Command::new"], &[]), NOTHING);
    }
    assert_ne!(found("runtime/linux/src", &["Command::new"], &[]), NOTHING, "the wall has its gate");
}

#[test]
fn only_the_commands_terminal_prints_and_only_its_main_ends_the_process() {
    let printing = ["println!", "print!", "eprintln!", "eprint!", "dbg!", "stdout()", "stderr()"];
    let exiting = ["process::exit", "process::abort", "ExitCode"];
    for folder in ["compiler/src", "graph/src"].into_iter().chain(RUNTIME) {
        assert_eq!(found(folder, &printing, &[]), NOTHING);
        assert_eq!(found(folder, &exiting, &[]), NOTHING);
    }
    assert_eq!(found("src", &printing, &["src/terminal.rs"]), NOTHING);
    assert_eq!(found("src", &exiting, &["src/main.rs"]), NOTHING);
}

#[test]
fn the_command_reads_clock_and_environment_in_one_place() {
    let outside = ["SystemTime::now", "Instant::now", "env::var", "env::var_os", "env::vars"];
    assert_eq!(found("src", &outside, &["src/outside.rs"]), NOTHING);
    for folder in RUNTIME {
        assert_eq!(found(folder, &outside, &[]), NOTHING);
    }
}

#[test]
fn words_are_found_whole_and_never_in_comments() {
    assert!(has("use std::fs;", "std::fs"));
    assert!(has("let x = fs::read(a)", "fs::"));
    assert!(!has("zfs::read", "fs::"));
    assert!(!has("eprintln_it!()", "eprintln!"));
    assert!(!has(&code("a(); // fs::read\n#[cfg(test)]\nmod tests { fs::read }"), "fs::"));
}

/// The licences that `deny.toml` allows: one list for cargo-deny and for the test below.
fn allowed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = text.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a licence expression can be met with what is allowed. It errs on the strict side.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], "");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
}

#[test]
fn everything_we_depend_on_has_an_allowed_licence_and_comes_from_the_registry() {
    let allowed = allowed();
    let metadata = metadata(&["--filter-platform", "x86_64-unknown-linux-gnu"]);
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let used: BTreeSet<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap();
    let packages: Vec<_> = packages.iter().filter(|one| used.contains(one["id"].as_str().unwrap())).collect();
    assert!(packages.len() > 50);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let license = package["license"].as_str().unwrap_or("none");
        assert!(is_met(license, &allowed), "{name} has the licence {license}");
        let source = package["source"].as_str().unwrap_or("path");
        assert!(source == "path" || source.starts_with("registry+"), "{name} comes from {source}");
    }
}

#[test]
fn a_licence_that_is_not_allowed_is_seen() {
    let allowed = allowed();
    assert!(is_met("MIT OR GPL-3.0", &allowed));
    assert!(is_met("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
    assert!(!is_met("MIT AND GPL-3.0", &allowed));
    assert!(!is_met("none", &allowed));
}
