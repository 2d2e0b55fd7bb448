//! The simulated host: what it does as the real one does, how it fails, and what it keeps.

use phoenix_graph::{Class, DatasetName, Disk, PoolName, PropertyName, Redundancy, StorageId, Vdev};
use phoenix_host::{
    Contents, Host, HostError,
    observed::{DiskState, Query, Source, Storages},
    op::{Assignment, Op},
};
use phoenix_sim::{Event, Fault, FaultKind, Show, SimHost};
use std::path::{Path, PathBuf};

const A: &str = "/dev/disk/by-id/nvme-A";
const B: &str = "/dev/disk/by-id/nvme-B";

fn name(text: &str) -> DatasetName {
    DatasetName::new(text).unwrap()
}

fn pool(text: &str) -> PoolName {
    PoolName::new(text).unwrap()
}

fn set(name: &str, value: &str) -> Assignment {
    (PropertyName::new(name), value.into())
}

fn mirror(paths: &[&str]) -> Vec<Vdev> {
    let disks = paths.iter().map(|path| Disk((*path).into())).collect();
    vec![Vdev { class: Class::Data, redundancy: Redundancy::Mirror, disks }]
}

fn create(dataset: &str, settings: &[Assignment]) -> Op {
    Op::DatasetCreate { dataset: name(dataset), settings: settings.to_vec() }
}

fn mount(dataset: &str) -> Op {
    Op::DatasetMount { dataset: name(dataset) }
}

/// A host with a mirrored pool `tank`, and in it `tank/a`, `tank/a/b` and the volume `tank/v`, all mounted.
fn host(dir: &Path) -> SimHost {
    let host = SimHost::in_memory(dir);
    host.add_blank_disks([A, B]);
    for op in [
        Op::PoolCreate {
            pool: pool("tank"),
            layout: mirror(&[A, B]),
            settings: vec![set("autotrim", "on")],
            root: vec![set("compression", "lz4")],
        },
        create("tank/a", &[set("quota", "1073741824"), set("recordsize", "16384")]),
        create("tank/a/b", &[]),
        mount("tank/a"),
        mount("tank/a/b"),
        Op::VolumeCreate { dataset: name("tank/v"), size: 10 << 20, sparse: false, settings: vec![] },
    ] {
        host.perform(&op).unwrap();
    }
    host.forget_events();
    host
}

fn query() -> Query {
    Query {
        properties: ["quota", "recordsize", "compression", "refreservation"].map(PropertyName::new).into(),
        pool_properties: [PropertyName::new("autotrim")].into(),
        pools: [(pool("tank"), vec![Disk(A.into()), Disk(B.into())])].into(),
        exports: true,
        storages: true,
        ..Query::default()
    }
}

fn refused(host: &SimHost, op: &Op) -> String {
    match host.perform(op) {
        Err(HostError::Command { stderr, .. }) => stderr,
        other => panic!("{op:?} was not refused: {other:?}"),
    }
}

#[test]
fn a_created_pool_is_observed_with_its_layout_properties_and_mounts() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let seen = host.observe(&query()).unwrap();
    let tank = &seen.pools[&pool("tank")];
    assert_eq!(tank.layout.len(), 1);
    assert_eq!(&*tank.layout[0].disks[0].device, seen.disks[&Disk(A.into())].device().unwrap());
    assert_eq!(&*tank.settings["autotrim"].raw, "on");
    let a = &seen.datasets[&name("tank/a")];
    assert!(a.mounted);
    assert_eq!(a.local("quota"), Some("1073741824"));
    assert_eq!(a.value("mountpoint"), Some("/tank/a"));
    let b = &seen.datasets[&name("tank/a/b")];
    assert_eq!(b.value("recordsize"), Some("16384"));
    assert_eq!(b.settings["recordsize"].source, Source::Inherited("tank/a".into()));
    assert_eq!(b.settings["compression"].source, Source::Inherited("tank".into()));
    assert_eq!((b.value("quota"), b.local("quota")), (Some("0"), None), "a quota is not inherited");
    assert_eq!(seen.datasets[&name("tank/v")].local("refreservation"), Some("12582912"));
    assert_eq!(host.processes(), 3);
}

