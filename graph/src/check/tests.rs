use super::*;
use crate::{
    Class, Dataset, DatasetName, Disk, Lifecycle, PropertyName, Redundancy, Settings, Value, Vdev, kind::Pool,
};

const LEGAL: &str = r#"[
  {"kind":"pool","name":"tank","layout":[
    {"class":"data","redundancy":"mirror","disks":["/dev/disk/by-id/a","/dev/disk/by-id/b"]},
    {"class":"log","redundancy":"none","disks":["/dev/disk/by-id/c"]}],"settings":{"autotrim":"on"}},
  {"kind":"dataset","name":"tank","settings":{"compression":"lz4"}},
  {"kind":"dataset","name":"tank/a","settings":{"quota":1073741824,"site:owner":"ops","userquota@bob":1048576}},
  {"kind":"volume","name":"tank/a/v","size":1048576,"settings":{"volblocksize":16384}},
  {"kind":"export","path":"/tank/a","dataset":"tank/a","clients":{"10.0.0.0/24":["anongid=65534",
    "anonuid=65534","acl","hide","mountpoint","no_all_squash","no_pnfs","no_subtree_check","nocrossmnt",
    "ro","root_squash","sec=sys","secure","secure_locks","sync","wdelay"]}},
  {"kind":"storage","id":"a1","type":"dir","dataset":"tank/a",
    "properties":{"content":"iso","is_mountpoint":"yes","path":"/tank/a"}},
  {"kind":"storage","id":"root","type":"zfspool","dataset":"tank",
    "properties":{"content":"images","mountpoint":"/tank","pool":"tank"}},
  {"kind":"storage","id":"nas","type":"nfs",
    "properties":{"content":"backup","export":"/backups","server":"10.0.0.5"}},
  {"kind":"storage","id":"plain","type":"dir","properties":{"content":"iso","path":"/srv/plain"}},
  {"kind":"tunable","name":"zfs_arc_max","value":8589934592},
  {"kind":"permissions","dataset":"tank/a","owner":"media","mode":"2770"},
  {"kind":"bind","container":101,"at":"/mnt/a","dataset":"tank/a","path":"/tank/a",
    "options":{"idmap":"u:33:33:1;g:33:33:1","keepattrs":"0","mountoptions":"discard;noatime","ro":"1"}},
  {"kind":"guest-mount","machine":201,"dataset":"tank/a","path":"/tank/a","subdirectory":"b/c","export":"/tank/a",
    "address":"10.0.0.21","mount":{"server":"10.0.0.1","what":"/tank/a/b/c","at":"/srv/c",
      "options":{"vers":"4.2","nconnect":4,"sec":"sys","automount":{"idle-timeout":600}}}},
  {"kind":"mapping","id":"tag-a","dataset":"tank/a","path":"/tank/a"},
  {"kind":"virtiofs","machine":202,"id":"tag-a","dataset":"tank/a","options":{"cache":"never","direct-io":"1"},
    "inside":{"at":"/srv/v","options":{"noatime":true,"automount":{}}}},
  {"kind":"virtiofs","machine":203,"id":"tag-a","dataset":"tank/a"}
]"#;

fn reasons(text: &str) -> Vec<String> {
    let resources: Vec<Resource> = serde_json::from_str(text).unwrap();
    all(&resources).iter().map(Fault::to_string).collect()
}

#[test]
fn what_a_spec_can_say_is_let_through() {
    assert_eq!(reasons(LEGAL), Vec::<String>::new());
}

