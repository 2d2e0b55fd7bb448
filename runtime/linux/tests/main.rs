//! The real host's driver, on a folder in a host's place: tools that are scripts, files that are fixtures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use phoenix_graph::{DatasetName, Disk, PoolName, PropertyName};
use phoenix_host::{
    Host, HostError,
    observed::{Containers, DiskState, Guests, Kept, LinkState, Query, Setting, Source, Storages},
    op::Op,
    text::package_version::PackageVersion,
};
use phoenix_linux::{LinuxHost, LinuxPaths};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");

/// A function of the shell that answers as `zfs get` and `zpool get` do: of this recording, these columns, these
/// properties.
const GET: &str = concat!(
    "get() { awk -v columns=\"$2\" -v asked=\"$3\" -f ",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/get.awk ",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/\"$1\"; }"
);

/// A host below a folder, with the outputs that were recorded of a real one.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("sys/module/zfs/version", "2.3.2-1~bpo12+2\n");
    put("sys/module/zfs/parameters/zfs_arc_max", "0\n");
    put("proc/self/mounts", &fixture("proc-mounts.txt"));
    put("proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n25 1 0:40 / /big rw - zfs big rw\n");
    put(
        "var/lib/nfs/etab",
        &fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../host/tests/fixtures/etab.txt")).unwrap(),
    );
    put("proc/self/mountinfo", "30 1 0:26 / /etc/pve rw,nosuid,nodev,relatime - fuse /dev/fuse rw\n");
    put("etc/pve/.members", "{\"nodename\": \"pve\", \"version\": 4}\n");
    put("etc/pve/storage.cfg", "dir: local\n\tpath /var/lib/vz\n\tcontent iso,backup\n\n");
    tool(
        root.path(),
        "zpool",
        &format!(
            "{GET}
case $1 in get) get zpool-get-Hp-all-columns.txt \"$4\" \"$5\";; status) cat {FIXTURES}/zpool-status-P.txt;; import) cat {FIXTURES}/zpool-import.txt;; *) echo \"$@\" >>{}/log;; esac",
            root.path().display()
        ),
    );
    tool(root.path(), "zfs", &format!("{GET}\nget zfs-get-all.txt \"$6\" \"$7\""));
    tool(root.path(), "wipefs", r#"echo '{"signatures": []}'"#);
    tool(root.path(), "exportfs", "exit 0");
    tool(root.path(), "pvesm", "exit 0");
    root
}

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(FIXTURES).join(name)).unwrap()
}

