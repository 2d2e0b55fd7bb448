//! Keys that people can read: `pool:quickOS`, `dataset:quickOS/vm-disks`, `export:/quickOS/shared`.

use crate::name::{DatasetName, PoolName, StorageId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Names one resource of a host. Keys order by kind, then by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Key {
    /// `pool:NAME`
    Pool(PoolName),
    /// `dataset:POOL/NAME`, a file system
    Dataset(DatasetName),
    /// `volume:POOL/NAME`
    Volume(DatasetName),
    /// `export:PATH`
    Export(Box<str>),
    /// `storage:ID`, a Proxmox registration
    Storage(StorageId),
    /// `tunable:NAME`, a parameter of the zfs kernel module
    Tunable(Box<str>),
    /// `permissions:POOL/NAME`, of a file system's root directory
    Permissions(DatasetName),
    /// `bind:lxc/ID/PATH`, a file system in a container at this absolute path
    Bind(u32, Box<str>),
    /// `mount:vm/ID/PATH`, what a virtual machine mounts over NFS at this absolute path
    GuestMount(u32, Box<str>),
    /// `mapping:ID`, a directory that machines are given by this id
    Mapping(Box<str>),
    /// `virtiofs:vm/ID/MAPPING`, a directory that a virtual machine is given by virtiofs
    Virtiofs(u32, Box<str>),
    /// `snapshots:POOL/NAME`, of a file system or volume
    Snapshots(DatasetName),
    /// `kubernetes:REGION`, a cluster of Kubernetes whose machines run on the host
    KubernetesCluster(Box<str>),
    /// `class:NAME`, a class of its volumes
    KubernetesClass(Box<str>),
    /// `attributes:NAME`, a class of attributes of its volumes
    KubernetesAttributes(Box<str>),
    /// `namespace:NAME`, one of its namespaces
    KubernetesNamespace(Box<str>),
}

impl Key {
    /// Returns the id of the guest that it is about, where it is about one.
    #[must_use]
    pub fn guest(&self) -> Option<u32> {
        match self {
            Key::Bind(id, _) | Key::GuestMount(id, _) | Key::Virtiofs(id, _) => Some(*id),
            _ => None,
        }
    }

    /// Returns whether it is told a cluster of Kubernetes, and nothing of it is done on the host.
    #[must_use]
    pub fn is_told_a_cluster(&self) -> bool {
        matches!(
            self,
            Key::KubernetesCluster(_)
                | Key::KubernetesClass(_)
                | Key::KubernetesAttributes(_)
                | Key::KubernetesNamespace(_)
        )
    }

    /// Returns what resources of its kind are called together, in the order in which people are told of them.
    #[must_use]
    pub fn group(&self) -> (usize, &'static str) {
        match self {
            Key::Pool(_) => (0, "Pools"),
            Key::Dataset(_) | Key::Volume(_) => (1, "Datasets"),
            Key::Export(_) => (2, "Exports"),
            Key::Storage(_) => (3, "Proxmox storages"),
            Key::Permissions(_) => (4, "Permissions"),
            Key::Bind(..) => (5, "Mount points of containers"),
            Key::Mapping(_) => (6, "Directory mappings"),
            Key::Virtiofs(..) => (7, "Shared directories of machines"),
            Key::GuestMount(..) => (8, "Mounts of machines"),
            Key::Snapshots(_) => (9, "Snapshots"),
            Key::KubernetesCluster(_)
            | Key::KubernetesClass(_)
            | Key::KubernetesAttributes(_)
            | Key::KubernetesNamespace(_) => (10, "Kubernetes"),
            Key::Tunable(_) => (11, "Parameters of the zfs module"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Pool(name) => write!(f, "pool:{name}"),
            Key::Dataset(name) => write!(f, "dataset:{name}"),
            Key::Volume(name) => write!(f, "volume:{name}"),
            Key::Export(path) => write!(f, "export:{path}"),
            Key::Storage(id) => write!(f, "storage:{id}"),
            Key::Tunable(name) => write!(f, "tunable:{name}"),
            Key::Permissions(name) => write!(f, "permissions:{name}"),
            // The paths begin with a slash.
            Key::Bind(container, at) => write!(f, "bind:lxc/{container}{at}"),
            Key::GuestMount(machine, at) => write!(f, "mount:vm/{machine}{at}"),
            Key::Mapping(id) => write!(f, "mapping:{id}"),
            Key::Virtiofs(machine, id) => write!(f, "virtiofs:vm/{machine}/{id}"),
            Key::Snapshots(name) => write!(f, "snapshots:{name}"),
            Key::KubernetesCluster(region) => write!(f, "kubernetes:{region}"),
            Key::KubernetesClass(name) => write!(f, "class:{name}"),
            Key::KubernetesAttributes(name) => write!(f, "attributes:{name}"),
            Key::KubernetesNamespace(name) => write!(f, "namespace:{name}"),
        }
    }
}

/// Says that a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no resource key; one looks like `dataset:tank/vms` or `pool:tank`")]
pub struct KeyError(pub String);

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bad = || KeyError(text.to_owned());
        let (kind, name) = text.split_once(':').ok_or_else(bad)?;
        if name.is_empty() {
            return Err(bad());
        }
        match kind {
            "pool" => PoolName::seen(name).map(Key::Pool).map_err(|_| bad()),
            "dataset" => DatasetName::seen(name).map(Key::Dataset).map_err(|_| bad()),
            "volume" => DatasetName::seen(name).map(Key::Volume).map_err(|_| bad()),
            "export" => Ok(Key::Export(name.into())),
            "storage" => StorageId::new(name).map(Key::Storage).map_err(|_| bad()),
            "tunable" => Ok(Key::Tunable(name.into())),
            "permissions" => DatasetName::seen(name).map(Key::Permissions).map_err(|_| bad()),
            "bind" => in_guest(name, "lxc/").map(|(id, at)| Key::Bind(id, at)).ok_or_else(bad),
            "mount" => in_guest(name, "vm/").map(|(id, at)| Key::GuestMount(id, at)).ok_or_else(bad),
            "mapping" => Ok(Key::Mapping(name.into())),
            "virtiofs" => {
                let found = name.strip_prefix("vm/").and_then(|rest| rest.split_once('/'));
                let (id, mapping) = found.filter(|(_, mapping)| !mapping.is_empty()).ok_or_else(bad)?;
                Ok(Key::Virtiofs(id.parse().map_err(|_| bad())?, mapping.into()))
            }
            "snapshots" => DatasetName::seen(name).map(Key::Snapshots).map_err(|_| bad()),
            "kubernetes" => Ok(Key::KubernetesCluster(name.into())),
            "class" => Ok(Key::KubernetesClass(name.into())),
            "attributes" => Ok(Key::KubernetesAttributes(name.into())),
            "namespace" => Ok(Key::KubernetesNamespace(name.into())),
            _ => Err(bad()),
        }
    }
}

/// Reads the id of a guest of this kind, and an absolute path in it.
fn in_guest(name: &str, kind: &str) -> Option<(u32, Box<str>)> {
    let (id, at) = name.strip_prefix(kind)?.split_once('/')?;
    Some((id.parse().ok()?, format!("/{at}").into()))
}

impl TryFrom<String> for Key {
    type Error = KeyError;
    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.to_string()
    }
}
