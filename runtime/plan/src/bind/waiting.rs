//! Which containers run, and have something that waits for their next start.

use super::all;
use phoenix_graph::Graph;
use phoenix_host::observed::{ContainerState, Containers, Observed, Query};
use std::collections::{BTreeMap, BTreeSet};

/// Says what has to be looked at for that.
#[must_use]
pub fn query(graph: &Graph) -> Query {
    let containers = all(graph).into_values().map(|bind| bind.container).collect();
    Query { guests: true, containers, ..Query::default() }
}

/// Finds the containers that run here, and in which a mount point waits: one that a graph has, or one that was `touched`,
/// by the container and its number. None where no container can be seen.
#[must_use]
pub fn containers<'a>(
    seen: &'a Observed,
    graph: &Graph,
    touched: &BTreeSet<(u32, u16)>,
) -> BTreeMap<u32, &'a ContainerState> {
    let Containers::Found(found) = &seen.containers else { return BTreeMap::new() };
    let said = all(graph).into_values().flat_map(|bind| {
        let numbers = found.by_id.get(&bind.container).map(|state| state.at(&bind.at)).unwrap_or_default();
        numbers.into_iter().map(|(number, _)| (bind.container, number))
    });
    let concerned = touched.iter().copied().chain(said);
    let waits = |(container, number): (u32, u16)| {
        let state = found.by_id.get(&container)?;
        let waits = state.here && state.running && state.pending.contains_key(&number);
        waits.then_some((container, state))
    };
    concerned.filter_map(waits).collect()
}
