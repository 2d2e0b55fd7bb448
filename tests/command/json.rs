//! What `--json` prints is what the published schemas say.

use super::common::{Ran, Sandbox, example};
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
    let quota = &plan["actions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["changes"][0]["setting"] == "quota")
        .unwrap()["changes"][0];
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
    assert_eq!(generations[0]["pinned"], false);
}

#[test]
fn what_is_carried_into_a_machine_holds_too() {
    let sandbox = Sandbox::new();
    let spec = r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "a" {
        export { client "10.0.0.0/24" "rw" }
        bind { vm 201 at="/srv/a" server="10.0.0.1" }
    }
}
"#;
    sandbox.write("phoenix.kdl", spec);
    let guest = holds("guest", &sandbox.sim(&["guest", "201", "phoenix.kdl", "--json"]).exits(0));
    assert_eq!(guest["mounts"][0]["key"], "mount:vm/201/srv/a");
    assert_eq!(guest["mounts"][0]["facts"]["source"], "10.0.0.1:/tank/a");
    assert_eq!(guest["files"][1]["place"], "/etc/systemd/system/srv-a.automount");
    let args = ["guest", "201", "phoenix.kdl", "--json", "--format", "cloud-init"];
    let guest = holds("guest", &sandbox.sim(&args).exits(0));
    assert_eq!(
        (&guest["files"][0]["name"], &guest["files"][0]["place"]),
        (&"phoenix-201.yaml".into(), &Value::Null)
    );
}

#[test]
fn what_capacity_prints_holds_too() {
    let sandbox = Sandbox::switched();
    let all = holds("capacity", &sandbox.sim(&["capacity", "--json"]).exits(0));
    let first = &all[0];
    assert!(first["space"]["promised"].as_u64().unwrap() > 0, "{first}");
    assert_eq!(first["space"]["there"], Value::Null, "a simulated pool has no end: {first}");
}

#[test]
fn what_a_cluster_is_told_holds_too() {
    let sandbox = Sandbox::new();
    let spec = r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "k8s" quota="500G" { proxmox "k8s" type="zfspool" content="images"; }
}
kubernetes region="home" zone="pve1" { class "fast" on="k8s" ssd=#true; }
"#;
    sandbox.write("phoenix.kdl", spec);
    let told = holds("kubernetes", &sandbox.sim(&["kubernetes", "phoenix.kdl", "--json"]).exits(0));
    assert_eq!(told["told"]["class:fast"]["on"], "k8s");
    assert!(told["files"]["storage-classes.yaml"].as_str().unwrap().contains("kind: StorageClass"));
    assert!(told["files"]["plugin/values.yaml"].is_string());
}

#[test]
fn what_gc_prints_holds_too() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "dataset \"shared-iso\" use=\"iso\" quota=\"100G\" {\n            proxmox \"fastData-shared-iso\"\n        }", "");
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0);
    sandbox.edit("phoenix.kdl", "800G", "900G");
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0);
    sandbox.sim(&["pin", "2", "--note", "kept"]).exits(0);
    let generations = holds("generations", &sandbox.sim(&["generations", "--json"]).exits(0));
    assert_eq!((&generations[1]["pinned"], &generations[1]["note"]), (&Value::Bool(true), &"kept".into()));
    let dry = holds("gc", &sandbox.sim(&["gc", "--keep", "0", "--json", "--dry-run"]).exits(0));
    assert_eq!(dry["result"], Value::Null);
    assert_eq!(dry["destroyed"][0]["home"], "fastData/shared-iso");
    assert_eq!(dry["destroyed"][0]["named_by"][0], 1);
    let commands = dry["destroyed"][0]["commands"].as_array().unwrap();
    assert_eq!(commands.last().unwrap(), "zfs destroy -- fastData/.phoenix/2/shared-iso");
    let done = holds("gc", &sandbox.sim(&["gc", "--keep", "0", "--json", "--yes"]).exits(0));
    assert_eq!(done["result"]["datasets"], 1);
}

#[test]
fn the_library_the_pages_and_the_origins_hold_too() {
    let sandbox = Sandbox::switched();
    let all = holds("stdlib", &sandbox.run(&["stdlib", "--json"]).exits(0));
    assert!(all.as_array().unwrap().iter().all(|file| !file["profiles"].as_array().unwrap().is_empty()));
    let file = holds("stdlib", &sandbox.run(&["stdlib", "std/smb", "--json"]).exits(0));
    assert_eq!(file[0]["import"], "std/smb");
    assert_eq!(file[0]["profiles"][1]["name"], "time-machine");
    let one = holds("stdlib", &sandbox.run(&["stdlib", "scratch", "--json"]).exits(0));
    assert_eq!(one[0]["import"], "std/files");
    assert_eq!(one[0]["profiles"].as_array().unwrap().len(), 1);
    assert!(one[0]["profiles"][0]["text"].as_str().unwrap().contains("sync \"disabled\""));

    let pages = holds("explain", &sandbox.run(&["explain", "--json"]).exits(0));
    assert!(pages.as_array().unwrap().len() > 70);
    let page = holds("explain", &sandbox.run(&["explain", "sync-disabled", "--json"]).exits(0));
    assert_eq!(page[0]["severity"], "warning");
    assert_eq!(page[0]["lint"], true);
    assert!(page[0]["wrong"].as_str().unwrap().contains("disabled"));

    let why = holds("why", &sandbox.run(&["why", "quickOS/vm-disks", "--json"]).exits(0));
    assert_eq!(why[0]["resource"], "dataset:quickOS/vm-disks");
    let settings = why[0]["origin"]["settings"].as_array().unwrap();
    let records = settings.iter().find(|one| one["name"] == "recordsize").unwrap();
    assert_eq!(records["way"][0]["by"], "profile");
    assert_eq!(records["place"]["file"], "std/proxmox.kdl");
    assert_eq!(records["place"]["imported"]["file"], "phoenix.kdl");
    let quota = holds("why", &sandbox.run(&["why", "quickOS/vm-disks", "quota", "--json"]).exits(0));
    assert_eq!(quota[0]["origin"]["settings"].as_array().unwrap().len(), 1);
    assert_eq!(quota[0]["origin"]["settings"][0]["values"][0]["value"], "\"800G\"");
    sandbox.run(&["why", "quickOS/vm-disks", "quotta", "--json"]).exits(64).says("did you mean `quota`?");
}

#[test]
fn an_inherited_setting_and_the_parts_of_a_resource_hold_too() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "phoenix.kdl",
        r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "above" atime=#false { dataset "below" { export { client "10.0.0.1" "ro" } } }
}
"#,
    );
    let why = holds("why", &sandbox.run(&["why", "dataset:tank/above/below", "atime", "--json"]).exits(0));
    assert_eq!(why[0]["inherited_from"], "dataset:tank/above");
    assert_eq!(why[0]["origin"]["settings"][0]["values"][0]["value"], "#false");
    let export = holds("why", &sandbox.run(&["why", "export:/tank/above/below", "--json"]).exits(0));
    assert_eq!(export[0]["origin"]["parts"][0]["title"], "client \"10.0.0.1\"");
    assert_eq!(export[0]["host"], "localhost");
    sandbox.edit("phoenix.kdl", "#false", "\"never\"");
    let refused = sandbox.run(&["why", "tank/above", "--json"]).exits(3);
    let said: Value = serde_json::from_str(refused.err.lines().next().unwrap()).unwrap();
    assert_eq!(said["code"], "bad-value");
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
