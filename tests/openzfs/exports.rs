//! Exports by the kernel's NFS server, on the real OpenZFS: options of security flavours, what looks empty, who can write,
//! and one `fsid` twice, in the virtual machine of `tests/lab`.

use crate::boot;
use phoenix_lab::{MachineSpec, Session, mib, says};

#[test]
fn what_a_spec_says_of_flavours_is_live_and_what_plans_tell_of_exports_is_so() {
    let Some(lab) = &mut boot(MachineSpec::new().disk("ONE", mib(256)).with_nfs()) else { return };
    options_of_flavours_are_live_and_read_back(lab);
    what_is_below_looks_empty_without_crossmnt(lab);
    what_was_looked_for_is_waited_for(lab);
    a_root_of_others_leads_elsewhere(lab);
    what_root_alone_may_write_nobody_writes(lab);
    one_fsid_twice_is_refused(lab)
}

fn spec(datasets: &str) -> String {
    format!(
        "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
         disk \"/dev/disk/by-id/virtio-ONE\"\n{datasets}\n  }}\n}}\n"
    )
}

/// Runs something below a mount of a path of the server, which is this machine.
fn mounted(lab: &Session, path: &str, run: &str) -> String {
    let mount = format!("mkdir -p /mnt/n && mount -t nfs -o vers=4.2,sec=sys 127.0.0.1:{path} /mnt/n");
    lab.ok(&format!("{mount} && {{ cd /mnt/n; {run}; cd /; }} 2>&1; umount /mnt/n"))
}

/// Destroys what somebody else made. What clients have looked for, also in vain, the server holds in its cache until that is
/// flushed, which each run of `exportfs` puts off.
fn let_go(lab: &Session, dataset: &str) {
    lab.ok(&format!(
        "while [ $(cat /proc/net/rpc/nfsd.export/flush) -ge $(date +%s) ]; do sleep 0.2; done; \
         exportfs -f && zfs destroy {dataset}"
    ));
}

fn options_of_flavours_are_live_and_read_back(lab: &Session) {
    let two = "dataset \"a\" { export { client \"127.0.0.0/8\" \"rw\" { sec \"krb5p\"; sec \"sys\" \"ro\" \"all_squash\"; }; }; }";
    lab.switch(0, &spec(two));
    lab.holds();
    let table = lab.ok("cat /var/lib/nfs/etab");
    let flavours =
        ["sec=krb5p,rw,secure,root_squash,no_all_squash,", "sec=sys,ro,secure,root_squash,all_squash)"];
    says(&table, &flavours);
    lab.ok("echo here >/t1/a/id");
    says(&mounted(lab, "/t1/a", "cat id; touch more"), &["here", "Read-only file system"]);
    // The other way round, and then none: the table is changed, and nothing is left to do.
    let turned = "dataset \"a\" { export { client \"127.0.0.0/8\" \"no_root_squash\" { sec \"sys\" \"rw\"; sec \"krb5:krb5i\"; }; }; }";
    lab.switch(0, &spec(turned));
    lab.holds();
    says(&lab.ok("cat /var/lib/nfs/etab"), &["sec=sys,rw,", "sec=krb5:krb5i,ro,"]);
    assert_eq!(mounted(lab, "/t1/a", "echo more >more; cat more").trim(), "more");
    lab.switch(0, &spec("dataset \"a\" { export { client \"127.0.0.0/8\" \"rw\"; }; }"));
    lab.holds();
    lab.exits(0, "rollback --yes");
    lab.holds();
    says(&lab.ok("cat /var/lib/nfs/etab"), &["sec=sys,rw,", "sec=krb5:krb5i,ro,"]);
}

