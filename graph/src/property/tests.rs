//! The table and its values: against themselves, and against what OpenZFS 2.3.2 printed.
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn property(target: Target, name: &str) -> &'static Property {
    find(target, name).unwrap_or_else(|| panic!("{name} is in the table"))
}

fn file_system(name: &str) -> &'static Property {
    property(Target::Filesystem, name)
}

fn text(word: &str) -> Value {
    Value::Text(word.into())
}

fn reason(property: &Property, text: &str) -> String {
    property.parse(text).unwrap_err().reason.into()
}

/// `zfs get -Hp all` of a file system and a volume, `zpool get -Hp all` of a pool: what takes the
/// property, its name, value and source.
fn recorded() -> impl Iterator<Item = (Target, &'static str, &'static str, &'static str)> {
    let datasets = include_str!("../../tests/fixtures/zfs-get-2.3.2.txt").lines();
    let pool = include_str!("../../tests/fixtures/zpool-get-2.3.2.txt").lines();
    datasets.chain(pool).filter_map(|line| {
        let [of, name, value, source] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?} has four columns")
        };
        let target = match of {
            "big/media" => Target::Filesystem,
            "big/thick" => Target::Volume,
            _ => Target::Pool,
        };
        (!name.contains(':')).then_some((target, name, value, source))
    })
}

#[test]
fn every_row_is_found_by_its_name() {
    for row in table::rows() {
        let name = if row.name.ends_with('@') { format!("{}x", row.name) } else { row.name.to_owned() };
        for target in row.targets {
            let found = property(*target, &name);
            assert_eq!(found.doc, row.doc, "{name} stands in the table once for {target:?}");
        }
        assert_eq!(static_name(row.name), Some(row.name));
    }
    for unknown in ["", "@", "atim", "atimes", "userquota@", "feature@", "phoenix:owner"] {
        assert_eq!(find(Target::Filesystem, unknown).map(|row| row.name), None, "{unknown}");
    }
    assert_eq!(static_name("phoenix:owner"), None);
    assert_eq!(static_name("userquota@bob"), None);
}

#[test]
fn every_recorded_property_is_in_the_table_with_its_default() {
    for (target, name, value, source) in recorded() {
        let row = property(target, name);
        let settable = !row.read_only && !row.creation_only && !matches!(name, "version" | "volsize");
        if source == "-" {
            assert!(!settable, "{name} has no source, so it cannot be set");
            continue;
        }
        let counted = matches!(name, "filesystem_count" | "snapshot_count");
        assert!(!row.read_only || counted, "{name} has the source {source}, so it can be set");
        match row.default.filter(|_| source == "default") {
            // What cannot be asked for (no key, no iterations) is a default all the same.
            Some("") => assert_eq!(row.read(value), None, "{name}"),
            Some(default) => assert_eq!(
                row.read(value),
                Some(row.parse(default).unwrap_or_else(|_| row.read(default).unwrap())),
                "{name}"
            ),
            None => {}
        }
    }
}

#[test]
fn every_row_for_that_version_was_recorded() {
    let recorded: BTreeSet<_> = recorded().map(|(target, name, ..)| (target, name)).collect();
    // Shown only when asked for by name, for an encrypted or cloned dataset, or while receiving.
    let hidden = [
        "name",
        "origin",
        "encryptionroot",
        "keystatus",
        "receive_resume_token",
        "redact_snaps",
        "dedupcached",
        "maxblocksize",
        "maxdnodesize",
        "available",
        "used",
        "usable",
    ];
    for target in [Target::Filesystem, Target::Volume, Target::Pool] {
        for row in all(target).filter(|row| row.since <= Version::new(2, 3)) {
            let shown = !row.name.ends_with('@') && !hidden.contains(&row.name);
            assert!(!shown || recorded.contains(&(target, row.name)), "{} of {target:?}", row.name);
        }
    }
}

#[test]
fn what_the_host_shows_can_be_asked_for_and_reads_back() {
    for (target, name, value, source) in recorded() {
        let row = property(target, name);
        let cannot_be_asked_for = matches!(name, "keylocation" | "keyformat" | "pbkdf2iters");
        if source == "-" || value == "-" || cannot_be_asked_for {
            continue;
        }
        let observed = row.read(value).unwrap();
        assert_eq!(row.parse(&row.render(&observed)), Ok(observed), "{name}");
    }
}

