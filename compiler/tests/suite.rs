//! Runs the cases in `tests/suite`: specs with what the compiler is to say written under the lines
//! that it is about. `tests/suite/README.md` tells the format.
//!
//! `PHOENIX_SUITE=update` writes what the compiler says now into the files, to be looked at and
//! committed.

use phoenix_compiler::{Compiled, Place, SpecPath, compile};
use phoenix_specs::{Memory, facts};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// One case: its name, its files, and the graph that it is to give.
#[derive(Debug, Default)]
struct Case {
    name: String,
    files: Vec<File>,
    graph: Vec<String>,
}

/// A file of a case: its text without annotations, and the annotations by line, counted from 0.
#[derive(Debug, Default)]
struct File {
    name: String,
    lines: Vec<String>,
    said: BTreeMap<usize, Vec<String>>,
}

#[test]
fn every_case_says_what_is_written_under_its_lines() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/suite");
    #[expect(clippy::disallowed_methods, reason = "a switch for people who work on the suite")]
    let update = std::env::var_os("PHOENIX_SUITE").is_some_and(|value| value == "update");
    let mut failures = Vec::new();
    let mut names = BTreeSet::new();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "kdl"));
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, cases) = read(&text);
        let mut written = head;
        for case in &cases {
            if !names.insert(case.name.clone()) {
                failures.push(format!("{}: the case {} stands twice", path.display(), case.name));
            }
            let compiled = run(case);
            let said = said(case, &compiled);
            if !update {
                compare(&path, case, &said, &mut failures);
            }
            check_graph(&path, case, &compiled, &mut failures);
            written.push_str(&write(case, &said));
        }
        if update && written != text {
            std::fs::write(&path, written).unwrap();
        }
    }
    assert!(names.len() >= 60, "only {} cases were found", names.len());
    assert!(failures.is_empty(), "\n{}\n\n{} failures", failures.join("\n"), failures.len());
}

#[test]
fn every_code_has_a_case() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/suite");
    let mut all = String::new();
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "kdl")) {
        all.push_str(&std::fs::read_to_string(path).unwrap());
    }
    let missing: Vec<_> = phoenix_compiler::code::all()
        .map(|code| code.name)
        .filter(|name| !WITHOUT_CASE.contains(name))
        .filter(|name| !all.contains(&format!("[{name}]")))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

/// What no text of reasonable size can show: limits, which unit tests reach, and defects.
const WITHOUT_CASE: &[&str] = &["internal", "too-large"];

fn read(text: &str) -> (String, Vec<Case>) {
    let mut head = String::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---")) {
            let file = File { name: "spec.kdl".to_owned(), ..File::default() };
            cases.push(Case { name: name.to_owned(), files: vec![file], graph: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            head.push_str(line);
            head.push('\n');
            continue;
        };
        if let Some(name) = line.strip_prefix("=== ").and_then(|rest| rest.strip_suffix(" ===")) {
            case.files.push(File { name: name.to_owned(), ..File::default() });
            continue;
        }
        if let Some(fact) = line.strip_prefix("// => ") {
            case.graph.push(fact.to_owned());
            continue;
        }
        let file = case.files.last_mut().unwrap();
        if is_annotation(line) {
            let at = file.lines.len().saturating_sub(1);
            file.said.entry(at).or_default().push(line.to_owned());
        } else {
            file.lines.push(line.to_owned());
        }
    }
    (head, cases)
}

/// Annotations look like `//   ^^^^ error[code]: …`, `// 1-4 note: …`, `// help: …` and
/// `// @ std/x.kdl:3:5 note: …`.
fn is_annotation(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("//") else { return false };
    let rest = rest.trim_start().trim_start_matches('^');
    let rest = rest.strip_prefix("@ ").map_or(rest, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest));
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-').trim_start();
    ["error[", "warning[", "note: ", "help: "].iter().any(|word| rest.starts_with(word))
}

fn run(case: &Case) -> Compiled {
    let mut world = Memory::default();
    for file in &case.files {
        let mut text = file.lines.join("\n");
        text.push('\n');
        world.0.insert(file.name.clone(), text.into());
    }
    compile(&world, &SpecPath::new("spec.kdl").unwrap())
}

/// What was said, by file and line; in the file `""` what is about no file of the case.
type Said = BTreeMap<(String, usize), Vec<String>>;

fn said(case: &Case, compiled: &Compiled) -> Said {
    let mut said = Said::new();
    for diagnostic in &compiled.diagnostics {
        let severity = format!("{:?}", diagnostic.severity).to_lowercase();
        let title = format!("{severity}[{}]: {}", diagnostic.code, diagnostic.message);
        let mut first = None;
        for (at, label) in diagnostic.labels.iter().enumerate() {
            let text =
                if at == 0 { format!("{title} -- {}", label.text) } else { format!("note: {}", label.text) };
            let (key, line) = annotation(case, compiled, label.place, &text);
            first.get_or_insert_with(|| key.clone());
            said.entry(key).or_default().push(line);
        }
        let key = first.unwrap_or_else(|| {
            let key = (String::new(), 0);
            said.entry(key.clone()).or_default().push(format!("// {title}"));
            key
        });
        if let Some(help) = &diagnostic.help {
            let mark = if key.0.is_empty() { "@ - " } else { "" };
            said.entry(key).or_default().push(format!("// {mark}help: {help}"));
        }
    }
    said
}

