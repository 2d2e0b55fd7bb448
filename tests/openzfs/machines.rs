//! Virtual machines that mount what the spec gives them, over NFS and by virtiofs: a real systemd on a network of its own stands for one,
//! in the virtual machine of `tests/lab`, and is reached as Proxmox reaches a machine.
//!
//! One machine of the lab carries all of it.

use phoenix_lab::{MachineSpec, Session, mib, says};

#[test]
fn machines_mount_what_the_spec_gives_them() {
    let Some(lab) = &mut boot() else { return };
    systemd_mounts_what_was_carried_over(lab);
    it_is_mounted_again_after_a_boot(lab);
    what_is_gone_is_told_with_the_command_that_ends_it(lab);
    units_are_handed_over_and_stand(lab);
    what_changes_is_mounted_anew_and_what_is_in_use_is_told(lab);
    one_becomes_the_other_and_what_is_gone_is_removed(lab);
    what_others_wrote_stays(lab);
    a_machine_that_is_not_reached_is_told(lab);
    what_ended_in_the_middle_is_gone_on_with(lab);
    what_is_given_by_virtiofs_is_there_at_the_next_start(lab);
    what_a_machine_is_served_stays(lab);
    a_machine_that_is_locked_or_changed_meanwhile_is_left_alone(lab);
}

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("ONE", mib(256)).with_nfs().with_qm())?;
    lab.put_pvesm();
    lab.ok("printf 'agent: 1\\nname: vm\\n' >/etc/pve/nodes/lab/qemu-server/201.conf");
    start(&lab);
    Some(lab)
}

/// Starts the machine, and waits until all is up in there.
fn start(lab: &Session) {
    lab.ok("qm start 201 && until qm guest cmd 201 ping 2>/dev/null; do sleep 0.2; done");
    assert_eq!(inside(lab, "systemctl is-system-running --wait"), "running");
}

/// Runs a text in the machine.
#[track_caller]
fn inside(lab: &Session, shell: &str) -> String {
    lab.put("inside", shell);
    lab.ok("nsenter --all --target $(cat /run/qm/201.pid) sh -s </root/inside")
}

/// A spec whose dataset the machine has, by these lines.
fn spec(machines: &str) -> String {
    format!(
        "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
         disk \"/dev/disk/by-id/virtio-ONE\"\n    dataset \"a\" {{\n      \
         export {{ client \"10.77.0.0/24\" \"rw\" \"sync\" \"no_root_squash\"; }}\n      \
         bind {{\n{machines}\n      }}\n    }}\n  }}\n}}\n"
    )
}

const WHEN_USED: &str =
    "vm 201 at=\"/srv/my data\" server=\"10.77.0.1\" address=\"10.77.0.201\" noatime=#true nconnect=2";
const AT_BOOT: &str = "vm 201 at=\"/srv/part-of\" server=\"10.77.0.1\" subdirectory=\"sub dir\" automount=#false mount-timeout=\"20s\"";

/// Finds what is mounted at a path in the machine, the last one first.
fn mounted(lab: &Session, at: &str) -> String {
    inside(lab, &format!("findmnt --noheadings --output FSTYPE,SOURCE,OPTIONS --mountpoint '{at}' | tac"))
}

