//! The promise, on hosts that were made by random hands: the spec builds, and taking over what it says
//! changes nothing but marks; and nothing that is there is passed over in silence.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::{scope::mounted, *};
use phoenix_graph::{
    Class, DatasetName, Disk, Graph, HostName, PoolName, PropertyName, Redundancy, StorageId, Vdev,
};
use phoenix_host::{
    Host,
    observed::{ContainerState, Containers, MachineState, Observed, Query},
    op::Op,
    text::{mount_point::MountPoint, virtiofs::SharedDirectory},
};
use phoenix_plan::foreign::is_guest_disk;
use phoenix_sim::Show;
use phoenix_support::{World, adopt};
use proptest::prelude::*;

/// What a person may have set on a file system: words that OpenZFS takes, whatever the spec thinks of them.
const SETTINGS: &[(&str, &str)] = &[
    ("quota", "2G"),
    ("quota", "1500M"),
    ("quota", "none"),
    ("quota", "1539316278886"),
    ("reservation", "3G"),
    ("refquota", "1G"),
    ("refreservation", "5G"),
    ("recordsize", "1M"),
    ("compression", "gzip-6"),
    ("compression", "on"),
    ("atime", "off"),
    ("sync", "disabled"),
    ("dedup", "on"),
    ("snapdir", "visible"),
    ("canmount", "off"),
    ("canmount", "noauto"),
    ("canmount", "on"),
    ("mountpoint", "none"),
    ("mountpoint", "legacy"),
    ("mountpoint", "/srv/here"),
    ("mountpoint", "/srv/with a blank"),
    ("sharenfs", "rw=@10.0.0.0/8"),
    ("acltype", "posixacl"),
    ("xattr", "sa"),
    ("filesystem_limit", "12"),
    ("snapshot_limit", "none"),
    ("special_small_blocks", "64K"),
    ("com.sun:auto-snapshot", "false"),
    ("site:note", "any \"words\", here"),
    ("site:lines", "one\ntwo"),
    ("site:empty", ""),
    ("site:backup", "https://bob:hunter2@nas/backup"),
    ("sharesmb", "smb://bob:hunter2@nas/share"),
];
const NAMES: &[&str] = &["a", "b c", "d.e", "1st", "vm-100-disk-0", "x:y", "-dash"];
const DIRECTORY_CFG: &str = "/etc/pve/mapping/directory.cfg";
/// What else is said of a mount point.
const POINTS: &[&str] = &[
    "",
    ",ro=1,backup=1",
    ",mountoptions=noatime;nosuid",
    ",idmap=u:33:33:1;g:33:33:1",
    ",keepattrs=1,size=8G",
    ",quota=1,acl=0",
    ",ro=2",
];
const OPTIONS: &[&str] =
    &["rw", "ro,async", "rw,no_root_squash,sec=krb5p", "rw,fsid=0,crossmnt", "sec=krb5p,rw,sec=sys,ro"];

/// One stroke of a hand: what it does, and what it chooses.
type Stroke = (u8, usize, usize, usize);

/// A host with two pools, and a registration of somebody else's.
fn plain() -> World {
    let world = World::new();
    let disk = |name: &str| Disk(format!("/dev/disk/by-id/{name}").into());
    let mirror =
        Vdev { class: Class::Data, redundancy: Redundancy::Mirror, disks: vec![disk("one"), disk("two")] };
    let alone = Vdev { class: Class::Data, redundancy: Redundancy::None, disks: vec![disk("three")] };
    for (pool, vdev, ashift) in [("tank", mirror, "12"), ("fast disks", alone, "0")] {
        let settings = vec![(PropertyName::new("ashift"), ashift.into())];
        let pool = PoolName::new(pool).unwrap();
        world.host.by_hand(&Op::PoolCreate { pool, layout: vec![vdev], settings, root: Vec::new() }).unwrap();
    }
    world.host.edit(|state| {
        state.storage_cfg = Some(
            "cifs: nas\n\tserver 10.0.0.1\n\tshare backup\n\tusername bob\n\tpassword hunter2\n\n\
             nfs: other\n\tserver 10.0.0.2\n\texport /srv/x\n\tpath /mnt/pve/other\n\tcontent backup\n\toptions vers=4.2\n\n"
                .to_owned(),
        )
    });
    world
}

