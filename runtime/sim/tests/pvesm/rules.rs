//! The rules of `pvesm`, on a host that has what the recording one showed.

use super::case::{self, Case, said, sorted};
use phoenix_sim::pvesm::{Outcome, Site, Space, run};
use std::collections::{BTreeMap, BTreeSet};

/// Cases that the rules do not answer for, each with the reason.
const EXCLUDED: &[(&str, &str)] = &[
    ("zfspool-add-no-such-dataset-status", "a shell line; `the_shell_lines_hold_too` has its parts"),
    ("set-digest-right", "a shell line that asks pvesh; `a_digest_guards_a_change` has its parts"),
    ("remove-twice", "a shell line; `the_shell_lines_hold_too` has its parts"),
    ("cifs-remove-deletes-password", "a shell line; `the_shell_lines_hold_too` has its parts"),
    ("concurrent-adds", "a shell line with processes; the lock is tried in the machine"),
    ("alloc-free", "volumes are not phoenix's"),
    ("list", "volumes are not phoenix's"),
    ("path", "volumes are not phoenix's"),
    ("scan-zfs", "phoenix does not scan"),
    ("help-set", "help for people"),
    ("command-unknown", "help for people"),
    ("status-disabled-storage", "sizes of the recording host's root; `status` has its own test"),
    ("status-nfs-down", "sizes of the recording host's root; `status` has its own test"),
    ("cfg-content-invalid-in-file", "sizes of the recording host's root; `status` has its own test"),
];

/// A key that backups are encrypted with.
const KEY: &str = r#"{"data": "AAAA"}"#;

/// The host that the cases were recorded on, as far as they show it.
#[derive(Default)]
struct Recorded {
    file: Option<String>,
    folders: BTreeSet<String>,
    mounts: BTreeMap<String, String>,
    kept: BTreeMap<String, String>,
    /// What stands on the input.
    typed: Option<String>,
    turns: usize,
    /// Whether something cannot be mounted.
    stuck: bool,
}

impl Recorded {
    fn new(file: &str) -> Recorded {
        let folders = ["/", "/srv", "/mnt", "/mnt/pve", "/tank", "/tank/files", "/tank/vmdata"];
        let mounts = [("/tank/files", "tank/files"), ("/tank/vmdata", "tank/vmdata")];
        Recorded {
            file: Some(file.into()),
            folders: folders.map(String::from).into(),
            mounts: mounts.map(|(at, of)| (at.into(), of.into())).into(),
            ..Recorded::default()
        }
    }

    fn pvesm(&mut self, words: &[&str]) -> Outcome {
        let words: Vec<_> = words.iter().map(|w| w.to_string()).collect();
        run(&words, self)
    }
}