fn annotation(case: &Case, compiled: &Compiled, place: Place, text: &str) -> ((String, usize), String) {
    let name = &compiled.sources.get(place.file).unwrap().name;
    let start = compiled.sources.position(place.file, place.start);
    let end = compiled.sources.position(place.file, place.end);
    let Some(file) = case.files.iter().find(|file| *file.name == **name) else {
        return ((String::new(), 0), format!("// @ {name}:{}:{} {text}", start.line, start.column));
    };
    let line = file.lines.get(start.line - 1).map_or("", String::as_str);
    let end = if end.line == start.line { end.column } else { line.chars().count() + 1 };
    let width = end.saturating_sub(start.column);
    let line = if start.column > 3 && width > 0 {
        format!("//{}{} {text}", " ".repeat(start.column - 3), "^".repeat(width))
    } else {
        format!("// {}-{end} {text}", start.column)
    };
    ((name.to_string(), start.line - 1), line)
}

fn compare(path: &Path, case: &Case, said: &Said, failures: &mut Vec<String>) {
    let mut wanted = Said::new();
    for file in &case.files {
        for (at, lines) in &file.said {
            let (here, elsewhere): (Vec<_>, Vec<_>) =
                lines.iter().cloned().partition(|line| !line.starts_with("// @ "));
            wanted.entry((file.name.clone(), *at)).or_default().extend(here);
            wanted.entry((String::new(), 0)).or_default().extend(elsewhere);
        }
    }
    let keys: BTreeSet<_> = wanted.keys().chain(said.keys()).collect();
    for key in keys {
        let empty = Vec::new();
        let sorted = |lines: &Vec<String>| {
            let mut lines = lines.clone();
            lines.sort();
            lines
        };
        let (want, got) = (wanted.get(key).unwrap_or(&empty), said.get(key).unwrap_or(&empty));
        if sorted(want) != sorted(got) {
            let file = case.files.iter().find(|file| file.name == key.0);
            let line = file.and_then(|file| file.lines.get(key.1)).map_or("", String::as_str);
            failures.push(format!(
                "{}: {}\n    {line}\n  wanted:\n    {}\n  said:\n    {}",
                path.file_name().unwrap().display(),
                case.name,
                want.join("\n    "),
                got.join("\n    ")
            ));
        }
    }
}

/// Holds the lines `// => [@HOST] KEY[: FACTS]` and `// => no KEY` against the graphs.
fn check_graph(path: &Path, case: &Case, compiled: &Compiled, failures: &mut Vec<String>) {
    for fact in &case.graph {
        let (host, wanted) = match fact.strip_prefix('@') {
            Some(rest) => rest.split_once(' ').map(|(host, rest)| (Some(host), rest)).unwrap(),
            None => (None, fact.as_str()),
        };
        let lines: Vec<String> = compiled
            .hosts
            .iter()
            .filter(|compiled| host.is_none_or(|host| compiled.name.as_str() == host))
            .filter_map(|compiled| compiled.graph.as_ref())
            .flat_map(facts)
            .collect();
        let of = |key: &str| lines.iter().find(|line| **line == key || line.starts_with(&format!("{key} ")));
        let fine = if let Some(key) = wanted.strip_prefix("no ") {
            !lines.is_empty() && of(key).is_none()
        } else {
            let (key, facts) = wanted.split_once(": ").unwrap_or((wanted, ""));
            of(key).is_some_and(|line| line.contains(facts))
        };
        if !fine {
            failures.push(format!(
                "{}: {}\n  wanted: {fact}\n  graph:\n    {}",
                path.file_name().unwrap().display(),
                case.name,
                lines.join("\n    ")
            ));
        }
    }
}

fn write(case: &Case, said: &Said) -> String {
    let mut text = format!("--- {} ---\n", case.name);
    let mut push = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    for (index, file) in case.files.iter().enumerate() {
        if index > 0 {
            push(&format!("=== {} ===", file.name));
        }
        // Blank lines at the end belong to the gap between two cases.
        let content = file.lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
        let last = index + 1 == case.files.len();
        for (at, line) in file.lines.iter().enumerate() {
            if last && at == content {
                break;
            }
            push(line);
            for line in said.get(&(file.name.clone(), at)).into_iter().flatten() {
                push(line);
            }
        }
        if last {
            for (_, lines) in said.range((file.name.clone(), content)..=(file.name.clone(), usize::MAX)) {
                lines.iter().for_each(|line| push(line));
            }
        }
    }
    for line in said.get(&(String::new(), 0)).into_iter().flatten() {
        push(line);
    }
    for fact in &case.graph {
        push(&format!("// => {fact}"));
    }
    push("");
    text
}
