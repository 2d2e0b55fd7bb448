//! The real host's driver, on a folder in a host's place: tools that are scripts, files that are fixtures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod proxmox;

use phoenix_graph::{DatasetName, Disk, PoolName, PropertyName};
use phoenix_host::{
    Host, HostError,
    observed::{DiskState, LinkState, Query, Setting, Source, Storages},
    op::Op,
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

/// The flush times of the kernel's caches, this far from now, and what is in them.
#[expect(clippy::disallowed_methods, reason = "the kernel's flush times are times of this clock")]
fn remembers(root: &Path, seconds: i64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    for cache in ["nfsd.export", "nfsd.fh"] {
        let folder = root.join("proc/net/rpc").join(cache);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("content"), "#path domain(flags)\n# /big/a\t10.0.0.0/24()\n").unwrap();
        fs::write(folder.join("flush"), format!("{}\n", now.saturating_add_signed(seconds))).unwrap();
    }
}

#[test]
fn what_the_nfs_server_remembers_is_let_go_by_a_flush_in_its_time_and_waited_for_elsewhere() {
    let root = root();
    let (log, host) = (root.path().join("log"), host(root.path()));
    // Busy until the caches are flushed.
    let flushed = root.path().join("flushed").display().to_string();
    tool(root.path(), "exportfs", &format!("echo exportfs \"$@\" >>{}; touch {flushed}", log.display()));
    let busy = "echo \"cannot unmount '/big/a': pool or dataset is busy\" >&2; exit 1";
    tool(
        root.path(),
        "zfs",
        &format!("echo zfs \"$@\" >>{}; [ -e {flushed} ] || {{ {busy}; }}", log.display()),
    );
    let op = Op::DatasetUnmount { dataset: DatasetName::new("big/a").unwrap() };
    remembers(root.path(), 40);
    match host.perform(&op) {
        Err(HostError::Remembered { error, seconds }) => {
            assert!((39..=41).contains(&seconds), "{seconds}");
            assert!(error.to_string().contains("busy"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // A flush now would be in force no sooner, and put it off.
    assert_eq!(fs::read_to_string(&log).unwrap(), "zfs unmount -- big/a\n");
    remembers(root.path(), -1);
    host.perform(&op).unwrap();
    let told = fs::read_to_string(&log).unwrap();
    assert_eq!(
        told.lines().skip(1).collect::<Vec<_>>(),
        ["zfs unmount -- big/a", "exportfs -f", "zfs unmount -- big/a"]
    );
    // Without anything in the caches nobody but its users hold it.
    fs::remove_file(&flushed).unwrap();
    remembers(root.path(), 40);
    fs::write(root.path().join("proc/net/rpc/nfsd.export/content"), "#path domain(flags)\n").unwrap();
    assert!(matches!(host.perform(&op), Err(HostError::Command { .. })));
}