fn tool(root: &Path, name: &str, script: &str) {
    let path = root.join("bin").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // The host's own PATH does not lead to the shell's tools.
    fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn host(root: &Path) -> LinuxHost {
    LinuxHost::new(LinuxPaths::below(root))
}

/// The disks of the recorded pool.
const DISKS: [&str; 12] = ["m0", "m1", "solo", "r0", "r1", "r2", "r3", "s0", "s1", "slog", "l2arc", "sp0"];

fn disk(name: &str) -> Disk {
    Disk(format!("/dev/disk/by-id/virtio-{name}-part1").into())
}

fn query() -> Query {
    Query {
        properties: ["recordsize", "quota"].map(PropertyName::new).into(),
        pools: [(PoolName::new("big").unwrap(), DISKS.map(disk).to_vec())].into(),
        tunables: ["zfs_arc_max".into(), "no_such".into()].into(),
        exports: true,
        storages: true,
        ..Query::default()
    }
}

#[test]
fn a_recorded_host_is_observed_in_three_processes() {
    let root = root();
    let host = host(root.path());
    let seen = host.observe(&query()).unwrap();
    assert_eq!(host.processes(), 3);
    assert_eq!(seen.zfs, (2, 3));
    let big = &seen.pools[&PoolName::new("big").unwrap()];
    assert_eq!((big.guid, &*big.health, big.layout.len()), (11_582_862_809_102_569_819, "ONLINE", 7));
    assert_eq!(seen.disks[&disk("m0")], DiskState::Missing);
    let media = &seen.datasets[&DatasetName::new("big/media").unwrap()];
    assert_eq!(media.local("quota"), Some("67108864"));
    assert_eq!(seen.exports.len(), 7);
    assert_eq!(seen.tunables.len(), 1);
    let Storages::Found(storages) = &seen.storages else { panic!("{:?}", seen.storages) };
    assert_eq!(storages.by_id.len(), 1);
}

#[test]
fn recorded_datasets_are_read_with_values_and_sources() {
    let root = root();
    let asked = ["recordsize", "quota", "phoenix:note"].map(PropertyName::new);
    let seen = host(root.path()).observe(&Query { properties: asked.into(), ..query() }).unwrap();
    let found = |name: &str| &seen.datasets[&DatasetName::new(name).unwrap()];
    let photos = found("big/media/photos");
    assert!(!photos.volume && !photos.mounted && photos.unreadable.is_empty());
    assert_eq!(photos.local("mountpoint"), Some("/srv/photos"));
    assert_eq!(photos.value("recordsize"), Some("1048576"));
    assert_eq!(photos.settings["recordsize"].source, Source::Inherited("big/media".into()));
    assert_eq!((photos.value("phoenix:owner"), photos.local("phoenix:owner")), (Some("phoenix"), None));
    assert_eq!(photos.settings["quota"], Setting { raw: "0".into(), source: Source::Default });
    let volume = found("big/vol");
    assert!(volume.volume);
    assert_eq!(volume.local("volsize"), Some("16777216"));
    assert_eq!(volume.value("mountpoint"), None);
    assert_eq!(found("big/notes").local("phoenix:note"), Some("two\twords, a tab"));
    assert!(!found("big/with space").settings.is_empty());
}

#[test]
fn a_survey_finds_every_property_the_names_of_disks_and_who_holds_exports_in_five_processes() {
    let root = root();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("etc/exports", "/big 10.0.0.1(rw) 10.0.0.2\n");
    put("etc/exports.d/more.exports", "/big/media @friends(ro)\n");
    put("etc/exports.d/.hidden.exports", "/hidden *(ro)\n");
    put("etc/exports.d/notes.txt", "/notes *(ro)\n");
    put("dev/vdz", "");
    fs::create_dir_all(root.path().join("dev/disk/by-id")).unwrap();
    let device = root.path().join("dev/vdz").canonicalize().unwrap();
    std::os::unix::fs::symlink(&device, root.path().join("dev/disk/by-id/virtio-z")).unwrap();
    let host = host(root.path());
    let seen = host.observe(&Query::survey()).unwrap();
    // Which properties there are is asked first.
    assert_eq!(host.processes(), 5);
    let notes = &seen.datasets[&DatasetName::new("big/notes").unwrap()];
    assert_eq!(notes.local("phoenix:note"), Some("two\twords, a tab"));
    assert_eq!(seen.pools[&PoolName::new("big").unwrap()].settings["autotrim"].source, Source::Local);
    let names = &seen.disk_names[device.to_str().unwrap()];
    assert!(names.iter().any(|name| name.ends_with("/dev/disk/by-id/virtio-z")), "{names:?}");
    let held: Vec<(&str, &str)> = seen.held_exports.iter().map(|held| (&*held.path, &*held.client)).collect();
    assert_eq!(held, [("/big", "10.0.0.1"), ("/big", "10.0.0.2"), ("/big/media", "@friends")]);
    assert!(seen.held_exports[2].file.ends_with("/etc/exports.d/more.exports"));
    assert_eq!(seen.exports.len(), 7);
}

#[test]
fn a_pool_with_other_disks_than_asked_for_costs_one_process_more_and_tells_guids() {
    let root = root();
    let numbers = fixture("zpool-status-P.txt")
        .lines()
        .enumerate()
        .map(|(at, line)| match line.trim_start().split(' ').next() {
            Some(word) if word.starts_with("/dev/") || word.starts_with("mirror-") => {
                line.replace(word, &(1000 + at).to_string())
            }
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n");
    fs::write(root.path().join("guids"), numbers).unwrap();
    tool(
        root.path(),
        "zpool",
        &format!(
            "{GET}
case $1$2 in get*) get zpool-get-Hp-all-columns.txt \"$4\" \"$5\";; status-g) cat {}/guids;; status*) cat {FIXTURES}/zpool-status-P.txt;; esac",
            root.path().display()
        ),
    );
    let mut query = query();
    query.pools.insert(PoolName::new("big").unwrap(), vec![disk("m0"), disk("new")]);
    let host = host(root.path());
    let seen = host.observe(&query).unwrap();
    assert_eq!(host.processes(), 4);
    let big = &seen.pools[&PoolName::new("big").unwrap()];
    assert_eq!((&*big.layout[0].name, &*big.layout[0].disks[0].name), ("1006", "1007"));
    assert!(big.layout.iter().all(|vdev| vdev.disks.iter().all(|disk| disk.is_healthy())));
}

#[test]
fn an_absent_pool_costs_two_processes_more_and_its_disks_are_looked_into() {
    let root = root();
    let disk = root.path().join("disk");
    fs::write(&disk, "").unwrap();
    let path: Box<str> = disk.to_str().unwrap().into();
    let mut query = query();
    query.pools.insert(PoolName::new("expool").unwrap(), vec![Disk(path.clone())]);
    query.pools.insert(PoolName::new("other").unwrap(), vec![]);
    let host = host(root.path());
    let seen = host.observe(&query).unwrap();
    assert_eq!(host.processes(), 5);
    let names: Vec<&str> = seen.importable.iter().map(PoolName::as_str).collect();
    assert_eq!(names, ["expool"]);
    let device = disk.canonicalize().unwrap().to_str().unwrap().into();
    assert_eq!(seen.disks[&Disk(path)], DiskState::Blank(device));
}

#[test]
fn missing_tools_and_modules_are_named_before_anything_is_done() {
    let root = root();
    fs::remove_file(root.path().join("bin/exportfs")).unwrap();
    let missing = host(root.path()).observe(&query()).unwrap_err();
    assert!(matches!(&missing, HostError::NoTool { tool, .. } if tool == "exportfs"), "{missing}");

    let query = Query { exports: false, ..query() };
    fs::remove_file(root.path().join("bin/pvesm")).unwrap();
    assert_eq!(host(root.path()).observe(&query).unwrap().storages, Storages::NoProxmox);

    let said = "The ZFS modules cannot be auto-loaded.";
    tool(root.path(), "zfs", &format!("echo '{said}' >&2; exit 1"));
    tool(root.path(), "zpool", &format!("echo '{said}' >&2; exit 1"));
    let missing = host(root.path()).observe(&query).unwrap_err();
    assert!(matches!(&missing, HostError::NoTool { tool, .. } if tool == "zfs kernel module"), "{missing}");
}

#[test]
fn a_failed_command_tells_its_code_and_words() {
    let root = root();
    tool(root.path(), "zfs", "echo 'cannot mount' >&2; exit 3");
    let op = Op::DatasetMount { dataset: DatasetName::new("big/a").unwrap() };
    let Err(HostError::Command { argv, status, stderr }) = host(root.path()).perform(&op) else { panic!() };
    assert_eq!(argv, ["zfs", "mount", "--", "big/a"]);
    assert_eq!((status, &*stderr), (Some(3), "cannot mount"));
}

#[test]
fn a_command_that_does_not_end_is_killed() {
    let root = root();
    let pid = root.path().join("pid");
    tool(root.path(), "zfs", &format!("echo $$ >{}; exec sleep 600", pid.display()));
    let op = Op::DatasetMount { dataset: DatasetName::new("big/a").unwrap() };
    // On a busy machine the limit may be over before the command has begun.
    let begun = (0..8).map(|doubled| Duration::from_millis(300 << doubled)).any(|limit| {
        let error = host(root.path()).with_limits(limit, limit).perform(&op).unwrap_err();
        assert!(matches!(error, HostError::TimedOut { .. }), "{error}");
        let pid = fs::read_to_string(&pid).unwrap_or_default();
        assert!(pid.is_empty() || !Path::new("/proc").join(pid.trim()).exists(), "it is gone");
        !pid.is_empty()
    });
    assert!(begun, "the command never began");
}

#[test]
fn a_childs_own_child_that_keeps_an_output_open_is_not_waited_for() {
    let root = root();
    tool(root.path(), "zfs", "sleep 5 & exit 0");
    let host = host(root.path());
    host.perform(&Op::DatasetMount { dataset: DatasetName::new("big/a").unwrap() }).unwrap();
}

#[test]
fn commands_run_in_a_clean_environment_and_a_group_of_their_own() {
    let root = root();
    let out = root.path().join("out");
    tool(root.path(), "zfs", &format!("env >{0}; ps -o pgid= -p $$ >>{0}; echo pid $$ >>{0}", out.display()));
    host(root.path()).perform(&Op::DatasetMount { dataset: DatasetName::new("big/a").unwrap() }).unwrap();
    let text = fs::read_to_string(out).unwrap();
    assert!(text.contains("LC_ALL=C.UTF-8"), "{text}");
    assert!(!text.contains("HOME=") && !text.contains("CARGO"), "{text}");
    let pid = text.lines().find_map(|line| line.strip_prefix("pid ")).unwrap();
    assert!(text.lines().any(|line| line.trim() == pid), "its group is its own: {text}");
}

#[test]
fn a_parameter_is_read_back_after_it_is_written() {
    let root = root();
    let host = host(root.path());
    host.perform(&Op::TunableSet { name: "zfs_arc_max".into(), value: 5 << 30 }).unwrap();
    assert_eq!(host.observe(&query()).unwrap().tunables["zfs_arc_max"], 5 << 30);
    let path = root.path().join("sys/module/zfs/parameters/locked");
    std::os::unix::fs::symlink("/dev/null", path).unwrap();
    let error = host.perform(&Op::TunableSet { name: "locked".into(), value: 5 }).unwrap_err();
    assert!(error.to_string().contains("did not take 5"), "{error}");
}

#[test]
fn links_are_made_over_links_alone() {
    let root = root();
    let host = host(root.path());
    let path = root.path().join("etc/exports.d/phoenix.exports");
    let look =
        || host.observe(&Query { links: [path.clone()].into(), ..query() }).unwrap().links[&path].clone();
    assert_eq!(look(), LinkState::Missing);
    for target in ["one", "two"] {
        host.perform(&Op::Link { path: path.clone(), target: target.into() }).unwrap();
        assert_eq!(look(), LinkState::Link(target.into()));
    }
    host.perform(&Op::Unlink { path: path.clone() }).unwrap();
    fs::write(&path, "a user's own").unwrap();
    assert_eq!(look(), LinkState::Other);
    host.perform(&Op::Link { path: path.clone(), target: "one".into() }).unwrap_err();
    host.perform(&Op::Unlink { path: path.clone() }).unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a user's own");
}

#[test]
fn what_proxmox_does_not_serve_is_unknown_and_not_absent() {
    let put = |root: &Path, path: &str, text: &str| {
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), text).unwrap();
    };
    let query = Query { storages: true, guests: true, ..Query::default() };
    let look = |root: &Path| {
        let seen = host(root).observe(&query).unwrap();
        (seen.storages, seen.guests)
    };
    let unknown = |root: &Path| match look(root) {
        (Storages::Unknown(storages), Guests::Unknown(guests)) => {
            assert_eq!(storages, guests);
            storages.reason
        }
        other => panic!("{other:?}"),
    };
    // pmxcfs does not run: the folder is there, and empty or with what somebody left in it.
    let root = root();
    put(root.path(), "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert!(unknown(root.path()).starts_with("nothing is mounted at /etc/pve"));
    // Where even the kernel says nothing, nothing is known of the host at all.
    fs::remove_file(root.path().join("proc/self/mountinfo")).unwrap();
    let error = host(root.path()).observe(&query).unwrap_err();
    assert!(error.to_string().contains("mountinfo"), "{error}");
    put(root.path(), "proc/self/mountinfo", "30 1 0:26 / /etc/pve rw - fuse /dev/fuse rw\n");
    fs::remove_file(root.path().join("etc/pve/.members")).unwrap();
    assert!(unknown(root.path()).contains(".members cannot be read"));
    put(root.path(), "etc/pve/.members", "");
    assert!(unknown(root.path()).contains(".members says nothing"));

    // It runs, and guests cannot be listed: registrations are known all the same.
    put(root.path(), "etc/pve/.members", "{\"cluster\": {\"quorate\": 1}}");
    let (storages, guests) = look(root.path());
    assert!(matches!(storages, Storages::Found(found) if found.blocked.is_none()));
    assert!(matches!(guests, Guests::Unknown(_)), "{guests:?}");
    // Guests of all nodes, and a folder where a file should be.
    put(root.path(), "etc/pve/nodes/a/lxc/101.conf", "mp0: /big/media,mp=/media\n");
    put(root.path(), "etc/pve/nodes/b/qemu-server/100.conf", "scsi0: vms:vm-100-disk-0,size=4G\n");
    put(root.path(), "etc/pve/nodes/b/qemu-server/100.conf.tmp.12", "scsi0: other:vm-100-disk-0\n");
    let (_, guests) = look(root.path());
    let Guests::Found(found) = guests else { panic!("{guests:?}") };
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["container 101 on node a (mp0)", "machine 100 on node b (scsi0)"]);
    // Which guests run is another matter: without that, what they have is unknown, and what they name is not.
    let containers =
        || host(root.path()).observe(&Query { guests: true, ..Query::default() }).unwrap().containers;
    assert!(
        matches!(containers(), Containers::Unknown(unknown) if unknown.reason.contains("which guests run"))
    );
    put(
        root.path(),
        "proc/net/unix",
        "Num RefCount Protocol Flags Type St Inode Path\n0: 2 0 10000 1 1 7 @/var/lib/lxc/101/command\n0: 2 0 10000 1 1 8 /var/run/qemu-server/102.qmp\n0: 3 0 0 1 3 9 /run/qemu-server/100.qmp\n0: 3 0 0 1 3 9 /run/qemu-server/102.qga\n",
    );
    put(
        root.path(),
        "etc/pve/nodes/a/qemu-server/102.conf",
        "memory: 512\nvirtiofs0: media\n\n[PENDING]\ndelete: virtiofs0\n",
    );
    let gone = root.path().join("gone");
    let map = format!(
        "media\n\tmap node=a,path={}\n\nold\n\tmap node=a,path={}\n\tmap node=b,path=/b\n",
        root.path().display(),
        gone.display()
    );
    put(root.path(), "etc/pve/mapping/directory.cfg", &map);
    put(root.path(), "etc/pve/.members", "{\"nodename\": \"a\", \"cluster\": {\"quorate\": 1}}");
    let Containers::Found(found) = containers() else { panic!("{:?}", containers()) };
    let machines = &found.machines;
    assert_eq!((machines[&102].here, machines[&102].running), (true, true));
    // Who runs elsewhere is not seen here, whatever listens.
    assert_eq!((machines[&100].here, machines[&100].running), (false, false));
    assert!(machines[&102].wanted().is_empty() && machines[&102].devices.contains_key(&0));
    assert_eq!((&*found.node, found.virtiofsd), ("a", false));
    assert_eq!(found.mappings.absent, ["old".into()].into());
    put(root.path(), "usr/libexec/virtiofsd", "");
    let Containers::Found(served) = containers() else { panic!("{:?}", containers()) };
    assert!(served.virtiofsd);
    let found = found.by_id;
    assert_eq!((found.len(), found[&101].here, found[&101].running), (1, true, true));
    assert_eq!(&*found[&101].points[&0], "/big/media,mp=/media");
    fs::create_dir(root.path().join("etc/pve/nodes/b/lxc")).unwrap();
    fs::create_dir(root.path().join("etc/pve/nodes/b/lxc/7.conf")).unwrap();
    let (_, guests) = look(root.path());
    assert!(matches!(&guests, Guests::Unknown(unknown) if unknown.reason.contains("7.conf")), "{guests:?}");
    put(root.path(), "etc/pve/nodes/b/lxc-not", "");
    fs::remove_dir(root.path().join("etc/pve/nodes/b/lxc/7.conf")).unwrap();
    put(root.path(), "etc/pve/nodes/b/lxc/7.conf", &"#".repeat((1 << 20) + 1));
    let (_, guests) = look(root.path());
    assert!(matches!(&guests, Guests::Unknown(unknown) if unknown.reason.contains("1 MiB")), "{guests:?}");

    // No file is none; no quorum and bytes that are no text are told.
    fs::remove_file(root.path().join("etc/pve/storage.cfg")).unwrap();
    let (storages, _) = look(root.path());
    let Storages::Found(found) = storages else { panic!("{storages:?}") };
    assert_eq!(found.by_id.keys().map(ToString::to_string).collect::<Vec<_>>(), ["local"]);
    put(root.path(), "etc/pve/.members", "{\"cluster\": {\"name\": \"c\", \"quorate\": 0}}");
    let (storages, _) = look(root.path());
    assert!(matches!(&storages, Storages::Found(found) if found.blocked.is_some()), "{storages:?}");
    fs::write(root.path().join("etc/pve/storage.cfg"), b"# fine\n# caf\xe9\n").unwrap();
    let (storages, _) = look(root.path());
    assert!(matches!(&storages, Storages::Unknown(unknown) if unknown.reason.starts_with("line 2 ")));
}

