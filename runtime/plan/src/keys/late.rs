//! Keys that lie in what is still to be mounted by the same switch.

use phoenix_graph::DatasetName;
use std::collections::BTreeMap;

/// Encryption roots whose keys lie in a dataset that is still to be mounted: that dataset.
#[derive(Default)]
pub struct Late(BTreeMap<DatasetName, DatasetName>);

impl Late {
    pub fn lies_in(&mut self, root: DatasetName, holder: DatasetName) {
        self.0.insert(root, holder);
    }

    pub fn roots(&self) -> Vec<DatasetName> {
        self.0.keys().cloned().collect()
    }

    /// Takes out those whose holder needs no late key itself, each with its holder.
    pub fn take_ready(&mut self) -> BTreeMap<DatasetName, DatasetName> {
        let roots = self.roots();
        let waits = |holder: &DatasetName| roots.iter().any(|root| holder == root || holder.is_below(root));
        let (late, ready) = std::mem::take(&mut self.0).into_iter().partition(|(_, holder)| waits(holder));
        self.0 = late;
        ready
    }

    /// Takes out all that are left, which wait for each other.
    pub fn take_stuck(&mut self) -> BTreeMap<DatasetName, DatasetName> {
        std::mem::take(&mut self.0)
    }
}
