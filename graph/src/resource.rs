//! Resources: what a host is to have, each in its canonical form.

use crate::{
    Key,
    export::ExportOptions,
    name::{DatasetName, NameError, PoolName, StorageId},
    permissions::Permissions,
    settings::Settings,
    size::Bytes,
};
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
    /// A file system that a container has as a mount point of its own.
    Bind(Bind),
}

/// What is said about a resource's life rather than its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// What is there already may be taken over, as with `--adopt`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopt: bool,
    /// It is not retired, and nothing irreversible happens to it, without consent by name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Somebody else's replication writes to it: a switch takes no snapshot of it, nor of what is below it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replica: bool,
    /// The name that it had before: what is there under that name is renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<DatasetName>,
}

impl Lifecycle {
    /// Returns whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A pool. Its root dataset's settings stand in a [`Dataset`] of the pool's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// The pool's name.
    pub name: PoolName,
    /// The top-level vdevs in the order of the spec.
    pub layout: Vec<Vdev>,
    /// Pool properties (`zpoolprops(7)`).
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

/// A top-level vdev.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vdev {
    /// What the vdev is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// Its disks, in the order of the spec.
    pub disks: Vec<Disk>,
}

impl std::fmt::Display for Vdev {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&vdev_text(self.class, &self.redundancy, self.disks.iter().map(|disk| &*disk.0)))
    }
}

/// What a top-level vdev is for (`zpoolconcepts(7)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Ordinary data.
    Data,
    /// Metadata and small blocks.
    Special,
    /// Deduplication tables.
    Dedup,
    /// The intent log.
    Log,
    /// A read cache (L2ARC).
    Cache,
    /// Hot spares.
    Spare,
}

impl Class {
    /// Returns whether such vdevs hold what the pool cannot do without: losing one loses the pool, and before
    /// one is removed, what it holds is moved.
    #[must_use]
    pub fn holds_data(self) -> bool {
        matches!(self, Class::Data | Class::Special | Class::Dedup)
    }

    /// Returns the word that begins such a vdev on the command line of `zpool`; empty for data.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Data => "",
            Class::Special => "special",
            Class::Dedup => "dedup",
            Class::Log => "log",
            Class::Cache => "cache",
            Class::Spare => "spare",
        }
    }
}

/// Writes a vdev the way `zpool create` takes it: `log mirror /dev/a /dev/b`.
#[must_use]
pub fn vdev_text<'a>(
    class: Class,
    redundancy: &Redundancy,
    disks: impl IntoIterator<Item = &'a str>,
) -> String {
    let redundancy = match redundancy {
        Redundancy::None => String::new(),
        other => String::from(other.clone()),
    };
    let mut words = vec![class.word().to_owned(), redundancy];
    words.retain(|word| !word.is_empty());
    words.extend(disks.into_iter().map(str::to_owned));
    words.join(" ")
}

/// How the disks of a vdev protect each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Redundancy {
    /// One disk alone.
    None,
    /// Every disk holds everything.
    Mirror,
    /// raidz with this many parity disks, 1 to 3.
    Raidz(u8),
    /// Distributed spare raid, by its whole vdev word: `draid2:4d:8c:1s`.
    Draid(Box<str>),
}

impl From<Redundancy> for String {
    fn from(redundancy: Redundancy) -> String {
        match redundancy {
            Redundancy::None => "none".to_owned(),
            Redundancy::Mirror => "mirror".to_owned(),
            Redundancy::Raidz(parity) => format!("raidz{parity}"),
            Redundancy::Draid(word) => word.into(),
        }
    }
}

impl TryFrom<String> for Redundancy {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "none" => Ok(Redundancy::None),
            "mirror" => Ok(Redundancy::Mirror),
            "raidz1" => Ok(Redundancy::Raidz(1)),
            "raidz2" => Ok(Redundancy::Raidz(2)),
            "raidz3" => Ok(Redundancy::Raidz(3)),
            draid if draid.starts_with("draid") => Ok(Redundancy::Draid(draid.into())),
            _ => Err(format!("no vdev is a {text:?}")),
        }
    }
}

/// A disk or partition, by the path that the spec gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Disk(pub Box<str>);

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The whole name.
    pub name: DatasetName,
    /// The settings that the spec declares; no others are managed.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

/// A volume (zvol).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The whole name.
    pub name: DatasetName,
    /// `volsize`, in bytes.
    pub size: Bytes,
    /// Made without a reservation (`zfs create -s`). Asked only at creation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sparse: bool,
    /// The other settings that the spec declares.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