#[test]
fn files_of_exports_are_told_with_their_lines_and_those_that_cannot_be_read_by_name() {
    let root = root();
    let folder = root.path().join("etc/exports.d");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        root.path().join("etc/exports"),
        "# none\n/srv/a 10.0.0.0/24(ro) \\\n 10.1.0.0/24\n/srv/b *(rw)\n",
    )
    .unwrap();
    fs::write(folder.join("zfs.exports"), "/tank/x *(sec=sys,rw)\n").unwrap();
    fs::write(folder.join(".hidden.exports"), "/hidden *(rw)\n").unwrap();
    fs::write(folder.join("not"), "/not *(rw)\n").unwrap();
    // A folder is read by nobody, whoever asks.
    fs::create_dir(folder.join("odd.exports")).unwrap();
    let seen = host(root.path()).observe(&Query { foreign: true, ..Query::default() }).unwrap();
    let told: Vec<String> = seen
        .held_exports
        .iter()
        .map(|held| format!("{}:{} {} {}", held.file, held.line, held.path, held.client))
        .collect();
    assert_eq!(
        told,
        [
            "/etc/exports:2 /srv/a 10.0.0.0/24",
            "/etc/exports:2 /srv/a 10.1.0.0/24",
            "/etc/exports:4 /srv/b *",
            "/etc/exports.d/zfs.exports:1 /tank/x *"
        ]
    );
    assert_eq!(
        seen.unread_exports.keys().map(|file| &**file).collect::<Vec<_>>(),
        ["/etc/exports.d/odd.exports"]
    );
    // What is not asked for is not looked at.
    let seen = host(root.path()).observe(&Query::default()).unwrap();
    assert!(seen.held_exports.is_empty() && seen.unread_exports.is_empty());
}

