//! Properties, limits and imports on the real OpenZFS: every word of a spec holds, what OpenZFS would refuse is
//! told when planning, and what people set before comes back. One machine for all; each case begins on blank disks.
//!
//! What OpenZFS answers to each word of each property stands in `tests/openzfs/recorded`, which
//! `tests/properties.rs` holds the table against without the lab; `PHOENIX_RECORD=1` writes it anew.
//! `PHOENIX_CASE` with a part of a case's name runs that one alone.

use crate::boot;
use phoenix_graph::{Target, property::Version};
use phoenix_lab::{MachineSpec, Session, mib, says};
use phoenix_specs::words;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs, panic,
    path::Path,
    time::Duration,
};

#[test]
fn what_a_spec_says_of_properties_is_so_or_told_before() {
    let spec = ["D0", "D1", "D2"].iter().fold(MachineSpec::new(), |spec, name| spec.disk(*name, mib(256)));
    let Some(lab) = &mut boot(spec.without_import()) else { return };
    // Pools are this system's, also after it was booted again.
    lab.ok("zgenhostid -f 11111111");
    let mut failed = Vec::new();
    for (name, case) in CASES.iter().filter(|(name, _)| asked(name)) {
        // All of them are told of in one run: a machine is slow to boot.
        if panic::catch_unwind(panic::AssertUnwindSafe(|| {
            lab.ok(CLEAN);
            case(lab);
        }))
        .is_err()
        {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

const DISK: &str = "/dev/disk/by-id/virtio-D";

/// Writes a spec of the pool `t1`.
fn put(lab: &Session, layout: &str, parts: &[&str]) {
    let parts = parts.join("\n    ");
    let text = format!("edition 1\nhost \"box\" {{ pool \"t1\" {{\n    {layout}\n    {parts}\n}} }}\n");
    lab.put("phoenix.kdl", text);
}

/// Writes a spec of the pool `t1` on one disk.
fn put_on_one(lab: &Session, parts: &[&str]) {
    put(lab, &format!("allow \"no-redundancy\"; disk \"{DISK}0\""), parts);
}

#[track_caller]
fn switch(lab: &Session, code: i32, parts: &[&str]) -> String {
    put_on_one(lab, parts);
    lab.exits(code, "switch --yes phoenix.kdl")
}

/// Sees that the host is what the spec says, and that nothing is left to do.
#[track_caller]
fn holds(lab: &Session) {
    lab.holds();
    lab.exits(0, "plan --detailed-exitcode phoenix.kdl");
}

/// Returns a property's value and its source.
#[track_caller]
fn shown(lab: &Session, property: &str, dataset: &str) -> String {
    lab.ok(&format!("zfs get -Hpo value,source {property} {dataset} | tr '\\t' ' '"))
}

/// Forgets everything: pools, state folder, what is on the disks.
const CLEAN: &str = r#"
cd /
zpool list -Ho name | while read -r pool; do zpool destroy -f "$pool"; done
for disk in /dev/vd?; do
    test $disk = "$(findmnt -no SOURCE /)" && continue
    test -e /dev/disk/by-id || continue
    case "$(readlink -f /dev/disk/by-id/virtio-D*)" in *$disk*) ;; *) continue ;; esac
    for part in $disk?*; do test -e $part && zpool labelclear -f $part; done
    wipefs -qa $disk; blockdev --rereadpt $disk
done
udevadm settle
rm -rf /var/lib/phoenix /srv /vault /etc/zfs/keys /t1; mkdir -p /srv /etc/zfs/keys
true
"#;

type Case = (&'static str, fn(&mut Session));

const CASES: &[Case] = &[
    ("every word of every property is answered as recorded", every_word_is_answered),
    ("every word of every property holds, or is told before", every_word_holds),
    ("two words of one value hold", two_words_of_one_value),
    ("a pool whose name no new one may have is foreign", foreign_names),
    ("what a pool boots from is said once it is there", boot_from),
    ("names without room for a snapshot change and are put away", long_names),
    ("a pool below another folder is told", altroot),
    ("a key in a dataset that is mounted first is found there", key_in_a_dataset),
    ("replication goes on over a replica", replicas),
    ("a snapshot that a receive renamed is told and collected", renamed_snapshots),
    ("what was set by hand or received comes back", given_back),
    ("limits below what is used are told", limits),
    ("a full pool goes back", full_pool),
    ("what reserves its space changes where no snapshot of it has room", reserved),
    ("a mount point that is a link is told", links),
    ("a pool that lacks devices is told, and not forced", lacking),
    ("a pool that another system used last is told, and not forced", elsewhere),
];

fn asked(name: &str) -> bool {
    environment("PHOENIX_CASE").is_none_or(|part| name.contains(&part))
}

#[expect(clippy::disallowed_methods, reason = "a test is told by its environment what to do")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn every_word_is_answered(lab: &mut Session) {
    lab.put("words", words::script(&words::all()));
    let said = lab.run_within("bash /root/words", Duration::from_secs(1200)).out();
    let version: Version = lab.ok("zfs version").parse().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/openzfs/recorded/properties-{version}.txt"));
    if environment("PHOENIX_RECORD").is_some() {
        fs::write(&path, &said).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap();
    let recorded: BTreeSet<&str> = recorded.lines().collect();
    let said: BTreeSet<&str> = said.lines().collect();
    let other: Vec<_> = said.symmetric_difference(&recorded).collect();
    assert!(other.is_empty(), "answered otherwise than recorded: {other:#?}");
}

/// What is left to the recorded answers: it wants a key, SELinux, Samba or an NFS server, or more of the spec.
const APART: &[&str] = &[
    "encryption",
    "keyformat",
    "keylocation",
    "pbkdf2iters",
    "context",
    "defcontext",
    "fscontext",
    "rootcontext",
    "sharenfs",
    "sharesmb",
    "mlslabel",
    "version",
    "zoned",
    "volsize",
    "normalization",
    "utf8only",
    "mountpoint",
    "canmount",
];

fn every_word_holds(lab: &mut Session) {
    let version: Version = lab.ok("zfs version").parse().unwrap();
    let wanted = |word: &&words::Word| word.target != Target::Pool && !APART.contains(&word.row.name);
    let all = words::all();
    let is_there = |word: &words::Word| word.row.since_with(&word.row.parse(&word.word).unwrap()) <= version;
    let mut columns: BTreeMap<(Target, usize), String> = BTreeMap::new();
    let mut counts: BTreeMap<(Target, &str), usize> = BTreeMap::new();
    for word in all.iter().filter(wanted).filter(|word| is_there(word)) {
        let count = counts.entry((word.target, word.row.name)).or_default();
        *count += 1;
        // What file systems and volumes share is tried on file systems.
        if word.target == Target::Volume && *count > 16 {
            continue;
        }
        write!(columns.entry((word.target, *count)).or_default(), " {}", said(word)).unwrap();
    }
    let part = |((target, at), settings): (&(Target, usize), &String)| match target {
        Target::Volume => format!("volume \"v{at}\" size=\"16M\" sparse=#true{settings}"),
        _ => format!("dataset \"f{at}\"{settings}"),
    };
    let parts: Vec<String> = columns.iter().map(part).collect();
    switch(lab, 0, &parts.iter().map(String::as_str).collect::<Vec<_>>());
    holds(lab);
    // What came later is told by name, and nothing is begun.
    let later: Vec<&words::Word> = all.iter().filter(wanted).filter(|word| !is_there(word)).collect();
    let one = |(at, word): (usize, &&words::Word)| match word.target {
        Target::Volume => format!("volume \"l{at}\" size=\"16M\" sparse=#true {}", said(word)),
        _ => format!("dataset \"l{at}\" {}", said(word)),
    };
    let parts: Vec<String> = later.iter().enumerate().map(one).collect();
    let told = switch(lab, 4, &parts.iter().map(String::as_str).collect::<Vec<_>>());
    for (at, word) in later.iter().enumerate() {
        let kind = if word.target == Target::Volume { "volume" } else { "dataset" };
        says(&told, &[&format!("{kind}:t1/l{at}"), &word.name]);
    }
}

/// A word as a spec writes it.
fn said(word: &words::Word) -> String {
    let value = match &*word.word {
        "on" if word.row.from_bool(true).is_some() => "#true".to_owned(),
        "off" if word.row.from_bool(false).is_some() => "#false".to_owned(),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => number.to_owned(),
        text => format!("{text:?}"),
    };
    format!("\"{}\"={value}", word.name)
}

fn two_words_of_one_value(lab: &mut Session) {
    let settings = "compression=\"zstd-fast-1\" acltype=\"posixacl\" xattr=\"sa\" aclinherit=\"secure\" mountpoint=\"/srv//a/\"";
    let default = "cachefile \"/etc/zfs/zpool.cache\"";
    switch(lab, 0, &[default, &format!("dataset \"a\" {settings}")]);
    holds(lab);
    assert_eq!(shown(lab, "compression", "t1/a"), "zstd-fast local");
    // Pools: one word after the other.
    let settings = "autotrim #true; comment \"for people\"; failmode \"continue\"; listsnapshots #true; \
                    delegation #false; autoexpand #true; autoreplace #true; multihost #true";
    for pool in ["cachefile \"none\"", "cachefile \"/etc/zfs/other.cache\"", settings, default, ""] {
        switch(lab, 0, &[pool, "dataset \"a\""]);
        holds(lab);
    }
    let unknown = "feature@no_such_thing \"enabled\"";
    says(&switch(lab, 4, &[unknown, "dataset \"a\""]), &["no such feature"]);
    switch(lab, 0, &["feature@async_destroy \"enabled\"", "dataset \"a\""]);
    holds(lab);
    if lab.ok("zfs version").contains("zfs-2.1") {
        says(
            &switch(lab, 4, &["dedup_table_quota \"1G\"", "dataset \"a\""]),
            &["has no property dedup_table_quota"],
        );
    }
}

fn foreign_names(lab: &mut Session) {
    switch(lab, 0, &["dataset \"a\""]);
    lab.ok(&format!(
        "zpool create c3po {DISK}1 && zpool create -o version=28 'a b' {DISK}2 && zfs create c3po/x"
    ));
    says(&lab.exits(0, "status"), &["pool:c3po"]);
    lab.exits(0, "plan phoenix.kdl");
    lab.exits(0, "gc --dry-run");
    lab.exits(0, "import --live --pool t1");
    says(&lab.exits(0, "import --live"), &["c3po"]);
    switch(lab, 0, &["dataset \"a\" atime=#false"]);
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.ok("zfs list -Ho name -r c3po"), "c3po\nc3po/x");
}

fn boot_from(lab: &mut Session) {
    let root =
        "dataset \"ROOT\" mountpoint=\"none\" { dataset \"deb\" canmount=\"noauto\" mountpoint=\"/rt\" }";
    let parts = ["bootfs \"t1/ROOT/deb\"", root];
    switch(lab, 0, &parts);
    holds(lab);
    let bootfs = || lab.ok("zpool get -Ho value bootfs t1");
    assert_eq!(bootfs(), "t1/ROOT/deb");
    lab.ok(CLEAN);
    switch(lab, 0, &["dataset \"z\""]);
    switch(lab, 0, &parts);
    holds(lab);
    assert_eq!(bootfs(), "t1/ROOT/deb");
    lab.exits(0, "rollback --yes");
    assert_eq!(bootfs(), "-");
    says(&switch(lab, 4, &["bootfs \"t1/no\"", root]), &["no such file system"]);
}

fn long_names(lab: &mut Session) {
    let (n, m) = ("n".repeat(245), "m".repeat(238));
    let both = |words: &str| [format!("dataset \"{n}\"{words}"), format!("dataset \"{m}\"")];
    let switch = |parts: &[String]| switch(lab, 0, &parts.iter().map(String::as_str).collect::<Vec<_>>());
    switch(&both(""));
    lab.ok(&format!("echo precious >/t1/{m}/file"));
    says(&switch(&both(" atime=#false")), &["leaves no room"]);
    holds(lab);
    switch(&[format!("dataset \"{n}\"")]);
    assert_eq!(shown(lab, "atime", &format!("t1/{n}")), "on default");
    lab.exits(0, "rollback --yes");
    assert_eq!(lab.ok(&format!("cat /t1/{m}/file")), "precious");
    lab.exits(0, "status");
}

fn altroot(lab: &mut Session) {
    let parts = ["dataset \"e\" mountpoint=\"/srv/e\""];
    switch(lab, 0, &parts);
    lab.ok("zpool export t1; mkdir -p /mnt/r; zpool import -d /dev/disk/by-id -R /mnt/r t1");
    says(&lab.exits(0, "status"), &["altroot=/mnt/r", "zpool export t1"]);
    switch(lab, 0, &parts);
    says(&switch(lab, 4, &["dataset \"e\" mountpoint=\"/srv/e\" atime=#false"]), &["altroot=/mnt/r"]);
    assert_eq!(shown(lab, "mountpoint", "t1/e"), "/mnt/r/srv/e local");
    lab.ok("zpool export t1 && zpool import -d /dev/disk/by-id t1");
    switch(lab, 0, &parts);
    assert_eq!(shown(lab, "mountpoint", "t1/e"), "/srv/e local");
    // And no spec brings it about.
    says(&switch(lab, 3, &["altroot \"/mnt/alt\""]), &["altroot"]);
}

fn key_in_a_dataset(lab: &mut Session) {
    lab.ok("head -c 32 /dev/urandom >/etc/zfs/keys/outer");
    let key = "encryption=#true keyformat=\"raw\" keylocation=";
    let vault = format!("dataset \"vault\" mountpoint=\"/vault\" {key}\"file:///etc/zfs/keys/outer\"");
    let inner = format!("dataset \"inner\" {key}\"file:///vault/inner\"");
    switch(lab, 0, &[&vault]);
    lab.ok("head -c 32 /dev/urandom >/vault/inner");
    switch(lab, 0, &[&vault, &inner]);
    lab.ok("echo precious >/t1/inner/file && zpool export t1 && zpool import -d /dev/disk/by-id t1");
    assert_eq!(shown(lab, "keystatus", "t1/inner"), "unavailable -");
    switch(lab, 0, &[&vault, &inner]);
    assert_eq!(lab.ok("cat /t1/inner/file"), "precious");
    holds(lab);
}

/// Makes a pool that sends, and receives what it has into `t1/backups/src`.
fn source(lab: &Session) {
    lab.ok(&format!(
        "zpool create bk {DISK}1 && zfs create -o canmount=on bk/src && zfs snapshot bk/src@auto1 && zfs snapshot bk/src@auto2"
    ));
    switch(lab, 0, &["dataset \"backups\""]);
    lab.ok("zfs send -R bk/src@auto2 | zfs receive t1/backups/src");
}

fn replicas(lab: &mut Session) {
    source(lab);
    let said = |words: &str| format!("dataset \"backups\" {{ dataset \"src\"{words} {{ adopt; replica }} }}");
    switch(lab, 0, &[&said("")]);
    switch(lab, 0, &[&said(" atime=#false")]);
    lab.ok("touch /t1/backups/src/f && zfs snapshot bk/src@auto3");
    lab.ok("zfs send -i @auto2 bk/src@auto3 | zfs receive -F t1/backups/src");
    lab.ok("zfs snapshot bk/src@auto4 && zfs send -R -I @auto3 bk/src@auto4 | zfs receive -F t1/backups/src");
    switch(lab, 0, &[&said(" atime=#false")]);
    holds(lab);
}

fn renamed_snapshots(lab: &mut Session) {
    source(lab);
    // One more, whose stream brings no property: nothing says of it that replication writes to it.
    lab.ok("zfs create bk/plain && zfs snapshot bk/plain@auto2 && zfs send -R bk/plain@auto2 | zfs receive t1/backups/plain");
    let said = |size: &str| {
        let inside = ["src", "plain"].map(|name| format!("dataset \"{name}\" {size} {{ adopt }}")).join("; ");
        format!("dataset \"backups\" {{ {inside} }}")
    };
    let adopted = switch(lab, 0, &[&said("atime=#false")]);
    says(&adopted, &["t1/backups/src", "zfs receive -F"]);
    switch(lab, 0, &[&said("atime=#false recordsize=\"64K\"")]);
    for name in ["src", "plain"] {
        lab.ok(&format!("touch /t1/backups/{name}/f && zfs snapshot bk/{name}@auto3"));
        let send =
            |how: &str| format!("zfs send {how} @auto2 bk/{name}@auto3 | zfs receive -F t1/backups/{name}");
        assert!(!lab.run(&send("-i")).ok(), "a held snapshot stands in the way");
        // It renames what stands in the way, has it go with its last hold, and fails all the same.
        lab.run(&send("-R -I"));
        let renamed = lab.ok(&format!("zfs list -Ho name,defer_destroy -t snapshot -r t1/backups/{name}"));
        assert!(renamed.lines().any(|line| line.contains("@recv-") && line.ends_with("on")), "{renamed}");
    }
    let status = lab.phoenix("status").out();
    for name in ["src", "plain"] {
        let told = |part: &str| part.contains(&format!("t1/backups/{name}")) && part.contains("@recv-");
        assert!(status.split("warning").any(told), "{name}: {status}");
    }
    for size in ["32K", "16K", "8K"] {
        switch(lab, 0, &[&said(&format!("atime=#false recordsize=\"{size}\""))]);
    }
    lab.exits(0, "gc --keep 1 --yes");
    let left = lab.ok("zfs list -Ho name -t snapshot -r t1/backups");
    assert!(!left.contains("@recv-"), "{left}");
    lab.exits(0, "verify");
}

fn given_back(lab: &mut Session) {
    lab.ok(&format!(
        "zpool create bk {DISK}1 && zfs create -o compression=zstd -o atime=off -o quota=100M bk/src && \
         zfs snapshot bk/src@one"
    ));
    switch(lab, 0, &["dataset \"b\""]);
    lab.ok("zfs set compression=zstd t1/b && zfs set recordsize=64K t1/b && zfs set quota=90M t1/b");
    lab.ok("zfs send -p bk/src@one | zfs receive t1/c");
    let received = || ["compression", "atime", "quota"].map(|name| shown(lab, name, "t1/c"));
    let before = received();
    assert_eq!(before, ["zstd received", "off received", "104857600 received"]);
    switch(lab, 0, &["dataset \"b\"", "dataset \"c\" { adopt }"]);
    let said = "compression=\"lz4\" atime=#false quota=\"80M\"";
    switch(lab, 0, &[&format!("dataset \"b\" {said}"), &format!("dataset \"c\" {said} {{ adopt }}")]);
    assert_eq!(received(), ["lz4 local", "off received", "83886080 local"]);
    holds(lab);
    lab.exits(0, "rollback --yes");
    assert_eq!(received(), before);
    assert_eq!(
        ["compression", "recordsize", "quota", "atime"].map(|name| shown(lab, name, "t1/b")),
        ["zstd local", "65536 local", "94371840 local", "on default"]
    );
    lab.exits(0, "status");
    // A switch that fails gives the same back.
    let adopted = format!("dataset \"c\" {said} {{ adopt }}");
    put_on_one(lab, &[&adopted, "dataset \"d\" mountpoint=\"/srv/file/d\""]);
    lab.ok("touch /srv/file");
    let output = lab.phoenix("switch --yes phoenix.kdl");
    assert!(!output.ok(), "{}", output.out());
    assert_eq!(received(), before, "{}", output.out());
}

fn limits(lab: &mut Session) {
    let all = |words: &str| format!("dataset \"b\" {words} {{ dataset \"c\" }}");
    switch(lab, 0, &[&all("")]);
    lab.ok("head -c 8M /dev/urandom >/t1/b/file && zfs set quota=60M t1 && sync && zpool sync");
    for limit in ["quota", "refquota"] {
        let told = switch(lab, 4, &[&all(&format!("{limit}=\"4M\""))]);
        says(&told, &[&format!("{limit} would be 4M"), "zfs list -o space"]);
        // And that is what OpenZFS says, too.
        assert!(!lab.run(&format!("zfs set {limit}=4M t1/b")).ok());
    }
    for limit in ["reservation", "refreservation"] {
        let told = switch(lab, 4, &[&all(&format!("{limit}=\"70M\""))]);
        says(&told, &[&format!("{limit} would be 70M")]);
        assert!(!lab.run(&format!("zfs set {limit}=70M t1/b")).ok());
    }
    lab.ok("zfs set reservation=30M t1/b");
    switch(lab, 0, &[&all("quota=\"40M\" refquota=\"40M\" refreservation=\"10M\"")]);
    holds(lab);
    let told = switch(lab, 4, &[&all("quota=\"25M\" refquota=\"25M\" refreservation=\"10M\"")]);
    says(&told, &["it reserves 30M"]);
}

/// Fills a pool until OpenZFS itself takes no snapshot any more. Files alone do not get there: for a write it wants
/// 24 times its size free, and for a snapshot 144 KiB. Properties may use half of what it keeps for itself.
const FILL: &str = r#"
head -c 400M /dev/zero >/t1/b/file; head -c 1M /dev/zero >/t1/b/more; sync; zpool sync
text() { head -c 4000 /dev/urandom | od -An -vtx1 | tr -d ' \n'; }
for one in $(seq 12); do
    zfs set fill:a$one=$(text) fill:b$one=$(text) fill:c$one=$(text) fill:d$one=$(text) fill:e$one=$(text) t1
done
# What the last transactions freed comes back.
for one in 1 2 3 4; do zpool sync; done
"#;

fn full_pool(lab: &mut Session) {
    switch(lab, 0, &["dataset \"b\" compression=#false"]);
    switch(lab, 0, &["dataset \"b\" compression=#false atime=#false"]);
    lab.ok(FILL);
    assert!(
        !lab.run("zfs snapshot t1/b@x").ok(),
        "the pool is not full: {}",
        lab.ok("zfs list; zpool list -p")
    );
    says(
        &switch(lab, 4, &["dataset \"b\" compression=#false atime=#false { dataset \"new\" }"]),
        &["is full", "t1/b/new"],
    );
    says(&switch(lab, 4, &["dataset \"other\""]), &["is full"]);
    says(&lab.exits(0, "rollback --yes"), &["no snapshots are taken"]);
    assert_eq!(shown(lab, "atime", "t1/b"), "on default");
    switch(lab, 0, &["dataset \"b\" compression=#false exec=#false"]);
    holds(lab);
    lab.exits(0, "gc --keep 1 --yes");
    lab.ok("rm /t1/b/file && zpool sync");
    switch(lab, 0, &["dataset \"b\" compression=#false { dataset \"new\" }"]);
}

fn reserved(lab: &mut Session) {
    let volume = |words: &str| format!("volume \"v\" size=\"80M\" compression=#false{words}");
    switch(lab, 0, &[&volume(""), "dataset \"b\""]);
    lab.ok("dd if=/dev/zero of=/dev/zvol/t1/v bs=1M count=60 oflag=direct 2>&1 && sync && zpool sync");
    assert!(!lab.run("zfs snapshot t1/v@x").ok(), "{}", lab.ok("zfs list -o space"));
    let told = switch(lab, 0, &[&volume(" primarycache=\"metadata\""), "dataset \"b\" atime=#false"]);
    says(&told, &["volume:t1/v", "reserves space for itself"]);
    let snapshots = lab.ok("zfs list -Ht snapshot -o name");
    assert!(snapshots.contains("t1/b@") && !snapshots.contains("t1/v@"), "{snapshots}");
    holds(lab);
    lab.exits(0, "rollback --yes");
    assert_eq!(shown(lab, "primarycache", "t1/v"), "all default");
}

fn links(lab: &mut Session) {
    lab.ok("mkdir -p /srv/real && ln -s /srv/real /srv/link");
    says(
        &switch(lab, 4, &["dataset \"b\" mountpoint=\"/srv/link/b\""]),
        &["/srv/link is a link to /srv/real"],
    );
    switch(lab, 0, &["dataset \"b\" mountpoint=\"/srv/b/deep\""]);
    // Somebody makes it one later: what is mounted stays, and it is told.
    lab.ok("zfs unmount t1/b && rmdir /srv/b/deep && mv /srv/b /srv/real/b && ln -s /srv/real/b /srv/b && mkdir /srv/real/b/deep && zfs mount t1/b");
    says(&lab.phoenix("status").out(), &["/srv/b is a link to /srv/real/b"]);
}

fn lacking(lab: &mut Session) {
    let layout = format!("mirror {{ disk \"{DISK}0\"; disk \"{DISK}1\" }}; log {{ disk \"{DISK}2\" }}");
    put(lab, &layout, &["dataset \"a\""]);
    lab.exits(0, "switch --yes phoenix.kdl");
    let lose = |disk: &str| {
        lab.ok(&format!(
            "zpool labelclear -f $(readlink -f {DISK}{disk}-part1); wipefs -qa {DISK}{disk}; udevadm settle"
        ));
    };
    lab.ok("echo precious >/t1/a/file && zpool export t1");
    says(&lab.exits(0, "plan phoenix.kdl"), &["1 to import"]);
    lose("2");
    says(&lab.exits(4, "switch --yes phoenix.kdl"), &["intent log is not there", "-m t1", "virtio-D2"]);
    lab.ok("zpool import -d /dev/disk/by-id -m t1 && zpool remove t1 $(zpool status t1 | awk '/logs/ { getline; print $1 }') && zpool export t1");
    put(lab, &format!("mirror {{ disk \"{DISK}0\"; disk \"{DISK}1\" }}"), &["dataset \"a\""]);
    // Without one half of a mirror it is imported.
    lose("1");
    says(&lab.exits(0, "plan phoenix.kdl"), &["1 to import"]);
    lab.ok("zpool import -d /dev/disk/by-id t1 && cat /t1/a/file && zpool export t1");
    lab.ok(CLEAN);
    let layout = format!("allow \"no-redundancy\"; disk \"{DISK}0\"; disk \"{DISK}1\"");
    put(lab, &layout, &["dataset \"a\""]);
    lab.exits(0, "switch --yes phoenix.kdl");
    lab.ok("zpool export t1");
    lose("1");
    says(&lab.exits(4, "switch --yes phoenix.kdl"), &["cannot be imported", "bring those disks back"]);
}

fn elsewhere(lab: &mut Session) {
    switch(lab, 0, &["dataset \"a\""]);
    lab.ok("echo precious >/t1/a/file && zpool sync && sync && cp /etc/hostid /root/hostid");
    lab.boot_again();
    // It is this system's own: nothing stands in the way.
    says(&lab.exits(0, "plan phoenix.kdl"), &["1 to import"]);
    lab.ok("echo 572662306 >/sys/module/spl/parameters/spl_hostid");
    says(&lab.exits(4, "switch --yes phoenix.kdl"), &["another system used the pool last", "-f t1"]);
    assert!(!lab.run("zpool import -d /dev/disk/by-id t1").ok(), "OpenZFS refuses it, too");
    lab.ok("zpool import -d /dev/disk/by-id -f t1");
    assert_eq!(lab.ok("cat /t1/a/file"), "precious");
    lab.exits(0, "status");
}
