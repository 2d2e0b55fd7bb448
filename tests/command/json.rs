//! What `--json` prints is what the published schemas say.

use crate::common::{Ran, Sandbox, example};
use serde_json::Value;
use std::{fs, path::Path};

/// Holds output against `docs/json/NAME.schema.json`.
#[track_caller]
fn holds(name: &str, ran: &Ran) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/json/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let output: Value = serde_json::from_str(&ran.out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&output).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{name}");
    output
}

#[test]
fn every_json_output_holds_against_its_schema() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    sandbox.edit("phoenix.kdl", "dataset \"shared-iso\" use=\"iso\" quota=\"100G\" {\n            proxmox \"fastData-shared-iso\"\n        }", "");
    let plan = holds("plan", &sandbox.sim(&["plan", "--json"]).exits(0));
    let quota = &plan["actions"].as_array().unwrap().iter().find(|one| one["kind"] == "update").unwrap()["changes"]
        [0];
    assert_eq!(quota["new"], "966367641600");

    let build = holds("build", &sandbox.sim(&["build", "--json"]).exits(0));
    assert_eq!(build[0]["host"], "phoenix");
    let diff = holds("diff", &sandbox.sim(&["diff", "1", "phoenix.kdl", "--json"]).exits(0));
    assert_eq!(diff["resources"]["dataset:quickOS/vm-disks"]["change"], "changed");
    holds("graph", &sandbox.sim(&["graph", "--json"]).exits(0));
    let review = holds("review", &sandbox.run(&["review", "--json"]).exits(2));
    assert_eq!(review[0]["state"], "missing");
    holds("status", &sandbox.sim(&["status", "--json"]).exits(0));
    let verify = holds("verify", &sandbox.sim(&["verify", "--json"]).exits(0));
    assert_eq!(verify["findings"].as_array().map(Vec::len), Some(0));
    let generations = holds("generations", &sandbox.sim(&["generations", "--json"]).exits(0));
    assert_eq!(generations[0]["outcome"], "committed");
}

#[test]
fn a_plan_that_is_refused_and_a_host_without_generations_hold_too() {
    let sandbox = Sandbox::switched();
    let refused =
        holds("plan", &sandbox.sim(&["plan", "--json", example("detailed").to_str().unwrap()]).exits(4));
    assert!(!refused["refusals"].as_array().unwrap().is_empty());
    let empty = Sandbox::new();
    let status = holds("status", &empty.sim(&["status", "--json"]).exits(0));
    assert_eq!(status["generation"], Value::Null);
    holds("generations", &empty.sim(&["generations", "--json"]).exits(0));
}

#[test]
fn a_schema_refuses_what_it_does_not_describe() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json/plan.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(!jsonschema::is_valid(&schema, &serde_json::json!({ "number": "one" })));
}
