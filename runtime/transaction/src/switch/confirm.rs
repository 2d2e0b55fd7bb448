//! A switch that goes back by itself unless somebody confirms it.
//!
//! That it waits is recorded before its first operation, and somebody who outlives the terminal
//! watches from then on. Whatever happens to the switch, it ends in one of two ways: confirmed, or
//! exactly the generation that was current before.

use super::{Recovered, Runtime, SwitchError, carry::Carried};
use crate::execute::Ledger;
use phoenix_plan::{Plan, Reversibility};
use phoenix_store::{Cause, Pending, Record, Store, TransactionId};
use std::collections::BTreeSet;

/// How a switch waits to be confirmed.
pub struct Wait<'a> {
    /// How long, once the generation is current, in seconds.
    pub seconds: u64,
    /// Starts the one that watches; returns once it does, or why it does not.
    pub watcher: &'a dyn Fn(&Pending) -> Result<(), Cause>,
}

/// What came of waiting for a confirmation, seen from the one that watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// The switch is under way.
    UnderWay,
    /// The generation is current, and waits.
    Waiting,
    /// It was confirmed, undone or gone back from: there is nothing to watch any more.
    Over,
    /// The switch was cut off: whoever carried it out is gone.
    CutOff,
}

impl Runtime<'_> {
    /// Confirms the generation that waits, and returns its number; nothing where none waits.
    ///
    /// # Errors
    /// [`SwitchError::Lock`] while the switch is still under way, or is being gone back from.
    pub fn confirm(&self) -> Result<Option<u64>, SwitchError> {
        let _lock = self.store.lock("confirm")?;
        self.refuse_open()?;
        let Some(pending) = self.store.pending()? else { return Ok(None) };
        self.store.clear_pending()?;
        let current = self.store.current_number()?;
        Ok((current == Some(pending.to)).then_some(pending.to))
    }

    /// Tells how a switch that waits to be confirmed stands.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn watched(&self, id: &TransactionId) -> Result<Watched, SwitchError> {
        // The lock is looked at first: who has it may end the switch between the two looks, and then
        // the second one sees that.
        let busy = self.store.lock_holder()?.is_some();
        if self.store.pending()?.is_none_or(|pending| pending.transaction != *id) {
            return Ok(Watched::Over);
        }
        let open = self.store.open_transaction()?.is_some_and(|open| open.id == *id);
        Ok(match (open, busy) {
            (_, true) => Watched::UnderWay,
            (true, false) => Watched::CutOff,
            (false, false) => Watched::Waiting,
        })
    }

    /// Goes back from a generation that nobody confirmed: its switch is undone, wherever it stands. Says nothing where it does not wait any more.
    ///
    /// # Errors
    /// As [`Runtime::switch`]; the generation then still waits.
    pub fn give_up(&self, id: &TransactionId) -> Result<Option<Recovered>, SwitchError> {
        let _lock = self.store.lock("confirm")?;
        if self.store.pending()?.is_none_or(|pending| pending.transaction != *id) {
            return Ok(None);
        }
        let recovered = self.recover_locked(false, &mut |_| true).map_err(|error| self.left_open(error))?;
        Ok(self.go_back().map_err(|error| self.left_open(error))?.or(recovered))
    }

    /// Undoes the switch to the generation that waits, where one does, from its journal: what was set
    /// is set back, and so is what no spec speaks of. The lock is held, and no journal is open.
    pub(super) fn go_back(&self) -> Result<Option<Recovered>, SwitchError> {
        let Some(pending) = self.store.pending()? else { return Ok(None) };
        let generation = self.store.current_number()?;
        if generation != Some(pending.to) {
            self.durable(Store::clear_pending)?;
            return Ok(Some(Recovered::Undone { generation, kept: Vec::new(), instead: None }));
        }
        let done = self.store.transaction(pending.transaction.clone())?;
        let from = self.store.generation(pending.from)?;
        let graph = self.store.recorded(&from.system)?;
        self.pools_are_there(&done, Some(&graph))?;
        let reason = format!("nobody confirmed it within {} s", pending.seconds);
        let ledger = Ledger::new(self.host, self.store.journal(pending.transaction.clone())?);
        ledger.write(&Record::Undoing { reason: reason.clone(), found: BTreeSet::new() })?;
        self.durable(|store| store.reopen(&pending.transaction))?;
        let mut generation = self.store.generation(done.number)?;
        let carried = Carried { plans: done.plans, ..Carried::failed(reason) };
        let host = self.store.recorded(&generation.system)?.host().clone();
        match self.conclude(&mut generation, &host, Some(pending.from), pending.to, &ledger, carried) {
            Err(SwitchError::Failed { kept, .. }) => {
                Ok(Some(Recovered::Undone { generation: Some(pending.from), kept, instead: None }))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(None),
        }
    }

    /// Refuses while a generation waits to be confirmed.
    pub(super) fn refuse_pending(&self) -> Result<(), SwitchError> {
        match self.store.pending()? {
            Some(pending) => Err(SwitchError::Unconfirmed { number: pending.to }),
            None => Ok(()),
        }
    }
}

/// Refuses to wait for what could not be gone back from.
pub(super) fn refuse_irreversible(plan: &Plan) -> Result<(), SwitchError> {
    let lasting = plan.actions.iter().find(|action| action.class != Reversibility::Reversible);
    match lasting {
        None => Ok(()),
        Some(action) => Err(SwitchError::NotConfirmable {
            reason: format!("what it does to {} cannot be undone", action.subject),
            help: "switch to that alone first, without `--confirm-within`; then to the rest",
        }),
    }
}
