//! A switch, from the look at the host to the new generation: whole, or not at all.
//!
//! Switching, going back and recovering differ only in where they want to go; what carries them
//! there is the same transaction.

use crate::{
    execute::{Event, Events, ExecuteError, Ledger, execute},
    host::{Host, HostError},
    plan::{Consent, Inputs, Kind, Plan, Subject, plan, query, rendered},
    store::{Generation, LockError, Outcome, Record, Source, Store, StoreError, Transaction},
    undo::undo,
};
use phoenix_graph::{FORMAT, Graph, Key};
use std::{collections::BTreeSet, sync::atomic::AtomicBool};

/// A host with its store, and who asks.
pub struct Runtime<'a> {
    /// The host.
    pub host: &'a dyn Host,
    /// The store.
    pub store: &'a Store,
    /// How many actions run at once.
    pub jobs: usize,
    /// Set from outside to stop, and undo.
    pub stop: &'a AtomicBool,
    /// Is told what happens.
    pub events: &'a dyn Events,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
    /// Who asks, for the record.
    pub who: String,
}

/// Where a switch goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// To a graph, which becomes a new generation.
    New {
        /// The graph.
        graph: Graph,
        /// The spec it came from.
        sources: Vec<Source>,
    },
    /// Back to a generation that was.
    Generation(u64),
}

/// What came of a switch.
#[derive(Debug)]
pub enum Switched {
    /// The host already is as desired; nothing was run.
    Nothing {
        /// The current generation.
        generation: u64,
    },
    /// A generation is current that was not.
    To {
        /// Its number.
        generation: u64,
        /// How many actions brought it about.
        actions: usize,
    },
    /// The current generation was not what the host had; now it is.
    Repaired {
        /// Its number.
        generation: u64,
        /// How many actions it took.
        actions: usize,
    },
}

/// Why a switch did not come about.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The plan has refusals; nothing was run.
    #[error("the plan is refused")]
    Refused(Box<Plan>),
    /// The person said no; nothing was run.
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// It failed, and the host is as it was.
    #[error("{reason}")]
    Failed {
        /// What failed.
        reason: String,
        /// What was kept, because it holds something.
        kept: Vec<String>,
    },
    /// It failed, and undoing did too: the host is in between.
    #[error("{reason}")]
    Degraded {
        /// What failed first.
        reason: String,
        /// What undoing could not bring back.
        failed: Vec<String>,
        /// What was kept, because it holds something.
        kept: Vec<String>,
    },
    /// An earlier switch was cut off.
    #[error("switch {number} was cut off before it ended")]
    Open {
        /// The number of its attempt.
        number: u64,
    },
    /// A generation cannot be gone back to.
    #[error("generation {number} cannot be gone back to: {reason}")]
    NoTarget {
        /// Its number.
        number: u64,
        /// Why.
        reason: String,
    },
    /// There is no generation before the current one.
    #[error("there is no generation to go back to")]
    NoParent,
    /// Another phoenix is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host could not be looked at.
    #[error("the host cannot be looked at: {0}")]
    Host(#[from] HostError),
    /// The simulated host lost power.
    #[error("the simulated host lost power")]
    PowerLost,
}

/// All that a plan is made for.
struct Aim {
    graph: Graph,
    sources: Vec<Source>,
    consent: Consent,
    current: Option<(Generation, Graph)>,
    /// What this transaction made before it was cut off.
    made: BTreeSet<Key>,
    number: u64,
    to: u64,
}

