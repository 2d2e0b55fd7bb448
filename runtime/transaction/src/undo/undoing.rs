//! An undoing under way: what was seen last, and what is told of it.

use super::names::Names;
use crate::{events::Events, patience};
use phoenix_graph::DatasetName;
use phoenix_host::{
    Host, HostError,
    observed::{Observed, Query},
    op::Op,
};
use phoenix_plan::Inverse;
use std::collections::BTreeSet;

/// What undoing could not, or would not, take back.
#[derive(Debug, Default)]
pub struct Undone {
    /// What was kept because it holds something, or because it cannot be taken back.
    pub kept: Vec<String>,
    /// What failed, with its error.
    pub failed: Vec<String>,
}

/// An undoing under way.
pub struct Undoing<'a> {
    pub host: &'a dyn Host,
    /// Is told what is waited for.
    pub events: &'a dyn Events,
    pub owner: &'a str,
    pub number: u64,
    /// The last look, as long as nothing was done since.
    pub seen: Option<Observed>,
    pub query: Query,
    pub undone: Undone,
    /// Whether the key that was needed last could not be loaded, though nobody has to type it.
    pub key_failed: bool,
    /// What was found to be there already when it was to be made: it is somebody else's.
    pub found: &'a BTreeSet<DatasetName>,
    /// What could not be unmade: what contains it is left, too, until that is tried again.
    pub stuck: BTreeSet<DatasetName>,
    /// Those of them that something failed on, which can be tried again.
    pub stuck_by_failure: BTreeSet<DatasetName>,
    /// What is left unmounted, and told.
    pub unmounted: BTreeSet<DatasetName>,
    /// What could not be taken back: that is known by the name that it has now, which it keeps until then.
    pub unset: BTreeSet<DatasetName>,
    /// The names that what was renamed has had.
    pub names: Names<'a>,
    /// What has not got its name back: the name before and the one after of each. What has to do with those waits, too.
    pub held_up: Vec<[DatasetName; 2]>,
    /// Names that what had them before could not be given back: what bears one meanwhile is another.
    pub missing: BTreeSet<DatasetName>,
}

impl Undoing<'_> {
    /// Returns what was seen last, or looks anew where something was done since.
    pub fn look(&mut self) -> Result<Observed, HostError> {
        match self.seen.take() {
            Some(seen) => Ok(seen),
            None => self.host.observe(&self.query),
        }
    }

    /// Looks at what something is about, by the name that this has by now, as well.
    pub fn look_for(&mut self, inverse: &Inverse) -> Result<Observed, HostError> {
        let seen = self.look()?;
        let holds = inverse.where_it_holds(&seen);
        // Of the others everything is seen, whatever their names are.
        let Some((inverse, name)) = holds.as_deref().and_then(|inverse| Some((inverse, inverse.dataset()?)))
        else {
            return Ok(seen);
        };
        let is_new = if let Inverse::FolderAbsent { folder, .. } = inverse {
            self.query.folders.insert((name.clone(), folder.clone()))
        } else {
            inverse.directory().is_some() && self.query.directories.insert(name.clone())
        };
        if is_new { self.host.observe(&self.query) } else { Ok(seen) }
    }

    /// Runs an operation; a failure is told, and undoing goes on with the rest.
    pub fn run(&mut self, op: &Op) -> Result<bool, HostError> {
        self.seen = None;
        // What is undone is undone to its end.
        match patience::perform(self.host, op, self.events, &|| false) {
            Ok(()) => Ok(true),
            Err(lost @ HostError::PowerLost) => Err(lost),
            // The last look tells whether what is ours is right.
            Err(HostError::Command { .. }) if op.is_about_others() => Ok(true),
            Err(error) => {
                self.undone.failed.push(error.to_string());
                Ok(false)
            }
        }
    }

    /// Runs operations until one fails; says whether none did.
    pub fn run_each(&mut self, ops: &[Op]) -> Result<bool, HostError> {
        for op in ops {
            if !self.run(op)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs operations until one fails; without any, the last look still holds.
    pub fn run_all(&mut self, ops: &[Op], seen: Observed) -> Result<(), HostError> {
        self.seen = Some(seen);
        for op in ops {
            if !self.run(op)? {
                break;
            }
        }
        Ok(())
    }

    /// Takes back what the planner knows how to: what waits for others goes as far as it can, and what stays is told.
    pub fn plainly(&mut self, inverse: &Inverse) -> Result<(), HostError> {
        let seen = self.look()?;
        let ops = inverse.goes(&seen).unwrap_or_else(|| inverse.ops(&seen));
        self.undone.kept.extend(inverse.kept(&seen).filter(|text| !self.undone.kept.contains(text)));
        self.run_all(&ops, seen)
    }
}