fn what_is_below_looks_empty_without_crossmnt(lab: &Session) {
    let below = |word: &str| {
        format!(
            "dataset \"a\" {{ export {{ client \"127.0.0.0/8\" \"rw\" \"no_root_squash\" {word}; }}; dataset \"x\"; }}"
        )
    };
    says(&lab.switch(0, &spec(&below(""))), &["export-shows-empty"]);
    lab.ok("echo deep >/t1/a/x/id");
    assert_eq!(mounted(lab, "/t1/a", "ls x").trim(), "");
    lab.switch(0, &spec(&below("\"crossmnt\"")));
    lab.holds();
    assert_eq!(mounted(lab, "/t1/a", "cat x/id").trim(), "deep");
    // What only the host has.
    lab.ok("zfs create t1/a/theirs && echo theirs >/t1/a/theirs/id");
    says(&lab.switch(0, &spec(&below(""))), &["t1/a/theirs as empty"]);
    assert_eq!(mounted(lab, "/t1/a", "ls theirs").trim(), "");
    let_go(lab, "t1/a/theirs");
}

/// Flushes the server's caches as often as `exportfs` does it in a switch of many file systems, and quicker: the time from
/// which the next flush is in force is forty seconds ahead then.
fn flush_often(lab: &Session) {
    lab.ok("cd /proc/net/rpc; for i in $(seq 40); do echo 1 >nfsd.fh/flush; echo 1 >nfsd.export/flush; done");
}

/// A client looks for what is below an export, in vain.
fn what_was_looked_for_is_waited_for(lab: &Session) {
    let export = "export { client \"127.0.0.0/8\" \"rw\" \"no_root_squash\"; }";
    let with = spec(&format!("dataset \"a\" {{ {export}; dataset \"x\"; dataset \"y\"; }}"));
    let without = spec(&format!("dataset \"a\" {{ {export}; dataset \"y\"; }}"));
    for version in ["4.2", "3,nolock"] {
        lab.switch(0, &with);
        lab.ok("echo deep >/t1/a/x/id");
        flush_often(lab);
        lab.ok(&format!(
            "mkdir -p /mnt/n && mount -t nfs -o vers={version},sec=sys 127.0.0.1:/t1/a /mnt/n && ls /mnt/n/x; umount /mnt/n"
        ));
        // It holds it, and lets nobody unmount it for as long.
        lab.ok("grep -F /t1/a/x /proc/net/rpc/nfsd.export/content");
        lab.ok("! umount -i /t1/a/x && exportfs -f && ! umount -i /t1/a/x");
        let told = lab.switch(0, &without);
        says(&told, &["until the NFS server lets go of what clients have looked for there"]);
        lab.holds();
        lab.exits(0, "rollback --yes");
        assert_eq!(lab.ok("cat /t1/a/x/id"), "deep");
        lab.holds();
    }
    // Whoever has a file open keeps it, and nobody waits for that.
    let holder = lab.start("exec 3</t1/a/x/id; echo holding; exec sleep 600", "holding");
    flush_often(lab);
    let refused = lab.switch(4, &without);
    says(&refused, &["in use"]);
    assert!(!refused.contains("waiting"), "{refused}");
    holder.kill().unwrap();
}

/// What others export as the root of all decides what every client sees by version 4.
fn a_root_of_others_leads_elsewhere(lab: &Session) {
    let given = |vers: &str| {
        spec(&format!(
            "dataset \"a\" {{ export {{ client \"127.0.0.0/8\" \"rw\"; }}; bind {{ vm 201 at=\"/srv/a\" server=\"127.0.0.2\" \
             address=\"127.0.0.1\" ro=#true {vers} {{ allow \"machine-reaches-itself\"; }}; }}; }}"
        ))
    };
    lab.switch(0, &spec("dataset \"a\" { export { client \"127.0.0.0/8\" \"rw\"; }; }"));
    lab.ok("mkdir -p /srv/t1/a && echo other >/srv/t1/a/id && echo own >/t1/a/id");
    // Where it leads, and what is told of it.
    let mount = |version: &str| {
        let output = lab.run(&format!(
            "mkdir -p /mnt/n && mount -t nfs -o vers={version},sec=sys,retry=0 127.0.0.1:/t1/a /mnt/n && cat /mnt/n/id; \
             umount /mnt/n"
        ));
        output.out().trim().to_owned()
    };
    for (entry, found, told) in [
        ("/srv 127.0.0.0/8(ro,fsid=0,no_subtree_check)", "other", "/t1/a is not below /srv"),
        ("/srv 10.9.9.9(ro,fsid=0,no_subtree_check)", "", "is not exported to it"),
        ("/ 127.0.0.0/8(ro,fsid=0,no_subtree_check)", "", "mounted at /t1, which is not exported"),
        ("/ 10.9.9.9(ro,no_subtree_check)", "own", ""),
    ] {
        lab.ok(&format!("echo '{entry}' >/etc/exports && exportfs -ra && sleep 3 && exportfs -f"));
        assert_eq!(mount("4.2"), found, "{entry}");
        assert_eq!(mount("3,nolock"), "own", "{entry}");
        lab.put("machine.kdl", given(""));
        if told.is_empty() {
            let plan = lab.exits(0, "plan machine.kdl");
            assert!(!plan.contains("root-of-others"), "{entry}: {plan}");
        } else {
            says(&lab.exits(4, "plan machine.kdl"), &["outside-root-of-others", told]);
            lab.put("machine.kdl", given("vers=\"3\""));
            lab.exits(0, "plan machine.kdl");
        }
    }
    lab.ok(": >/etc/exports; exportfs -ra; rm -rf /srv/t1");
}

