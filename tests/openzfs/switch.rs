//! The main job on the real OpenZFS: switch, again, drift, an edited spec, back, a refusal, and power
//! cuts, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it, in the order of a host's life, since a boot costs more than most of
//! what is done in it.

use crate::stage::{on_lab_disks, put_guests};
use phoenix_lab::{CUT, MachineSpec, Session, mib, says};
use std::collections::BTreeMap;

#[test]
fn the_main_job_from_a_blank_host_to_power_cuts() {
    let Some(lab) = &mut boot() else { return };
    a_disk_that_holds_something_is_refused(lab);
    everything_declared_is_read_back(lab);
    again_is_nothing_to_do(lab);
    drift_is_told_and_only_it_is_repaired(lab);
    an_edit_is_planned_exactly_and_gone_back_from(lab);
    what_others_export_is_seen_and_stays(lab);
    a_failure_in_the_middle_is_undone(lab);
    power_cuts_end_in_the_old_generation_or_the_new_one(lab);
    what_is_done_outlives_the_power(lab);
    two_hundred_datasets_cost_no_more_processes(lab)
}

const SPEC: &str = include_str!("../specs/phoenix/phoenix.kdl");

/// The example, with the machine's disks, exported to the machine itself.
fn spec() -> String {
    on_lab_disks(SPEC).replace("10.0.0.0/24", "127.0.0.0/8")
}

const TEST_DATA: &str = r#"dataset "shared-test-data" use="shared-data" quota="500G" {
            export { client (let)"lan" "all_squash" (fmt)"anonuid={writer}" (fmt)"anongid={writer}" }
            permissions owner=0 group=0 container=102 mode="2775"
            bind {
                lxc 102 at="/mnt/test-data" mountoptions="noatime"
                vm 202 at="/mnt/test-data" server=(let)"here" noatime=#true
            }
        }"#;

/// The edit: a property changed, a dataset added, one removed that holds a file, an export changed.
fn edited() -> String {
    let edits = [
        (r#"use="vm-disks" quota="800G""#, r#"use="vm-disks" quota="900G""#),
        (
            TEST_DATA,
            "dataset \"scratch\" recordsize=\"64K\" { permissions owner=33 group=\"users\" mode=\"2770\" }",
        ),
        (
            "dataset \"shared-bulk-data\" use=\"bulk-data\" quota=\"1.4T\" {\n            export { client (let)\"lan\" \"all_squash\"",
            "dataset \"shared-bulk-data\" use=\"bulk-data\" quota=\"1.4T\" {\n            export { client (let)\"lan\" \"ro\" \"all_squash\"",
        ),
    ];
    edits.iter().fold(spec(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "the edit {old:?} does not fit the example");
        text.replace(old, new)
    })
}

/// What is written down of each run of phoenix.
const TOOLS: [&str; 5] = ["zpool", "zfs", "exportfs", "wipefs", "pvesm"];

fn boot() -> Option<Session> {
    let disks = ["DISK_1", "DISK_2", "DISK_3"].iter();
    let wanted = disks.fold(MachineSpec::new(), |spec, name| spec.disk(*name, mib(512)));
    let lab = super::boot(wanted.disk("DISK_4", mib(128)).with_nfs())?;
    lab.put_pvesm();
    put_guests(&lab);
    TOOLS.iter().for_each(|tool| lab.wrap(tool, ""));
    Some(lab)
}

fn exported(lab: &Session) -> BTreeMap<String, String> {
    let text = lab.ok("cat /var/lib/nfs/etab");
    let entry = |line: &str| line.split_once('\t').map(|(path, rest)| (path.to_owned(), rest.to_owned()));
    text.lines().filter_map(entry).collect()
}

fn a_disk_that_holds_something_is_refused(lab: &Session) {
    lab.ok("mkfs.ext4 -q -L photos /dev/disk/by-id/virtio-DISK_4 && sync");
    let sum = "sha256sum </dev/disk/by-id/virtio-DISK_4";
    let before = lab.ok(sum);
    lab.put("phoenix.kdl", spec().replace("virtio-DISK_3", "virtio-DISK_4"));
    says(&lab.exits(4, "switch --yes"), &["virtio-DISK_4", "ext4", "photos"]);
    assert_eq!(lab.ok(sum), before, "the disk was touched");
    assert_eq!(lab.ok("zpool.real list -H -o name"), "", "a pool was made");
    assert_eq!(lab.current(), "");
    lab.put("phoenix.kdl", spec());
}