#[test]
fn none_and_zero_are_one_quota() {
    for name in ["quota", "refquota", "reservation", "refreservation", "userquota@bob"] {
        let row = file_system(name);
        for text in ["none", "0", "0G"] {
            assert_eq!(row.parse(text), Ok(Value::Number(0)), "{name}");
        }
        assert_eq!(row.read("0"), Some(Value::Number(0)));
        assert_eq!(row.read("none"), Some(Value::Number(0)));
        assert_eq!(row.render(&Value::Number(0)), "none");
        assert_eq!(row.unset(), Unset::Value("none"));
    }
    assert_eq!(file_system("quota").parse("1.4T"), Ok(Value::Number(1_539_316_278_886)));
    assert_eq!(file_system("quota").render(&Value::Number(1_539_316_278_886)), "1539316278886");
}

#[test]
fn a_limit_of_zero_is_not_no_limit() {
    let row = file_system("snapshot_limit");
    assert_eq!(row.parse("none"), Ok(text("none")));
    assert_eq!(row.parse("0"), Ok(Value::Number(0)));
    assert_eq!(row.read("none"), Some(text("none")));
    assert_eq!(row.read("18446744073709551615"), Some(text("none")));
    assert_eq!(row.render(&Value::Number(0)), "0");
}

#[test]
fn sizes_that_canonical_json_cannot_carry_are_refused() {
    let quota = file_system("quota");
    assert_eq!(quota.parse("8P"), Ok(Value::Number(1 << 53)));
    assert_eq!(reason(quota, "9P"), "the largest is 8P");
    for number in [(1 << 53) - 1, 1 << 53] {
        let bytes = crate::canonical::to_bytes(&Value::Number(number)).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), Value::Number(number));
    }
}

#[test]
fn block_sizes_are_powers_of_two_in_their_range() {
    let row = file_system("recordsize");
    assert_eq!(row.parse("1M"), Ok(Value::Number(1 << 20)));
    assert_eq!(reason(row, "100K"), "102400 bytes is no power of two");
    assert_eq!(reason(row, "256"), "the smallest is 512");
    assert_eq!(reason(row, "32M"), "the largest is 16M");
    assert_eq!(reason(row, "0"), "the smallest is 512");
    assert_eq!(row.legal(), "a power of two from 512 up to 16M");
    assert_eq!(file_system("special_small_blocks").parse("0"), Ok(Value::Number(0)));
}

#[test]
fn words_have_one_spelling() {
    let canonical = |name: &str, word: &str| file_system(name).parse(word).unwrap().to_string();
    assert_eq!(canonical("acltype", "posixacl"), "posix");
    assert_eq!(canonical("compression", "gzip-6"), "gzip");
    assert_eq!(canonical("compression", "zstd-3"), "zstd-3");
    assert_eq!(canonical("compression", "zstd-fast-500"), "zstd-fast-500");
    assert_eq!(canonical("encryption", "on"), "aes-256-gcm");
    assert_eq!(canonical("mountpoint", "/srv//data/"), "/srv/data");
    assert_eq!(canonical("mountpoint", "/"), "/");
    assert_eq!(property(Target::Pool, "feature@zstd_compress").read("active"), Some(text("enabled")));
    assert_eq!(property(Target::Pool, "dedup_table_quota").read("auto"), Some(text("auto")));
}

#[test]
fn wrong_values_say_why_and_what_is_legal() {
    let error = file_system("sync").parse("never").unwrap_err();
    assert_eq!(error.to_string(), "\"never\" is no value of sync: there is no such value");
    assert_eq!(&*error.legal, "standard, always, disabled");
    assert_eq!(reason(file_system("atime"), "ON"), "values are told apart by case; write on");
    assert_eq!(reason(file_system("mountpoint"), "srv"), "a path must be absolute: it starts with /");
    assert_eq!(reason(file_system("mountpoint"), "/a/../b"), "a path has no . and .. in it");
    assert_eq!(
        reason(file_system("keylocation"), "/etc/key"),
        "a file is named by a URI: write file:///etc/key"
    );
    assert_eq!(reason(file_system("copies"), "4"), "the largest is 3");
    assert_eq!(reason(property(Target::Pool, "ashift"), "8"), "the smallest is 9");
    assert_eq!(property(Target::Pool, "ashift").parse("0"), Ok(Value::Number(0)));
    let comment = property(Target::Pool, "comment");
    assert_eq!(reason(comment, &"x".repeat(33)), "it has 33 bytes; 32 is the most");
    assert_eq!(reason(comment, ""), "it is empty; to have none, leave the setting out");
    assert_eq!(reason(comment, "-"), "- is how OpenZFS shows that nothing is set");
    for name in ["compression", "dedup", "volmode"] {
        assert!(file_system(name).parse("zstd-20").is_err());
    }
}

