//! Parameters of the zfs module.

use super::{
    Scope,
    node::{Literal, Node, quoted},
    value::size,
};
use phoenix_graph::{Key, Resource};
use phoenix_host::observed::Observed;

/// Describes the size of the ARC, where it was set. What is not phoenix's is set by another file in
/// `/etc/modprobe.d`, or by hand: said here, phoenix would write a file beside.
pub fn tunables(seen: &Observed, scope: &Scope<'_>, host: &mut Node) {
    let name = "zfs_arc_max";
    let key = Key::Tunable(name.into());
    let ours = scope.ours.and_then(|graph| graph.get(&key)).map(|node| &node.resource);
    if let Some(Resource::Tunable(tunable)) = ours {
        let mut arc = Node::new("arc");
        arc.key = Some(key);
        arc.set("max", size(tunable.value));
        host.inside.push(arc);
        return;
    }
    if let Some(&bytes) = seen.tunables.get(name).filter(|bytes| **bytes > 0) {
        let size = match size(bytes) {
            Literal::Text(text) => quoted(&text),
            _ => bytes.to_string(),
        };
        host.notes.push(format!(
            "{name} is {bytes}, by another file in /etc/modprobe.d or by hand, and stays so. To have phoenix set it, take it away there and write here: arc max={size}"
        ));
    }
}
