//! Layouts of pools on the real OpenZFS: disks that hold something are refused and stay as they are; a
//! pool's layout is changed in every way there is, gone back from, refused while the pool is busy, and
//! recovered after a power cut.
//!
//! One machine carries all of it, in the order of a host's life, since a boot costs more than most of
//! what is done in it.

use phoenix_lab::{Machine, MachineSpec, Result, mib, prepare_or_skip};
use std::{path::Path, time::Duration};

/// Writes down what is run; where it is told to, `zpool add` does what it should and fails all the same.
const WRAP: &str = r#"
for tool in zpool zfs wipefs; do
    real=$(command -v $tool)
    mv "$real" "$real.real"
    cat >"$real" <<END
#!/bin/bash
echo "$tool \$*" >>/run/calls
if [ "$tool \$1" = "zpool add" ] && [ -e /run/fail ]; then
    $real.real "\$@"
    echo "no luck today" >&2
    exit 1
fi
exec -a $tool $real.real "\$@"
END
    chmod 755 "$real"
done
"#;

/// What stands on the disks that hold something, and the words that tell it.
const HELD: [(&str, &str); 7] = [
    ("ext4", "an ext4 file system \"photos\""),
    ("md", "a part of a RAID array (md)"),
    ("gpt", "a partition table (gpt)"),
    ("pool", "a label of the pool \"other\""),
    ("mounted", "mounted at /srv"),
    ("swap", "swap space"),
    ("looped", "in use by the loop device loop0"),
];

/// Puts it there.
const HOLD: &str = r#"
set -e
by=/dev/disk/by-id/virtio
mkfs.ext4 -q -L photos $by-ext4
mkfs.ext4 -q -L served $by-mounted
mkdir -p /srv
mount -o ro,noload $by-mounted /srv
mkswap $by-swap >/dev/null
echo 'label: gpt
size=64MiB' | sfdisk -q $by-gpt
zpool create other $by-pool
zpool export other
dd if=/root/super of=$by-md bs=4096 seek=1 conv=notrunc 2>/dev/null
modprobe loop
losetup /dev/loop0 $by-looped
sync
udevadm settle
"#;

/// The label of a disk in a RAID array, as the kernel's `md` writes it in its version 1.2, 4 KiB from the
/// start: of a mirror of two.
fn md_label() -> Vec<u8> {
    let mut label = vec![0; 260];
    let mut put = |at: usize, number: u64, size: usize| {
        label[at..at + size].copy_from_slice(&number.to_le_bytes()[..size]);
    };
    put(0, 0xa92b_4efc, 4);
    put(4, 1, 4);
    put(16, 0x1122_3344_5566_7788, 8);
    put(72, 1, 4);
    put(80, 65536, 8);
    put(92, 2, 4);
    put(128, 2048, 8);
    put(136, 65536, 8);
    // Where it lies, in sectors.
    put(144, 8, 8);
    put(168, 0x99aa_bbcc_ddee_ff00, 8);
    put(208, u64::MAX, 8);
    put(220, 2, 4);
    put(256, 0x0001_0000, 4);
    // The sum of all its words, with the sum itself counted as 0.
    let words = label.as_chunks::<4>().0.iter().map(|word| u64::from(u32::from_le_bytes(*word)));
    let sum: u64 = words.sum();
    let folded = (sum & 0xffff_ffff) + (sum >> 32);
    label[216..220].copy_from_slice(&folded.to_le_bytes()[..4]);
    label
}

fn disk(name: &str) -> String {
    format!("disk \"/dev/disk/by-id/virtio-{name}\"")
}

fn vdev(kind: &str, names: &[&str]) -> String {
    let disks: Vec<String> = names.iter().map(|name| disk(name)).collect();
    let disks = disks.join("; ");
    match kind {
        "single" => disks,
        "log mirror" => format!("log {{ mirror {{ {disks} }} }}"),
        kind => format!("{kind} {{ {disks} }}"),
    }
}

fn pool(name: &str, vdevs: &[String]) -> String {
    format!(
        "    pool \"{name}\" {{\n        {}\n        dataset \"data\"\n    }}\n",
        vdevs.join("\n        ")
    )
}

fn mirror() -> String {
    vdev("mirror", &["a", "b"])
}

struct Lab {
    machine: Machine,
}

