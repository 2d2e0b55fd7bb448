//! Encrypted datasets on the real OpenZFS: keys in files and typed ones, power cuts, what is put away within
//! its encryption root, and no key anywhere in the state folder.
//!
//! One machine carries each of the two, since a boot costs more than most of what is done in it.

use phoenix_lab::{MachineSpec, Session, mib};

#[test]
fn keys_in_files_are_loaded_and_what_shares_one_stays_within_its_root() {
    let Some(lab) = &mut boot() else { return };
    files(lab);
    within_the_root(lab);
    nowhere(lab);
    lab.shutdown();
}

#[test]
fn typed_keys_are_asked_for_and_kept_nowhere() {
    let Some(lab) = &mut boot() else { return };
    typed(lab);
    nowhere(lab);
    lab.shutdown();
}

const PASSPHRASE: &str = "correct horse battery staple";

/// What lies within the encrypted dataset at first.
const INSIDE: &str = r#"dataset "shared" { export { client "127.0.0.0/8" "rw" "sync" "no_root_squash" } }
            dataset "going" mountpoint="/srv/going"
            volume "disk" size="16M" sparse=#true"#;

fn spec(inside: &str, beside: &str) -> String {
    format!(
        r#"edition 1
host "box" {{
    pool "tank" {{
        disk "/dev/disk/by-id/virtio-DISK_1"
        allow "no-redundancy"
        dataset "enc" encryption="aes-256-gcm" keyformat="raw" keylocation="file:///root/key" {{
            {inside}
        }}
        {beside}
    }}
}}
"#
    )
}

/// The host without any of it.
const WITHOUT: &str = r#"edition 1
host "box" {
    pool "tank" {
        disk "/dev/disk/by-id/virtio-DISK_1"
        allow "no-redundancy"
    }
}
"#;

/// A dataset whose key is typed.
const TYPED: &str =
    r#"dataset "typed" encryption="on" keyformat="passphrase" keylocation="prompt" { dataset "in" }"#;

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("DISK_1", mib(512)).with_nfs())?;
    lab.ok("head -c 32 /dev/urandom >/root/key");
    Some(lab)
}

/// Runs phoenix in a terminal, where these lines are typed.
#[track_caller]
fn typing(lab: &Session, code: i32, arguments: &str, lines: &[&str]) -> String {
    // What is typed before it was asked for would be shown, and thrown away.
    let prompts = "grep -ac -e '^Key of' -e '^New key of' -e 'once more' /root/typescript";
    let typed = lines.iter().enumerate().map(|(before, line)| {
        format!("until [ \"$({prompts})\" -gt {before} ] 2>/dev/null; do sleep 0.3; done; echo '{line}';")
    });
    let typed: String = typed.collect();
    let output = lab.run(&format!(
        "cd /root; rm -f typescript; ({typed} sleep 2) | script -qefc 'phoenix {arguments}' typescript"
    ));
    assert_eq!(output.status, Some(code), "phoenix {arguments}: {output}");
    assert!(!output.out().contains(PASSPHRASE), "what is typed is shown: {output}");
    output.out()
}

/// A key in a file: loaded after a power cut, before what needs it, and refused where it is not there.
fn files(lab: &mut Session) {
    lab.put("phoenix.kdl", spec(INSIDE, ""));
    lab.ok("mv /root/key /root/aside");
    let refused = lab.exits(4, "switch --yes phoenix.kdl");
    assert!(refused.contains("there is no file /root/key"), "{refused}");
    lab.ok("mv /root/aside /root/key");
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.holds();
    lab.ok("echo 'dear all' >/srv/going/letter && echo shared >/tank/enc/shared/file && sync");
    // OpenZFS takes any place for a key; where it does not open the dataset, the switch is undone.
    lab.ok("head -c 32 /dev/urandom >/root/other && zfs load-key -n -L file:///root/key tank/enc");
    let failed = lab.switch(1, &spec(INSIDE, "").replace("/root/key", "/root/other"));
    assert!(failed.contains("Incorrect key provided for 'tank/enc'"), "{failed}");
    lab.prints("zfs get -H -o value,source keylocation tank/enc", "file:///root/key\tlocal");
    lab.ok("cp /root/key /root/other");
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.exits(0, "rollback --yes");
    lab.put("phoenix.kdl", spec(INSIDE, ""));
    lab.holds();

    lab.boot_again();
    lab.prints("zfs get -H -o value keystatus tank/enc", "unavailable");
    let told = lab.exits(2, "status");
    assert!(told.contains("key of tank/enc") && told.contains("phoenix switch"), "{told}");
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.holds();
    lab.prints("cat /tank/enc/shared/file", "shared");
    lab.prints("exportfs -s | grep -c /tank/enc/shared", "1");
    // A switch that fails after it loaded the key unloads it.
    lab.boot_again();
    lab.wrap("zfs", "case $1 in mount) echo 'no mount today' >&2; exit 1;; esac");
    let failed = lab.exits(1, "switch --yes phoenix.kdl");
    assert!(failed.contains("no mount today") && failed.contains("the host is as it was before"), "{failed}");
    lab.unwrap("zfs");
    lab.prints("zfs get -H -o value keystatus tank/enc", "unavailable");
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.holds()
}

