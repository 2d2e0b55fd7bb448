//! What Proxmox's files say, and its tools as scripts.

use super::{host, root, tool};
use phoenix_host::{
    Host,
    observed::{Containers, Guests, Kept, Query, Storages},
    op::Op,
    text::package_version::PackageVersion,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

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
