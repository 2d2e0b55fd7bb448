//! A state folder on a file system that is full, from a few pages to enough: whatever a command ends with is
//! true. For root alone, who may mount one; the simulator has no room at every durable write
//! (`tests/faults`).

use super::common::Sandbox;
use std::process::Command;

/// A small file system in memory, until it is dropped.
struct Small {
    at: String,
}

impl Small {
    /// Nothing where this may not be mounted here.
    fn mount(at: &str, kib: usize) -> Option<Self> {
        let size = format!("size={kib}k,mode=0700");
        run(&["mount", "-t", "tmpfs", "-o", &size, "phoenix-test", at]).then(|| Self { at: at.to_owned() })
    }

    fn make_room(&self) {
        assert!(run(&["mount", "-o", "remount,size=64m", &self.at]), "it stays small");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        run(&["umount", "--lazy", &self.at]);
    }
}

#[expect(clippy::disallowed_methods, reason = "root's tools, to make a small file system")]
fn run(argv: &[&str]) -> bool {
    Command::new(argv[0]).args(&argv[1..]).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_full_file_system_ends_in_the_exit_code_that_is_true() {
    let mut ends = std::collections::BTreeMap::new();
    // Every size of a few pages more: each lets another write be the first one that fails.
    for kib in (8..=120).step_by(4) {
        let sandbox = Sandbox::new();
        sandbox.write("phoenix.kdl", SPEC);
        sandbox.write("sim/state/here", "");
        let state = sandbox.path().join("sim/state");
        let Some(small) = Small::mount(state.to_str().unwrap(), kib) else {
            println!("left out: no file system may be mounted here");
            return;
        };
        let ran = sandbox.sim(&["switch", "--yes", "phoenix.kdl"]);
        *ends.entry(ran.code).or_insert(0) += 1;
        let recovers = match ran.code {
            0 => {
                sandbox.sim(&["status"]).exits(0);
                false
            }
            // Undone, or never begun; and no later command says that something is left.
            1 => {
                assert!(ran.err.contains("No space left") || ran.err.contains("os error 28"), "{ran}");
                sandbox.sim(&["status"]).exits(0).says("There is no generation yet");
                false
            }
            6 => {
                sandbox.sim(&["status"]).exits(6);
                true
            }
            _ => panic!("with {kib} KiB: {ran}"),
        };
        small.make_room();
        if recovers {
            sandbox.sim(&["recover"]).exits(0);
        }
        sandbox.sim(&["verify"]).exits(0);
        sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0);
        sandbox.sim(&["verify"]).exits(0);
    }
    assert!(ends.contains_key(&0) && ends.contains_key(&1), "too small a range: {ends:?}");
    println!("exit codes: {ends:?}");
}

#[test]
fn what_cannot_be_written_to_standard_output_is_no_success() {
    let sandbox = Sandbox::switched();
    sandbox.sim(&["build"]).exits(0);
    let run = |args: &[&str], to: &str| {
        let args = [args, &["--sim", "sim"]].concat();
        let to = std::fs::OpenOptions::new().write(true).open(to).unwrap();
        let output = sandbox.process(&args).stdout(to).output().unwrap();
        sandbox.ran(&args, &output)
    };
    for args in [
        &["check"][..],
        &["plan"],
        &["plan", "--json"],
        &["status"],
        &["status", "--json"],
        &["generations"],
        &["diff", "1"],
        &["graph"],
        &["verify"],
        &["gc", "--dry-run"],
        &["build"],
        &["stdlib"],
        &["explain", "syntax"],
        &["completions", "bash"],
        &["switch", "--help"],
        &["--help"],
        &["--version"],
    ] {
        run(args, "/dev/null").exits(0);
        run(args, "/dev/full").exits(1).says("cannot write to standard output").says("No space left");
    }
    // What is about to be done is written first, and where it cannot be, nothing is done.
    sandbox.edit("phoenix.kdl", "800G", "900G");
    let before = sandbox.read("sim/state/current/generation.json");
    let switch = run(&["switch", "--yes"], "/dev/full").exits(1);
    switch.says("what it would do cannot be written").says("nothing was changed");
    assert_eq!(sandbox.read("sim/state/current/generation.json"), before);
    sandbox.sim(&["switch", "--yes"]).exits(0);
    run(&["rollback", "--yes"], "/dev/full").exits(1).says("nothing was changed");
    sandbox.sim(&["status"]).exits(0).says("eneration 2");
    run(&["gc", "--yes"], "/dev/full").exits(1).says("No space left");
}

const SPEC: &str = r#"edition 1
host "h" {
    pool "tank" {
        allow "no-redundancy" "unstable-disk"
        disk "/dev/one"
        dataset "a" { export { client "10.0.0.0/24" } }
        dataset "b" quota="10G"
    }
}
"#;