fn systemd_mounts_what_was_carried_over(lab: &Session) {
    lab.switch(0, &spec(&format!("{WHEN_USED}\n{AT_BOOT}")));
    lab.ok("mkdir '/t1/a/sub dir'");
    lab.exits(0, "guest 201 --output /root/units");
    // As a person does it.
    lab.ok("tar -C /root/units -c . | nsenter --all --target $(cat /run/qm/201.pid) tar -C /etc/systemd/system -x");
    inside(
        lab,
        r"systemctl daemon-reload && systemd-analyze verify /etc/systemd/system/srv-* && systemctl enable --now 'srv-my\x20data.automount' 'srv-part\x2dof.mount'",
    );
    says(&mounted(lab, "/srv/part-of"), &["nfs4", "10.77.0.1:/t1/a/sub dir", "vers=4.2", "hard"]);
    // Nobody has used it yet.
    assert!(!mounted(lab, "/srv/my data").contains("nfs4"));
    lab.ok("echo from-the-host >/t1/a/file");
    assert_eq!(inside(lab, "cat '/srv/my data/file'"), "from-the-host");
    says(&mounted(lab, "/srv/my data"), &["nfs4", "10.77.0.1:/t1/a ", "noatime", "vers=4.2"]);
    inside(lab, "echo from-inside >'/srv/my data/sub dir/file' && cat /srv/part-of/file");
    lab.prints("cat '/t1/a/sub dir/file'", "from-inside");
    // The server sees a client of another address than its own.
    says(&lab.ok("cat /proc/fs/nfsd/clients/*/info"), &["address: \"10.77.0.201:"]);
    // Each of these is on the disks of the host before the next one begins.
    inside(
        lab,
        "for n in $(seq 50); do echo $n | dd of='/srv/my data/synced' oflag=append conv=notrunc,fsync status=none; done",
    );
    lab.prints("wc -l </t1/a/synced", "50");
    lab.holds();
}

fn it_is_mounted_again_after_a_boot(lab: &Session) {
    // Its agent runs what it is told, and says how that ended: `qm` itself ends well.
    let said = lab.ok("printf words | qm guest exec 201 --pass-stdin 1 -- /bin/sh -c 'cat; exit 3'");
    says(&said, &["\"exitcode\": 3", "\"exited\": 1", "\"out-data\": \"words\""]);
    lab.ok("qm stop 201");
    start(lab);
    says(&mounted(lab, "/srv/part-of"), &["nfs4", "10.77.0.1:/t1/a/sub dir"]);
    assert_eq!(inside(lab, "cat '/srv/my data/file'"), "from-the-host");
}

fn what_is_gone_is_told_with_the_command_that_ends_it(lab: &Session) {
    lab.put("phoenix.kdl", spec(WHEN_USED));
    let plan = lab.exits(0, "plan phoenix.kdl");
    says(&plan, &["machine 201 is to have it no more"]);
    let command = plan.split('`').find(|words| words.starts_with("systemctl disable")).expect("a command");
    lab.exits(0, "switch --yes phoenix.kdl");
    inside(lab, command);
    assert_eq!(mounted(lab, "/srv/part-of"), "");
    assert!(inside(lab, "systemctl is-enabled 'srv-part\\x2dof.mount' || true").contains("disabled"));
}

/// Hands over what the spec of these lines says.
#[track_caller]
fn hands_over(lab: &Session, code: i32, machines: &str, flags: &str) -> String {
    lab.put("phoenix.kdl", spec(machines));
    lab.exits(code, &format!("guest 201 phoenix.kdl --agent {flags}"))
}

/// Puts words before `qm guest exec`, and has them gone again.
fn with_qm(lab: &Session, script: &str, run: impl FnOnce()) {
    lab.unwrap("qm");
    lab.wrap("qm", &format!("case \"$*\" in 'guest exec '*) {script} ;; esac"));
    run();
    lab.unwrap("qm");
    lab.wrap("qm", "");
}

/// What was run in the machine that changes something there.
fn changes(lab: &Session) -> Vec<String> {
    let mut calls = lab.calls();
    calls.retain(|call| call.contains("systemctl") || call.ends_with(" new") || call.ends_with(" over"));
    calls
}

