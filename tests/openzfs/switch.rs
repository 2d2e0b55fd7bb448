//! The main job on the real OpenZFS: switch, again, drift, an edited spec, back, a refusal, and power
//! cuts, in the virtual machine of `tests/lab`.
//!
//! One machine carries all of it, in the order of a host's life, since a boot costs more than most of
//! what is done in it.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{collections::BTreeMap, path::Path, time::Duration};

const SPEC: &str = include_str!("../specs/phoenix/phoenix.kdl");

/// Counts what is run and says what: wrappers around the tools write it down.
const WRAP: &str = r#"
for tool in zpool zfs exportfs wipefs; do
    real=$(command -v $tool)
    mv "$real" "$real.real"
    printf '#!/bin/bash\necho "%s $*" >>/run/calls\nexec -a %s %s.real "$@"\n' $tool $tool "$real" >"$real"
    chmod 755 "$real"
done
mv /usr/sbin/pvesm /usr/sbin/pvesm.real
printf '#!/bin/bash\necho "pvesm $*" >>/run/calls\nexec /usr/sbin/pvesm.real "$@"\n' >/usr/sbin/pvesm
chmod 755 /usr/sbin/pvesm
"#;

/// The example, with the machine's disks, exported to the machine itself.
fn spec() -> String {
    SPEC.replace("by-id/nvme-", "by-id/virtio-").replace("10.0.0.0/24", "127.0.0.0/8")
}

/// The edit: a property changed, a dataset added, one removed that holds a file, an export changed.
fn edited() -> String {
    let edits = [
        (r#"use="vm-disks" quota="800G""#, r#"use="vm-disks" quota="900G""#),
        (
            "dataset \"shared-test-data\" use=\"shared-data\" quota=\"500G\" {\n            export { client (let)\"lan\" }\n        }",
            "dataset \"scratch\" recordsize=\"64K\" { permissions owner=33 group=\"users\" mode=\"2770\" }",
        ),
        (
            "dataset \"shared-bulk-data\" use=\"bulk-data\" quota=\"1.4T\" {\n            export { client (let)\"lan\" }",
            "dataset \"shared-bulk-data\" use=\"bulk-data\" quota=\"1.4T\" {\n            export { client (let)\"lan\" \"ro\" }",
        ),
    ];
    edits.iter().fold(spec(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "the edit {old:?} does not fit the example");
        text.replace(old, new)
    })
}

struct Lab {
    machine: Machine,
}

/// What a run of phoenix came to.
#[derive(Debug)]
struct Ran {
    status: Option<i32>,
    text: String,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let wanted = MachineSpec::new()
            .disk("DISK_1", mib(512))
            .disk("DISK_2", mib(512))
            .disk("DISK_3", mib(512))
            .disk("DISK_4", mib(128))
            .with_nfs();
        let machine = Machine::boot(&image, wanted)?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.put_pvesm()?;
        machine.ok(WRAP)?;
        let lab = Self { machine };
        lab.write_spec(&spec())?;
        Ok(Some(lab))
    }

    fn write_spec(&self, text: &str) -> Result<()> {
        self.machine.ok("mkdir -p /root/spec")?;
        self.machine.put_bytes(text.as_bytes(), "/root/spec/phoenix.kdl", 0o644)
    }

    /// Runs phoenix in the folder of the spec, with a fresh list of what it starts.
    fn phoenix(&self, arguments: &str) -> Result<Ran> {
        let shell =
            format!("cd /root/spec && rm -f /run/calls && touch /run/calls && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(300))?;
        Ok(Ran { status: output.status, text: output.out() })
    }

    fn calls(&self) -> Result<Vec<String>> {
        Ok(self.machine.ok("cat /run/calls")?.lines().map(str::to_owned).collect())
    }

    fn done(&self, arguments: &str) -> Result<String> {
        let ran = self.phoenix(arguments)?;
        assert_eq!(ran.status, Some(0), "phoenix {arguments}: {}", ran.text);
        Ok(ran.text)
    }

    fn get(&self, property: &str, dataset: &str) -> Result<String> {
        let value = self.machine.ok(&format!("zfs.real get -Hp -o value {property} {dataset}"))?;
        Ok(value.trim().to_owned())
    }

    fn etab(&self) -> Result<BTreeMap<String, String>> {
        let text = self.machine.ok("cat /var/lib/nfs/etab")?;
        let entry = |line: &str| line.split_once('\t').map(|(path, rest)| (path.to_owned(), rest.to_owned()));
        Ok(text.lines().filter_map(entry).collect())
    }

    fn current(&self) -> Result<String> {
        Ok(self.machine.run("readlink /var/lib/phoenix/current")?.out().trim().to_owned())
    }
}

