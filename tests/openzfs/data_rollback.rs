//! Going back in data on the real OpenZFS: file systems, volumes and exports go there and back again,
//! a failure and power cuts lose nothing, and what cannot go back is refused.
//!
//! One machine carries all of it, since a boot costs more than most of what is done in it.

use phoenix_lab::{CUT, MachineSpec, Session, mib, says};

#[test]
fn data_goes_back_and_forward_and_nothing_is_lost() {
    let Some(lab) = &mut boot() else { return };
    lab.switch(0, &spec("#false", "rw", "lz4"));
    lab.ok("echo first >/tank/share/letter; echo kept >/tank/share/old; echo first >/srv/kid/letter");
    lab.ok(FILL);
    let first = sum(lab);
    lab.switch(0, &spec("#true", "ro", "zstd"));
    lab.ok("echo second >/tank/share/letter; rm /tank/share/old; echo second >/srv/kid/letter; \
         dd if=/dev/urandom of=/tank/share/fresh bs=1M count=3 status=none; sync");
    lab.ok(FILL);
    let second = sum(lab);
    assert_ne!(first, second);
    holds(lab, 2, "second");

    what_cannot_go_back_is_refused(lab);
    a_failure_leaves_the_newer_data_at_home(lab, &second);

    let text = lab.exits(0, BACK);
    says(&text, &["as of tank/share@phoenix-2, taken", "since then", "kept in what is put away"]);
    holds(lab, 1, "first");
    lab.prints("cat /tank/share/old; ls /tank/share | grep -c fresh || true", "kept\n0");
    lab.prints("cat /srv/kid/letter", "second");
    lab.prints("zfs get -Hp -o value origin,recordsize,atime,canmount tank/share", "-\n16384\noff\non");
    assert_eq!(sum(lab), first);
    let newer = lab.ok("zfs list -H -o name | grep 'phoenix/.*/share$' | tail -n 1");
    assert_eq!(lab.read(&newer, "letter"), "second");

    lab.ok("echo meanwhile >/tank/share/letter");
    let text = lab.exits(0, FORWARD);
    assert!(text.contains("put it away, at"), "{text}");
    holds(lab, 2, "second");
    assert_eq!(sum(lab), second);
    lab.exits(0, BACK);
    holds(lab, 1, "meanwhile");
    assert_eq!(sum(lab), first);
    lab.exits(0, FORWARD);
    holds(lab, 2, "second");
    power_cuts_lose_nothing(lab, &first, &second)
}

/// The host at first; later `atime`, an export and a volume's compression are others.
fn spec(atime: &str, way: &str, compression: &str) -> String {
    format!(
        r#"edition 1
host "box" {{
    pool "tank" {{
        disk "/dev/disk/by-id/virtio-DISK_1"
        allow "no-redundancy"
        dataset "share" atime={atime} recordsize="16K" xattr="sa" {{
            export {{ client "127.0.0.0/8" "{way}" "sync" "no_root_squash" }}
            proxmox "tank-share" type="dir" {{ content "iso" }}
            dataset "kid" mountpoint="/srv/kid"
        }}
        volume "disk" size="32M" compression="{compression}"
        volume "big" size="200M" compression="{compression}"
    }}
}}
"#
    )
}

fn boot() -> Option<Session> {
    let lab = super::boot(MachineSpec::new().disk("DISK_1", mib(512)).with_nfs())?;
    lab.put_pvesm();
    lab.ok("mkdir -p /mnt/nfs");
    Some(lab)
}

/// The host is what the current generation says, and its export serves what stands there.
#[track_caller]
fn holds(lab: &Session, generation: u32, letter: &str) {
    assert_eq!(lab.current(), format!("generations/{generation}"));
    lab.holds();
    lab.prints("cat /tank/share/letter", letter);
    let wire = "mount -t nfs -o vers=4.2 127.0.0.1:/tank/share /mnt/nfs \
                && cat /mnt/nfs/letter && umount /mnt/nfs";
    lab.prints(wire, letter);
    lab.prints("grep -c '^dir: tank-share' /etc/pve/storage.cfg", "1");
}

fn sum(lab: &Session) -> String {
    lab.ok("udevadm settle; sha256sum </dev/zvol/tank/disk")
}

const BACK: &str = "rollback --yes 1 --with-data tank/share --with-data tank/disk";
const FORWARD: &str = "rollback --yes 2 --with-data tank/share --with-data tank/disk";
const FILL: &str = "udevadm settle; dd if=/dev/urandom of=/dev/zvol/tank/disk bs=1M count=4 conv=fsync \
                    status=none; udevadm settle";

fn what_cannot_go_back_is_refused(lab: &Session) {
    lab.ok("cd /srv/kid && { sleep 300 & echo $! >/run/user; }");
    says(&lab.exits(4, BACK), &["tank/share/kid below it is in use", "sleep 300"]);
    lab.ok("kill $(cat /run/user)");
    lab.ok("exec 5<>/dev/zvol/tank/disk; { sleep 301 & echo $! >/run/user; }");
    says(&lab.exits(4, BACK), &["volume:tank/disk", "in use", "sleep 301"]);
    lab.ok("kill $(cat /run/user)");
    // A thick volume reserves its size, and both states of it would.
    says(&lab.exits(4, "rollback --yes 1 --with-data tank/big"), &["it reserves", "bytes are free"]);
    says(&lab.exits(4, "rollback --yes 1 --with-data tank/share/kid"), &["no switch has touched it"]);
    says(&lab.exits(4, "rollback 1 --with-data tank/share"), &["there is no terminal to ask on"]);
    holds(lab, 2, "second")
}

fn a_failure_leaves_the_newer_data_at_home(lab: &Session, second: &str) {
    lab.wrap("pvesm", "case $1 in add) test -e /tank/share/fresh || { echo no quorum >&2; exit 2; };; esac");
    let text = lab.exits(1, BACK);
    lab.unwrap("pvesm");
    says(&text, &["no quorum"]);
    holds(lab, 2, "second");
    assert_eq!(sum(lab), second, "{text}");
    lab.prints("cat /srv/kid/letter; ls /tank/share | grep -c fresh", "second\n1")
}

fn power_cuts_lose_nothing(lab: &mut Session, first: &str, second: &str) {
    // What is awaited: that the newer one has stepped aside; that the other stands in its place; that it
    // is mounted there.
    let there = "zfs list tank/share >/dev/null 2>&1";
    let mounted = "grep -q '^tank/share ' /proc/mounts";
    for wait in [
        format!("while {there}; do :; done"),
        format!("while {there}; do :; done; until {there}; do :; done"),
        format!("while {mounted}; do :; done; until {mounted}; do :; done"),
    ] {
        let cut = format!(
            "cd /root; phoenix rollback --yes 1 --with-data tank/share >/dev/null 2>&1 & \
             {wait}; {CUT}"
        );
        lab.cut(&cut);
        lab.exits(6, BACK);
        lab.exits(0, "recover");
        holds(lab, 2, "second");
        lab.prints("cat /srv/kid/letter; ls /tank/share | grep -c fresh", "second\n1");
        assert_eq!(sum(lab), second, "{wait}");
    }
    lab.exits(0, BACK);
    assert_eq!(sum(lab), first);
    holds(lab, 1, "meanwhile")
}
