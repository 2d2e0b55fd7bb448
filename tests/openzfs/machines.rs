//! Virtual machines that mount over NFS what the spec gives them: a real systemd on a network of its own stands for one,
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
        r"systemctl daemon-reload && systemctl enable --now 'srv-my\x20data.automount' 'srv-part\x2dof.mount'",
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