#[test]
fn the_main_job_from_a_blank_host_to_power_cuts() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    a_disk_that_holds_something_is_refused(&lab)?;
    everything_declared_is_read_back(&lab)?;
    again_is_nothing_to_do(&lab)?;
    drift_is_told_and_only_it_is_repaired(&lab)?;
    an_edit_is_planned_exactly_and_gone_back_from(&lab)?;
    a_failure_in_the_middle_is_undone(&lab)?;
    power_cuts_end_in_the_old_generation_or_the_new_one(&mut lab)?;
    what_is_done_outlives_the_power(&mut lab)?;
    two_hundred_datasets_cost_no_more_processes(&lab)
}

fn a_disk_that_holds_something_is_refused(lab: &Lab) -> Result<()> {
    lab.machine.ok("mkfs.ext4 -q -L photos /dev/disk/by-id/virtio-DISK_4 && sync")?;
    let sum = "sha256sum </dev/disk/by-id/virtio-DISK_4";
    let before = lab.machine.ok(sum)?;
    lab.write_spec(&spec().replace("virtio-DISK_3", "virtio-DISK_4"))?;
    let ran = lab.phoenix("switch --yes")?;
    assert_eq!(ran.status, Some(4), "{}", ran.text);
    for word in ["virtio-DISK_4", "ext4", "photos"] {
        assert!(ran.text.contains(word), "{word} is not in: {}", ran.text);
    }
    assert_eq!(lab.machine.ok(sum)?, before, "the disk was touched");
    assert_eq!(lab.machine.ok("zpool.real list -H -o name")?, "", "a pool was made");
    assert_eq!(lab.current()?, "");
    lab.write_spec(&spec())
}

fn everything_declared_is_read_back(lab: &Lab) -> Result<()> {
    lab.done("build")?;
    lab.done("switch --yes")?;
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
            assert_eq!(lab.get(property, dataset)?, value, "{property} of {dataset}");
        }
        assert_eq!(lab.get("mounted", dataset)?, "yes", "{dataset}");
        // The seeds' `noatime`: clients mount so, and the dataset itself keeps no access times.
        let shared = dataset.contains("shared-prod") || dataset.contains("test") || dataset.contains("bulk");
        assert_eq!(lab.get("atime", dataset)?, if shared { "off" } else { "on" }, "{dataset}");
    }
    let autotrim = lab.machine.ok("zpool.real get -Hp -o name,value autotrim")?;
    assert_eq!(autotrim, "fastData\ton\nquickOS\ton\n");
    assert!(lab.machine.ok("zpool.real status quickOS")?.contains("mirror-0"));

    let etab = lab.etab()?;
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
    lab.machine.ok("mkdir -p /mnt/nfs && chmod 777 /quickOS/shared-prod-data \
         && mount -t nfs -o vers=4.2,noatime 127.0.0.1:/quickOS/shared-prod-data /mnt/nfs \
         && echo over the wire >/mnt/nfs/letter && cat /quickOS/shared-prod-data/letter && umount /mnt/nfs")?;
    assert_eq!(lab.machine.ok("cat /sys/module/zfs/parameters/zfs_arc_max")?.trim(), "32212254720");
    let boot = lab.machine.ok("cat /etc/modprobe.d/phoenix.conf")?;
    assert!(boot.contains("options zfs zfs_arc_max=32212254720"), "{boot}");
    let storages = lab.machine.ok("cat /etc/pve/storage.cfg")?;
    for section in [
        "zfspool: quickOS-vm-disks",
        "zfspool: quickOS-lxc-disks",
        "dir: fastData-shared-backups",
        "dir: fastData-shared-iso",
    ] {
        assert!(storages.contains(section), "{section} is not in: {storages}");
    }
    assert_eq!(lab.current()?, "generations/1");
    // Each stored object is proven by its name.
    lab.machine.ok("cd /var/lib/phoenix/store && test $(ls | wc -l) -ge 20")?;
    Ok(())
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

fn again_is_nothing_to_do(lab: &Lab) -> Result<()> {
    let text = lab.done("switch --yes")?;
    assert!(text.contains("Nothing to do"), "{text}");
    let calls = lab.calls()?;
    assert!(calls.len() <= 8, "{calls:?}");
    assert!(!calls.iter().any(|call| changes(call)), "{calls:?}");
    Ok(())
}

