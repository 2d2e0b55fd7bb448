//! Recovering: what a crash or a power cut left open is ended, back to what was, or on to what was
//! wanted.

use super::{Aim, Runtime, SwitchError, carry::Carried};
use crate::execute::Ledger;
use phoenix_graph::{DatasetName, Graph, Key, PoolName};
use phoenix_plan::{Before, Consent, Inverse, Kind, Plan, Subject, begun};
use phoenix_store::{Outcome, Store, Transaction};
use std::collections::BTreeSet;

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
        /// What was kept, because it holds something or cannot be taken back.
        kept: Vec<String>,
        /// Why it was not brought to its end, where that was asked for or tried.
        instead: Option<String>,
    },
}

impl Runtime<'_> {
    /// Ends what a crash or a power cut left open: back to what was, or, with `resume`, on to what
    /// was wanted. A generation that waits to be confirmed, and that nobody watches any more, is gone
    /// back from. Says nothing where nothing is open. Data that was going back is not brought further: that
    /// is always undone, unless all of it was seen to hold.
    ///
    /// # Errors
    /// [`SwitchError`], which says whether the host is as it was.
    pub fn recover(
        &self,
        resume: bool,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Result<Option<Recovered>, SwitchError> {
        let _lock = self.store.lock("recover")?;
        let recovered = self.recover_locked(resume, approve).map_err(|error| self.left_open(error))?;
        let Some(pending) = self.store.pending()? else { return Ok(recovered) };
        if resume && recovered.is_some() {
            // Whoever goes on with a switch is there, and wants it.
            self.durable(Store::clear_pending)?;
            return Ok(recovered);
        }
        // Where who watched is gone, as after a power cut, nobody can tell any more how long it waited.
        if self.store.is_watched(&pending.transaction)? {
            return Ok(recovered);
        }
        let number = pending.to;
        let unwatched =
            || format!("generation {number} waited to be confirmed, and nobody watches any more how long");
        let mut gone_back = self.go_back().map_err(|error| self.left_open(error))?;
        if let Some(Recovered::Undone { instead, .. }) = &mut gone_back {
            *instead = resume.then(unwatched);
        }
        Ok(gone_back)
    }

    /// Ends what was left open, if anything; the lock is held.
    pub(super) fn recover_locked(
        &self,
        resume: bool,
        approve: &mut dyn FnMut(&Plan) -> bool,
    ) -> Result<Option<Recovered>, SwitchError> {
        let Some(open) = self.store.open_transaction()? else { return Ok(None) };
        let mut generation = self.store.generation(open.number)?;
        if let Some(end) = &open.end {
            // Only the last strokes were missing.
            generation.outcome = end.clone();
            self.durable(|store| store.put_generation(&generation))?;
            self.durable(Store::close)?;
            let outcome = match end {
                Outcome::Committed | Outcome::WentTo { .. } => Recovered::Finished { generation: open.to },
                other => Recovered::Undone {
                    generation: open.from,
                    kept: Vec::new(),
                    instead: resume.then(|| ended(other)),
                },
            };
            return Ok(Some(outcome));
        }
        let graph = self.store.recorded(&open.system)?;
        let current = match open.from {
            Some(number) => {
                let from = self.store.generation(number)?;
                let graph = self.store.recorded(&from.system)?;
                Some((from, graph))
            }
            None => None,
        };
        self.pools_are_there(&open, current.as_ref().map(|(_, graph)| graph))?;
        let ledger = Ledger::new(self.host, self.store.journal(open.id.clone())?);
        let aim = Aim {
            graph,
            sources: Vec::new(),
            // What holds has its data already; what does not is undone.
            consent: Consent { with_data: BTreeSet::new(), ..open.consent.clone() },
            current,
            made: made(&open),
            coming_home: coming_home(&open),
            begun: open.plans.clone(),
            before: self.before(open.from)?,
            gives_back: open.to != open.number,
            number: open.number,
            to: open.to,
        };
        let mut plans = open.plans.clone();
        let there = self.store.current_number()? == Some(open.to);
        let way = way_on(&open, resume);
        let carried = match &way {
            // It was seen to hold, and `current` says so: only the record is missing.
            Ok(()) if open.holds && there => Carried { result: Ok(()), ..Carried::failed("") },
            Ok(()) => self.carry(&aim, None, open.plans.len(), &ledger, approve),
            Err(_) => {
                let reason = open.undoing.clone().unwrap_or_else(|| "it was cut off".to_owned());
                Carried { found: open.found.clone(), ..Carried::failed(reason) }
            }
        };
        plans.extend(carried.plans);
        let went_on = carried.result.is_ok();
        let carried = Carried { plans, ..carried };
        let host = aim.graph.host();
        match self.conclude(&mut generation, host, open.from, open.to, &ledger, carried) {
            Ok(_) => Ok(Some(Recovered::Finished { generation: open.to })),
            Err(SwitchError::Failed { reason, kept }) if !went_on => {
                let instead = match way {
                    Ok(()) => Some(reason.to_string()),
                    Err(why) => why,
                };
                Ok(Some(Recovered::Undone { generation: open.from, kept, instead }))
            }
            Err(error) => Err(error),
        }
    }

    /// Refuses to recover while a pool that the switch touched is not there: what is not seen would
    /// count as undone.
    pub(super) fn pools_are_there(
        &self,
        open: &Transaction,
        current: Option<&Graph>,
    ) -> Result<(), SwitchError> {
        let Some(current) = current else { return Ok(()) };
        let seen = self.look(current, None, &Before::new())?;
        // Where nothing but imports were begun, that a pool is not there is all that there is to undo.
        if begun(&open.plans).all(|action| action.kind == Kind::Import) {
            return Ok(());
        }
        let all = open.plans.iter().flat_map(|(plan, _)| &plan.actions);
        for pool in all.filter_map(|action| pool_of(&action.subject)) {
            let was_there = current.get(&Key::Pool(pool.clone())).is_some();
            if was_there && !seen.pools.contains_key(&pool) {
                return Err(SwitchError::PoolNotThere { pool });
            }
        }
        Ok(())
    }
}

