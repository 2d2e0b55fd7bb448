//! The end of a transaction: a generation is committed, or everything is undone.

use super::{
    Runtime, SwitchError,
    carry::{Carried, ExecuteFailure},
};
use crate::{
    execute::{Event, ExecuteError, Ledger},
    undo::undo,
};
use phoenix_graph::HostName;
use phoenix_host::HostError;
use phoenix_store::{Cause, Generation, Outcome, Record, Store, StoreError};

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
        generation: u64,
        /// How many actions brought it about.
        actions: usize,
    },
    /// The current generation was not what the host had; now it is.
    Repaired {
        generation: u64,
        /// How many actions it took.
        actions: usize,
    },
}

impl Runtime<'_> {
    /// Commits, or undoes.
    pub(super) fn conclude(
        &self,
        generation: &mut Generation,
        host: &HostName,
        from: Option<u64>,
        to: u64,
        ledger: &Ledger<'_>,
        carried: Carried,
    ) -> Result<Switched, SwitchError> {
        // Nothing is made, and no typed key loaded, once it has come to its end: undoing takes none.
        self.forget_keys();
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
                let unrecorded = unrecorded("everything was done and holds");
                let known = self.before_after(from, generation, &carried.plans).map_err(SwitchError::Store);
                let known = known.map_err(&unrecorded)?;
                self.durable(|store| store.put_before(to, &known)).map_err(&unrecorded)?;
                self.commit(generation, to, ledger).map_err(&unrecorded)?;
                let actions = carried.actions;
                return Ok(if from == Some(to) {
                    Switched::Repaired { generation: to, actions }
                } else {
                    Switched::To { generation: to, actions }
                });
            }
            Err(ExecuteFailure::Lost(lost)) => return Err(lost.into()),
            Err(ExecuteFailure::Failed(reason)) => reason,
        };
        let told = reason.to_string();
        self.events.event(Event::Undoing(&told));
        // A journal that can no longer be written does not keep from undoing: it says what was begun.
        let noted = ledger.write(&Record::Undoing { reason: told.clone(), found: carried.found.clone() });
        if let Err(ExecuteError::Lost(lost)) = noted {
            return Err(lost.into());
        }
        let undone = match undo(self.host, host.as_str(), &carried.plans, &carried.found, self.events) {
            Err(lost @ HostError::PowerLost) => return Err(lost.into()),
            Err(error) => {
                let failed = vec![error.to_string()];
                return self.degrade(generation, reason, failed, Vec::new());
            }
            Ok(undone) => undone,
        };
        if !undone.failed.is_empty() {
            return self.degrade(generation, reason, undone.failed, undone.kept);
        }
        self.record_undone(generation.number, host, &carried.plans).map_err(unrecorded("it was undone"))?;
        self.end_undone(generation, from, told, ledger).map_err(unrecorded("it was undone"))?;
        Err(SwitchError::Failed { reason, kept: undone.kept })
    }

    /// Records that a switch was undone: what is current, its outcome, and the journal's end.
    fn end_undone(
        &self,
        generation: &mut Generation,
        from: Option<u64>,
        reason: String,
        ledger: &Ledger<'_>,
    ) -> Result<(), SwitchError> {
        if let Some(from) =
            from.filter(|from| self.store.current_number().is_ok_and(|now| now != Some(*from)))
        {
            // It had come to hold, and nobody confirmed it.
            self.durable(|store| store.set_current(from))?;
        }
        generation.outcome = Outcome::Failed { reason };
        self.durable(|store| store.put_generation(generation))?;
        if self.store.pending()?.is_some_and(|pending| pending.transaction == ledger.id()) {
            self.durable(Store::clear_pending)?;
        }
        self.end(ledger, generation.outcome.clone())
    }

    /// Records that a generation holds: its outcome, `current`, and the journal's end, in this order.
    fn commit(&self, generation: &Generation, to: u64, ledger: &Ledger<'_>) -> Result<(), SwitchError> {
        self.durable(|store| store.put_generation(generation))?;
        self.durable(|store| store.set_current(to))?;
        self.end(ledger, generation.outcome.clone())
    }

    /// Leaves the journal open: only `recover` goes on from here.
    fn degrade(
        &self,
        generation: &mut Generation,
        reason: Cause,
        mut failed: Vec<String>,
        kept: Vec<String>,
    ) -> Result<Switched, SwitchError> {
        generation.outcome =
            Outcome::Degraded { reason: format!("{reason}; undoing: {}", failed.join("; ")) };
        match self.durable(|store| store.put_generation(generation)) {
            Err(lost @ SwitchError::Host(HostError::PowerLost)) => Err(lost),
            Ok(()) => Err(SwitchError::Degraded { reason, failed, kept }),
            Err(error) => {
                // The journal is open, which says the same.
                failed.push(format!("that could not be recorded: {error}"));
                Err(SwitchError::Degraded { reason, failed, kept })
            }
        }
    }

    fn end(&self, ledger: &Ledger<'_>, outcome: Outcome) -> Result<(), SwitchError> {
        ledger.write(&Record::End { outcome })?;
        self.durable(Store::close)
    }

    /// Does something that lasts, with the simulator's leave before and after.
    pub(crate) fn durable(
        &self,
        mut act: impl FnMut(&Store) -> Result<(), StoreError>,
    ) -> Result<(), SwitchError> {
        let pulse = || match self.host.pulse() {
            Ok(()) => Ok(()),
            Err(lost @ HostError::PowerLost) => Err(lost.into()),
            Err(_) => Err(SwitchError::Store(self.store.no_room())),
        };
        pulse()?;
        act(self.store)?;
        pulse()
    }
}

/// Says of an error of the store how the host stands, which could not be recorded.
pub(super) fn unrecorded(stands: &'static str) -> impl Fn(SwitchError) -> SwitchError {
    move |error| match error {
        SwitchError::Store(error) => SwitchError::Unrecorded { stands, error },
        other => other,
    }
}
