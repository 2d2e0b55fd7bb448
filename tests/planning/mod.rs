//! Runs the cases in `tests/suite/plan`: a host as it is, the specs, and what the planner makes of them,
//! without a host and without a state folder. `tests/suite/README.md` tells the format.
//!
//! `PHOENIX_SUITE=update` writes what is planned now into the files, to be looked at and committed.

mod case;
mod host;
mod words;

use case::Case;
use phoenix_graph::code::Level;
use std::{collections::BTreeSet, fs, path::Path};

/// What no case can show.
const WITHOUT_CASE: [(&str, &str); 3] = [
    ("key-to-type", "is told where there is no terminal, by what carries plans out"),
    ("snapshot-renamed", "is told of a host by `status`, which looks at its snapshots"),
    ("other-version", "stands in plans that other versions wrote"),
];

/// Reads the files, each with its head and its cases.
fn files() -> Vec<(std::path::PathBuf, String, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/plan");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let (head, cases) = case::read(&text);
        (path, head, cases)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_case_is_planned_as_it_says() {
    #[expect(clippy::disallowed_methods, reason = "a switch for people who work on the suite")]
    let update = std::env::var_os("PHOENIX_SUITE").is_some_and(|value| value == "update");
    let mut failures = Vec::new();
    let mut names = BTreeSet::new();
    for (path, head, cases) in files() {
        let mut written = head;
        for case in &cases {
            let mut failed = |why: &str| {
                let file = path.file_name().unwrap().display();
                failures.push(format!("{file}: {}:\n{why}", case.name));
            };
            if !names.insert(case.name.clone()) {
                failed("this case stands twice");
            }
            let told = case.run().and_then(|plan| {
                if !update {
                    case.compare(&plan)?;
                }
                let refused = plan.refusals.iter().all(|refusal| refusal.code.level == Level::Refusal);
                let warned = plan.warnings.iter().all(|warning| warning.code.level == Level::Warning);
                if !refused || !warned {
                    return Err("a refusal has the code of a warning, or the other way round".to_owned());
                }
                Ok(case::told(&plan))
            });
            let told = told.unwrap_or_else(|why| {
                failed(&why);
                case.wanted.clone()
            });
            written.push_str(&case.write(&told));
        }
        if update {
            fs::write(&path, written).unwrap();
        }
    }
    assert!(names.len() >= 60, "only {} cases were found", names.len());
    assert!(failures.is_empty(), "\n{}\n\n{} failures", failures.join("\n\n"), failures.len());
}

#[test]
fn every_code_of_the_planner_has_a_case() {
    let cases: Vec<Case> = files().into_iter().flat_map(|(_, _, cases)| cases).collect();
    let shown: BTreeSet<String> = cases.iter().flat_map(Case::codes).collect();
    let without: BTreeSet<&str> = WITHOUT_CASE.iter().map(|(name, _)| *name).collect();
    let missing = phoenix_plan::code::all().map(|code| code.name);
    let missing: BTreeSet<&str> = missing.filter(|name| !shown.contains(*name)).collect();
    assert_eq!(missing, without, "these have no case, and those were expected to have none");
}

#[test]
fn what_a_case_does_not_say_or_says_otherwise_is_a_failure() {
    let case = |wanted: &str| {
        let text = "--- a ---\n=== host ===\ndataset \"tank/a\" foreign\n=== spec ===\ndataset \"a\"\n=== plan ===\n";
        let case = case::read(&format!("{text}{wanted}")).1.remove(0);
        case.compare(&case.run().unwrap())
    };
    assert_eq!(case("refuse \"dataset:tank/a\" code=not-ours \"was not made by phoenix\"\n"), Ok(()));
    for wrong in [
        "",
        "refuse \"dataset:tank/a\" code=not-ours \"was made by phoenix\"\n",
        "refuse \"dataset:tank/a\" code=unrecorded \"was not made by phoenix\"\n",
        "refuse \"dataset:tank\" code=not-ours \"was not made by phoenix\"\n",
        "warn \"dataset:tank/a\" code=not-ours \"was not made by phoenix\"\n",
        "refuse \"dataset:tank/a\" code=not-ours \"phoenix\"\naction create \"dataset:tank/a\"\n",
    ] {
        assert!(case(wrong).is_err(), "{wrong}");
    }
}
