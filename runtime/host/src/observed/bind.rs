//! The containers of Proxmox, with their mount points, among the guests of all nodes.

use super::{MachineState, Mappings, Unknown};
use crate::{
    op::Op,
    text::{mount_point::MountPoint, package_version::PackageVersion},
};
use phoenix_graph::id_map::IdMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The containers and machines of all nodes, or why nobody can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Containers {
    /// They were not asked for.
    #[default]
    NotAsked,
    /// This host has no Proxmox.
    NoProxmox,
    /// This host has Proxmox, and the configuration of its guests cannot be read.
    Unknown(Unknown),
    Found(Configured),
}

/// What is configured of containers and machines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configured {
    /// Each container, by its id.
    pub by_id: BTreeMap<u32, ContainerState>,
    /// Each virtual machine, by its id.
    #[serde(default)]
    pub machines: BTreeMap<u32, MachineState>,
    /// The directories that machines may be given.
    #[serde(default)]
    pub mappings: Box<Mappings>,
    /// The name of this node.
    #[serde(default)]
    pub node: Box<str>,
    /// Whether what serves them is installed (`virtiofsd`).
    #[serde(default)]
    pub virtiofsd: bool,
    /// Why Proxmox takes no change of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// The version of `pve-container`, where that was asked for and can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<PackageVersion>,
    /// The version of `qemu-server`, where that was asked for and can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qemu: Option<PackageVersion>,
}

/// A container, as its configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerState {
    /// The node that it is on.
    pub node: Box<str>,
    /// Whether that is this host.
    pub here: bool,
    /// Whether it runs; of one that is elsewhere nobody knows here.
    pub running: bool,
    /// What holds it for now: `backup`, `migrate`, `snapshot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Box<str>>,
    /// Whether Proxmox changes no mount point of it.
    #[serde(default)]
    pub protected: bool,
    /// The names of its snapshots.
    #[serde(default)]
    pub snapshots: Vec<Box<str>>,
    /// Which numbers its users and groups have outside.
    #[serde(default)]
    pub ids: IdMap,
    /// Its mount points that are in force, by number, as they are written.
    pub points: BTreeMap<u16, Box<str>>,
    /// What waits for its next start: a mount point as it will be, or none.
    #[serde(default)]
    pub pending: BTreeMap<u16, Option<Box<str>>>,
}

impl ContainerState {
    /// Returns its mount points as they are after its next start, by number, as they are written.
    #[must_use]
    pub fn wanted(&self) -> BTreeMap<u16, &str> {
        let pending = self.pending.iter().filter_map(|(number, text)| Some((*number, text.as_deref()?)));
        let stays = self.points.iter().filter(|(number, _)| !self.pending.contains_key(number));
        stays.map(|(number, text)| (*number, &**text)).chain(pending).collect()
    }

    /// Says why an operation on a mount point is not carried out: something else stands there than it was planned for.
    ///
    /// # Errors
    /// What stands there, in words for people.
    pub fn expects(&self, op: &Op) -> Result<(), String> {
        let (container, number, over) = match op {
            Op::MountPointSet { container, number, over, .. } => (container, number, over.as_deref()),
            Op::MountPointRemove { container, number, over } => (container, number, Some(&**over)),
            _ => return Ok(()),
        };
        if self.wanted().get(number).copied() == over {
            return Ok(());
        }
        Err(format!("mp{number} of container {container} is not what it was when this was planned"))
    }

    /// Finds the mount points at a path inside, by number, as they are after its next start.
    #[must_use]
    pub fn at(&self, path: &str) -> Vec<(u16, MountPoint)> {
        let read =
            self.wanted().into_iter().filter_map(|(number, text)| Some((number, MountPoint::read(text)?)));
        read.filter(|(_, point)| *point.at == *path).collect()
    }
}
