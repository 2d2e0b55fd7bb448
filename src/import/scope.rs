//! What of a host is described: pools, and how their datasets lie and are mounted.

use phoenix_graph::{DatasetName, Graph, HostName, PoolName};
use phoenix_host::observed::{DatasetState, Observed, mount::plain};
use std::collections::{BTreeMap, BTreeSet};

/// What a description takes in.
#[derive(Debug)]
pub struct Scope<'a> {
    pub host: HostName,
    /// What the current generation says, where there is one.
    pub ours: Option<&'a Graph>,
    pub pools: BTreeSet<&'a PoolName>,
    children: BTreeMap<DatasetName, Vec<&'a DatasetName>>,
    /// Where the file systems are mounted.
    mounts: BTreeMap<String, &'a DatasetName>,
}

impl<'a> Scope<'a> {
    /// Takes these pools of a host, or all where none is named.
    #[must_use]
    pub fn new(seen: &'a Observed, host: HostName, pools: &[PoolName], ours: Option<&'a Graph>) -> Self {
        let wanted = |pool: &PoolName| pools.is_empty() || pools.contains(pool);
        let mut scope = Self {
            host,
            ours,
            pools: seen.pools.keys().filter(|pool| wanted(pool)).collect(),
            children: BTreeMap::new(),
            mounts: BTreeMap::new(),
        };
        for (name, state) in seen.datasets.iter().filter(|(name, _)| wanted(&name.pool())) {
            if let Some(parent) = name.parent() {
                scope.children.entry(parent).or_default().push(name);
            }
            if let Some(path) = mounted(state) {
                scope.mounts.insert(plain(path), name);
            }
        }
        scope
    }

    pub fn children(&self, name: &DatasetName) -> &[&'a DatasetName] {
        self.children.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let roots = self.pools.iter().map(|pool| pool.as_str());
        roots.chain(self.children.values().flatten().map(|name| name.as_str()))
    }

    /// Finds the file system that a path lies in, as far as the pools tell: what lies below `/` alone may
    /// be on another disk.
    pub fn holder(&self, path: &str) -> Option<&'a DatasetName> {
        let path = plain(path);
        let mut at = &*path;
        loop {
            if let Some(name) = self.mounts.get(at) {
                return Some(*name);
            }
            at = at.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())?;
        }
    }
}

/// Returns where a file system is mounted, where OpenZFS knows.
#[must_use]
pub fn mounted(state: &DatasetState) -> Option<&str> {
    state.value("mountpoint").filter(|path| state.mounted && path.starts_with('/'))
}
