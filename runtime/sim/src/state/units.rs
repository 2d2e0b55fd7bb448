//! systemd and sanoid, as they are kept.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// systemd, and what it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manager {
    /// Whether the host is run by it.
    pub runs: bool,
    /// Whether sanoid is installed.
    pub sanoid: bool,
    /// The units whose files it has read, by name, as they were then.
    #[serde(default)]
    pub loaded: BTreeMap<Box<str>, String>,
    /// The units that are started.
    #[serde(default)]
    pub active: BTreeSet<Box<str>>,
    /// The units whose last run failed.
    #[serde(default)]
    pub failed: BTreeSet<Box<str>>,
}

impl Default for Manager {
    fn default() -> Self {
        let (loaded, active, failed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { runs: true, sanoid: true, loaded, active, failed }
    }
}