fn units_are_handed_over_and_stand(lab: &Session) {
    lab.wrap("qm", "");
    let both = format!("{WHEN_USED}\n{AT_BOOT}");
    lab.switch(0, &spec(&both));
    let asked = hands_over(lab, 4, &both, "");
    says(
        &asked,
        &["systemctl enable --now srv-part", "systemctl enable --now", "there is no terminal", "`--yes`"],
    );
    assert_eq!(changes(lab), [""; 0]);
    // What was carried over by hand is there, and is as it is to be.
    assert!(!asked.contains("new") && !asked.contains("my\\x20data"), "{asked}");
    let done = hands_over(lab, 0, &both, "--yes");
    says(
        &done,
        &[
            "= /srv/my data stands, from 10.77.0.1:/t1/a",
            "= /srv/part-of stands, from 10.77.0.1:/t1/a/sub dir",
        ],
    );
    says(&mounted(lab, "/srv/part-of"), &["nfs4"]);
    says(&hands_over(lab, 0, &both, "--yes"), &["Nothing to do in machine 201.", "= /srv/my data stands"]);
    assert_eq!(changes(lab), [""; 0]);
    let json = hands_over(lab, 0, &both, "--yes --json");
    says(&json, &["\"steps\": []", "\"stands\": true"]);
    lab.ok("qm stop 201");
    start(lab);
    says(&hands_over(lab, 0, &both, "--yes"), &["Nothing to do in machine 201."]);
}

fn what_changes_is_mounted_anew_and_what_is_in_use_is_told(lab: &Session) {
    let changed = format!("{}\n{} noatime=#true", WHEN_USED.replace("noatime=#true ", ""), AT_BOOT);
    // Somebody is in there.
    inside(lab, "cd /srv/part-of && nohup sleep 1000 >/dev/null 2>&1 & echo $! >/run/user.pid");
    let held = hands_over(lab, 1, &changed, "--yes");
    says(
        &held,
        &[
            "failed: systemctl restart srv-part",
            "! /srv/part-of does not stand",
            "it is not mounted with `noatime`",
        ],
    );
    says(&held, &["= /srv/my data stands"]);
    assert!(!mounted(lab, "/srv/my data").contains("noatime"));
    says(&inside(lab, "kill $(cat /run/user.pid); cat /srv/part-of/file"), &["from-inside"]);
    says(&hands_over(lab, 0, &changed, "--yes"), &["= /srv/part-of stands"]);
    says(&mounted(lab, "/srv/part-of"), &["noatime"]);
    says(&hands_over(lab, 0, &changed, "--yes"), &["Nothing to do"]);
}

fn one_becomes_the_other_and_what_is_gone_is_removed(lab: &Session) {
    let automount = AT_BOOT.replace("automount=#false", "idle-timeout=\"10m\"");
    let plain = format!("{WHEN_USED} automount=#false");
    says(
        &hands_over(lab, 0, &format!("{plain}\n{automount}"), "--yes"),
        &["= /srv/my data stands", "= /srv/part-of stands"],
    );
    assert_eq!(
        inside(lab, "ls /etc/systemd/system/*.automount"),
        r"/etc/systemd/system/srv-part\x2dof.automount"
    );
    says(&inside(lab, r"systemctl show -p TimeoutIdleUSec 'srv-part\x2dof.automount'"), &["10min"]);
    let gone = hands_over(lab, 0, &plain, "--yes");
    says(&gone, &[r"srv-part\x2dof.mount: removed", "= /srv/my data stands"]);
    assert_eq!(mounted(lab, "/srv/part-of"), "");
    assert_eq!(inside(lab, "ls /etc/systemd/system/*mount"), r"/etc/systemd/system/srv-my\x20data.mount");
    assert_eq!(inside(lab, "find /etc/systemd/system -name '*part*' -o -name '.phoenix*'"), "");
    // In use, it stays whole.
    inside(lab, "cd '/srv/my data' && nohup sleep 1000 >/dev/null 2>&1 & echo $! >/run/user.pid");
    let held = hands_over(lab, 1, AT_BOOT, "--yes");
    says(
        &held,
        &[
            "failed: systemctl stop srv-my",
            "not done: srv-my\\x20data.mount: removed",
            "= /srv/part-of stands",
        ],
    );
    says(&mounted(lab, "/srv/my data"), &["nfs4"]);
    inside(lab, "kill $(cat /run/user.pid)");
    hands_over(lab, 0, AT_BOOT, "--yes");
    assert_eq!(mounted(lab, "/srv/my data"), "");
}

