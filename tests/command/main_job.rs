//! The main job: describe a host, build, plan, switch, go back.

use crate::{
    command::common::{Sandbox, example},
    snapshot,
};
use std::{fs, path::Path};

#[test]
fn the_first_switch_prints_the_plan_and_the_new_generation() {
    let sandbox = Sandbox::new();
    let ran = sandbox.sim(&["switch", "--yes", example("phoenix").to_str().unwrap()]).exits(0);
    snapshot!("first_switch", ran);
}

#[test]
fn build_links_the_closure_and_switch_takes_it() {
    let sandbox = Sandbox::new();
    let built = sandbox.sim(&["build", example("phoenix").to_str().unwrap()]).exits(0);
    let id = built.out.split(' ').next().unwrap().to_owned();
    let link = fs::read_link(sandbox.path().join("result")).unwrap();
    assert!(link.ends_with(format!("{id}-system-phoenix")), "{}", link.display());
    assert!(link.starts_with(sandbox.path().join("sim/state/store")), "{}", link.display());

    sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 1 is current.");
    let generation = sandbox.read("sim/state/current/generation.json");
    assert!(generation.contains(&id));
    assert!(generation.contains("\"phoenix.kdl\""), "a closure knows its spec: {generation}");
}

#[test]
fn a_build_without_the_right_to_the_store_goes_to_the_users_own() {
    let sandbox = Sandbox::new();
    let spec = example("phoenix");
    let spec = spec.to_str().unwrap();
    // Nobody makes a folder in /sys, root neither.
    sandbox.run(&["build", spec, "--state-dir", "/sys/phoenix"]).exits(0);
    let link = fs::read_link(sandbox.path().join("result")).unwrap();
    assert!(link.starts_with(sandbox.path().join(".local/share/phoenix/store")), "{}", link.display());
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 1 is current.");
    // What is switched to is copied: the user's own store may go.
    fs::remove_dir_all(sandbox.path().join(".local")).unwrap();
    sandbox.sim(&["rollback", "--yes", "1"]).exits(0);

    // Another failure is told.
    sandbox.write("file", "");
    sandbox.run(&["build", spec, "--state-dir", "file/state"]).exits(1).says("[SANDBOX]/file/state");
}

#[test]
fn the_environment_names_the_state_folder() {
    let sandbox = Sandbox::new();
    let spec = example("phoenix");
    let status = sandbox
        .process(&["build", spec.to_str().unwrap()])
        .env("PHOENIX_STATE_DIR", sandbox.path().join("elsewhere"))
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let link = fs::read_link(sandbox.path().join("result")).unwrap();
    assert!(link.starts_with(sandbox.path().join("elsewhere/store")), "{}", link.display());
}

#[test]
fn a_closure_is_found_by_the_first_digits_of_its_id() {
    let sandbox = Sandbox::new();
    let built = sandbox.sim(&["build", example("phoenix").to_str().unwrap()]).exits(0);
    sandbox.sim(&["plan", &built.out[..8]]).exits(0).says("27 to create.");
    sandbox.sim(&["plan", "00000000"]).exits(64).says("no system");
}

#[test]
fn switching_twice_runs_no_changing_command() {
    let sandbox = Sandbox::switched();
    let before = sandbox.tree("sim/host.json");
    let generations = sandbox.tree("sim/state/generations");
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Nothing to do: the host is as generation 1 says.");
    assert_eq!(sandbox.tree("sim/host.json"), before);
    assert_eq!(sandbox.tree("sim/state/generations"), generations);
    sandbox.sim(&["plan", "--detailed-exitcode"]).exits(0).says("Nothing to do.");
}

#[test]
fn planning_changes_nothing() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    let before = sandbox.tree("sim");
    sandbox.sim(&["plan", "--detailed-exitcode"]).exits(2).says("quota  800G → 900G");
    sandbox.sim(&["plan"]).exits(0);
    assert_eq!(sandbox.tree("sim"), before);
}

#[test]
fn the_plan_prints_every_command() {
    let sandbox = Sandbox::new();
    let ran = sandbox.sim(&["plan", "--commands", example("detailed").to_str().unwrap()]).exits(0);
    snapshot!("plan_commands", ran);
}

