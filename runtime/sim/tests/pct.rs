//! The rules of `pct set` against what the real one was recorded to do.

use phoenix_sim::pct::{self, Container, Failed};
use serde::Deserialize;

const CASES: &str = include_str!("fixtures/pct-cases.jsonl");

/// What the rules leave out on purpose: verbs that only tell, what the configuration lacks besides mount points, and
/// volumes that a storage makes.
const LEFT_OUT: [&str; 5] = ["no-ostype", "config", "list", "status", "volume-new"];

/// What is done as recorded, and said of other keys than mount points besides.
const SAYS_MORE: [&str; 1] = ["unknown-lines"];

#[derive(Deserialize)]
struct Case {
    case: String,
    argv: Vec<String>,
    exit: u8,
    stderr: String,
    before: Option<String>,
    after: Option<String>,
}

/// Runs a case: the exit code, what is said, and the file after.
fn run(case: &Case) -> (u8, String, Option<String>) {
    let failed = |Failed { code, said }: Failed| (code, said, case.before.clone());
    let (id, request) = match pct::read(&case.argv[1..]) {
        Ok(read) => read,
        Err(why) => return failed(why),
    };
    let Some(text) = case.before.as_ref().filter(|text| !text.is_empty()) else {
        return (2, format!("Configuration file 'nodes/pve/lxc/{id}.conf' does not exist"), None);
    };
    match pct::set(
        &Container { id, text, digest: "what it is", running: false, version: pct::NEWEST },
        &request,
    ) {
        Ok(done) => (0, done.warned.join("\n"), done.text.or_else(|| case.before.clone())),
        Err(why) => failed(why),
    }
}

#[test]
fn does_what_the_real_one_was_recorded_to_do() {
    let cases: Vec<Case> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut held = 0;
    for case in cases.iter().filter(|case| !LEFT_OUT.contains(&&*case.case)) {
        let (exit, said, after) = run(case);
        assert_eq!(exit, case.exit, "{}: {said}", case.case);
        if !SAYS_MORE.contains(&&*case.case) {
            assert_eq!(said, case.stderr, "{}", case.case);
        }
        // Nothing is recorded where nothing was written; what is no ASCII was recorded unreadably.
        if let Some(wanted) = case.after.as_ref().filter(|after| !after.contains('\u{fffd}')) {
            assert_eq!(after.as_ref(), Some(wanted), "{}", case.case);
        }
        held += 1;
    }
    assert_eq!(held, cases.len() - LEFT_OUT.len());
}

const CONF: &str = "arch: amd64\nmp0: /tank/a,mp=/a\nostype: debian\n";

/// Runs on a container that is up; returns the file, and the keys of what is plugged in.
fn running(text: &str, words: &[&str]) -> (String, Vec<String>) {
    let words: Vec<String> = ["set", "101"].iter().chain(words).map(|word| (*word).to_owned()).collect();
    let (id, request) = pct::read(&words).unwrap();
    let done =
        pct::set(&Container { id, text, digest: "", running: true, version: pct::NEWEST }, &request).unwrap();
    (done.text.unwrap(), done.plugged.into_iter().map(|(key, _)| key).collect())
}

#[test]
fn in_a_container_that_runs_only_what_is_new_is_in_force_at_once() {
    let (text, plugged) = running(CONF, &["--mp1", "/tank/b,mp=/b"]);
    assert_eq!(
        (&*text, plugged),
        ("arch: amd64\nmp0: /tank/a,mp=/a\nmp1: /tank/b,mp=/b\nostype: debian\n", vec!["mp1".to_owned()])
    );
    let (text, plugged) = running(CONF, &["--mp0", "/tank/a,mp=/a,ro=1"]);
    assert_eq!(
        (&*text, plugged),
        (
            "arch: amd64\nmp0: /tank/a,mp=/a\nostype: debian\n\n[pve:pending]\nmp0: /tank/a,mp=/a,ro=1\n",
            vec![]
        )
    );
    assert_eq!(pct::started(&text), "arch: amd64\nmp0: /tank/a,mp=/a,ro=1\nostype: debian\n");
    assert_eq!(running(&text, &["--revert", "mp0"]).0, CONF);
    let (text, _) = running(CONF, &["--delete", "mp0"]);
    assert_eq!(text, "arch: amd64\nmp0: /tank/a,mp=/a\nostype: debian\n\n[pve:pending]\ndelete: mp0\n");
    assert_eq!(pct::started(&text), "arch: amd64\nostype: debian\n");
    assert_eq!(running(&text, &["--revert", "mp0"]).0, CONF);
    // The same again takes back that it goes.
    assert_eq!(running(&text, &["--mp0", "/tank/a,mp=/a"]).0, CONF);
}