fn what_others_wrote_stays(lab: &Session) {
    let both = format!("{WHEN_USED}\n{AT_BOOT}");
    let theirs = r"'/etc/systemd/system/srv-my\x20data.mount'";
    inside(lab, &format!("printf '[Mount]\\nWhat=tmpfs\\nWhere=/srv/my data\\nType=tmpfs\\n' >{theirs}"));
    let refused = hands_over(lab, 4, &both, "--yes");
    says(
        &refused,
        &[r"srv-my\x20data.mount was not written by `phoenix guest` for this host", "`--overwrite`"],
    );
    assert_eq!(changes(lab), [""; 0]);
    hands_over(lab, 0, &both, "--yes --overwrite");
    inside(
        lab,
        &format!(
            "systemctl disable --now 'srv-my\\x20data.automount' && rm {theirs} && ln -s /dev/null {theirs}"
        ),
    );
    says(&hands_over(lab, 4, &both, "--yes --overwrite"), &["is no regular file"]);
    inside(lab, &format!("rm {theirs} '/etc/systemd/system/srv-my\\x20data.automount'"));
    // The fstab of the machine has it.
    inside(
        lab,
        "printf '%s\\n' '10.77.0.1:/t1/a /srv/my\\040data nfs4 noauto 0 0' >/etc/fstab && systemctl daemon-reload",
    );
    says(&hands_over(lab, 4, &both, "--yes"), &["comes from the fstab of the machine"]);
    inside(lab, "rm /etc/fstab && systemctl daemon-reload");
    hands_over(lab, 0, &both, "--yes");
    // Another host gives the machine something, too.
    lab.put(
        "phoenix.kdl",
        spec("vm 201 at=\"/srv/other\" server=\"10.77.0.9\"").replace("\"box\"", "\"nas\""),
    );
    lab.exits(0, "guest 201 phoenix.kdl --output /root/nas");
    lab.ok(
        "tar -C /root/nas -c . | nsenter --all --target $(cat /run/qm/201.pid) tar -C /etc/systemd/system -x",
    );
    inside(lab, "systemctl daemon-reload");
    says(&hands_over(lab, 0, &both, "--yes"), &["Nothing to do in machine 201."]);
    says(
        &hands_over(lab, 4, "vm 201 at=\"/srv/other\" server=\"10.77.0.1\"", "--yes"),
        &["srv-other.mount was not written by `phoenix guest` for this host"],
    );
    // The spec gives it nothing any more: what this host gave it goes, and nothing else.
    let gone = hands_over(lab, 0, "vm 202 at=\"/srv/x\" server=\"10.77.0.1\"", "--yes");
    says(&gone, &[r"srv-my\x20data.mount: removed", r"srv-part\x2dof.mount: removed"]);
    assert_eq!(inside(lab, "ls /etc/systemd/system | grep mount$"), "srv-other.automount\nsrv-other.mount");
    inside(lab, "rm /etc/systemd/system/srv-other.*mount && systemctl daemon-reload");
}

