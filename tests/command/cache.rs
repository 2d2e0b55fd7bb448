//! Building an unchanged spec again: the same outcome, whether the cache knows it or not.
//!
//! Whether it knew is seen from outside: compiling writes the entry anew, as another file under the
//! same name; knowing leaves it.

use super::common::{Ran, Sandbox};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::PathBuf,
};

const SPEC: &str = "edition 1
import \"std/sharing\"
import \"common.kdl\"
let unused 1
host \"a\" {
    pool \"tank\" {
        disk \"/dev/disk/by-id/a\"
        dataset \"shared\" use=\"shared-data\" quota=(let)\"size\" { export { client \"10.0.0.0/24\" } }
    }
}
host \"b\" { pool \"other\" { mirror { disk \"/dev/disk/by-id/b\"; disk \"/dev/disk/by-id/c\" } } }
";
const COMMON: &str = "edition 1\nlet size \"1G\"\n";

/// The imported file, as long as a spec must be to be worth an entry.
fn common() -> String {
    format!("{COMMON}{}", "// a long word about sizes\n".repeat(620))
}

/// A folder with the spec.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.write("common.kdl", &common());
    sandbox
}

/// What a build is to those who asked for it: what it printed, and its links.
type Outcome = (i32, String, String, Vec<(String, PathBuf)>);

fn outcome(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    for name in ["result-a", "result-b"] {
        let _ = fs::remove_file(sandbox.path().join(name));
    }
    let Ran { code, out, err, .. } = sandbox.sim(&[&["build"], args].concat());
    let link = |name: &str| {
        let found = fs::read_link(sandbox.path().join(name)).ok()?;
        Some((name.to_owned(), found.strip_prefix(sandbox.path()).unwrap().to_owned()))
    };
    (code, out, err, ["result-a", "result-b"].into_iter().filter_map(link).collect())
}

fn cache(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("sim/state/cache")
}

/// The entries of the cache, each with the number of its file.
fn entries(sandbox: &Sandbox) -> BTreeMap<PathBuf, u64> {
    let entries = fs::read_dir(cache(sandbox)).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    entries
        .into_iter()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let number = fs::metadata(&path).unwrap().ino();
            (path, number)
        })
        .collect()
}

/// What the same build comes to where nothing was built before.
fn afresh(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let fresh = Sandbox::new();
    for (path, text) in sandbox.tree("") {
        let name = path.strip_prefix(sandbox.path()).unwrap().to_str().unwrap();
        if name.ends_with(".kdl") && !name.starts_with("sim") {
            fresh.write(name, &text);
        }
    }
    outcome(&fresh, args)
}

#[track_caller]
fn hits(sandbox: &Sandbox, args: &[&str]) {
    let before = entries(sandbox);
    let found = outcome(sandbox, args);
    assert_eq!(entries(sandbox), before, "nothing was compiled");
    assert!(!before.is_empty());
    assert_eq!(found, afresh(sandbox, args));
}

#[track_caller]
fn misses(sandbox: &Sandbox, args: &[&str]) {
    let before = entries(sandbox);
    let found = outcome(sandbox, args);
    assert_ne!(entries(sandbox), before, "it was compiled, and kept anew");
    assert_eq!(found, afresh(sandbox, args));
}

#[test]
fn what_the_cache_knows_names_files_from_the_working_folder_too() {
    let sandbox = Sandbox::new();
    sandbox.write("hosts/x/phoenix.kdl", SPEC);
    sandbox.write("hosts/x/common.kdl", &common());
    misses(&sandbox, &["hosts/x"]);
    hits(&sandbox, &["hosts/x"]);
    hits(&sandbox, &["hosts/x", "--json"]);
    assert!(outcome(&sandbox, &["hosts/x"]).2.contains("[hosts/x/phoenix.kdl:"), "a warning has a place");
    assert!(outcome(&sandbox, &["hosts/x", "--json"]).2.contains("\"file\":\"hosts/x/phoenix.kdl\""));
}

#[test]
fn an_unchanged_spec_is_built_from_the_cache_with_the_same_outcome() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    let objects = sandbox.tree("sim/state/store");
    for args in [&[][..], &["--json"], &["--host", "a"], &["--host", "b", "--json"], &["."]] {
        hits(&sandbox, args);
    }
    assert_eq!(sandbox.tree("sim/state/store"), objects);
    // A date is no change.
    sandbox.write("common.kdl", &common());
    hits(&sandbox, &[]);
}

#[test]
fn warnings_are_told_again_and_denied_again() {
    let sandbox = sandbox();
    for args in [&[][..], &["--json"], &["--deny", "warnings"], &["--deny", "warnings", "--json"]] {
        let denied = args.contains(&"warnings");
        let first = outcome(&sandbox, args);
        assert!(first.2.contains("unused-let") && first.2.contains("no-redundancy"), "{}", first.2);
        assert_eq!(first.0, if denied { 3 } else { 0 });
        assert_eq!(outcome(&sandbox, args), first);
        assert_eq!(afresh(&sandbox, args), first);
    }
    // Nothing is denied where nothing is warned of.
    sandbox.edit("phoenix.kdl", "let unused 1\n", "allow \"no-redundancy\"\n");
    misses(&sandbox, &["--deny", "warnings"]);
    hits(&sandbox, &["--deny", "warnings"]);
}

