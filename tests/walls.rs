//! The walls of the house, as the design draws them: who may depend on whom, who may start processes,
//! who may print, and what the pure crates never touch. And the licences of what we depend on.
#![allow(clippy::unwrap_used, reason = "tests; clippy knows only those marked #[test]")]

use crate::circles::House;
use assert_cmd::Command;
use serde_json::{Value, json};
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

/// A package of the workspace, what it may know of the house, and what its tests may know beside that. Of what comes
/// from elsewhere, `kdl` and `miette` are the compiler's.
const HOUSE: [(&str, &[&str], &[&str]); 14] = [
    ("graph", &[], &[]),
    ("compiler", &["graph", "kdl", "miette"], &[]),
    ("kubernetes", &["graph"], &["compiler", "kdl", "miette"]),
    ("host", &["graph"], &[]),
    ("linux", &["graph", "host"], &[]),
    ("sim", &["graph", "host"], &[]),
    ("plan", &["graph", "host"], &[]),
    ("store", &["graph", "plan"], &[]),
    ("transaction", &["graph", "host", "plan", "store"], &["sim"]),
    // What only tests use.
    ("specs", &["compiler", "graph", "kdl", "miette"], &[]),
    ("support", &["graph", "host", "plan", "sim", "store", "transaction"], &[]),
    ("conformance", &["graph", "host", "linux", "sim"], &[]),
    ("lab", &["sim"], &[]),
    ("operations", &["graph", "host"], &[]),
];

const HELPERS: [&str; 5] = ["specs", "support", "conformance", "lab", "operations"];

/// What a package knows of the house; with `dev`, its tests, to whom a helper is all that it brings along.
fn knows(metadata: &Value, package: &str, dev: bool) -> BTreeSet<String> {
    let whole = if package == "phoenix" { package.to_owned() } else { format!("phoenix-{package}") };
    let mut known = BTreeSet::new();
    for name in dependencies(metadata, &whole, dev) {
        match name.strip_prefix("phoenix-") {
            Some(helper) if dev && HELPERS.contains(&helper) => known.extend(knows(metadata, helper, false)),
            Some(name) => _ = known.insert(name.to_owned()),
            None if ["phoenix", "kdl", "miette"].contains(&&*name) => _ = known.insert(name),
            None => {}
        }
    }
    known.remove(package);
    known
}

/// Says who knows whom it may not; and who is no part of the house, or is no longer.
fn strangers(metadata: &Value, house: &[(&str, &[&str], &[&str])]) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap().iter();
    let packages = packages.map(|one| one["name"].as_str().unwrap());
    let there: BTreeSet<&str> = packages.filter_map(|name| name.strip_prefix("phoenix-")).collect();
    let told: BTreeSet<&str> = house.iter().map(|(package, ..)| *package).collect();
    let mut found: Vec<String> =
        there.symmetric_difference(&told).map(|one| format!("{one} is a stranger")).collect();
    for (package, may, tests) in house.iter().filter(|(package, ..)| there.contains(package)) {
        let built = knows(metadata, package, false);
        let built = built.iter().filter(|name| !may.contains(&&***name));
        found.extend(built.map(|name| format!("{package} knows {name}")));
        let tested = knows(metadata, package, true);
        let tested = tested.iter().filter(|name| !may.contains(&&***name) && !tests.contains(&&***name));
        found.extend(tested.map(|name| format!("tests of {package} know {name}")));
    }
    found
}

#[test]
fn every_crate_sees_only_those_below_it_and_so_do_its_tests() {
    let metadata = metadata(&["--no-deps"]);
    assert_eq!(strangers(&metadata, &HOUSE), NOTHING);
    let command = dependencies(&metadata, "phoenix", false);
    let [house @ .., _, _, _, _, _] = HOUSE;
    assert!(house.iter().all(|(package, ..)| command.contains(&format!("phoenix-{package}"))));
}