#[test]
fn generations_are_listed_with_what_came_of_them() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    let why = "more room for what the house keeps, and for the snapshots of it that pile up";
    sandbox.sim(&["switch", "--yes", "-m", why]).exits(0).says("Generation 2 is current.");
    for bad in ["", "two\nlines", "\u{1b}[2J", &"x".repeat(501)] {
        sandbox.sim(&["rollback", "--yes", "-m", bad]).exits(64);
    }
    sandbox.sim(&["rollback", "--yes"]).exits(0).says("Generation 1 is current.");
    sandbox.sim(&["rollback", "--yes"]).exits(4).says("it is the first one");
    sandbox.sim(&["rollback", "--yes", "7"]).exits(4).says("there is no generation 7");
    snapshot!("generations", sandbox.sim(&["generations"]).exits(0));
}

#[test]
fn init_writes_a_spec_that_builds_once_it_names_disks_and_never_writes_over_one() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init"]).exits(0);
    sandbox.sim(&["build"]).exits(3).says("stands for a disk still to be named");
    sandbox.edit("phoenix.kdl", "ata-FIRST_DISK", "ata-one");
    sandbox.edit("phoenix.kdl", "ata-SECOND_DISK", "ata-two");
    sandbox.sim(&["build"]).exits(0).says_not("warning");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.write("phoenix.kdl", "mine");
    sandbox.run(&["init"]).exits(4).says("it is there already");
    assert_eq!(sandbox.read("phoenix.kdl"), "mine");
}

#[test]
fn several_hosts_are_built_at_once_and_switched_one_by_one() {
    let sandbox = Sandbox::new();
    let host = |name: &str| {
        format!(
            "host \"{name}\" {{ pool \"{name}\" {{ mirror {{ disk \"/dev/disk/by-id/{name}-1\"; disk \"/dev/disk/by-id/{name}-2\" }} }} }}\n"
        )
    };
    sandbox.write("phoenix.kdl", &format!("edition 1\n{}{}", host("red"), host("blue")));
    let built = sandbox.sim(&["build"]).exits(0);
    assert_eq!(built.out.lines().count(), 2, "{built}");
    for name in ["red", "blue"] {
        let link = fs::read_link(sandbox.path().join(format!("result-{name}"))).unwrap();
        assert!(Path::new(&link).exists());
    }
    sandbox.sim(&["switch", "--yes"]).exits(64).says("name one with `--host NAME`: red, blue");
    sandbox.sim(&["switch", "--yes", "--host", "green"]).exits(64).says("it has: red, blue");
    sandbox.sim(&["switch", "--yes", "--host", "blue"]).exits(0).says("pool:blue").says_not("pool:red");
}

#[test]
fn an_edit_after_build_is_taken_and_what_was_built_is_told_to_be_older() {
    let sandbox = Sandbox::switched();
    sandbox.sim(&["build"]).exits(0);
    sandbox.sim(&["plan"]).exits(0).says_not("is not what");
    sandbox.edit("phoenix.kdl", "800G", "900G");
    sandbox.sim(&["plan"]).exits(0).says("./result is not what ./phoenix.kdl says now").says("→ 900G");
    sandbox.sim(&["plan", "result"]).exits(0).says_not("is not what").says("Nothing to do.");
    // Where there is no spec, what was built is meant.
    fs::rename(sandbox.path().join("phoenix.kdl"), sandbox.path().join("away")).unwrap();
    sandbox.sim(&["plan"]).exits(0).says_not("is not what").says("Nothing to do.");
    sandbox.write("phoenix.kdl", "edition 1\nhost {");
    sandbox.sim(&["switch", "--yes"]).exits(3).says_not("is current");
}

#[test]
fn graphs_are_printed_for_graphviz_and_mermaid() {
    let sandbox = Sandbox::new();
    let spec = example("detailed");
    let spec = spec.to_str().unwrap();
    snapshot!("graph", sandbox.run(&["graph", spec]), sandbox.run(&["graph", "--format", "mermaid", spec]));
}