impl Runtime<'_> {
    /// Plans the way to a target, and changes nothing.
    ///
    /// # Errors
    /// Where the host or the store cannot be read.
    pub fn plan(&self, target: &Target, consent: &Consent) -> Result<Plan, SwitchError> {
        let aim = self.aim(target, consent)?;
        self.plan_for(&aim)
    }

    /// Plans the way back to what the current generation says: its differences are drift.
    ///
    /// # Errors
    /// As [`Runtime::plan`]; [`SwitchError::NoParent`] where nothing is current.
    pub fn drift(&self) -> Result<Plan, SwitchError> {
        let current = self.store.current_number()?.ok_or(SwitchError::NoParent)?;
        self.plan(&Target::Generation(current), &Consent::default())
    }

    /// Brings the host to a target. `approve` is shown each plan before it is carried out.
    ///
    /// # Errors
    /// [`SwitchError`], which says whether the host is as it was.
    pub fn switch(
        &self,
        verb: &str,
        target: &Target,
        consent: &Consent,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Result<Switched, SwitchError> {
        let _lock = self.store.lock(verb)?;
        if let Some(open) = self.store.open_transaction()? {
            return Err(SwitchError::Open { number: open.number });
        }
        let aim = self.aim(target, consent)?;
        let first = self.plan_for(&aim)?;
        if !first.refusals.is_empty() {
            return Err(SwitchError::Refused(Box::new(first)));
        }
        let current = aim.current.as_ref().map(|(generation, _)| generation.number);
        if first.actions.is_empty() && current == Some(aim.to) {
            return Ok(Switched::Nothing { generation: aim.to });
        }
        if !approve(&first) {
            return Err(SwitchError::Declined);
        }
        let mut generation = Generation {
            format: FORMAT,
            number: aim.number,
            parent: current,
            system: aim.graph.id(),
            sources: aim.sources.clone(),
            time: self.now,
            who: self.who.clone(),
            verb: verb.to_owned(),
            outcome: Outcome::Open,
            adopted: first.adopted.clone(),
        };
        self.durable(|store| store.put_generation(&generation))?;
        if aim.to == aim.number {
            self.durable(|store| store.put_rendered(aim.number, &rendered(&aim.graph)))?;
            self.durable(|store| store.put_graph(&aim.graph).map(drop))?;
        }
        let begin = Record::Begin {
            format: FORMAT,
            number: aim.number,
            from: current,
            to: aim.to,
            system: aim.graph.id(),
            consent: aim.consent.clone(),
        };
        let mut journal = None;
        self.durable(|store| store.begin(&begin).map(|begun| journal = Some(begun)))?;
        let Some(journal) = journal else { return Err(SwitchError::PowerLost) };
        let ledger = Ledger::new(self.host, journal);
        let carried = self.carry(&aim, Some(first), 0, &ledger, approve);
        self.conclude(&mut generation, aim.graph.host().as_str(), current, aim.to, &ledger, carried)
    }

    /// Ends what a crash or a power cut left open: back to what was, or, with `resume`, on to what
    /// was wanted. Says nothing where nothing is open.
    ///
    /// # Errors
    /// [`SwitchError`], which says whether the host is as it was.
    pub fn recover(
        &self,
        resume: bool,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Result<Option<Recovered>, SwitchError> {
        let _lock = self.store.lock("recover")?;
        let Some(open) = self.store.open_transaction()? else { return Ok(None) };
        let mut generation = self.store.generation(open.number)?;
        if let Some(end) = &open.end {
            // Only the last strokes were missing.
            generation.outcome = end.clone();
            self.durable(|store| store.put_generation(&generation))?;
            self.durable(Store::close)?;
            let outcome = match end {
                Outcome::Committed | Outcome::WentTo { .. } => Recovered::Finished { generation: open.to },
                _ => Recovered::Undone { generation: open.from, kept: Vec::new() },
            };
            return Ok(Some(outcome));
        }
        let graph = self.store.graph(&open.system)?;
        let current = match open.from {
            Some(number) => {
                let from = self.store.generation(number)?;
                let graph = self.store.graph(&from.system)?;
                Some((from, graph))
            }
            None => None,
        };
        self.pools_are_there(&open, current.as_ref().map(|(_, graph)| graph))?;
        let ledger = Ledger::new(self.host, self.store.journal(open.id.clone())?);
        let aim = Aim {
            graph,
            sources: Vec::new(),
            consent: open.consent.clone(),
            current,
            made: made(&open),
            number: open.number,
            to: open.to,
        };
        let mut plans = open.plans.clone();
        let there = self.store.current_number()? == Some(open.to);
        let carried = if open.holds && there {
            // It was seen to hold, and `current` says so: only the record is missing.
            Carried { actions: 0, plans: Vec::new(), adopted: None, result: Ok(()) }
        } else if open.undoing.is_some() || !(resume || open.holds) {
            let reason = open.undoing.clone().unwrap_or_else(|| "it was cut off".to_owned());
            Carried {
                actions: 0,
                plans: Vec::new(),
                adopted: None,
                result: Err(ExecuteFailure::Failed(reason)),
            }
        } else {
            self.carry(&aim, None, open.plans.len(), &ledger, approve)
        };
        plans.extend(carried.plans);
        let went_on = carried.result.is_ok();
        let carried = Carried { plans, ..carried };
        let host = aim.graph.host().as_str();
        match self.conclude(&mut generation, host, open.from, open.to, &ledger, carried) {
            Ok(_) => Ok(Some(Recovered::Finished { generation: open.to })),
            Err(SwitchError::Failed { kept, .. }) if !went_on => {
                Ok(Some(Recovered::Undone { generation: open.from, kept }))
            }
            Err(error) => Err(error),
        }
    }

    fn aim(&self, target: &Target, consent: &Consent) -> Result<Aim, SwitchError> {
        let current = match self.store.current()? {
            Some(generation) => {
                let graph = self.store.graph(&generation.system)?;
                Some((generation, graph))
            }
            None => None,
        };
        let number = self.store.next_number()?;
        let mut consent = consent.clone();
        let (graph, sources, to) = match target {
            Target::New { graph, sources } => {
                let same = current.as_ref().filter(|(generation, _)| generation.system == graph.id());
                let to = same.map_or(number, |(generation, _)| generation.number);
                (graph.clone(), sources.clone(), to)
            }
            Target::Generation(wanted) => {
                let generation = self.store.generation(*wanted)?;
                if generation.outcome != Outcome::Committed {
                    let reason = "it never came to hold".to_owned();
                    return Err(SwitchError::NoTarget { number: *wanted, reason });
                }
                // What that generation had adopted may be adopted again without asking.
                consent.known.extend(generation.adopted.iter().cloned());
                (self.store.graph(&generation.system)?, generation.sources, *wanted)
            }
        };
        Ok(Aim { graph, sources, consent, current, made: BTreeSet::new(), number, to })
    }

    fn plan_for(&self, aim: &Aim) -> Result<Plan, SwitchError> {
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let observed = self.look(&aim.graph, current)?;
        let nothing = BTreeSet::new();
        let adopted = aim.current.as_ref().map_or(&nothing, |(generation, _)| &generation.adopted);
        Ok(plan(&Inputs {
            desired: &aim.graph,
            current,
            adopted,
            made: &aim.made,
            observed: &observed,
            in_force: &self.store.rendered_in_force()?,
            state: self.store.root(),
            number: aim.number,
            to: aim.to,
            consent: &aim.consent,
        }))
    }

    fn look(
        &self,
        desired: &Graph,
        current: Option<&Graph>,
    ) -> Result<crate::observed::Observed, SwitchError> {
        match self.host.observe(&query(desired, current, self.store.root())) {
            Err(HostError::PowerLost) => Err(SwitchError::PowerLost),
            other => Ok(other?),
        }
    }

    /// Carries plans out until the host is as desired: one, or two where pools are imported first.
    fn carry(
        &self,
        aim: &Aim,
        first: Option<Plan>,
        part: usize,
        ledger: &Ledger<'_>,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Carried {
        let mut carried = Carried { actions: 0, plans: Vec::new(), adopted: None, result: Ok(()) };
        let mut next = first;
        loop {
            let plan = match next.take() {
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
            let record = Record::Plan { plan: Box::new(plan.clone()) };
            let at = part + carried.plans.len();
            let (begun, run) = match ledger.write(&record) {
                Ok(()) => execute(self.host, &plan, at, ledger, self.jobs, self.stop, self.events),
                Err(error) => (Vec::new(), Err(error)),
            };
            carried.actions += plan.actions.len();
            carried.adopted = Some(plan.adopted.clone());
            let partial = plan.partial;
            carried.plans.push((plan, begun));
            if let Err(error) = run {
                carried.result = Err(error.into());
                return carried;
            }
            if !partial {
                break;
            }
        }
        self.events.event(Event::Verifying);
        carried.result =
            self.verify(aim, carried.adopted.as_ref()).and_then(|()| Ok(ledger.write(&Record::Holds)?));
        carried
    }

    fn plan_on(&self, aim: &Aim, approve: &mut dyn FnMut(&Plan) -> bool) -> Result<Plan, ExecuteFailure> {
        let plan = self.plan_for(aim)?;
        if let Some(refusal) = plan.refusals.first() {
            return Err(ExecuteFailure::Failed(format!("{}: {}", refusal.key, refusal.reason)));
        }
        if plan.actions.is_empty() || approve(&plan) {
            Ok(plan)
        } else {
            Err(ExecuteFailure::Failed("not confirmed".to_owned()))
        }
    }

    /// Looks again: every step has to hold, and what was to go has to be gone.
    fn verify(&self, aim: &Aim, adopted: Option<&BTreeSet<Key>>) -> Result<(), ExecuteFailure> {
        let nothing = BTreeSet::new();
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let observed = self.look(&aim.graph, current)?;
        let in_force = self.store.rendered_in_force().map_err(SwitchError::Store)?;
        let before = aim.current.as_ref().map_or(&nothing, |(generation, _)| &generation.adopted);
        let again = |current: Option<&Graph>, adopted: &BTreeSet<Key>| {
            plan(&Inputs {
                desired: &aim.graph,
                current,
                adopted,
                made: &aim.made,
                observed: &observed,
                in_force: &in_force,
                state: self.store.root(),
                number: aim.number,
                to: aim.to,
                consent: &aim.consent,
            })
        };
        let held = again(Some(&aim.graph), adopted.unwrap_or(&nothing));
        let gone = again(current, before);
        let left = held.actions.iter().chain(
            gone.actions
                .iter()
                .filter(|action| matches!(action.kind, Kind::Retire | Kind::Remove | Kind::Update)),
        );
        let mut reasons: Vec<String> = left.map(describe).collect();
        reasons.extend(held.refusals.iter().map(|refusal| format!("{}: {}", refusal.key, refusal.reason)));
        reasons.sort();
        reasons.dedup();
        if reasons.is_empty() {
            return Ok(());
        }
        Err(ExecuteFailure::Failed(format!(
            "everything was run, but this does not hold: {}",
            reasons.join("; ")
        )))
    }

    /// Commits, or undoes.
    fn conclude(
        &self,
        generation: &mut Generation,
        host: &str,
        from: Option<u64>,
        to: u64,
        ledger: &Ledger<'_>,
        carried: Carried,
    ) -> Result<Switched, SwitchError> {
        let reason = match carried.result {
            Ok(()) => {
                generation.outcome = if to == generation.number {
                    Outcome::Committed
                } else {
                    Outcome::WentTo { generation: to }
                };
                if let Some(adopted) = carried.adopted {
                    generation.adopted = adopted;
                }
                self.durable(|store| store.put_generation(generation))?;
                self.durable(|store| store.set_current(to))?;
                self.end(ledger, generation.outcome.clone())?;
                let actions = carried.actions;
                return Ok(if from == Some(to) {
                    Switched::Repaired { generation: to, actions }
                } else {
                    Switched::To { generation: to, actions }
                });
            }
            Err(ExecuteFailure::PowerLost) => return Err(SwitchError::PowerLost),
            Err(ExecuteFailure::Failed(reason)) => reason,
        };
        self.events.event(Event::Undoing(&reason));
        // A journal that can no longer be written does not keep from undoing: it says what was begun.
        let noted = ledger.write(&Record::Undoing { reason: reason.clone() });
        if matches!(noted, Err(ExecuteError::PowerLost)) {
            return Err(SwitchError::PowerLost);
        }
        let undone = match undo(self.host, host, &carried.plans) {
            Err(HostError::PowerLost) => return Err(SwitchError::PowerLost),
            Err(error) => {
                let failed = vec![error.to_string()];
                return self.degrade(generation, reason, failed, Vec::new());
            }
            Ok(undone) => undone,
        };
        if !undone.failed.is_empty() {
            return self.degrade(generation, reason, undone.failed, undone.kept);
        }
        generation.outcome = Outcome::Failed { reason: reason.clone() };
        self.durable(|store| store.put_generation(generation))?;
        self.end(ledger, generation.outcome.clone())?;
        Err(SwitchError::Failed { reason, kept: undone.kept })
    }

    /// Leaves the journal open: only `recover` goes on from here.
    fn degrade(
        &self,
        generation: &mut Generation,
        reason: String,
        failed: Vec<String>,
        kept: Vec<String>,
    ) -> Result<Switched, SwitchError> {
        generation.outcome =
            Outcome::Degraded { reason: format!("{reason}; undoing: {}", failed.join("; ")) };
        self.durable(|store| store.put_generation(generation))?;
        Err(SwitchError::Degraded { reason, failed, kept })
    }

    fn end(&self, ledger: &Ledger<'_>, outcome: Outcome) -> Result<(), SwitchError> {
        match ledger.write(&Record::End { outcome }) {
            Ok(()) => {}
            Err(ExecuteError::PowerLost) => return Err(SwitchError::PowerLost),
            Err(ExecuteError::Journal(error)) => return Err(error.into()),
            Err(error) => return Err(SwitchError::Failed { reason: error.to_string(), kept: Vec::new() }),
        }
        self.durable(Store::close)
    }

    /// Refuses to recover while a pool that the switch touched is not there: what is not seen would
    /// count as undone.
    fn pools_are_there(&self, open: &Transaction, current: Option<&Graph>) -> Result<(), SwitchError> {
        let Some(current) = current else { return Ok(()) };
        let seen = self.look(current, None)?;
        for key in current.nodes().iter().map(|node| &node.key) {
            let Key::Pool(name) = key else { continue };
            let touched = open.plans.iter().any(|(plan, _)| plan.snapshots.contains_key(name));
            if touched && !seen.pools.contains_key(name) {
                return Err(SwitchError::Host(HostError::NoTool {
                    tool: format!("pool {name}"),
                    looked: "it was there when the switch began".to_owned(),
                    help: format!("import it with `zpool import {name}`, then run `phoenix recover` again"),
                }));
            }
        }
        Ok(())
    }

    /// Does something that lasts, with the simulator's leave before and after.
    fn durable(&self, mut act: impl FnMut(&Store) -> Result<(), StoreError>) -> Result<(), SwitchError> {
        let lost = |_: HostError| SwitchError::PowerLost;
        self.host.pulse().map_err(lost)?;
        act(self.store)?;
        self.host.pulse().map_err(lost)
    }
}

/// Lists what a transaction made, as far as its journal says that it began to.
fn made(open: &Transaction) -> BTreeSet<Key> {
    let begun =
        open.plans.iter().flat_map(|(plan, begun)| begun.iter().filter_map(|&at| plan.actions.get(at)));
    // An export is made by the action on the rendered files.
    let files = open.plans.iter().flat_map(|(plan, _)| &plan.actions).filter(|action| action.ops.is_empty());
    let created = begun.chain(files).filter(|action| action.kind == Kind::Create);
    created
        .filter_map(|action| match &action.subject {
            Subject::Resource(key) => Some(key.clone()),
            Subject::Files | Subject::Mounts => None,
        })
        .collect()
}

/// What came of a recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// The switch was brought to its end.
    Finished {
        /// The generation that is current.
        generation: u64,
    },
    /// The switch was undone.
    Undone {
        /// The generation that is current, where there is one.
        generation: Option<u64>,
        /// What was kept, because it holds something.
        kept: Vec<String>,
    },
}

/// How far plans were carried out.
struct Carried {
    actions: usize,
    plans: Vec<(Plan, Vec<usize>)>,
    adopted: Option<BTreeSet<Key>>,
    result: Result<(), ExecuteFailure>,
}

enum ExecuteFailure {
    Failed(String),
    PowerLost,
}

impl From<ExecuteError> for ExecuteFailure {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::PowerLost => Self::PowerLost,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<SwitchError> for ExecuteFailure {
    fn from(error: SwitchError) -> Self {
        match error {
            SwitchError::PowerLost => Self::PowerLost,
            error => Self::Failed(error.to_string()),
        }
    }
}

fn describe(action: &crate::plan::Action) -> String {
    let change = |change: &crate::plan::Change| {
        let old = change.old.as_deref().unwrap_or("not set");
        let new = change.new.as_deref().unwrap_or("not set");
        format!("{} is {old}, not {new}", change.setting)
    };
    let changes = action.changes.iter().map(change).collect::<Vec<_>>().join(", ");
    format!("{} ({changes})", action.subject)
}
