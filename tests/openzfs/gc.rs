//! Collecting on the real OpenZFS: a file survives until the last generation that names it is gone, who
//! uses what is to go is named, and a power cut in the middle loses nothing that is kept.

use phoenix_lab::{CUT, MachineSpec, Session, mib, says};

#[test]
fn what_is_collected_is_what_nothing_kept_names() {
    let Some(lab) = &mut boot() else { return };
    switch(lab, 0, &[PAPERS, DISK, SHARE], "100M");
    lab.ok("echo precious >/tank/papers/file && echo deeper >/tank/papers/deep/file && echo shared >/tank/share/file && sync");
    what_is_in_use_is_not_retired_and_its_users_are_named(lab);
    a_file_survives_until_the_last_generation_that_names_it_is_gone(lab);
    what_keeps_a_retired_dataset_is_named(lab);
    a_power_cut_in_the_middle_loses_nothing_that_is_kept(lab)
}

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

/// Runs `/root/hook` before each run of `zfs`.
const HOOK: &str = "test -x /root/hook && /root/hook \"$@\"";

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("one", mib(512)).with_nfs())?;
    lab.wrap("zfs", HOOK);
    Some(lab)
}

#[track_caller]
fn switch(lab: &Session, code: i32, parts: &[&str], quota: &str) -> String {
    lab.switch(code, &spec(parts, quota))
}

/// Starts something that goes on, and returns its process id.
fn begin(lab: &Session, shell: &str) -> String {
    let pid = lab.ok(&format!("({shell}) >/dev/null 2>&1 </dev/null & echo $!"));
    lab.ok("sleep 0.5");
    pid
}

fn end(lab: &Session, pid: &str) {
    lab.ok(&format!("kill {pid}; while test -d /proc/{pid}; do sleep 0.1; done"));
}

fn what_is_in_use_is_not_retired_and_its_users_are_named(lab: &Session) {
    let left = [DISK, SHARE];
    for (shell, command) in [
        ("cd /tank/papers/deep && exec sleep 1001", "sleep 1001"),
        ("exec sleep 1002 9</tank/papers/file", "sleep 1002"),
        ("cp $(command -v sleep) /tank/papers/program; exec /tank/papers/program 1003", "program 1003"),
    ] {
        let pid = begin(lab, shell);
        let text = switch(lab, 4, &left, "100M");
        says(&text, &["in use", &format!("process {pid} ("), command]);
        end(lab, &pid);
    }
    let pid = begin(lab, "exec sleep 1004 9</dev/zvol/tank/disk");
    says(&switch(lab, 4, &[PAPERS, SHARE], "100M"), &["tank/disk", &format!("process {pid} (sleep 1004)")]);
    end(lab, &pid);
    lab.ok("mkfs.ext4 -q /dev/zvol/tank/disk && mkdir -p /mnt/disk && mount /dev/zvol/tank/disk /mnt/disk");
    says(&switch(lab, 4, &[PAPERS, SHARE], "100M"), &["tank/disk", "mounted at /mnt/disk"]);
    lab.ok("umount /mnt/disk");

    // What the kernel itself holds open shows in no process.
    lab.ok(
        "modprobe loop && losetup /dev/loop0 /dev/zvol/tank/disk && truncate -s 1M /tank/papers/deep/image && losetup /dev/loop1 /tank/papers/deep/image && rm /tank/papers/deep/image",
    );
    says(&switch(lab, 4, &[PAPERS, SHARE], "100M"), &["tank/disk", "in use", "the loop device loop0"]);
    says(&switch(lab, 4, &left, "100M"), &["tank/papers/deep", "in use", "the loop device loop1"]);
    lab.ok("losetup -d /dev/loop0 && losetup -d /dev/loop1 && udevadm settle");
    let object = "/sys/kernel/config/target/core/iblock_0/lun";
    lab.ok(&format!(
        "modprobe target_core_iblock && mount -t configfs none /sys/kernel/config && mkdir -p {object} && cd {object} && echo udev_path=/dev/zvol/tank/disk >control && echo /dev/zvol/tank/disk >udev_path && echo 1 >enable"
    ));
    let object_user = "the iSCSI target's storage object lun (iblock_0)";
    says(&switch(lab, 4, &[PAPERS, SHARE], "100M"), &["tank/disk", "in use", object_user]);
    lab.ok(&format!("rmdir {object} && udevadm settle"));

    // A client's open file shows in no process.
    lab.ok("mkdir -p /mnt/nfs && mount -t nfs -o vers=4.2 127.0.0.1:/tank/share /mnt/nfs");
    let pid = begin(lab, "exec sleep 1005 9</mnt/nfs/file");
    says(&switch(lab, 4, &[PAPERS, DISK], "100M"), &["tank/share", "the NFS client 127.0.0.1"]);
    lab.exits(0, "status");
    // What it has open goes with its export, too, which the plan tells.
    lab.put("phoenix.kdl", spec(&[PAPERS, DISK, &SHARE.replace("\"rw\"", "\"ro\"")], "100M"));
    says(&lab.exits(0, "plan"), &["the NFS client 127.0.0.1", "may only read it then"]);
    lab.put("phoenix.kdl", spec(&[PAPERS, DISK, "dataset \"share\""], "100M"));
    says(&lab.exits(0, "plan"), &["the NFS client 127.0.0.1", "is given it no more"]);
    end(lab, &pid);
    lab.ok("umount /mnt/nfs");

    // What begins to be used after the plan makes the unmounting fail, which is undone, and names its user.
    let hook = "#!/bin/bash\ntest $1 = snapshot || exit\ncd /tank/papers\nsetsid sleep 1006 >/dev/null 2>&1 </dev/null &\necho $! >/run/user\n";
    lab.put("hook", hook);
    let text = switch(lab, 1, &left, "100M");
    says(&text, &["tank/papers", "busy", "in use: process ", "(sleep 1006)"]);
    lab.ok("rm /root/hook; kill $(cat /run/user)");
    lab.exits(0, "status");
    lab.exits(0, "verify");
}

