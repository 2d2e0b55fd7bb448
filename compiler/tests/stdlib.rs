//! Every profile of the standard library does what its comment says, under the node it is for.

use phoenix_compiler::{SpecPath, compile, stdlib};
use phoenix_specs::{Memory, facts};
use std::collections::BTreeSet;

/// A profile, what stands in the dataset that uses it, and what comes of it: a resource and facts.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const DATASET: &str = "dataset:tank/x";
const STORAGE: &str = "storage:tank-x";
const SNAPSHOTS: &str = "snapshots:tank/x";
const EXPORT: &str = "export:/tank/x";
const REGISTERED: &str = "proxmox \"tank-x\"";
const EXPORTED: &str = "export { client \"10.0.0.1\" }";

const CASES: &[Case] = &[
    ("vm-disks", REGISTERED, &[(DATASET, &["recordsize=131072"]), (STORAGE, &["zfspool", "content=images"])]),
    (
        "vm-images",
        "with cluster=\"128K\"; proxmox \"tank-x\"",
        &[(DATASET, &["recordsize=131072", "atime=off"]), (STORAGE, &["dir", "content=images"])],
    ),
    (
        "lxc-disks",
        REGISTERED,
        &[(DATASET, &["recordsize=16384"]), (STORAGE, &["zfspool", "content=rootdir"])],
    ),
    (
        "backups",
        REGISTERED,
        &[(DATASET, &["recordsize=1048576", "zstd"]), (STORAGE, &["dir", "content=backup"])],
    ),
    ("iso", REGISTERED, &[(DATASET, &["recordsize=1048576"]), (STORAGE, &["dir", "content=iso,vztmpl"])]),
    ("guest-disks", REGISTERED, &[(STORAGE, &["zfspool", "content=images,rootdir"])]),
    ("imports", REGISTERED, &[(STORAGE, &["dir", "content=import,snippets"])]),
    ("backup-server", "", &[(DATASET, &["recordsize=1048576", "atime=on", "relatime=on"])]),
    ("shared-data", EXPORTED, &[(DATASET, &["recordsize=131072", "atime=off"]), (EXPORT, &["rw", "async"])]),
    (
        "shared-database",
        EXPORTED,
        &[(DATASET, &["recordsize=16384", "sync=always"]), (EXPORT, &["rw", "sync"])],
    ),
    ("bulk-data", EXPORTED, &[(DATASET, &["recordsize=1048576"]), (EXPORT, &["rw", "async"])]),
    ("shared-home", EXPORTED, &[(DATASET, &["acltype=posix", "xattr=sa"]), (EXPORT, &["rw", "sync"])]),
    ("published", EXPORTED, &[(DATASET, &["recordsize=1048576"]), (EXPORT, &["ro"])]),
    ("shared-backups", EXPORTED, &[(DATASET, &["compression=zstd"]), (EXPORT, &["rw", "sync"])]),
    ("postgres", "with page=\"8K\"", &[(DATASET, &["recordsize=8192", "sync=standard"])]),
    ("mysql", "", &[(DATASET, &["recordsize=16384", "sync=standard"])]),
    ("sqlite", "", &[(DATASET, &["recordsize=65536", "compression=lz4", "sync=standard", "atime=off"])]),
    ("database-log", "", &[(DATASET, &["recordsize=131072", "logbias=latency", "sync=standard"])]),
    ("database-dumps", "", &[(DATASET, &["recordsize=1048576", "compression=zstd"])]),
    (
        "snapshots-irreplaceable",
        "",
        &[(SNAPSHOTS, &["hourly=24", "daily=14", "weekly=8", "monthly=12", "yearly=3"])],
    ),
    (
        "snapshots-important",
        "snapshots hourly=48",
        &[(SNAPSHOTS, &["hourly=48", "daily=7", "weekly=4", "monthly=6"])],
    ),
    ("snapshots-replaceable", "", &[(SNAPSHOTS, &["daily=3", "weekly=2", "monthly=1"])]),
    ("snapshots-databases", "", &[(SNAPSHOTS, &["hourly=48", "daily=7"])]),
    (
        "snapshots-databases",
        "with flush=\"/usr/local/sbin/flush\"",
        &[(SNAPSHOTS, &["pre_snapshot_script=/usr/local/sbin/flush", "no_inconsistent_snapshot=yes"])],
    ),
    ("snapshots-daily", "", &[(SNAPSHOTS, &["daily=7"])]),
    ("snapshots-none", "", &[(SNAPSHOTS, &["kept=none"])]),
];

