//! A picture of everything on the host that a user can see, to be compared with another one.

use super::state::{Content, Pool, Snapshot};
use phoenix_graph::{DatasetName, Mode, PoolName, PropertyName, kind::acl::Acl};
use phoenix_host::observed::Directory;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Whether a picture shows what phoenix keeps for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Everything.
    Everything,
    /// Not what phoenix keeps for itself: areas and all below them, `phoenix:…` properties,
    /// snapshots named `phoenix-…`.
    UsersOnly,
}

/// Everything on a host that a user can see. Two pictures are equal where a user sees no difference.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostImage {
    /// Pools, with their layout and properties.
    pub pools: BTreeMap<PoolName, Pool>,
    /// What is on each device that something is on.
    pub devices: BTreeMap<Box<str>, Content>,
    /// File systems and volumes.
    pub datasets: BTreeMap<DatasetName, DatasetImage>,
    /// The live export table.
    pub exports: BTreeSet<(Box<str>, Box<str>, Box<str>)>,
    /// `storage.cfg`.
    pub storage_cfg: Option<String>,
    /// Parameters of the zfs module.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// The units that are started, by name, each with its file as systemd has read it, and those that failed.
    pub units: BTreeMap<Box<str>, String>,
    /// Symbolic links outside the state folder.
    pub links: BTreeMap<PathBuf, PathBuf>,
    /// Text files.
    pub files: BTreeMap<PathBuf, String>,
}

/// A file system or volume in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetImage {
    /// Whether it is a volume.
    pub volume: bool,
    /// Its own properties.
    pub settings: BTreeMap<PropertyName, Box<str>>,
    /// What it received with a stream, as far as that holds.
    pub received: BTreeMap<PropertyName, Box<str>>,
    /// Where it is mounted; `hidden` follows where another file system lies over it.
    pub mounted: Option<String>,
    /// Whether its key is not loaded.
    pub locked: bool,
    /// Its files.
    pub files: BTreeMap<Box<str>, String>,
    /// Who owns its root directory, and who may do what in it.
    pub directory: Directory,
    /// Owner and group of those of its files and folders that were given away.
    pub owners: BTreeMap<Box<str>, (u32, u32)>,
    /// The mode of those of its folders that have another than a new one.
    pub modes: BTreeMap<Box<str>, Mode>,
    /// The access control lists of those of its folders that have one.
    pub lists: BTreeMap<Box<str>, Acl>,
    /// Its snapshots.
    pub snapshots: BTreeMap<Box<str>, Snapshot>,
}