fn a_file_survives_until_the_last_generation_that_names_it_is_gone(lab: &Session) {
    switch(lab, 0, &[SHARE], "100M");
    let place = &*lab.ok("zfs.real list -H -o name | grep '/papers$'");
    let number = place.split('/').nth(2).unwrap().to_owned();
    for quota in ["110M", "120M", "130M"] {
        switch(lab, 0, &[SHARE], quota);
    }
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.read(place, "file"), "precious");
    // Committed are 1, the one that retired, and three more; the first alone names it.
    let text = lab.exits(0, "gc --keep 4 --dry-run");
    says(
        &text,
        &[place, &format!("with {place}/deep"), "was tank/papers", "was kept for generation 1", "tank/disk"],
    );
    for keep in [10, 5] {
        says(&lab.exits(0, &format!("gc --keep {keep} --yes")), &[place, "for generation 1"]);
        assert_eq!(lab.read(place, "file"), "precious", "keep {keep}");
    }
    lab.exits(0, "pin 1 --note 'the papers'");
    lab.exits(0, "gc --keep 4 --yes");
    assert_eq!(lab.read(place, "file"), "precious");
    lab.exits(0, "rollback --yes 1");
    assert_eq!(lab.ok("cat /tank/papers/file /tank/papers/deep/file"), "precious\ndeeper");
    lab.exits(0, &format!("rollback --yes {number}"));
    lab.exits(0, "pin 1 --remove");
    let retired = lab.ok("zfs.real list -H -o name | grep '/papers$'");
    assert_eq!(lab.read(&retired, "file"), "precious");
}