/// All that these profiles come to, and nothing else: the whole line of the dataset.
const WHOLE: &[(&str, &str, &str)] = &[
    ("vm-images", "", "atime=off compression=lz4 recordsize=65536 sync=standard"),
    ("sqlite", "with page=\"4K\"", "atime=off compression=lz4 recordsize=4096 sync=standard"),
    ("torrents", "", "atime=off compression=lz4 recordsize=16384 sync=standard"),
    ("logs", "", "acltype=posix atime=off compression=zstd recordsize=1048576 sync=standard xattr=sa"),
    ("scratch", "", "atime=off compression=lz4 recordsize=131072 sync=disabled"),
    ("scratch", "with records=\"1M\"", "atime=off compression=lz4 recordsize=1048576 sync=disabled"),
    (
        "smb-share",
        "",
        "acltype=posix atime=off casesensitivity=insensitive compression=lz4 dnodesize=auto recordsize=131072 sync=standard xattr=sa",
    ),
    (
        "smb-share",
        "with names=\"sensitive\"",
        "acltype=posix atime=off casesensitivity=sensitive compression=lz4 dnodesize=auto recordsize=131072 sync=standard xattr=sa",
    ),
    (
        "time-machine",
        "",
        "acltype=posix atime=off compression=lz4 dnodesize=auto recordsize=1048576 sync=standard xattr=sa",
    ),
];

/// Profiles of pools.
const POOLS: &[Case] = &[
    (
        "flash",
        "",
        &[("pool:tank", &["ashift=12", "autotrim=on"]), ("dataset:tank", &["compression=lz4", "xattr=sa"])],
    ),
    ("spinning", "", &[("pool:tank", &["ashift=12", "autotrim=off"]), ("dataset:tank", &["atime=off"])]),
];

/// Profiles of what a machine mounts.
const MOUNTS: &[Case] = &[
    ("machine-mount", "", &[("mount:vm/201/x", &["vers=4.2", "nconnect=4", "noatime=on"])]),
    (
        "machine-mount",
        "with connections=16",
        &[("mount:vm/201/x", &["vers=4.2", "nconnect=16", "noatime=on"])],
    ),
];

/// Profiles of what a cluster of Kubernetes is told.
const CLUSTER: &[Case] = &[
    ("class-standard", "class", &[("class:x", &["iops=1000", "mbps=100", "reclaim=Retain", "ssd=true"])]),
    ("class-fast", "class", &[("class:x", &["mbps=500", "reclaim=Retain", "ssd=true"])]),
    ("class-scratch", "class", &[("class:x", &["mbps=200", "reclaim=Delete", "ssd=true"])]),
    ("claims-default", "namespace", &[("namespace:x", &["max=10737418240", "pod-security=baseline"])]),
    ("claims-expanded", "namespace", &[("namespace:x", &["max=107374182400", "pod-security=baseline"])]),
];

/// Builds a spec that imports everything, and returns the resources with their facts.
fn build(on_pool: &str, inside: &str) -> Vec<String> {
    build_beside(on_pool, inside, "")
}

