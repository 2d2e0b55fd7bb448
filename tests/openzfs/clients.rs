//! Clients of exports on the real NFS server: two addresses that are given the same datasets in different ways, by version
//! 3 and by 4.2; and what becomes of a file that a client holds open while a switch changes what it is given.
//!
//! One machine carries all of it.

use crate::network::Network;
use phoenix_lab::{MachineSpec, Session, mib, says};

#[test]
fn clients_are_given_what_the_spec_gives_each_of_them() {
    let Some(lab) = &mut boot() else { return };
    for version in ["3", "4.2"] {
        each_is_given_its_own(lab, version);
    }
    what_changes_under_an_open_file_is_as_the_kernel_has_it(lab);
    lab.shutdown();
}

const ONE: &str = "10.0.0.21";
const TWO: &str = "10.0.0.22";
const LAN: Network = Network { server: "10.0.0.13", clients: &[ONE, TWO] };

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("ONE", mib(256)).with_nfs())?;
    LAN.connect(&lab);
    lab.switch(0, &spec(&[(ONE, MINE), (TWO, READS)]));
    Some(lab)
}

const MINE: &str = r#""rw" "sync" "no_root_squash""#;
const READS: &str = r#""ro" "sync""#;

/// One dataset whose clients are named, and one that is the other way round: who reads the one writes the other.
fn spec(clients: &[(&str, &str)]) -> String {
    let clients: String =
        clients.iter().map(|(address, options)| format!("client \"{address}\" {options}; ")).collect();
    format!(
        r#"edition 1
host "box" {{
    pool "tank" {{
        disk "/dev/disk/by-id/virtio-ONE"
        allow "no-redundancy"
        dataset "first" {{
            permissions mode="0777"
            export {{ {clients} }}
        }}
        dataset "second" {{
            permissions mode="0777"
            export {{
                client "{ONE}" "ro" "no_root_squash"
                client "{TWO}" "rw" "all_squash" "anonuid=1234" "anongid=1235"
            }}
        }}
    }}
}}
"#
    )
}

/// Whoever may write does, as whom the server takes it for; who may only read cannot, and reads what the others may.
fn each_is_given_its_own(lab: &Session, version: &str) {
    let at = |client, path| LAN.mount(lab, client, version, path);
    let (writes, reads) = (at(ONE, "/tank/first"), at(TWO, "/tank/first"));
    lab.ok(&format!(
        "cd {writes} && echo 'by {version}' >open && echo 'by {version}' >closed && chmod 666 open && chmod 600 closed"
    ));
    lab.prints("cd /tank/first && cat open && stat -c '%u:%g %a' closed", &format!("by {version}\n0:0 600"));
    lab.prints(&format!("cat {reads}/open"), &format!("by {version}"));
    refuses(lab, &format!("cat {reads}/closed"));
    // By their modes anybody might.
    for change in ["echo x >open", "echo x >new", "rm open", "mkdir folder", "chmod 777 ."] {
        refuses(lab, &format!("cd {reads} && {change}"));
    }
    lab.prints("ls /tank/first", "closed\nopen");

    let (reads, writes) = (at(ONE, "/tank/second"), at(TWO, "/tank/second"));
    lab.ok(&format!("echo 'by {version}' >{writes}/theirs && chmod 666 {writes}/theirs"));
    lab.prints(
        "cd /tank/second && cat theirs && stat -c '%u:%g %a' theirs",
        &format!("by {version}\n1234:1235 666"),
    );
    lab.prints(&format!("cat {reads}/theirs"), &format!("by {version}"));
    refuses(lab, &format!("echo x >{reads}/theirs"));
    // Root of this client is nobody in particular: what is root's is closed to it.
    lab.ok("echo secret >/tank/second/root && chmod 600 /tank/second/root");
    refuses(lab, &format!("cat {writes}/root"));
    lab.prints(&format!("cat {reads}/root"), "secret");
    LAN.unmount(lab);
    lab.ok("rm /tank/first/* /tank/second/*");
    lab.holds();
}

/// The server refuses it; which of both a client says is its own affair.
#[track_caller]
fn refuses(lab: &Session, shell: &str) {
    let output = lab.run(shell);
    let said = output.err();
    let why = ["Permission denied", "Read-only file system"].iter().any(|why| said.contains(why));
    assert!(!output.ok() && why, "{shell}: {output}");
}

