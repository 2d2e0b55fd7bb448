//! Layouts of pools on the real OpenZFS: disks that hold something are refused and stay as they are; a
//! pool's layout is changed in every way there is, gone back from, refused while the pool is busy, and
//! recovered after a power cut.
//!
//! One machine carries all of it, in the order of a host's life, since a boot costs more than most of
//! what is done in it.

use phoenix_lab::{MachineSpec, Session, mib, says};

#[test]
fn layouts_change_where_openzfs_can_and_disks_that_hold_something_are_left() {
    let Some(lab) = &mut boot() else { return };
    disks_that_hold_something_are_refused(lab);
    a_single_disk_becomes_a_mirror_and_goes_back(lab);
    logs_caches_and_spares_come_and_go(lab);
    a_disk_is_replaced_and_comes_back(lab);
    a_busy_pool_keeps_its_layout(lab);
    a_data_vdev_needs_consent_both_ways(lab);
    a_raidz_is_widened(lab);
    power_cut_in_the_middle_of_an_attach_is_recovered(lab);
    a_lost_disk_is_replaced_by_its_guid(lab);
    a_raidz_that_cannot_leave_has_a_way_back(lab);
    lab.shutdown()
}

/// Where it is told to, `zpool add` does what it should and fails all the same.
const FAIL: &str = r#"
if [ "$1" = "add" ] && [ -e /run/fail ]; then
    zpool.real "$@"
    echo "no luck today" >&2
    exit 1
fi
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

fn boot() -> Option<Session> {
    // OpenZFS 2.1 empties no vdev of a smaller pool.
    let large = ["a", "b", "c", "d", "e", "f", "g", "r1", "r2", "r3", "r4"].map(|name| (name, 512));
    let small = HELD.map(|(name, _)| name).into_iter().chain(["s1", "s2", "s3", "s4", "s5", "s6"]);
    let disks = large.into_iter().chain(small.map(|name| (name, 192)));
    let lab = super::boot(disks.fold(MachineSpec::new(), |spec, (name, size)| spec.disk(name, mib(size))))?;
    lab.put("super", md_label());
    lab.ok(HOLD);
    lab.wrap("zpool", FAIL);
    lab.wrap("zfs", "");
    lab.wrap("wipefs", "");
    Some(lab)
}

fn spec(pools: &[String]) -> String {
    format!("edition 1\nhost \"box\" {{\n{}}}\n", pools.concat())
}

/// Runs phoenix with these pools for its spec.
#[track_caller]
fn run(lab: &Session, code: i32, arguments: &str, pools: &[String]) -> String {
    lab.put("phoenix.kdl", spec(pools));
    lab.exits(code, arguments)
}

/// Runs phoenix with one pool of these vdevs.
#[track_caller]
fn ends(lab: &Session, code: i32, arguments: &str, vdevs: &[String]) -> String {
    run(lab, code, arguments, &[pool("tank", vdevs)])
}

#[track_caller]
fn refused(lab: &Session, arguments: &str, vdevs: &[String], words: &str) {
    let before = layout(lab);
    says(&ends(lab, 4, arguments, vdevs), &[words]);
    assert_eq!(layout(lab), before, "something was changed");
}

/// The tree of vdevs, without its states.
fn layout(lab: &Session) -> String {
    let shell = r"zpool.real status -P | awk '/NAME/ {tree=1; next} /^$/ {tree=0} tree {print $1}'";
    lab.run(shell).out().replace("/dev/disk/by-id/virtio-", "").replace("-part1", "")
}

