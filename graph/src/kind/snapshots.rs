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
        if !is_known_to_sanoid(&self.dataset) {
            return Err(Reason::UnknownToSanoid);
        }
        if self.children && self.dataset.is_root() {
            return Err(Reason::SnapshotsOfPool);
        }
        self.schedule.check()
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        let replica = others.is_replica(&self.dataset)
            || self.children && others.has_replica_without_schedule(&self.dataset);
        if self.schedule.takes_any() && replica { Err(Reason::SnapshotsOfReplica) } else { Ok(()) }
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

/// Returns whether sanoid can take snapshots of what has a name: below a blank it finds nothing, and what begins with
/// `template` it takes for none.
#[must_use]
pub fn is_known_to_sanoid(name: &DatasetName) -> bool {
    !name.as_str().contains(' ') && !name.as_str().starts_with("template")
}
