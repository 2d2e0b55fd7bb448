//! Going back in data on the real OpenZFS: file systems, volumes and exports go there and back again,
//! a failure and power cuts lose nothing, and what cannot go back is refused.
//!
//! One machine carries all of it, since a boot costs more than most of what is done in it.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{path::Path, time::Duration};

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

struct Lab {
    machine: Machine,
}

/// What a run of phoenix came to.
struct Ran {
    status: Option<i32>,
    text: String,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let machine = Machine::boot(&image, MachineSpec::new().disk("DISK_1", mib(512)).with_nfs())?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.put_pvesm()?;
        machine.ok("mkdir -p /root/spec /mnt/look /mnt/nfs")?;
        Ok(Some(Self { machine }))
    }

    fn phoenix(&self, arguments: &str) -> Result<Ran> {
        let shell = format!("cd /root/spec && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(300))?;
        Ok(Ran { status: output.status, text: output.out() })
    }

    fn done(&self, arguments: &str) -> Result<String> {
        let ran = self.phoenix(arguments)?;
        assert_eq!(ran.status, Some(0), "phoenix {arguments}: {}", ran.text);
        Ok(ran.text)
    }

    fn refused(&self, arguments: &str, words: &[&str]) -> Result<()> {
        let ran = self.phoenix(arguments)?;
        assert_eq!(ran.status, Some(4), "phoenix {arguments}: {}", ran.text);
        for word in words {
            assert!(ran.text.contains(word), "{word:?} is not in: {}", ran.text);
        }
        Ok(())
    }

    fn switch(&self, text: &str) -> Result<String> {
        self.machine.put_bytes(text.as_bytes(), "/root/spec/phoenix.kdl", 0o644)?;
        self.done("switch --yes phoenix.kdl")
    }

    fn says(&self, shell: &str, wanted: &str) -> Result<()> {
        let said = self.machine.ok(shell)?;
        assert_eq!(said.trim(), wanted, "{shell}");
        Ok(())
    }

    /// The host is what the current generation says, and its export serves what stands there.
    fn holds(&self, generation: u32, letter: &str) -> Result<()> {
        self.says("readlink /var/lib/phoenix/current", &format!("generations/{generation}"))?;
        let status = self.phoenix("status")?;
        assert_eq!(status.status, Some(0), "{}", status.text);
        self.says("cat /tank/share/letter", letter)?;
        let wire = "mount -t nfs -o vers=4.2 127.0.0.1:/tank/share /mnt/nfs \
                    && cat /mnt/nfs/letter && umount /mnt/nfs";
        self.says(wire, letter)?;
        self.says("grep -c '^dir: tank-share' /etc/pve/storage.cfg", "1")
    }

    fn sum(&self) -> Result<String> {
        self.machine.ok("udevadm settle; sha256sum </dev/zvol/tank/disk")
    }
}

const BACK: &str = "rollback --yes 1 --with-data tank/share --with-data tank/disk";
const FORWARD: &str = "rollback --yes 2 --with-data tank/share --with-data tank/disk";
const FILL: &str = "udevadm settle; dd if=/dev/urandom of=/dev/zvol/tank/disk bs=1M count=4 conv=fsync \
                    status=none; udevadm settle";

