//! Carrying plans out, and looking whether everything holds.

use super::{Aim, Runtime, SwitchError};
use crate::execute::{Event, ExecuteError, Ledger, Run, execute, take_snapshots};
use phoenix_graph::{DatasetName, Graph, Key, Resource, SnapshotName};
use phoenix_host::{HostError, observed::SnapshotState, op::Op, snapshots};
use phoenix_plan::{
    Action, Before, Change, Consent, Inputs, Kind, Past, Plan, STORAGE_CFG, after, came_home, plan, underway,
};
use phoenix_store::{Cause, Record};
use std::collections::{BTreeMap, BTreeSet};

/// How far plans were carried out.
pub(super) struct Carried {
    pub actions: usize,
    pub plans: Vec<(Plan, Vec<usize>)>,
    pub adopted: Option<BTreeSet<Key>>,
    /// What was there already when it was to be made.
    pub found: BTreeSet<DatasetName>,
    pub result: Result<(), ExecuteFailure>,
}

impl Carried {
    /// Nothing was carried out, for this reason.
    pub fn failed(reason: impl Into<Cause>) -> Self {
        let result = Err(ExecuteFailure::Failed(reason.into()));
        Self { actions: 0, plans: Vec::new(), adopted: None, found: BTreeSet::new(), result }
    }
}

pub(super) enum ExecuteFailure {
    Failed(Cause),
    /// The simulated host lost power.
    Lost(HostError),
}

impl From<ExecuteError> for ExecuteFailure {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Lost(lost) => Self::Lost(lost),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<SwitchError> for ExecuteFailure {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::Host(lost @ HostError::PowerLost) => Self::Lost(lost),
            error => Self::Failed(error.into()),
        }
    }
}

