//! Every profile of the standard library does what its comment says, under the node it is for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{Memory, facts};
use phoenix_compiler::{SpecPath, compile, stdlib};
use std::collections::BTreeSet;

/// A profile, what stands in the dataset that uses it, and what comes of it: a resource and facts.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const DATASET: &str = "dataset:tank/x";
const STORAGE: &str = "storage:tank-x";
const EXPORT: &str = "export:/tank/x";
const REGISTERED: &str = "proxmox \"tank-x\"";
const EXPORTED: &str = "export { client \"10.0.0.1\" }";

const CASES: &[Case] = &[
    ("vm-disks", REGISTERED, &[(DATASET, &["recordsize=131072"]), (STORAGE, &["zfspool", "content=images"])]),
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
    ("database-log", "", &[(DATASET, &["recordsize=131072", "logbias=latency", "sync=standard"])]),
    ("database-dumps", "", &[(DATASET, &["recordsize=1048576", "compression=zstd"])]),
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

/// Builds a spec that imports everything, and returns the resources with their facts.
fn build(on_pool: &str, inside: &str) -> Vec<String> {
    let imports: String = stdlib::FILES.iter().map(|(name, _)| format!("import \"std/{name}\"\n")).collect();
    let text = format!(
        "edition 1\n{imports}pool \"tank\" {on_pool} {{\n    mirror {{ disk \"/dev/disk/by-id/a\"; disk \"/dev/disk/by-id/b\" }}\n    {inside}\n}}\n"
    );
    let compiled = compile(&Memory::one(&text), &SpecPath::new("spec.kdl").unwrap());
    assert!(compiled.diagnostics.is_empty(), "{text}\n{}", common::rendered(&compiled));
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
}

#[test]
fn no_profile_is_left_out_and_no_name_stands_in_two_files() {
    let mut known = BTreeSet::new();
    for profile in stdlib::FILES.iter().flat_map(|(name, _)| stdlib::profiles(name)) {
        assert!(known.insert(profile.name.clone()), "{} stands twice", profile.name);
    }
    let tested: BTreeSet<String> = CASES.iter().chain(POOLS).map(|case| case.0.to_owned()).collect();
    assert_eq!(known, tested);
}