fn everything_declared_is_read_back(lab: &Session) {
    lab.exits(0, "build");
    lab.exits(0, "switch --yes");
    let k = 1024_u64;
    let g = k * k * k;
    let common = |recordsize: u64, compression: &str, sync: &str, quota: u64| {
        vec![
            ("recordsize", recordsize.to_string()),
            ("compression", compression.to_owned()),
            ("sync", sync.to_owned()),
            ("quota", quota.to_string()),
        ]
    };
    let declared = [
        ("quickOS/vm-disks", common(128 * k, "lz4", "standard", 800 * g)),
        ("quickOS/lxc-disks", common(16 * k, "lz4", "standard", 600 * g)),
        ("quickOS/shared-prod-data", common(128 * k, "lz4", "standard", 400 * g)),
        ("quickOS/shared-prod-data-sync", common(16 * k, "lz4", "always", 100 * g)),
        ("fastData/shared-test-data", common(128 * k, "lz4", "standard", 500 * g)),
        ("fastData/shared-backups", common(k * k, "zstd", "standard", 2 * k * g)),
        ("fastData/shared-iso", common(k * k, "lz4", "standard", 100 * g)),
        ("fastData/shared-bulk-data", common(k * k, "lz4", "standard", 1_539_316_278_886)),
    ];
    for (dataset, settings) in declared {
        for (property, value) in settings {
            assert_eq!(lab.get(property, dataset), value, "{property} of {dataset}");
        }
        assert_eq!(lab.get("mounted", dataset), "yes", "{dataset}");
        // The seeds' `noatime`: clients mount so, and the dataset itself keeps no access times.
        let shared = dataset.contains("shared-prod") || dataset.contains("test") || dataset.contains("bulk");
        assert_eq!(lab.get("atime", dataset), if shared { "off" } else { "on" }, "{dataset}");
    }
    let autotrim = lab.ok("zpool.real get -Hp -o name,value autotrim");
    assert_eq!(autotrim, "fastData\ton\nquickOS\ton");
    assert!(lab.ok("zpool.real status quickOS").contains("mirror-0"));

    let etab = exported(lab);
    for (path, sync) in [
        ("/quickOS/shared-prod-data", "async"),
        ("/quickOS/shared-prod-data-sync", "sync"),
        ("/fastData/shared-test-data", "async"),
        ("/fastData/shared-bulk-data", "async"),
    ] {
        let live = etab.get(path).unwrap_or_else(|| panic!("{path} is not exported: {etab:?}"));
        assert!(live.starts_with("127.0.0.0/8(rw,"), "{path}: {live}");
        assert!(live.contains(&format!(",{sync},")), "{path}: {live}");
    }
    assert_eq!(etab.len(), 4, "{etab:?}");
    lab.ok("mkdir -p /mnt/nfs \
         && mount -t nfs -o vers=4.2,noatime 127.0.0.1:/quickOS/shared-prod-data /mnt/nfs \
         && echo over the wire >/mnt/nfs/letter && cat /quickOS/shared-prod-data/letter && umount /mnt/nfs");
    assert_eq!(lab.ok("cat /sys/module/zfs/parameters/zfs_arc_max"), "32212254720");
    let boot = lab.ok("cat /etc/modprobe.d/phoenix.conf");
    assert!(boot.contains("options zfs zfs_arc_max=32212254720"), "{boot}");
    let storages = lab.ok("cat /etc/pve/storage.cfg");
    for section in [
        "zfspool: quickOS-vm-disks",
        "zfspool: quickOS-lxc-disks",
        "dir: fastData-shared-backups",
        "dir: fastData-shared-iso",
    ] {
        assert!(storages.contains(section), "{section} is not in: {storages}");
    }
    assert_eq!(lab.current(), "generations/1");
    // Each stored object is proven by its name.
    lab.ok("cd /var/lib/phoenix/store && test $(ls | wc -l) -ge 20");
}

/// Says whether a call of a tool changes anything.
fn changes(call: &str) -> bool {
    let words: Vec<&str> = call.split_whitespace().collect();
    let looks = match words.as_slice() {
        ["zpool" | "zfs", verb, ..] => matches!(*verb, "get" | "list" | "status"),
        ["wipefs", rest @ ..] => rest.contains(&"--no-act"),
        _ => false,
    };
    !looks
}

fn again_is_nothing_to_do(lab: &Session) {
    let text = lab.exits(0, "switch --yes");
    assert!(text.contains("Nothing to do"), "{text}");
    let calls = lab.calls();
    assert!(calls.len() <= 8, "{calls:?}");
    assert!(!calls.iter().any(|call| changes(call)), "{calls:?}");
}

fn drift_is_told_and_only_it_is_repaired(lab: &Session) {
    lab.ok("zfs.real set compression=gzip fastData/shared-iso");
    says(&lab.exits(2, "status"), &["fastData/shared-iso", "compression"]);
    assert!(!lab.calls().iter().any(|call| changes(call)));
    lab.exits(0, "switch --yes");
    let calls = lab.calls();
    let changing: Vec<&String> = calls
        .iter()
        .filter(|call| changes(call) && !call.starts_with("zfs snapshot") && !call.starts_with("zfs hold"))
        .collect();
    assert_eq!(changing, ["zfs set compression=lz4 fastData/shared-iso"], "{calls:?}");
    assert_eq!(lab.get("compression", "fastData/shared-iso"), "lz4");
    lab.holds();
    assert_eq!(lab.current(), "generations/1");
}

