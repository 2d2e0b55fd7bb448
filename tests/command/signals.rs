//! Signals: Ctrl-C and `kill` undo a switch that is under way; losing the terminal does not.

use super::common::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fmt::Write as _,
    fs,
    process::{Child, Stdio},
    thread,
};

/// Begins a switch with many steps, and sends a signal once the first of them is on record.
fn signalled(sandbox: &Sandbox, signal: Signal) -> std::process::Output {
    let mut spec =
        "edition 1\nhost \"h\" { pool \"tank\" { disk \"/dev/disk/by-id/a\"; allow \"no-redundancy\"\n"
            .to_owned();
    (0..300).for_each(|at| writeln!(spec, "dataset \"d{at}\"").unwrap());
    sandbox.write("phoenix.kdl", &(spec + "}}\n"));
    let mut child: Child = sandbox
        .process(&["switch", "--yes", "--jobs", "1", "--sim", "sim"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let journal = sandbox.path().join("sim/state/txn/open/journal");
    while !fs::read_to_string(&journal).is_ok_and(|text| text.contains(r#""record":"done""#)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the signal");
        thread::yield_now();
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn stopping_a_switch_undoes_it() {
    for signal in [Signal::INT, Signal::TERM] {
        let sandbox = Sandbox::new();
        let output = signalled(&sandbox, signal);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("it was stopped") && told.contains("as it was before"), "{told}");
        sandbox.sim(&["generations"]).exits(0).says("switch, undone").says("it was stopped");
        sandbox.sim(&["status"]).exits(0).says("There is no generation yet");
        let host: serde_json::Value = serde_json::from_str(&sandbox.read("sim/host.json")).unwrap();
        assert_eq!(host["pools"], serde_json::json!({}));
    }
}

#[test]
fn losing_the_terminal_does_not_stop_a_switch() {
    let sandbox = Sandbox::new();
    let output = signalled(&sandbox, Signal::HUP);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    sandbox.sim(&["status"]).exits(0).says("Generation 1 ");
}
