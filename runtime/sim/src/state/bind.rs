//! Containers, as they are kept. Their configuration is among the files, below `/etc/pve/nodes`.

use crate::pct;
use phoenix_graph::DatasetName;
use phoenix_host::text::package_version::PackageVersion;
use std::collections::{BTreeMap, BTreeSet};

/// What the guests that run hold, by their ids.
pub type Running = BTreeMap<u32, BTreeSet<DatasetName>>;

/// The version of `pve-container` where nothing else is said.
pub(super) fn newest() -> PackageVersion {
    pct::NEWEST
}

/// The name of the node where nothing else is said.
pub(super) fn node() -> Box<str> {
    "pve".into()
}