#[test]
fn a_changed_byte_anywhere_is_compiled() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    sandbox.edit("phoenix.kdl", "by-id/a", "by-id/d");
    misses(&sandbox, &[]);
    sandbox.edit("common.kdl", "1G", "2G");
    misses(&sandbox, &[]);
    sandbox.write("more.kdl", "edition 1\nlet more \"1\"\n");
    sandbox.edit("common.kdl", "edition 1\n", "edition 1\nimport \"more.kdl\"\n");
    misses(&sandbox, &[]);
    sandbox.edit("more.kdl", "\"1\"", "\"2\"");
    misses(&sandbox, &[]);
    hits(&sandbox, &[]);
    // With an error nothing is kept, and nothing that was kept is told.
    sandbox.edit("common.kdl", "2G", "much");
    let before = entries(&sandbox);
    let broken = outcome(&sandbox, &[]);
    assert_eq!((broken.0, &broken.3), (3, &Vec::new()));
    assert_eq!(entries(&sandbox), before);
    assert_eq!(broken, afresh(&sandbox, &[]));
    sandbox.edit("common.kdl", "much", "2G");
    hits(&sandbox, &[]);
    fs::remove_file(sandbox.path().join("more.kdl")).unwrap();
    let gone = outcome(&sandbox, &[]);
    assert_eq!(gone.0, 3);
    assert_eq!(gone, afresh(&sandbox, &[]));
}

#[test]
fn a_link_out_of_the_folder_is_refused_though_it_has_the_same_bytes() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("common.kdl"), common()).unwrap();
    fs::remove_file(sandbox.path().join("common.kdl")).unwrap();
    symlink(elsewhere.path().join("common.kdl"), sandbox.path().join("common.kdl")).unwrap();
    let refused = outcome(&sandbox, &[]);
    assert_eq!(refused.0, 3);
    assert!(refused.2.contains("outside the spec's folder"), "{}", refused.2);
}

#[test]
fn a_cache_that_is_lost_or_damaged_is_made_anew() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    fs::remove_dir_all(cache(&sandbox)).unwrap();
    misses(&sandbox, &[]);
    let entry = entries(&sandbox).into_keys().next().unwrap();
    let whole = fs::read(&entry).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    for bytes in [&b""[..], &whole[..whole.len() - 1], &damaged] {
        fs::write(&entry, bytes).unwrap();
        misses(&sandbox, &[]);
        hits(&sandbox, &[]);
    }
}

#[test]
fn what_the_store_lacks_is_compiled_and_put_right() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    let whole = sandbox.tree("sim/state/store");
    let objects = whole.iter().filter(|(path, _)| path.is_file());
    let mut lacked = 0;
    for (path, _) in objects {
        fs::remove_file(path).unwrap();
        misses(&sandbox, &[]);
        assert_eq!(sandbox.tree("sim/state/store"), whole);
        hits(&sandbox, &[]);
        lacked += 1;
    }
    // Two pools, a dataset and its export; two systems; two texts; a record for each host.
    assert_eq!(lacked, 10);
    fs::remove_dir_all(sandbox.path().join("sim/state/store")).unwrap();
    misses(&sandbox, &[]);
    assert_eq!(sandbox.tree("sim/state/store"), whole);
}

#[test]
fn a_system_that_is_damaged_is_not_taken_for_whole() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    let system = fs::read_link(sandbox.path().join("result-a")).unwrap();
    let bytes = fs::read(&system).unwrap();
    fs::remove_file(&system).unwrap();
    fs::write(&system, &bytes[1..]).unwrap();
    misses(&sandbox, &[]);
}

#[test]
fn a_host_that_was_not_built_before_is_built() {
    let sandbox = sandbox();
    misses(&sandbox, &["--host", "a"]);
    hits(&sandbox, &["--host", "a"]);
    misses(&sandbox, &["--host", "b"]);
    hits(&sandbox, &[]);
    let before = entries(&sandbox);
    let unknown = outcome(&sandbox, &["--host", "c"]);
    assert_eq!(unknown.0, 64);
    assert_eq!(unknown, afresh(&sandbox, &["--host", "c"]));
    assert_eq!(entries(&sandbox), before);
}

#[test]
fn a_cache_that_cannot_be_written_is_not_used_and_not_told() {
    let sandbox = sandbox();
    misses(&sandbox, &[]);
    fs::remove_dir_all(cache(&sandbox)).unwrap();
    fs::write(cache(&sandbox), "no folder").unwrap();
    for _ in 0..2 {
        assert_eq!(outcome(&sandbox, &[]), afresh(&sandbox, &[]));
    }
    assert_eq!(fs::read_to_string(cache(&sandbox)).unwrap(), "no folder");
}

#[test]
fn a_build_into_the_users_own_store_is_the_same_again() {
    let sandbox = sandbox();
    // Nobody makes a folder in /sys, root neither.
    let build = || {
        let Ran { code, out, err, .. } = sandbox.run(&["build", "--json", "--state-dir", "/sys/phoenix"]);
        (code, out, err, fs::read_link(sandbox.path().join("result-a")).unwrap())
    };
    let first = build();
    assert!(first.3.starts_with(sandbox.path().join(".local/share/phoenix/store")));
    assert_eq!(build(), first);
    fs::remove_dir_all(sandbox.path().join(".local/share/phoenix/store")).unwrap();
    assert_eq!(build(), first);
    assert!(first.3.exists());
}
