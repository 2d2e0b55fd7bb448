//! What the plugin may do with Proxmox: commands that make the role, the user and the token, and what its configuration says. The
//! token's secret is shown once, by Proxmox, to whoever runs them.

use crate::told::Told;
use phoenix_graph::kubernetes::CONTROLLER_VMID;
use std::{collections::BTreeSet, fmt::Write};

/// What the secret is called that holds the plugin's configuration.
pub const SECRET: &str = "proxmox-csi-plugin";

/// The least that the plugin needs.
const PRIVILEGES: &str = "VM.Audit VM.Config.Disk Datastore.Allocate Datastore.AllocateSpace Datastore.Audit";
const ROLE: &str = "CSI";
const USER: &str = "kubernetes-csi@pve";
const TOKEN: &str = "csi";

/// Renders the commands. Ids of registrations, regions and zones have no character that a shell would read.
pub fn render(told: &Told<'_>) -> String {
    let region = &told.cluster.region;
    let mut text = format!(
        "#!/bin/sh
# Run once on a node of the cluster of Proxmox, as root: what the CSI plugin may do there.
# The last command shows the token's secret, once. It belongs into no repository.
set -eu

pveum role add {ROLE} -privs '{PRIVILEGES}'
pveum user add {USER}
# The disks are attached to machines, which may be any of them.
pveum aclmod /vms -user {USER} -role {ROLE}
"
    );
    let storages: BTreeSet<&str> = told.classes.iter().map(|class| class.on.as_str()).collect();
    // Writing to a string does not fail.
    for storage in storages {
        let _ = writeln!(text, "pveum aclmod '/storage/{storage}' -user {USER} -role {ROLE}");
    }
    // Spelt as the code of the plugin reads it: what it does not know it passes over.
    let features = match told.cluster.controller_vmid {
        CONTROLLER_VMID => String::new(),
        id => format!("#     features:\n#       controllerVmID: {id}\n"),
    };
    let _ = write!(
        text,
        "pveum user token add {USER} {TOKEN} -privsep 0

# The plugin reads this file, which is written by hand, with the address of a node and the secret:
#
{features}#     clusters:
#       - url: https://ADDRESS:8006/api2/json
#         insecure: false
#         token_id: \"{USER}!{TOKEN}\"
#         token_secret: the secret that was shown
#         region: \"{region}\"
#
# Then, where kubectl reaches the cluster:
#
#     kubectl create namespace csi-proxmox
#     kubectl label namespace csi-proxmox pod-security.kubernetes.io/enforce=privileged
#     kubectl -n csi-proxmox create secret generic {SECRET} --from-file=config.yaml
#     helm upgrade -i -n csi-proxmox -f values.yaml proxmox-csi-plugin CHART
#
# CHART is the address of the plugin's chart, which its own page tells.
#
# Each node of Kubernetes on this host is labelled, by hand or by the cloud controller manager:
#
#     kubectl label node NODE topology.kubernetes.io/region={region} topology.kubernetes.io/zone={zone}
",
        zone = told.cluster.zone,
    );
    text
}
