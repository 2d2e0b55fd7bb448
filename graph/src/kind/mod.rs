//! The kinds of resource: a module for each, with what it is in its canonical form, and what there is to know of one.
//!
//! This file is the table: [`Resource`] has a variant for each kind, and asks the kind for everything. A kind that
//! is new gets its module, a variant and an arm here, and its word in [`key`].

pub mod account;
pub mod acl;
mod bind;
mod common;
mod dataset;
mod export;
mod guest_mount;
pub mod key;
mod kubernetes;
mod life;
mod mapping;
pub mod mode;
mod permissions;
mod pool;
mod snapshots;
mod storage;
mod tunable;
mod vdev;
mod virtiofs;
mod volume;

pub use bind::Bind;
pub use common::{Fact, Said, Unit};
pub use dataset::Dataset;
pub use export::Export;
pub use guest_mount::{GuestMount, inside, source_path};
pub use key::Key;
pub use kubernetes::{
    KubernetesAttributes, KubernetesClass, KubernetesCluster, KubernetesNamespace, Nodes, PerClaim,
    PodSecurity, Reclaim, Total,
};
pub use life::Lifecycle;
pub use mapping::Mapping;
pub use mode::Mode;
pub use permissions::Permissions;
pub use pool::Pool;
pub use snapshots::{Snapshots, is_known_to_sanoid};
pub use storage::Storage;
pub use tunable::{ARC_LEAST, ARC_MAX, Tunable};
pub use vdev::{Class, Disk, Redundancy, Vdev, vdev_text};
pub use virtiofs::{Inside, Virtiofs};
pub use volume::Volume;

