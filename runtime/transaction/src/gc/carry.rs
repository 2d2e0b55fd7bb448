//! Looking, asking and collecting, under the lock.

use super::{GcPlan, Inputs, Left, Policy};
use crate::{
    execute::Event,
    patience,
    switch::{Runtime, SwitchError},
};
use phoenix_graph::{DatasetName, Graph, ObjectId, PropertyName, SnapshotName};
use phoenix_host::{Contents, HostError, area, observed::Query, op::Op};
use phoenix_store::{Outcome, Past, StoreError};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

/// What came of a collection.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// How many retired datasets were destroyed.
    pub datasets: usize,
    /// How many snapshots were destroyed, apart from those in retired datasets.
    pub snapshots: usize,
    /// The generations whose records are gone.
    pub forgotten: Vec<u64>,
    /// How many objects left the store.
    pub objects: usize,
    /// What failed; it is there still, wholly or in part, and the next run takes it up again.
    pub failed: Vec<Left>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Runtime<'_> {
    /// Plans a collection, and changes nothing.
    ///
    /// # Errors
    /// [`SwitchError::Open`] while a switch is open; where the host or the store cannot be read.
    pub fn gc_plan(&self, policy: &Policy) -> Result<GcPlan, SwitchError> {
        if let Some(open) = self.store.open_transaction()? {
            return Err(SwitchError::Open { number: open.number });
        }
        if let Some(pending) = self.store.pending()? {
            return Err(SwitchError::Unconfirmed { number: pending.to });
        }
        // What is missing of the record would count as what nobody needs.
        self.store.whole()?;
        let generations = self.store.generations()?;
        let graphs = self.graphs(&generations)?;
        let observed = self.host.observe(&query(graphs.values()))?;
        let snapshots = self.host.snapshots(&[])?;
        let current = self.store.current_number()?;
        let in_force = self.store.in_force_number()?;
        let same = match current {
            Some(current) => self.store.rendered_in_force()? == self.store.rendered_of(current)?,
            None => false,
        };
        let mut plan = GcPlan::new(&Inputs {
            generations: &generations,
            graphs: &graphs,
            past: &self.store.past()?,
            pins: &self.store.pins()?,
            current,
            in_force: in_force.filter(|_| !same),
            observed: &observed,
            record: &self.record(&observed)?,
            snapshots: &snapshots,
            released: &self.store.released()?,
            taken: &self.store.taken()?,
            policy,
            now: self.now,
        });
        // A kept generation that cannot be read would count as one that needs nothing.
        for generation in generations.iter().filter(|one| plan.kept.contains_key(&one.number)) {
            if generation.outcome == Outcome::Committed && !graphs.contains_key(&generation.system) {
                self.store.recorded(&generation.system)?;
            }
        }
        plan.store = self.store.leavings(&plan.kept.keys().copied().collect(), self.now)?;
        let folder_goes = in_force.is_some_and(|number| !plan.kept.contains_key(&number));
        plan.put_in_force = current.filter(|_| same && folder_goes);
        plan.unfinished = self.store.has_aside();
        Ok(plan)
    }

    /// Collects what no kept generation needs. `approve` is shown the plan before anything is done.
    ///
    /// # Errors
    /// As [`Runtime::gc_plan`]; [`SwitchError::Lock`]; [`SwitchError::Declined`]; where the store cannot be
    /// written. What fails on the host is told in [`Collected`], and the rest goes on.
    pub fn gc(
        &self,
        policy: &Policy,
        approve: &mut dyn FnMut(&GcPlan) -> bool,
    ) -> Result<(GcPlan, Collected), SwitchError> {
        let _lock = self.store.lock("gc")?;
        let plan = self.gc_plan(policy)?;
        if plan.is_empty() {
            // What was released and is gone by now need not be remembered.
            self.remember(&plan.released)?;
            return Ok((plan, Collected::default()));
        }
        if !approve(&plan) {
            return Err(SwitchError::Declined);
        }
        let mut collected = Collected::default();
        self.destroy(&plan, &mut collected)?;
        if !collected.stopped {
            self.empty_store(&plan, &mut collected)?;
        }
        Ok((plan, collected))
    }

    /// Reads the graphs of all generations. One that cannot be read is left out.
    fn graphs(
        &self,
        generations: &[phoenix_store::Generation],
    ) -> Result<BTreeMap<ObjectId, Graph>, SwitchError> {
        let mut graphs = BTreeMap::new();
        let systems: BTreeSet<ObjectId> = generations.iter().map(|one| one.system).collect();
        for system in systems {
            match self.store.recorded(&system) {
                Ok(graph) => drop(graphs.insert(system, graph)),
                Err(error @ StoreError::Io { .. }) => return Err(error.into()),
                Err(_) => {}
            }
        }
        Ok(graphs)
    }

    /// Destroys what goes on the host: retired datasets, snapshots, empty folders, in this order.
    fn destroy(&self, plan: &GcPlan, collected: &mut Collected) -> Result<(), SwitchError> {
        let mut released = plan.released.clone();
        released.extend(plan.snapshots.iter().map(|one| (one.name.clone(), one.guid)));
        // A snapshot without phoenix's hold would be left for ever: it is on disk that it was phoenix's.
        self.remember(&released)?;
        let mut ended: BTreeSet<SnapshotName> = BTreeSet::new();
        let mut failed_places: Vec<DatasetName> = Vec::new();
        let all = plan.destroyed.len() + plan.snapshots.len();
        let tell = |number: usize, what: &str| {
            self.events.event(Event::Destroyed { what, number: number + 1, all });
        };
        for (number, retired) in plan.destroyed.iter().enumerate() {
            let what = retired.place.to_string();
            if self.run(&what, &retired.ops, collected, &mut ended)? {
                collected.datasets += 1;
                tell(number, &what);
            } else {
                failed_places.push(retired.place.clone());
            }
        }
        for (number, snapshot) in plan.snapshots.iter().enumerate() {
            let what = snapshot.name.to_string();
            if self.run(&what, &snapshot.ops, collected, &mut ended)? {
                collected.snapshots += 1;
                tell(plan.destroyed.len() + number, &what);
            }
        }
        for folder in &plan.folders {
            if !failed_places.iter().any(|place| place.is_below(folder)) {
                self.remove_folder(folder, collected, &mut ended)?;
            }
        }
        released.retain(|name, _| !ended.contains(name));
        self.remember(&released)?;
        let gone: BTreeSet<u64> = ended.iter().filter_map(|name| plan.taken.get(name).copied()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.durable(|store| store.forget_taken(&gone))
    }

    fn remember(&self, released: &BTreeMap<SnapshotName, u64>) -> Result<(), SwitchError> {
        if *released == self.store.released()? {
            return Ok(());
        }
        self.durable(|store| store.put_released(released))
    }

    /// Runs what ends one thing, until an operation fails. Returns whether all was done.
    fn run(
        &self,
        what: &str,
        ops: &[Op],
        collected: &mut Collected,
        ended: &mut BTreeSet<SnapshotName>,
    ) -> Result<bool, SwitchError> {
        for op in ops {
            if self.stop.load(Ordering::Relaxed) {
                collected.stopped = true;
                return Ok(false);
            }
            let stops = || self.stop.load(Ordering::Relaxed);
            match patience::perform(self.host, op, self.events, &stops) {
                Ok(()) => {}
                Err(lost @ HostError::PowerLost) => return Err(lost.into()),
                Err(_) if self.has_gone(op)? => {}
                Err(error) => {
                    collected.failed.push(Left {
                        what: what.to_owned(),
                        reason: error.to_string(),
                        help: "put right what keeps it from going, then run `phoenix gc` again".to_owned(),
                    });
                    return Ok(false);
                }
            }
            if let Op::SnapshotDestroy { snapshot } = op {
                ended.insert(snapshot.clone());
            }
        }
        Ok(true)
    }

    /// Says whether a snapshot that an operation ends is gone already: somebody else destroyed it, or it was to
    /// go with its last hold (`zfs destroy -d`, and what `zfs receive -F` renames).
    fn has_gone(&self, op: &Op) -> Result<bool, SwitchError> {
        let (Op::Release { snapshot, .. } | Op::SnapshotDestroy { snapshot }) = op else { return Ok(false) };
        match self.host.guids(std::slice::from_ref(snapshot)) {
            Ok(found) => Ok(found.is_empty()),
            Err(lost @ HostError::PowerLost) => Err(lost.into()),
            // What cannot be asked counts as there.
            Err(_) => Ok(false),
        }
    }

    /// Removes an empty folder of retired datasets; one in which somebody has put something stays.
    fn remove_folder(
        &self,
        folder: &DatasetName,
        collected: &mut Collected,
        ended: &mut BTreeSet<SnapshotName>,
    ) -> Result<(), SwitchError> {
        if self.stop.load(Ordering::Relaxed) {
            collected.stopped = true;
            return Ok(());
        }
        match self.host.contents(folder) {
            Ok(Contents::Empty) => {
                let op = Op::DatasetDestroy { dataset: folder.clone() };
                self.run(&folder.to_string(), &[op], collected, ended)?;
            }
            Ok(Contents::Holds(_)) => {}
            Err(lost @ HostError::PowerLost) => return Err(lost.into()),
            Err(error) => collected.failed.push(Left {
                what: folder.to_string(),
                reason: error.to_string(),
                help: "it is an empty folder and does no harm; run `phoenix gc` again".to_owned(),
            }),
        }
        Ok(())
    }

    /// Removes what leaves the store. What was remembered of a generation is on disk before its record
    /// goes; a folder goes by one rename, so that no half of one is ever left.
    fn empty_store(&self, plan: &GcPlan, collected: &mut Collected) -> Result<(), SwitchError> {
        let past: Vec<Past> = plan.going.iter().map(Past::from).collect();
        if !past.is_empty() {
            self.durable(|store| store.put_past(&past))?;
        }
        if let Some(number) = plan.put_in_force {
            self.durable(|store| store.set_in_force(number))?;
        }
        for id in &plan.store.journals {
            self.durable(|store| store.put_journal_aside(id))?;
        }
        for number in &plan.store.generations {
            self.durable(|store| store.put_generation_aside(*number))?;
        }
        collected.forgotten = plan.going.iter().map(|one| one.number).collect();
        self.durable(|store| store.empty_aside())?;
        // Whoever writes a closure just now has the objects for himself; what he needs then stays.
        let _objects = self.store.own_objects()?;
        self.store.remove_stale_roots()?;
        let kept = plan.kept.keys().copied().collect();
        let now: BTreeSet<_> = self.store.leavings(&kept, self.now)?.objects.into_iter().collect();
        for path in plan.store.objects.iter().filter(|path| now.contains(*path)) {
            self.durable(|store| store.remove_object(path))?;
            collected.objects += 1;
        }
        Ok(())
    }
}

/// Says what to look at: what the retired datasets use, and who uses them.
fn query<'a>(graphs: impl Iterator<Item = &'a Graph>) -> Query {
    let mut query = Query { properties: [PropertyName::new("used")].into(), ..Query::default() };
    for graph in graphs {
        // Any of them may be an encryption root, with an area of its own.
        let names = graph.resources().filter_map(|one| one.dataset_name());
        let all = names.flat_map(|name| std::iter::successors(Some(name.clone()), DatasetName::parent));
        query.leaving.extend(all.filter_map(|name| area::top(&name)));
    }
    query
}
