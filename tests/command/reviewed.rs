//! Plans in files: carried out only if they are still the truth.

use crate::{command::common::Sandbox, snapshot};
use phoenix_graph::{DatasetName, PropertyName};
use phoenix_host::op::Op;

/// A host that is switched, with an edited spec whose plan is in `plan.json`.
fn planned() -> Sandbox {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    sandbox.edit(
        "phoenix.kdl",
        "        dataset \"vm-disks\"",
        "        dataset \"new\"\n        dataset \"vm-disks\"",
    );
    sandbox.sim(&["plan", "--out", "plan.json"]).exits(0).says("The plan is in plan.json");
    sandbox
}

fn set(dataset: &str, name: &str, word: &str) -> Op {
    let dataset = DatasetName::new(dataset).unwrap();
    Op::DatasetSet { dataset, settings: vec![(PropertyName::new(name), word.into())] }
}

#[test]
fn a_reviewed_plan_is_carried_out_as_it_was_read_and_its_spec_is_kept() {
    let sandbox = planned();
    // The file suffices: the spec may say something else by now.
    sandbox.write("phoenix.kdl", "edition 1\n");
    sandbox.sim(&["switch", "plan.json"]).exits(4).says("run it with `--yes`");
    sandbox.sim(&["switch", "--yes", "plan.json"]).exits(0).says("Generation 2 is current.");
    sandbox.sim(&["diff", "1", "2"]).says("dataset:quickOS/new");
    let record = sandbox.read("sim/state/generations/2/generation.json");
    assert!(record.contains("phoenix.kdl"), "{record}");
    // It was the truth once.
    sandbox.sim(&["switch", "--yes", "plan.json"]).exits(4).says("was 1 when it was made, and is 2");
}

#[test]
fn what_changed_since_is_told_and_nothing_is_done() {
    let sandbox = planned();
    sandbox.by_hand(&set("quickOS/vm-disks", "quota", "1073741824"));
    sandbox.by_hand(&set("fastData/shared-iso", "compression", "gzip"));
    let new = DatasetName::new("quickOS/new").unwrap();
    sandbox.by_hand(&Op::DatasetCreate { dataset: new.clone(), settings: Vec::new() });
    let refused = sandbox.tree("sim");
    let ran = sandbox.sim(&["switch", "--yes", "plan.json"]).exits(4);
    let state = |tree: &[(std::path::PathBuf, String)]| {
        tree.iter().filter(|(path, _)| path.ends_with("host.json")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(state(&sandbox.tree("sim")), state(&refused), "something was done");
    sandbox.by_hand(&Op::DatasetDestroy { dataset: new });
    let less = sandbox.sim(&["switch", "--yes", "plan.json"]).exits(4);
    snapshot!("outdated", ran, less);

    sandbox.by_hand(&set("quickOS/vm-disks", "quota", "858993459200"));
    sandbox.by_hand(&set("fastData/shared-iso", "compression", "lz4"));
    sandbox.sim(&["switch", "--yes", "plan.json"]).exits(0);
}

#[test]
fn a_plan_with_nothing_left_to_do_is_told_too() {
    let sandbox = Sandbox::switched();
    sandbox.by_hand(&set("quickOS/vm-disks", "quota", "1073741824"));
    sandbox.sim(&["plan", "--out", "plan.json"]).exits(0);
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["switch", "--yes", "plan.json"]).exits(4).says("another plan would result now");
}

#[test]
fn a_plan_of_another_host_or_a_damaged_or_newer_file_is_refused() {
    let sandbox = planned();
    let plan = sandbox.read("plan.json");
    let other = ["switch", "--yes", "plan.json", "--sim", "other"];
    sandbox.run(&other).exits(4).says("it was made on another host");
    for (old, new, says) in [
        ("966367641600", "966367641601", "damaged"),
        ("\"format\": 1", "\"format\": 2", "newer version"),
        ("reviewed plan", "shopping list", "no plan that phoenix wrote"),
        ("\"digest\"", "\"digest", "damaged"),
    ] {
        assert!(plan.contains(old), "{old} is not in the plan");
        sandbox.write("plan.json", &plan.replacen(old, new, 1));
        sandbox.sim(&["switch", "--yes", "plan.json"]).exits(4).says(says).says("nothing was changed");
    }
    sandbox.write("plan.json", &plan);
    sandbox.sim(&["switch", "--yes", "--adopt", "plan.json"]).exits(64).says("is in the file");
    sandbox.sim(&["switch", "--yes", "plan.json"]).exits(0);
}

#[test]
fn consent_is_in_the_file_and_a_refused_plan_is_not_written() {
    let sandbox = Sandbox::switched();
    let photos = DatasetName::new("quickOS/photos").unwrap();
    sandbox.by_hand(&Op::DatasetCreate { dataset: photos, settings: Vec::new() });
    let name = "        dataset \"vm-disks\"";
    sandbox.edit("phoenix.kdl", name, &format!("        dataset \"photos\"\n{name}"));
    sandbox.sim(&["plan", "--out", "plan.json"]).exits(4).says("cannot be carried out");
    assert!(!sandbox.path().join("plan.json").exists());
    sandbox.sim(&["plan", "--adopt", "--out", "plan.json"]).exits(0);
    sandbox.sim(&["plan", "--adopt", "--out", "plan.json"]).exits(4).says("it is there already");
    sandbox.sim(&["switch", "--yes", "plan.json"]).exits(0).says("Generation 2 is current.");
}
