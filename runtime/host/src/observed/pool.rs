//! An imported pool as it is seen: its vdevs and disks, and what it is busy with; and what is on disks.

use super::Setting;
use phoenix_graph::{Class, PropertyName, Redundancy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An imported pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolState {
    /// The pool's GUID.
    pub guid: u64,
    /// Its health as `zpool` says it: `ONLINE`, `DEGRADED`, …
    pub health: Box<str>,
    /// The top-level vdevs.
    pub layout: Vec<VdevState>,
    /// The properties asked for.
    pub settings: BTreeMap<PropertyName, Setting>,
    /// What it is busy with, besides serving.
    #[serde(default)]
    pub work: Vec<Work>,
    /// Whether it has a checkpoint (`zpool checkpoint`) that it can be returned to.
    #[serde(default)]
    pub checkpoint: bool,
    /// Whether a checkpoint can be taken of it: its feature `zpool_checkpoint` is enabled.
    #[serde(default)]
    pub checkpoints: bool,
    /// Whether its raidz vdevs can be widened: OpenZFS 2.3 with the feature `raidz_expansion` enabled.
    #[serde(default)]
    pub expands: bool,
}

/// Something that a pool does in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    pub kind: WorkKind,
    /// How far it is, as `zpool` says it: `12.34%`; empty where it does not say.
    pub done: Box<str>,
}

/// What a pool can be busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// A disk is being filled.
    Resilver,
    /// Everything is read and checked.
    Scrub,
    /// A top-level vdev is being emptied.
    Removal,
    /// A raidz vdev is being widened.
    Expansion,
    /// A checkpoint is given up.
    Discard,
}

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.kind {
            WorkKind::Resilver => "a resilver",
            WorkKind::Scrub => "a scrub",
            WorkKind::Removal => "the removal of a vdev",
            WorkKind::Expansion => "the expansion of a raidz vdev",
            WorkKind::Discard => "the discarding of a checkpoint",
        })?;
        f.write_str(" is under way")?;
        if self.done.is_empty() { Ok(()) } else { write!(f, " ({} done)", self.done) }
    }
}

/// A top-level vdev as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VdevState {
    /// What it is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    pub disks: Vec<VdevDisk>,
    /// The word that `zpool` finds it by: its GUID where that was asked for, else `mirror-0`, or the
    /// path of a single disk.
    #[serde(default)]
    pub name: Box<str>,
    /// Whether it is being emptied, to be gone after.
    #[serde(default)]
    pub leaving: bool,
}

/// A disk in a vdev.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VdevDisk {
    /// The path as `zpool status -P` shows it.
    pub path: Box<str>,
    /// The whole device that it leads to: links resolved, a whole disk's partition left off.
    pub device: Box<str>,
    /// The path that the pool was given: that of the whole disk where it has the whole disk.
    #[serde(default)]
    pub given: Box<str>,
    /// The word that `zpool` finds it by: its GUID where that was asked for, else its path.
    #[serde(default)]
    pub name: Box<str>,
    /// Its state as `zpool` says it: `ONLINE`, `FAULTED`, …; of a spare `AVAIL` or `INUSE`.
    #[serde(default)]
    pub state: Box<str>,
    /// Whether the pool cannot open it: what its path leads to, if anything, is not it.
    #[serde(default)]
    pub lost: bool,
    /// The disk whose place it is taking, as long as that is under way.
    #[serde(default)]
    pub replaces: Option<Box<VdevDisk>>,
}

impl VdevDisk {
    /// Returns whether the disk is there and trusted.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.lost && matches!(&*self.state, "ONLINE" | "AVAIL")
    }
}

impl PoolState {
    /// Returns all disks, those that are being replaced left out.
    pub fn disks(&self) -> impl Iterator<Item = &VdevDisk> {
        self.layout.iter().flat_map(|vdev| &vdev.disks)
    }
}

/// Why a pool that is on disks is not imported without more, as `zpool import` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "obstacle", rename_all = "kebab-case")]
pub enum ImportObstacle {
    /// Disks that it cannot do without are not there, or what is on them is damaged.
    Unavailable {
        /// What `zpool import` says of it.
        status: Box<str>,
    },
    /// Another system used it last, and did not export it: `zpool import -f`.
    OtherSystem,
    /// Another system has it imported now (`multihost`).
    InUse,
    /// A device of its intent log is not there: `zpool import -m`.
    Log {
        /// The devices, as `zpool import` names them.
        devices: Vec<Box<str>>,
    },
    /// It has features that this version does not know, and can be imported to be read alone.
    ReadOnly,
    /// It wants more than its name, for another reason.
    Other {
        /// What `zpool import` says is to be done.
        action: Box<str>,
    },
    /// Several pools of its name are on the disks.
    Several {
        /// Their numbers.
        ids: Vec<Box<str>>,
    },
}

/// What a disk's path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskState {
    /// Nothing is at the path.
    Missing,
    /// A device that is in the pool that asks for it, and is not looked into.
    Device(Box<str>),
    /// A device with nothing on it that is known.
    Blank(Box<str>),
    /// A device that was in the pool that asks for it, and is no longer: all that is on it is that
    /// pool's label, by its GUID. The pool takes it back as it would a blank one.
    Left(Box<str>),
    /// A device that holds something: the device, and each thing found on it.
    Holds(Box<str>, Vec<Found>),
}

/// One thing that was found on a disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Found {
    /// Whether it is a ZFS label, and whose.
    pub label: Option<Label>,
    /// What it is in words for people (`an ext4 file system "backup"`, `a partition table (gpt)`,
    /// `a label of the pool "tank"`, `mounted at /srv`).
    pub words: String,
}

/// Whose a ZFS label is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Label {
    /// That of a pool of this name, which may be imported, exported or destroyed.
    Of(Box<str>),
    /// That of a spare or a cache, which names no pool.
    Nameless,
}

impl Found {
    /// Anything but a ZFS label.
    #[must_use]
    pub fn other(words: String) -> Self {
        Self { label: None, words }
    }

    /// A ZFS label.
    #[must_use]
    pub fn label(label: Label) -> Self {
        let words = match &label {
            Label::Of(pool) => format!("a label of the pool \"{pool}\""),
            Label::Nameless => "a label of a pool, as a spare or cache".to_owned(),
        };
        Self { label: Some(label), words }
    }
}

impl DiskState {
    /// Returns the device that the path leads to.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        match self {
            DiskState::Missing => None,
            DiskState::Device(device)
            | DiskState::Blank(device)
            | DiskState::Left(device)
            | DiskState::Holds(device, _) => Some(device),
        }
    }
}