impl Lab {
    fn boot() -> Result<Option<Self>> {
        let Some(image) = prepare_or_skip()? else { return Ok(None) };
        let mut spec = MachineSpec::new();
        // OpenZFS 2.1 empties no vdev of a smaller pool.
        for name in ["a", "b", "c", "d", "e", "f", "g", "r1", "r2", "r3", "r4"] {
            spec = spec.disk(name, mib(512));
        }
        for name in HELD.map(|(name, _)| name).into_iter().chain(["s1", "s2", "s3", "s4", "s5", "s6"]) {
            spec = spec.disk(name, mib(192));
        }
        let machine = Machine::boot(&image, spec)?;
        machine.put_program(Path::new(env!("CARGO_BIN_EXE_phoenix")), "/usr/sbin/phoenix")?;
        machine.put_bytes(&md_label(), "/root/super", 0o644)?;
        machine.ok(HOLD)?;
        machine.ok(WRAP)?;
        Ok(Some(Self { machine }))
    }

    /// Runs phoenix with these pools for its spec.
    fn phoenix(&self, arguments: &str, pools: &[String]) -> Result<(Option<i32>, String)> {
        let text = format!("edition 1\nhost \"box\" {{\n{}}}\n", pools.concat());
        self.machine.ok("mkdir -p /root/spec; rm -f /run/calls; touch /run/calls")?;
        self.machine.put_bytes(text.as_bytes(), "/root/spec/phoenix.kdl", 0o644)?;
        let shell = format!("cd /root/spec && phoenix {arguments} 2>&1");
        let output = self.machine.run_within(&shell, Duration::from_secs(120))?;
        Ok((output.status, output.out()))
    }

    fn ends(&self, status: i32, arguments: &str, vdevs: &[String]) -> Result<String> {
        let (ended, text) = self.phoenix(arguments, &[pool("tank", vdevs)])?;
        assert_eq!(ended, Some(status), "phoenix {arguments} with {vdevs:?}: {text}");
        Ok(text)
    }

    fn done(&self, arguments: &str, vdevs: &[String]) -> Result<String> {
        self.ends(0, arguments, vdevs)
    }

    fn refused(&self, arguments: &str, vdevs: &[String], words: &str) -> Result<()> {
        let before = self.layout()?;
        let text = self.ends(4, arguments, vdevs)?;
        assert!(text.contains(words), "{words:?} is not in: {text}");
        assert_eq!(self.layout()?, before, "something was changed");
        Ok(())
    }

    /// The tree of vdevs, without its states.
    fn layout(&self) -> Result<String> {
        let shell = r"zpool.real status -P | awk '/NAME/ {tree=1; next} /^$/ {tree=0} tree {print $1}'";
        Ok(self.machine.run(shell)?.out().replace("/dev/disk/by-id/virtio-", "").replace("-part1", ""))
    }