fn drift_is_told_and_only_it_is_repaired(lab: &Lab) -> Result<()> {
    lab.machine.ok("zfs.real set compression=gzip fastData/shared-iso")?;
    let status = lab.phoenix("status")?;
    assert_eq!(status.status, Some(2), "{}", status.text);
    assert!(
        status.text.contains("fastData/shared-iso") && status.text.contains("compression"),
        "{}",
        status.text
    );
    assert!(!lab.calls()?.iter().any(|call| changes(call)));
    lab.done("switch --yes")?;
    let calls = lab.calls()?;
    let changing: Vec<&String> = calls
        .iter()
        .filter(|call| changes(call) && !call.starts_with("zfs snapshot") && !call.starts_with("zfs hold"))
        .collect();
    assert_eq!(changing, ["zfs set compression=lz4 fastData/shared-iso"], "{calls:?}");
    assert_eq!(lab.get("compression", "fastData/shared-iso")?, "lz4");
    assert_eq!(lab.phoenix("status")?.status, Some(0));
    assert_eq!(lab.current()?, "generations/1");
    Ok(())
}

fn an_edit_is_planned_exactly_and_gone_back_from(lab: &Lab) -> Result<()> {
    lab.machine.ok("echo precious >/fastData/shared-test-data/file")?;
    lab.write_spec(&edited())?;
    let plan = lab.done("plan --json phoenix.kdl")?;
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
    assert!(!lab.calls()?.iter().any(|call| changes(call)), "planning changed something");
    lab.done("switch --yes phoenix.kdl")?;
    assert_eq!(lab.get("quota", "quickOS/vm-disks")?, (900_u64 << 30).to_string());
    assert_eq!(lab.get("recordsize", "fastData/scratch")?, "65536");
    let permissions = lab.machine.ok("stat -c '%u %G %a' /fastData/scratch")?;
    assert_eq!(permissions.trim(), "33 users 2770");
    let etab = lab.etab()?;
    assert!(etab["/fastData/shared-bulk-data"].contains("(ro,"), "{etab:?}");
    assert!(!etab.contains_key("/fastData/shared-test-data"), "{etab:?}");
    assert!(!lab.machine.run("zfs.real list fastData/shared-test-data")?.ok());
    lab.machine.ok("echo new >/fastData/scratch/note")?;
    // Snapshots were taken first, are held, and moved along with what was retired.
    let place = lab.machine.ok("zfs.real list -H -o name | grep '/shared-test-data$'")?;
    let number = place.split('/').nth(2).unwrap_or_default().to_owned();
    for dataset in [place.trim(), "quickOS/vm-disks"] {
        let holds = lab.machine.ok(&format!("zfs.real holds -H {dataset}@phoenix-{number}"))?;
        assert!(holds.contains("\tphoenix\t"), "{holds}");
    }

    lab.done("rollback --yes")?;
    assert_eq!(lab.current()?, "generations/1");
    assert_eq!(lab.get("quota", "quickOS/vm-disks")?, (800_u64 << 30).to_string());
    assert_eq!(lab.machine.ok("cat /fastData/shared-test-data/file")?, "precious\n");
    let etab = lab.etab()?;
    assert!(etab["/fastData/shared-bulk-data"].contains("(rw,"), "{etab:?}");
    assert!(etab.contains_key("/fastData/shared-test-data"), "{etab:?}");
    assert!(!lab.machine.run("zfs.real list fastData/scratch")?.ok());
    let retired = lab.machine.ok("zfs.real list -H -o name -r fastData/.phoenix")?;
    let place =
        retired.lines().find(|name| name.ends_with("/scratch")).unwrap_or_else(|| panic!("{retired}"));
    // Put away, not destroyed: its file is there.
    lab.machine.ok(&format!("mkdir -p /mnt/look && mount -t zfs -o ro,zfsutil {place} /mnt/look"))?;
    assert_eq!(lab.machine.ok("cat /mnt/look/note && umount /mnt/look")?, "new\n");
    assert_eq!(lab.phoenix("status")?.status, Some(0));
    Ok(())
}

fn a_failure_in_the_middle_is_undone(lab: &Lab) -> Result<()> {
    let picture = "zfs.real get -Hp -t filesystem -s local,received all | grep -v -e phoenix: -e /.phoenix; \
                   sort /var/lib/nfs/etab; tr -d '\\t' </etc/pve/storage.cfg | grep -v content | sort; \
                   grep -v rpc_pipefs /proc/mounts | sort";
    let before = lab.machine.ok(picture)?;
    lab.write_spec(&edited().replace("proxmox \"fastData-shared-iso\"", "proxmox \"fastData-isos\""))?;
    lab.machine.ok("mv /usr/sbin/pvesm.real /usr/sbin/pvesm.kept && printf '#!/bin/sh\\necho no quorum >&2\\nexit 2\\n' >/usr/sbin/pvesm.real && chmod 755 /usr/sbin/pvesm.real")?;
    let ran = lab.phoenix("switch --yes phoenix.kdl")?;
    lab.machine.ok("mv /usr/sbin/pvesm.kept /usr/sbin/pvesm.real")?;
    assert_eq!(ran.status, Some(1), "{}", ran.text);
    assert!(ran.text.contains("no quorum"), "{}", ran.text);
    assert_eq!(lab.machine.ok(picture)?, before);
    assert_eq!(lab.current()?, "generations/1");
    assert_eq!(lab.phoenix("status")?.status, Some(0));
    Ok(())
}

