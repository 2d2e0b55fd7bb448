//! What is refused: a decision that is missing, a lock that is held, a switch that was interrupted,
//! wrong usage. Each with its exit code and the way out.

use crate::{
    command::common::{Sandbox, example},
    snapshot,
};
use phoenix_graph::{DatasetName, ObjectId};
use phoenix_host::{HostError, op::Op};
use phoenix_plan::Consent;
use phoenix_sim::{Fault, FaultKind, SimHost};
use phoenix_store::Store;
use phoenix_support::Quiet;
use phoenix_transaction::switch::{Runtime, SwitchError, Target};
use std::sync::atomic::AtomicBool;

#[test]
fn without_a_terminal_a_switch_needs_a_yes() {
    let sandbox = Sandbox::new();
    let ran = sandbox.sim(&["switch", example("phoenix").to_str().unwrap()]).exits(4);
    let ran = ran.says("27 to create.").says("run it with `--yes`");
    assert!(!sandbox.path().join("sim/state/current").exists(), "{ran}");
}

#[test]
fn what_phoenix_did_not_make_is_taken_over_only_where_asked() {
    let sandbox = Sandbox::switched();
    let host = || sandbox.host();
    let dataset = phoenix_graph::DatasetName::new("quickOS/photos").unwrap();
    let settings = vec![(phoenix_graph::PropertyName::new("quota"), "1073741824".into())];
    host().by_hand(&Op::DatasetCreate { dataset, settings }).unwrap();
    sandbox.edit(
        "phoenix.kdl",
        "        dataset \"vm-disks\"",
        "        dataset \"photos\" quota=\"2G\"\n        dataset \"vm-disks\"",
    );
    let refused = sandbox.sim(&["switch", "--yes"]).exits(4);
    let adopted = sandbox.sim(&["switch", "--yes", "--adopt"]).exits(0);
    snapshot!("adopt", refused, adopted);
}

#[test]
fn a_disk_that_holds_something_is_refused_and_left_alone() {
    let sandbox = Sandbox::new();
    let sim = sandbox.path().join("sim");
    SimHost::open(&sim)
        .unwrap()
        .add_disk_holding("/dev/disk/by-id/nvme-DISK_3", "an ext4 file system \"backup\"");
    let before = sandbox.tree("sim/host.json");
    let ran = sandbox.sim(&["switch", "--yes", example("phoenix").to_str().unwrap()]).exits(4);
    let ran = ran.says("/dev/disk/by-id/nvme-DISK_3 is not blank: it holds an ext4 file system \"backup\"");
    assert_eq!(sandbox.tree("sim/host.json"), before, "{ran}");
    assert!(!sandbox.path().join("sim/state/current").exists());
}

#[test]
fn what_cannot_be_undone_needs_consent_by_name() {
    let sandbox = Sandbox::new();
    let spec = |size: &str| {
        format!(
            "edition 1\nhost \"h\" {{ pool \"tank\" {{ disk \"/dev/disk/by-id/a\"; allow \"no-redundancy\"; volume \"v\" size=\"{size}\" }} }}\n"
        )
    };
    sandbox.write("phoenix.kdl", &spec("1G"));
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.write("phoenix.kdl", &spec("512M"));
    let refused = sandbox.sim(&["switch", "--yes"]).exits(4);
    sandbox.sim(&["plan", "--json"]).exits(4).says("\"code\": \"needs-consent\"");
    let allowed = sandbox.sim(&["plan", "--consent", "volume:tank/v"]).exits(0);
    snapshot!("consent", refused, allowed);
    sandbox.sim(&["plan", "--consent", "tank/v"]).exits(64).says("no resource key");
}

