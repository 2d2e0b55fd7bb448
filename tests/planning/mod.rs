//! Runs the cases in `tests/suite/plan`: a host as it is, the specs, and what the planner makes of them,
//! without a host and without a state folder. `tests/suite/README.md` tells the format.
//!
//! `PHOENIX_SUITE=update` writes what is planned now into the files, to be looked at and committed.

mod case;
mod host;
mod proxmox;
mod scheduled;
mod told;
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
        let (head, cases) = case::read(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
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
                case.told(&plan)
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
    assert!(names.len() >= 190, "only {} cases were found", names.len());
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

/// Plans a case, and holds the plan against what is wanted.
fn compared(text: &str, wanted: &str) -> Result<(), String> {
    let (_, cases) = case::read(&format!("--- a ---\n{text}=== plan ===\n{wanted}"))?;
    cases[0].compare(&cases[0].run()?)
}

#[test]
fn what_a_case_does_not_say_or_says_otherwise_is_a_failure() {
    let case =
        |wanted| compared("=== host ===\ndataset \"tank/a\" foreign\n=== spec ===\ndataset \"a\"\n", wanted);
    assert_eq!(case("refuse \"dataset:tank/a\" code=not-ours \"was not made by phoenix\"\n"), Ok(()));
    for wrong in [
        "",
        "refuse \"dataset:tank/a\" code=not-ours \"was made by phoenix\"\n",
        "refuse \"dataset:tank/a\" code=unrecorded \"was not made by phoenix\"\n",
        "refuse \"dataset:tank/a\" \"was not made by phoenix\"\n",
        "refuse \"dataset:tank\" code=not-ours \"was not made by phoenix\"\n",
        "warn \"dataset:tank/a\" code=not-ours \"was not made by phoenix\"\n",
        "refuse \"dataset:tank/a\" code=not-ours \"phoenix\"\naction create \"dataset:tank/a\"\n",
    ] {
        assert!(case(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_action_is_compared_with_every_change_its_class_and_where_asked_for_its_commands() {
    let host = "=== host ===\nvolume \"tank/v\" volsize=\"2G\" volblocksize=\"16K\" compression=\"lz4\"\n";
    let specs = "=== current ===\nvolume \"v\" size=\"2G\"\n=== spec ===\nvolume \"v\" size=\"1G\"\n";
    let asked = "consent \"volume:tank/v\"\n";
    let case = |asked: &str, wanted: &str| compared(&format!("{host}{specs}"), &format!("{asked}{wanted}"));
    let action = "action update \"volume:tank/v\" destructive \"volsize\"=\"2147483648 -> 1073741824\"\n";
    let run = "run \"zfs set volsize=1073741824 tank/v\"\n";
    let commands = format!("{asked}commands\n");
    assert_eq!(case(asked, action), Ok(()));
    assert_eq!(case(&commands, &format!("{action}{run}")), Ok(()));
    for wrong in [
        action.replace(" destructive", ""),
        action.replace("destructive", "forward-only"),
        action.replace(" \"volsize\"=\"2147483648 -> 1073741824\"", ""),
        action.replace("\n", " \"volsize\"=\"2147483648 -> 1073741824\"\n"),
    ] {
        assert!(case(asked, &wrong).is_err(), "{wrong}");
    }
    for wrong in [
        action.to_owned(),
        format!("{action}{}", run.replace("v\"", "w\"")),
        format!("{action}{run}before setting dataset=\"tank/v\"\n"),
    ] {
        assert!(case(&commands, &wrong).is_err(), "{wrong}");
    }
    // Of two changes of one thing both are said, in their order.
    let host =
        "=== host ===\ndisk \"/dev/disk/by-id/c\" blank\ndisk \"/dev/disk/by-id/d\" blank\n=== current ===\n";
    let spec = "=== spec ===\nedition 1\npool \"tank\" {\n\
        mirror { disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\"; }\n\
        spare { disk \"/dev/disk/by-id/c\"; }\nspare { disk \"/dev/disk/by-id/d\"; }\n}\n";
    let case = |changes: &[&str]| {
        let change = |disk: &&str| format!(" \"vdev\"=\"- -> spare /dev/disk/by-id/{disk}\"");
        let changes: String = changes.iter().map(change).collect();
        compared(&format!("{host}{spec}"), &format!("action update \"pool:tank\"{changes}\n"))
    };
    assert_eq!(case(&["c", "d"]), Ok(()));
    for wrong in [&["d", "c"][..], &["d"], &["c"], &["c", "d", "d"]] {
        assert!(case(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_case_that_is_written_wrongly_is_an_error() {
    let whole = "// A head.\n\n--- a ---\n=== host ===\n=== spec ===\n=== plan ===\n";
    assert!(case::read(whole).is_ok());
    for (part, wrong) in [
        ("// A head.", "A head."),
        ("=== host ===", "=== hosts ==="),
        ("=== host ===", "=== spec ==="),
        ("=== spec ===", "=== plan ==="),
        ("=== plan ===", ""),
        ("--- a ---\n", "--- a ---\ndataset \"tank/a\"\n"),
    ] {
        let text = whole.replace(part, wrong);
        assert!(case::read(&text).is_err(), "{text}");
    }
    // What is asked for and not known.
    let spec = "=== spec ===\n";
    assert_eq!(compared(&format!("=== current ===\n{spec}"), ""), Ok(()));
    for wrong in ["refuses \"pool:tank\" code=not-ours \"a\"\n", "commands twice\n", "comands\n"] {
        assert!(compared(&format!("=== current ===\n{spec}"), wrong).is_err(), "{wrong}");
    }
}