#[track_caller]
fn settle(lab: &Session) {
    lab.ok("zpool.real wait -t resilver,replace,remove tank
            zpool.real wait -t raidz_expand tank 2>/dev/null
            udevadm settle");
}

/// Whether this is OpenZFS 2.1, which neither widens raidz nor tells which of several mirrors it empties.
fn is_old(lab: &Session) -> bool {
    lab.ok("zpool.real version").starts_with("zfs-2.1.")
}

/// The other pool, as wide as it became.
fn wide(lab: &Session) -> String {
    let disks = ["r1", "r2", "r3", "r4"];
    pool("wide", &[vdev("raidz1", if is_old(lab) { &disks[..3] } else { &disks })])
}

/// The host is as the current generation says, and the file is as it was written.
#[track_caller]
fn holds(lab: &Session, what: &str) {
    let status = lab.run("phoenix status 2>&1");
    assert_eq!(status.status, Some(0), "{what}: {status}");
    lab.ok("cd /tank/data && sha256sum --quiet -c sum");
}

/// The number of the current generation.
fn current(lab: &Session) -> String {
    lab.current().rsplit('/').next().unwrap_or_default().to_owned()
}

fn set(lab: &Session, parameter: &str, value: u64) {
    lab.ok(&format!("echo {value} >/sys/module/zfs/parameters/{parameter}"));
}

fn sums(lab: &Session) -> String {
    let names = HELD.map(|(name, _)| format!("/dev/disk/by-id/virtio-{name}"));
    lab.ok(&format!("sha256sum {}", names.join(" ")))
}

fn disks_that_hold_something_are_refused(lab: &Session) {
    let before = sums(lab);
    // As the disks of a new pool.
    let names = HELD.map(|(name, _)| name);
    let text = ends(lab, 4, "switch --yes", &[vdev("mirror", &names)]);
    let tells_all = |text: &str| {
        for (name, words) in HELD {
            let line =
                text.lines().find(|line| line.contains(&format!("the disk /dev/disk/by-id/virtio-{name} ")));
            let line = line.unwrap_or_else(|| panic!("{name} is not refused: {text}"));
            assert!(line.contains("is not blank") && line.contains(words), "{name}: {line}");
        }
    };
    tells_all(&text);
    assert_eq!(lab.ok("zpool.real list -H -o name"), "");
    ends(lab, 0, "switch --yes", &[vdev("single", &["a"])]);
    lab.ok("cd /tank/data && head -c 20000000 /dev/urandom >file && sha256sum file >sum && sync");
    // Attached to a pool that is there, added to it as a data vdev, and as spares.
    let beside: Vec<&str> = std::iter::once("a").chain(names).collect();
    tells_all(&ends(lab, 4, "switch --yes", &[vdev("mirror", &beside)]));
    let all: Vec<String> = std::iter::once(vdev("single", &["a"])).chain(names.map(disk)).collect();
    tells_all(&ends(lab, 4, "switch --yes --consent pool:tank", &all));
    tells_all(&ends(lab, 4, "switch --yes", &[vdev("single", &["a"]), vdev("spare", &names)]));
    let one = [vdev("single", &["ext4"])];
    refused(lab, "switch --yes --consent pool:tank", &one, "virtio-ext4 is not blank");
    assert_eq!(sums(lab), before, "a disk was touched");
    holds(lab, "after the refusals")
}

fn a_single_disk_becomes_a_mirror_and_goes_back(lab: &Session) {
    let first = current(lab);
    ends(lab, 0, "switch --yes", &[mirror()]);
    settle(lab);
    holds(lab, "the mirror");
    assert_eq!(layout(lab), "tank\nmirror-0\na\nb\n");
    ends(lab, 0, "switch --yes", &[mirror()]);
    let calls = lab.ok("cat /run/calls");
    assert!(calls.lines().count() <= 8, "{calls}");
    println!("a switch with nothing to do: {} processes", calls.lines().count());
    ends(lab, 0, &format!("rollback --yes {first}"), &[mirror()]);
    holds(lab, "the single disk");
    assert_eq!(layout(lab), "tank\na\n");
    // The disk bears the pool's label still, and comes back.
    ends(lab, 0, "switch --yes", &[mirror()]);
    settle(lab);
    holds(lab, "the mirror again")
}

fn logs_caches_and_spares_come_and_go(lab: &Session) {
    let first = current(lab);
    let more = [mirror(), vdev("log mirror", &["c", "d"]), vdev("cache", &["e"]), vdev("spare", &["f"])];
    let before = layout(lab);
    for _ in 0..2 {
        ends(lab, 0, "switch --yes", &more);
        holds(lab, "with log, cache and spare");
        assert!(layout(lab).contains("logs\nmirror-"), "{}", layout(lab));
        ends(lab, 0, &format!("rollback --yes {first}"), &more);
        holds(lab, "without them");
        assert_eq!(layout(lab), before);
    }
}

fn a_disk_is_replaced_and_comes_back(lab: &Session) {
    let first = current(lab);
    ends(lab, 0, "switch --yes", &[vdev("mirror", &["a", "g"])]);
    holds(lab, "while it is replaced");
    settle(lab);
    holds(lab, "replaced");
    assert_eq!(layout(lab), "tank\nmirror-0\na\ng\n");
    ends(lab, 0, &format!("rollback --yes {first}"), &[mirror()]);
    settle(lab);
    holds(lab, "replaced back");
    assert_eq!(layout(lab), "tank\nmirror-0\na\nb\n");
}

fn a_busy_pool_keeps_its_layout(lab: &Session) {
    set(lab, "zfs_scan_suspend_progress", 1);
    let wide = vdev("mirror", &["a", "b", "g"]);
    let text = ends(lab, 0, "switch --yes", std::slice::from_ref(&wide));
    assert!(text.contains("a resilver is under way (0.00% done)"), "{text}");
    holds(lab, "while it is filled");
    refused(lab, "switch --yes", &[mirror()], "a resilver is under way");
    refused(lab, "switch --yes", &[wide, vdev("spare", &["f"])], "a resilver is under way");
    set(lab, "zfs_scan_suspend_progress", 0);
    settle(lab);
    lab.ok("zpool.real checkpoint tank");
    refused(lab, "switch --yes", &[mirror()], "zpool checkpoint -d tank");
    lab.ok("zpool.real checkpoint -d tank && zpool.real wait -t discard tank");
    set(lab, "zfs_scan_suspend_progress", 1);
    lab.ok("zpool.real scrub tank");
    let replaced = vdev("mirror", &["a", "b", "f"]);
    refused(lab, "switch --yes", &[replaced], "a scrub is under way");
    set(lab, "zfs_scan_suspend_progress", 0);
    lab.ok("zpool.real wait -t scrub tank");
    ends(lab, 0, "switch --yes", &[mirror()]);
    holds(lab, "narrow again")
}

fn a_data_vdev_needs_consent_both_ways(lab: &Session) {
    let first = current(lab);
    let two = [mirror(), vdev("mirror", &["c", "d"])];
    refused(lab, "switch --yes", &two, "--consent pool:tank");
    refused(lab, "switch --yes --consent pool:tank", &[mirror(), disk("c")], "only by force");
    // It fails behind its checkpoint, which is given up so that the vdev can leave.
    lab.ok("touch /run/fail");
    let text = ends(lab, 1, "switch --yes --consent pool:tank", &two);
    assert!(text.contains("no luck today") && !text.contains("keeps"), "{text}");
    lab.ok("rm /run/fail");
    settle(lab);
    holds(lab, "one mirror as before");
    assert_eq!(layout(lab), "tank\nmirror-0\na\nb\n");
    let text = ends(lab, 0, "switch --yes --consent pool:tank", &two);
    assert!(text.contains("no rollback undoes this"), "{text}");
    holds(lab, "two mirrors");
    // The checkpoint is a way back, and phoenix sees where it led.
    lab.ok("echo late >/tank/data/late && sync && zpool.real sync");
    rewind(lab, "tank");
    lab.ok("test ! -e /tank/data/late");
    assert_eq!(layout(lab), "tank\nmirror-0\na\nb\n");
    ends(lab, 2, "status", &two);
    let words = "virtio-c is not blank: it holds a label of the pool \"tank\", as exported";
    refused(lab, "switch --yes --consent pool:tank", &two, words);
    clear(lab, &["c", "d"]);
    ends(lab, 0, "switch --yes --consent pool:tank", &two);
    holds(lab, "two mirrors again");
    let words = if is_old(lab) { "--rewind-to-checkpoint tank" } else { "zpool checkpoint -d tank" };
    refused(lab, &format!("rollback --yes {first} --consent pool:tank"), &two, words);
    lab.ok("zpool.real checkpoint -d tank && zpool.real wait -t discard tank");
    lab.ok("head -c 20000000 /dev/urandom >/tank/data/more && sync && zpool.real sync");
    if is_old(lab) {
        let words = "does not tell which of several mirrors it empties";
        refused(lab, "switch --yes --consent pool:tank", &[mirror()], words);
        let added = "zpool.real status tank | grep -o 'mirror-[0-9]*' | tail -n 1";
        lab.ok(&format!("zpool.real remove -w tank $({added})"));
        ends(lab, 0, "switch --yes", &[mirror()]);
        return holds(lab, "one mirror again");
    }
    refused(lab, &format!("rollback --yes {first}"), &two, "--consent pool:tank");
    // Removed, while which nothing else is changed.
    set(lab, "zfs_removal_suspend_progress", 1);
    let text = ends(lab, 0, "switch --yes --consent pool:tank", &[mirror()]);
    assert!(text.contains("the removal of a vdev is under way"), "{text}");
    println!("{}", lab.ok("zpool.real status -P tank"));
    holds(lab, "while it is emptied");
    refused(lab, "switch --yes", &[mirror(), vdev("spare", &["f"])], "the removal of a vdev is under way");
    set(lab, "zfs_removal_suspend_progress", 0);
    settle(lab);
    holds(lab, "one mirror again");
    assert_eq!(layout(lab), "tank\nmirror-0\na\nb\n");
}

/// Returns a pool to its checkpoint, as the words of phoenix say.
fn rewind(lab: &Session, pool: &str) {
    let import = "zpool.real import -d /dev/disk/by-id --rewind-to-checkpoint";
    lab.ok(&format!("cd /; zpool.real export {pool} && {import} {pool}"));
}

/// Clears disks as a person has to who wants them back after that: `zpool` says so, and phoenix never does it.
fn clear(lab: &Session, names: &[&str]) {
    for name in names {
        lab.ok(&format!("zpool.real labelclear -f /dev/disk/by-id/virtio-{name}-part1"));
    }
}

fn a_raidz_is_widened(lab: &Session) {
    let wide = |names: &[&str], more: &[String]| {
        let vdevs: Vec<String> = std::iter::once(vdev("raidz1", names)).chain(more.iter().cloned()).collect();
        [pool("tank", &[mirror()]), pool("wide", &vdevs)]
    };
    let switch = |code: i32, pools: &[String], consent: &str| {
        run(lab, code, &format!("switch --yes {consent}"), pools)
    };
    switch(0, &wide(&["r1", "r2", "r3"], &[]), "");
    lab.ok("head -c 40000000 /dev/urandom >/wide/data/file && sync && sha256sum /wide/data/file >/root/sum");
    let four = ["r1", "r2", "r3", "r4"];
    if is_old(lab) {
        says(&switch(4, &wide(&four, &[]), "--consent pool:wide"), &["needs OpenZFS 2.3"]);
        lab.ok("phoenix status && sha256sum --quiet -c /root/sum");
        return;
    }
    set(lab, "raidz_expand_max_reflow_bytes", 1);
    says(&switch(4, &wide(&four, &[]), ""), &["--consent pool:wide"]);
    says(
        &switch(0, &wide(&four, &[]), "--consent pool:wide"),
        &["the expansion of a raidz vdev is under way"],
    );
    holds(lab, "while it is widened");
    says(
        &switch(4, &wide(&four, &[vdev("spare", &["f"])]), ""),
        &["the expansion of a raidz vdev is under way"],
    );
    set(lab, "raidz_expand_max_reflow_bytes", 0);
    lab.ok("zpool.real wait -t raidz_expand wide && sha256sum --quiet -c /root/sum");
    holds(lab, "widened")
}

fn power_cut_in_the_middle_of_an_attach_is_recovered(lab: &mut Session) {
    let wide = wide(lab);
    for (resume, names) in [("", "a\nb\n"), (" --resume --yes", "a\nb\ng\n")] {
        let pools = [pool("tank", &[vdev("mirror", &["a", "b", "g"])]), wide.clone()];
        lab.put("phoenix.kdl", spec(&pools));
        let cut = "cd /root; rm -f /run/calls; touch /run/calls; phoenix switch --yes >/dev/null 2>&1 & \
             until grep -q 'zpool attach' /run/calls; do :; done; sleep 0.3; echo b >/proc/sysrq-trigger";
        lab.cut(cut);
        let text = run(lab, 0, &format!("recover{resume}"), &pools);
        settle(lab);
        holds(lab, "recovered");
        let names = format!("tank\nmirror-0\n{names}wide\n");
        assert!(layout(lab).contains(&names), "{}: {text}", layout(lab));
    }
}

fn a_lost_disk_is_replaced_by_its_guid(lab: &Session) {
    lab.ok("block=$(basename $(readlink -f /dev/disk/by-id/virtio-b)); \
         basename $(readlink -f /sys/block/$block/device) >/sys/bus/virtio/drivers/virtio_blk/unbind; \
         touch /tank/data/wake; zpool.real sync; udevadm settle; sleep 1; \
         zpool.real status -P tank | grep -Eq 'virtio-b-part1 +(REMOVED|UNAVAIL)'");
    let wide = wide(lab);
    let pools = [pool("tank", &[vdev("mirror", &["a", "f", "g"])]), wide];
    says(&run(lab, 4, "switch --yes", &pools), &["--consent pool:tank"]);
    run(lab, 0, "switch --yes --consent pool:tank", &pools);
    settle(lab);
    holds(lab, "the lost disk replaced");
    let calls = lab.ok("cat /run/calls");
    let replaced =
        calls.lines().find_map(|line| line.strip_prefix("zpool replace -- tank ")).unwrap_or_default();
    let (old, new) = replaced.split_once(' ').unwrap_or_default();
    assert!(old.parse::<u64>().is_ok() && new.ends_with("virtio-f"), "{calls}");
}

fn a_raidz_that_cannot_leave_has_a_way_back(lab: &Session) {
    let wide = wide(lab);
    let raidz = |names: &[&str]| vdev("raidz1", names);
    let (first, second) = (raidz(&["s1", "s2", "s3"]), raidz(&["s4", "s5", "s6"]));
    let pools = |vdevs: &[String]| {
        [pool("tank", &[vdev("mirror", &["a", "f", "g"])]), wide.clone(), pool("way", vdevs)]
    };
    let one = pools(std::slice::from_ref(&first));
    let two = pools(&[first, second]);
    run(lab, 0, "switch --yes", &one);
    let write =
        "head -c 20000000 /dev/urandom >/way/data/file && cd /way/data && sha256sum file >sum && sync";
    lab.ok(write);
    let before = layout(lab);
    lab.ok("touch /run/fail");
    let text = run(lab, 1, "switch --yes --consent pool:way", &two);
    let way = ["keeps `raidz1", "the pool way keeps its checkpoint", "--rewind-to-checkpoint way"];
    says(&text, &["no luck today"]);
    says(&text, &way);
    lab.ok("rm /run/fail");
    rewind(lab, "way");
    assert_eq!(layout(lab), before);
    holds(lab, "gone back to the checkpoint");
    lab.ok("cd /way/data && sha256sum --quiet -c sum");
    clear(lab, &["s4", "s5", "s6"]);
    run(lab, 0, "switch --yes --consent pool:way", &two);
    holds(lab, "two raidz");
    lab.ok("cd /way/data && sha256sum --quiet -c sum");
}
