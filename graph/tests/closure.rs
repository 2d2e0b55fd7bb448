//! What a closure may say: all that a spec can, and nothing else, at every place of it.

use phoenix_graph::{Graph, HostName, Resource};
use serde_json::{Value, json};

/// The resources of a host, as a closure has them.
fn closure() -> Value {
    let options = [
        "acl",
        "anongid=65534",
        "anonuid=65534",
        "hide",
        "mountpoint",
        "no_all_squash",
        "no_pnfs",
        "no_subtree_check",
        "nocrossmnt",
        "root_squash",
        "rw",
        "sec=sys",
        "secure",
        "secure_locks",
        "sync",
        "wdelay",
    ];
    json!({
        "pool": {
            "kind": "pool", "name": "tank", "settings": { "autotrim": "on" },
            "layout": [{ "class": "data", "redundancy": "mirror",
                         "disks": ["/dev/disk/by-id/one", "/dev/disk/by-id/two"] }],
        },
        "share": { "kind": "dataset", "name": "tank/share",
                   "settings": { "compression": "lz4", "quota": 10_737_418_240_u64, "site:note": "word" } },
        "vms": { "kind": "dataset", "name": "tank/vms" },
        "disk": { "kind": "volume", "name": "tank/disk", "size": 1_073_741_824, "sparse": true },
        "export": { "kind": "export", "dataset": "tank/share", "path": "/tank/share",
                    "clients": { "10.0.0.0/24": options } },
        "storage": { "kind": "storage", "dataset": "tank/vms", "id": "tank-vms", "type": "zfspool",
                     "properties": { "content": "images", "mountpoint": "/tank/vms", "pool": "tank/vms" } },
        "arc": { "kind": "tunable", "name": "zfs_arc_max", "value": 1_073_741_824 },
    })
}

/// Reads a closure as the store does: first each object, then what they say together.
fn read(closure: &Value) -> Result<(), String> {
    let objects = closure.as_object().unwrap().values().cloned();
    let resources: Result<Vec<Resource>, _> = objects.map(serde_json::from_value).collect();
    let resources = resources.map_err(|error| error.to_string())?;
    let graph =
        Graph::assemble(HostName::new("box").unwrap(), resources).map_err(|error| error.to_string())?;
    graph.check().map_err(|fault| fault.to_string())
}

#[test]
fn a_closure_that_a_spec_could_say_is_taken() {
    assert_eq!(read(&closure()), Ok(()));
}

#[test]
fn what_no_spec_can_say_is_refused_wherever_it_stands() {
    let changed: &[(&str, Value)] = &[
        ("/export/clients", json!({})),
        ("/export/clients", json!({ "10.0.0.1\n/etc *": ["rw"] })),
        ("/export/clients", json!({ "10.0.0.1 *": ["rw"] })),
        ("/export/clients/10.0.0.0~124/9", json!("no_root_squash,rw) *(rw")),
        ("/export/clients/10.0.0.0~124/9", json!("noatime")),
        ("/export/path", json!("/")),
        ("/export/path", json!("/tank/vms")),
        ("/export/dataset", json!("tank/other")),
        ("/share/name", json!("tank/.phoenix")),
        ("/share/name", json!("tank/.phoenix/2/share")),
        ("/share/name", json!("tank/a\nb")),
        ("/share/settings/compression", json!("lz5")),
        ("/share/settings/quota", json!("ten")),
        ("/share/settings/site:note", json!("\u{1b}[2K\u{1b}[1A")),
        ("/share/settings/site:note", json!("two\nlines")),
        ("/share/settings/phoenix:owner", json!("other")),
        ("/share/settings/phoenix:home", json!("tank/vms")),
        ("/share/settings/used", json!(5)),
        ("/share/settings/bogus", json!("on")),
        ("/share/settings/mountpoint", json!("/etc")),
        ("/share/settings/mountpoint", json!("/")),
        ("/share/settings/mountpoint", json!("/var/lib/phoenix")),
        ("/share/settings/mountpoint", json!("/tank/vms")),
        ("/share/settings/sharenfs", json!("on")),
        ("/share/settings/reservation", json!(20_737_418_240_u64)),
        ("/share/lifecycle", json!({ "was": "other/share" })),
        ("/disk/size", json!(1)),
        ("/disk/name", json!("tank")),
        ("/disk/name", json!("tank/share")),
        ("/vms/name", json!("tank/disk/vms")),
        ("/pool/layout/0/disks", json!(["/dev/disk/by-id/one"])),
        ("/pool/layout/0/disks", json!(["/dev/disk/by-id/one", "/dev/disk/by-id/one"])),
        ("/pool/layout/0/disks/0", json!("-f")),
        ("/pool/layout", json!([])),
        ("/pool/name", json!("-f")),
        ("/pool/kind", json!("shell")),
        ("/storage/id", json!("x\ny")),
        ("/storage/type", json!("nfs")),
        ("/storage/properties/content", json!("bogus")),
        ("/storage/properties/pool", json!("tank/share")),
        ("/storage/properties/server", json!("10.0.0.1")),
        ("/arc/name", json!("zfs_arc_min")),
        ("/arc/value", json!(1)),
        ("/arc/more", json!(1)),
    ];
    for (place, value) in changed {
        let mut closure = closure();
        let (above, name) = place.rsplit_once('/').unwrap();
        match closure.pointer_mut(above).unwrap() {
            Value::Object(object) => drop(object.insert(name.replace("~1", "/"), value.clone())),
            Value::Array(list) => list[name.parse::<usize>().unwrap()] = value.clone(),
            other => panic!("{place} lies in {other}"),
        }
        assert!(read(&closure).is_err(), "{place} may be {value}");
    }
}

#[test]
fn two_resources_of_one_name_are_refused() {
    let mut closure = closure();
    let twin = closure["share"].clone();
    closure["twin"] = twin;
    assert!(read(&closure).is_err());
}
