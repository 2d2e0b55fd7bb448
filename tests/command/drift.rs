//! Drift: what was changed by hand is named, and put right.

use crate::{common::Sandbox, snapshot};
use phoenix_graph::{DatasetName, PropertyName};
use phoenix_runtime::{
    host::sim::{HostImage, Show, SimHost},
    op::Op,
};

fn by_hand(sandbox: &Sandbox, op: &Op) {
    SimHost::open(&sandbox.path().join("sim")).unwrap().by_hand(op).unwrap();
}

#[test]
fn what_was_changed_by_hand_is_named_and_repaired_and_nothing_else() {
    let sandbox = Sandbox::switched();
    let image = || SimHost::open(&sandbox.path().join("sim")).unwrap().image(Show::UsersOnly);
    let before = image();
    sandbox.sim(&["status"]).exits(0).says("The host is as it says.");

    let dataset = DatasetName::new("quickOS/vm-disks").unwrap();
    let settings = vec![
        (PropertyName::new("quota"), "1073741824".into()),
        (PropertyName::new("compression"), "zstd".into()),
    ];
    by_hand(&sandbox, &Op::DatasetSet { dataset, settings });
    by_hand(
        &sandbox,
        &Op::Unexport { path: "/quickOS/shared-prod-data".into(), client: "10.0.0.0/24".into() },
    );
    let status = sandbox.sim(&["status"]).exits(2);
    let switch = sandbox.sim(&["switch", "--yes"]).exits(0);
    snapshot!("drift", status, switch);
    sandbox.sim(&["status"]).exits(0);
    assert_eq!(image(), before);
    sandbox.sim(&["generations"]).says("1  from");
}

#[test]
fn a_registration_that_is_gone_is_a_difference() {
    let sandbox = Sandbox::switched();
    let id = phoenix_graph::StorageId::new("quickOS-vm-disks").unwrap();
    by_hand(&sandbox, &Op::StorageRemove { id });
    sandbox.sim(&["status"]).exits(2).says("storage:quickOS-vm-disks  is not there").says("1 difference");
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
    let host = || SimHost::open(&sandbox.path().join("sim")).unwrap();
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
