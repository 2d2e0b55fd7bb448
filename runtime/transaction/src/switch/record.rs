//! What is ours: read from the store, or inferred where an earlier version wrote it; and written once a
//! transaction has done its work.

use super::{Aim, Runtime, SwitchError};
use phoenix_graph::{Graph, HostName, ObjectId};
use phoenix_host::observed::Observed;
use phoenix_plan::{
    Plan,
    record::{Life, Record, Stage, Step, infer, pools},
};
use phoenix_store::StoreError;
use std::collections::{BTreeMap, BTreeSet};

impl Runtime<'_> {
    /// Returns what is ours of what was seen: as the record says; as the marks say in a store without one.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub(crate) fn record(&self, seen: &Observed) -> Result<Record, StoreError> {
        if let Some(record) = self.store.record()? {
            return Ok(record);
        }
        let generations = self.store.generations()?;
        let mut graphs: BTreeMap<ObjectId, Graph> = BTreeMap::new();
        for generation in &generations {
            // One that cannot be read names nothing: what it alone knew of is left, and told.
            if let Ok(graph) = self.store.recorded(&generation.system) {
                graphs.insert(generation.system, graph);
            }
        }
        let current = self.store.current()?;
        let current = current.as_ref().and_then(|one| Some((one.number, graphs.get(&one.system)?)));
        let attempts =
            self.store.past()?.into_keys().chain(generations.iter().map(|one| one.number)).collect();
        Ok(infer(seen, &Life { current, graphs: graphs.values().collect(), attempts }))
    }

    /// Returns what is ours while a switch is planned: also what it made before it was cut off.
    pub(super) fn record_for(&self, aim: &Aim, seen: &Observed) -> Result<Record, StoreError> {
        let mut record = self.record(seen)?;
        record.hosts.insert(aim.graph.host().clone());
        if aim.begun.is_empty() {
            return Ok(record);
        }
        Ok(record.after(seen, &step(aim, &[], Stage::UnderWay)))
    }

    /// Returns what is ours once plans were carried out.
    pub(super) fn record_after(
        &self,
        aim: &Aim,
        seen: &Observed,
        plans: &[(Plan, Vec<usize>)],
    ) -> Result<Record, StoreError> {
        Ok(self.record(seen)?.after(seen, &step(aim, plans, Stage::Done)))
    }

    /// Writes what is ours, where that is not what stands there already.
    pub(super) fn put_record(&self, record: &Record) -> Result<(), SwitchError> {
        if self.store.record()?.as_ref() == Some(record) {
            return Ok(());
        }
        self.durable(|store| store.put_record(record))
    }

    /// Writes what is ours once a transaction was undone: what it made and could not be taken back.
    pub(super) fn record_undone(
        &self,
        number: u64,
        host: &HostName,
        plans: &[(Plan, Vec<usize>)],
    ) -> Result<(), SwitchError> {
        // Where nothing was begun, nothing has come to be.
        if plans.iter().all(|(_, begun)| begun.is_empty()) {
            return Ok(());
        }
        let seen = self.host.observe(&phoenix_host::observed::Query::default())?;
        let current = self.store.current()?.map_or(0, |generation| generation.number);
        let step = Step {
            number,
            names: current,
            host,
            pools: BTreeSet::new(),
            plans: plans.iter().collect(),
            stage: Stage::Undone,
        };
        let record = self.record(&seen)?.after(&seen, &step);
        self.put_record(&record)
    }
}

fn step<'a>(aim: &'a Aim, plans: &'a [(Plan, Vec<usize>)], stage: Stage) -> Step<'a> {
    let stays = aim.current.as_ref().is_some_and(|(current, _)| current.number == aim.to);
    Step {
        number: aim.number,
        names: if stays { aim.to } else { aim.number },
        host: aim.graph.host(),
        pools: pools(&aim.graph),
        plans: aim.begun.iter().chain(plans).collect(),
        stage,
    }
}
