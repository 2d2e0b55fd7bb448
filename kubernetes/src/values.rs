//! Values for the chart of the Proxmox CSI plugin. What it reads of the cluster of Proxmox is a secret, which is made by hand.

use crate::{
    proxmox::SECRET,
    told::Told,
    yaml::{self, Unwritten},
};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Values<'a> {
    existing_config_secret: &'static str,
    existing_config_secret_key: &'static str,
    /// The classes have one owner: they are applied beside it.
    storage_class: [(); 0],
    options: Options,
    #[serde(skip_serializing_if = "Option::is_none")]
    controller: Option<Controller>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<Node<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    enable_capacity: bool,
}

#[derive(Debug, Serialize)]
struct Controller {
    provisioner: Sidecar,
    resizer: Sidecar,
}

#[derive(Debug, Serialize)]
struct Sidecar {
    args: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    kubelet_dir: &'a str,
}

/// What the sidecars are told so that volumes can be moved to other attributes.
const GATE: &str = "--feature-gates=VolumeAttributesClass=true";
/// What the chart tells the provisioner, and no longer does once it is told something else.
const FSTYPE: &str = "--default-fstype=ext4";

/// Renders the values.
///
/// # Errors
/// [`Unwritten`]
pub fn render(told: &Told<'_>) -> Result<String, Unwritten> {
    let controller = (!told.attributes.is_empty()).then(|| Controller {
        provisioner: Sidecar { args: vec![FSTYPE, GATE] },
        resizer: Sidecar { args: vec![GATE] },
    });
    let values = Values {
        existing_config_secret: SECRET,
        existing_config_secret_key: "config.yaml",
        storage_class: [],
        options: Options { enable_capacity: true },
        controller,
        node: told.cluster.kubelet_dir.as_deref().map(|kubelet_dir| Node { kubelet_dir }),
    };
    yaml::document(&values)
}
