//! Collecting and pinning.

use crate::{command::common::Sandbox, snapshot};
use std::fs;

/// What the example's `shared-iso` is, whole.
const ISO: &str = "dataset \"shared-iso\" use=\"iso\" quota=\"100G\" {\n            proxmox \"fastData-shared-iso\"\n        }";

/// A host that had `shared-iso`, whose registration and dataset left the spec in generation 2, and that was
/// switched twice since.
fn lived() -> Sandbox {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", ISO, "");
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0);
    for (old, new) in [("800G", "900G"), ("900G", "950G")] {
        sandbox.edit("phoenix.kdl", old, new);
        sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0);
    }
    sandbox
}

/// Makes all records and objects look as if they were of long ago.
fn age(sandbox: &Sandbox) {
    let state = sandbox.path().join("sim/state");
    for entry in fs::read_dir(state.join("store")).unwrap() {
        let file = fs::File::open(entry.unwrap().path()).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
    }
}

#[test]
fn what_would_go_is_shown_asked_for_and_destroyed() {
    let sandbox = lived();
    age(&sandbox);
    let before = sandbox.read("sim/host.json");
    let dry = sandbox.sim(&["gc", "--keep", "1", "--dry-run"]).exits(0);
    let unasked = sandbox.sim(&["gc", "--keep", "1"]).exits(4).says("there is no terminal to ask on");
    let unasked = unasked.says("fastData/.phoenix/2/shared-iso");
    assert_eq!(sandbox.read("sim/host.json"), before, "{unasked}");
    let done = sandbox.sim(&["gc", "--keep", "1", "--yes"]).exits(0);
    snapshot!("gc", dry, done, sandbox.sim(&["gc", "--keep", "1"]).exits(0));
    assert!(!sandbox.read("sim/host.json").contains(".phoenix"));
    sandbox.sim(&["verify"]).exits(0).says("nothing is wrong");
    sandbox.sim(&["status"]).exits(0);
    sandbox.sim(&["rollback", "--yes"]).exits(0).says("Generation 3 is current.");
    sandbox.sim(&["rollback", "--yes", "1"]).exits(4).says("there is no generation 1");
}

#[test]
fn a_checkpoint_that_keeps_the_space_is_shown_with_the_way_out() {
    let sandbox = lived();
    sandbox.edit(
        "sim/host.json",
        "\"pools\": {\n    \"fastData\": {\n      \"guid\"",
        "\"pools\": {\n    \"fastData\": {\"checkpoint\": true, \"guid\"",
    );
    let dry = sandbox.sim(&["gc", "--keep", "1", "--dry-run"]).exits(0);
    dry.says("! fastData has a checkpoint: what is destroyed there frees no space until you give that up")
        .says("help: `zpool checkpoint -d fastData`");
    let json = sandbox.sim(&["gc", "--keep", "1", "--dry-run", "--json"]).exits(0);
    json.says("\"checkpointed\": [\n    \"fastData\"\n  ]");
}

#[test]
fn by_default_ten_generations_are_kept() {
    let sandbox = lived();
    let ran = sandbox.sim(&["gc", "--yes"]).exits(0).says("Nothing to collect.");
    ran.says("fastData/.phoenix/2/shared-iso").says("for generation 1");
}

#[test]
fn a_pinned_generation_is_kept_and_shown() {
    let sandbox = lived();
    sandbox.sim(&["pin", "1", "--note", "before the isos went"]).exits(0).says("Generation 1 is pinned");
    sandbox.sim(&["generations"]).exits(0).says("switch, pinned").says("pinned: before the isos went");
    sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(0).says("1 (pinned)");
    assert!(sandbox.read("sim/host.json").contains("fastData/.phoenix/2/shared-iso"));
    sandbox.sim(&["pin", "1", "--remove"]).exits(0).says("no longer pinned");
    sandbox.sim(&["pin", "--remove", "1"]).exits(0).says("is not pinned");
    sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(0).says("Destroyed 1 retired dataset");
    assert!(!sandbox.read("sim/host.json").contains(".phoenix/2"));
    sandbox.sim(&["pin", "1"]).exits(4).says("there is no generation 1");
    sandbox.sim(&["pin", "x"]).exits(64);
}

