//! What is said about a resource's life rather than its state.

use crate::{DatasetName, check::reason::Reason};
use serde::{Deserialize, Serialize};

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

    /// Lists what is said, for people.
    pub fn facts(&self) -> impl Iterator<Item = (String, String)> {
        let Self { adopt, protect, replica, was } = self;
        let words = [("adopt", *adopt), ("protect", *protect), ("replica", *replica)];
        let said =
            words.into_iter().filter(|(_, on)| *on).map(|(word, _)| (word.to_owned(), "on".to_owned()));
        said.chain(was.iter().map(|name| ("was".to_owned(), name.to_string())))
    }
}

/// Checks the name of something that a spec makes.
pub fn named(name: &DatasetName) -> Result<(), Reason> {
    if name.is_in_area() { Err(Reason::Area) } else { Ok(()) }
}

/// Checks what is said of the life of a file system or volume.
pub fn check(name: &DatasetName, life: &Lifecycle) -> Result<(), Reason> {
    if name.is_root() && !life.is_empty() {
        return Err(Reason::Life(
            "of a root dataset nothing is said but its settings: its life is the pool's",
        ));
    }
    match &life.was {
        Some(was) if was.pool() != name.pool() || was.is_root() || was == name || was.is_in_area() => {
            Err(Reason::Was(was.clone()))
        }
        _ => Ok(()),
    }
}
