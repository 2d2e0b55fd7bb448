//! An edited spec: the plan says exactly what was edited, the switch does it, a rollback takes it back.

use crate::{command::common::Sandbox, snapshot};
use phoenix_graph::DatasetName;
use phoenix_sim::Show;

#[test]
fn an_edited_spec_is_planned_switched_to_and_gone_back_from() {
    let sandbox = Sandbox::switched();
    let iso = DatasetName::new("fastData/shared-iso").unwrap();
    let open = || sandbox.host();
    assert!(open().write_file(&iso, "debian.iso", "an image"));
    let before = open().image(Show::UsersOnly);

    sandbox.edit("phoenix.kdl", "quota=\"800G\"", "quota=\"900G\"");
    sandbox.edit(
        "phoenix.kdl",
        "dataset \"shared-iso\" use=\"iso\" quota=\"100G\" {\n            proxmox \"fastData-shared-iso\"\n        }",
        "dataset \"scratch\" quota=\"50G\"",
    );
    sandbox.edit(
        "phoenix.kdl",
        "use=\"shared-data\" quota=\"400G\" {\n            export { client (let)\"lan\"",
        "use=\"shared-data\" quota=\"400G\" {\n            export { client (let)\"lan\" \"ro\"",
    );
    let plan = sandbox.sim(&["plan", "--detailed-exitcode"]).exits(2);
    let diff = sandbox.sim(&["diff", "1"]).exits(0);
    sandbox.sim(&["switch", "--yes"]).exits(0).says("Generation 2 is current.");
    assert!(open().read_file(&iso, "debian.iso").is_none());

    let back = sandbox.sim(&["rollback", "--yes"]).exits(0);
    snapshot!("edited", plan, diff, back);
    assert_eq!(open().read_file(&iso, "debian.iso").as_deref(), Some("an image"));
    let after = open().image(Show::UsersOnly);
    assert_eq!(after.datasets, before.datasets);
    assert_eq!(after.exports, before.exports);
    let retired = open().state().datasets.into_keys().any(|name| name.as_str().ends_with("/scratch"));
    assert!(retired, "the added dataset is retired, not destroyed");
}