fn an_edit_is_planned_exactly_and_gone_back_from(lab: &Session) {
    lab.ok("echo precious >/fastData/shared-test-data/file");
    lab.put("phoenix.kdl", edited());
    let plan = lab.exits(0, "plan --json phoenix.kdl");
    for subject in [
        r#""dataset:quickOS/vm-disks""#,
        r#""dataset:fastData/scratch""#,
        r#""permissions:fastData/scratch""#,
        r#""dataset:fastData/shared-test-data""#,
        r#""export:/fastData/shared-test-data""#,
        r#""export:/fastData/shared-bulk-data""#,
    ] {
        assert!(plan.contains(subject), "{subject} is not in {plan}");
    }
    for other in ["lxc-disks", "shared-backups", "shared-iso", "prod-data", "storage:", "tunable:", "pool:"] {
        assert!(!plan.contains(other), "{other} is in {plan}");
    }
    assert!(!lab.calls().iter().any(|call| changes(call)), "planning changed something");
    lab.exits(0, "switch --yes phoenix.kdl");
    assert_eq!(lab.get("quota", "quickOS/vm-disks"), (900_u64 << 30).to_string());
    assert_eq!(lab.get("recordsize", "fastData/scratch"), "65536");
    let permissions = lab.ok("stat -c '%u %G %a' /fastData/scratch");
    assert_eq!(permissions, "33 users 2770");
    let etab = exported(lab);
    assert!(etab["/fastData/shared-bulk-data"].contains("(ro,"), "{etab:?}");
    assert!(!etab.contains_key("/fastData/shared-test-data"), "{etab:?}");
    assert!(!lab.run("zfs.real list fastData/shared-test-data").ok());
    lab.ok("echo new >/fastData/scratch/note");
    // Snapshots were taken first, are held, and moved along with what was retired.
    let place = lab.ok("zfs.real list -H -o name | grep '/shared-test-data$'");
    let number = place.split('/').nth(2).unwrap_or_default().to_owned();
    for dataset in [&*place, "quickOS/vm-disks"] {
        let holds = lab.ok(&format!("zfs.real holds -H {dataset}@phoenix-{number}"));
        assert!(holds.contains("\tphoenix\t"), "{holds}");
    }

    lab.exits(0, "rollback --yes");
    assert_eq!(lab.current(), "generations/1");
    assert_eq!(lab.get("quota", "quickOS/vm-disks"), (800_u64 << 30).to_string());
    assert_eq!(lab.ok("cat /fastData/shared-test-data/file"), "precious");
    let etab = exported(lab);
    assert!(etab["/fastData/shared-bulk-data"].contains("(rw,"), "{etab:?}");
    assert!(etab.contains_key("/fastData/shared-test-data"), "{etab:?}");
    assert!(!lab.run("zfs.real list fastData/scratch").ok());
    let retired = lab.ok("zfs.real list -H -o name -r fastData/.phoenix");
    let place =
        retired.lines().find(|name| name.ends_with("/scratch")).unwrap_or_else(|| panic!("{retired}"));
    // Put away, not destroyed: its file is there.
    assert_eq!(lab.read(place, "note"), "new");
    lab.holds();
}

/// `exportfs` drops what stands behind a mistake in the same file, and ends with 1; phoenix's own entries are looked at.
fn what_others_export_is_seen_and_stays(lab: &Session) {
    let theirs = "/srv 127.0.0.0/8(noatime)\n/fastData/shared-test-data 127.0.0.0/8(ro,no_subtree_check)\n";
    lab.ok("cp /etc/exports /root/exports.kept");
    lab.ok(&format!("cat >/etc/exports <<END\n{theirs}END"));
    assert!(!lab.run("exportfs.real -ra").ok());
    says(&lab.exits(0, "status"), &["others export it, too", "/etc/exports, line 2"]);
    lab.put("phoenix.kdl", edited());
    says(&lab.exits(4, "switch --yes phoenix.kdl"), &["still-exported", "/etc/exports, line 2"]);
    lab.holds();
    let bulk = r#"use="bulk-data" quota="1.4T" {
            export { client (let)"lan""#;
    lab.put("phoenix.kdl", spec().replace(bulk, &format!("{bulk} \"ro\"")));
    // Whatever is loaded anew, their entry would count.
    says(&lab.exits(4, "switch --yes phoenix.kdl"), &["exported-by-others", "/etc/exports, line 2"]);
    lab.holds();
    lab.ok("sed -i 2d /etc/exports");
    lab.exits(0, "switch --yes phoenix.kdl");
    assert!(exported(lab)["/fastData/shared-bulk-data"].contains("(ro,"));
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.ok("cat /etc/exports"), theirs.lines().next().unwrap_or_default());
    lab.ok("mv /root/exports.kept /etc/exports && exportfs.real -ra");
    lab.put("phoenix.kdl", spec());
    assert_eq!(lab.current(), "generations/1");
    lab.holds();
}