#[test]
fn a_second_switch_fails_at_once_and_names_the_first() {
    let sandbox = Sandbox::switched();
    let store = Store::open(&sandbox.path().join("sim/state")).unwrap();
    let lock = store.lock("switch").unwrap();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    let pid = format!("`phoenix switch`, process {}", std::process::id());
    sandbox.sim(&["switch", "--yes"]).exits(5).says(&pid);
    sandbox.sim(&["rollback", "--yes", "1"]).exits(5).says(&pid);
    sandbox.sim(&["recover", "--yes"]).exits(5).says(&pid);
    sandbox.sim(&["status"]).exits(5).says(&pid);
    drop(lock);
    sandbox.sim(&["switch", "--yes"]).exits(0);
}

/// Switches to what the sandbox's spec says, and loses power at an operation in the middle.
pub fn interrupt(sandbox: &Sandbox) {
    interrupt_after(sandbox, |op| matches!(op, Op::DatasetSet { .. }));
}

/// Switches to what the sandbox's spec says, and loses power once such an operation is done.
fn interrupt_after(sandbox: &Sandbox, is_last: fn(&Op) -> bool) {
    let built = sandbox.sim(&["build"]).exits(0);
    let id: ObjectId = built.out[..64].parse().unwrap();
    let store = Store::open(&sandbox.path().join("sim/state")).unwrap();
    let graph = store.graph(&id).unwrap();
    let host = sandbox.host();
    host.inject(Fault::when(is_last, FaultKind::PowerAfter));
    let runtime = Runtime {
        host: &host,
        store: &store,
        jobs: 1,
        stop: &AtomicBool::new(false),
        events: &Quiet,
        now: 0,
        keys: &phoenix_host::secret::Nobody,
        who: "tester".to_owned(),
        message: None,
    };
    let target = Target::New { graph, sources: Vec::new() };
    let ended = runtime.switch("switch", &target, &Consent::default(), &mut |_| true);
    assert!(matches!(ended, Err(SwitchError::Host(HostError::PowerLost))), "{ended:?}");
    host.power_on();
}

#[test]
fn an_interrupted_switch_has_to_be_recovered_first() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    interrupt(&sandbox);
    let status = sandbox.sim(&["status"]).exits(6);
    let plan = sandbox.sim(&["plan"]).exits(6);
    let switch = sandbox.sim(&["switch", "--yes"]).exits(6);
    // Nor is anything else concluded before that, such as that there is nothing to go back to.
    for verb in [&["rollback"][..], &["rollback", "1"], &["gc", "--yes"], &["confirm"], &["import", "--live"]]
    {
        sandbox.sim(verb).exits(6).says("was interrupted").says("phoenix recover");
    }
    let listed = sandbox.sim(&["generations"]).exits(0);
    let recovered = sandbox.sim(&["recover"]).exits(0);
    snapshot!("interrupted", status, plan, switch, listed, recovered);
    sandbox.sim(&["status"]).exits(0).says("Generation 1 ");
    sandbox.sim(&["recover"]).exits(0).says("Nothing to recover");
}

/// Takes the lines of the open journal away that say what was begun.
fn lose_what_was_begun(sandbox: &Sandbox) {
    let journal = "sim/state/txn/open/journal";
    let text = sandbox.read(journal);
    let at = text.find(r#"{"record":"intent""#).or_else(|| text.find(r#""record":"intent""#)).unwrap();
    let whole = text[..at].rfind('\n').unwrap() + 1;
    sandbox.write(journal, &text[..whole]);
}

#[test]
fn what_a_journal_lost_is_not_called_undone() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    interrupt(&sandbox);
    lose_what_was_begun(&sandbox);
    let changed = sandbox.sim(&["recover"]).exits(2);
    let changed = changed
        .says_not("The switch was undone")
        .says("The host is not as generation 1 says: dataset:quickOS/vm-disks.");
    sandbox.sim(&["status"]).exits(2).says("dataset:quickOS/vm-disks");
    sandbox.edit("phoenix.kdl", "900G", "800G");
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["status"]).exits(0);

    let old = "dataset \"vm-disks\" use";
    sandbox.edit("phoenix.kdl", old, &format!("dataset \"new\"\n        {old}"));
    interrupt_after(&sandbox, |op| matches!(op, Op::DatasetCreate { .. }));
    lose_what_was_begun(&sandbox);
    let made = sandbox.sim(&["recover"]).exits(2);
    let made = made.says("still has what the switch made").says("dataset:quickOS/new.").says_not("is not as");
    sandbox.sim(&["switch", "--yes"]).exits(4);
    sandbox.sim(&["switch", "--yes", "--adopt"]).exits(0);
    sandbox.sim(&["status"]).exits(0).says("The host is as it says.");
    snapshot!("journal-lost", changed, made);
}

