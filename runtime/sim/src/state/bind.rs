//! Containers, as they are kept. Their configuration is among the files, below `/etc/pve/nodes`.

use phoenix_graph::DatasetName;
use std::collections::{BTreeMap, BTreeSet};

/// What the containers that run hold, by their ids.
pub type Running = BTreeMap<u32, BTreeSet<DatasetName>>;

/// The name of the node where nothing else is said.
pub(super) fn node() -> Box<str> {
    "pve".into()
}