#[test]
fn who_knows_whom_it_may_not_is_found_also_through_what_only_tests_use() {
    let package = |name: &str, needs: &[(&str, Option<&str>)]| {
        let needs = needs.iter().map(|(name, kind)| json!({ "name": name, "kind": kind }));
        json!({ "name": name, "dependencies": needs.collect::<Vec<_>>() })
    };
    let dev = Some("dev");
    let specs = package("phoenix-specs", &[("phoenix-graph", None), ("kdl", None), ("proptest", dev)]);
    let strangers = |graph: &[(&str, Option<&str>)]| {
        let packages = [package("phoenix-graph", graph), specs.clone(), package("phoenix", &[])];
        let house = [("graph", &[][..], &[][..]), ("specs", &["graph", "kdl"], &[])];
        strangers(&json!({ "packages": packages }), &house)
    };
    assert_eq!(strangers(&[("blake3", None), ("proptest", dev)]), NOTHING);
    assert_eq!(strangers(&[("phoenix-specs", dev)]), ["tests of graph know kdl"]);
    assert_eq!(strangers(&[("phoenix", dev)]), ["tests of graph know phoenix"]);
    // What a crate is built with, its tests have, too.
    let both = |name: &str| [format!("graph knows {name}"), format!("tests of graph know {name}")];
    assert_eq!(strangers(&[("miette", None)]), both("miette"));
    let helper = strangers(&[("phoenix-specs", None)]);
    assert_eq!(helper, ["graph knows specs", "tests of graph know kdl"]);
    let nobody = self::strangers(&json!({ "packages": [specs] }), &[]);
    assert_eq!(nobody, ["specs is a stranger"]);
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

/// Lists the files below folders that none of these, which the compiler begins with, has as a module.
fn orphans(roots: &BTreeSet<PathBuf>, folders: &[PathBuf]) -> BTreeSet<PathBuf> {
    let modules: BTreeSet<PathBuf> = roots.iter().flat_map(|root| House::with_tests(root).files()).collect();
    folders.iter().flat_map(|folder| files(folder)).filter(|path| !modules.contains(path)).collect()
}

/// A file that nothing has as its module would be compiled, and its tests run, by nobody.
#[test]
fn every_file_is_a_module_of_what_is_compiled() {
    let metadata = metadata(&["--no-deps"]);
    let packages = metadata["packages"].as_array().unwrap().iter();
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let mut roots: BTreeSet<PathBuf> = targets.map(|one| one["src_path"].as_str().unwrap().into()).collect();
    // A workspace of its own.
    let fuzz = ["fuzz_targets/spec.rs", "examples/seeds.rs"];
    roots.extend(fuzz.map(|path| root().join("compiler/fuzz").join(path)));
    let folders = ["benches", "compiler", "graph", "kubernetes", "runtime", "src", "tests"]
        .map(|name| root().join(name));
    assert_eq!(orphans(&roots, &folders), BTreeSet::new(), "these are compiled by nobody");
}

#[test]
fn a_file_that_is_no_module_is_found_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("inner")).unwrap();
    for (name, text) in [
        ("main.rs", "// mod gc;\nmod inner;\n#[cfg(test)]\nmod tests;"),
        ("gc.rs", ""),
        ("tests.rs", ""),
        ("inner/mod.rs", "mod known; const TEXT: &str = \"mod apart;\";"),
        ("inner/known.rs", ""),
        ("inner/apart.rs", ""),
    ] {
        fs::write(path(name), text).unwrap();
    }
    let found = orphans(&[path("main.rs")].into(), &[folder.path().to_owned()]);
    assert_eq!(found, [path("gc.rs"), path("inner/apart.rs")].into());
}

/// To look for examples in comments takes longer than many tests, and there are none: no library has them run.
#[test]
fn no_comment_has_an_example_that_nobody_runs() {
    let metadata = metadata(&["--no-deps"]);
    let packages = metadata["packages"].as_array().unwrap().iter();
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let libraries: Vec<&Value> = targets.filter(|one| one["kind"][0] == "lib").collect();
    assert!(libraries.len() >= 12, "{libraries:?}");
    for library in libraries {
        assert_eq!(library["doctest"], false, "{library}");
        let root = Path::new(library["src_path"].as_str().unwrap());
        for path in files(root.parent().unwrap()) {
            let text = fs::read_to_string(&path).unwrap();
            let found = examples(&text);
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}

/// Lists the beginnings of what rustdoc would take for an example: blocks in comments that do not say what they are.
fn examples(text: &str) -> Vec<&str> {
    let comments = text
        .lines()
        .map(str::trim)
        .filter_map(|line| line.strip_prefix("//!").or_else(|| line.strip_prefix("///")));
    let fences = comments.map(str::trim).filter(|line| line.starts_with("```"));
    // Every other one is an end.
    fences.step_by(2).filter(|begin| *begin != "```text").collect()
}

#[test]
fn an_example_in_a_comment_is_found() {
    let text = "//! ```text\n//! a -> b\n//! ```\n    /// ```\n    /// f();\n    /// ```\nfn f() {} // ```";
    assert_eq!(examples(text), ["```"]);
    assert_eq!(examples("/// ```rust,no_run\n/// ```"), ["```rust,no_run"]);
}

/// The Rust files below a folder, but for what was built there.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| !path.ends_with("target"));
    let inside = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs");
    entries.flat_map(inside).filter(is_rust).collect()
}

/// The Rust files below a folder, with their text: without comments, texts, and the module of unit tests.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = files(&root().join(folder));
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
    for folder in ["compiler/src", "graph/src", "kubernetes/src", "runtime/plan/src"] {
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
    for folder in ["src", "compiler/src", "graph/src", "kubernetes/src"].into_iter().chain(RUNTIME) {
        assert_eq!(found(folder, &["Command::new"], &[]), NOTHING);
    }
    assert_ne!(found("runtime/linux/src", &["Command::new"], &[]), NOTHING, "the wall has its gate");
}

#[test]
fn only_the_commands_terminal_prints_and_only_its_main_ends_the_process() {
    let printing = ["println!", "print!", "eprintln!", "eprint!", "dbg!", "stdout()", "stderr()"];
    let exiting = ["process::exit", "process::abort", "ExitCode"];
    for folder in ["compiler/src", "graph/src", "kubernetes/src"].into_iter().chain(RUNTIME) {
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
