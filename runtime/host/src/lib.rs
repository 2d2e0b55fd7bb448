//! The host: one trait, what is seen through it ([`observed`]), and what is done through it ([`op`]).
//!
//! Planner and executor know only this. The real host and the simulated one, each a crate of its own, are
//! behind the trait, and pass the same conformance tests.
#![allow(missing_docs, reason = "fields may explain themselves; tests/documented.rs looks at all else")]

pub mod area;
pub mod error;
pub mod inside;
pub mod links;
pub mod observed;
pub mod op;
pub mod secret;
pub mod snapshots;
pub mod text;

pub use error::HostError;
pub use text::storage_cfg::{LOCAL, LOCAL_PROPERTIES};

use crate::{
    observed::{Lineage, Observed, Query, SnapshotState},
    op::Op,
    secret::Keys,
};
use phoenix_graph::{DatasetName, SnapshotName};
use std::collections::{BTreeMap, BTreeSet};

/// A storage host.
pub trait Host: Sync {
    /// Looks at the host and changes nothing, in a number of commands that does not grow.
    ///
    /// # Errors
    /// Where a tool is missing, fails, or says what cannot be read.
    fn observe(&self, query: &Query) -> Result<Observed, HostError>;

    /// Carries one operation out, wholly or with an error that says what failed. After an error a
    /// part may have been done: look again.
    ///
    /// # Errors
    /// Where the operation failed.
    fn perform(&self, op: &Op) -> Result<(), HostError>;

    /// Says what an unmounted file system holds, by looking into it read-only.
    ///
    /// # Errors
    /// Where it cannot be looked into.
    fn contents(&self, dataset: &DatasetName) -> Result<Contents, HostError>;

    /// Lists snapshots, by name: those of these datasets and of all below them, or of all imported pools
    /// where none is named. Changes nothing. The number of commands does not grow with the number of
    /// snapshots (but by one with each thousand that are held).
    ///
    /// # Errors
    /// Where a dataset is not there, or a tool fails or says what cannot be read.
    fn snapshots(&self, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, HostError>;

    /// Tells the GUIDs of snapshots by name, in one command; those that are not there are left out.
    ///
    /// # Errors
    /// Where a tool fails, or says what cannot be read.
    fn guids(&self, snapshots: &[SnapshotName]) -> Result<BTreeMap<SnapshotName, u64>, HostError>;

    /// Lists the names, after the `@`, that the snapshots of these datasets have; of no others. Changes nothing;
    /// takes one command for a thousand datasets.
    ///
    /// # Errors
    /// Where a dataset is not there, or a tool fails.
    fn snapshot_names(&self, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, HostError>;

    /// Tells what is a dataset's own, and how far it is from a snapshot. Changes nothing; takes the same
    /// number of commands each time.
    ///
    /// # Errors
    /// Where the dataset or the snapshot is not there, or a tool fails or says what cannot be read.
    fn lineage(&self, dataset: &DatasetName, since: &SnapshotName) -> Result<Lineage, HostError>;

    /// Returns whether time passes on it, so that what is done by the clock is due some time.
    fn keeps_time(&self) -> bool {
        true
    }

    /// Takes the keys that a person typed, in place of those before: an operation whose key is typed gets it
    /// from among them.
    fn give_keys(&self, keys: Keys);

    /// Lets so many seconds pass.
    ///
    /// # Errors
    /// [`HostError::PowerLost`], from the simulator alone.
    fn pause(&self, seconds: u64) -> Result<(), HostError>;

    /// Is called before and after each durable write that is not an operation (journal, store,
    /// `current`), so that the simulator can lose power there, or have no room for it.
    ///
    /// # Errors
    /// [`HostError::PowerLost`], or any other where there is no room; from the simulator alone.
    fn pulse(&self) -> Result<(), HostError> {
        Ok(())
    }
}

/// What an unmounted file system holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// No file. Empty folders do not count: mounting and registering make some.
    Empty,
    /// Something: one name in it, for the message.
    Holds(String),
}
