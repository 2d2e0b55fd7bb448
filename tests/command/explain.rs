//! `explain`: a page for each code, and a way back from a misspelt one.

use crate::{command::common::Sandbox, snapshot};

#[test]
fn a_code_is_explained_and_a_misspelt_one_suggested() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["explain", "quota-over-parent"]).exits(0);
    let lint = sandbox.run(&["explain", "unstable-disk"]).exits(0);
    let near = sandbox.run(&["explain", "quota-over-parnt"]).exits(64).says("quota-over-parent");
    let far = sandbox.run(&["explain", "bananas"]).exits(64);
    snapshot!("explain", page, lint, near, far);
}

#[test]
fn what_a_plan_refuses_and_warns_of_is_explained_as_diagnostics_are() {
    let sandbox = Sandbox::new();
    sandbox.run(&["explain", "busy"]).exits(0).says("refusal[busy]: ").says("names who uses it");
    sandbox.run(&["explain", "pool-busy"]).exits(0).says("warning[pool-busy]: ");
    let json = sandbox.run(&["explain", "busy", "--json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json[0]["code"], &json[0]["severity"]), (&"busy".into(), &"refusal".into()));
    sandbox.run(&["explain", "bussy"]).exits(64).says("did you mean `busy`?");
}

#[test]
fn every_code_is_listed() {
    let sandbox = Sandbox::new();
    let all = sandbox.run(&["explain"]).exits(0);
    for line in all.out.lines() {
        let code = line.split(' ').next().unwrap();
        sandbox.run(&["explain", code]).exits(0).says(code);
    }
    assert!(all.out.lines().count() > 170, "{all}");
}
