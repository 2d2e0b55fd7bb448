//! `check`: diagnostics only, for people and for programs.

use crate::{
    command::common::{Sandbox, example},
    snapshot,
};
use serde_json::Value;
use std::{fs, path::Path};

const WARNED: &str = "edition 1\npool \"tank\" {\n    disk \"/dev/disk/by-id/a\"\n}\n";

#[test]
fn a_spec_is_checked_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write("lib/common.kdl", "edition 1\nlet most \"lots\"\n");
    sandbox.write(
        "phoenix.kdl",
        "edition 1\nimport \"lib/common.kdl\"\npool \"tank\" {\n    mirror { disk \"/dev/sda\"; disk \"/dev/disk/by-id/b\" }\n    dataset \"vms\" quota=(let)\"most\" atime=\"yes\"\n}\n",
    );
    let people = sandbox.run(&["check"]).exits(3);
    let programs = sandbox.run(&["check", "--json"]).exits(3);
    assert_eq!(sandbox.tree("").len(), 5, "only what was there");
    snapshot!("check", people, programs);
}

#[test]
fn warnings_are_errors_where_they_are_denied() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", WARNED);
    sandbox.run(&["check"]).exits(0).says("warning").says("0 errors, 1 warning");
    sandbox.run(&["check", "--deny", "warnings"]).exits(3).says("1 error, 0 warnings");
    sandbox.run(&["check", "--deny", "warnings", "--json"]).exits(3).says("\"severity\":\"error\"");
    sandbox.sim(&["build", "--deny", "warnings"]).exits(3);
    assert!(!sandbox.path().join("result").exists());
    sandbox.sim(&["build"]).exits(0);
    let fine = example("phoenix");
    sandbox.run(&["check", "--deny", "warnings", fine.to_str().unwrap()]).exits(0);
}

#[test]
fn standard_input_stands_for_a_file_with_what_it_imports() {
    let sandbox = Sandbox::new();
    sandbox.write("lib/common.kdl", "edition 1\nlet most \"10G\"\n");
    let text = "edition 1\nimport \"common.kdl\"\npool \"t\" {\n    mirror { disk \"/dev/disk/by-id/a\"; \
                disk \"/dev/disk/by-id/b\" }\n    dataset \"x\" quota=(let)\"most\" atme=#true\n}\n";
    sandbox.feed(text, &["check", "-"]).exits(3).says("cannot read common.kdl");
    let there = ["check", "-", "--file", "lib/unsaved.kdl", "--json"];
    let told = sandbox.feed(text, &there).exits(3).says("did you mean `atime`?");
    assert_eq!(told.out.lines().count(), 1, "{told}");
    sandbox.feed(&text.replace("atme", "atime"), &there).exits(0);
    sandbox.feed(text, &["check", "-", "--file", "nowhere/x.kdl"]).exits(1).says("as nowhere/x.kdl");
    sandbox.run(&["check", "lib/common.kdl", "--file", "x.kdl"]).exits(64).says("check - --file");
    assert!(!sandbox.path().join("lib/unsaved.kdl").exists());
}

#[test]
fn every_line_of_json_holds_against_its_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json/diagnostic.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({ "severity": "bad" })));
    let sandbox = Sandbox::new();
    // Every wrong example of every page.
    let mut lines = 0;
    for code in sandbox.run(&["explain"]).out.lines().map(|line| line.split(' ').next().unwrap()) {
        let page = sandbox.run(&["explain", code]).out;
        let Some((_, examples)) = page.split_once("wrong:\n\n") else { continue };
        let wrong = examples.split("\nright:").next().unwrap();
        let wrong = wrong.split("    === ").next().unwrap();
        sandbox.write(
            "phoenix.kdl",
            &wrong.lines().map(|line| line.trim_start().to_owned() + "\n").collect::<String>(),
        );
        for line in sandbox.run(&["check", "--json"]).out.lines() {
            let output: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<String> = validator.iter_errors(&output).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{line}");
            lines += 1;
        }
    }
    assert!(lines > 60, "{lines}");
}

