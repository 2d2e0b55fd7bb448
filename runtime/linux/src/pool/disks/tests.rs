use super::*;
use proptest::prelude::*;

fn words(found: &Findings, paths: &LinuxPaths, device: &str) -> Vec<String> {
    found.on(paths, device).into_iter().map(|thing| thing.words).collect()
}

/// A host below a folder: `/sys/class/block` with these disks, each with its partitions and their sectors.
fn host(disks: &[(&str, &[(u32, &str)])]) -> (tempfile::TempDir, LinuxPaths) {
    let dir = tempfile::tempdir().unwrap();
    let paths = LinuxPaths::below(dir.path());
    for (disk, parts) in disks {
        let folder = paths.sys.join("class/block").join(disk);
        fs::create_dir_all(&folder).unwrap();
        for (number, sectors) in *parts {
            let part = folder.join(format!("{disk}{number}"));
            fs::create_dir_all(&part).unwrap();
            fs::write(part.join("partition"), format!("{number}\n")).unwrap();
            fs::write(part.join("size"), format!("{sectors}\n")).unwrap();
            let link = paths.sys.join("class/block").join(format!("{disk}{number}"));
            std::os::unix::fs::symlink(&part, link).unwrap();
        }
    }
    (dir, paths)
}

fn signature(device: &str, kind: &str, label: &str) -> String {
    format!(r#"{{"device":"{device}","offset":"0x0","type":"{kind}","uuid":null,"label":"{label}"}}"#)
}

#[test]
fn the_label_of_an_exported_pool_is_told_from_that_of_a_disk_that_left() {
    const LABELS: &str = include_str!("../../../tests/fixtures/zdb-l-2.3.txt");
    let (left, rewound) = LABELS.split_once("== rewound").unwrap();
    assert!(left.contains("name: 'tank'") && !is_exported(left));
    assert!(is_exported(rewound));
    assert!(!is_exported("failed to unpack label 0\n"));
}

#[test]
fn a_disk_that_left_a_pool_is_known_by_the_pools_guid_alone() {
    let (_dir, paths) = host(&[("vdb", &[(1, "176128"), (9, "16384")]), ("vdc", &[])]);
    let label = |device: &str| {
        format!(r#"{{"device":"{device}","offset":"0x0","type":"zfs_member","uuid":"7","label":"tank"}}"#)
    };
    let left = found(&paths, &[signature("vdb", "gpt", ""), label("vdb1")]);
    assert_eq!(left.label_alone(&paths, "/dev/vdb", 7).as_deref(), Some("/dev/vdb1"));
    assert_eq!(left.label_alone(&paths, "/dev/vdb", 8), None);
    assert_eq!(left.label_alone(&paths, "/dev/vdc", 7), None);
    let more = found(&paths, &[label("vdc"), signature("vdc", "ext4", "")]);
    assert_eq!(more.label_alone(&paths, "/dev/vdc", 7), None);
}

#[test]
fn bytes_at_either_end_of_a_disk_are_found() {
    let (dir, paths) = host(&[]);
    let path = dir.path().join("disk");
    let size = 3 << 20;
    let written = |at: Option<usize>| {
        let mut bytes = vec![0; size];
        if let Some(at) = at {
            bytes[at] = 1;
        }
        fs::write(&path, bytes).unwrap();
        is_written(&paths, path.to_str().unwrap())
    };
    assert!(!written(None));
    assert!(written(Some(0)));
    assert!(written(Some(size - 1)));
    // The middle is not read.
    assert!(!written(Some(size / 2)));
    assert!(!is_written(&paths, "/nowhere/at-all"));
}

fn found(paths: &LinuxPaths, signatures: &[String]) -> Findings {
    findings(paths, &format!(r#"{{"signatures":[{}]}}"#, signatures.join(","))).unwrap()
}

#[test]
fn an_empty_table_of_zfs_is_blank_and_any_other_table_is_not() {
    let (_dir, paths) =
        host(&[("vdb", &[(1, "176128"), (9, "16384")]), ("vdc", &[(1, "65536"), (2, "126976")])]);
    let tables = [
        signature("vdb", "gpt", ""),
        signature("vdb", "PMBR", ""),
        signature("vdc", "gpt", ""),
        signature("vdc", "PMBR", ""),
    ];
    let found = found(&paths, &tables);
    assert!(found.on(&paths, "/dev/vdb").is_empty());
    assert_eq!(words(&found, &paths, "/dev/vdc"), ["a partition table (gpt)"]);
    assert_eq!(whole_disk(&paths, "/dev/vdb1").as_deref(), Some("/dev/vdb"));
    assert_eq!(whole_disk(&paths, "/dev/vdb"), None);
}

#[test]
fn what_is_on_a_disk_is_said_in_words() {
    let (_dir, paths) = host(&[("vdb", &[(1, "176128"), (9, "16384")]), ("vdc", &[]), ("vdd", &[])]);
    fs::create_dir_all(paths.proc.join("self")).unwrap();
    fs::write(paths.proc.join("self/mounts"), "/dev/vdd /srv ext4 rw 0 0\nproc /proc proc rw 0 0\n").unwrap();
    let found = found(
        &paths,
        &[
            signature("vdb", "gpt", ""),
            signature("vdb1", "zfs_member", "tank"),
            signature("vdb1", "zfs_member", "tank"),
            signature("vdc", "ext4", "backup"),
        ],
    );
    assert_eq!(words(&found, &paths, "/dev/vdb"), ["a label of the pool \"tank\" on its partition vdb1"]);
    assert_eq!(words(&found, &paths, "/dev/vdc"), ["an ext4 file system \"backup\""]);
    assert_eq!(words(&found, &paths, "/dev/vdd"), ["mounted at /srv"]);
    assert!(found.on(&paths, "/dev/vde").is_empty());
}

#[test]
fn a_partition_that_a_spec_names_is_not_taken_for_its_disk() {
    let (_dir, paths) = host(&[("vdb", &[(1, "176128"), (9, "16384")])]);
    let none = BTreeSet::new();
    assert_eq!(&*vdev_device(&paths, "/dev/vdb1", &none), "/dev/vdb");
    let named = BTreeSet::from(["/dev/vdb1".into()]);
    assert_eq!(&*vdev_device(&paths, "/dev/vdb1", &named), "/dev/vdb1");
}

proptest! {
    #[test]
    fn no_output_of_wipefs_makes_the_reader_panic(text in ".{0,200}") {
        let paths = LinuxPaths::below(Path::new("/nowhere"));
        let _ = findings(&paths, &text);
    }
}
