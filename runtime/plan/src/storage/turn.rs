//! Registrations in their turn: one after the other, after all that is mounted.

use crate::{
    Subject,
    draft::Draft,
    order::{Milestone, Need},
    sketch::Sketch,
};
use phoenix_graph::{Graph, Key, Resource, Storage};

/// Lists the registrations of a graph.
pub fn all(graph: &Graph) -> impl Iterator<Item = (Key, &Storage)> {
    graph.resources().filter_map(|resource| match resource {
        Resource::Storage(storage) => Some((resource.key(), storage)),
        _ => None,
    })
}

/// Adds an action on a registration that the desired graph has: the first comes after all that is mounted. What is
/// mounted over NFS may be served by this host.
pub fn push(draft: &mut Draft<'_>, storage: &Storage, mut sketch: Sketch) {
    sketch.after(Need::OwnGround);
    if &*storage.kind == "nfs" {
        sketch.after(Milestone::Files);
    }
    sketch.after(Need::AllFree);
    sketch.after(Milestone::Mounted);
    sketch.reaches(Milestone::Mounted);
    register(draft, Key::Storage(storage.id.clone()), sketch);
}

/// Adds an action on a registration: it waits for the one before it.
pub fn register(draft: &mut Draft<'_>, key: Key, mut sketch: Sketch) {
    sketch.after(Milestone::Registered);
    sketch.reaches(Milestone::Registered);
    draft.push(Subject::Resource(key), sketch);
}
