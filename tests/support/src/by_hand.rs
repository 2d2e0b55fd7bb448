//! What people do on a host beside phoenix.

use crate::{World, name};
use phoenix_graph::{DatasetName, PoolName, PropertyName};
use phoenix_host::op::{Assignment, Op};
use phoenix_sim::Content;

/// Properties with their words, as operations take them.
pub fn assignments(words: &[(&str, &str)]) -> Vec<Assignment> {
    words.iter().map(|(name, word)| (PropertyName::new(name), (*word).into())).collect()
}

impl World {
    /// Sets properties of a dataset by hand.
    #[track_caller]
    pub fn set(&self, dataset: &str, words: &[(&str, &str)]) {
        self.host.by_hand(&Op::DatasetSet { dataset: name(dataset), settings: assignments(words) }).unwrap();
    }

    /// Makes a file system by hand.
    #[track_caller]
    pub fn create(&self, dataset: &str, words: &[(&str, &str)]) {
        self.host
            .by_hand(&Op::DatasetCreate { dataset: name(dataset), settings: assignments(words) })
            .unwrap();
    }

    /// Imports a pool by another name, as `zpool export tank` and `zpool import tank barn` do.
    pub fn import_as(&self, from: &str, to: &str) {
        let (from, to) = (PoolName::new(from).unwrap(), PoolName::new(to).unwrap());
        let moved = |name: &DatasetName| {
            if name.pool() != from {
                return name.clone();
            }
            DatasetName::seen(&name.as_str().replacen(from.as_str(), to.as_str(), 1)).unwrap()
        };
        self.host.edit(|state| {
            let pool = state.pools.remove(&from).unwrap();
            for content in state.devices.values_mut() {
                if let Content::Label { pool: named, guid, .. } = content
                    && *guid == pool.guid
                {
                    named.clone_from(&to);
                }
            }
            state.pools.insert(to.clone(), pool);
            let datasets = std::mem::take(&mut state.datasets);
            state.datasets = datasets.into_iter().map(|(name, one)| (moved(&name), one)).collect();
            for dataset in state.datasets.values_mut() {
                for snapshot in dataset.snapshots.values_mut() {
                    snapshot.clones = snapshot.clones.iter().map(moved).collect();
                }
            }
            for mount in &mut state.mounts {
                mount.dataset = moved(&mount.dataset);
            }
        });
    }
}
