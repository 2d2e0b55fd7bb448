//! Storage types against the recorded answers of pvesm.
use super::*;
use proptest::prelude::*;

fn kind(name: &str) -> &'static StorageType {
    find_type(name).unwrap()
}

fn canonical(storage: &str, property: &str, text: &str) -> String {
    kind(storage).canonical(property, text).unwrap()
}

fn reason(storage: &str, property: &str, text: &str) -> String {
    kind(storage).canonical(property, text).unwrap_err().to_string()
}

#[test]
fn lists_are_sets() {
    assert_eq!(canonical("dir", "content", "iso,vztmpl,backup"), "backup,iso,vztmpl");
    assert_eq!(canonical("dir", "content", "vztmpl iso,iso"), "iso,vztmpl");
    assert_eq!(canonical("zfspool", "nodes", "pve2,pve1"), "pve1,pve2");
}

#[test]
fn booleans_have_one_spelling() {
    for text in ["1", "yes", "on", "true", "True"] {
        assert_eq!(canonical("zfspool", "sparse", text), "1");
        assert_eq!(canonical("dir", "is_mountpoint", text), "yes");
    }
    assert_eq!(canonical("dir", "is_mountpoint", "/tank//files/"), "/tank/files");
    assert_eq!(reason("zfspool", "sparse", "perhaps"), "\"perhaps\" is no value of sparse: it is 1 or 0");
}

#[test]
fn contents_are_those_of_the_type() {
    assert_eq!(
        reason("zfspool", "content", "images,iso"),
        "a zfspool storage cannot hold \"iso\"; it can hold images, rootdir"
    );
    for (storage, content) in
        [("zfspool", "none"), ("dir", "none"), ("dir", "templates"), ("dir", "ISO"), ("pbs", "images")]
    {
        assert!(matches!(kind(storage).canonical("content", content), Err(StorageError::Content { .. })));
    }
    assert!(matches!(kind("dir").canonical("content", ""), Err(StorageError::Value { .. })));
}

#[test]
fn what_pvesm_took_is_taken_and_what_it_refused_is_refused() {
    for line in include_str!("../../tests/fixtures/pvesm-add.txt").lines() {
        let mut columns = line.split('\t');
        let [verdict, _case, storage] = [(); 3].map(|()| columns.next().unwrap());
        let taken = columns.all(|option| {
            let (property, text) = option.split_once('=').unwrap();
            kind(storage).canonical(property, text).is_ok()
        });
        assert_eq!(taken, verdict == "taken", "{line}");
    }
}

#[test]
fn values_that_pvesm_refuses_are_refused() {
    for (storage, property, text) in [
        ("zfspool", "blocksize", "3k"),
        ("zfspool", "blocksize", "256"),
        ("zfspool", "blocksize", "32m"),
        ("zfspool", "blocksize", "1.5k"),
        ("zfspool", "blocksize", "16kb"),
        ("zfspool", "mountpoint", "tank/vmdata"),
        ("zfspool", "bwlimit", "everything=1"),
        ("zfspool", "pool", "/tank"),
        ("dir", "path", "srv/d1"),
        ("dir", "path", "/"),
        ("dir", "path", "/srv/a+b"),
        ("dir", "path", "/srv/a b"),
        ("dir", "path", "/srv/../etc"),
        ("dir", "format", "vhd"),
        ("nfs", "format", "subvol"),
        ("btrfs", "format", "qcow2"),
        ("dir", "content-dirs", "iso=../x"),
        ("dir", "content-dirs", "templates=x"),
        ("dir", "prune-backups", "keep-all=1,keep-last=3"),
        ("dir", "prune-backups", "keep-some=1"),
        ("dir", "prune-backups", "keep-last=1,keep-last=2"),
        ("dir", "max-protected-backups", "-2"),
        ("dir", "nodes", "a_b"),
        ("nfs", "server", "bad_host!"),
        ("nfs", "server", "10.0.0.256"),
        ("nfs", "options", "vers=4.2, soft"),
        ("pbs", "fingerprint", "aa:bb"),
        ("pbs", "port", "0"),
    ] {
        let refused = kind(storage).canonical(property, text);
        assert!(matches!(refused, Err(StorageError::Value { .. })), "{property}={text}: {refused:?}");
    }
}

#[test]
fn a_secret_inside_of_a_value_is_found() {
    for (storage, property, text, wanted) in [
        ("cifs", "options", "vers=3.0,password=word", true),
        ("cifs", "options", "vers=3.0, PASS =word", true),
        ("cifs", "options", "username=me%word", true),
        ("cephfs", "options", "secret=word", true),
        ("cifs", "username", "me%word", true),
        ("cifs", "options", "vers=3.0,username=me", false),
        ("nfs", "options", "vers=4.2,soft", false),
        ("cifs", "username", "me", false),
        ("dir", "path", "/srv/password=word", false),
    ] {
        assert_eq!(kind(storage).holds_secret(property, text), wanted, "{storage} {property} {text}");
    }
}