/// Says whether an open switch can be gone on with.
///
/// # Errors
/// Why it cannot, where that was asked for.
fn way_on(open: &Transaction, resume: bool) -> Result<(), Option<String>> {
    if let Some(reason) = &open.undoing {
        return Err(resume.then(|| format!("it was being undone already: {reason}")));
    }
    if open.holds {
        return Ok(());
    }
    if !resume {
        return Err(None);
    }
    if !open.consent.with_data.is_empty() {
        return Err(Some("data was going back, and that is brought no further".to_owned()));
    }
    Ok(())
}

/// Says of a switch that had come to its end, and did not come about.
fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { reason } | Outcome::Degraded { reason } => {
            format!("it had been undone already: {reason}")
        }
        Outcome::Open | Outcome::Committed | Outcome::WentTo { .. } => {
            "it had been undone already".to_owned()
        }
    }
}

/// Returns the pool that an action's subject lies in.
fn pool_of(subject: &Subject) -> Option<PoolName> {
    match subject {
        Subject::Resource(Key::Pool(pool)) => Some(pool.clone()),
        Subject::Resource(Key::Dataset(name) | Key::Volume(name)) | Subject::Key(name) => Some(name.pool()),
        _ => None,
    }
}

/// Lists what a transaction had begun to bring home and still keeps its `canmount`, as its journal says: the
/// mark alone may be anybody's.
fn coming_home(open: &Transaction) -> BTreeSet<DatasetName> {
    let inverses =
        begun(&open.plans).filter(|action| action.kind == Kind::Restore).flat_map(|action| &action.inverses);
    inverses.filter_map(Inverse::keeps_canmount).cloned().collect()
}

/// Lists what a transaction made, as far as its journal says that it began to.
fn made(open: &Transaction) -> BTreeSet<Key> {
    // An export is made by the action on the rendered files.
    let files = open.plans.iter().flat_map(|(plan, _)| &plan.actions).filter(|action| action.ops.is_empty());
    let created = begun(&open.plans).chain(files).filter(|action| action.kind == Kind::Create);
    created
        .filter_map(|action| match &action.subject {
            Subject::Resource(key) => Some(key.clone()),
            Subject::Files | Subject::Mounts | Subject::Key(_) | Subject::Units => None,
        })
        .collect()
}