/// A directory shared over NFS, to all its clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The absolute path: the mount point of `dataset`.
    pub path: Box<str>,
    /// The file system that is exported.
    pub dataset: DatasetName,
    /// Clients (`exports(5)`: host, network, netgroup or `*`) with their explicit options.
    pub clients: BTreeMap<Box<str>, ExportOptions>,
}

/// A registration in Proxmox's `storage.cfg`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub id: StorageId,
    /// The storage type: `zfspool`, `dir`, …
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// The dataset that the storage lies on, where it lies on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetName>,
    /// Properties in canonical form: lists sorted and joined by commas, booleans `1` and `0`.
    pub properties: BTreeMap<Box<str>, Box<str>>,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

/// A parameter of the zfs kernel module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunable {
    /// The parameter's name, `zfs_arc_max`.
    pub name: Box<str>,
    /// Its value; bytes where it is a size.
    pub value: u64,
}

/// A file system that a container sees as a directory of its own (`pct(1)`, a bind mount point).
///
/// Proxmox numbers mount points (`mp0`); the number is no part of what is wanted, so the resource is
/// named by the path inside, and a mount point more never renumbers the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// The container's id, 100 to 999999999.
    pub container: u32,
    /// The absolute path inside of the container.
    pub at: Box<str>,
    /// The file system.
    pub dataset: DatasetName,
    /// The absolute path on the host: the mount point of `dataset`.
    pub path: Box<str>,
    /// Further options of the mount point in canonical form: booleans `1` and `0`, mount options
    /// sorted and joined by `;`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<Box<str>, Box<str>>,
}

impl Resource {
    /// Returns the lowest format of objects that can say this resource.
    #[must_use]
    pub fn format(&self) -> u32 {
        let plain = self.lifecycle().is_none_or(Lifecycle::is_empty);
        match self {
            Resource::Permissions(_) | Resource::Bind(_) => 2,
            _ if plain => 1,
            _ => 2,
        }
    }

    /// Returns what is said about the resource's life, where that can be said.
    #[must_use]
    pub fn lifecycle(&self) -> Option<&Lifecycle> {
        match self {
            Resource::Pool(pool) => Some(&pool.lifecycle),
            Resource::Dataset(dataset) => Some(&dataset.lifecycle),
            Resource::Volume(volume) => Some(&volume.lifecycle),
            Resource::Storage(storage) => Some(&storage.lifecycle),
            Resource::Export(_) | Resource::Tunable(_) | Resource::Permissions(_) | Resource::Bind(_) => None,
        }
    }

    /// Returns the resource's key.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Resource::Pool(pool) => Key::Pool(pool.name.clone()),
            Resource::Dataset(dataset) => Key::Dataset(dataset.name.clone()),
            Resource::Volume(volume) => Key::Volume(volume.name.clone()),
            Resource::Export(export) => Key::Export(export.path.clone()),
            Resource::Storage(storage) => Key::Storage(storage.id.clone()),
            Resource::Tunable(tunable) => Key::Tunable(tunable.name.clone()),
            Resource::Permissions(permissions) => Key::Permissions(permissions.dataset.clone()),
            Resource::Bind(bind) => Key::Bind(bind.container, bind.at.clone()),
        }
    }

    /// Returns the name where this is a file system or a volume.
    #[must_use]
    pub fn dataset_name(&self) -> Option<&DatasetName> {
        match self {
            Resource::Dataset(dataset) => Some(&dataset.name),
            Resource::Volume(volume) => Some(&volume.name),
            _ => None,
        }
    }

    /// Says whether every name in it is one that a spec can give: names are read leniently, since those of what
    /// is on a host are written down, too.
    ///
    /// # Errors
    /// [`NameError`] with the rule that a name breaks.
    pub fn check_names(&self) -> Result<(), NameError> {
        match self {
            Resource::Pool(pool) => pool.name.check_new()?,
            Resource::Dataset(Dataset { name, .. })
            | Resource::Volume(Volume { name, .. })
            | Resource::Export(Export { dataset: name, .. })
            | Resource::Permissions(Permissions { dataset: name, .. })
            | Resource::Bind(Bind { dataset: name, .. }) => name.check_new()?,
            Resource::Storage(storage) => storage.dataset.as_ref().map_or(Ok(()), DatasetName::check_new)?,
            Resource::Tunable(_) => {}
        }
        let was = self.lifecycle().and_then(|lifecycle| lifecycle.was.as_ref());
        was.map_or(Ok(()), DatasetName::check_new)
    }

    /// Returns the settings of a pool, file system or volume.
    #[must_use]
    pub fn settings(&self) -> Option<&Settings> {
        match self {
            Resource::Pool(pool) => Some(&pool.settings),
            Resource::Dataset(dataset) => Some(&dataset.settings),
            Resource::Volume(volume) => Some(&volume.settings),
            _ => None,
        }
    }
}