    fn settle(&self) -> Result<()> {
        self.machine
            .ok("zpool.real wait -t resilver,replace,remove tank
                 zpool.real wait -t raidz_expand tank 2>/dev/null
                 udevadm settle")
            .map(drop)
    }

    /// Whether this is OpenZFS 2.1, which neither widens raidz nor tells which of several mirrors it empties.
    fn is_old(&self) -> Result<bool> {
        Ok(self.machine.ok("zpool.real version")?.starts_with("zfs-2.1."))
    }

    /// The other pool, as wide as it became.
    fn wide(&self) -> Result<String> {
        let disks = ["r1", "r2", "r3", "r4"];
        Ok(pool("wide", &[vdev("raidz1", if self.is_old()? { &disks[..3] } else { &disks })]))
    }

    /// The host is as the current generation says, and the file is as it was written.
    fn holds(&self, what: &str) -> Result<()> {
        let output = self.machine.run("phoenix status 2>&1")?;
        assert_eq!(output.status, Some(0), "{what}: {}", output.out());
        self.machine.ok("cd /tank/data && sha256sum --quiet -c sum").map(drop)
    }

    fn current(&self) -> Result<String> {
        let link = self.machine.run("readlink /var/lib/phoenix/current")?.out();
        Ok(link.trim().rsplit('/').next().unwrap_or_default().to_owned())
    }

    fn set(&self, parameter: &str, value: u64) -> Result<()> {
        self.machine.ok(&format!("echo {value} >/sys/module/zfs/parameters/{parameter}")).map(drop)
    }
}

#[test]
fn layouts_change_where_openzfs_can_and_disks_that_hold_something_are_left() -> Result<()> {
    let Some(mut lab) = Lab::boot()? else { return Ok(()) };
    disks_that_hold_something_are_refused(&lab)?;
    a_single_disk_becomes_a_mirror_and_goes_back(&lab)?;
    logs_caches_and_spares_come_and_go(&lab)?;
    a_disk_is_replaced_and_comes_back(&lab)?;
    a_busy_pool_keeps_its_layout(&lab)?;
    a_data_vdev_needs_consent_both_ways(&lab)?;
    a_raidz_is_widened(&lab)?;
    power_cut_in_the_middle_of_an_attach_is_recovered(&mut lab)?;
    a_lost_disk_is_replaced_by_its_guid(&lab)?;
    a_raidz_that_cannot_leave_has_a_way_back(&lab)?;
    lab.machine.shutdown()
}

fn sums(lab: &Lab) -> Result<String> {
    let names = HELD.map(|(name, _)| format!("/dev/disk/by-id/virtio-{name}"));
    lab.machine.ok(&format!("sha256sum {}", names.join(" ")))
}

fn disks_that_hold_something_are_refused(lab: &Lab) -> Result<()> {
    let before = sums(lab)?;
    // As the disks of a new pool.
    let names = HELD.map(|(name, _)| name);
    let text = lab.ends(4, "switch --yes", &[vdev("mirror", &names)])?;
    let tells_all = |text: &str| {
        for (name, words) in HELD {
            let line =
                text.lines().find(|line| line.contains(&format!("the disk /dev/disk/by-id/virtio-{name} ")));
            let line = line.unwrap_or_else(|| panic!("{name} is not refused: {text}"));
            assert!(line.contains("is not blank") && line.contains(words), "{name}: {line}");
        }
    };
    tells_all(&text);
    assert_eq!(lab.machine.ok("zpool.real list -H -o name")?, "");
    lab.done("switch --yes", &[vdev("single", &["a"])])?;
    lab.machine.ok("cd /tank/data && head -c 20000000 /dev/urandom >file && sha256sum file >sum && sync")?;
    // Attached to a pool that is there, added to it as a data vdev, and as spares.
    let beside: Vec<&str> = std::iter::once("a").chain(names).collect();
    tells_all(&lab.ends(4, "switch --yes", &[vdev("mirror", &beside)])?);
    let all: Vec<String> = std::iter::once(vdev("single", &["a"])).chain(names.map(disk)).collect();
    tells_all(&lab.ends(4, "switch --yes --consent pool:tank", &all)?);
    tells_all(&lab.ends(4, "switch --yes", &[vdev("single", &["a"]), vdev("spare", &names)])?);
    let one = [vdev("single", &["ext4"])];
    lab.refused("switch --yes --consent pool:tank", &one, "virtio-ext4 is not blank")?;
    assert_eq!(sums(lab)?, before, "a disk was touched");
    lab.holds("after the refusals")
}

fn a_single_disk_becomes_a_mirror_and_goes_back(lab: &Lab) -> Result<()> {
    let first = lab.current()?;
    lab.done("switch --yes", &[mirror()])?;
    lab.settle()?;
    lab.holds("the mirror")?;
    assert_eq!(lab.layout()?, "tank\nmirror-0\na\nb\n");
    lab.done("switch --yes", &[mirror()])?;
    let calls = lab.machine.ok("cat /run/calls")?;
    assert!(calls.lines().count() <= 8, "{calls}");
    println!("a switch with nothing to do: {} processes", calls.lines().count());
    lab.done(&format!("rollback --yes {first}"), &[mirror()])?;
    lab.holds("the single disk")?;
    assert_eq!(lab.layout()?, "tank\na\n");
    // The disk bears the pool's label still, and comes back.
    lab.done("switch --yes", &[mirror()])?;
    lab.settle()?;
    lab.holds("the mirror again")
}

fn logs_caches_and_spares_come_and_go(lab: &Lab) -> Result<()> {
    let first = lab.current()?;
    let more = [mirror(), vdev("log mirror", &["c", "d"]), vdev("cache", &["e"]), vdev("spare", &["f"])];
    let before = lab.layout()?;
    for _ in 0..2 {
        lab.done("switch --yes", &more)?;
        lab.holds("with log, cache and spare")?;
        assert!(lab.layout()?.contains("logs\nmirror-"), "{}", lab.layout()?);
        lab.done(&format!("rollback --yes {first}"), &more)?;
        lab.holds("without them")?;
        assert_eq!(lab.layout()?, before);
    }
    Ok(())
}

fn a_disk_is_replaced_and_comes_back(lab: &Lab) -> Result<()> {
    let first = lab.current()?;
    lab.done("switch --yes", &[vdev("mirror", &["a", "g"])])?;
    lab.holds("while it is replaced")?;
    lab.settle()?;
    lab.holds("replaced")?;
    assert_eq!(lab.layout()?, "tank\nmirror-0\na\ng\n");
    lab.done(&format!("rollback --yes {first}"), &[mirror()])?;
    lab.settle()?;
    lab.holds("replaced back")?;
    assert_eq!(lab.layout()?, "tank\nmirror-0\na\nb\n");
    Ok(())
}

fn a_busy_pool_keeps_its_layout(lab: &Lab) -> Result<()> {
    lab.set("zfs_scan_suspend_progress", 1)?;
    let wide = vdev("mirror", &["a", "b", "g"]);
    let text = lab.done("switch --yes", std::slice::from_ref(&wide))?;
    assert!(text.contains("a resilver is under way (0.00% done)"), "{text}");
    lab.holds("while it is filled")?;
    lab.refused("switch --yes", &[mirror()], "a resilver is under way")?;
    lab.refused("switch --yes", &[wide, vdev("spare", &["f"])], "a resilver is under way")?;
    lab.set("zfs_scan_suspend_progress", 0)?;
    lab.settle()?;
    lab.machine.ok("zpool.real checkpoint tank")?;
    lab.refused("switch --yes", &[mirror()], "zpool checkpoint -d tank")?;
    lab.machine.ok("zpool.real checkpoint -d tank && zpool.real wait -t discard tank")?;
    lab.set("zfs_scan_suspend_progress", 1)?;
    lab.machine.ok("zpool.real scrub tank")?;
    let replaced = vdev("mirror", &["a", "b", "f"]);
    lab.refused("switch --yes", &[replaced], "a scrub is under way")?;
    lab.set("zfs_scan_suspend_progress", 0)?;
    lab.machine.ok("zpool.real wait -t scrub tank")?;
    lab.done("switch --yes", &[mirror()])?;
    lab.holds("narrow again")
}

fn a_data_vdev_needs_consent_both_ways(lab: &Lab) -> Result<()> {
    let first = lab.current()?;
    let two = [mirror(), vdev("mirror", &["c", "d"])];
    lab.refused("switch --yes", &two, "--consent pool:tank")?;
    lab.refused("switch --yes --consent pool:tank", &[mirror(), disk("c")], "only by force")?;
    // It fails behind its checkpoint, which is given up so that the vdev can leave.
    lab.machine.ok("touch /run/fail")?;
    let text = lab.ends(1, "switch --yes --consent pool:tank", &two)?;
    assert!(text.contains("no luck today") && !text.contains("keeps"), "{text}");
    lab.machine.ok("rm /run/fail")?;
    lab.settle()?;
    lab.holds("one mirror as before")?;
    assert_eq!(lab.layout()?, "tank\nmirror-0\na\nb\n");
    let text = lab.done("switch --yes --consent pool:tank", &two)?;
    assert!(text.contains("no rollback undoes this"), "{text}");
    lab.holds("two mirrors")?;
    // The checkpoint is a way back, and phoenix sees where it led.
    lab.machine.ok("echo late >/tank/data/late && sync && zpool.real sync")?;
    rewind(lab, "tank")?;
    lab.machine.ok("test ! -e /tank/data/late")?;
    assert_eq!(lab.layout()?, "tank\nmirror-0\na\nb\n");
    lab.ends(2, "status", &two)?;
    let words = "virtio-c is not blank: it holds a label of the pool \"tank\", as exported";
    lab.refused("switch --yes --consent pool:tank", &two, words)?;
    clear(lab, &["c", "d"])?;
    lab.done("switch --yes --consent pool:tank", &two)?;
    lab.holds("two mirrors again")?;
    let words = if lab.is_old()? { "--rewind-to-checkpoint tank" } else { "zpool checkpoint -d tank" };
    lab.refused(&format!("rollback --yes {first} --consent pool:tank"), &two, words)?;
    lab.machine.ok("zpool.real checkpoint -d tank && zpool.real wait -t discard tank")?;
    lab.machine.ok("head -c 20000000 /dev/urandom >/tank/data/more && sync && zpool.real sync")?;
    if lab.is_old()? {
        let words = "does not tell which of several mirrors it empties";
        lab.refused("switch --yes --consent pool:tank", &[mirror()], words)?;
        let added = "zpool.real status tank | grep -o 'mirror-[0-9]*' | tail -n 1";
        lab.machine.ok(&format!("zpool.real remove -w tank $({added})"))?;
        lab.done("switch --yes", &[mirror()])?;
        return lab.holds("one mirror again");
    }
    lab.refused(&format!("rollback --yes {first}"), &two, "--consent pool:tank")?;
    // Removed, while which nothing else is changed.
    lab.set("zfs_removal_suspend_progress", 1)?;
    let text = lab.done("switch --yes --consent pool:tank", &[mirror()])?;
    assert!(text.contains("the removal of a vdev is under way"), "{text}");
    println!("{}", lab.machine.ok("zpool.real status -P tank")?);
    lab.holds("while it is emptied")?;
    lab.refused("switch --yes", &[mirror(), vdev("spare", &["f"])], "the removal of a vdev is under way")?;
    lab.set("zfs_removal_suspend_progress", 0)?;
    lab.settle()?;
    lab.holds("one mirror again")?;
    assert_eq!(lab.layout()?, "tank\nmirror-0\na\nb\n");
    Ok(())
}

/// Returns a pool to its checkpoint, as the words of phoenix say.
fn rewind(lab: &Lab, pool: &str) -> Result<()> {
    let import = "zpool.real import -d /dev/disk/by-id --rewind-to-checkpoint";
    lab.machine.ok(&format!("cd /; zpool.real export {pool} && {import} {pool}")).map(drop)
}

/// Clears disks as a person has to who wants them back after that: `zpool` says so, and phoenix never does it.
fn clear(lab: &Lab, names: &[&str]) -> Result<()> {
    for name in names {
        lab.machine.ok(&format!("zpool.real labelclear -f /dev/disk/by-id/virtio-{name}-part1"))?;
    }
    Ok(())
}

fn a_raidz_is_widened(lab: &Lab) -> Result<()> {
    let wide = |names: &[&str], more: &[String]| {
        let vdevs: Vec<String> = std::iter::once(vdev("raidz1", names)).chain(more.iter().cloned()).collect();
        [pool("tank", &[mirror()]), pool("wide", &vdevs)]
    };
    let switch = |pools: &[String], consent: &str| lab.phoenix(&format!("switch --yes {consent}"), pools);
    let (ended, text) = switch(&wide(&["r1", "r2", "r3"], &[]), "")?;
    assert_eq!(ended, Some(0), "{text}");
    lab.machine.ok(
        "head -c 40000000 /dev/urandom >/wide/data/file && sync && sha256sum /wide/data/file >/root/sum",
    )?;
    let four = ["r1", "r2", "r3", "r4"];
    if lab.is_old()? {
        let (ended, text) = switch(&wide(&four, &[]), "--consent pool:wide")?;
        assert!(ended == Some(4) && text.contains("needs OpenZFS 2.3"), "{text}");
        return lab.machine.ok("phoenix status && sha256sum --quiet -c /root/sum").map(drop);
    }
    lab.set("raidz_expand_max_reflow_bytes", 1)?;
    let (ended, text) = switch(&wide(&four, &[]), "")?;
    assert!(ended == Some(4) && text.contains("--consent pool:wide"), "{text}");
    let (ended, text) = switch(&wide(&four, &[]), "--consent pool:wide")?;
    assert!(ended == Some(0) && text.contains("the expansion of a raidz vdev is under way"), "{text}");
    lab.holds("while it is widened")?;
    let (ended, text) = switch(&wide(&four, &[vdev("spare", &["f"])]), "")?;
    assert!(ended == Some(4) && text.contains("the expansion of a raidz vdev is under way"), "{text}");
    lab.set("raidz_expand_max_reflow_bytes", 0)?;
    lab.machine.ok("zpool.real wait -t raidz_expand wide && sha256sum --quiet -c /root/sum")?;
    lab.holds("widened")
}

fn power_cut_in_the_middle_of_an_attach_is_recovered(lab: &mut Lab) -> Result<()> {
    let wide = lab.wide()?;
    for (resume, names) in [("", "a\nb\n"), (" --resume --yes", "a\nb\ng\n")] {
        let pools = [pool("tank", &[vdev("mirror", &["a", "b", "g"])]), wide.clone()];
        lab.phoenix("plan", &pools)?;
        let cut = "cd /root/spec; rm -f /run/calls; touch /run/calls; phoenix switch --yes >/dev/null 2>&1 & \
             until grep -q 'zpool attach' /run/calls; do :; done; sleep 0.3; echo b >/proc/sysrq-trigger";
        lab.machine.start(cut)?;
        lab.machine.wait_off(Duration::from_secs(120))?;
        lab.machine.boot_again()?;
        let (ended, text) = lab.phoenix(&format!("recover{resume}"), &pools)?;
        assert_eq!(ended, Some(0), "{text}");
        lab.settle()?;
        lab.holds("recovered")?;
        let names = format!("tank\nmirror-0\n{names}wide\n");
        assert!(lab.layout()?.contains(&names), "{}: {text}", lab.layout()?);
    }
    Ok(())
}

fn a_lost_disk_is_replaced_by_its_guid(lab: &Lab) -> Result<()> {
    lab.machine.ok("block=$(basename $(readlink -f /dev/disk/by-id/virtio-b)); \
         basename $(readlink -f /sys/block/$block/device) >/sys/bus/virtio/drivers/virtio_blk/unbind; \
         touch /tank/data/wake; zpool.real sync; udevadm settle; sleep 1; \
         zpool.real status -P tank | grep -Eq 'virtio-b-part1 +(REMOVED|UNAVAIL)'")?;
    let wide = lab.wide()?;
    let pools = [pool("tank", &[vdev("mirror", &["a", "f", "g"])]), wide];
    let (ended, text) = lab.phoenix("switch --yes", &pools)?;
    assert!(ended == Some(4) && text.contains("--consent pool:tank"), "{text}");
    let (ended, text) = lab.phoenix("switch --yes --consent pool:tank", &pools)?;
    assert_eq!(ended, Some(0), "{text}");
    lab.settle()?;
    lab.holds("the lost disk replaced")?;
    let calls = lab.machine.ok("cat /run/calls")?;
    let replaced =
        calls.lines().find_map(|line| line.strip_prefix("zpool replace -- tank ")).unwrap_or_default();
    let (old, new) = replaced.split_once(' ').unwrap_or_default();
    assert!(old.parse::<u64>().is_ok() && new.ends_with("virtio-f"), "{calls}");
    Ok(())
}

fn a_raidz_that_cannot_leave_has_a_way_back(lab: &Lab) -> Result<()> {
    let wide = lab.wide()?;
    let raidz = |names: &[&str]| vdev("raidz1", names);
    let (first, second) = (raidz(&["s1", "s2", "s3"]), raidz(&["s4", "s5", "s6"]));
    let pools = |vdevs: &[String]| {
        [pool("tank", &[vdev("mirror", &["a", "f", "g"])]), wide.clone(), pool("way", vdevs)]
    };
    let one = pools(std::slice::from_ref(&first));
    let two = pools(&[first, second]);
    let (ended, text) = lab.phoenix("switch --yes", &one)?;
    assert_eq!(ended, Some(0), "{text}");
    let write =
        "head -c 20000000 /dev/urandom >/way/data/file && cd /way/data && sha256sum file >sum && sync";
    lab.machine.ok(write)?;
    let before = lab.layout()?;
    lab.machine.ok("touch /run/fail")?;
    let (ended, text) = lab.phoenix("switch --yes --consent pool:way", &two)?;
    assert_eq!(ended, Some(1), "{text}");
    for words in
        ["no luck today", "keeps `raidz1", "the pool way keeps its checkpoint", "--rewind-to-checkpoint way"]
    {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
    lab.machine.ok("rm /run/fail")?;
    rewind(lab, "way")?;
    assert_eq!(lab.layout()?, before);
    lab.holds("gone back to the checkpoint")?;
    lab.machine.ok("cd /way/data && sha256sum --quiet -c sum")?;
    clear(lab, &["s4", "s5", "s6"])?;
    let (ended, text) = lab.phoenix("switch --yes --consent pool:way", &two)?;
    assert_eq!(ended, Some(0), "{text}");
    lab.holds("two raidz")?;
    lab.machine.ok("cd /way/data && sha256sum --quiet -c sum").map(drop)
}