fn a_machine_that_is_not_reached_is_told(lab: &Session) {
    let conf = "/etc/pve/nodes/lab/qemu-server/201.conf";
    with_qm(lab, "echo '{\"pid\": 4000}'; echo timeout >&2; exit 0", || {
        says(&hands_over(lab, 1, AT_BOOT, "--yes"), &["201"]);
    });
    with_qm(
        lab,
        "echo '{\"exited\": 1, \"exitcode\": 0, \"out-data\": \"phoenix looks\", \"out-truncated\": 1}'; exit 0",
        || {
            says(&hands_over(lab, 1, AT_BOOT, "--yes"), &["the agent cut off what the program said"]);
        },
    );
    with_qm(
        lab,
        "echo '{\"exited\": 1, \"exitcode\": 0, \"out-data\": \"phoenix looks\\nall is well\"}'; exit 0",
        || {
            says(&hands_over(lab, 1, AT_BOOT, "--yes"), &["it does not begin or end as a look does"]);
        },
    );
    // Its agent may not run anything.
    inside(
        lab,
        "mkdir -p /etc/qemu && printf '[general]\\nblacklist=guest-exec\\n' >/etc/qemu/qemu-ga.conf && systemctl restart qemu-guest-agent",
    );
    lab.ok("until qm guest cmd 201 ping 2>/dev/null; do sleep 0.2; done");
    says(&hands_over(lab, 4, AT_BOOT, "--yes"), &["guest-exec", "allow `guest-exec` in the machine"]);
    inside(lab, "rm /etc/qemu/qemu-ga.conf && systemctl stop qemu-guest-agent");
    says(
        &hands_over(lab, 4, AT_BOOT, "--yes"),
        &["QEMU guest agent is not running", "`qemu-guest-agent` is installed"],
    );
    inside(lab, "systemctl start qemu-guest-agent");
    lab.ok("until qm guest cmd 201 ping 2>/dev/null; do sleep 0.2; done");
    // It cannot mount.
    inside(lab, "mv /sbin/mount.nfs /sbin/mount.nfs.away");
    says(&hands_over(lab, 4, AT_BOOT, "--yes"), &["it has no `mount.nfs`", "install `nfs-common`"]);
    inside(lab, "mv /sbin/mount.nfs.away /sbin/mount.nfs");
    lab.ok(&format!("sed -i s/^agent/#agent/ {conf}"));
    says(&hands_over(lab, 4, AT_BOOT, "--yes"), &["is not enabled", "qm set 201 --agent 1"]);
    lab.ok(&format!("sed -i s/^#agent/agent/ {conf}; mkdir -p /etc/pve/nodes/other/qemu-server; mv {conf} /etc/pve/nodes/other/qemu-server/"));
    says(&hands_over(lab, 4, AT_BOOT, "--yes"), &["machine 201 is on the node other, and this is lab"]);
    lab.ok(&format!("mv /etc/pve/nodes/other/qemu-server/201.conf {conf}; rm -r /etc/pve/nodes/other"));
}

fn what_ended_in_the_middle_is_gone_on_with(lab: &Session) {
    let both = format!("{WHEN_USED}\n{AT_BOOT}");
    hands_over(lab, 0, WHEN_USED, "--yes");
    // Its agent goes away once the unit is written.
    with_qm(
        lab,
        "case \"$*\" in *daemon-reload) echo 'QEMU guest agent is not running' >&2; exit 255 ;; esac",
        || {
            let failed = hands_over(lab, 1, &both, "--yes");
            says(
                &failed,
                &[
                    r"done: srv-part\x2dof.mount: new",
                    "failed: systemctl daemon-reload",
                    r"not done: systemctl enable --now srv-part\x2dof.mount",
                ],
            );
            says(&failed, &["! /srv/part-of does not stand"]);
        },
    );
    says(&hands_over(lab, 0, &both, "--yes"), &["= /srv/part-of stands"]);
    // It does not run at all.
    lab.ok("qm stop 201");
    says(&hands_over(lab, 4, &both, "--yes"), &["machine 201 does not run", "`qm start 201`"]);
    start(lab);
    // The host is away: nothing that waits for it waits for ever.
    lab.ok("exportfs -ua && ip link set vmbr0 down");
    let away = hands_over(lab, 1, &WHEN_USED.replace("nconnect=2", "mount-timeout=\"5s\""), "--yes");
    says(&away, &["! /srv/my data does not stand", "it is not mounted"]);
    lab.ok("ip link set vmbr0 up && exportfs -ra");
}