#[test]
fn the_version_of_pct_is_what_dpkg_says_and_else_unknown() {
    let root = root();
    let put = |path: &str, text: &str| {
        fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
        fs::write(root.path().join(path), text).unwrap();
    };
    put("proc/self/mountinfo", "30 1 0:26 / /etc/pve rw - fuse /dev/fuse rw\n");
    put("proc/net/unix", "");
    put("etc/pve/.members", "{\"nodename\": \"a\", \"cluster\": {\"quorate\": 1}}");
    put("etc/pve/nodes/a/lxc/101.conf", "arch: amd64\n");
    let version = |asked: bool| {
        let host = host(root.path());
        let seen = host.observe(&Query { guests: true, pct_version: asked, ..Query::default() }).unwrap();
        let Containers::Found(found) = seen.containers else { panic!("{:?}", seen.containers) };
        found.version
    };
    // Without dpkg nobody knows, and nothing fails.
    assert_eq!(version(true), None);
    for (says, is) in [
        ("printf 'installed 6.1.10'", Some(PackageVersion(6, 1, 10))),
        ("printf 'installed 5.0-3~bpo12'", Some(PackageVersion(5, 0, 0))),
        // It was removed, and its configuration stayed.
        ("printf 'config-files 6.1.10'", None),
        ("printf 'installed '", None),
        ("echo 'no packages found matching pve-container' >&2; exit 1", None),
    ] {
        tool(root.path(), "dpkg-query", says);
        assert_eq!(version(true), is, "{says}");
    }
    assert_eq!(version(false), None);
}

