//! Pools that a collection keeps out of, though what is in them is on record: those that no generation on record
//! names, and those that somebody imported by another name. What a person sees as somebody else's pool stays as
//! it is.

use super::{GcPlan, Inputs, Left};
use phoenix_graph::{DatasetName, PoolName};
use phoenix_plan::record::pools;
use std::collections::{BTreeMap, BTreeSet};

/// What is left in such pools, by pool.
pub struct Apart<'a> {
    inputs: &'a Inputs<'a>,
    pools: BTreeMap<&'a PoolName, Found>,
}

/// One pool.
#[derive(Default)]
struct Found {
    /// Its name on record, where that is another.
    was: Option<PoolName>,
    /// How many retired datasets are left in it.
    retired: usize,
    /// How many snapshots of switches are.
    snapshots: usize,
}

impl<'a> Apart<'a> {
    /// Finds the pools.
    pub fn new(inputs: &'a Inputs<'a>) -> Self {
        let named: BTreeSet<PoolName> = inputs.graphs.values().flat_map(pools).collect();
        let found = inputs.observed.pools.keys().filter_map(|pool| {
            let was = inputs.record.pool_was(inputs.observed, pool);
            (was.is_some() || !named.contains(pool)).then(|| (pool, Found { was, ..Found::default() }))
        });
        Self { inputs, pools: found.collect() }
    }

    /// Returns whether a dataset is on record, and lies in such a pool.
    pub fn holds(&self, name: &DatasetName) -> bool {
        let on_record = || {
            let state = self.inputs.observed.datasets.get(name);
            state.is_some_and(|state| self.inputs.claim(name, state).is_on_record())
        };
        self.pools.contains_key(&name.pool()) && on_record()
    }

    /// Counts a retired dataset that is left.
    pub fn retired(&mut self, name: &DatasetName) {
        if let Some(found) = self.pools.get_mut(&name.pool()) {
            found.retired += 1;
        }
    }

    /// Counts a snapshot that is left.
    pub fn snapshot(&mut self, name: &DatasetName) {
        if let Some(found) = self.pools.get_mut(&name.pool()) {
            found.snapshots += 1;
        }
    }

    /// Tells what is left, once for each pool.
    pub fn tell(self, plan: &mut GcPlan) {
        for (pool, found) in self.pools {
            if found.retired + found.snapshots == 0 {
                continue;
            }
            let (why, help) = match &found.was {
                Some(was) => (
                    format!("it is what was {was}, as its GUID tells, and somebody imported it by this name"),
                    format!("`zpool export {pool}`, then `zpool import {pool} {was}` gives it its name back"),
                ),
                None => (
                    "no generation on record names it".to_owned(),
                    "it is left as it is; destroy yourself what you know that nobody needs".to_owned(),
                ),
            };
            plan.strange.push(Left {
                what: format!("pool:{pool}"),
                reason: format!(
                    "{why}: nothing in it is touched; retired datasets in it: {}, snapshots of switches: {}",
                    found.retired, found.snapshots
                ),
                help,
            });
        }
    }
}
