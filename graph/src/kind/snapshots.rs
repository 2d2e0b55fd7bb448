//! A schedule of snapshots of a file system or volume.

use super::{
    common::{FORMAT_5, Fact, Kind, Said},
    key::Key,
};
use crate::{
    DatasetName,
    check::{others::Others, reason::Reason},
    name::NameError,
    schedule::Schedule,
};
use serde::{Deserialize, Serialize};

/// The snapshots that are taken of a file system or volume by a clock, and how many of them are kept.
///
/// A schedule that keeps none has nothing taken and nothing destroyed; in a dataset whose `children` have snapshots it
/// leaves this one out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// The file system or volume.
    pub dataset: DatasetName,
    /// How many are kept, and when and how they are taken.
    #[serde(default, skip_serializing_if = "Schedule::is_empty")]
    pub schedule: Schedule,
    /// Whether everything below has the same schedule that says none of its own, also what no spec names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub children: bool,
}

impl Kind for Snapshots {
    fn key(&self) -> Key {
        Key::Snapshots(self.dataset.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        if self.dataset.as_str().contains(' ') {
            return Err(Reason::SnapshotsOfBlank);
        }
        if self.children && self.dataset.is_root() {
            return Err(Reason::SnapshotsOfPool);
        }
        self.schedule.check()
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        if self.schedule.takes_any() && others.is_replica(&self.dataset) {
            return Err(Reason::SnapshotsOfReplica);
        }
        Ok(())
    }

    fn facts(&self) -> Vec<Fact> {
        let children = self.children.then(|| Fact::new("children", "yes", Said::Line));
        let none = (!self.schedule.takes_any()).then(|| Fact::new("kept", "none", Said::Line));
        let said = self.schedule.said().map(|(name, value)| Fact::new(name, value, Said::Line));
        children.into_iter().chain(none).chain(said).collect()
    }

    fn format(&self) -> u32 {
        FORMAT_5
    }
}