#[test]
fn properties_are_those_of_the_type() {
    for (storage, property) in [
        ("zfspool", "shared"),
        ("dir", "sparse"),
        ("nfs", "is_mountpoint"),
        ("nfs", "shared"),
        ("pbs", "format"),
        ("btrfs", "bwlimit"),
        ("btrfs", "content-dirs"),
        ("btrfs", "snapshot-as-volume-chain"),
    ] {
        let refused = kind(storage).canonical(property, "1");
        assert!(matches!(refused, Err(StorageError::Property { .. })), "{storage} {property}");
    }
    let error = StorageError::Secret { property: "password" };
    assert_eq!(kind("cifs").canonical("password", "secret"), Err(error));
}

#[test]
fn what_is_required_and_what_is_fixed_is_known() {
    let named = |storage: &str, picks: fn(&StorageProperty) -> bool| -> Vec<&str> {
        kind(storage).properties().filter(|property| picks(property)).map(|property| property.name).collect()
    };
    assert_eq!(named("zfspool", |property| property.required), ["pool"]);
    assert_eq!(named("dir", |property| property.fixed), ["path", "snapshot-as-volume-chain"]);
    assert_eq!(named("nfs", |property| property.required), ["server", "export"]);
    assert_eq!(named("cifs", |property| property.required), ["server", "share"]);
    assert_eq!(named("pbs", |property| property.required), ["server", "datastore"]);
}

#[test]
fn values_have_one_spelling() {
    assert_eq!(canonical("zfspool", "blocksize", "16384"), "16k");
    assert_eq!(canonical("zfspool", "blocksize", "1024K"), "1m");
    assert_eq!(canonical("zfspool", "blocksize", "512"), "512");
    assert_eq!(canonical("zfspool", "pool", "tank/vm data"), "tank/vm data");
    assert_eq!(canonical("dir", "path", "/srv//d1/"), "/srv/d1");
    assert_eq!(canonical("dir", "prune-backups", "keep-weekly=4,keep-last=3"), "keep-last=3,keep-weekly=4");
    assert_eq!(canonical("dir", "prune-backups", "keep-all"), "keep-all=1");
    assert_eq!(canonical("dir", "prune-backups", "keep-last=0"), "keep-last=0");
    assert_eq!(canonical("dir", "content-dirs", "iso=my/isos,backup=bk"), "backup=bk,iso=my/isos");
    assert_eq!(canonical("dir", "bwlimit", "restore=100,move=50"), "move=50,restore=100");
    assert_eq!(canonical("dir", "bwlimit", "100"), "default=100");
    assert_eq!(canonical("dir", "max-protected-backups", "-1"), "-1");
    assert_eq!(canonical("nfs", "server", "NAS.lan"), "nas.lan");
}

#[test]
fn what_stands_in_the_file_compares_with_what_was_asked() {
    assert_eq!(kind("zfspool").observed("disable", ""), "1");
    assert_eq!(
        kind("dir").observed("content", "vztmpl,iso,backup"),
        canonical("dir", "content", "backup,iso,vztmpl")
    );
    assert_eq!(kind("zfspool").observed("blocksize", "16384"), canonical("zfspool", "blocksize", "16k"));
    assert_eq!(kind("dir").observed("content", "none"), "none");
    assert_eq!(kind("dir").observed("frobnicate", "1"), "1");
    assert_eq!(kind("dir").default("content"), Some("images,rootdir"));
    assert_eq!(kind("dir").default("disable"), Some("0"));
}

