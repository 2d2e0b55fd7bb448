//! The places that a plan makes for what it puts away, and what has to go before.

use phoenix_graph::DatasetName;
use std::collections::{BTreeMap, BTreeSet};

/// The places that a plan makes for what it puts away.
#[derive(Default)]
pub struct Area {
    /// Folders that are made.
    pub made: BTreeSet<DatasetName>,
    /// Places that are taken.
    pub taken: BTreeSet<DatasetName>,
    /// What is retired, by the names of the topmost.
    pub leaving: BTreeSet<DatasetName>,
    /// By dataset, the actions that take exports and registrations over it away.
    pub uses: BTreeMap<DatasetName, Vec<usize>>,
}

impl Area {
    /// Lists the actions that take exports and registrations over a dataset, or below it, away.
    pub fn using(&self, name: &DatasetName) -> Vec<usize> {
        let alike = self
            .uses
            .range(name.clone()..)
            .take_while(|(other, _)| other.as_str().starts_with(name.as_str()));
        let inside = alike.filter(|(other, _)| *other == name || other.is_below(name));
        inside.flat_map(|(_, actions)| actions.iter().copied()).collect()
    }
}