fn what_keeps_a_retired_dataset_is_named(lab: &Session) {
    // One that is current and one that was before: generation 1 goes with the next collection.
    switch(lab, 0, &[SHARE], "140M");
    switch(lab, 0, &[SHARE], "150M");
    let place = &*lab.ok("zfs.real list -H -o name | grep '/papers$'");
    let volume = lab.ok("zfs.real list -H -o name -t volume | grep '/disk$'");
    let volume = &*volume;
    lab.ok("zpool checkpoint tank");
    says(
        &lab.exits(0, "gc --keep 1 --dry-run"),
        &[&format!("- {place} "), "tank has a checkpoint", "`zpool checkpoint -d tank`"],
    );
    lab.ok("zpool checkpoint -d -w tank");
    let gc = "gc --keep 1 --yes";
    lab.ok(&format!(
        "zfs.real snapshot {place}/deep@mine && zfs.real hold backup {place}/deep@mine; \
         zfs.real snapshot {volume}@base && zfs.real clone {volume}@base tank/copy"
    ));
    let text = lab.exits(4, gc);
    says(
        &text,
        &[
            &format!("{place}/deep@mine is held by backup"),
            &format!("tank/copy was cloned from its snapshot {volume}@base"),
        ],
    );
    assert!(lab.there(&format!("{place}/deep")) && lab.there(volume));
    lab.ok(&format!("zfs.real release backup {place}/deep@mine; zfs.real destroy tank/copy; zfs.real create -o mountpoint=none {place}/theirs; zfs.real inherit phoenix:owner {place}/theirs"));
    let pid = begin(lab, &format!("exec sleep 1007 9</dev/zvol/{volume}"));
    let text = lab.exits(4, gc);
    says(
        &text,
        &[
            &format!("not phoenix's: {place}/theirs"),
            &format!("{volume} is in use: process {pid} (sleep 1007)"),
        ],
    );
    end(lab, &pid);
    // What begins to be used after the plan fails, names its user, and goes the next time.
    lab.ok(&format!("zfs.real destroy {place}/theirs; udevadm settle"));
    assert!(lab.there(&format!("{place}/deep@mine")), "nothing of it went");
    lab.exits(0, "verify");
    lab.exits(0, "status");
}

fn a_power_cut_in_the_middle_loses_nothing_that_is_kept(lab: &mut Session) {
    lab.ok("zfs.real snapshot tank/share@own && zfs.real snapshot tank/base@own");
    let before = lab.ok("zfs.real list -H -o name -t all");
    assert!(before.contains("/papers"), "{before}");
    for after in [1, 5] {
        let cut = format!(
            "cd /root; rm -f /run/calls; touch /run/calls; phoenix gc --keep 1 --yes >/dev/null 2>&1 & \
             while kill -0 $! && test $(grep -c -e '^zfs destroy' -e '^zfs release' </run/calls) -lt {after}; do :; done; \
             {CUT}"
        );
        lab.cut(&cut);
        lab.exits(0, "status");
        let now = lab.ok("zfs.real list -H -o name -t all");
        says(&now, &["tank/share@own", "tank/base@own"]);
    }
    lab.exits(0, "gc --keep 1 --yes");
    says(&lab.exits(0, "gc --keep 1 --yes"), &["Nothing to collect."]);
    let now = lab.ok("zfs.real list -H -o name -t all");
    says(&now, &["tank/share@own", "tank/base@own"]);
    assert!(!now.contains(".phoenix") && !now.contains("papers") && !now.contains("disk"), "{now}");
    // Of the switches' snapshots those are left that hold the state of what is kept.
    let kept = lab.exits(0, "generations --json");
    let number =
        |text: &str| text.rsplit_once("@phoenix-").map(|(_, number)| format!("\"number\": {number},"));
    for line in now.lines().filter_map(number) {
        assert!(kept.contains(&line), "{line} in {now}");
    }
    assert_eq!(lab.ok("cat /tank/share/file"), "shared");
    assert_eq!(lab.ok("ls /var/lib/phoenix/generations | wc -l"), "2");
    lab.exits(0, "verify");
    lab.exits(0, "status");
    lab.exits(0, "rollback --yes");
}