impl Runtime<'_> {
    /// Carries plans out until the host is as desired: one, or two where pools are imported first.
    pub(super) fn carry(
        &self,
        aim: &Aim,
        first: Option<Plan>,
        part: usize,
        ledger: &Ledger<'_>,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Carried {
        let mut carried = Carried { result: Ok(()), ..Carried::failed("") };
        let mut next = first;
        loop {
            let mut plan = match next.take() {
                Some(plan) => plan,
                None => match self.plan_on(aim, approve) {
                    Ok(plan) => plan,
                    Err(failure) => {
                        carried.result = Err(failure);
                        return carried;
                    }
                },
            };
            if let Some(files) = &plan.between
                && let Err(error) = self.durable(|store| store.put_between(aim.number, files))
            {
                carried.result = Err(error.into());
                return carried;
            }
            if let Some(registry) = &plan.registry
                && let Err(error) =
                    self.durable(|store| store.put_copy(&ledger.id(), STORAGE_CFG, registry.text.as_bytes()))
            {
                carried.result = Err(error.into());
                return carried;
            }
            let record = Record::Plan { plan: Box::new(plan.clone()) };
            let at = part + carried.plans.len();
            let taken =
                ledger.write(&record).and_then(|()| take_snapshots(self.host, &plan, at, self.events));
            // While they still have the names that they were taken under.
            let noted = self.note_snapshots(&plan, at);
            let Run { begun, seen, result } = match taken {
                Ok(()) if noted.is_ok() => {
                    execute(self.host, &plan, ledger, self.jobs, self.stop, self.events)
                }
                taken => Run { begun: Vec::new(), seen: BTreeMap::new(), result: taken },
            };
            seen.into_iter().for_each(|(action, seen)| plan.learn(action, seen));
            carried.actions += plan.actions.len();
            carried.adopted = Some(plan.adopted.clone());
            let partial = plan.partial;
            carried.plans.push((plan, begun));
            carried.found.extend(result.as_ref().err().and_then(ExecuteError::found).cloned());
            if let Err(error) = result.map_err(ExecuteFailure::from).and(noted.map_err(ExecuteFailure::from))
            {
                carried.result = Err(error);
                return carried;
            }
            if !partial {
                break;
            }
        }
        self.events.event(Event::Verifying);
        carried.result = self
            .verify(aim, &carried)
            .and_then(|()| self.verify_clones(&carried.plans))
            .and_then(|()| Ok(ledger.write(&Record::Holds)?));
        carried
    }

    /// Notes the GUIDs of the snapshots that a plan began with. `zfs receive` may rename them, hold and all.
    fn note_snapshots(&self, plan: &Plan, part: usize) -> Result<(), SwitchError> {
        let name = snapshots::name(plan.number, part);
        let names: Vec<SnapshotName> = plan
            .snapshots
            .values()
            .flatten()
            .filter_map(|dataset| SnapshotName::of(dataset, &name).ok())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let guids = self.host.guids(&names)?;
        self.durable(|store| store.note_taken(plan.number, &guids))
    }

    /// Looks whether each clone has become what its snapshot belongs to.
    fn verify_clones(&self, plans: &[(Plan, Vec<usize>)]) -> Result<(), ExecuteFailure> {
        let ops = plans.iter().flat_map(|(plan, _)| &plan.actions).flat_map(|action| &action.ops);
        for (snapshot, dataset) in ops.filter_map(|op| match op {
            Op::Clone { snapshot, dataset, .. } => Some((snapshot, dataset)),
            _ => None,
        }) {
            let found = self.host.snapshots(std::slice::from_ref(dataset)).map_err(SwitchError::from)?;
            let its_own =
                |one: &SnapshotState| one.name.dataset() == dataset && one.name.name() == snapshot.name();
            if !found.iter().any(its_own) {
                let why = format!("everything was run, but {dataset} is not what {snapshot} has become");
                return Err(ExecuteFailure::Failed(why.into()));
            }
        }
        Ok(())
    }

    fn plan_on(&self, aim: &Aim, approve: &mut dyn FnMut(&Plan) -> bool) -> Result<Plan, ExecuteFailure> {
        let plan = self.refuse_unaskable(self.plan_for(aim)?);
        if let Some(refusal) = plan.refusals.first() {
            return Err(ExecuteFailure::Failed(format!("{}: {}", refusal.key, refusal.reason).into()));
        }
        if plan.actions.is_empty() || approve(&plan) {
            self.ask_keys(&plan).map_err(|reason| ExecuteFailure::Failed(reason.into()))?;
            Ok(plan)
        } else {
            Err(ExecuteFailure::Failed("not confirmed".into()))
        }
    }

    /// Looks again: every step has to hold, and what was to go has to be gone.
    fn verify(&self, aim: &Aim, carried: &Carried) -> Result<(), ExecuteFailure> {
        let nothing = BTreeSet::new();
        let adopted = carried.adopted.as_ref();
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let observed = self.observe(&self.query_for(aim))?;
        let record = self.record_after(aim, &observed, &carried.plans).map_err(SwitchError::Store)?;
        let in_force = self.store.rendered_in_force().map_err(SwitchError::Store)?;
        let before = aim.current.as_ref().map_or(&nothing, |(generation, _)| &generation.adopted);
        // The data has gone back by now: what is looked at is whether the rest holds.
        let consent = Consent { with_data: BTreeSet::new(), ..aim.consent.clone() };
        let past = Past::default();
        // What is held against itself has what is noted by the names that there are now.
        let from = aim.current.as_ref().map(|(generation, graph)| (graph, &generation.adopted));
        let came = came_home(aim.begun.iter().chain(&carried.plans));
        let noted = after(&aim.before, &carried.plans, from, (&aim.graph, adopted.unwrap_or(&nothing)));
        let again = |current: Option<&Graph>, adopted: &BTreeSet<Key>, noted: &Before| {
            plan(&Inputs {
                desired: &aim.graph,
                current,
                adopted,
                made: &aim.made,
                coming_home: &aim.coming_home,
                came_home: &came,
                before: noted,
                // What is let go is no step: its settings are not held against anything.
                gives_back: false,
                observed: &observed,
                record: &record,
                in_force: &in_force,
                places: &self.store.places(aim.number, aim.to),
                number: aim.number,
                to: aim.to,
                consent: &consent,
                past: &past,
            })
        };
        let held = again(Some(&aim.graph), adopted.unwrap_or(&nothing), &noted);
        let gone = again(current, before, &aim.before);
        let left = held.actions.iter().chain(
            gone.actions
                .iter()
                .filter(|action| matches!(action.kind, Kind::Retire | Kind::Remove | Kind::Update))
                .filter(|action| !action.ops.iter().any(Op::is_unseen)),
        );
        let mut reasons: Vec<String> = left.map(describe).collect();
        reasons.extend(held.refusals.iter().map(|refusal| format!("{}: {}", refusal.key, refusal.reason)));
        reasons.sort();
        reasons.dedup();
        if reasons.is_empty() {
            let pools = aim.graph.resources().filter_map(|resource| match resource {
                Resource::Pool(pool) => Some(pool.name.clone()),
                _ => None,
            });
            for warning in underway(&observed, pools) {
                self.events.event(Event::Underway(&warning));
            }
            // Before anything says that it holds: what is made and not on record would be nobody's.
            self.put_record(&record)?;
            return Ok(());
        }
        let why = format!("everything was run, but this does not hold: {}", reasons.join("; "));
        Err(ExecuteFailure::Failed(why.into()))
    }
}

fn describe(action: &Action) -> String {
    let change = |change: &Change| {
        let old = change.old.as_deref().unwrap_or("not set");
        let new = change.new.as_deref().unwrap_or("not set");
        format!("{} is {old}, not {new}", change.setting)
    };
    let changes = action.changes.iter().map(change).collect::<Vec<_>>().join(", ");
    format!("{} ({changes})", action.subject)
}
