//! `capacity`: what is promised, against what there is.

use crate::{command::common::Sandbox, snapshot};
use phoenix_graph::{PoolName, PropertyName};

const SPEC: &str = r#"edition 1
pool "tank" {
    mirror { disk "/dev/disk/by-id/a"; disk "/dev/disk/by-id/b" }
    dataset "k8s" quota="500G" { proxmox "k8s" type="zfspool" content="images"; }
    dataset "media" quota="2T" { dataset "films"; }
    volume "thick" size="100G"
    volume "thin" size="400G" sparse=#true
}
kubernetes region="home" zone="pve1" {
    class "fast" on="k8s" ssd=#true { allow "claims-over-quota"; }
    namespace "apps" { total storage="600GiB"; }
}
"#;

fn switched() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.sim(&["switch", "--yes"]).exits(0);
    sandbox.host().edit(|state| {
        let pool = state.pools.get_mut(&PoolName::new("tank").unwrap()).unwrap();
        // What the volume reserves is taken already.
        for (name, raw) in [("free", (900_u64 << 30).to_string()), ("size", (1_u64 << 40).to_string())] {
            pool.settings.insert(PropertyName::new(name), raw.into());
        }
    });
    sandbox
}

#[test]
fn what_is_promised_stands_against_what_there_is() {
    let sandbox = switched();
    let all = sandbox.sim(&["capacity"]).exits(0);
    let one = sandbox.sim(&["capacity", "tank/media"]).exits(0);
    snapshot!("capacity", all, one);
    sandbox.sim(&["capacity", "tank/none"]).exits(1).says("there is no tank/none in an imported pool");
    sandbox.sim(&["capacity", "tank/a b@c"]).exits(64);
}

#[test]
fn a_review_tells_what_a_change_promises() {
    let sandbox = Sandbox::new();
    sandbox.write("phoenix.kdl", SPEC);
    sandbox.run(&["review", "--accept", "phoenix.kdl"]).exits(0);
    sandbox.edit("phoenix.kdl", "quota=\"2T\"", "quota=\"3T\"");
    let reviewed = sandbox.run(&["review", "phoenix.kdl"]).exits(2);
    reviewed.says("-pool:tank promised 3048G").says("+pool:tank promised 4072G");
}