#[test]
fn disks_that_hold_something_are_named_and_refused() {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::in_memory(dir.path());
    host.add_blank_disks([A]);
    host.add_disk_holding(B, "an ext4 file system \"backup\"");
    let seen = host.observe(&query()).unwrap();
    assert!(matches!(seen.disks[&Disk(A.into())], DiskState::Blank(_)));
    let DiskState::Holds(_, things) = &seen.disks[&Disk(B.into())] else { panic!() };
    assert_eq!(things[0].words, "an ext4 file system \"backup\"");
    let op = Op::PoolCreate { pool: pool("tank"), layout: mirror(&[A, B]), settings: vec![], root: vec![] };
    assert!(refused(&host, &op).contains("ext4"));
    assert_eq!(host.observe(&query()).unwrap(), seen);
}

#[test]
fn a_destroyed_pools_label_stays_until_it_is_cleared() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    host.perform(&Op::PoolDestroy { pool: pool("tank") }).unwrap();
    let seen = host.observe(&query()).unwrap();
    assert!(matches!(seen.disks[&Disk(A.into())], DiskState::Holds(..)));
    host.perform(&Op::LabelClear { disk: A.into() }).unwrap();
    let seen = host.observe(&query()).unwrap();
    assert!(matches!(seen.disks[&Disk(A.into())], DiskState::Blank(_)));
}

#[test]
fn what_the_kernel_refuses_leaves_the_other_properties_set() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    assert!(host.write_file(&name("tank/a"), "f", &"x".repeat(5000)));
    let settings = vec![set("quota", "4096"), set("atime", "off")];
    let said = refused(&host, &Op::DatasetSet { dataset: name("tank/a"), settings });
    assert!(said.contains("cannot set property for 'tank/a': size is less than current used"), "{said}");
    let state = host.state();
    let own = |name_of: &str| state.datasets[&name("tank/a")].settings.get(name_of).map(|raw| &**raw);
    assert_eq!((own("atime"), own("quota")), (Some("off"), Some("1073741824")));

    let settings = vec![set("recordsize", "3000"), set("exec", "off")];
    let said = refused(&host, &Op::DatasetSet { dataset: name("tank/a"), settings });
    assert!(said.contains("'recordsize' must be power of 2"), "{said}");
    assert!(
        !host.state().datasets[&name("tank/a")].settings.contains_key("exec"),
        "an illegal value refuses all"
    );
}

#[test]
fn a_pool_waits_for_an_open_volume_but_not_for_a_busy_file_system() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let export = Op::PoolExport { pool: pool("tank") };
    host.set_busy(&name("tank/v"), true);
    host.set_busy(&name("tank/a/b"), true);
    assert!(refused(&host, &export).contains("cannot unmount '/tank/a/b'"));
    host.set_busy(&name("tank/a/b"), false);
    assert!(matches!(host.perform(&export), Err(HostError::TimedOut { .. })));
    host.set_busy(&name("tank/v"), false);
    host.perform(&export).unwrap();
}

#[test]
fn a_subtree_is_renamed_with_its_files_snapshots_and_mount_points() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    assert!(host.write_file(&name("tank/a/b"), "f", "text"));
    let rename = Op::DatasetRename { from: name("tank/a"), to: name("tank/z"), volume: false };
    host.perform(&Op::Snapshot { datasets: vec![name("tank/a"), name("tank/a/b")], name: "s".into() })
        .unwrap();
    host.set_busy(&name("tank/a/b"), true);
    assert!(refused(&host, &Op::DatasetUnmount { dataset: name("tank/a") }).contains("busy"));
    host.set_busy(&name("tank/a/b"), false);
    host.perform(&Op::DatasetUnmount { dataset: name("tank/a") }).unwrap();
    host.perform(&rename).unwrap();
    assert_eq!(host.read_file(&name("tank/z/b"), "f").as_deref(), Some("text"));
    assert!(host.state().datasets[&name("tank/z/b")].snapshots.contains_key("s"));
    host.perform(&mount("tank/z")).unwrap();
    let seen = host.observe(&query()).unwrap();
    assert_eq!(seen.datasets[&name("tank/z/b")].value("mountpoint"), Some("/tank/z/b"));
    assert!(refused(&host, &Op::DatasetDestroy { dataset: name("tank/z") }).contains("has children"));
    assert_eq!(host.contents(&name("tank/z/b")).unwrap(), Contents::Holds("f".into()));
    assert_eq!(host.contents(&name("tank/z")).unwrap(), Contents::Empty);
}