fn power_cuts_end_in_the_old_generation_or_the_new_one(lab: &mut Lab) -> Result<()> {
    lab.write_spec(&edited())?;
    for (number, after) in [2_usize, 5, 9].into_iter().enumerate() {
        let before = lab.current()?;
        // Back and forth: the switch to the edit is cut off first, then a rollback, then a switch.
        let verb = if before == "generations/1" { "switch --yes phoenix.kdl" } else { "rollback --yes 1" };
        let cut = format!(
            "cd /root/spec; phoenix {verb} >/dev/null 2>&1 & \
             until test -L /var/lib/phoenix/txn/open; do :; done; rm -f /run/calls; touch /run/calls; \
             while test $(wc -l </run/calls) -lt {after}; do :; done; echo b >/proc/sysrq-trigger"
        );
        lab.machine.start(&cut)?;
        lab.machine.wait_off(Duration::from_secs(120))?;
        lab.machine.boot_again()?;
        let blocked = lab.phoenix("switch --yes phoenix.kdl")?;
        assert_eq!(blocked.status, Some(6), "cut {number}: {}", blocked.text);
        let resume = if number == 2 { " --resume --yes" } else { "" };
        let text = lab.done(&format!("recover{resume}"))?;
        let now = lab.current()?;
        let status = lab.phoenix("status")?;
        assert_eq!(status.status, Some(0), "cut {number}, {before} to {now}: {text}{}", status.text);
        if resume.is_empty() {
            assert_eq!(now, before, "cut {number}: {text}");
        } else {
            assert_ne!(now, before, "cut {number}: {text}");
        }
        let file = if now == "generations/1" {
            lab.machine.ok("cat /fastData/shared-test-data/file")?
        } else {
            let place = lab.machine.ok("zfs.real list -H -o name | grep '/shared-test-data$'")?;
            lab.machine.ok(&format!(
                "mkdir -p /mnt/look && mount -t zfs -o ro,zfsutil {} /mnt/look",
                place.trim()
            ))?;
            lab.machine.ok("cat /mnt/look/file; umount /mnt/look")?
        };
        assert_eq!(file, "precious\n", "cut {number}");
        assert_eq!(lab.machine.ok("cat /quickOS/shared-prod-data/letter")?, "over the wire\n");
    }
    Ok(())
}

/// A changed mode alone would reach the disk seconds later by itself; the power is cut at once.
fn what_is_done_outlives_the_power(lab: &mut Lab) -> Result<()> {
    lab.write_spec(&edited())?;
    lab.done("switch --yes phoenix.kdl")?;
    lab.machine.ok("echo 600 >/sys/module/zfs/parameters/zfs_txg_timeout")?;
    lab.write_spec(&edited().replace("mode=\"2770\"", "mode=\"2751\""))?;
    let cut = "cd /root/spec && phoenix switch --yes phoenix.kdl && echo b >/proc/sysrq-trigger";
    lab.machine.start(cut)?;
    lab.machine.wait_off(Duration::from_secs(120))?;
    lab.machine.boot_again()?;
    assert_eq!(lab.machine.ok("stat -c %a /fastData/scratch")?, "2751\n");
    let status = lab.phoenix("status")?;
    assert_eq!(status.status, Some(0), "{}", status.text);
    Ok(())
}

fn two_hundred_datasets_cost_no_more_processes(lab: &Lab) -> Result<()> {
    let many: String = (0..200).map(|at| format!("        dataset \"d{at}\"\n")).collect();
    let text = spec().replace("    pool \"fastData\" autotrim=#true {\n", &format!("    pool \"fastData\" autotrim=#true {{\n        dataset \"many\" atime=#false {{\n{many}        }}\n"));
    lab.write_spec(&text)?;
    lab.done("switch --yes phoenix.kdl")?;
    let text = lab.done("switch --yes phoenix.kdl")?;
    assert!(text.contains("Nothing to do"), "{text}");
    let calls = lab.calls()?;
    assert!(calls.len() <= 8, "{calls:?}");
    assert!(!calls.iter().any(|call| changes(call)), "{calls:?}");
    Ok(())
}
