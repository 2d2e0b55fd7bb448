//! File systems by where they are mounted.

use phoenix_graph::{DatasetName, mounts::Mount};
use std::collections::BTreeMap;

/// The names of file systems, by the paths that they are mounted at.
pub(super) type Mounts<'m> = BTreeMap<&'m str, &'m DatasetName>;

/// Lists file systems by where they are mounted.
pub(super) fn mounted_at(mounts: &BTreeMap<DatasetName, Mount>) -> Mounts<'_> {
    let mounted = mounts.iter().filter(|(_, mount)| mount.mounted);
    mounted.filter_map(|(name, mount)| Some((mount.path.as_deref()?, name))).collect()
}
