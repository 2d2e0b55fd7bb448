//! What has to be looked at, so that schedules can be planned.

use super::{governing::Governing, render::schedules};
use crate::dataset::moving::{other_names, said_renames};
use phoenix_graph::{DatasetName, Graph, Snapshots};
use phoenix_host::{area, observed::Query};

/// Adds it for the way from one graph to another. Which snapshots there are matters where any schedule is another by
/// then.
pub fn look(query: &mut Query, desired: &Graph, current: Option<&Graph>) {
    let graphs = || [Some(desired), current].into_iter().flatten();
    query.sanoid |= graphs().flat_map(schedules).any(|one| one.schedule.takes_any());
    if Governing::new(Some(desired)) == Governing::new(current) {
        return;
    }
    let renames = said_renames(graphs());
    for one in graphs().flat_map(schedules) {
        ask(query, one, &one.dataset);
        other_names(&one.dataset, &renames).iter().for_each(|name| ask(query, one, name));
        // It may come home from there.
        let area = area::top(&one.dataset.pool().root());
        query.taken.extend(area.map(|area| (area, true)));
    }
}

fn ask(query: &mut Query, one: &Snapshots, name: &DatasetName) {
    *query.taken.entry(name.clone()).or_default() |= one.children;
}