fn what_root_alone_may_write_nobody_writes(lab: &Session) {
    let given = |options: &str, permissions: &str| {
        spec(&format!(
            "dataset \"w\" {{ export {{ client \"127.0.0.0/8\" {options}; }}; {permissions}; \
             bind {{ vm 201 at=\"/srv/w\" server=\"127.0.0.2\" {{ allow \"machine-reaches-itself\"; }}; }}; }}"
        ))
    };
    let denied = |as_whom: &str| format!("{as_whom} touch one && echo written || echo denied");
    let user = "setpriv --reuid 1000 --regid 1000 --clear-groups";
    for (options, permissions, barred, users) in [
        ("\"rw\"", "permissions owner=0 group=0 mode=\"0775\"", true, ["denied", "denied"]),
        ("\"rw\"", "permissions owner=1000 mode=\"0755\"", false, ["denied", "written"]),
        ("\"rw\" \"no_root_squash\"", "permissions owner=0 mode=\"0755\"", false, ["written", "denied"]),
        (
            "\"rw\" \"all_squash\" \"anonuid=1001\"",
            "permissions owner=1000 mode=\"0755\"",
            true,
            ["denied", "denied"],
        ),
        (
            "\"rw\" \"all_squash\" \"anonuid=1000\"",
            "permissions owner=1000 mode=\"0755\"",
            false,
            ["written", "written"],
        ),
    ] {
        let told = lab.switch(0, &given(options, permissions));
        assert_eq!(
            told.contains("nobody in machine 201 can write"),
            barred,
            "{options} {permissions}: {told}"
        );
        lab.ok("rm -f /t1/w/one");
        for (whom, expected) in ["", user].into_iter().zip(users) {
            let found = mounted(lab, "/t1/w", &denied(whom));
            assert!(found.trim().ends_with(expected), "{options} {permissions} {whom}: {found}");
            lab.ok("rm -f /t1/w/one");
        }
    }
}

fn one_fsid_twice_is_refused(lab: &Session) {
    lab.ok("mkdir -p /srv/x && echo other >/srv/x/id");
    lab.ok("echo '/srv/x 127.0.0.0/8(ro,fsid=0x7,no_subtree_check)' >/etc/exports && exportfs -ra");
    let same = spec("dataset \"f\" { export { client \"127.0.0.1\" \"rw\" \"fsid=7\"; }; }");
    says(&lab.switch(4, &same), &["fsid=7", "/srv/x to 127.0.0.0/8 by /etc/exports, line 1"]);
    // So it would be: one path is served for both.
    lab.ok("zfs create t1/f && echo own >/t1/f/id");
    lab.ok("exportfs -o rw,fsid=7,no_subtree_check 127.0.0.1:/t1/f");
    let (own, other) = (mounted(lab, "/t1/f", "cat id"), mounted(lab, "/srv/x", "cat id"));
    assert!(own.trim() != "own" || other.trim() != "other", "each has its own: {own}{other}");
    lab.ok("exportfs -u 127.0.0.1:/t1/f");
    let_go(lab, "t1/f");
    lab.ok(": >/etc/exports; exportfs -ra");
}