#[test]
fn the_table_agrees_with_itself() {
    for storage in types() {
        assert_eq!(canonical(storage.name, "content", storage.default_content), storage.default_content);
        assert!(storage.contents.is_sorted());
        for property in storage.properties() {
            let twice = storage.properties().filter(|other| other.name == property.name).count();
            assert_eq!(twice, 1, "{} {}", storage.name, property.name);
            if let Some(default) = property.default {
                assert_eq!(canonical(storage.name, property.name, default), default);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_canonical_form_is_its_own(
        storage in 0..types().len(),
        property in 0usize..40,
        text in "(/?[a-z0-9.=,:@ -]{0,12}|[0-9]{1,6}[km]?|(keep-last|keep-all|default|iso)=[0-9a-z]{1,4})",
    ) {
        let storage = &types()[storage];
        let Some(property) = storage.properties().nth(property) else { return Ok(()) };
        if let Ok(canonical) = storage.canonical(property.name, &text) {
            prop_assert_eq!(storage.canonical(property.name, &canonical), Ok(canonical.clone()));
            prop_assert_eq!(storage.observed(property.name, &canonical), canonical);
        }
    }
}

#[test]
fn what_a_spec_says_lies_on_a_dataset_or_on_none() {
    let mut said: Vec<&str> = ON_DATASETS.iter().chain(STANDALONE).copied().collect();
    said.sort_unstable();
    said.dedup();
    let mut all = SAID.to_vec();
    all.sort_unstable();
    assert_eq!(said, all);
    let known: Vec<&str> = types().iter().map(|kind| kind.name).collect();
    assert!(SAID.iter().all(|name| known.contains(name)) && known.len() == SAID.len());
    assert!(ELSEWHERE.iter().all(|name| !known.contains(name)));
    // On a dataset lies nothing that has a secret.
    assert!(ON_DATASETS.iter().all(|name| find_type(name).unwrap().secrets().next().is_none()));
}

#[test]
fn a_file_is_named_for_each_secret_and_for_nothing_else() {
    let secrets = types().iter().flat_map(StorageType::secrets);
    let mut settings: Vec<String> = secrets.map(|secret| format!("{}{FILE}", secret.name)).collect();
    settings.sort_unstable();
    settings.dedup();
    assert_eq!(settings, SECRET_FILES);
    assert_eq!(kind("cifs").secret("password-file").unwrap().name, "password");
    assert!(kind("nfs").secret("password-file").is_none());
    assert!(kind("cifs").secret("username-file").is_none());
}

#[test]
fn the_file_of_a_secret_is_a_path_of_the_users_own() {
    let file = |secret, text| kind("pbs").secret_file(secret, text);
    assert_eq!(file("password", "/root//pbs.pw/").unwrap(), "/root/pbs.pw");
    for (secret, text, reason) in [
        ("password", "pbs.pw", "it is an absolute path, which starts with /"),
        ("password", "/root/../pbs.pw", "a path has no . and .. in it"),
        ("password", "//", "it is the path of a file"),
        ("encryption-key", "autogen", "it is an absolute path, which starts with /"),
        ("password", "/etc/pve/priv/storage/pbs.pw", "Proxmox's own files go with the registration"),
        ("password", "/etc//pve/priv/x", "Proxmox's own files go with the registration"),
    ] {
        let error = file(secret, text).unwrap_err();
        assert!(error.to_string().ends_with(reason), "{error}");
    }
    assert!(matches!(file("keyring", "/root/x"), Err(StorageError::Property { .. })));
    let (none, user) = (BTreeMap::new(), BTreeMap::from([("username".into(), "me".into())]));
    assert_eq!(kind("cifs").alone("password", &none, &none), Some("username"));
    assert_eq!(kind("cifs").alone("password", &user, &none), None);
    assert_eq!(kind("pbs").alone("master-pubkey", &user, &none), Some("encryption-key"));
    let key = BTreeMap::from([("encryption-key".into(), "/root/k".into())]);
    assert_eq!(kind("pbs").alone("master-pubkey", &none, &key), None);
}

#[test]
fn values_of_the_other_types_are_those_that_proxmox_takes() {
    assert_eq!(canonical("iscsi", "portal", "NAS.lan:3260"), "nas.lan:3260");
    assert_eq!(canonical("iscsi", "portal", "[FD00::5]:3260"), "[fd00::5]:3260");
    assert_eq!(canonical("iscsi", "portal", "fd00::5"), "fd00::5");
    assert_eq!(canonical("rbd", "monhost", "10.0.0.2; 10.0.0.1 10.0.0.2"), "10.0.0.1,10.0.0.2");
    assert_eq!(canonical("lvm", "vgname", "Pve-1"), "Pve-1");
    assert_eq!(canonical("lvmthin", "content", "rootdir,images"), "images,rootdir");
    for (storage, property, text) in [
        ("iscsi", "portal", "nas:0"),
        ("iscsi", "portal", "nas:65536"),
        ("iscsi", "portal", "nas:+1"),
        ("iscsi", "portal", "nas:"),
        ("iscsi", "portal", "[nas]:1"),
        ("iscsi", "portal", "[fd00::5]3260"),
        ("rbd", "monhost", ","),
        ("lvm", "vgname", "a"),
        ("lvm", "vgname", "-ab"),
        ("lvm", "vgname", "a b"),
        ("lvm", "base", "target:0.0.1.scsi"),
        ("lvm", "saferemove-stepsize", "3"),
        ("esxi", "content", "images"),
    ] {
        assert!(kind(storage).canonical(property, text).is_err(), "{storage} {property} {text}");
    }
    // What Proxmox holds of what no spec says is kept as it stands.
    assert_eq!(kind("lvm").observed("base", "target:0.0.1.scsi"), "target:0.0.1.scsi");
}