/// A spec whose dataset the machine is given by virtiofs, by these lines beside another one.
fn shared(machines: &str) -> String {
    format!(
        "edition 1\nhost \"box\" {{\n  pool \"t1\" {{\n    allow \"no-redundancy\"\n    \
         disk \"/dev/disk/by-id/virtio-ONE\"\n    dataset \"a\"\n    dataset \"media\" {{\n      \
         dataset \"films\"\n      bind {{\n{machines}\n      }}\n    }}\n  }}\n}}\n"
    )
}

const BY_TAG: &str = "vm 201 at=\"/srv/by tag\" virtiofs=\"media\" cache=\"never\"";
const CONF: &str = "/etc/pve/nodes/lab/qemu-server/201.conf";
const DIRECTORY_CFG: &str = "/etc/pve/mapping/directory.cfg";

fn what_is_given_by_virtiofs_is_there_at_the_next_start(lab: &Session) {
    lab.unwrap("qm");
    lab.wrap("qm", "");
    lab.wrap("pvesh", "");
    // What was carried over is gone, and its exports with it.
    let units = "/run/qm/201/upper/etc/systemd/system";
    lab.ok(&format!("qm stop 201 && rm -rf {units}/srv-* {units}/*.wants/srv-*"));
    start(lab);
    says(&lab.switch(4, &shared(BY_TAG)), &["no `virtiofsd`"]);
    lab.ok("mkdir -p /usr/libexec && touch /usr/libexec/virtiofsd");
    says(&lab.switch(4, &shared(BY_TAG)), &["no plain number of MiB"]);
    lab.ok(&format!("echo 'memory: 512' >>{CONF}"));
    // Another node has the id already.
    lab.ok(&format!(
        "mkdir -p /etc/pve/mapping && printf 'media\\n\\tmap node=two,path=/srv/two\\n\\n' >{DIRECTORY_CFG}"
    ));
    let plan = lab.switch(0, &shared(BY_TAG));
    says(
        &plan,
        &["machine 201 runs: virtiofs0 is so at its next start", "root in machine 201 is root in t1/media"],
    );
    let calls = lab.calls();
    let made = "pvesh set /cluster/mapping/dir/media --map node=two,path=/srv/two --map node=lab,path=/t1/media --digest ";
    says(&calls.join("\n"), &[made, "qm set 201 --virtiofs0 dirid=media,cache=never --digest "]);
    says(&lab.ok(&format!("cat {CONF}")), &["[PENDING]\nvirtiofs0: dirid=media,cache=never"]);
    lab.holds();
    says(&lab.switch(0, &shared(BY_TAG)), &["Nothing to do"]);
    says(&lab.exits(0, "status"), &["virtiofs0 is so at its next start"]);
    lab.ok("qm stop 201; echo from-the-host >/t1/media/file");
    start(lab);
    let status = lab.exits(0, "status");
    assert!(!status.contains("next start"), "{status}");
    // Its units are those of systemd, and carried over as those of NFS.
    says(&lab.exits(0, "guest 201"), &["What=media\nWhere=/srv/by tag\nType=virtiofs\nOptions=rw\n"]);
    lab.ok("rm -rf /root/units");
    lab.exits(0, "guest 201 --output /root/units");
    lab.ok("tar -C /root/units -c . | nsenter --all --target $(cat /run/qm/201.pid) tar -C /etc/systemd/system -x");
    inside(
        lab,
        r"systemctl daemon-reload && systemd-analyze verify '/etc/systemd/system/srv-by\x20tag.mount' && systemctl enable --now 'srv-by\x20tag.automount'",
    );
    assert_eq!(
        inside(lab, "cat '/srv/by tag/file' && echo from-inside >'/srv/by tag/file'"),
        "from-the-host"
    );
    lab.prints("cat /t1/media/file", "from-inside");
}

