//! The cluster of Kubernetes whose machines run on this host.

use super::wrong;
use crate::{
    Bytes, StorageId,
    check::{guest, others::Others, reason::Reason},
    kind::{
        common::{FORMAT_5, Fact, Kind, Said, Unit},
        key::Key,
    },
    kubernetes::{CONTROLLER_VMID, OLDEST, kubelet_dir, name},
};
use serde::{Deserialize, Serialize};

/// A cluster of Kubernetes whose machines run on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesCluster {
    /// The region, by which the plugin knows the cluster of Proxmox.
    pub region: Box<str>,
    /// The zone: this host's name in the cluster of Proxmox.
    pub zone: Box<str>,
    /// The version of Kubernetes, of 1.
    pub version: u32,
    /// The id of the guest, which never is, that owns the disks.
    pub controller_vmid: u32,
    /// The folder of kubelet, where it is none of the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubelet_dir: Option<Box<str>>,
    /// What its machines on this host need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Nodes>,
}

/// What the machines of a cluster need of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nodes {
    /// How many there are on this host.
    pub count: u32,
    /// The registration that their own disks lie on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<StorageId>,
    /// What the system takes of each, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Bytes>,
    /// What images and containers take of each, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<Bytes>,
    /// What there has to be for the claims of each, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Bytes>,
}

impl Nodes {
    /// The most machines that one host is said to have.
    pub const MOST: u32 = 1000;

    /// Returns what their own disks come to, in bytes.
    #[must_use]
    pub fn disks(&self) -> u64 {
        let each = [self.system, self.containers].into_iter().flatten().map(|bytes| bytes.0);
        each.fold(0_u64, u64::saturating_add).saturating_mul(self.count.into())
    }

    /// Returns what there has to be for claims, in bytes.
    #[must_use]
    pub fn claims(&self) -> u64 {
        self.volumes.map_or(0, |bytes| bytes.0.saturating_mul(self.count.into()))
    }
}

impl Kind for KubernetesCluster {
    fn key(&self) -> Key {
        Key::KubernetesCluster(self.region.clone())
    }

    fn through(&self) -> Option<Key> {
        let on = self.nodes.as_ref()?.on.clone()?;
        Some(Key::Storage(on))
    }

    fn check(&self) -> Result<(), Reason> {
        name::topology(&self.region).map_err(wrong)?;
        name::topology(&self.zone).map_err(wrong)?;
        guest::id(self.controller_vmid, "controller").map_err(Reason::Kubernetes)?;
        if !(OLDEST..=999).contains(&self.version) {
            return Err(wrong("its version is none"));
        }
        if let Some(nodes) = &self.nodes {
            if !(1..=Nodes::MOST).contains(&nodes.count) {
                return Err(wrong("it has no such number of nodes"));
            }
            let sizes = [nodes.system, nodes.containers, nodes.volumes];
            if sizes.into_iter().flatten().any(|size| size > Bytes::LARGEST) {
                return Err(wrong("a size of its nodes is too large"));
            }
        }
        self.kubelet_dir.as_deref().map_or(Ok(()), |folder| kubelet_dir(folder).map_err(wrong))
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.kubernetes.is_only()
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![
            Fact::new("zone", &self.zone, Said::Line),
            Fact::new("version", format!("1.{}", self.version), Said::Line),
        ];
        if self.controller_vmid != CONTROLLER_VMID {
            facts.push(Fact::new("controller-vmid", self.controller_vmid, Said::Line));
        }
        facts.extend(self.kubelet_dir.iter().map(|folder| Fact::new("kubelet-dir", folder, Said::Line)));
        let Some(nodes) = &self.nodes else { return facts };
        facts.push(Fact::new("nodes", nodes.count, Said::Line));
        facts.extend(nodes.on.iter().map(|on| Fact::new("nodes on", on, Said::Line)));
        let sizes = [("system", nodes.system), ("containers", nodes.containers), ("volumes", nodes.volumes)];
        let sizes = sizes.into_iter().filter_map(|(name, size)| Some((name, size?)));
        facts
            .extend(sizes.map(|(name, size)| Fact::new(format!("{SIZE_OF_NODE}{name}"), size.0, Said::Line)));
        facts
    }

    fn format(&self) -> u32 {
        FORMAT_5
    }
}

/// What the names of sizes of a node begin with.
const SIZE_OF_NODE: &str = "each node ";

/// Returns what the value of a fact is.
pub fn unit(name: &str) -> Unit {
    if name.starts_with(SIZE_OF_NODE) { Unit::Bytes { none: false } } else { Unit::Word }
}