/// Holds a file open at a client, and writes and reads through what it holds when it is asked to.
const HOLDER: &str = r#"
mkfifo /run/ask /run/answer
exec 3>>AT/held 4<AT/read
echo holding
while read -r words </run/ask; do
    if [ "$words" = look ]; then
        # Nothing of what it has read before: by the server's word.
        dd bs=1 count=1 iflag=direct status=none <&4 2>&1 || true
    else
        echo "$words" | dd conv=notrunc,fsync status=none 2>&1 >&3 && echo written
    fi >/run/answer
done
"#;

/// Asks for one thing; returns what comes of it.
fn ask(lab: &Session, words: &str) -> String {
    lab.ok(&format!("echo {words} >/run/ask && timeout 100 cat /run/answer"))
}

/// By turns: what a switch makes of the client's options, and what comes of the file that it holds.
fn what_changes_under_an_open_file_is_as_the_kernel_has_it(lab: &Session) {
    let at = LAN.mount(lab, ONE, "4.2", "/tank/first");
    lab.ok(&format!("echo abcdefgh >{at}/read && : >{at}/held"));
    let holder = lab.start(&HOLDER.replace("AT", &at), "holding");
    assert_eq!(ask(lab, "first"), "written");
    assert_eq!(ask(lab, "look"), "a");
    let turns = [
        // What says how it is written goes on, in force at once.
        (r#""rw" "async" "no_root_squash""#, "rw,async,no_root_squash", "", "written", "b"),
        // Its root is nobody from then on, and the file is root's.
        (r#""rw" "sync""#, "rw,sync,root_squash", "", "Permission denied", "c"),
        (MINE, "rw,sync,no_root_squash", "", "written", "d"),
        (
            r#""ro" "sync" "no_root_squash""#,
            "ro,sync,no_root_squash",
            "may only read it then",
            "Read-only file system",
            "e",
        ),
        (MINE, "rw,sync,no_root_squash", "", "written", "f"),
    ];
    let mut wanted = vec!["first".to_owned()];
    for (number, (options, live, told, writing, reading)) in turns.into_iter().enumerate() {
        changes(lab, &spec(&[(ONE, options), (TWO, READS)]), told);
        is_live(lab, ONE, live);
        is_live(lab, TWO, "ro,sync,root_squash");
        let said = ask(lab, &format!("turn-{number}"));
        assert!(said.contains(writing), "{options}: {said}");
        assert_eq!(ask(lab, "look"), reading, "{options}");
        if writing == "written" {
            wanted.push(format!("turn-{number}"));
        }
        lab.prints("cat /tank/first/held", &wanted.join("\n"));
    }
    // Given it no more, it neither writes nor reads.
    changes(lab, &spec(&[(TWO, READS)]), "is given it no more");
    lab.prints(&format!("grep -cF '{ONE}(' /var/lib/nfs/etab"), "1");
    for words in ["gone", "look"] {
        let said = ask(lab, words);
        assert!(said.contains("Stale file handle"), "{said}");
    }
    // With all of it back the same open file goes on.
    lab.exits(0, "rollback --yes");
    is_live(lab, ONE, "rw,sync,no_root_squash");
    assert_eq!(ask(lab, "back"), "written");
    wanted.push("back".to_owned());
    lab.prints("cat /tank/first/held", &wanted.join("\n"));
    lab.holds();
    // Retired it is not while somebody has files open.
    let plan =
        lab.switch(4, &spec(&[(ONE, MINE), (TWO, READS)]).replace("dataset \"first\"", "dataset \"other\""));
    says(&plan, &["tank/first", ONE]);
    assert_eq!(ask(lab, "still"), "written");
    holder.kill().unwrap();
    LAN.unmount(lab);
}

/// Switches to a spec, as its plan tells; then there is nothing left to do.
#[track_caller]
fn changes(lab: &Session, spec: &str, told: &str) {
    lab.put("phoenix.kdl", spec);
    let plan = lab.exits(0, "plan phoenix.kdl");
    let warned = plan.contains("has files open on it");
    assert!(if told.is_empty() { !warned } else { plan.contains(ONE) && plan.contains(told) }, "{plan}");
    lab.exits(0, "switch --yes phoenix.kdl");
    says(&lab.exits(0, "plan phoenix.kdl"), &["Nothing to do"]);
    lab.holds();
}

/// Sees that the server gives a client the first dataset with these options, by its own table.
#[track_caller]
fn is_live(lab: &Session, client: &str, options: &str) {
    let entry = lab.ok(&format!("grep -F '/tank/first\t{client}(' /var/lib/nfs/etab"));
    let live: Vec<&str> = entry.split(['(', ')']).nth(1).unwrap_or_default().split(',').collect();
    assert!(options.split(',').all(|option| live.contains(&option)), "{options}: {entry}");
}
