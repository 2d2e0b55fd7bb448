//! Switches that go back by themselves unless they are confirmed.

use super::common::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use std::{fs, process::Stdio, thread, time::Duration};

/// A sandbox with two specs, and the first of them switched to.
fn sandbox() -> Sandbox {
    sandbox_of(40)
}

/// The same, where the second spec has so many datasets more.
fn sandbox_of(more: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    let spec = |more: &str| {
        let disk = "disk \"/dev/disk/by-id/a\"; allow \"no-redundancy\"";
        format!(
            "edition 1\nhost \"h\" {{ pool \"tank\" {{ {disk}; dataset \"a\"\nvolume \"v\" size=\"1G\"\n{more} }}\n}}\n"
        )
    };
    sandbox.write("one.kdl", &spec(""));
    let many: String = (0..more).map(|at| format!("dataset \"d{at}\"\n")).collect();
    sandbox.write("two.kdl", &spec(&many));
    sandbox.sim(&["switch", "--yes", "one.kdl"]).exits(0);
    sandbox
}

fn current(sandbox: &Sandbox) -> String {
    fs::read_link(sandbox.path().join("sim/state/current")).unwrap().display().to_string()
}

/// Waits until a state comes about; ten minutes are longer than any machine takes.
fn until(reached: impl Fn() -> bool) {
    let came = (0..30_000).any(|_| {
        let there = reached();
        if !there {
            thread::sleep(Duration::from_millis(20));
        }
        there
    });
    assert!(came, "it did not come about");
}

/// The datasets of the simulated host that are not put away.
fn datasets(sandbox: &Sandbox) -> Vec<String> {
    let host: serde_json::Value = serde_json::from_str(&sandbox.read("sim/host.json")).unwrap();
    let names = host["datasets"].as_object().unwrap().keys();
    names.filter(|name| !name.contains("/.phoenix")).cloned().collect()
}

/// What the one that watches has written.
fn log(sandbox: &Sandbox) -> String {
    let folder = sandbox.path().join("sim/state/txn");
    let logs = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("confirm.log"));
    logs.filter_map(|path| fs::read_to_string(path).ok()).collect()
}

/// The process that watches.
fn watcher(sandbox: &Sandbox) -> Pid {
    let folder = sandbox.path().join("sim/state/txn");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("watch"));
    let text: String = files.filter_map(|path| fs::read_to_string(path).ok()).collect();
    Pid::from_raw(text.trim().strip_prefix("process ").unwrap().parse().unwrap()).unwrap()
}

#[test]
fn a_switch_that_is_confirmed_stays() {
    let sandbox = sandbox();
    sandbox
        .sim(&["switch", "--yes", "--confirm-within", "1h", "two.kdl"])
        .exits(0)
        .says("Generation 2 is current")
        .says("not heard within 1h")
        .says("goes back to generation 1");
    // Until it is decided, nothing else is begun.
    sandbox.sim(&["switch", "--yes", "one.kdl"]).exits(4).says("generation 2 waits to be confirmed");
    sandbox.sim(&["gc", "--yes"]).exits(4).says("generation 2 waits to be confirmed");
    sandbox.sim(&["recover"]).exits(0).says("waits for `phoenix confirm`");
    sandbox.sim(&["status"]).exits(0).says("It waits for `phoenix confirm`").says("generation 1 comes back");
    sandbox.sim(&["confirm"]).exits(0).says("Generation 2 is confirmed");
    until(|| log(&sandbox).contains("over"));
    assert_eq!(current(&sandbox), "generations/2");
    sandbox.sim(&["confirm"]).exits(4).says("no generation waits");
    sandbox.sim(&["status"]).exits(0);
}

#[test]
fn a_switch_that_nobody_confirms_goes_back() {
    let sandbox = sandbox();
    let before = datasets(&sandbox);
    sandbox.sim(&["switch", "--yes", "--confirm-within", "1s", "two.kdl"]).exits(0);
    until(|| log(&sandbox).contains("nobody confirmed: generation 1 is current again"));
    assert_eq!(current(&sandbox), "generations/1");
    sandbox.sim(&["status"]).exits(0).says("Generation 1 ");
    assert_eq!(datasets(&sandbox), before);
    sandbox.sim(&["confirm"]).exits(4);
    sandbox.sim(&["switch", "--yes", "two.kdl"]).exits(0).says("is current");
}

#[test]
fn a_switch_that_is_killed_is_undone_by_the_one_that_watches() {
    // As many steps as last for seconds: one of them is met on any machine.
    let sandbox = sandbox_of(500);
    let mut child = sandbox
        .process(&["switch", "--yes", "--jobs", "1", "--confirm-within", "1h", "two.kdl", "--sim", "sim"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journal = sandbox.path().join("sim/state/txn/open/journal");
    while !fs::read_to_string(&journal).is_ok_and(|text| text.contains(r#""record":"done""#)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    until(|| log(&sandbox).contains("generation 1 is current again"));
    assert_eq!(current(&sandbox), "generations/1");
    sandbox.sim(&["status"]).exits(0).says("Generation 1 ");
}

#[test]
fn where_the_one_that_watched_is_gone_recovering_goes_back() {
    let sandbox = sandbox();
    sandbox.sim(&["switch", "--yes", "--confirm-within", "1h", "two.kdl"]).exits(0);
    kill_process(watcher(&sandbox), Signal::KILL).unwrap();
    until(|| !sandbox.sim(&["recover"]).out.contains("waits for"));
    assert_eq!(current(&sandbox), "generations/1");
    sandbox.sim(&["status"]).exits(0);
}

#[test]
fn going_back_by_hand_decides_too() {
    let sandbox = sandbox();
    sandbox.sim(&["switch", "--yes", "--confirm-within", "1h", "two.kdl"]).exits(0);
    sandbox.sim(&["rollback", "--yes"]).exits(0).says("Generation 1 is current");
    until(|| log(&sandbox).contains("over"));
    sandbox.sim(&["switch", "--yes", "two.kdl"]).exits(0);
}

#[test]
fn what_could_not_be_gone_back_from_does_not_wait() {
    let sandbox = sandbox();
    sandbox.sim(&["switch", "--yes", "--confirm-within", "1h", "one.kdl"]).exits(0).says("Nothing to do");
    sandbox.edit("two.kdl", "1G", "2G");
    sandbox
        .sim(&["switch", "--yes", "--consent", "volume:tank/v", "--confirm-within", "1h", "two.kdl"])
        .exits(4)
        .says("volume:tank/v cannot be undone");
    let first = Sandbox::new();
    first.write("phoenix.kdl", &sandbox.read("one.kdl"));
    first
        .sim(&["switch", "--yes", "--confirm-within", "1h"])
        .exits(4)
        .says("no other generation to go back to");
    sandbox.sim(&["switch", "--confirm-within", "soon"]).exits(64).says("is no duration");
}