#[test]
fn a_lock_that_somebody_holds_is_tried_again_and_pvesm_runs_one_at_a_time() {
    let root = root();
    let at = root.path().display().to_string();
    // The first call of each cannot get the lock; two at once end in an error of their own.
    tool(
        root.path(),
        "pvesm",
        &format!(
            "mkdir {at}/busy || {{ echo two at once >&2; exit 9; }}
trap 'rmdir {at}/busy' EXIT
sleep 0.05
[ -e {at}/seen-$2 ] && exit 0
touch {at}/seen-$2
echo \"trying to acquire cfs lock 'file-storage_cfg' ...\" >&2
echo 'error during cfs-locked \"file-storage_cfg\" operation: got lock request timeout' >&2
exit 255"
        ),
    );
    let host = host(root.path());
    let remove = |id: &str| Op::StorageRemove { id: phoenix_graph::StorageId::new(id).unwrap() };
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            ["one", "two"].map(|id| scope.spawn(|| host.perform(&remove(id)))).into_iter().collect();
        for run in runs {
            run.join().unwrap().unwrap();
        }
    });
    assert_eq!(host.processes(), 4);
    // Any other error is told at once.
    tool(root.path(), "pvesm", "echo \"storage 'one' does not exist\" >&2; exit 255");
    let error = host.perform(&remove("one")).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert_eq!(host.processes(), 5);
}