#[test]
fn exports_are_read_through_links_into_the_state_folder_and_the_first_unknown_option_drops_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let etc = dir.path().join("generations/1/etc");
    std::fs::create_dir_all(&etc).unwrap();
    std::fs::write(etc.join("phoenix.exports"), "/tank/a 10.0.0.0/8(rw,sync,no_subtree_check)\n").unwrap();
    let link = |path: PathBuf, target: PathBuf| host.perform(&Op::Link { path, target }).unwrap();
    link(dir.path().join("current"), "generations/1".into());
    link("/etc/exports.d/phoenix.exports".into(), dir.path().join("current/etc/phoenix.exports"));
    host.perform(&Op::ExportsReload).unwrap();
    let seen = host.observe(&query()).unwrap();
    let key = ("/tank/a".into(), "10.0.0.0/8".into());
    assert!(seen.exports[&key].iter().any(|option| option == "rw"));

    host.edit(|state| {
        let text = "/tank/a *(rw)\n/tank/a/b *(noatime)\n/tank *(ro)\n".to_owned();
        state.files.insert("/etc/exports".into(), text);
    });
    assert!(refused(&host, &Op::ExportsReload).contains("noatime"));
    let seen = host.observe(&query()).unwrap();
    let paths: Vec<&str> = seen.exports.keys().map(|(path, _)| &**path).collect();
    assert_eq!(paths, ["/tank/a", "/tank/a"], "the rest of the file is lost, the other file is not");
}

#[test]
fn a_power_cut_keeps_what_is_durable_and_the_boot_brings_the_rest_back() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    std::fs::write(dir.path().join("zfs.conf"), "options zfs zfs_arc_max=1073741824\n").unwrap();
    let link = Op::Link { path: "/etc/modprobe.d/phoenix.conf".into(), target: dir.path().join("zfs.conf") };
    host.perform(&link).unwrap();
    host.perform(&Op::TunableSet { name: "zfs_arc_max".into(), value: 5 << 30 }).unwrap();
    let before = host.image(Show::Everything);
    host.forget_events();
    host.inject(Fault::at(1, FaultKind::PowerBefore));
    host.pulse().unwrap();
    let lost = host.perform(&create("tank/c", &[])).unwrap_err();
    assert!(matches!(lost, HostError::PowerLost));
    assert!(matches!(host.observe(&query()), Err(HostError::PowerLost)));
    assert_eq!(host.events(), [Event::Pulse, Event::Op(create("tank/c", &[]))]);
    host.power_on();
    let mut after = host.image(Show::Everything);
    assert_eq!(after.tunables["zfs_arc_max"], 1 << 30);
    after.tunables = before.tunables.clone();
    assert_eq!(after, before);
}

#[test]
fn an_operation_done_in_part_leaves_its_first_half() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let op = Op::DatasetSet {
        dataset: name("tank/a"),
        settings: vec![set("atime", "off"), set("sync", "always")],
    };
    host.inject(Fault::when(|op| matches!(op, Op::DatasetSet { .. }), FaultKind::FailPartly));
    host.perform(&op).unwrap_err();
    let state = host.state();
    let settings = &state.datasets[&name("tank/a")].settings;
    assert!(settings.contains_key("atime") && !settings.contains_key("sync"));
    host.perform(&op).unwrap();
}

