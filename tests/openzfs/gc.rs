//! Collecting on the real OpenZFS: a file survives until the last generation that names it is gone, who
//! uses what is to go is named, and a power cut in the middle loses nothing that is kept.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{path::Path, time::Duration};

/// Writes down each run of `zfs`, so that power can be cut at one of them, and runs `/root/hook` before it.
const WRAP: &str = r#"
real=$(command -v zfs)
mv "$real" "$real.real"
printf '#!/bin/bash\necho "zfs $*" >>/run/calls\ntest -x /root/hook && /root/hook "$@"\nexec -a zfs %s.real "$@"\n' "$real" >"$real"
chmod 755 "$real"
"#;

/// A host with some of these parts, each a line, and a quota that makes one generation differ from another.
fn spec(parts: &[&str], quota: &str) -> String {
    format!(
        "edition 1\npool \"tank\" {{\n    disk \"/dev/disk/by-id/virtio-one\"\n    dataset \"base\" quota=\"{quota}\"\n    {}\n}}\n",
        parts.join("\n    ")
    )
}

const PAPERS: &str = "dataset \"papers\" { dataset \"deep\" }";
const DISK: &str = "volume \"disk\" size=\"16M\" sparse=#true";
const SHARE: &str = "dataset \"share\" { export { client \"127.0.0.0/8\" \"rw\" } }";

struct Lab {
    machine: Machine,
}

struct Ran {
    status: Option<i32>,
    text: String,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let machine = Machine::boot(&image, MachineSpec::new().disk("one", mib(512)).with_nfs())?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.ok(WRAP)?;
        Ok(Some(Self { machine }))
    }

    fn phoenix(&self, arguments: &str) -> Result<Ran> {
        let output = self
            .machine
            .run_within(&format!("cd /root && phoenix {arguments} 2>&1"), Duration::from_secs(300))?;
        Ok(Ran { status: output.status, text: output.out() })
    }

    #[track_caller]
    fn exits(&self, code: i32, arguments: &str) -> String {
        let ran = self.phoenix(arguments).unwrap();
        assert_eq!(ran.status, Some(code), "phoenix {arguments}: {}", ran.text);
        ran.text
    }

    #[track_caller]
    fn switch(&self, code: i32, parts: &[&str], quota: &str) -> String {
        self.machine.put_bytes(spec(parts, quota).as_bytes(), "/root/phoenix.kdl", 0o644).unwrap();
        self.exits(code, "switch --yes phoenix.kdl")
    }

    fn there(&self, dataset: &str) -> Result<bool> {
        Ok(self.machine.run(&format!("zfs.real list {dataset}"))?.ok())
    }

    /// Reads a file of a retired file system, by mounting it read-only elsewhere.
    fn read_retired(&self, place: &str) -> Result<String> {
        self.machine.ok(&format!(
            "mkdir -p /mnt/look && mount -t zfs -o ro,zfsutil {place} /mnt/look && cat /mnt/look/file; umount /mnt/look"
        ))
    }

    /// Starts something that goes on, and returns its process id.
    fn begin(&self, shell: &str) -> Result<String> {
        let pid = self.machine.ok(&format!("({shell}) >/dev/null 2>&1 </dev/null & echo $!"))?;
        self.machine.ok("sleep 0.5")?;
        Ok(pid.trim().to_owned())
    }

    fn end(&self, pid: &str) -> Result<()> {
        self.machine.ok(&format!("kill {pid}; while test -d /proc/{pid}; do sleep 0.1; done"))?;
        Ok(())
    }
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

#[test]
fn what_is_collected_is_what_nothing_kept_names() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    lab.switch(0, &[PAPERS, DISK, SHARE], "100M");
    lab.machine.ok("echo precious >/tank/papers/file && echo deeper >/tank/papers/deep/file && echo shared >/tank/share/file && sync")?;
    what_is_in_use_is_not_retired_and_its_users_are_named(&lab)?;
    a_file_survives_until_the_last_generation_that_names_it_is_gone(&lab)?;
    what_keeps_a_retired_dataset_is_named(&lab)?;
    a_power_cut_in_the_middle_loses_nothing_that_is_kept(&mut lab)
}