/// A file of the user's own, with a secret in it.
fn secret(root: &Path, name: &str, text: &str, mode: u32) -> Box<str> {
    let path = root.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.display().to_string().into()
}

#[test]
fn a_password_goes_to_pvesm_by_its_input_and_stands_on_no_command_line() {
    let root = root();
    let at = root.path().display().to_string();
    tool(root.path(), "pvesm", &format!("printf '%s\\n' \"$*\" >{at}/said; cat >{at}/read"));
    let file = secret(root.path(), "nas.pw", "correct horse\n", 0o600);
    let key = secret(root.path(), "nas.key", "{\"data\": \"x\"}\n", 0o600);
    let add = |file: &str| Op::StorageAdd {
        id: phoenix_graph::StorageId::new("safe").unwrap(),
        kind: "pbs".into(),
        properties: vec![("server".into(), "10.0.0.7".into())],
        secrets: vec![("encryption-key".into(), key.clone()), ("password".into(), file.into())],
    };
    host(root.path()).perform(&add(&file)).unwrap();
    let said = fs::read_to_string(root.path().join("said")).unwrap();
    assert_eq!(said, format!("add pbs safe --server 10.0.0.7 --encryption-key {key} --password\n"));
    assert_eq!(fs::read_to_string(root.path().join("read")).unwrap(), "correct horse\n");
    // What cannot be used starts nothing.
    fs::remove_file(root.path().join("said")).unwrap();
    for (text, mode, why) in [
        ("correct horse\n", 0o640, "others than its owner may read it"),
        ("", 0o600, "it is empty"),
        ("one\ntwo\n", 0o600, "a password is one line"),
    ] {
        let error = host(root.path()).perform(&add(&secret(root.path(), "other", text, mode))).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(!error.to_string().contains("horse"), "{error}");
    }
    assert!(!root.path().join("said").exists());
}