fn seen(world: &World) -> Observed {
    world.host.observe(&Query::survey()).unwrap()
}

/// Does one stroke. Whatever the host refuses is left.
fn stroke(world: &World, (what, which, first, second): Stroke) {
    let all: Vec<DatasetName> = seen(world).datasets.into_keys().collect();
    let dataset = all[which % all.len()].clone();
    let setting = || {
        let (name, word) = SETTINGS[first % SETTINGS.len()];
        vec![(PropertyName::new(name), Box::<str>::from(word))]
    };
    let op = match what % 12 {
        0..=2 => {
            let Ok(child) = dataset.child(NAMES[second % NAMES.len()]) else { return };
            let _ = world.host.by_hand(&Op::DatasetCreate { dataset: child.clone(), settings: setting() });
            Op::MountAll { datasets: vec![child] }
        }
        3 => {
            let Ok(child) = dataset.child(NAMES[second % NAMES.len()]) else { return };
            let settings = match first % 3 {
                0 => vec![(PropertyName::new("volblocksize"), "8K".into())],
                1 => vec![(PropertyName::new("refreservation"), "64M".into())],
                _ => Vec::new(),
            };
            Op::VolumeCreate { dataset: child, size: 128 << 20, sparse: first.is_multiple_of(2), settings }
        }
        4 | 5 => Op::DatasetSet { dataset, settings: setting() },
        6 => Op::DatasetUnmount { dataset },
        7 => {
            let path = path(world, &dataset).unwrap_or_else(|| "/srv/other".to_owned());
            let below = if second.is_multiple_of(4) { "/folder" } else { "" };
            let line =
                format!("\"{path}{below}\" 10.0.0.{}({})\n", first % 4, OPTIONS[second % OPTIONS.len()]);
            world.host.edit(|state| {
                state.files.entry("/etc/exports".into()).or_default().push_str(&line);
            });
            Op::ExportsReload
        }
        8 => {
            let text = |text: &str| Box::<str>::from(text);
            let id = StorageId::new(&format!("store-{}", first % 5)).unwrap();
            let path = path(world, &dataset).unwrap_or_default();
            let (kind, mut properties) = match second % 3 {
                0 => ("zfspool", vec![(text("pool"), text(dataset.as_str()))]),
                _ => ("dir", vec![(text("path"), text(&path))]),
            };
            if second % 3 == 1 {
                properties.push((text("is_mountpoint"), text("yes")));
            }
            Op::StorageAdd { id, kind: kind.into(), properties, secrets: vec![] }
        }
        9 => {
            let path = path(world, &dataset).unwrap_or_else(|| "/srv/other".to_owned());
            let below = if second.is_multiple_of(4) { "/folder" } else { "" };
            let options = POINTS[second % POINTS.len()];
            let at = ["/mnt/a", "/", "/mnt/é", "/mnt/b c", "/mnt//d/."][first % 5];
            let line = format!("mp{}: {path}{below},mp={at}{options}\n", first % 3);
            let conf = format!("/etc/pve/nodes/{}/lxc/{}.conf", world.host.state().node, 101 + first % 2);
            world.host.edit(|state| {
                let text = state
                    .files
                    .entry(conf.into())
                    .or_insert_with(|| "arch: amd64\nunprivileged: 1\n".to_owned());
                if !text.contains(&line[..4]) {
                    text.push_str(&line);
                }
            });
            return;
        }
        10 => {
            let path = path(world, &dataset).unwrap_or_else(|| "/srv/other".to_owned());
            let below = if second.is_multiple_of(4) { "/folder" } else { "" };
            let id = ["media", "a-1", "a-name-of-more-than-thirty-six-letters", "x_y"][first % 4];
            let options = ["", ",cache=never", ",expose-acl=1,direct-io=0", ",odd=1"][second % 4];
            let map = format!("{id}\n\tmap node={},path={path}{below}\n\n", world.host.state().node);
            let line = format!("virtiofs{}: dirid={id}{options}\n", first % 3);
            let conf =
                format!("/etc/pve/nodes/{}/qemu-server/{}.conf", world.host.state().node, 201 + first % 2);
            world.host.edit(|state| {
                let mapped = state.files.entry(DIRECTORY_CFG.into()).or_default();
                if !mapped.contains(id) {
                    mapped.push_str(&map);
                }
                let text =
                    state.files.entry(conf.into()).or_insert_with(|| "memory: 512\nostype: l26\n".to_owned());
                if !text.contains(&line[..10]) && !text.contains(id) {
                    text.push_str(&line);
                }
            });
            return;
        }
        _ => Op::TunableSet { name: "zfs_arc_max".into(), value: (first as u64) << 28 },
    };
    let _ = world.host.by_hand(&op);
}

