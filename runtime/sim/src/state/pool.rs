//! Pools and devices, as they are kept.

use phoenix_graph::{Class, PoolName, PropertyName, Redundancy};
use phoenix_host::observed::Work;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Content {
    /// Nothing.
    Blank,
    /// Something, each thing in words for people: `an ext4 file system "backup"`.
    Foreign(Vec<String>),
    /// The label of a pool: imported, exported or destroyed.
    Label {
        /// The pool's name.
        pool: PoolName,
        /// The pool's GUID.
        guid: u64,
        /// Whether the pool was destroyed.
        destroyed: bool,
    },
    /// The label of a pool that the device is no longer in.
    Former {
        /// The pool's name.
        pool: PoolName,
        /// The pool's GUID.
        guid: u64,
        /// Whether the label does not say which pool it was: that of a spare or a cache.
        nameless: bool,
    },
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Its GUID.
    pub guid: u64,
    /// Whether it is exported.
    pub exported: bool,
    /// Its top-level vdevs.
    pub layout: Vec<Vdev>,
    /// Its own properties.
    pub settings: BTreeMap<PropertyName, Box<str>>,
    /// What it is busy with: giving up a checkpoint, or what a test says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<Work>,
    /// Whether it has a checkpoint.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checkpoint: bool,
    /// Whether another system used it last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
}

/// A top-level vdev.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vdev {
    /// What it is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// Its disks: the path they were given by.
    pub disks: Vec<Box<str>>,
}