#[test]
fn each_rule_refuses_what_breaks_it_and_names_the_resource() {
    for (old, new, told) in [
        (r#""name":"tank/a","#, r#""name":"tank/.phoenix","#, "dataset:tank/.phoenix: `.phoenix`"),
        ("by-id/b", "by-id/a", "pool:tank: the disk \"/dev/disk/by-id/a\" is used twice"),
        ("by-id/c", "by-id/../c", "pool:tank: \"/dev/disk/by-id/../c\" is not the path of a disk"),
        (r#""none","disks""#, r#""mirror","disks""#, "pool:tank: a vdev of 1 disks is no \"mirror\""),
        (r#""class":"log""#, r#""class":"nothing""#, ""),
        ("autotrim", "health", "pool:tank: \"health\" cannot be set"),
        (r#""lz4""#, r#""lz5""#, "dataset:tank: \"lz5\" is no value of compression"),
        ("compression", "comprssion", "dataset:tank: \"comprssion\" is no property of it"),
        ("site:owner", "phoenix:owner", "dataset:tank/a: phoenix keeps its own marks"),
        (r#""ops""#, r#""o\u001bps""#, "dataset:tank/a: a user property's value has no tabs"),
        ("userquota@bob", "userquota@b b", "dataset:tank/a: \"userquota@b b\" names nobody"),
        ("1073741824,", "9007199254740993,", "dataset:tank/a: \"9007199254740993\" is no value of quota"),
        ("1073741824,", "1024,", "volume:tank/a/v: 1M is reserved, and it may have 1K"),
        ("16384", "20000", "volume:tank/a/v: "),
        (r#""size":1048576"#, r#""size":1000000"#, "volume:tank/a/v: its size is 1000000 bytes"),
        (
            r#""path":"/tank/a","dataset""#,
            r#""path":"/tank","dataset""#,
            "export:/tank: tank/a is not mounted",
        ),
        ("10.0.0.0/24", "10.0.0.1\\n/etc *", "export:/tank/a: '\\n' cannot stand in a client"),
        ("10.0.0.0/24", "10.0.0.0/255.255.255.0", "export:/tank/a: \"10.0.0.0/255.255.255.0\" is not how"),
        (r#""sync","wdelay""#, r#""sync","wdelay","zz""#, "export:/tank/a: \"zz\" is no export option"),
        (r#""type":"dir""#, r#""type":"lvm""#, "storage:a1: on a dataset lies no storage of type \"lvm\""),
        (
            r#""is_mountpoint":"yes""#,
            r#""is_mountpoint":"no""#,
            "storage:a1: \"is_mountpoint\" does not follow",
        ),
        (r#""content":"iso""#, r#""content":"zz""#, "storage:a1: a dir storage cannot hold \"zz\""),
        (r#""pool":"tank""#, r#""pool":"tank/a""#, "storage:root: \"pool\" does not follow from its dataset"),
        (r#""type":"nfs""#, r#""type":"cifs""#, "storage:nas: "),
        (r#""type":"nfs""#, r#""type":"zfspool""#, "storage:nas: "),
        (r#""export":"/backups","#, "", "storage:nas: it says no \"export\", which Proxmox wants"),
        (
            r#""path":"/srv/plain""#,
            r#""path":"/tank/a/b""#,
            "storage:plain: a dataset of the spec is mounted at /tank/a",
        ),
        (
            r#""path":"/srv/plain""#,
            r#""path":"/tank""#,
            "storage:plain: a dataset of the spec is mounted at /tank",
        ),
        (r#""path":"/srv/plain""#, r#""path":"/srv//plain""#, "storage:plain: "),
        (
            r#""export":"/backups","#,
            r#""export":"/backups","options":"vers=4.2,password=word","#,
            "storage:nas: a secret stands in options",
        ),
        ("u:33:33:1;g:33:33:1", "g:33:33:1;u:33:33:1", "bind:lxc/101/mnt/a: idmap="),
        ("u:33:33:1;g:33:33:1", "u:33:33:1;u:30:40:9", "bind:lxc/101/mnt/a: idmap="),
        (r#""keepattrs":"0""#, r#""keepattrs":"no""#, "bind:lxc/101/mnt/a: keepattrs="),
        (
            "\"machine\":201",
            "\"machine\":101",
            "mount:vm/101/srv/c: the guest 101 is said to be a container and a machine",
        ),
        (
            r#""id":"tag-a","dataset":"tank/a","path""#,
            r#""id":"b","dataset":"tank/a","path""#,
            "mapping:b: an id has two",
        ),
        (
            r#""id":"tag-a","dataset":"tank/a","path""#,
            r#""id":"b2","dataset":"tank/a","path""#,
            "virtiofs:vm/202/tag-a: \"dataset\" does not follow",
        ),
        (
            r#""dataset":"tank/a","path":"/tank/a"},"#,
            r#""dataset":"tank/a","path":"/tank"},"#,
            "mapping:tag-a: tank/a is not mounted at /tank",
        ),
        (r#""cache":"never""#, r#""cache":"writeback""#, "virtiofs:vm/202/tag-a: cache="),
        (r#""direct-io":"1""#, r#""direct-io":"yes""#, "virtiofs:vm/202/tag-a: direct-io="),
        (r#""direct-io":"1""#, r#""writeback":"1""#, "virtiofs:vm/202/tag-a: writeback="),
        ("/srv/v", "/srv//v", "virtiofs:vm/202/tag-a: \"/srv//v\" is not how"),
        ("202", "99", "virtiofs:vm/99/tag-a: 99 is no id of a machine"),
        ("203", "202", "virtiofs:vm/202/tag-a: there are two of this name"),
        ("\"machine\":203", "\"machine\":101", "virtiofs:vm/101/tag-a: the guest 101 is said to be"),
        (
            r#""machine":202,"id":"tag-a","dataset":"tank/a","options":{"cache":"never","direct-io":"1"},
    "inside":{"at":"/srv/v""#,
            r#""machine":201,"id":"tag-a","dataset":"tank/a","inside":{"at":"/srv/c""#,
            "virtiofs:vm/201/tag-a: machine 201 mounts something else at /srv/c",
        ),
        ("zfs_arc_max", "zfs_arc_max=1 x", "tunable:zfs_arc_max=1 x: a spec sets no parameter"),
        ("8589934592", "1", "tunable:zfs_arc_max: 1 is no value of it"),
        (r#""media""#, r#""me:dia""#, "permissions:tank/a: \"me:dia\" is no name"),
        (
            r#""kind":"permissions","#,
            r#""kind":"permissions","acl":{"user:33":"rwx"},"#,
            "permissions:tank/a: `tank/a` has an access control list, and no `acltype` of `posix`",
        ),
        (
            r#""kind":"permissions","#,
            r#""kind":"permissions","acl":{"other:":"rwx"},"#,
            "permissions:tank/a: \"other::rwx\" is not how this is kept",
        ),
        (r#""kind":"permissions","#, r#""kind":"permissions","acl":{"user:a b":"rwx"},"#, ""),
        (
            r#""owner":"media","mode":"2770""#,
            r#""mode":"2770","recursive":true"#,
            "permissions:tank/a: all that lies in it is to be given something",
        ),
        (r#""kind":"permissions","#, r#""kind":"permissions","acl":{"user:33":"rwz"},"#, ""),
        ("101", "99", "bind:lxc/99/mnt/a: 99 is no id of a container"),
        ("/mnt/a", "/mnt/../a", "bind:lxc/101/mnt/../a: it is a path without"),
        ("discard;noatime", "noatime;discard", "bind:lxc/101/mnt/a: mountoptions="),
        (r#""ro":"1""#, r#""rw":"1""#, "bind:lxc/101/mnt/a: rw="),
        ("201", "99", "mount:vm/99/srv/c: 99 is no id of a machine"),
        ("/srv/c", "/srv//c", "mount:vm/201/srv//c: \"/srv//c\" is not how this is kept"),
        (
            r#""10.0.0.1""#,
            r#""10.0.0.1\n""#,
            "mount:vm/201/srv/c: \"10.0.0.1\\n\": it is an address or a host",
        ),
        (
            r#""10.0.0.21""#,
            r#""10.0.1.21""#,
            "mount:vm/201/srv/c: 10.0.1.21 is no client of the export of /tank/a",
        ),
        (r#""subdirectory":"b/c""#, r#""subdirectory":"b""#, "mount:vm/201/srv/c: \"what\" does not follow"),
        (r#""subdirectory":"b/c""#, r#""subdirectory":"../c""#, "mount:vm/201/srv/c: it is a path without"),
        (
            r#""kind":"volume","name":"tank/a/v""#,
            r#""kind":"dataset","name":"tank/a/b","settings":{}},{"kind":"volume","name":"tank/a/v""#,
            "mount:vm/201/srv/c: another file system is mounted at /tank/a/b",
        ),
        (r#""export":"/tank/a""#, r#""export":"/tank""#, "mount:vm/201/srv/c: \"export\" does not follow"),
        (r#""sec":"sys""#, r#""sec":"krb5""#, "mount:vm/201/srv/c: the export of /tank/a takes no sec=krb5"),
        (r#""nconnect":4"#, r#""nconnect":17"#, "mount:vm/201/srv/c: 17 is no number of connections"),
        (r#""idle-timeout":600"#, r#""idle-timeout":0"#, "mount:vm/201/srv/c: 0 seconds are not"),
        (r#""vers":"4.2""#, r#""vers":"5""#, ""),
        (
            r#""kind":"pool","#,
            r#""kind":"pool","lifecycle":{"protect":true},"#,
            "pool:tank: of a pool is said that it is adopted, and nothing else",
        ),
        (
            r#""kind":"storage","#,
            r#""kind":"storage","lifecycle":{"protect":true},"#,
            "storage:a1: of a registration is said that it is adopted, and nothing else",
        ),
        (
            r#""kind":"dataset","name":"tank","#,
            r#""kind":"dataset","name":"tank","lifecycle":{"protect":true},"#,
            "dataset:tank: of a root dataset nothing is said but its settings: its life is the pool's",
        ),
    ] {
        let text = LEGAL.replacen(old, new, 1);
        assert_ne!(text, LEGAL, "{old}");
        if told.is_empty() {
            assert!(serde_json::from_str::<Vec<Resource>>(&text).is_err(), "{new} is read");
            continue;
        }
        let reasons = reasons(&text);
        assert!(reasons.iter().any(|reason| reason.starts_with(told)), "{new}: {reasons:?}");
    }
}

#[test]
fn a_field_that_nobody_knows_is_not_read() {
    for (old, new) in [
        (r#""kind":"pool","#, r#""kind":"pool","zz":1,"#),
        (r#""class":"log","#, r#""class":"log","zz":1,"#),
        (r#""kind":"export","#, r#""kind":"export","zz":1,"#),
        (r#""kind":"tunable","#, r#""kind":"tunable","zz":1,"#),
        (r#""kind":"tunable","#, r#""kind":"script","#),
        (r#""name":"tank/a","#, r#""name":"tank/a","lifecycle":{"zz":true},"#),
    ] {
        let text = LEGAL.replacen(old, new, 1);
        assert_ne!(text, LEGAL, "{old}");
        assert!(serde_json::from_str::<Vec<Resource>>(&text).is_err(), "{new}");
    }
}

fn dataset(name: &str, settings: &[(&str, &str)], adopt: bool) -> Resource {
    let settings: Settings = settings
        .iter()
        .map(|(name, value)| (PropertyName::new(name), Value::Text((*value).into())))
        .collect();
    let lifecycle = Lifecycle { adopt, ..Lifecycle::default() };
    Resource::Dataset(Dataset { name: DatasetName::new(name).unwrap(), settings, lifecycle })
}

#[test]
fn only_what_is_adopted_is_mounted_where_the_system_runs_from() {
    let pool = Resource::Pool(Pool {
        name: crate::PoolName::new("tank").unwrap(),
        layout: vec![Vdev {
            class: Class::Data,
            redundancy: Redundancy::None,
            disks: vec![Disk("/dev/disk/by-id/a".into())],
        }],
        settings: Settings::default(),
        lifecycle: Lifecycle::default(),
    });
    let refused = |path: &str, adopt| {
        let faults = all([&pool, &dataset("tank/a", &[("mountpoint", path)], adopt)]);
        faults.iter().any(|fault| matches!(fault.reason, Reason::Place(_)))
    };
    for path in ["/", "/etc", "/usr/lib", "/boot", "/var/lib"] {
        assert!(refused(path, false) && !refused(path, true), "{path}");
    }
    for path in ["/proc", "/etc/pve/x", "/var/lib/phoenix", "/bin"] {
        assert!(refused(path, false) && refused(path, true), "{path}");
    }
    assert!(!refused("/srv/x", false) && !refused("/home", false));
    let twice = all([
        &pool,
        &dataset("tank/a", &[("mountpoint", "/srv/x")], false),
        &dataset("tank/b", &[("mountpoint", "/srv/x")], false),
    ]);
    assert_eq!(twice[0].to_string(), "dataset:tank/b: tank/a is mounted at /srv/x too");
}

const CLUSTER: &str = r#"[
  {"kind":"pool","name":"tank","layout":[
    {"class":"data","redundancy":"none","disks":["/dev/disk/by-id/a"]}],"settings":{}},
  {"kind":"dataset","name":"tank/k8s","settings":{"quota":1073741824}},
  {"kind":"storage","id":"k8s","type":"zfspool","dataset":"tank/k8s",
    "properties":{"content":"images","mountpoint":"/tank/k8s","pool":"tank/k8s"}},
  {"kind":"dataset","name":"tank/a","settings":{}},
  {"kind":"bind","container":101,"at":"/mnt/a","dataset":"tank/a","path":"/tank/a"},
  {"kind":"kubernetes-cluster","region":"home","zone":"pve1","version":34,"controller_vmid":9999,
    "kubelet_dir":"/var/lib/kubelet","nodes":{"count":3,"on":"k8s","system":1024}},
  {"kind":"kubernetes-class","name":"fast","on":"k8s","zones":["pve1"],"default":true,"reclaim":"retain",
    "mount_options":["noatime"],"encryption_secret":"csi/luks","parameters":{"diskMBps":"500","ssd":"true"}},
  {"kind":"kubernetes-class","name":"slow","on":"k8s","zones":["pve2"],"reclaim":"delete"},
  {"kind":"kubernetes-attributes","name":"gold","parameters":{"diskIOPS":"100"}},
  {"kind":"kubernetes-namespace","name":"apps","per_claim":{"min":1,"max":2},
    "total":{"storage":1024,"claims":3,"snapshots":4},"classes":{"fast":{"storage":0}},
    "access":{"group:devs":["claim"]},"pod_security":"baseline"}
]"#;

#[test]
fn what_a_cluster_is_told_is_held_against_its_rules_wherever_it_was_built() {
    assert_eq!(reasons(CLUSTER), Vec::<String>::new());
    for (old, new, told) in [
        (r#""home""#, r#""ho me""#, "kubernetes:ho me: it is made of letters"),
        (r#""zone":"pve1""#, r#""zone":"a/b""#, "kubernetes:home: it is made of letters"),
        (r#""version":34"#, r#""version":9"#, "kubernetes:home: its version is none"),
        (
            r#""version":34"#,
            r#""version":33"#,
            "attributes:gold: classes of attributes are of Kubernetes 1.34",
        ),
        ("9999", "99", "kubernetes:home: 99 is no id"),
        ("9999", "101", "bind:lxc/101/mnt/a: the disks of a cluster of Kubernetes are those of a guest 101"),
        ("/var/lib/kubelet", "/var/../kubelet", "kubernetes:home: it is an absolute path"),
        (r#""count":3"#, r#""count":0"#, "kubernetes:home: it has no such number of nodes"),
        (r#""system":1024"#, r#""system":9007199254740993"#, "kubernetes:home: a size of its nodes"),
        (r#""name":"fast""#, r#""name":"Fast""#, "class:Fast: it is made of small letters"),
        (
            r#""content":"images""#,
            r#""content":"rootdir""#,
            "class:fast: k8s is no `zfspool` storage with `images`",
        ),
        (r#"["pve1"]"#, "[]", "class:fast: no node has it"),
        (r#"["pve1"]"#, r#"["$(id)"]"#, "class:fast: it is made of letters"),
        (
            r#""reclaim":"delete""#,
            r#""reclaim":"delete","default":true"#,
            "class:slow: another class is the default",
        ),
        ("noatime", "noatime,exec", "class:fast: it is one option"),
        ("csi/luks", "hunter2", "class:fast: it is where the secret lies"),
        ("diskMBps", "diskmbps", "class:fast: there is no parameter \"diskmbps\""),
        (r#""500""#, r#""0500""#, "class:fast: \"0500\" is not how this is kept"),
        (r#""ssd":"true""#, r#""ssd":"yes""#, "class:fast: it is #true or #false"),
        (r#"{"diskIOPS":"100"}"#, "{}", "attributes:gold: it says nothing"),
        ("diskIOPS", "ssd", "attributes:gold: there is no parameter \"ssd\""),
        (r#""apps""#, r#""kube-system""#, "namespace:kube-system: those of `kube-` are"),
        (r#""apps""#, r#""../apps""#, "namespace:../apps: it is made of small letters"),
        (r#""min":1"#, r#""min":3"#, "namespace:apps: no claim has such a size"),
        (r#""claims":3"#, r#""claims":1000001"#, "namespace:apps: so many are none"),
        (
            r#"{"fast":{"storage":0}}"#,
            r#"{"none":{"storage":0}}"#,
            "namespace:apps: there is no class \"none\"",
        ),
        (r#"{"fast":{"storage":0}}"#, r#"{"fast":{"snapshots":0}}"#, "namespace:apps: it says nothing"),
        (r#"["claim"]"#, "[]", "namespace:apps: it says nothing"),
    ] {
        assert!(CLUSTER.contains(old), "{old}");
        let found = reasons(&CLUSTER.replacen(old, new, 1));
        assert!(found.iter().any(|one| one.starts_with(told)), "{new}: {found:?}");
    }
    // There is one cluster, and nothing is told without it.
    let cluster = r#"{"kind":"kubernetes-cluster","region":"office","zone":"pve1","version":34,"controller_vmid":9998},"#;
    let two = CLUSTER.replacen(
        r#"  {"kind":"kubernetes-class","name":"fast""#,
        &format!(r#"{cluster}{{"kind":"kubernetes-class","name":"fast""#),
        1,
    );
    assert!(reasons(&two).iter().any(|one| one == "kubernetes:home: a host tells one cluster of Kubernetes"));
    let start = CLUSTER.find(r#"  {"kind":"kubernetes-cluster""#).unwrap();
    let end = CLUSTER.find(r#"  {"kind":"kubernetes-class","name":"fast""#).unwrap();
    let none = format!("{}{}", &CLUSTER[..start], &CLUSTER[end..]);
    assert_eq!(reasons(&none).len(), 4, "{:?}", reasons(&none));
    // What is no such word is not read at all.
    for (old, new) in [("\"claim\"", "\"everything\""), ("group:devs", "devs"), ("retain", "keep")] {
        assert!(serde_json::from_str::<Vec<Resource>>(&CLUSTER.replacen(old, new, 1)).is_err(), "{new}");
    }
}
