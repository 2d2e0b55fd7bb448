//! Mounts, as they are kept.

use phoenix_graph::DatasetName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Where.
    pub path: Box<str>,
    /// What.
    pub dataset: DatasetName,
    /// The options that the kernel shows with it, by property: on or off.
    #[serde(default)]
    pub options: BTreeMap<Box<str>, bool>,
}