fn what_is_in_use_is_not_retired_and_its_users_are_named(lab: &Lab) -> Result<()> {
    let left = [DISK, SHARE];
    for (shell, command) in [
        ("cd /tank/papers/deep && exec sleep 1001", "sleep 1001"),
        ("exec sleep 1002 9</tank/papers/file", "sleep 1002"),
        ("cp $(command -v sleep) /tank/papers/program; exec /tank/papers/program 1003", "program 1003"),
    ] {
        let pid = lab.begin(shell)?;
        let text = lab.switch(4, &left, "100M");
        says(&text, &["in use", &format!("process {pid} ("), command]);
        lab.end(&pid)?;
    }
    let pid = lab.begin("exec sleep 1004 9</dev/zvol/tank/disk")?;
    says(&lab.switch(4, &[PAPERS, SHARE], "100M"), &["tank/disk", &format!("process {pid} (sleep 1004)")]);
    lab.end(&pid)?;
    lab.machine.ok(
        "mkfs.ext4 -q /dev/zvol/tank/disk && mkdir -p /mnt/disk && mount /dev/zvol/tank/disk /mnt/disk",
    )?;
    says(&lab.switch(4, &[PAPERS, SHARE], "100M"), &["tank/disk", "mounted at /mnt/disk"]);
    lab.machine.ok("umount /mnt/disk")?;

    // What the kernel itself holds open shows in no process.
    lab.machine.ok(
        "modprobe loop && losetup /dev/loop0 /dev/zvol/tank/disk && truncate -s 1M /tank/papers/deep/image && losetup /dev/loop1 /tank/papers/deep/image && rm /tank/papers/deep/image",
    )?;
    says(&lab.switch(4, &[PAPERS, SHARE], "100M"), &["tank/disk", "in use", "the loop device loop0"]);
    says(&lab.switch(4, &left, "100M"), &["tank/papers/deep", "in use", "the loop device loop1"]);
    lab.machine.ok("losetup -d /dev/loop0 && losetup -d /dev/loop1 && udevadm settle")?;
    let object = "/sys/kernel/config/target/core/iblock_0/lun";
    lab.machine.ok(&format!(
        "modprobe target_core_iblock && mount -t configfs none /sys/kernel/config && mkdir -p {object} && cd {object} && echo udev_path=/dev/zvol/tank/disk >control && echo /dev/zvol/tank/disk >udev_path && echo 1 >enable"
    ))?;
    let object_user = "the iSCSI target's storage object lun (iblock_0)";
    says(&lab.switch(4, &[PAPERS, SHARE], "100M"), &["tank/disk", "in use", object_user]);
    lab.machine.ok(&format!("rmdir {object} && udevadm settle"))?;

    // A client's open file shows in no process.
    lab.machine.ok("mkdir -p /mnt/nfs && mount -t nfs -o vers=4.2 127.0.0.1:/tank/share /mnt/nfs")?;
    let pid = lab.begin("exec sleep 1005 9</mnt/nfs/file")?;
    says(&lab.switch(4, &[PAPERS, DISK], "100M"), &["tank/share", "the NFS client 127.0.0.1"]);
    lab.exits(0, "status");
    lab.end(&pid)?;
    lab.machine.ok("umount /mnt/nfs")?;

    // What begins to be used after the plan makes the unmounting fail, which is undone, and names its user.
    let hook = "#!/bin/bash\ntest $1 = snapshot || exit\ncd /tank/papers\nsetsid sleep 1006 >/dev/null 2>&1 </dev/null &\necho $! >/run/user\n";
    lab.machine.put_bytes(hook.as_bytes(), "/root/hook", 0o755)?;
    let text = lab.switch(1, &left, "100M");
    says(&text, &["tank/papers", "busy", "in use: process ", "(sleep 1006)"]);
    lab.machine.ok("rm /root/hook; kill $(cat /run/user)")?;
    lab.exits(0, "status");
    lab.exits(0, "verify");
    Ok(())
}

fn a_file_survives_until_the_last_generation_that_names_it_is_gone(lab: &Lab) -> Result<()> {
    lab.switch(0, &[SHARE], "100M");
    let retired = lab.machine.ok("zfs.real list -H -o name | grep '/papers$'")?;
    let place = retired.trim();
    let number = place.split('/').nth(2).unwrap().to_owned();
    for quota in ["110M", "120M", "130M"] {
        lab.switch(0, &[SHARE], quota);
    }
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.read_retired(place)?, "precious\n");
    // Committed are 1, the one that retired, and three more; the first alone names it.
    let text = lab.exits(0, "gc --keep 4 --dry-run");
    says(
        &text,
        &[place, &format!("with {place}/deep"), "was tank/papers", "was kept for generation 1", "tank/disk"],
    );
    for keep in [10, 5] {
        says(&lab.exits(0, &format!("gc --keep {keep} --yes")), &[place, "for generation 1"]);
        assert_eq!(lab.read_retired(place)?, "precious\n", "keep {keep}");
    }
    lab.exits(0, "pin 1 --note 'the papers'");
    lab.exits(0, "gc --keep 4 --yes");
    assert_eq!(lab.read_retired(place)?, "precious\n");
    lab.exits(0, "rollback --yes 1");
    assert_eq!(lab.machine.ok("cat /tank/papers/file /tank/papers/deep/file")?, "precious\ndeeper\n");
    lab.exits(0, &format!("rollback --yes {number}"));
    lab.exits(0, "pin 1 --remove");
    let retired = lab.machine.ok("zfs.real list -H -o name | grep '/papers$'")?;
    assert_eq!(lab.read_retired(retired.trim())?, "precious\n");
    Ok(())
}