fn what_a_machine_is_served_stays(lab: &Session) {
    let without = "edition 1\nhost \"box\" { pool \"t1\" { allow \"no-redundancy\"; disk \"/dev/disk/by-id/virtio-ONE\"; dataset \"a\"; }; }\n";
    says(&lab.switch(4, without), &["t1/media", "in use", "sleep"]);
    let moved =
        shared(BY_TAG).replace("dataset \"media\" {", "dataset \"media\" mountpoint=\"/srv/media\" {");
    says(&lab.switch(4, &moved), &["held until the next start"]);
    lab.holds();
    // Given up it still is served until the machine ends, and that is seen.
    let given_up = shared("").replace("bind {\n\n      }", "");
    says(&lab.switch(0, &given_up), &["the id media stays on this node"]);
    says(&lab.ok(&format!("cat {CONF}")), &["[PENDING]\ndelete: virtiofs0"]);
    // By its mapping alone is known what it has.
    let map = "media\n\tmap node=two,path=/srv/two\n\tmap node=lab,path=/t1/media";
    lab.prints(&format!("cat {DIRECTORY_CFG}"), map);
    says(&lab.switch(4, without), &["t1/media", "sleep"]);
    let moved_away = given_up.replace("dataset \"media\" {", "dataset \"media\" mountpoint=\"/srv/media\" {");
    says(&lab.switch(4, &moved_away), &["guests name it: machine 201 on node lab (virtiofs0)"]);
    lab.ok("qm stop 201");
    lab.switch(0, without);
    assert!(!lab.there("t1/media"));
    // With all of it back, it moves while the machine is off.
    lab.exits(0, "rollback --yes");
    lab.switch(0, &shared(BY_TAG));
    lab.prints("cat /t1/media/file", "from-inside");
    lab.switch(0, &moved);
    says(&lab.ok(&format!("cat {DIRECTORY_CFG}")), &["node=two,path=/srv/two\n", "node=lab,path=/srv/media"]);
    start(lab);
    assert_eq!(inside(lab, "cat '/srv/by tag/file'"), "from-inside");
    lab.ok("qm stop 201");
    lab.holds();
}

fn a_machine_that_is_locked_or_changed_meanwhile_is_left_alone(lab: &Session) {
    let before = lab.ok(&format!("cat {CONF} {DIRECTORY_CFG}"));
    let now = |lab: &Session| lab.ok(&format!("cat {CONF} {DIRECTORY_CFG}"));
    let other = shared("vm 201 virtiofs=\"films\"")
        .replace("dataset \"media\" {", "dataset \"media\" mountpoint=\"/srv/media\" {");
    lab.ok(&format!("sed -i '1i lock: backup' {CONF}"));
    says(&lab.switch(4, &other), &["machine 201 is locked (backup)"]);
    lab.ok(&format!("sed -i /^lock/d {CONF}"));
    // Somebody writes between the look and the change.
    lab.unwrap("qm");
    lab.wrap("qm", &format!("if [ \"$1\" = set ]; then echo 'cores: 2' >>{CONF}; fi"));
    says(&lab.switch(1, &other), &["checksum mismatch"]);
    lab.unwrap("qm");
    lab.wrap("qm", "");
    lab.ok(&format!("sed -i /^cores/d {CONF}"));
    assert_eq!(now(lab), before);
    lab.holds();
    lab.unwrap("pvesh");
    lab.wrap("pvesh", "case \"$1\" in set|create) echo 'no such thing' >&2; exit 255 ;; esac");
    says(&lab.switch(1, &other), &["no such thing"]);
    lab.unwrap("pvesh");
    lab.wrap("pvesh", "");
    assert_eq!(now(lab), before);
    lab.ok(&format!("echo '# by hand' >>{DIRECTORY_CFG}"));
    says(&lab.switch(4, &other), &["directory.cfg", "# by hand"]);
    lab.ok(&format!("sed -i '/by hand/d' {DIRECTORY_CFG}"));
    lab.switch(0, &other);
    says(&now(lab), &["virtiofs1: dirid=films\n"]);
    lab.exits(0, "rollback --yes");
    lab.holds();
}