fn path(world: &World, dataset: &DatasetName) -> Option<String> {
    seen(world).datasets.get(dataset).and_then(mounted).map(str::to_owned)
}

fn imported(world: &World) -> (Observed, Proven) {
    let seen = seen(world);
    let scope = Scope::new(&seen, HostName::new("box").unwrap(), &[], None);
    let mut described = describe(&seen, &scope);
    let plan = &mut |graph: &Graph| Ok(world.plan_with(graph, &adopt()));
    let proven = prove(&mut described, plan).unwrap_or_else(|failure| {
        panic!("{failure}");
    });
    (seen, proven)
}

fn graph(proven: &Proven) -> &Graph {
    proven.compiled.hosts[0].graph.as_ref().unwrap()
}

#[test]
fn a_plain_host_is_described_whole() {
    let world = plain();
    let set = |name: &str, word: &str| (PropertyName::new(name), Box::<str>::from(word));
    let name = |text: &str| DatasetName::new(text).unwrap();
    let create = |text: &str, settings| {
        world.host.by_hand(&Op::DatasetCreate { dataset: name(text), settings }).unwrap();
        world.host.by_hand(&Op::MountAll { datasets: vec![name(text)] }).unwrap();
    };
    create("tank/a b", vec![set("quota", "800G"), set("com.sun:auto-snapshot", "true")]);
    create("tank/a b/c.d", vec![set("mountpoint", "/srv/c"), set("utf8only", "on")]);
    create(
        "tank/shared",
        vec![
            set("sharesmb", "smb://bob:hunter2@nas/share"),
            set("site:backup", "https://bob:hunter2@nas/backup"),
        ],
    );
    create("fast disks/old", vec![set("mountpoint", "legacy"), set("canmount", "noauto")]);
    for (text, sparse) in [("tank/thick", false), ("tank/thin", true)] {
        let op = Op::VolumeCreate { dataset: name(text), size: 1 << 30, sparse, settings: Vec::new() };
        world.host.by_hand(&op).unwrap();
    }
    let (_, proven) = imported(&world);
    assert!(only_marks(proven.plan.as_ref().unwrap()));
    assert_eq!(proven.text.matches("Left out").count(), 2, "{}", proven.text);
    for line in [
        "pool \"tank\" ashift=12 {",
        "dataset \"a b\" \"com.sun:auto-snapshot\"=\"true\" quota=\"800G\" {",
        "dataset \"c.d\" mountpoint=\"/srv/c\" utf8only=#true",
        "dataset \"old\" canmount=\"noauto\" mountpoint=\"legacy\"",
        "volume \"thick\" size=\"1G\"\n",
        "volume \"thin\" size=\"1G\" sparse=#true",
        "export \"/srv/x\"\n",
        "proxmox \"nas\" type=\"cifs\" server=\"10.0.0.1\" share=\"backup\" username=\"bob\" {",
        "// Its password stays as Proxmox keeps it. Name a file that holds it, password-file=\"/root/…\", so",
    ] {
        assert!(proven.text.contains(line), "{line} in:\n{}", proven.text);
    }
    assert!(!proven.text.contains("hunter2"), "{}", proven.text);
    // Two pools, their disks in them, six datasets and volumes, and two that lie on none.
    assert_eq!(graph(&proven).nodes().len(), 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn taking_over_what_is_written_changes_nothing_but_marks(
        strokes in prop::collection::vec((0_u8..12, 0_usize..64, 0_usize..64, 0_usize..64), 0..24)
    ) {
        let world = plain();
        strokes.into_iter().for_each(|one| stroke(&world, one));
        let (seen, proven) = imported(&world);
        let text = &proven.text;
        let Some(plan) = &proven.plan else {
            let told: Vec<&String> = proven.compiled.diagnostics.iter().map(|one| &one.message).collect();
            panic!("it does not build: {told:?}\n{text}");
        };
        prop_assert!(only_marks(plan), "{:#?}\n{}", plan.refusals, text);
        prop_assert!(!text.contains("hunter2"));

        // Everything that is there stands in the text, declared or as a comment.
        for (name, state) in &seen.datasets {
            prop_assert!(text.contains(name.leaf()), "{} is passed over:\n{}", name, text);
            let own = state.settings.iter().filter(|(_, setting)| setting.source.is_own());
            for (property, _) in own.filter(|(property, _)| property.is_user()) {
                let mut line = std::iter::successors(Some(name.clone()), DatasetName::parent);
                let guests = line.any(|name| is_guest_disk(&seen, &name));
                prop_assert!(guests || text.contains(property.as_str()), "{} of {}:\n{}", property, name, text);
            }
        }

        let scope = Scope::new(&seen, HostName::new("box").unwrap(), &[], None);
        let Containers::Found(found) = &seen.containers else { panic!("{:?}", seen.containers) };
        // What lies in a guest's disk is Proxmox's, whoever names it.
        let is_described = |path: &str| {
            let line = std::iter::successors(scope.holder(path).cloned(), DatasetName::parent);
            let line: Vec<DatasetName> = line.collect();
            !line.is_empty() && !line.iter().any(|name| is_guest_disk(&seen, name))
        };
        for point in found.by_id.values().flat_map(ContainerState::wanted) {
            let Some(point) = MountPoint::read(point.1) else { continue };
            let is_told = text.contains(&*point.at) || text.contains(&*point.volume);
            prop_assert!(is_told || !is_described(&point.volume), "{point} is passed over:\n{text}");
        }

        for (_, text_of) in found.machines.values().flat_map(MachineState::wanted) {
            let Some(directory) = SharedDirectory::read(text_of) else { continue };
            let path = found.mappings.path(&directory.id, &found.node);
            let of_ours = path.is_some_and(is_described);
            prop_assert!(!of_ours || text.contains(&*directory.id), "{directory} is passed over:\n{text}");
        }

        let before = world.host.image(Show::UsersOnly);
        let switched = world.switch_with(graph(&proven), &adopt());
        prop_assert!(switched.is_ok(), "{:?}\n{}", switched, text);
        prop_assert_eq!(world.host.image(Show::UsersOnly), before);
        let marked = |name: &DatasetName| {
            world.host.state().datasets[name].settings.contains_key("phoenix:owner")
        };
        for node in graph(&proven).nodes() {
            if let Some(name) = node.resource.dataset_name() {
                prop_assert!(marked(name), "{} bears no mark", name);
            }
        }
        // And the spec describes itself: once taken over, nothing is left to do.
        prop_assert!(world.plan_with(graph(&proven), &adopt()).is_empty());
        prop_assert!(world.root().join("current").exists());
    }
}

#[test]
fn a_mount_point_that_has_a_folder_is_described_and_one_that_has_a_file_is_left_out() {
    let world = plain();
    world.create("tank/a", &[]);
    world.host.by_hand(&Op::MountAll { datasets: vec![DatasetName::new("tank/a").unwrap()] }).unwrap();
    let conf = format!("/etc/pve/nodes/{}/lxc/101.conf", world.host.state().node);
    world.host.edit(|state| {
        state.folder_at("/tank/a/101").unwrap();
        state.write_at("/tank/a/101/ca.crt", "x").unwrap();
        let points =
            "mp0: /tank/a/101,mp=/data,ro=1\nmp1: /tank/a/101/ca.crt,mp=/ca\nmp2: /tank/a/gone,mp=/gone\n";
        state.files.insert(conf.into(), format!("arch: amd64\n{points}"));
    });
    let (_, proven) = imported(&world);
    let lines: Vec<&str> = proven.text.lines().map(str::trim).collect();
    let has = |line: &str| lines.iter().any(|other| other.starts_with(line));
    assert!(has("lxc 101 at=\"/data\" subdirectory=\"101\" ro=#true"), "{}", proven.text);
    assert!(has("// lxc 101 at=\"/ca\" subdirectory=\"101/ca.crt\""), "{}", proven.text);
    assert!(proven.text.contains("/tank/a/101/ca.crt is a file"), "{}", proven.text);
    // Without its folder that container does not start: taking it over would make one.
    assert!(has("// lxc 101 at=\"/gone\""), "{}", proven.text);
    assert!(only_marks(&proven.plan.unwrap()));
}