fn a_failure_in_the_middle_is_undone(lab: &Session) {
    let picture = "zfs.real get -Hp -t filesystem -s local,received all | grep -v -e phoenix: -e /.phoenix; \
                   sort /var/lib/nfs/etab; tr -d '\\t' </etc/pve/storage.cfg | grep -v content | sort; \
                   grep -v rpc_pipefs /proc/mounts | sort";
    let before = lab.ok(picture);
    lab.put("phoenix.kdl", edited().replace("proxmox \"fastData-shared-iso\"", "proxmox \"fastData-isos\""));
    lab.ok("mv /usr/sbin/pvesm.real /usr/sbin/pvesm.kept && printf '#!/bin/sh\\necho no quorum >&2\\nexit 2\\n' >/usr/sbin/pvesm.real && chmod 755 /usr/sbin/pvesm.real");
    let text = lab.exits(1, "switch --yes phoenix.kdl");
    lab.ok("mv /usr/sbin/pvesm.kept /usr/sbin/pvesm.real");
    says(&text, &["no quorum"]);
    assert_eq!(lab.ok(picture), before);
    assert_eq!(lab.current(), "generations/1");
    lab.holds();
}

fn power_cuts_end_in_the_old_generation_or_the_new_one(lab: &mut Session) {
    lab.put("phoenix.kdl", edited());
    for (number, after) in [2_usize, 5, 9].into_iter().enumerate() {
        let before = lab.current();
        // Back and forth: the switch to the edit is cut off first, then a rollback, then a switch.
        let verb = if before == "generations/1" { "switch --yes phoenix.kdl" } else { "rollback --yes 1" };
        let cut = format!(
            "cd /root; phoenix {verb} >/dev/null 2>&1 & \
             until test -L /var/lib/phoenix/txn/open; do :; done; rm -f /run/calls; touch /run/calls; \
             while test $(wc -l </run/calls) -lt {after}; do :; done; {CUT}"
        );
        lab.cut(&cut);
        lab.exits(6, "switch --yes phoenix.kdl");
        let resume = if number == 2 { " --resume --yes" } else { "" };
        let text = lab.exits(0, &format!("recover{resume}"));
        let now = lab.current();
        let status = lab.phoenix("status");
        assert_eq!(status.status, Some(0), "cut {number}, {before} to {now}: {text}{status}");
        if resume.is_empty() {
            assert_eq!(now, before, "cut {number}: {text}");
        } else {
            assert_ne!(now, before, "cut {number}: {text}");
        }
        let file = if now == "generations/1" {
            lab.ok("cat /fastData/shared-test-data/file")
        } else {
            let place = lab.ok("zfs.real list -H -o name | grep '/shared-test-data$'");
            lab.read(&place, "file")
        };
        assert_eq!(file, "precious", "cut {number}");
        assert_eq!(lab.ok("cat /quickOS/shared-prod-data/letter"), "over the wire");
    }
}

/// A changed mode alone would reach the disk seconds later by itself; the power is cut at once.
fn what_is_done_outlives_the_power(lab: &mut Session) {
    lab.put("phoenix.kdl", edited());
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.ok("echo 600 >/sys/module/zfs/parameters/zfs_txg_timeout");
    lab.put("phoenix.kdl", edited().replace("mode=\"2770\"", "mode=\"2751\""));
    let cut = "cd /root && phoenix switch --yes phoenix.kdl && echo b >/proc/sysrq-trigger";
    lab.cut(cut);
    assert_eq!(lab.ok("stat -c %a /fastData/scratch"), "2751");
    lab.holds();
}

fn two_hundred_datasets_cost_no_more_processes(lab: &Session) {
    let many: String = (0..200).map(|at| format!("        dataset \"d{at}\"\n")).collect();
    let text = spec().replace("    pool \"fastData\" autotrim=#true {\n", &format!("    pool \"fastData\" autotrim=#true {{\n        dataset \"many\" atime=#false {{\n{many}        }}\n"));
    lab.put("phoenix.kdl", text);
    lab.exits(0, "switch --yes phoenix.kdl");
    let text = lab.exits(0, "switch --yes phoenix.kdl");
    assert!(text.contains("Nothing to do"), "{text}");
    let calls = lab.calls();
    assert!(calls.len() <= 8, "{calls:?}");
    assert!(!calls.iter().any(|call| changes(call)), "{calls:?}");
}
