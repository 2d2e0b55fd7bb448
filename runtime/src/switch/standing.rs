//! How a host stands to its current generation: what differs, what is missing, what is not phoenix's.

use super::{Runtime, SwitchError, Target};
use crate::{
    foreign::{Foreign, foreign, missing},
    host::HostError,
    plan::{Consent, Plan, query},
};
use phoenix_graph::Key;

/// How a host stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The way back to what the generation says: its differences are drift.
    pub drift: Plan,
    /// What the generation says and is not there at all.
    pub missing: Vec<Key>,
    /// What is there and is not the generation's.
    pub foreign: Vec<Foreign>,
}

impl Runtime<'_> {
    /// Tells how the host stands to the current generation, by one look.
    ///
    /// # Errors
    /// As [`Runtime::plan`]; [`SwitchError::NoParent`] where nothing is current.
    pub fn standing(&self) -> Result<Standing, SwitchError> {
        let current = self.store.current_number()?.ok_or(SwitchError::NoParent)?;
        let aim = self.aim(&Target::Generation(current), &Consent::default())?;
        let mut query = query(&aim.graph, Some(&aim.graph), self.store.root());
        query.foreign = true;
        let seen = self.host.observe(&query).map_err(|error| match error {
            HostError::PowerLost => SwitchError::PowerLost,
            error => error.into(),
        })?;
        Ok(Standing {
            missing: missing(&seen, &aim.graph),
            foreign: foreign(&seen, &aim.graph),
            drift: self.plan_from(&aim, &seen)?,
        })
    }
}