#[test]
fn what_proxmox_keeps_is_compared_with_the_files_asked_for() {
    let root = root();
    let put = |path: &str, text: &str| {
        let path = root.path().join("etc/pve").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        "storage.cfg",
        "cifs: nas\n\tserver a\n\tshare b\n\tpath /mnt/pve/nas\n\tusername u\n\n\
         pbs: safe\n\tserver a\n\tdatastore d\n\tencryption-key 1f:2e\n\tmaster-pubkey 1\n\n\
         rbd: own\n\tpool p\n\nrbd: far\n\tpool p\n\tmonhost 10.0.0.8\n\ncifs: open\n\tserver a\n\tshare b\n",
    );
    put("priv/storage/nas.pw", "password=correct horse\n");
    put("priv/storage/safe.enc", "{\"data\": \"x\"}\n\n");
    put("priv/ceph/own.keyring", "of the cluster itself\n");
    put("priv/ceph/far.conf", "[global]\n\tkeyring = /elsewhere\n");
    fs::create_dir_all(root.path().join("etc/pve/priv/ceph/far.keyring")).unwrap();
    let same = secret(root.path(), "same.pw", "correct horse\n", 0o600);
    let other = secret(root.path(), "other.pw", "battery staple\n", 0o600);
    let open = secret(root.path(), "open.pw", "correct horse\n", 0o644);
    let key = secret(root.path(), "key", "{\"data\": \"x\"}\n", 0o400);
    let asked = [(&same, "password"), (&other, "password"), (&open, "password"), (&key, "encryption-key")];
    let query = Query {
        storages: true,
        secret_files: asked.map(|(file, secret)| (file.clone(), secret.into())).into(),
        ..Query::default()
    };
    let seen = host(root.path()).observe(&query).unwrap();
    let Storages::Found(found) = &seen.storages else { panic!("{:?}", seen.storages) };
    assert_eq!(found.lost, []);
    let secrets = |id: &str| &found.by_id[&phoenix_graph::StorageId::new(id).unwrap()].secrets;
    assert_eq!(secrets("nas")["password"], Kept::In([same].into()));
    assert_eq!(secrets("safe").len(), 1);
    assert_eq!(secrets("safe")["encryption-key"], Kept::In([key].into()));
    assert!(secrets("own").is_empty() && secrets("open").is_empty());
    assert!(
        matches!(&secrets("far")["keyring"], Kept::Unread(why) if why.contains("far.keyring cannot be read"))
    );
    assert!(matches!(&secrets("far")["configuration"], Kept::Unread(why) if why.contains("by hand")));
    assert_eq!(seen.unusable_secrets.keys().collect::<Vec<_>>(), [&open]);
    assert!(!format!("{seen:?}").contains("horse"));
}

