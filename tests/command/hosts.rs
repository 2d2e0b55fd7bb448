//! Specs of several hosts, and of another one.

use super::common::Sandbox;

const TWO: &str = "edition 1\nhost \"alpha\" { pool \"tank\" { allow \"no-redundancy\"\n disk \"/dev/disk/by-id/ata-a\"\n dataset \"a\" } }\nhost \"beta\" { pool \"tank\" { allow \"no-redundancy\"\n disk \"/dev/disk/by-id/ata-a\"\n dataset \"b\" } }\n";

#[test]
fn another_hosts_spec_is_refused_and_of_several_the_state_folders_own_is_taken() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", TWO);
    // A simulated host has no name of its own, and nothing was switched to yet.
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(64).says("has several hosts").says("alpha, beta");
    sandbox.sim(&["switch", "--yes", "--host", "alpha", "phoenix.kdl"]).exits(0);
    sandbox.sim(&["switch", "--yes", "phoenix.kdl"]).exits(0).says("Nothing to do");
    sandbox.sim(&["plan", "phoenix.kdl"]).exits(0);
    for verb in [&["plan"][..], &["switch", "--yes"], &["switch", "--yes", "--adopt"]] {
        let ran = sandbox.sim(&[verb, &["--host", "beta", "phoenix.kdl"]].concat()).exits(4);
        ran.says("it is for the host beta, and this state folder is of the host alpha")
            .says("--rename-host alpha");
    }
    let renamed = ["--host", "beta", "--rename-host", "alpha", "phoenix.kdl"];
    sandbox.sim(&[&["plan"][..], &renamed].concat()).exits(0).says("phoenix:owner").says("beta");
    sandbox.sim(&[&["switch", "--yes"][..], &renamed].concat()).exits(0);
    sandbox.sim(&["plan", "phoenix.kdl"]).exits(0).says("Nothing to do");
    sandbox.sim(&["status"]).exits(0);
}

#[test]
fn of_several_hosts_the_one_that_this_machine_is_called_is_taken() {
    let sandbox = Sandbox::new();
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let short = name.split('.').next().unwrap_or_default();
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if ["", "alpha", "beta"].contains(&short) || !short.chars().all(legal) {
        // No spec can say it.
        return;
    }
    sandbox.write("phoenix.kdl", &TWO.replace("\"beta\"", &format!("\"{short}\"")));
    sandbox.run(&["graph", "--state-dir", "state", "phoenix.kdl"]).exits(0).says(short).says("tank/b");
    sandbox.run(&["graph", "--state-dir", "state", "--host", "alpha", "phoenix.kdl"]).exits(0).says("tank/a");
    sandbox.write("phoenix.kdl", TWO);
    sandbox
        .run(&["graph", "--state-dir", "state", "phoenix.kdl"])
        .exits(64)
        .says("none of them is called")
        .says(name);
}
