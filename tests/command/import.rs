//! A host that was there before phoenix: described, taken over with nothing changed but marks, looked
//! after, and gone back from.

use crate::{
    command::common::{Sandbox, example},
    snapshot,
};
use phoenix_graph::{Class, DatasetName, Disk, PoolName, Redundancy, StorageId, Vdev};
use phoenix_host::op::Op;
use phoenix_sim::Show;
use phoenix_support::assignments;
use std::fs;

/// A host that people and Proxmox have set up.
fn brownfield() -> Sandbox {
    let sandbox = Sandbox::new();
    let sim = sandbox.host();
    let disks = ["ata-ONE", "ata-TWO"].map(|name| Disk(format!("/dev/disk/by-id/{name}").into()));
    sim.add_blank_disks(disks.iter().map(|disk| &*disk.0));
    let dataset = |name: &str| DatasetName::new(name).unwrap();
    let layout = vec![Vdev { class: Class::Data, redundancy: Redundancy::Mirror, disks: disks.to_vec() }];
    let create = |name: &str, words: &[(&str, &str)]| Op::DatasetCreate {
        dataset: dataset(name),
        settings: assignments(words),
    };
    let volume = |name: &str, sparse| Op::VolumeCreate {
        dataset: dataset(name),
        size: 1 << 30,
        sparse,
        settings: Vec::new(),
    };
    let add = |id: &str, kind: &str, words: &[(&str, &str)]| Op::StorageAdd {
        id: StorageId::new(id).unwrap(),
        kind: kind.into(),
        properties: words.iter().map(|(name, word)| ((*name).into(), (*word).into())).collect(),
        secrets: vec![],
    };
    let pool = PoolName::new("tank").unwrap();
    let ops = [
        Op::PoolCreate {
            pool,
            layout,
            settings: assignments(&[("autotrim", "on")]),
            root: assignments(&[("atime", "off")]),
        },
        create("tank/photos", &[("quota", "800G"), ("com.sun:auto-snapshot", "true")]),
        create("tank/photos/raw files", &[("quota", "900G"), ("recordsize", "1M")]),
        create("tank/iso", &[("mountpoint", "/srv/iso")]),
        create("tank/old", &[("mountpoint", "legacy")]),
        create("tank/off", &[("canmount", "noauto"), ("mountpoint", "/srv/off")]),
        create("tank/left", &[]),
        create("tank/vms", &[]),
        volume("tank/vms/vm-100-disk-0", true),
        volume("tank/thick", false),
        Op::MountAll {
            datasets: ["photos", "photos/raw files", "iso", "vms", "left"]
                .map(|name| dataset(&format!("tank/{name}")))
                .to_vec(),
        },
        add("vms", "zfspool", &[("pool", "tank/vms"), ("content", "images,rootdir"), ("sparse", "1")]),
        add("iso", "dir", &[("path", "/srv/iso"), ("content", "iso"), ("is_mountpoint", "yes")]),
        add("loose", "dir", &[("path", "/tank/photos"), ("content", "backup")]),
        Op::TunableSet { name: "zfs_arc_max".into(), value: 4 << 30 },
        Op::DatasetUnmount { dataset: dataset("tank/left") },
    ];
    for op in &ops {
        sim.by_hand(op).unwrap();
    }
    sim.edit(|state| {
        let exports = "/tank/photos 10.0.0.0/24(rw,no_root_squash)\n\"/tank/photos/raw files\" nas(ro)\n";
        state.files.insert("/etc/exports".into(), exports.to_owned());
        let secret = "cifs: nas\n\tserver 10.0.0.1\n\tshare backup\n\tusername bob\n\tpassword hunter2\n\n";
        state.storage_cfg.get_or_insert_default().push_str(secret);
    });
    sim.by_hand(&Op::ExportsReload).unwrap();
    sandbox
}

#[test]
fn a_host_is_described_taken_over_and_gone_back_from_with_nothing_changed_but_marks() {
    let sandbox = brownfield();
    let image = || sandbox.host().image(Show::UsersOnly);
    let before = image();
    let import = sandbox.sim(&["import", "--live", "--host", "nas", "--out", "phoenix.kdl"]).exits(0);
    assert_eq!(image(), before, "looking changed something");
    let text = sandbox.read("phoenix.kdl");
    assert!(!text.contains("hunter2"), "{text}");
    sandbox.run(&["fmt", "--check", "phoenix.kdl"]).exits(0);
    sandbox.run(&["check", "phoenix.kdl"]).exits(0);
    let plan = sandbox.sim(&["plan", "--adopt"]).exits(0);
    snapshot!("import_live", import, text, plan);

    sandbox.sim(&["switch", "--adopt", "--yes"]).exits(0);
    assert_eq!(image(), before, "taking over changed something");
    let status = sandbox.sim(&["status"]).exits(0);
    snapshot!("import_live_status", status);

    sandbox.edit("phoenix.kdl", "mountpoint=\"/srv/iso\"", "mountpoint=\"/srv/iso\" compression=\"zstd\"");
    sandbox.sim(&["switch", "--yes"]).exits(0).says("1 to change");
    sandbox.sim(&["rollback", "--yes"]).exits(0);
    assert_eq!(image(), before, "going back left something");
}

#[test]
fn a_file_that_is_there_is_not_written_over_and_a_pool_must_be_there() {
    let sandbox = brownfield();
    sandbox.write("phoenix.kdl", "mine");
    let there = sandbox.sim(&["import", "--live", "--out", "phoenix.kdl"]).exits(4);
    there.says("it is there already");
    assert_eq!(sandbox.read("phoenix.kdl"), "mine");
    sandbox.sim(&["import", "--live", "--pool", "tonk"]).exits(64).says("there are: tank");
    sandbox.sim(&["import", "--live", "--host", "no name"]).exits(64).says("no name of a host");
    sandbox.run(&["import"]).exits(64);
    std::fs::create_dir(sandbox.path().join("empty")).unwrap();
    sandbox.run(&["import", "--live", "--sim", "empty"]).exits(4).says("no pool is imported");
    let printed = sandbox.sim(&["import", "--live", "--pool", "tank"]).exits(0);
    assert!(printed.out.starts_with("edition 1\n"), "{printed}");
}

/// Takes away what no host shows: what its machines mount, and whose number in a container is meant by one on disk.
fn without_guests(spec: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in spec.lines() {
        inside |= line.trim() == "bind {";
        if !inside && !line.trim().starts_with("permissions ") {
            text.push_str(line);
            text.push('\n');
        }
        inside &= line.trim() != "}";
    }
    text
}

#[test]
fn a_host_that_is_phoenixs_is_described_with_what_phoenix_exports() {
    let sandbox = Sandbox::new();
    sandbox
        .write("phoenix.kdl", &without_guests(&fs::read_to_string(example("phoenix/phoenix.kdl")).unwrap()));
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox
        .sim(&["import", "--live", "--out", "again.kdl"])
        .exits(0)
        .says("nothing on this host but phoenix's marks");
    let text = sandbox.read("again.kdl");
    for words in ["export {", "client \"10.0.0.0/24\"", "arc max=\"30G\"", "proxmox \"quickOS-vm-disks\""] {
        assert!(text.contains(words), "{words} in:\n{text}");
    }
    sandbox.sim(&["plan", "again.kdl"]).exits(0).says("Nothing to do.");
    // The example's own name of the host is kept.
    assert!(text.contains("host \"phoenix\" {"), "{text}");
    fs::remove_file(sandbox.path().join("again.kdl")).unwrap();
}
