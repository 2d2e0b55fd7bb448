//! A switch, from the look at the host to the new generation: whole, or not at all.
//!
//! Switching, going back and recovering differ only in where they want to go; what carries them
//! there is the same transaction: `carry` runs plans and looks again, `conclude` commits or undoes,
//! `recover` takes up what was cut off, `confirm` goes back from what nobody confirms.

mod before;
mod carry;
mod conclude;
mod confirm;
mod keys;
mod numbers;
mod past;
mod record;
mod recover;
mod standing;

pub use confirm::{Wait, Watched};
pub use recover::Recovered;
pub use standing::Standing;

use crate::execute::{Events, Ledger};
use carry::Carried;
use conclude::unrecorded;
use confirm::refuse_irreversible;
use phoenix_graph::{DatasetName, FORMAT, Graph, HostName, Key, PoolName, PropertyName};
use phoenix_host::{
    Host, HostError,
    observed::{Observed, Query},
    secret::KeySource,
};
use phoenix_plan::{Before, Consent, Inputs, Plan, plan, query, rendered};
use phoenix_store::{Generation, LockError, Outcome, Pending, Record, Source, Store, StoreError};
use std::{collections::BTreeSet, path::Path, sync::atomic::AtomicBool};

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
    /// Who is asked for keys that are typed.
    pub keys: &'a dyn KeySource,
    /// Who asks, for the record.
    pub who: String,
    /// What is said of the switch, for the record.
    pub message: Option<String>,
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
        /// What was kept, because it holds something or cannot be taken back.
        kept: Vec<String>,
    },
    /// It failed, and undoing did too: the host is in between.
    #[error("{reason}")]
    Degraded {
        /// What failed first.
        reason: String,
        /// What undoing could not bring back.
        failed: Vec<String>,
        /// What was kept, because it holds something or cannot be taken back.
        kept: Vec<String>,
    },
    /// The host is as this says, but that could not be recorded: the journal stays open, or the generation
    /// still counts as waiting to be confirmed.
    #[error("{stands}, but that could not be recorded: {error}")]
    Unrecorded {
        /// How the host stands.
        stands: &'static str,
        /// Why it could not be recorded.
        error: StoreError,
    },
    /// A key that has to be typed was not; nothing was run.
    #[error("{reason}")]
    NoKey {
        /// Which, and why.
        reason: String,
    },
    /// An earlier switch was cut off.
    #[error("switch {number} was cut off before it ended")]
    Open {
        /// The number of its attempt.
        number: u64,
    },
    /// A generation waits to be confirmed.
    #[error("generation {number} waits to be confirmed")]
    Unconfirmed {
        /// Its number.
        number: u64,
    },
    /// A switch cannot wait to be confirmed.
    #[error("it cannot wait to be confirmed: {reason}")]
    NotConfirmable {
        /// Why.
        reason: String,
        /// The way out.
        help: &'static str,
    },
    /// The target is another host's than the one that the state folder knows.
    #[error("it is for the host {asked}, and this state folder is of the host {known}")]
    OtherHost {
        /// The host that the current generation is of.
        known: HostName,
        /// The host that the target is for.
        asked: HostName,
    },
    /// A generation cannot be gone back to.
    #[error("generation {number} cannot be gone back to: {reason}")]
    NoTarget {
        /// Its number.
        number: u64,
        /// Why.
        reason: String,
    },
    /// A rendered file would not say what the graph says. The plan refuses it before.
    #[error("{0}")]
    Illegal(Box<phoenix_graph::check::Fault>),
    /// There is no generation before the current one.
    #[error("there is no generation to go back to")]
    NoParent,
    /// A pool that the switch touched is not there, so what is left of it cannot be seen.
    #[error("the pool {pool} is not imported, and the interrupted switch touched it")]
    PoolNotThere {
        /// The pool.
        pool: PoolName,
    },
    /// Another phoenix is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host could not be looked at.
    #[error("the host cannot be looked at: {0}")]
    Host(#[source] HostError),
    /// The simulated host lost power.
    #[error("the simulated host lost power")]
    PowerLost,
}

