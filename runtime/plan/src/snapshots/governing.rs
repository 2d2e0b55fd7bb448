//! Which schedule holds for a dataset.

use super::render::schedules;
use phoenix_graph::{DatasetName, Graph, Snapshots};
use std::{collections::BTreeMap, iter::successors};

/// The schedules of a graph.
#[derive(PartialEq)]
pub struct Governing<'a>(BTreeMap<&'a DatasetName, &'a Snapshots>);

impl<'a> Governing<'a> {
    pub fn new(graph: Option<&'a Graph>) -> Self {
        Self(graph.into_iter().flat_map(schedules).map(|one| (&one.dataset, one)).collect())
    }

    /// Returns the schedule that a dataset says itself.
    pub fn own(&self, name: &DatasetName) -> Option<&'a Snapshots> {
        self.0.get(name).copied()
    }

    /// Finds the schedule that holds for a dataset: its own, or that of the nearest above whose children have one.
    pub fn of(&self, name: &DatasetName) -> Option<&'a Snapshots> {
        let above = || successors(name.parent(), DatasetName::parent);
        self.own(name).or_else(|| above().find_map(|above| self.own(&above).filter(|one| one.children)))
    }
}
