//! The rules of `qm set` and of a start against what Proxmox's sources say (`PVE::API2::Qemu`, `PVE::QemuServer`).

mod cases;
mod start;

use cases::{CASES, Case, DIGEST, Ends, GOES, NEW_WAITS, PLAIN, Runs, SHARED, WAITS};
use phoenix_sim::qm::{self, Failed, Machine};

fn run(up: bool, text: &str, words: &[&str]) -> Result<qm::Done, Failed> {
    let words: Vec<String> = ["set", "101"].iter().chain(words).map(|word| (*word).to_owned()).collect();
    let (id, request) = qm::read(&words)?;
    qm::set(&Machine { id, text, digest: DIGEST, running: up }, &request)
}

#[test]
fn does_what_proxmoxs_sources_say() {
    for Case(name, runs, before, words, ends) in CASES {
        match (run(matches!(runs, Runs::Up), before, words), ends) {
            (Ok(done), Ends::With(after)) => assert_eq!(done.text.as_deref(), Some(*after), "{name}"),
            (Ok(done), Ends::Same) => assert_eq!(done.text, None, "{name}"),
            (Err(Failed { code, said }), Ends::Failing(exit, why)) => {
                assert_eq!((code, &*said), (*exit, *why), "{name}");
            }
            (done, _) => panic!("{name}: {done:?}"),
        }
    }
}

#[test]
fn what_comes_of_it_is_said_on_the_way() {
    let done = run(false, SHARED, &["--virtiofs1", "b2", "--delete", "virtiofs0,virtiofs5"]).unwrap();
    assert_eq!(done.told, "update VM 101: -delete virtiofs0,virtiofs5 -virtiofs1 b2\n");
    assert_eq!(done.warned, ["cannot delete 'virtiofs5' - not set in current configuration!"]);
    let done = run(true, WAITS, &["--revert", "virtiofs0"]).unwrap();
    assert_eq!(done.told, "update VM 101: -revert virtiofs0\n");
    let bad = qm::read(&["set".into(), "99".into()]).unwrap_err();
    assert_eq!(
        bad.said,
        "400 Parameter verification failed.\nvmid: invalid format - value does not look like a valid VM ID\n\nqm set <vmid> [OPTIONS]"
    );
}

#[test]
fn a_start_puts_in_force_what_waits() {
    assert_eq!(qm::started(WAITS), "memory: 2048\nname: vm\nvirtiofs0: data,cache=never\n");
    assert_eq!(qm::started(GOES), PLAIN);
    assert_eq!(qm::started(NEW_WAITS), SHARED);
    // Nothing waits: nothing is written, what a write would lose stays.
    assert_eq!(qm::started("name: vm\nfuture: 1\n"), "name: vm\nfuture: 1\n");
    // A machine that resumes from disk is as it was.
    for resumes in ["lock: suspended\n\n[PENDING]\ncores: 2\n", "vmstate: l:a\n\n[PENDING]\ncores: 2\n"] {
        assert_eq!(qm::started(resumes), resumes);
    }
}

#[test]
fn devices_are_those_in_force() {
    let text = "virtiofs9: a1\nvirtiofs10: b2\nvirtiofs1: dirid=c3,cache=auto\nvirtiofs2: x,y\n\n[PENDING]\nvirtiofs3: d4\n\n[snap]\nvirtiofs4: e5\n";
    let devices = qm::devices(text).into_iter().collect::<Vec<_>>();
    assert_eq!(devices, [(1, "dirid=c3,cache=auto".to_owned()), (9, "a1".to_owned())]);
}

#[test]
fn what_was_written_is_written_the_same_again() {
    const LINES: [&str; 16] = [
        "",
        "#",
        "#said%3A",
        "#  ",
        "description: more%25",
        "cores: 2",
        "onboot: yes",
        "odd: 1",
        "virtiofs0: data",
        "delete: cores,!scsi1",
        "ide2: l:vm-1-cloudinit,media=cdrom",
        "snapstate: delete",
        "[PENDING]",
        "[snap]",
        "[special:cloudinit]",
        "[x]",
    ];
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        let longer = |text: &String| LINES.map(|line| format!("{text}{line}\n"));
        texts = texts.iter().flat_map(longer).collect();
        for text in &texts {
            // A set of a device that is there rewrites the file of a machine that runs, and nothing else.
            let again = |text: &str| run(true, text, &["--virtiofs7", "data"]).unwrap().text.unwrap();
            let once = again(text);
            assert_eq!(again(&once), once, "{text}");
        }
    }
}
