//! What has to be looked at, so that schedules can be planned.

use super::render::schedules;
use crate::dataset::moving::moved;
use phoenix_graph::{DatasetName, Graph, Resource, Snapshots};
use phoenix_host::{area, observed::Query};
use std::collections::BTreeSet;

/// Adds it for the way from one graph to another. Which snapshots there are matters where any schedule is another by
/// then, or has another name.
pub fn look(query: &mut Query, desired: &Graph, current: Option<&Graph>) {
    let said = |graph: Option<&Graph>| -> BTreeSet<String> {
        graph.into_iter().flat_map(schedules).map(|one| format!("{one:?}")).collect()
    };
    let all = || [Some(desired), current].into_iter().flatten().flat_map(schedules);
    query.sanoid |= all().any(|one| one.schedule.takes_any());
    if said(Some(desired)) == said(current) {
        return;
    }
    let names = renames([Some(desired), current].into_iter().flatten());
    for one in all() {
        ask(query, one, &one.dataset);
        let ways = names.iter().flat_map(|(name, was)| [(name, was), (was, name)]);
        let inside = |top: &DatasetName| one.dataset == *top || one.dataset.is_below(top);
        for (from, to) in ways.filter(|(from, _)| inside(from)) {
            moved(&one.dataset, from, to).iter().for_each(|name| ask(query, one, name));
        }
        // It may come home from there.
        let area = area::top(&one.dataset.pool().root());
        query.taken.extend(area.map(|area| (area, true)));
    }
}

fn ask(query: &mut Query, one: &Snapshots, name: &DatasetName) {
    *query.taken.entry(name.clone()).or_default() |= one.children;
}

/// Lists the names that datasets are said to have had: the one that each has, and the one before.
fn renames<'a>(graphs: impl Iterator<Item = &'a Graph>) -> Vec<(DatasetName, DatasetName)> {
    let said =
        |resource: &Resource| Some((resource.dataset_name()?.clone(), resource.lifecycle()?.was.clone()?));
    graphs.flat_map(Graph::resources).filter_map(said).collect()
}
