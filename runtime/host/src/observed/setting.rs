//! A property as it is seen, of a pool or a dataset.

use serde::{Deserialize, Serialize};

/// A property's value, as `-Hp` prints it, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The value as printed, exact.
    pub raw: Box<str>,
    pub source: Source,
}

/// Where a property's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Set on the dataset or pool itself.
    Local,
    /// The default.
    Default,
    /// Set on the dataset of this name.
    Inherited(Box<str>),
    /// Set by `zfs receive`.
    Received,
    /// Set for the time of a mount.
    Temporary,
    /// No source is told (`-`).
    None,
}

impl Source {
    /// Returns whether the value is the dataset's own: set here, or received.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self, Source::Local | Source::Received)
    }
}