use crate::{
    Bytes, DatasetName, Settings, Target,
    check::{others::Others, reason::Reason},
    inside::MachineMount,
    name::NameError,
};
use common::{FORMAT_2, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that a host is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Resource {
    /// A pool with its layout and pool properties.
    Pool(Pool),
    /// A file system, a pool's root dataset among them.
    Dataset(Dataset),
    /// A volume (zvol).
    Volume(Volume),
    /// A directory shared over NFS.
    Export(Export),
    /// A registration with Proxmox VE.
    Storage(Storage),
    /// A parameter of the zfs kernel module, now and at boot.
    Tunable(Tunable),
    /// Owner, group and mode of a file system's root directory.
    Permissions(Permissions),
    /// A file system, or a folder of one, that a container has as a mount point of its own.
    Bind(Bind),
    /// A file system that a virtual machine mounts over NFS.
    GuestMount(GuestMount),
    /// A file system under an id that machines are given it by.
    Mapping(Mapping),
    /// A file system that a virtual machine is given by virtiofs.
    Virtiofs(Virtiofs),
    /// Snapshots that are taken of a file system or volume by a clock.
    Snapshots(Snapshots),
    /// A cluster of Kubernetes whose machines run on this host.
    KubernetesCluster(KubernetesCluster),
    /// A class of volumes of such a cluster.
    KubernetesClass(KubernetesClass),
    /// A class of attributes that volumes of such a cluster can be moved to.
    KubernetesAttributes(KubernetesAttributes),
    /// A namespace of such a cluster, with what its claims may take.
    KubernetesNamespace(KubernetesNamespace),
}

impl Resource {
    fn kind(&self) -> &dyn Kind {
        match self {
            Resource::Pool(one) => one,
            Resource::Dataset(one) => one,
            Resource::Volume(one) => one,
            Resource::Export(one) => one,
            Resource::Storage(one) => one,
            Resource::Tunable(one) => one,
            Resource::Permissions(one) => one,
            Resource::Bind(one) => one,
            Resource::GuestMount(one) => one,
            Resource::Mapping(one) => one,
            Resource::Virtiofs(one) => one,
            Resource::Snapshots(one) => one,
            Resource::KubernetesCluster(one) => one,
            Resource::KubernetesClass(one) => one,
            Resource::KubernetesAttributes(one) => one,
            Resource::KubernetesNamespace(one) => one,
        }
    }

    /// Returns the lowest format of objects that can say this resource.
    #[must_use]
    pub fn format(&self) -> u32 {
        let plain = self.lifecycle().is_none_or(Lifecycle::is_empty);
        if plain { self.kind().format() } else { FORMAT_2 }
    }

    /// Returns what is said about the resource's life, where that can be said.
    #[must_use]
    pub fn lifecycle(&self) -> Option<&Lifecycle> {
        self.kind().lifecycle()
    }

    /// Returns the resource's key.
    #[must_use]
    pub fn key(&self) -> Key {
        self.kind().key()
    }

    /// Returns the name where this is a file system or a volume.
    #[must_use]
    pub fn dataset_name(&self) -> Option<&DatasetName> {
        self.kind().dataset_name()
    }

    /// Returns the dataset that it is about, and needs, where it is not one itself.
    #[must_use]
    pub fn over(&self) -> Option<&DatasetName> {
        self.kind().over()
    }

    /// Returns the export, the directory mapping or the registration that it needs beside that, where it goes through one.
    #[must_use]
    pub fn through(&self) -> Option<Key> {
        self.kind().through()
    }

    /// Says whether every name in it is one that a spec can give: names are read leniently, since those of what
    /// is on a host are written down, too.
    ///
    /// # Errors
    /// [`NameError`] with the rule that a name breaks.
    pub fn check_names(&self) -> Result<(), NameError> {
        self.kind().check_names()?;
        let was = self.lifecycle().and_then(|lifecycle| lifecycle.was.as_ref());
        was.map_or(Ok(()), DatasetName::check_new)
    }

    /// Says why no spec can say it, looking at it alone.
    ///
    /// # Errors
    /// The first reason to refuse it.
    pub fn check(&self) -> Result<(), Reason> {
        self.kind().check()
    }

    /// Says why no spec can say it beside the others of its host.
    ///
    /// # Errors
    /// The first reason to refuse it.
    pub(crate) fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        self.kind().check_among(others)
    }

    /// Returns what a machine mounts, where it is that: the machine's id, and the mount.
    #[must_use]
    pub fn in_machine(&self) -> Option<(u32, MachineMount)> {
        match self {
            Resource::GuestMount(one) => Some((one.machine, MachineMount::Nfs(one.mount.clone()))),
            Resource::Virtiofs(one) => Some((one.machine, MachineMount::Tag(one.mount()?))),
            _ => None,
        }
    }

    /// Returns the size of a volume, in which nothing lies.
    #[must_use]
    pub fn size(&self) -> Option<Bytes> {
        self.kind().size()
    }

    /// Returns what it takes at once of the space above it, where no setting says so, in bytes.
    #[must_use]
    pub fn takes(&self) -> u64 {
        self.kind().takes()
    }

    /// Returns the root dataset that comes with a pool.
    #[must_use]
    pub fn root(&self) -> Option<DatasetName> {
        self.kind().root()
    }

    /// Returns the settings of a pool, file system or volume.
    #[must_use]
    pub fn settings(&self) -> Option<&Settings> {
        self.kind().settings()
    }

    /// Lists what is told of it beside its settings and its life, in the order in which it is said.
    #[must_use]
    pub fn own_facts(&self) -> Vec<Fact> {
        self.kind().facts()
    }

    /// Lays it out whole: by the name of a fact, what it is.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        if let Some(settings) = self.settings() {
            facts.extend(settings.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        }
        facts.extend(self.lifecycle().into_iter().flat_map(Lifecycle::facts));
        facts.extend(self.own_facts().into_iter().map(|fact| (fact.name, fact.value)));
        facts
    }
}

impl Unit {
    /// Returns what the value of a fact or setting of a resource is.
    #[must_use]
    pub fn of(key: &Key, name: &str) -> Self {
        match key {
            Key::Pool(_) => common::unit(Target::Pool, name),
            Key::Dataset(_) => common::unit(Target::Filesystem, name),
            Key::Volume(_) => common::unit(Target::Volume, name),
            Key::Export(_) => export::unit(name),
            Key::Tunable(parameter) => tunable::unit(parameter),
            Key::Storage(_)
            | Key::Permissions(_)
            | Key::Bind(..)
            | Key::GuestMount(..)
            | Key::Mapping(_)
            | Key::Virtiofs(..)
            | Key::Snapshots(_)
            | Key::KubernetesClass(_)
            | Key::KubernetesAttributes(_) => Unit::Word,
            Key::KubernetesCluster(_) => kubernetes::cluster_unit(name),
            Key::KubernetesNamespace(_) => kubernetes::namespace_unit(name),
        }
    }
}