#[test]
fn registrations_follow_pvesm() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let id = StorageId::new("tank-a").unwrap();
    let add = |kind: &str, properties: &[(&str, &str)]| Op::StorageAdd {
        id: id.clone(),
        kind: kind.into(),
        properties: properties.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        secrets: vec![],
    };
    let unmounted = add("dir", &[("path", "/nowhere"), ("is_mountpoint", "1")]);
    assert!(refused(&host, &unmounted).contains("not mounted: '/nowhere'"));
    host.perform(&add("zfspool", &[("pool", "tank/a"), ("content", "rootdir,images")])).unwrap();
    let Storages::Found(found) = host.observe(&query()).unwrap().storages else { panic!() };
    assert_eq!(&*found.by_id[&id].properties["content"], "images,rootdir");
    assert_eq!(&*found.by_id[&id].properties["mountpoint"], "/tank/a");
    assert!(refused(&host, &add("zfspool", &[("pool", "tank/a")])).contains("already defined"));
    let set = Op::StorageSet {
        id: id.clone(),
        set: vec![("pool".into(), "tank".into())],
        secrets: vec![],
        delete: vec![],
    };
    assert!(refused(&host, &set).contains("fixed parameter 'pool'"));
    host.perform(&Op::StorageRemove { id: id.clone() }).unwrap();
    assert!(refused(&host, &Op::StorageRemove { id }).contains("does not exist"));
}

#[test]
fn a_host_in_a_file_is_the_same_when_it_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::open(dir.path()).unwrap();
    let op = Op::PoolCreate { pool: pool("tank"), layout: mirror(&[A, B]), settings: vec![], root: vec![] };
    let seen = host.observe(&query()).unwrap();
    assert!(matches!(seen.disks[&Disk(A.into())], DiskState::Blank(_)), "any disk asked for is plugged in");
    host.perform(&op).unwrap();
    let state = host.state();
    drop(host);
    assert_eq!(SimHost::open(dir.path()).unwrap().state(), state);
}

/// Makes a pool of file systems, each mounted, and returns how much that wrote: times and bytes.
fn written_for(datasets: usize) -> (u64, u64) {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::make(dir.path()).unwrap();
    let pool_create =
        Op::PoolCreate { pool: pool("tank"), layout: mirror(&[A, B]), settings: vec![], root: vec![] };
    host.perform(&pool_create).unwrap();
    let before = host.written();
    for number in 0..datasets {
        host.perform(&create(&format!("tank/d{number}"), &[])).unwrap();
    }
    let after = host.written();
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn an_operation_is_one_write_of_what_it_changed() {
    let (few, many) = (written_for(50), written_for(400));
    assert_eq!((few.0, many.0), (50, 400), "one write an operation, besides pictures");
    // Each makes a folder in the pool's own file system, whose entry grows: what else there is, does not.
    let each = |(times, bytes): (u64, u64)| bytes / times;
    assert!(each(many) < 20 * 1024, "{} bytes an operation", each(many));
    assert!(many.1 < 8 * 8 * few.1, "{few:?} {many:?}");
}

#[test]
fn what_was_done_is_there_whatever_ends_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let host = SimHost::make(dir.path()).unwrap();
    let op = Op::PoolCreate { pool: pool("tank"), layout: mirror(&[A, B]), settings: vec![], root: vec![] };
    host.perform(&op).unwrap();
    let mut states = vec![host.state()];
    for op in [
        create("tank/a", &[]),
        create("tank/a/b", &[]),
        mount("tank/a/b"),
        Op::DatasetDestroy { dataset: name("tank/a/b") },
    ] {
        host.perform(&op).unwrap();
        states.push(host.state());
    }
    // A process that is killed runs no destructor: its folder is looked at as it stands.
    let log = std::fs::read(dir.path().join("host.log")).unwrap();
    let ends: Vec<usize> = (0..log.len()).filter(|&at| log[at] == b'\n').map(|at| at + 1).collect();
    assert_eq!(ends.len(), 1 + states.len(), "a head, and a line for each operation");
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(dir.path().join("host.json"), copy.path().join("host.json")).unwrap();
    for (state, pair) in states.iter().zip(ends[1..].iter().zip(ends[2..].iter().chain([&log.len()]))) {
        // Whole, and with the next line torn.
        for cut in [*pair.0, (*pair.0 + 10).min(*pair.1 - usize::from(pair.1 > pair.0))] {
            std::fs::write(copy.path().join("host.log"), &log[..cut]).unwrap();
            assert_eq!(SimHost::open(copy.path()).unwrap().state(), *state, "cut at {cut}");
        }
    }
    // It goes on from there, and a process that ends as it should leaves the picture alone.
    let again = SimHost::open(copy.path()).unwrap();
    again.perform(&create("tank/c", &[])).unwrap();
    let state = again.state();
    drop(again);
    assert!(!copy.path().join("host.log").exists());
    assert_eq!(SimHost::open(copy.path()).unwrap().state(), state);
    // A log of another picture is over.
    std::fs::write(copy.path().join("host.log"), &log).unwrap();
    assert_eq!(SimHost::open(copy.path()).unwrap().state(), state);
}

