//! The record of a store that has none, since an earlier version wrote it: what bears the mark and is where
//! only that store's own switches can have put it.

use crate::record::{Away, Entry, Identity, Record, put_away_from};
use phoenix_graph::{DatasetName, Graph, HostName, Resource};
use phoenix_host::{area, observed::Observed};
use std::collections::BTreeSet;

/// The life of a store, as its generations tell it.
#[derive(Debug)]
pub struct Life<'a> {
    /// The current generation, with its number.
    pub current: Option<(u64, &'a Graph)>,
    /// The graphs of all generations that can be read.
    pub graphs: Vec<&'a Graph>,
    /// The numbers of all attempts, recorded or gone.
    pub attempts: BTreeSet<u64>,
}

/// Takes what a store's own marks say for its record: what the current generation names, and what attempts that
/// the store knows of put away from names that one of its generations has.
#[must_use]
pub fn infer(seen: &Observed, life: &Life<'_>) -> Record {
    let hosts: BTreeSet<HostName> = life.graphs.iter().map(|graph| graph.host().clone()).collect();
    let mut record = Record { hosts, ..Record::default() };
    let Some((number, current)) = life.current else { return record };
    let named = |resource: &Resource| resource.root().or_else(|| resource.dataset_name().cloned());
    for name in current.resources().filter_map(named) {
        record.infer_one(seen, &name, number, None);
    }
    let names: BTreeSet<&DatasetName> =
        life.graphs.iter().flat_map(|graph| graph.resources()).filter_map(Resource::dataset_name).collect();
    // What contains comes before what it contains: whether that is ours is known by then.
    for (name, state) in &seen.datasets {
        let known = |name: &DatasetName| {
            let state = seen.datasets.get(name);
            state.is_some_and(|state| record.entry(seen, &name.pool(), state).is_some())
        };
        if !area::is_inside(name) {
            continue;
        }
        let is_known = |number: &u64| life.attempts.contains(number);
        let home =
            put_away_from(seen, &record.hosts, name, state).and_then(|home| DatasetName::seen(home).ok());
        let by = area::innermost_folder_of(name).and_then(area::number_of).map(|(number, _)| number);
        if let (Some(home), Some(by)) = (home.filter(|home| names.contains(home)), by.filter(is_known)) {
            record.infer_one(seen, name, by, Some(Away { home, number: by }));
        } else if area::is_area(name) {
            let holder = area::holder_of(name);
            if holder.is_some_and(|holder| known(&holder)) {
                record.infer_one(seen, name, number, None);
            }
        } else if name.parent().is_some_and(|parent| known(&parent) && !area::is_area(&parent)) {
            record.infer_one(seen, name, number, None);
        }
    }
    record
}

impl Record {
    fn infer_one(&mut self, seen: &Observed, name: &DatasetName, by: u64, away: Option<Away>) {
        let Some(state) = seen.datasets.get(name).filter(|state| self.agrees(state)) else { return };
        let Some(identity) = Identity::of(seen, &name.pool(), state) else { return };
        self.entries.insert(
            identity,
            Entry { identity, name: name.clone(), by, away, released: None, earlier: Vec::new() },
        );
    }
}