fn what_keeps_a_retired_dataset_is_named(lab: &Lab) -> Result<()> {
    // One that is current and one that was before: generation 1 goes with the next collection.
    lab.switch(0, &[SHARE], "140M");
    lab.switch(0, &[SHARE], "150M");
    let retired = lab.machine.ok("zfs.real list -H -o name | grep '/papers$'")?;
    let place = retired.trim();
    let volume = lab.machine.ok("zfs.real list -H -o name -t volume | grep '/disk$'")?;
    let volume = volume.trim();
    lab.machine.ok("zpool checkpoint tank")?;
    says(
        &lab.exits(0, "gc --keep 1 --dry-run"),
        &[&format!("- {place} "), "tank has a checkpoint", "`zpool checkpoint -d tank`"],
    );
    lab.machine.ok("zpool checkpoint -d -w tank")?;
    let gc = "gc --keep 1 --yes";
    lab.machine.ok(&format!(
        "zfs.real snapshot {place}/deep@mine && zfs.real hold backup {place}/deep@mine; \
         zfs.real snapshot {volume}@base && zfs.real clone {volume}@base tank/copy"
    ))?;
    let text = lab.exits(4, gc);
    says(
        &text,
        &[
            &format!("{place}/deep@mine is held by backup"),
            &format!("tank/copy was cloned from its snapshot {volume}@base"),
        ],
    );
    assert!(lab.there(&format!("{place}/deep"))? && lab.there(volume)?);
    lab.machine.ok(&format!("zfs.real release backup {place}/deep@mine; zfs.real destroy tank/copy; zfs.real create -o mountpoint=none {place}/theirs; zfs.real inherit phoenix:owner {place}/theirs"))?;
    let pid = lab.begin(&format!("exec sleep 1007 9</dev/zvol/{volume}"))?;
    let text = lab.exits(4, gc);
    says(
        &text,
        &[
            &format!("not phoenix's: {place}/theirs"),
            &format!("{volume} is in use: process {pid} (sleep 1007)"),
        ],
    );
    lab.end(&pid)?;
    // What begins to be used after the plan fails, names its user, and goes the next time.
    lab.machine.ok(&format!("zfs.real destroy {place}/theirs; udevadm settle"))?;
    assert!(lab.there(&format!("{place}/deep@mine"))?, "nothing of it went");
    lab.exits(0, "verify");
    lab.exits(0, "status");
    Ok(())
}

fn a_power_cut_in_the_middle_loses_nothing_that_is_kept(lab: &mut Lab) -> Result<()> {
    lab.machine.ok("zfs.real snapshot tank/share@own && zfs.real snapshot tank/base@own")?;
    let before = lab.machine.ok("zfs.real list -H -o name -t all")?;
    assert!(before.contains("/papers"), "{before}");
    for after in [1, 5] {
        let cut = format!(
            "cd /root; rm -f /run/calls; touch /run/calls; phoenix gc --keep 1 --yes >/dev/null 2>&1 & \
             while kill -0 $! && test $(grep -c -e '^zfs destroy' -e '^zfs release' </run/calls) -lt {after}; do :; done; \
             echo b >/proc/sysrq-trigger"
        );
        lab.machine.start(&cut)?;
        lab.machine.wait_off(Duration::from_secs(120))?;
        lab.machine.boot_again()?;
        lab.exits(0, "status");
        let now = lab.machine.ok("zfs.real list -H -o name -t all")?;
        says(&now, &["tank/share@own", "tank/base@own"]);
    }
    lab.exits(0, "gc --keep 1 --yes");
    says(&lab.exits(0, "gc --keep 1 --yes"), &["Nothing to collect."]);
    let now = lab.machine.ok("zfs.real list -H -o name -t all")?;
    says(&now, &["tank/share@own", "tank/base@own"]);
    assert!(!now.contains(".phoenix") && !now.contains("papers") && !now.contains("disk"), "{now}");
    // Of the switches' snapshots those are left that hold the state of what is kept.
    let kept = lab.exits(0, "generations --json");
    let number =
        |text: &str| text.rsplit_once("@phoenix-").map(|(_, number)| format!("\"number\": {number},"));
    for line in now.lines().filter_map(number) {
        assert!(kept.contains(&line), "{line} in {now}");
    }
    assert_eq!(lab.machine.ok("cat /tank/share/file")?, "shared\n");
    assert_eq!(lab.machine.ok("ls /var/lib/phoenix/generations | wc -l")?.trim(), "2");
    lab.exits(0, "verify");
    lab.exits(0, "status");
    lab.exits(0, "rollback --yes");
    Ok(())
}