/// What shares a key is put away within its root, comes home, and goes along with the root.
fn within_the_root(lab: &mut Session) {
    let less = r#"dataset "shared" { export { client "127.0.0.0/8" "rw" "sync" "no_root_squash" } }"#;
    lab.switch(0, &spec(less, ""));
    lab.prints("zfs list -H -o name -r tank/enc/.phoenix | grep -c enc:", "2");
    lab.boot_again();
    lab.exits(0, "rollback --yes 1");
    lab.holds();
    lab.prints("cat /srv/going/letter", "dear all");
    // Again, then the root itself, which takes its area along; and all comes home at once.
    lab.switch(0, &spec(less, ""));
    lab.switch(0, WITHOUT);
    lab.prints(
        "zfs list -H -o name | grep -c '^tank/[.]phoenix/[0-9]*/enc/[.]phoenix/[0-9]*/enc:going$'",
        "1",
    );
    lab.boot_again();
    lab.holds();
    lab.prints("zfs list -H -o keystatus -r tank/.phoenix | grep -c ^available || true", "0");
    lab.exits(0, "rollback --yes 1");
    lab.holds();
    lab.prints("cat /srv/going/letter", "dear all")
}

/// A key that is typed: twice when it is new, once after a boot, and never without a terminal.
fn typed(lab: &mut Session) {
    let refused = lab.switch(4, &spec(INSIDE, TYPED));
    assert!(refused.contains("the key of tank/typed has to be typed"), "{refused}");
    typing(lab, 0, "switch --yes phoenix.kdl", &[PASSPHRASE, PASSPHRASE]);
    lab.holds();
    lab.ok("echo hidden >/tank/typed/in/file && sync");

    lab.boot_again();
    let refused = lab.exits(4, "switch --yes phoenix.kdl");
    assert!(refused.contains("`zfs load-key tank/typed` by hand first"), "{refused}");
    lab.prints("zfs get -H -o value keystatus tank/enc tank/typed", "unavailable\nunavailable");
    let failed = typing(lab, 1, "switch --yes phoenix.kdl", &["not that one at all"]);
    assert!(failed.contains("Incorrect key provided for 'tank/typed'"), "{failed}");
    lab.prints("zfs get -H -o value keystatus tank/enc tank/typed", "unavailable\nunavailable");
    typing(lab, 0, "switch --yes phoenix.kdl", &[PASSPHRASE]);
    lab.holds();
    lab.prints("cat /tank/typed/in/file", "hidden");

    // Power is lost while something of it is put away: a recovery asks nobody.
    lab.put("phoenix.kdl", spec(INSIDE, &TYPED.replace("dataset \"in\"", "")));
    lab.wrap("zfs", "case $1 in rename) touch /run/marked; sleep 600;; esac");
    let waiting = "while [ ! -e /run/marked ]; do sleep 0.2; done; echo marked; sleep 600";
    lab.start(&format!("cd /root && (phoenix switch --yes phoenix.kdl & {waiting})"), "marked");
    lab.boot_again();
    lab.unwrap("zfs");
    // It is whole, and the keys are still to be loaded.
    let told = lab.exits(2, "recover");
    for left in [
        "tank/typed stays unmounted, since its key",
        "tank/typed/in stays unmounted, since it lies in",
        "The host is not as generation 1 says: key of tank/enc, key of tank/typed,",
    ] {
        assert!(told.contains(left), "{told}");
    }
    lab.put("phoenix.kdl", spec(INSIDE, TYPED));
    typing(lab, 0, "switch --yes phoenix.kdl", &[PASSPHRASE]);
    lab.holds();
    lab.prints("cat /tank/typed/in/file", "hidden")
}

/// No key stands anywhere in the state folder, nor in what was shown.
fn nowhere(lab: &Session) {
    lab.prints(&format!("grep -rlaF '{PASSPHRASE}' /var/lib/phoenix /root/typescript || echo none"), "none");
    let raw = "python3 -c \"import os; key = open('/root/key', 'rb').read(); print(sum(key in open(os.path.join(at, name), 'rb').read() or key.hex().encode() in open(os.path.join(at, name), 'rb').read() for at, _, names in os.walk('/var/lib/phoenix') for name in names))\"";
    lab.prints(raw, "0");
    lab.prints("test \"$(find /var/lib/phoenix -type f | wc -l)\" -gt 10 && echo many", "many")
}
