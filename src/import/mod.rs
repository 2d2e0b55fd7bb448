//! From what a host is seen to be to a spec that says so: `describe` makes a tree of nodes out of it,
//! `prove` has the compiler and the planner look at that, and leaves out, with the reason, what cannot be
//! said or what would change if it were. Pure but for the look that the planner takes.

mod dataset;
mod node;
mod pool;
mod prove;
mod scope;
mod shares;
#[cfg(test)]
mod tests;
mod value;

pub use node::Node;
pub use prove::{Proven, only_marks, prove};
pub use scope::Scope;

use node::Literal;
use phoenix_graph::{Key, Resource};
use phoenix_host::observed::Observed;

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