impl Site for Recorded {
    fn node(&self) -> String {
        "pve".into()
    }
    fn lock(&mut self) -> Result<(), String> {
        Ok(())
    }
    fn read(&mut self) -> Result<Option<String>, String> {
        Ok(self.file.clone())
    }
    fn write(&mut self, text: &str) -> Result<(), String> {
        self.file = Some(text.into());
        Ok(())
    }
    fn digest(&mut self, text: &str) -> Result<String, String> {
        Ok(format!("digest of {} bytes", text.len()))
    }
    fn shuffle(&mut self, words: &mut Vec<String>) {
        self.turns += 1;
        let by = self.turns % words.len().max(1);
        words.rotate_left(by);
    }
    fn is_dataset_mounted(&self, dataset: &str) -> bool {
        let below = format!("{dataset}/");
        self.mounts.values().any(|of| of == dataset || of.starts_with(&below))
    }
    fn pool(&mut self, pool: &str) -> Result<(), String> {
        match pool {
            "tank" | "extra" => Ok(()),
            _ => Err(format!("cannot open '{pool}': no such pool")),
        }
    }
    fn import(&mut self, pool: &str) -> Result<(), String> {
        Err(format!("cannot import '{pool}': no such pool available"))
    }
    fn mount_all(&mut self) -> Result<(), String> {
        if self.stuck { Err("cannot mount 'extra'".into()) } else { Ok(()) }
    }
    fn mountpoint(&mut self, dataset: &str) -> Result<String, String> {
        match dataset {
            "tank/legacy" => Ok("legacy".into()),
            "tank/nomount" => Ok("none".into()),
            "tank" | "extra" | "tank/vmdata" | "tank/files" | "tank/nfs" => Ok(format!("/{dataset}")),
            _ => Err(format!("cannot open '{dataset}': dataset does not exist")),
        }
    }
    fn dataset_space(&mut self, dataset: &str) -> Result<Space, String> {
        self.mountpoint(dataset)?;
        let kib = |n: u64| n * 1024;
        Ok(Space { total: kib(360_194), used: kib(24), available: kib(360_170) })
    }
    fn has_thin_pool(&mut self, group: &str, pool: &str) -> bool {
        (group, pool) == ("pve", "data")
    }
    fn is_folder(&self, path: &str) -> bool {
        self.folders.contains(path)
    }
    fn make_folder(&mut self, path: &str) -> Result<(), String> {
        if path.starts_with("/sys/") {
            return Err("Operation not permitted".into());
        }
        for (at, _) in path.match_indices('/').skip(1) {
            self.folders.insert(path[..at].into());
        }
        self.folders.insert(path.into());
        Ok(())
    }
    fn folder_space(&mut self, _: &str) -> Result<Space, String> {
        Ok(Space { total: 4096, used: 1024, available: 3072 })
    }
    fn is_mounted(&self, path: &str) -> bool {
        self.mounts.contains_key(path)
    }
    fn is_btrfs(&self, _: &str) -> bool {
        false
    }
    fn answers(&mut self, kind: &str, server: &str, _: Option<&str>) -> Result<bool, String> {
        match (kind, server) {
            ("cifs", "192.0.2.10") => Err("session setup failed: NT_STATUS_LOGON_FAILURE".into()),
            _ => Ok(server == "192.0.2.10"),
        }
    }
    fn mount(&mut self, _: &str, source: &str, path: &str, _: Option<&str>) -> Result<(), String> {
        self.mounts.insert(path.into(), source.into());
        Ok(())
    }
    fn password(&mut self) -> Result<String, String> {
        self.typed.take().ok_or_else(|| "EOF while reading password".into())
    }
    fn file(&mut self, path: &str) -> Result<String, String> {
        (path == "/root/key").then(|| KEY.into()).ok_or_else(|| format!("can't open '{path}'"))
    }
    fn is_kept(&self, place: &str) -> bool {
        self.kept.contains_key(place)
    }
    fn keep(&mut self, place: &str, text: &str) -> Result<(), String> {
        self.kept.insert(place.into(), text.into());
        Ok(())
    }
    fn drop_kept(&mut self, place: &str) -> Result<(), String> {
        self.kept.remove(place);
        Ok(())
    }
}

