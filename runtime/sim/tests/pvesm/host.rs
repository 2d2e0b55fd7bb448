//! The simulated `pvesm`, and the reader of `storage.cfg`, against what the real one was recorded to do.

use super::case::{self, Case, said, sorted};
use phoenix_graph::{Class, DatasetName, Disk, Mode, PoolName, PropertyName, Redundancy, StorageId, Vdev};
use phoenix_host::{
    Host, HostError,
    observed::{Query, Storages},
    op::Op,
};
use phoenix_sim::SimHost;

/// Cases that the simulated host does not answer for, each with the reason.
const LEFT_OUT: &[(&str, &str)] = &[
    ("dir-add-path-read-only", "folders can be made everywhere"),
    ("nfs-add-server-down", "every server answers"),
    ("cifs-add-server-down", "every server answers"),
    ("cifs-add-live-bad-password", "every server takes every password"),
    ("pbs-add-no-client", "every server answers"),
    ("btrfs-add-not-btrfs", "what is no file system of a pool is taken to be btrfs"),
    ("id-single-char", "an operation has no such id"),
    ("id-space", "an operation has no such id"),
];

/// A host with the pool of the recorded cases.
fn host(dir: &std::path::Path) -> SimHost {
    let host = SimHost::in_memory(dir);
    host.add_blank_disks(["/dev/sda"]);
    let disks = vec![Disk("/dev/sda".into())];
    let layout = vec![Vdev { class: Class::Data, redundancy: Redundancy::None, disks }];
    let pool = PoolName::new("tank").unwrap();
    host.by_hand(&Op::PoolCreate { pool, layout, settings: vec![], root: vec![] }).unwrap();
    for (name, mountpoint) in [("tank/vmdata", None), ("tank/files", None), ("tank/legacy", Some("legacy"))] {
        let dataset = DatasetName::new(name).unwrap();
        let settings = mountpoint
            .map(|value: &str| (PropertyName::new("mountpoint"), value.into()))
            .into_iter()
            .collect();
        host.by_hand(&Op::DatasetCreate { dataset: dataset.clone(), settings }).unwrap();
        if mountpoint.is_none() {
            host.by_hand(&Op::DatasetMount { dataset }).unwrap();
        }
    }
    host
}

/// Reads an argument vector back into an operation, where phoenix could have made it.
fn op(argv: &[&str]) -> Option<Op> {
    let (verb, rest) = match argv {
        ["pvesm", verb, rest @ ..] => (*verb, rest),
        _ => return None,
    };
    let (kind, rest) = match (verb, rest) {
        ("add", [kind, rest @ ..]) => (*kind, rest),
        (_, rest) => ("", rest),
    };
    let (id, options) = rest.split_first()?;
    let id = StorageId::new(id).ok()?;
    if options.len() % 2 != 0 || !options.iter().step_by(2).all(|name| name.starts_with("--")) {
        return None;
    }
    let options = || options.chunks(2).map(|pair| (&pair[0][2..], pair[1]));
    let pairs = |names: &dyn Fn(&str) -> bool| {
        options().filter(|(name, _)| names(name)).map(|(name, value)| (name.into(), value.into())).collect()
    };
    match verb {
        "add" => {
            Some(Op::StorageAdd { id, kind: kind.into(), properties: pairs(&|_| true), secrets: vec![] })
        }
        "set" => Some(Op::StorageSet {
            id,
            set: pairs(&|name| name != "delete"),
            secrets: vec![],
            delete: options()
                .filter(|(name, _)| *name == "delete")
                .flat_map(|(_, value)| value.split(','))
                .map(Into::into)
                .collect(),
        }),
        "remove" => Some(Op::StorageRemove { id }),
        _ => None,
    }
}

/// Gives a host a file, and looks what it says.
pub fn storages(host: &SimHost, text: &str) -> Storages {
    host.edit(|state| state.storage_cfg = Some(text.to_owned()));
    host.observe(&Query { storages: true, ..Query::default() }).unwrap().storages
}

#[test]
fn the_simulated_pvesm_does_what_the_real_one_did() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for Case { case, argv, ok, stderr, before, after, setup, .. } in case::all() {
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let left_out = LEFT_OUT.iter().any(|(name, _)| *name == case);
        let Some(op) = op(&argv).filter(|_| !left_out) else { continue };
        let dir = tempfile::tempdir().unwrap();
        let host = host(dir.path());
        for folder in setup.iter().map(|line| line.strip_prefix("mkdir -p ").unwrap()) {
            host.edit(|state| state.make_folder(folder, Mode::NEW).unwrap());
        }
        // The reader says beforehand where every change fails.
        let Storages::Found(seen) = storages(&host, &before) else { panic!("{before:?}") };
        assert!(seen.blocked.is_none() || !ok, "{case}: {:?}", seen.blocked);
        let done = host.by_hand(&op);
        compared += 1;
        if done.is_ok() != ok {
            differences.push(format!("{case}: {done:?}"));
        }
        if let Err(HostError::Command { stderr: ours, .. }) = &done
            && !said(&stderr, ours)
        {
            differences.push(format!("{case}: {ours:?}"));
        }
        let text = host.state().storage_cfg.unwrap();
        let Some(real) = after.filter(|_| done.is_ok()) else {
            assert_eq!(text, before, "{case}");
            continue;
        };
        if sorted(&text) != sorted(&real) {
            differences.push(format!("{case}:\n{text}\nand really\n{real}"));
        }
        // What was told as lost is gone, and nothing else: the real file has no more to lose.
        let Storages::Found(real) = storages(&host, &real) else { panic!("{case}") };
        if !real.lost.is_empty() {
            differences.push(format!("{case}: {:?} is still there", real.lost));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(compared, 76, "cases compared");
}

#[test]
fn every_file_that_pvesm_wrote_is_read_and_has_nothing_to_lose() {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::in_memory(dir.path());
    for text in case::all().into_iter().filter_map(|case| case.after) {
        let Storages::Found(found) = storages(&host, &text) else { panic!("{text}") };
        assert!(found.blocked.is_none() && found.lost.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn files_that_make_pvesm_fail_are_told_and_no_change_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    for text in
        ["zfspool: t1\n\tcontent images\n\n", "dir: d1\n\tpath /srv/a+b\n\n", "lvmthin: l1\n\tvgname x\n\n"]
    {
        let Storages::Found(found) = storages(&host, text) else { panic!("{text}") };
        assert!(found.blocked.is_some(), "{text:?}");
        let add = op(&["pvesm", "add", "zfspool", "t9", "--pool", "tank/vmdata"]).unwrap();
        assert!(host.by_hand(&add).is_err());
        assert_eq!(host.state().storage_cfg.unwrap(), text);
    }
}

#[test]
fn a_write_keeps_the_storages_of_types_that_phoenix_leaves_alone() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    storages(&host, "lvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n\nbogus: b1\n\tx 1\n\n");
    host.by_hand(&op(&["pvesm", "add", "zfspool", "t1", "--pool", "tank/vmdata"]).unwrap()).unwrap();
    let text = host.state().storage_cfg.unwrap();
    assert!(
        text.contains("lvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n") && !text.contains("bogus"),
        "{text}"
    );
}