fn build_beside(on_pool: &str, inside: &str, beside: &str) -> Vec<String> {
    let imports: String = stdlib::FILES.iter().map(|(name, _)| format!("import \"std/{name}\"\n")).collect();
    let text = format!(
        "edition 1\n{imports}pool \"tank\" {on_pool} {{\n    mirror {{ disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }}\n    {inside}\n}}\n{beside}"
    );
    let compiled = compile(&Memory::one(&text), &SpecPath::new("spec.kdl").unwrap());
    assert!(compiled.diagnostics.is_empty(), "{text}\n{}", phoenix_specs::rendered(&compiled));
    facts(compiled.hosts[0].graph.as_ref().unwrap())
}

#[track_caller]
fn holds((profile, _, wanted): &Case, found: &[String]) {
    for (key, facts) in *wanted {
        let line = found.iter().find(|line| line.split(' ').next() == Some(key));
        let line = line.unwrap_or_else(|| panic!("{profile}: no {key} in {found:#?}"));
        for fact in *facts {
            let words = || line.split([' ', '=', ',']);
            assert!(
                line.contains(fact) && (fact.contains(['=', ',']) || words().any(|word| word == *fact)),
                "{profile}: no {fact} in {line}"
            );
        }
    }
}

#[test]
fn every_profile_does_what_it_says() {
    for case in CASES {
        let (profile, inside, _) = case;
        holds(case, &build("", &format!("dataset \"x\" use=\"{profile}\" {{ {inside} }}")));
        let alone = format!("dataset \"x\" use=\"{profile}\"");
        let found = build("", &alone);
        let more = found.iter().filter(|line| line.starts_with("export:") || line.starts_with("storage:"));
        assert_eq!(more.count(), 0, "{profile} alone shares and registers nothing");
    }
    for case in POOLS {
        holds(case, &build(&format!("use=\"{}\"", case.0), ""));
    }
    for case in CLUSTER {
        let (profile, word, _) = case;
        let on = if *word == "class" { "on=\"k8s\"" } else { "" };
        let cluster =
            format!("kubernetes region=\"r\" zone=\"z\" {{ {word} \"x\" use=\"{profile}\" {on}; }}\n");
        let dataset = "dataset \"k8s\" quota=\"200G\" { proxmox \"k8s\" type=\"zfspool\"; }";
        holds(case, &build_beside("", dataset, &cluster));
    }
    for case in MOUNTS {
        let vm = format!("vm 201 use=\"{}\" at=\"/x\" server=\"10.0.0.9\" {{ {} }}", case.0, case.1);
        let found = build(
            "",
            &format!("dataset \"x\" {{ export {{ client \"10.0.0.1\" \"rw\" }}; bind {{ {vm} }} }}"),
        );
        holds(case, &found);
        let mount = found.iter().find(|line| line.starts_with("mount:")).unwrap();
        assert!(!mount.contains("soft"), "{}: {mount}", case.0);
    }
}

#[test]
fn a_profile_says_nothing_but_what_is_known_of_it() {
    for (profile, inside, facts) in WHOLE {
        let found = build("", &format!("dataset \"x\" use=\"{profile}\" {{ {inside} }}"));
        let line = found.iter().find(|line| line.starts_with("dataset:tank/x ")).unwrap();
        assert_eq!(*line, format!("{DATASET} {facts}"), "{profile}");
    }
}

#[test]
fn no_profile_is_left_out_and_no_name_stands_in_two_files() {
    let mut known = BTreeSet::new();
    for profile in stdlib::FILES.iter().flat_map(|(name, _)| stdlib::profiles(name)) {
        assert!(known.insert(profile.name.clone()), "{} stands twice", profile.name);
    }
    let tested = CASES
        .iter()
        .chain(POOLS)
        .chain(MOUNTS)
        .chain(CLUSTER)
        .map(|case| case.0)
        .chain(WHOLE.iter().map(|case| case.0));
    let tested: BTreeSet<String> = tested.map(str::to_owned).collect();
    assert_eq!(known, tested);
}