#[test]
fn the_recorded_cases_hold() {
    let cases = case::all();
    let excluded: BTreeMap<_, _> = EXCLUDED.iter().copied().collect();
    for name in excluded.keys() {
        assert!(cases.iter().any(|c| c.case == **name), "no case is named {name}");
    }
    let mut wrong = Vec::new();
    let mut tried = 0;
    for case in &cases {
        // `pvesh` is Proxmox's other command; phoenix does not change storages with it.
        if case.argv[0] == "pvesh" || excluded.contains_key(case.case.as_str()) {
            continue;
        }
        tried += 1;
        if let Err(why) = check(case) {
            wrong.push(format!("{}: {}\n{why}", case.case, case.argv.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert_eq!(tried, 92, "cases tried");
}

fn check(case: &Case) -> Result<(), String> {
    let mut host = Recorded::new(&case.before);
    for line in &case.setup {
        let folder = line.strip_prefix("mkdir -p ").ok_or(format!("setup {line}"))?;
        host.make_folder(folder)?;
    }
    let outcome = run(&case.argv[1..], &mut host);
    let told = format!("{outcome:#?}");
    if (outcome.status == 0) != case.ok {
        return Err(format!("ok should be {}: {told}", case.ok));
    }
    if outcome.stdout != case.stdout {
        return Err(format!("stdout should be\n{}{told}", case.stdout));
    }
    if !said(&case.stderr, &outcome.stderr) {
        return Err(format!("stderr should be\n{}\nand is\n{}", case.stderr, outcome.stderr));
    }
    let expected = case.after.as_ref().unwrap_or(&case.before);
    let file = host.file.clone().unwrap_or_default();
    // An unchanged file is the same bytes; a written one has its lists in any order.
    let same = match case.after {
        None => file == *expected,
        Some(_) => sorted(&file) == sorted(expected),
    };
    if !same {
        return Err(format!("file should be\n{expected}\nand is\n{file}"));
    }
    for (command, expected) in &case.seen_after {
        if let Some(root) = command.strip_prefix("find ").map(|c| c.trim_end_matches(" | sort")) {
            let under = |f: &&String| *f == root || f.starts_with(&format!("{root}/"));
            let found: String = host.folders.iter().filter(under).map(|f| format!("{f}\n")).collect();
            if found != *expected {
                return Err(format!("{command} should show\n{expected}\nand shows\n{found}"));
            }
        }
    }
    Ok(())
}

#[test]
fn the_shell_lines_hold_too() {
    let mut host = Recorded::new("");
    assert_eq!(host.pvesm(&["add", "zfspool", "t1", "--pool", "tank/missing"]).status, 0);
    let status = host.pvesm(&["status", "--storage", "t1"]);
    assert!(status.stdout.contains("t1     zfspool   inactive               0"), "{status:?}");
    assert_eq!(status.stderr, "zfs error: cannot open 'tank/missing': dataset does not exist\n");
    assert_eq!(host.pvesm(&["remove", "t1"]).status, 0);
    let again = host.pvesm(&["remove", "t1"]);
    assert_eq!(again.stderr, "delete storage failed: storage 't1' does not exist\n");
    assert_ne!(again.status, 0);

    let add = ["add", "cifs", "c1", "--server", "192.0.2.99", "--share", "data"];
    let more = ["--username", "u", "--password", "s3cret", "--disable", "1"];
    assert_eq!(host.pvesm(&[&add[..], &more[..]].concat()).status, 0);
    assert_eq!(host.kept.len(), 1);
    assert!(!host.file.as_ref().unwrap().contains("s3cret"));
    assert_eq!(host.pvesm(&["remove", "c1"]).status, 0);
    assert!(host.kept.is_empty());
    assert_ne!(host.pvesm(&[&add[..], &more[..4]].concat()).status, 0);
    assert!(host.kept.is_empty(), "a failed add keeps no password");
}

#[test]
fn secrets_come_from_the_input_and_from_files() {
    let mut host = Recorded::new("");
    let add = ["add", "pbs", "p1", "--server", "192.0.2.99", "--datastore", "d", "--disable", "1"];
    let more = ["--encryption-key", "/root/key", "--password"];
    // Nothing stands on the input.
    assert_ne!(host.pvesm(&[&add[..], &more[..]].concat()).status, 0);
    host.typed = Some("s3cret".into());
    assert_eq!(host.pvesm(&[&add[..], &more[..]].concat()).status, 0);
    assert_eq!(host.kept["priv/storage/p1.pw"], "s3cret\n");
    assert_eq!(host.kept["priv/storage/p1.enc"], format!("{KEY}\n"));
    assert!(host.file.as_ref().unwrap().contains("\tencryption-key 1\n"));
    host.typed = Some("other".into());
    assert_eq!(host.pvesm(&["set", "p1", "--password"]).status, 0);
    assert_eq!(host.kept["priv/storage/p1.pw"], "other\n");
    assert_ne!(host.pvesm(&["set", "p1", "--encryption-key", "/root/none"]).status, 0);
}

#[test]
fn a_digest_guards_a_change() {
    let mut host = Recorded::new("");
    assert_eq!(host.pvesm(&["add", "zfspool", "t1", "--pool", "tank/vmdata"]).status, 0);
    let text = host.file.clone().unwrap();
    let digest = host.digest(&text).unwrap();
    let set = |digest: &str| ["set", "t1", "--content", "images", "--digest", digest].map(String::from);
    let stale = run(&set("0000"), &mut host);
    assert_eq!(
        stale.stderr,
        "update storage failed: detected modified configuration - file changed by other user? Try again.\n"
    );
    assert_eq!(host.file.as_deref(), Some(text.as_str()));
    assert_eq!(run(&set(&digest), &mut host).status, 0);
}

#[test]
fn an_id_is_defined_once_and_local_is_always_there() {
    let mut host = Recorded { file: None, ..Recorded::new("") };
    assert_eq!(host.pvesm(&["add", "zfspool", "t1", "--pool", "tank"]).status, 0);
    let file = host.file.clone().unwrap();
    assert!(file.starts_with("dir: local\n\tpath /var/lib/vz\n\tprune-backups keep-all=1\n"), "{file}");
    let again = host.pvesm(&["add", "zfspool", "t1", "--pool", "tank"]);
    assert_eq!(again.stderr, "create storage failed: storage ID 't1' already defined\n");
    let fixed = host.pvesm(&["set", "t1", "--delete", "pool"]);
    assert_eq!(fixed.stderr, "update storage failed: unable to delete required option 'pool'\n");
}

#[test]
fn lists_change_their_order_from_write_to_write() {
    let mut host = Recorded::new("");
    host.pvesm(&["add", "dir", "d1", "--path", "/srv", "--content", "iso,backup,snippets"]);
    let first = host.file.clone().unwrap();
    host.pvesm(&["set", "d1"]);
    let second = host.file.clone().unwrap();
    assert_ne!(first, second);
    assert_eq!(sorted(&first), sorted(&second));
}

/// Seen with the real one under its cluster file system, after the cases were recorded.
#[test]
fn what_a_write_does_to_other_sections_holds() {
    let thin = "lvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n\tcontent images\n\n";
    let file = format!(
        "# of the night shift\n{thin}linstordb: l1\n\tredundancy 2\n\nzfspool: t1\n\tpool tank/vmdata\n\n\
         dir: -bad\n\tpath /srv/x\n\n"
    );
    let mut host = Recorded::new(&file);
    let done = host.pvesm(&["set", "t1", "--bwlimit", "100"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let after = host.file.clone().unwrap();
    assert!(after.contains(thin) && after.contains("\tbwlimit default=100\n"), "{after}");
    for gone in ["night shift", "linstordb", "redundancy", "-bad", "/srv/x"] {
        assert!(!after.contains(gone), "{gone}: {after}");
    }
    // What one section lacks blocks every change.
    let mut host = Recorded::new(&file.replace("\tvgname pve\n", ""));
    for words in [&["set", "t1", "--sparse", "1"][..], &["remove", "t1"]] {
        let done = host.pvesm(words);
        assert!(done.status != 0 && done.stderr.contains("unknown section type ''"), "{done:?}");
    }
    let mut host = Recorded::new("");
    let one = ["add", "dir", "d1", "--path", "/srv/d1", "--content-dirs", "iso=a,backup=a"];
    assert!(host.pvesm(&one).status != 0);
    // `local` is there without a section: it cannot be added, and comes back when it is removed.
    let done = host.pvesm(&["add", "dir", "local", "--path", "/srv/d1"]);
    assert!(done.stderr.contains("already defined"), "{done:?}");
    assert_eq!(host.pvesm(&["remove", "local"]).status, 0);
    let set = host.pvesm(&["set", "local", "--content", "iso"]);
    assert!(set.status == 0 && host.file.unwrap().contains("path /var/lib/vz"), "{set:?}");
}

/// By the sources of its plugins: `on_add_hook`, `on_update_hook`, `on_delete_hook`.
#[test]
fn secrets_are_kept_and_go_as_each_type_has_it() {
    let mut host = Recorded::new("");
    let share = ["add", "cifs", "c1", "--server", "192.0.2.99", "--share", "data", "--disable", "1"];
    let done = host.pvesm(&[&share[..], &["--password", "s3cret"]].concat());
    assert_eq!(done.stderr, "storage c1: ignoring password parameter, no user set\n");
    assert_eq!(host.pvesm(&["set", "c1", "--delete", "password"]).status, 0);
    assert!(host.kept.is_empty());
    // It is registered again, without a password: what stood there is none of it.
    host.kept.insert("priv/storage/c2.pw".into(), "password=of another\n".into());
    let share = share.map(|word| if word == "c1" { "c2" } else { word });
    assert_eq!(host.pvesm(&share).status, 0);
    assert!(host.kept.is_empty());

    let images = ["add", "rbd", "r1", "--monhost", "192.0.2.1,192.0.2.2", "--keyring", "/root/key"];
    assert_eq!(host.pvesm(&images).status, 0);
    assert_eq!(host.kept["priv/ceph/r1.keyring"], format!("{KEY}\n"));
    assert!(host.kept["priv/ceph/r1.conf"].contains("keyring = /etc/pve/priv/ceph/r1.keyring\n"));
    assert_eq!(host.pvesm(&["remove", "r1"]).status, 0);
    assert!(host.kept.is_empty());

    let backups = ["add", "pbs", "p1", "--server", "192.0.2.10", "--datastore", "d"];
    let refused =
        |done: Outcome, why: &str| assert!(done.status != 0 && done.stderr.contains(why), "{done:?}");
    refused(host.pvesm(&backups), "p1: error fetching datastores - 401 authentication failure");
    refused(
        host.pvesm(&[&backups[..], &["--master-pubkey", "/root/key"]].concat()),
        "'master-pubkey' can only be used together with 'encryption-key'",
    );
    let machines = ["add", "esxi", "e1", "--server", "192.0.2.10", "--username", "root"];
    refused(host.pvesm(&machines), "create storage failed: missing password");
    assert!(host.kept.is_empty(), "{:?}", host.kept);
}

/// By the sources of its plugins: `activate_storage`.
#[test]
fn a_storage_is_activated_as_its_type_has_it() {
    let mut host = Recorded { stuck: true, ..Recorded::new("") };
    // What is mounted already is not mounted again.
    assert_eq!(host.pvesm(&["add", "zfspool", "t1", "--pool", "tank/vmdata"]).status, 0);
    assert_eq!(
        host.pvesm(&["add", "zfspool", "t2", "--pool", "extra"]).stderr,
        "create storage failed: could not activate storage 't2', zfs error: cannot mount 'extra'\n"
    );
    let thin = |pool| ["add", "lvmthin", "l1", "--vgname", "pve", "--thinpool", pool];
    assert_eq!(host.pvesm(&thin("none")).stderr, "create storage failed: no such logical volume pve/none\n");
    assert_eq!(host.pvesm(&thin("data")).status, 0);
    // Containers are backed up into the folder of backups.
    assert_eq!(host.pvesm(&["add", "dir", "d1", "--path", "/srv/d1", "--content", "rootdir"]).status, 0);
    assert!(host.is_folder("/srv/d1/private") && host.is_folder("/srv/d1/dump"));
    let clash = ["--path", "/srv/d2", "--content", "iso,backup", "--content-dirs", "iso=dump"];
    let done = host.pvesm(&[&["add", "dir", "d2"][..], &clash].concat());
    assert!(done.stderr.ends_with("uses directory /srv/d2/dump for multiple content types\n"), "{done:?}");
}

/// By the sources: `parse_config` of `PVE::Storage::Plugin`, `check_config` of `PVE::SectionConfig` and of the plugins.
#[test]
fn what_a_section_is_taken_for_holds() {
    // Where a share is mounted need not stand there, and `local` is what it is.
    let mut host =
        Recorded::new("nfs: n1\n\tserver a\n\texport /x\n\ndir: local\n\tpath /srv/local\n\tnodes pve\n\n");
    assert_eq!(
        host.pvesm(&["set", "n1", "--format", "subvol"]).stderr,
        "storage does not support format 'subvol'\n"
    );
    let text = host.file.clone().unwrap();
    assert!(text.contains("\tpath /mnt/pve/n1\n") && !text.contains("subvol"), "{text}");
    assert!(text.contains("dir: local\n\tpath /var/lib/vz\n") && !text.contains("nodes"), "{text}");
    for content in ["iso", "none"] {
        let text = format!("zfspool: t1\n\tpool tank\n\tcontent {content}\n\n");
        let done = Recorded::new(&text).pvesm(&["set", "local", "--shared", "1"]);
        assert!(done.status != 0 && done.stderr.contains("unknown section type ''"), "{done:?}");
    }
    let based = "iscsi: i1\n\tportal a\n\ttarget b\n\nlvm: l1\n\tvgname vg\n\tbase i1:0.0.0.lun\n\n";
    let done = Recorded::new(based).pvesm(&["remove", "i1"]);
    assert!(done.stderr.ends_with("storage is used as base of another storage\n"), "{done:?}");
}