#[test]
fn the_nodes_of_a_cluster_are_told_by_what_it_says_of_its_members() {
    let root = root();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("proc/self/mountinfo", "1 1 0:1 / /etc/pve rw - fuse.pmxcfs /dev/fuse rw\n");
    let look = |members: &str| {
        put("etc/pve/.members", members);
        host(root.path()).observe(&Query { storages: true, ..Query::default() }).unwrap().storages
    };
    let members = |text: &str| match look(text) {
        Storages::Found(found) => {
            found.members.map(|members| (members.node.to_string(), members.others.into_iter().collect()))
        }
        other => panic!("{other:?}"),
    };
    let both = |names: &[&str]| {
        Some(("a".to_owned(), names.iter().map(|name| Box::from(*name)).collect::<Vec<_>>()))
    };
    // A node alone, also where it is a cluster of its own.
    assert_eq!(members("{\"nodename\": \"a\", \"version\": 3}"), None);
    assert_eq!(
        members(
            "{\"nodename\": \"a\", \"cluster\": {\"name\": \"c\", \"nodes\": 1, \"quorate\": 1}, \"nodelist\": {\"a\": {\"id\": 1, \"online\": 1}}}"
        ),
        None
    );
    // One that is away is one of them.
    let three = "{\"nodename\": \"a\", \"cluster\": {\"name\": \"c\", \"nodes\": 3, \"quorate\": 1}, \"nodelist\": {\"b\": {\"id\": 2, \"online\": 0}, \"a\": {\"id\": 1}, \"c\": {\"id\": 3}}}";
    assert_eq!(members(three), both(&["b", "c"]));
    // What does not name all is not believed.
    for wrong in [
        three.replace("\"nodes\": 3", "\"nodes\": 4"),
        three.replace("nodename\": \"a", "nodename\": \"d"),
        three.replace("nodelist", "list"),
    ] {
        let Storages::Unknown(unknown) = look(&wrong) else { panic!("{wrong}") };
        assert!(unknown.reason.contains("does not name all nodes"), "{}", unknown.reason);
    }
}

#[test]
fn registrations_that_somebody_has_changed_since_they_were_looked_at_are_left_alone() {
    let root = root();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let cfg = root.path().join("etc/pve/storage.cfg");
    // A tool that notes how it was run, and writes as the real one does.
    let at = root.path().display();
    tool(root.path(), "pvesm", &format!("echo \"$@\" >>{at}/runs\necho >>{}", cfg.display()));
    put("proc/self/mountinfo", "1 1 0:1 / /etc/pve rw - fuse.pmxcfs /dev/fuse rw\n");
    put("etc/pve/.members", "{\"nodename\": \"a\"}");
    put("etc/pve/storage.cfg", "dir: one\n\tpath /srv/one\n\n");
    let host = host(root.path());
    let set = Op::StorageSet {
        id: phoenix_graph::StorageId::new("one").unwrap(),
        set: vec![("content".into(), "iso".into())],
        secrets: vec![],
        delete: vec![],
    };
    let remove = Op::StorageRemove { id: phoenix_graph::StorageId::new("one").unwrap() };
    let look = || host.observe(&Query { storages: true, ..Query::default() }).unwrap();
    look();
    // What was written from here is known.
    host.perform(&set).unwrap();
    host.perform(&remove).unwrap();
    put("etc/pve/storage.cfg", "dir: two\n\tpath /srv/two\n\n");
    for op in [&set, &remove] {
        let error = host.perform(op).unwrap_err();
        assert!(error.to_string().contains("somebody has changed it"), "{error}");
    }
    look();
    host.perform(&set).unwrap();
    let runs = fs::read_to_string(root.path().join("runs")).unwrap();
    let runs: Vec<&str> = runs.lines().collect();
    let digest = |run: &str| run.rsplit_once("--digest ").map(|(_, digest)| digest.len());
    assert_eq!((runs.len(), digest(runs[0]), runs[1]), (3, Some(40), "remove one"));
    assert_eq!(digest(runs[2]), Some(40));
}
