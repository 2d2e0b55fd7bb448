//! A switch, from the look at the host to the new generation: whole, or not at all.
//!
//! Switching, going back and recovering differ only in where they want to go; what carries them
//! there is the same transaction: `aim` plans, `carry` runs plans and looks again, `conclude` commits or undoes,
//! `recover` takes up what was cut off, `confirm` goes back from what nobody confirms.

mod aim;
mod before;
mod carry;
mod conclude;
mod confirm;
mod error;
mod keys;
mod numbers;
mod past;
mod record;
mod recover;
mod restart;
mod runtime;
mod standing;

pub use aim::Target;
pub use conclude::Switched;
pub use confirm::{Wait, Watched};
pub use error::SwitchError;
pub use recover::Recovered;
pub use restart::Restarted;
pub use runtime::Runtime;
pub use standing::Standing;

use crate::execute::Ledger;
use aim::Aim;
use carry::Carried;
use conclude::unrecorded;
use confirm::refuse_irreversible;
use phoenix_graph::FORMAT;
use phoenix_host::HostError;
use phoenix_plan::{Consent, MachineFiles, Plan, machine_files, rendered};
use phoenix_store::{Cause, Generation, Outcome, Pending, Record, Store};
use std::collections::BTreeMap;

/// Says that a switch that has to be confirmed has nobody who would go back from it.
#[derive(Debug, thiserror::Error)]
#[error("nobody would wait for the confirmation: {0}")]
struct Unwatched(#[source] Cause);

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
            self.write_again(&aim)?;
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
        let illegal = |fault| SwitchError::Illegal(Box::new(fault));
        let files = rendered(&aim.graph).map_err(illegal)?;
        let of_machines = machine_files(&aim.graph).map_err(illegal)?;
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
        self.write_files(&aim, &files, &of_machines)?;
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
        let Some(journal) = journal else { return Err(SwitchError::Host(HostError::PowerLost)) };
        let watched = match (wait, current) {
            (Some(wait), Some(from)) => {
                let transaction = journal.id().clone();
                let pending =
                    Pending { format: FORMAT, transaction, from, to: aim.to, seconds: wait.seconds };
                match self.durable(|store| store.put_pending(&pending)) {
                    Ok(()) => (wait.watcher)(&pending),
                    Err(lost @ SwitchError::Host(HostError::PowerLost)) => return Err(lost),
                    Err(error) => Err(error.into()),
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
            Err(reason) => Carried::failed(Unwatched(reason)),
        };
        self.conclude(&mut generation, aim.graph.host(), current, aim.to, &ledger, carried)
    }

    /// Writes the files of a generation, and what proves them.
    fn write_files(
        &self,
        aim: &Aim,
        files: &BTreeMap<Box<str>, String>,
        of_machines: &MachineFiles,
    ) -> Result<(), SwitchError> {
        if aim.to != aim.number {
            // Until all are written nothing proves them.
            self.durable(|store| store.forget_hashes(aim.to))?;
        }
        self.durable(|store| store.put_rendered(aim.to, files))?;
        self.durable(|store| store.put_machine_files(aim.to, of_machines))?;
        self.durable(|store| store.put_hashes(aim.to, files, of_machines))
    }

    /// Writes the files of a generation that holds anew, where somebody changed them, or an earlier version wrote them. The
    /// plan is empty then: what is in force is what is rendered, so no journal is needed.
    fn write_again(&self, aim: &Aim) -> Result<(), SwitchError> {
        // A generation of an earlier version may have what this one does not write; it stays as it is.
        let (Ok(files), Ok(of_machines)) = (rendered(&aim.graph), machine_files(&aim.graph)) else {
            return Ok(());
        };
        if self.store.has_files(aim.to, &files, &of_machines)? {
            return Ok(());
        }
        self.write_files(aim, &files, &of_machines)
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
}