#[test]
fn booleans_stand_for_on_and_off() {
    assert_eq!(file_system("atime").from_bool(false), Some(text("off")));
    assert_eq!(file_system("compression").from_bool(true), Some(text("on")));
    assert_eq!(file_system("encryption").from_bool(true), Some(text("aes-256-gcm")));
    assert_eq!(file_system("sharenfs").from_bool(false), Some(text("off")));
    assert_eq!(file_system("sync").from_bool(true), None);
    assert_eq!(property(Target::Pool, "comment").from_bool(true), None);
    assert_eq!(file_system("quota").from_bool(false), None);
}

#[test]
fn versions_are_read_as_zfs_version_prints_them() {
    for line in ["2.3.2", "zfs-2.3.2-1", "zfs-kmod-2.3.2-pve1", "2.3", "zfs-2.3.99-33_g1234abcd\n"] {
        assert_eq!(line.parse(), Ok(Version::new(2, 3)), "{line}");
    }
    for line in ["", "zfs", "two.three", "2"] {
        assert_eq!(line.parse::<Version>(), Err(VersionError(line.into())), "{line}");
    }
}

#[test]
fn extended_attributes_compare_by_version() {
    let row = file_system("xattr");
    let equal = |desired, observed, version| row.equal(&text(desired), &text(observed), version);
    assert!(equal("sa", "on", Version::new(2, 3)));
    assert!(equal("on", "sa", Version::new(2, 4)));
    assert!(!equal("sa", "on", Version::new(2, 2)));
    assert!(equal("dir", "on", Version::new(2, 2)));
    assert!(!equal("dir", "on", Version::new(2, 3)));
    assert!(!equal("off", "on", Version::new(2, 3)));
}

#[test]
fn there_is_a_way_back_where_openzfs_has_one() {
    assert_eq!(file_system("atime").unset(), Unset::Inherit);
    assert_eq!(file_system("mountpoint").unset(), Unset::Inherit);
    assert_eq!(file_system("canmount").unset(), Unset::Value("on"));
    assert_eq!(file_system("filesystem_limit").unset(), Unset::Value("none"));
    assert_eq!(file_system("casesensitivity").unset(), Unset::Never);
    assert_eq!(file_system("used").unset(), Unset::Never);
    assert_eq!(property(Target::Volume, "volsize").unset(), Unset::Never);
    let pool = |name| property(Target::Pool, name).unset();
    assert_eq!(pool("autotrim"), Unset::Value("off"));
    assert_eq!(pool("comment"), Unset::Value(""));
    assert_eq!(pool("ashift"), Unset::Never);
    assert_eq!(pool("feature@blake3"), Unset::Never);
    for row in table::rows() {
        if let Unset::Value(value) = row.unset() {
            assert!(value.is_empty() || row.parse(value).is_ok(), "{} goes back to {value}", row.name);
        }
    }
}

#[test]
fn properties_belong_where_openzfs_has_them() {
    assert!(find(Target::Volume, "recordsize").is_none());
    assert!(find(Target::Filesystem, "volblocksize").is_none());
    assert!(find(Target::Volume, "quota").is_none());
    assert!(find(Target::Pool, "compression").is_none());
    assert!(find(Target::Filesystem, "autotrim").is_none());
    assert_eq!(property(Target::Volume, "special_small_blocks").since, Version::new(2, 4));
    assert_eq!(file_system("special_small_blocks").since, Version::new(0, 8));
    assert!(property(Target::Pool, "readonly").read_only);
    assert!(!file_system("readonly").read_only);
}

/// Texts near to values: words of the table, sizes, paths, anything.
fn near() -> impl Strategy<Value = String> {
    let words: Vec<_> =
        table::rows().flat_map(Property::legal_values).map(|word| (*word).to_owned()).collect();
    prop_oneof![
        proptest::sample::select(words),
        "[0-9]{1,6}[KMGT]?",
        "/[a-z./ ]{0,10}",
        "file:///[a-z]{1,5}",
        any::<String>()
    ]
}

proptest! {
    #[test]
    fn a_canonical_value_is_written_and_read_back_as_itself(row in 0usize..150, near in near()) {
        let Some(row) = table::rows().nth(row) else { return Ok(()) };
        if let Ok(value) = row.parse(&near) {
            let written = row.render(&value);
            prop_assert_eq!(row.parse(&written), Ok(value.clone()), "{} = {}", row.name, near);
            prop_assert_eq!(row.read(&written), Some(value.clone()), "{} = {}", row.name, near);
            let json = crate::canonical::to_bytes(&value).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), value);
        }
    }

    #[test]
    fn no_text_panics(row in 0usize..150, near in near()) {
        if let Some(row) = table::rows().nth(row) {
            let _ = row.read(&near);
        }
        let _ = find(Target::Pool, &near);
        let _ = user_property_name(&near);
    }
}