#[test]
fn looking_at_a_host_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("none");
    SimHost::open(&folder).unwrap().observe(&query()).unwrap();
    assert!(!folder.exists());
    assert!(!SimHost::is_kept(&folder));
    drop(SimHost::make(&folder).unwrap());
    assert!(SimHost::is_kept(&folder));
}

#[test]
fn no_change_of_properties_and_no_missing_parent_goes_unnoticed() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    assert!(refused(&host, &create("tank/x/y", &[])).contains("parent does not exist"));
    assert!(refused(&host, &create("tank/a", &[])).contains("dataset already exists"));
    assert!(refused(&host, &create("tank/c", &[set("bogus", "1")])).contains("invalid property 'bogus'"));
    let inherit = Op::DatasetInherit { dataset: name("tank/a"), property: PropertyName::new("quota") };
    assert!(refused(&host, &inherit).contains("'quota' property cannot be inherited"));
    let none = Op::DatasetSet { dataset: name("tank/a"), settings: vec![set("quota", "none")] };
    host.perform(&none).unwrap();
    assert_eq!(host.observe(&query()).unwrap().datasets[&name("tank/a")].local("quota"), Some("0"));
}

#[test]
fn a_new_mount_point_moves_the_mounts_that_follow_it() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let op = Op::DatasetSet { dataset: name("tank/a"), settings: vec![set("mountpoint", "/srv/a")] };
    host.perform(&op).unwrap();
    let image = host.image(Show::Everything);
    assert_eq!(image.datasets[&name("tank/a/b")].mounted.as_deref(), Some("/srv/a/b"));
    let off = Op::DatasetSet { dataset: name("tank/a"), settings: vec![set("canmount", "off")] };
    host.perform(&off).unwrap();
    assert_eq!(host.image(Show::Everything).datasets[&name("tank/a")].mounted, None);
}

#[test]
fn a_child_mounted_before_its_parent_is_hidden_and_then_neither_can_be_unmounted() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    host.perform(&Op::DatasetUnmount { dataset: name("tank/a") }).unwrap();
    host.perform(&mount("tank/a/b")).unwrap();
    host.perform(&mount("tank/a")).unwrap();
    let image = host.image(Show::Everything);
    assert_eq!(image.datasets[&name("tank/a/b")].mounted.as_deref(), Some("/tank/a/b (hidden)"));
    let said = refused(&host, &Op::DatasetUnmount { dataset: name("tank/a") });
    // `tank/a` kept the folder from before, so that the path leads to a folder that nothing is mounted on.
    assert_eq!(said, "cannot unmount '/tank/a/b': unmount failed");
    host.power_on();
    let image = host.image(Show::Everything);
    assert_eq!(image.datasets[&name("tank/a/b")].mounted.as_deref(), Some("/tank/a/b"));
}

#[test]
fn a_picture_without_what_phoenix_keeps_for_itself_does_not_see_it() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(dir.path());
    let before = host.image(Show::UsersOnly);
    let none = [set("mountpoint", "none"), set("canmount", "off")];
    host.perform(&create("tank/.phoenix", &none)).unwrap();
    host.perform(&create("tank/.phoenix/3", &[])).unwrap();
    let own = vec![set("phoenix:owner", "host")];
    host.perform(&Op::DatasetSet { dataset: name("tank/a"), settings: own }).unwrap();
    host.perform(&Op::Snapshot { datasets: vec![name("tank/a")], name: "phoenix-3".into() }).unwrap();
    assert_eq!(host.image(Show::UsersOnly), before);
    assert_ne!(host.image(Show::Everything), before);
}