impl From<HostError> for SwitchError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::PowerLost => Self::PowerLost,
            error => Self::Host(error),
        }
    }
}

/// All that a plan is made for.
struct Aim {
    graph: Graph,
    sources: Vec<Source>,
    consent: Consent,
    current: Option<(Generation, Graph)>,
    /// What this transaction made before it was cut off.
    made: BTreeSet<Key>,
    /// What it had begun to bring home by then, each under its name there.
    coming_home: BTreeSet<DatasetName>,
    /// What stood before phoenix set it.
    before: Before,
    /// Whether it goes back: then what is let go of is given back what it was.
    gives_back: bool,
    /// The plans that it had begun by then.
    begun: Vec<(Plan, Vec<usize>)>,
    number: u64,
    to: u64,
}

impl Aim {
    /// Goes on under a number above another, which was given before. Says whether that is a new one.
    fn skip(&mut self, taken: Option<u64>) -> bool {
        let Some(next) = taken.filter(|taken| *taken >= self.number).and_then(|taken| taken.checked_add(1))
        else {
            return false;
        };
        if self.to == self.number {
            self.to = next;
        }
        self.number = next;
        true
    }
}

impl Runtime<'_> {
    /// Plans the way to a target, and changes nothing.
    ///
    /// # Errors
    /// Where the host or the store cannot be read.
    pub fn plan(&self, target: &Target, consent: &Consent) -> Result<Plan, SwitchError> {
        let mut aim = self.aim(target, consent)?;
        self.first_plan(&mut aim)
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
        self.refuse_open()?;
        let pending = self.store.pending()?;
        if let (Some(pending), Target::New { .. }) = (&pending, target) {
            return Err(SwitchError::Unconfirmed { number: pending.to });
        }
        let switched =
            self.transact(verb, target, consent, None, approve).map_err(|error| self.left_open(error))?;
        if pending.is_some() {
            // Whoever goes to a generation by hand has decided.
            self.durable(Store::clear_pending).map_err(unrecorded("it was done and holds"))?;
        }
        Ok(switched)
    }

    /// Brings the host to a target as [`Runtime::switch`] does; the generation then waits to be
    /// confirmed ([`Runtime::confirm`]), and is gone back from where it is not.
    ///
    /// # Errors
    /// As [`Runtime::switch`]; [`SwitchError::NotConfirmable`] where there would be no way back.
    pub fn switch_and_wait(
        &self,
        verb: &str,
        target: &Target,
        consent: &Consent,
        wait: &Wait<'_>,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Result<Switched, SwitchError> {
        let _lock = self.store.lock(verb)?;
        self.refuse_open()?;
        self.refuse_pending()?;
        self.transact(verb, target, consent, Some(wait), approve).map_err(|error| self.left_open(error))
    }

    /// Tells an error of the store that left the journal open from one that changed nothing.
    fn left_open(&self, error: SwitchError) -> SwitchError {
        match error {
            SwitchError::Store(error) if !matches!(self.store.open_transaction(), Ok(None)) => {
                SwitchError::Unrecorded { stands: "the switch was begun", error }
            }
            other => other,
        }
    }

    fn refuse_open(&self) -> Result<(), SwitchError> {
        match self.store.open_transaction()? {
            Some(open) => Err(SwitchError::Open { number: open.number }),
            None => Ok(()),
        }
    }

    /// Carries a switch out; the lock is held, and no journal is open.
    fn transact(
        &self,
        verb: &str,
        target: &Target,
        consent: &Consent,
        wait: Option<&Wait<'_>>,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Result<Switched, SwitchError> {
        let mut aim = self.aim(target, consent)?;
        let first = self.refuse_unaskable(self.first_plan(&mut aim)?);
        if !first.refusals.is_empty() {
            return Err(SwitchError::Refused(Box::new(first)));
        }
        let current = aim.current.as_ref().map(|(generation, _)| generation.number);
        if first.actions.is_empty() && current == Some(aim.to) {
            return Ok(Switched::Nothing { generation: aim.to });
        }
        if wait.is_some() {
            refuse_irreversible(&first)?;
            if current.is_none_or(|current| current == aim.to) {
                return Err(SwitchError::NotConfirmable {
                    reason: "there is no other generation to go back to".to_owned(),
                    help: "switch without `--confirm-within`",
                });
            }
        }
        if !approve(&first) {
            return Err(SwitchError::Declined);
        }
        let files = rendered(&aim.graph).map_err(|fault| SwitchError::Illegal(Box::new(fault)))?;
        self.ask_keys(&first).map_err(|reason| SwitchError::NoKey { reason })?;
        let mut generation = Generation {
            format: FORMAT,
            number: aim.number,
            parent: current,
            system: aim.graph.id(),
            sources: aim.sources.clone(),
            time: self.now,
            who: self.who.clone(),
            verb: verb.to_owned(),
            message: self.message.clone(),
            outcome: Outcome::Open,
            adopted: first.adopted.clone(),
        };
        self.close_stale()?;
        // What the record names is there before it; and a folder without a record has nothing in it.
        if aim.to == aim.number {
            self.durable(|store| store.put_graph(&aim.graph).map(drop))?;
        }
        self.durable(|store| store.put_generation(&generation))?;
        // Written also for a generation that is gone back to: they follow from its graph, and somebody may
        // have changed the files.
        self.durable(|store| store.put_rendered(aim.to, &files))?;
        let begin = Record::Begin {
            format: FORMAT,
            number: aim.number,
            to: aim.to,
            from: current,
            system: aim.graph.id(),
            consent: aim.consent.clone(),
        };
        let mut journal = None;
        self.durable(|store| store.begin(&begin).map(|begun| journal = Some(begun)))?;
        let Some(journal) = journal else { return Err(SwitchError::PowerLost) };
        let watched = match (wait, current) {
            (Some(wait), Some(from)) => {
                let transaction = journal.id().clone();
                let pending =
                    Pending { format: FORMAT, transaction, from, to: aim.to, seconds: wait.seconds };
                match self.durable(|store| store.put_pending(&pending)) {
                    Ok(()) => (wait.watcher)(&pending),
                    Err(SwitchError::PowerLost) => return Err(SwitchError::PowerLost),
                    Err(error) => Err(error.to_string()),
                }
            }
            _ => Ok(()),
        };
        let ledger = Ledger::new(self.host, journal);
        let carried = match watched {
            Ok(()) => {
                // What is planned only after pools were imported has to be reversible, too.
                let mut approve =
                    |plan: &Plan| (wait.is_none() || refuse_irreversible(plan).is_ok()) && approve(plan);
                self.carry(&aim, Some(first), 0, &ledger, &mut approve)
            }
            Err(reason) => Carried::failed(format!("nobody would wait for the confirmation: {reason}")),
        };
        self.conclude(&mut generation, aim.graph.host(), current, aim.to, &ledger, carried)
    }

    /// Says of attempts that were cut off before their journal began that they came to nothing.
    fn close_stale(&self) -> Result<(), SwitchError> {
        for mut stale in self.store.generations()? {
            if stale.outcome == Outcome::Open {
                stale.outcome = Outcome::Failed { reason: "it was cut off before it began".to_owned() };
                self.durable(|store| store.put_generation(&stale))?;
            }
        }
        Ok(())
    }

    fn aim(&self, target: &Target, consent: &Consent) -> Result<Aim, SwitchError> {
        let current = match self.store.current()? {
            Some(generation) => {
                let graph = self.store.recorded(&generation.system)?;
                Some((generation, graph))
            }
            None => None,
        };
        let number = self.store.next_number()?;
        let mut consent = consent.clone();
        let (graph, sources, to) = match target {
            Target::New { graph, sources } => {
                // Data goes back to a generation, and a new one has none yet.
                consent.with_data.clear();
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
                // What no spec can say any more is refused by the plan, with the reason.
                (self.store.recorded(&generation.system)?, generation.sources, *wanted)
            }
        };
        if let Some((_, current)) = &current
            && current.host() != graph.host()
            && consent.rename_host.as_ref() != Some(current.host())
        {
            let (known, asked) = (current.host().clone(), graph.host().clone());
            return Err(SwitchError::OtherHost { known, asked });
        }
        // Who goes back gets back what was; who goes on says what is to be.
        let gives_back = matches!(target, Target::Generation(_));
        let before = self.before(current.as_ref().map(|(generation, _)| generation.number))?;
        Ok(Aim {
            graph,
            sources,
            consent,
            current,
            made: BTreeSet::new(),
            coming_home: BTreeSet::new(),
            begun: Vec::new(),
            before,
            gives_back,
            number,
            to,
        })
    }

    /// Plans under a number that the host has no marks of: where the record was lost, or is older than the host,
    /// it may have been given before.
    fn first_plan(&self, aim: &mut Aim) -> Result<Plan, SwitchError> {
        let observed = self.observe(&self.query_for(aim))?;
        let record = self.record(&observed)?;
        let mut hosts = record.hosts.clone();
        hosts.insert(aim.graph.host().clone());
        aim.skip(numbers::in_areas(&observed, &record, &hosts));
        let plan = self.plan_from(aim, &observed)?;
        let taken: Vec<DatasetName> = plan.snapshots.values().flatten().cloned().collect();
        if taken.is_empty() {
            return Ok(plan);
        }
        let names = self.host.snapshot_names(&taken)?;
        let mut skipped = aim.skip(numbers::of_snapshots(&names));
        // Whoever may take snapshots of a dataset may have taken one of any name.
        while numbers::is_taken(&names, aim.number) && aim.skip(Some(aim.number)) {
            skipped = true;
        }
        if skipped { self.plan_from(aim, &observed) } else { Ok(plan) }
    }

    fn plan_for(&self, aim: &Aim) -> Result<Plan, SwitchError> {
        self.plan_from(aim, &self.observe(&self.query_for(aim))?)
    }

    fn query_for(&self, aim: &Aim) -> Query {
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let mut query = query_with(&aim.graph, current, &aim.before, &self.store.etc_link());
        query.leaving.extend(aim.consent.with_data.iter().cloned());
        query
    }

    fn plan_from(&self, aim: &Aim, observed: &Observed) -> Result<Plan, SwitchError> {
        let current = aim.current.as_ref().map(|(_, graph)| graph);
        let record = self.record_for(aim, observed)?;
        let past = self.past(aim, observed, &record)?;
        let nothing = BTreeSet::new();
        let adopted = aim.current.as_ref().map_or(&nothing, |(generation, _)| &generation.adopted);
        Ok(plan(&Inputs {
            desired: &aim.graph,
            current,
            adopted,
            made: &aim.made,
            coming_home: &aim.coming_home,
            before: &aim.before,
            gives_back: aim.gives_back,
            observed,
            record: &record,
            in_force: &self.store.rendered_in_force()?,
            places: &self.store.places(aim.number, aim.to),
            number: aim.number,
            to: aim.to,
            consent: &aim.consent,
            past: &past,
        }))
    }

    fn look(
        &self,
        desired: &Graph,
        current: Option<&Graph>,
        before: &Before,
    ) -> Result<Observed, SwitchError> {
        self.observe(&query_with(desired, current, before, &self.store.etc_link()))
    }

    fn observe(&self, query: &Query) -> Result<Observed, SwitchError> {
        Ok(self.host.observe(query)?)
    }
}

/// Says what to look at for a way from one graph to another, and for settings to be given back.
fn query_with(desired: &Graph, current: Option<&Graph>, before: &Before, etc: &Path) -> Query {
    let mut query = query(desired, current, etc);
    for (key, settings) in before {
        let names = settings.keys().map(|name| PropertyName::new(name));
        match key {
            Key::Dataset(_) | Key::Volume(_) => query.properties.extend(names),
            Key::Pool(_) => query.pool_properties.extend(names),
            _ => {}
        }
    }
    query
}
