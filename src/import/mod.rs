//! From what a host is seen to be to a spec that says so: `describe` makes a tree of nodes out of it,
//! `prove` has the compiler and the planner look at that, and leaves out, with the reason, what cannot be
//! said or what would change if it were. Pure but for the look that the planner takes.

mod dataset;
mod node;
mod pool;
mod prove;
mod shares;
#[cfg(test)]
mod tests;
mod value;

pub use node::Node;
pub use prove::{Proven, only_marks, prove};

use node::Literal;
use phoenix_graph::{DatasetName, Graph, HostName, Key, PoolName, Resource};
use phoenix_host::observed::Observed;
use std::collections::{BTreeMap, BTreeSet};

/// What a description takes in.
#[derive(Debug)]
pub struct Scope<'a> {
    host: HostName,
    /// What the current generation says, where there is one.
    ours: Option<&'a Graph>,
    pools: BTreeSet<&'a PoolName>,
    children: BTreeMap<DatasetName, Vec<&'a DatasetName>>,
    /// Where the file systems are mounted.
    mounts: BTreeMap<&'a str, &'a DatasetName>,
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
            if let Some(path) = shares::mounted(state) {
                scope.mounts.insert(path, name);
            }
        }
        scope
    }

    fn children(&self, name: &DatasetName) -> &[&'a DatasetName] {
        self.children.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn names(&self) -> impl Iterator<Item = &'a str> {
        let roots = self.pools.iter().map(|pool| pool.as_str());
        roots.chain(self.children.values().flatten().map(|name| name.as_str()))
    }

    /// Finds the file system that a path lies in, as far as the pools tell: what lies below `/` alone may
    /// be on another disk.
    fn holder(&self, path: &str) -> Option<&'a DatasetName> {
        let mut at = path;
        loop {
            if let Some(name) = self.mounts.get(at) {
                return Some(*name);
            }
            at = at.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())?;
        }
    }
}

/// Describes a host.
#[must_use]
pub fn describe(seen: &Observed, scope: &Scope<'_>) -> Node {
    let mut host = Node::named("host", scope.host.as_str());
    host.notes.extend(shares::elsewhere(seen, scope));
    tunables(seen, scope, &mut host);
    for name in &scope.pools {
        if let Some(state) = seen.pools.get(*name) {
            host.inside.push(pool::pool(seen, scope, name, state));
        }
    }
    host
}

/// Describes the size of the ARC, where it was set. What is not phoenix's is set by another file in
/// `/etc/modprobe.d`, or by hand: said here, phoenix would write a file beside.
fn tunables(seen: &Observed, scope: &Scope<'_>, host: &mut Node) {
    let name = "zfs_arc_max";
    let key = Key::Tunable(name.into());
    let ours = scope.ours.and_then(|graph| graph.get(&key)).map(|node| &node.resource);
    if let Some(Resource::Tunable(tunable)) = ours {
        let mut arc = Node::new("arc");
        arc.key = Some(key);
        arc.set("max", value::size(tunable.value));
        host.inside.push(arc);
        return;
    }
    if let Some(&bytes) = seen.tunables.get(name).filter(|bytes| **bytes > 0) {
        let size = match value::size(bytes) {
            Literal::Text(text) => node::quoted(&text),
            _ => bytes.to_string(),
        };
        host.notes.push(format!(
            "{name} is {bytes}, by another file in /etc/modprobe.d or by hand, and stays so. To have phoenix set it, take it away there and write here: arc max={size}"
        ));
    }
}