#[test]
fn data_goes_back_and_forward_and_nothing_is_lost() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    lab.switch(&spec("#false", "rw", "lz4"))?;
    lab.machine
        .ok("echo first >/tank/share/letter; echo kept >/tank/share/old; echo first >/srv/kid/letter")?;
    lab.machine.ok(FILL)?;
    let first = lab.sum()?;
    lab.switch(&spec("#true", "ro", "zstd"))?;
    lab.machine.ok("echo second >/tank/share/letter; rm /tank/share/old; echo second >/srv/kid/letter; \
         dd if=/dev/urandom of=/tank/share/fresh bs=1M count=3 status=none; sync")?;
    lab.machine.ok(FILL)?;
    let second = lab.sum()?;
    assert_ne!(first, second);
    lab.holds(2, "second")?;

    what_cannot_go_back_is_refused(&lab)?;
    a_failure_leaves_the_newer_data_at_home(&lab, &second)?;

    let text = lab.done(BACK)?;
    for word in ["as of tank/share@phoenix-2, taken", "since then", "kept in what is put away"] {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    lab.holds(1, "first")?;
    lab.says("cat /tank/share/old; ls /tank/share | grep -c fresh || true", "kept\n0")?;
    lab.says("cat /srv/kid/letter", "second")?;
    lab.says("zfs get -Hp -o value origin,recordsize,atime,canmount tank/share", "-\n16384\noff\non")?;
    assert_eq!(lab.sum()?, first);
    let newer = lab.machine.ok("zfs list -H -o name | grep 'phoenix/.*/share$' | tail -n 1")?;
    let look = format!(
        "mount -t zfs -o ro,zfsutil {} /mnt/look && cat /mnt/look/letter && umount /mnt/look",
        newer.trim()
    );
    lab.says(&look, "second")?;

    lab.machine.ok("echo meanwhile >/tank/share/letter")?;
    let text = lab.done(FORWARD)?;
    assert!(text.contains("put it away, at"), "{text}");
    lab.holds(2, "second")?;
    assert_eq!(lab.sum()?, second);
    lab.done(BACK)?;
    lab.holds(1, "meanwhile")?;
    assert_eq!(lab.sum()?, first);
    lab.done(FORWARD)?;
    lab.holds(2, "second")?;
    power_cuts_lose_nothing(&mut lab, &first, &second)
}

fn what_cannot_go_back_is_refused(lab: &Lab) -> Result<()> {
    lab.machine.ok("cd /srv/kid && { sleep 300 & echo $! >/run/user; }")?;
    lab.refused(BACK, &["tank/share/kid below it is in use", "sleep 300"])?;
    lab.machine.ok("kill $(cat /run/user)")?;
    lab.machine.ok("exec 5<>/dev/zvol/tank/disk; { sleep 301 & echo $! >/run/user; }")?;
    lab.refused(BACK, &["volume:tank/disk", "in use", "sleep 301"])?;
    lab.machine.ok("kill $(cat /run/user)")?;
    // A thick volume reserves its size, and both states of it would.
    lab.refused("rollback --yes 1 --with-data tank/big", &["it reserves", "bytes are free"])?;
    lab.refused("rollback --yes 1 --with-data tank/share/kid", &["no switch has touched it"])?;
    lab.refused("rollback 1 --with-data tank/share", &["there is no terminal to ask on"])?;
    lab.holds(2, "second")
}

fn a_failure_leaves_the_newer_data_at_home(lab: &Lab, second: &str) -> Result<()> {
    let pvesm = "mv /usr/sbin/pvesm /usr/sbin/pvesm.kept && printf '#!/bin/sh\\ncase $1 in add) \
                 test -e /tank/share/fresh || { echo no quorum >&2; exit 2; };; esac\\n\
                 exec /usr/sbin/pvesm.kept \"$@\"\\n' >/usr/sbin/pvesm && chmod 755 /usr/sbin/pvesm";
    lab.machine.ok(pvesm)?;
    let ran = lab.phoenix(BACK)?;
    lab.machine.ok("mv /usr/sbin/pvesm.kept /usr/sbin/pvesm")?;
    assert_eq!(ran.status, Some(1), "{}", ran.text);
    assert!(ran.text.contains("no quorum"), "{}", ran.text);
    lab.holds(2, "second")?;
    assert_eq!(lab.sum()?, second, "{}", ran.text);
    lab.says("cat /srv/kid/letter; ls /tank/share | grep -c fresh", "second\n1")
}

fn power_cuts_lose_nothing(lab: &mut Lab, first: &str, second: &str) -> Result<()> {
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
            "cd /root/spec; phoenix rollback --yes 1 --with-data tank/share >/dev/null 2>&1 & \
             {wait}; echo b >/proc/sysrq-trigger"
        );
        lab.machine.start(&cut)?;
        lab.machine.wait_off(Duration::from_secs(120))?;
        lab.machine.boot_again()?;
        let blocked = lab.phoenix(BACK)?;
        assert_eq!(blocked.status, Some(6), "{wait}: {}", blocked.text);
        lab.done("recover")?;
        lab.holds(2, "second")?;
        lab.says("cat /srv/kid/letter; ls /tank/share | grep -c fresh", "second\n1")?;
        assert_eq!(lab.sum()?, second, "{wait}");
    }
    lab.done(BACK)?;
    assert_eq!(lab.sum()?, first);
    lab.holds(1, "meanwhile")
}
