//! From what a host is seen to be to a spec that says so: `describe` makes a tree of nodes out of it,
//! `prove` has the compiler and the planner look at that, and leaves out, with the reason, what cannot be
//! said or what would change if it were. Pure but for the look that the planner takes.

mod bind;
mod dataset;
mod export;
mod node;
mod pool;
mod prove;
mod scope;
mod storage;
#[cfg(test)]
mod tests;
mod tunable;
mod value;

pub use node::Node;
pub use prove::{Proven, only_marks, prove};
pub use scope::Scope;

use phoenix_host::observed::Observed;

/// Describes a host.
#[must_use]
pub fn describe(seen: &Observed, scope: &Scope<'_>) -> Node {
    let mut host = Node::named("host", scope.host.as_str());
    host.notes.extend(storage::elsewhere(seen, scope));
    tunable::tunables(seen, scope, &mut host);
    storage::outside(seen, &mut host);
    for name in &scope.pools {
        if let Some(state) = seen.pools.get(*name) {
            host.inside.push(pool::pool(seen, scope, name, state));
        }
    }
    host
}