#[test]
fn what_a_first_switch_made_is_told_where_its_journal_does_not_say_so() {
    let sandbox = Sandbox::new();
    let spec = "edition 1\nhost \"h\" { pool \"tank\" { disk \"/dev/disk/by-id/a\"; allow \"no-redundancy\"; dataset \"a\" } }\n";
    sandbox.write("phoenix.kdl", spec);
    interrupt_after(&sandbox, |op| matches!(op, Op::DatasetCreate { .. }));
    lose_what_was_begun(&sandbox);
    let recovered = sandbox.sim(&["recover"]).exits(2).says("there is no generation");
    recovered.says("still has what the switch made").says("pool:tank, dataset:tank/a.");
}

#[test]
fn an_interrupted_switch_can_be_brought_to_its_end() {
    let sandbox = Sandbox::switched();
    sandbox.edit("phoenix.kdl", "800G", "900G");
    interrupt(&sandbox);
    sandbox.sim(&["recover", "--resume", "--yes"]).exits(0).says("generation 2 is current");
    sandbox.sim(&["status"]).exits(0).says("Generation 2 ");
    sandbox.sim(&["plan", "phoenix.kdl"]).exits(0).says("Nothing to do.");
}

#[test]
fn one_that_cannot_be_gone_on_with_is_undone_and_the_reason_is_told() {
    let sandbox = Sandbox::switched();
    let old = "dataset \"vm-disks\" use";
    sandbox.edit("phoenix.kdl", old, &format!("dataset \"new\"\n        dataset \"newer\"\n        {old}"));
    interrupt_after(&sandbox, |op| matches!(op, Op::DatasetCreate { .. }));
    // Somebody made by hand what the switch had not come to.
    let dataset = DatasetName::new("quickOS/newer").unwrap();
    sandbox.by_hand(&Op::DatasetCreate { dataset, settings: vec![] });
    let resumed = sandbox.sim(&["recover", "--resume", "--yes"]).exits(1);
    let resumed = resumed.says("dataset:quickOS/newer: ").says("it was undone instead");
    sandbox.sim(&["status"]).says("Generation 1 ");
    sandbox.sim(&["recover", "--resume", "--yes"]).exits(0).says("Nothing to recover");
    snapshot!("not-resumed", resumed);
}

#[test]
fn wrong_usage_is_64() {
    let sandbox = Sandbox::new();
    for args in [
        &[][..],
        &["swich"],
        &["build", "--frobnicate"],
        &["rollback", "one"],
        &["graph", "--format", "svg"],
        &["build", "nowhere.kdl"],
        &["build"],
        &["status", "--sim", "sim", "--state-dir", "elsewhere"],
    ] {
        let ran = sandbox.run(args).exits(64);
        assert_eq!(ran.out, "", "{ran}");
        assert_ne!(ran.err, "");
    }
    for args in [&["a\u{1b}[2Jb"][..], &["switch", "-m", "a\nb\u{202e}", "x"], &["\u{9b}2J", "--frob"]] {
        let ran = sandbox.run(args).exits(64);
        assert!(ran.err.contains("characters that do not show"), "{ran}");
        assert!(!ran.err.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{ran}");
    }
    assert_eq!(sandbox.run(&["--version"]).exits(0).err, "");
}
