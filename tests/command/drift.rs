//! Drift: what was changed by hand is named, and put right.

use crate::{command::common::Sandbox, snapshot};
use phoenix_graph::{DatasetName, PropertyName};
use phoenix_host::op::Op;
use phoenix_sim::{HostImage, Show};

#[test]
fn what_was_changed_by_hand_is_named_and_repaired_and_nothing_else() {
    let sandbox = Sandbox::switched();
    let image = || sandbox.host().image(Show::UsersOnly);
    let before = image();
    sandbox.sim(&["status"]).exits(0).says("The host is as it says.");

    let dataset = DatasetName::new("quickOS/vm-disks").unwrap();
    let settings = vec![
        (PropertyName::new("quota"), "1073741824".into()),
        (PropertyName::new("compression"), "zstd".into()),
    ];
    sandbox.by_hand(&Op::DatasetSet { dataset, settings });
    sandbox.by_hand(&Op::Unexport { path: "/quickOS/shared-prod-data".into(), client: "10.0.0.0/24".into() });
    let status = sandbox.sim(&["status"]).exits(2);
    let switch = sandbox.sim(&["switch", "--yes"]).exits(0);
    snapshot!("drift", status, switch);
    sandbox.sim(&["status"]).exits(0);
    assert_eq!(image(), before);
    sandbox.sim(&["generations"]).says("*   1     -");
}

#[test]
fn what_a_switch_would_refuse_is_not_promised() {
    let sandbox = Sandbox::switched();
    let dataset = DatasetName::new("quickOS/shared-prod-data").unwrap();
    let settings = vec![(PropertyName::new("mountpoint"), "/srv/elsewhere".into())];
    sandbox.by_hand(&Op::DatasetSet { dataset, settings });
    let status = sandbox.sim(&["status"]).exits(2);
    status.says("is mounted at /srv/elsewhere").says("would be refused").says_not("puts right");
    sandbox.sim(&["switch", "--yes"]).exits(4).says("is mounted at /srv/elsewhere");
}

#[test]
fn why_what_is_missing_would_not_come_back_is_told() {
    let sandbox = Sandbox::new();
    let spec =
        "edition 1\nhost \"h\" { pool \"tank\" { disk \"/dev/disk/by-id/a\"; allow \"no-redundancy\" } }\n";
    sandbox.write("phoenix.kdl", spec);
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.by_hand(&Op::PoolDestroy { pool: phoenix_graph::PoolName::new("tank").unwrap() });
    let status = sandbox.sim(&["status"]).exits(2).says("pool:tank  is not there");
    status.says("is not blank: it holds a label of the pool \"tank\"").says("phoenix never does");
}

#[test]
fn a_registration_that_is_gone_is_a_difference() {
    let sandbox = Sandbox::switched();
    let id = phoenix_graph::StorageId::new("quickOS-vm-disks").unwrap();
    sandbox.by_hand(&Op::StorageRemove { id });
    sandbox.sim(&["status"]).exits(2).says("storage:quickOS-vm-disks  is not there").says("1 difference");
}

#[test]
fn what_is_there_and_not_phoenixs_is_told_and_is_no_difference() {
    let sandbox = Sandbox::switched();
    let dataset = |name: &str| DatasetName::new(name).unwrap();
    let create = |name: &str| Op::DatasetCreate { dataset: dataset(name), settings: Vec::new() };
    sandbox.by_hand(&create("quickOS/photos"));
    sandbox.by_hand(&create("quickOS/vm-disks/subvol-101-disk-0"));
    sandbox.by_hand(&create("quickOS/vm-disks/other"));
    let volume = dataset("fastData/swap");
    sandbox.by_hand(&Op::VolumeCreate { dataset: volume, size: 1 << 20, sparse: true, settings: Vec::new() });
    sandbox.host().edit(|state| {
        state.files.insert("/etc/exports".into(), "/fastData/shared-iso 10.9.0.0/16(ro)\n".to_owned());
    });
    sandbox.by_hand(&Op::ExportsReload);
    let status = sandbox.sim(&["status"]).exits(0).says("The host is as it says.");
    let json = sandbox.sim(&["status", "--json"]).exits(0);
    let view: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let keys: Vec<&str> =
        view["foreign"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "dataset:quickOS/photos",
            "dataset:quickOS/vm-disks/other",
            "volume:fastData/swap",
            "dataset:quickOS/vm-disks/subvol-101-disk-0",
            "export:/fastData/shared-iso",
            "storage:local",
        ]
    );
    snapshot!("foreign", status);
}

#[test]
fn a_dataset_that_is_gone_is_missing_and_comes_back_empty() {
    let sandbox = Sandbox::switched();
    let id = phoenix_graph::StorageId::new("fastData-shared-iso").unwrap();
    sandbox.by_hand(&Op::StorageRemove { id });
    sandbox.by_hand(&Op::DatasetDestroy { dataset: DatasetName::new("fastData/shared-iso").unwrap() });
    let settings = vec![(PropertyName::new("quota"), "1073741824".into())];
    sandbox.by_hand(&Op::DatasetSet { dataset: DatasetName::new("quickOS/vm-disks").unwrap(), settings });
    let json = sandbox.sim(&["status", "--json"]).exits(2);
    let view: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let keys = |list: &str, key: &str| -> Vec<String> {
        view[list].as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys("missing", "key"), ["dataset:fastData/shared-iso", "storage:fastData-shared-iso"]);
    assert_eq!(keys("differs", "subject"), ["dataset:quickOS/vm-disks"]);
    snapshot!("missing", sandbox.sim(&["status"]).exits(2).says("makes it anew, and empty"));
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.sim(&["status"]).exits(0);
}

#[test]
fn without_a_generation_there_is_nothing_to_differ_from() {
    let sandbox = Sandbox::new();
    sandbox.sim(&["status"]).exits(0).says("There is no generation yet");
    sandbox.sim(&["rollback"]).exits(4).says("there is no generation yet");
}

#[test]
fn an_exported_pool_is_imported_and_what_is_in_it_looked_at_after() {
    let sandbox = Sandbox::switched();
    let host = || sandbox.host();
    let before = host().image(Show::UsersOnly);
    host().edit(|state| {
        state.mounts.retain(|mount| mount.dataset.pool().as_str() != "quickOS");
        state.pools.get_mut(&phoenix_graph::PoolName::new("quickOS").unwrap()).unwrap().exported = true;
    });
    let status = sandbox.sim(&["status"]).exits(2);
    let switch = sandbox.sim(&["switch", "--yes"]).exits(0);
    snapshot!("import", status, switch);
    sandbox.sim(&["status"]).exits(0);
    let declared =
        |image: HostImage| image.datasets.into_iter().filter(|(name, _)| !name.is_root()).collect::<Vec<_>>();
    assert_eq!(declared(host().image(Show::UsersOnly)), declared(before));
}
