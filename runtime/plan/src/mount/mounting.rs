//! What a plan makes of the mounts, once it is worked out.

use crate::mount::turn::Turn;
use phoenix_graph::DatasetName;
use std::collections::{BTreeMap, BTreeSet};

/// What a plan makes of the mounts.
#[derive(Default)]
pub struct Mounting {
    pub turn: Turn,
    /// The names of what is unmounted.
    pub goes: BTreeSet<DatasetName>,
    /// The names of what is mounted after.
    pub comes: BTreeSet<DatasetName>,
    /// Where each file system belongs after, by its mount point.
    pub places: BTreeMap<DatasetName, Box<str>>,
    /// What OpenZFS mounts by itself as soon as a mount point is set, with whose mount point that is.
    pub follows: Vec<(DatasetName, DatasetName)>,
}

impl Mounting {
    /// Returns whether a file system is unmounted by this plan, for a moment or for good.
    pub fn goes(&self, name: &DatasetName) -> bool {
        self.goes.contains(name)
    }

    /// Returns where a file system belongs after this plan, by its mount point; nothing for one without a place.
    pub fn place(&self, name: &DatasetName) -> Option<&str> {
        self.places.get(name).map(|place| &**place)
    }

    /// Returns whether a file system is mounted by this plan, perhaps again.
    pub fn comes(&self, name: &DatasetName) -> bool {
        self.comes.contains(name)
    }
}