#[test]
fn several_specs_and_files_that_others_import_are_checked_in_one_call() {
    let sandbox = Sandbox::new();
    sandbox.write("lib/common.kdl", "edition 1\nlet most \"10G\"\nprofile \"p\" { atime #false; }\n");
    sandbox.write("lib/empty.kdl", "edition 1\n");
    sandbox.write("lib/wrong.kdl", "edition 1\nlet most\n");
    sandbox.write("phoenix.kdl", WARNED);
    sandbox.run(&["check", "lib/common.kdl"]).exits(0).says("lib/common.kdl: 0 errors, 0 warnings");
    sandbox.run(&["check", "--deny", "warnings", "lib/common.kdl"]).exits(0);
    sandbox.run(&["check", "lib/empty.kdl"]).exits(3).says("no-host");
    let two = ["check", "phoenix.kdl", "lib/common.kdl"];
    sandbox.run(&two).exits(0).says("2 files: 0 errors, 1 warning");
    // Of a folder all that lies in it, each once; no hidden folder.
    sandbox.write(".git/old.kdl", "edition 9\n");
    let told = sandbox.run(&["check", ".", "lib/wrong.kdl"]).exits(3);
    told.says("4 files: 2 errors, 1 warning").says("no-redundancy").says("missing-argument").says("no-host");
    sandbox.write("notes/x", "");
    sandbox.run(&["check", "notes"]).exits(64).says("cannot find a spec in notes").says("has a .kdl file");
    // Places are named as the person who asks can open them, also those of imports.
    sandbox.write("hosts/a/phoenix.kdl", "edition 1\nimport \"more/x.kdl\"\nhost \"h\" { quta 1; }\n");
    sandbox.write("hosts/a/more/x.kdl", "edition 1\nlet most\n");
    let told = sandbox.run(&["check", "hosts/a"]).exits(3);
    told.says("[hosts/a/phoenix.kdl:3:12]").says("[hosts/a/more/x.kdl:2:1]");
    // A file of names alone is no host for anything but a check.
    sandbox.sim(&["build", "lib/common.kdl"]).exits(3).says("no-host");
}

#[test]
fn what_is_wrong_in_a_file_that_several_specs_import_is_told_once() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.root", "");
    sandbox.write("lib/all.kdl", "edition 1\nimport \"x.kdl\"\n");
    sandbox.write("lib/x.kdl", "edition 1\nlet most\n");
    for host in ["a", "b"] {
        let spec =
            format!("edition 1\nimport \"../../lib/all.kdl\"\nhost \"{host}\" {{ allow \"no-pools\"; }}\n");
        sandbox.write(&format!("hosts/{host}/spec.kdl"), &spec);
    }
    // A file without names of its own is no spec without a host where another imports it.
    let people = sandbox.run(&["check", "."]).exits(3).says("4 files: 1 error, 0 warnings");
    assert_eq!(people.err.matches("missing-argument").count(), 1, "{people}");
    let programs = sandbox.run(&["check", "--json", "."]).exits(3).says("\"file\":\"lib/x.kdl\"");
    assert_eq!(programs.out.lines().count(), 1, "{programs}");
}

#[test]
fn a_text_in_another_language_is_told_once() {
    let sandbox = Sandbox::new();
    for (text, language) in [
        ("{\n  \"pools\": [ { \"name\": \"tank\" } ],\n  \"more\": 1\n}\n", "JSON"),
        ("# play\n---\n- hosts: all\n  tasks:\n    - zfs: name=tank\n", "YAML"),
        ("{ lib, ... }: {\n  disko.devices = { disk = {}; };\n}\n", "Nix"),
    ] {
        sandbox.write("phoenix.kdl", text);
        let told = sandbox.run(&["check"]).exits(3);
        told.says(&format!("this is {language}, and no spec")).says("1 error, 0 warnings");
    }
}

#[test]
fn what_lies_in_a_state_folder_is_no_spec_and_that_is_said() {
    let sandbox = Sandbox::switched();
    let other = sandbox.path().join("specs/kept");
    sandbox.run(&["build", "--state-dir", other.to_str().unwrap(), "phoenix.kdl"]).exits(0);
    let kept = sandbox.tree("sim/state");
    assert!(
        kept.iter().any(|(path, _)| path.to_str().unwrap().ends_with("-spec-phoenix.kdl")),
        "nothing is there to be passed by"
    );
    sandbox
        .run(&["check", "."])
        .exits(0)
        .says("phoenix.kdl: 0 errors, 0 warnings")
        .says("sim/state is a state folder: what it holds is no spec")
        .says("specs/kept is a state folder");
    sandbox.run(&["fmt", "."]).exits(0).says("sim/state is a state folder");
    assert_eq!(sandbox.tree("sim/state"), kept);
    let named = sandbox.run(&["check", "sim/state"]).exits(64);
    named.says("cannot find a spec in sim/state").says("sim/state is a state folder");
    // A spec beside a simulated host is one.
    sandbox.write("sim/mine.kdl", WARNED);
    sandbox.run(&["check", "sim"]).exits(0).says("sim/mine.kdl: 0 errors, 1 warning");
}