#[test]
fn what_was_never_committed_is_not_pinned() {
    let sandbox = lived();
    sandbox.sim(&["rollback", "--yes", "3"]).exits(0);
    sandbox.sim(&["pin", "5"]).exits(4).says("nobody can go back to it");
}

#[test]
fn a_duration_that_is_none_is_wrong_usage_and_one_that_is_keeps() {
    let sandbox = lived();
    for age in ["30", "x", "1.5d", "-3d"] {
        sandbox.sim(&["gc", &format!("--keep-since={age}")]).exits(64).says("is no duration");
    }
    sandbox.sim(&["gc", "--keep", "0", "--keep-since", "1d", "--yes"]).exits(0).says("1 (new enough)");
}

#[test]
fn what_is_in_use_is_left_with_its_user_and_the_exit_code_says_so() {
    let sandbox = lived();
    let place = "\"fastData/.phoenix/2/shared-iso\"";
    let mounted = format!(
        "\"mounts\": [\n    {{\n      \"path\": \"/mnt/look\",\n      \"dataset\": {place}\n    }},\n"
    );
    sandbox.edit("sim/host.json", "\"mounts\": [\n", &mounted);
    sandbox.edit("sim/host.json", "\"busy\": []", &format!("\"busy\": [{place}]"));
    let ran = sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(4);
    ran.says("is in use: process 4242 (simulated)").says("help: end what uses it");
    assert!(sandbox.read("sim/host.json").contains("fastData/.phoenix/2/shared-iso"));
    // Again is as before, also where nothing else goes.
    let again =
        sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(4).says("is in use: process 4242 (simulated)");
    again.says("Nothing can go now: 1 thing left, for the reasons above.");
    sandbox.sim(&["gc", "--keep", "0", "--dry-run"]).exits(0).says("Nothing can go now");
    sandbox.edit("sim/host.json", &format!("\"busy\": [\n    {place}\n  ]"), "\"busy\": []");
    sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(0).says("Destroyed 1 retired dataset");
}

#[test]
fn a_built_closure_stays_as_long_as_its_link() {
    let sandbox = lived();
    sandbox.edit("phoenix.kdl", "950G", "990G");
    sandbox.sim(&["build"]).exits(0);
    age(&sandbox);
    sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(0);
    sandbox.sim(&["verify"]).exits(0);
    sandbox.sim(&["plan"]).exits(0).says("990G");
    fs::remove_file(sandbox.path().join("result")).unwrap();
    age(&sandbox);
    let link = sandbox.sim(&["gc", "--keep", "0", "--yes"]).exits(0);
    link.says("of the store");
    // It comes back as it was.
    sandbox.sim(&["build"]).exits(0);
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 5 is current.");
    sandbox.sim(&["verify"]).exits(0);
}

#[test]
fn json_wants_an_answer_beforehand() {
    let sandbox = lived();
    sandbox.sim(&["gc", "--json"]).exits(4).says("with `--json` nobody is asked");
}

#[test]
fn gc_waits_for_recover_and_for_whoever_holds_the_lock() {
    let sandbox = lived();
    let state = sandbox.path().join("sim/state");
    let transaction = fs::read_dir(state.join("txn")).unwrap().next().unwrap().unwrap().file_name();
    std::os::unix::fs::symlink(&transaction, state.join("txn/open")).unwrap();
    for args in [&["gc", "--yes"][..], &["gc", "--dry-run"]] {
        sandbox.sim(args).exits(6).says("phoenix recover");
    }
    fs::remove_file(state.join("txn/open")).unwrap();
    let store = phoenix_store::Store::read_only(&state);
    let _lock = store.lock("switch").unwrap();
    for args in [&["gc", "--yes"][..], &["gc", "--dry-run"], &["pin", "1"]] {
        sandbox.sim(args).exits(5).says("`phoenix switch`");
    }
}
