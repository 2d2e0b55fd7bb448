//! What `phoenix guest --json` prints: what a virtual machine mounts, and the files to carry into it.

use phoenix_graph::{
    Graph, Resource,
    inside::{MachineMount, files::MachineFile},
};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// `phoenix guest --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct GuestView {
    /// The host's name.
    pub host: String,
    /// What the machine mounts, in the order of the paths.
    pub mounts: Vec<MountView>,
    /// The files to carry into it.
    pub files: Vec<FileView>,
}

/// What a machine mounts.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct MountView {
    /// The resource's key, such as `mount:vm/201/srv/shared`, or `virtiofs:vm/201/shared`.
    pub key: String,
    /// The absolute path in the machine.
    pub at: String,
    /// All that is said of it, by name.
    pub facts: BTreeMap<String, String>,
}

/// A file to carry into a machine.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct FileView {
    /// Its name, without a folder.
    pub name: String,
    /// Where it belongs in the machine; nothing for a document of cloud-init, which Proxmox hands over.
    pub place: Option<String>,
    /// Its text; lines to add, where it is the machine's `/etc/fstab`.
    pub text: String,
}

impl GuestView {
    /// Describes what a machine mounts.
    #[must_use]
    pub fn new(graph: &Graph, mounts: &[(&Resource, MachineMount)], files: &[MachineFile]) -> Self {
        let mount = |(resource, mount): &(&Resource, MachineMount)| MountView {
            key: resource.key().to_string(),
            at: mount.at().to_owned(),
            facts: resource.facts(),
        };
        let file = |MachineFile { name, place, text }: &MachineFile| FileView {
            name: name.clone(),
            place: place.clone(),
            text: text.clone(),
        };
        Self {
            host: graph.host().to_string(),
            mounts: mounts.iter().map(mount).collect(),
            files: files.iter().map(file).collect(),
        }
    }
}
