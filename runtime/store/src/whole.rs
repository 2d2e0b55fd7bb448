//! Whether what is on record is all that there was. What is missing was lost, or taken away: whoever
//! concluded something from its absence would take a host with a past for a new one, and what an older
//! generation needs for what nobody needs.

use super::{Generation, Outcome, Store, StoreError};
use std::{collections::BTreeMap, fs, path::Path};

impl Store {
    /// Sees that nothing was ever current, where the link is missing.
    ///
    /// # Errors
    /// [`StoreError::NotWhole`] where a generation came to hold.
    pub(super) fn nothing_current(&self) -> Result<(), StoreError> {
        // The first switch is on record before the link is there: its journal is open then, and everything
        // that would conclude something from the link has it recovered first.
        if fs::symlink_metadata(self.open_link()).is_ok() {
            return Ok(());
        }
        let Some(last) = self.last_current()? else { return Ok(()) };
        Err(StoreError::NotWhole {
            path: self.root().join("current"),
            problem: "the link is missing, and generations came to hold".to_owned(),
            repair: format!(
                "the last switch on record went to generation {last}: where the host is as that says, \
                 `ln -sfn generations/{last} {}`",
                self.root().join("current").display()
            ),
        })
    }

    /// Says that the link to the current generation leads to one that is not there.
    pub(super) fn dangling(&self, number: u64) -> StoreError {
        let link = self.root().join("current");
        let last = self.last_current().ok().flatten();
        let last = last.map_or_else(
            || "restore it from a backup of the state folder".to_owned(),
            |last| {
                format!(
                    "restore it from a backup of the state folder; or, where the host is as generation {last} \
                     says, `ln -sfn generations/{last} {}`",
                    link.display()
                )
            },
        );
        StoreError::NotWhole {
            path: link,
            problem: format!("the link leads to generation {number}, which has no record"),
            repair: last,
        }
    }

    /// Returns the generation that the last switch on record that came to hold made current.
    fn last_current(&self) -> Result<Option<u64>, StoreError> {
        let went = self.generations()?.into_iter().rev().find_map(|one| match one.outcome {
            Outcome::Committed => Some(one.number),
            Outcome::WentTo { generation } => Some(generation),
            Outcome::Open | Outcome::Failed { .. } | Outcome::Degraded { .. } => None,
        });
        Ok(went)
    }

    /// Sees that every generation that something on record speaks of is on record itself, or is remembered
    /// as gone: whoever destroys what no kept generation needs has to know them all.
    ///
    /// # Errors
    /// [`StoreError::NotWhole`] with the first that is missing; [`StoreError`] where something cannot be read.
    pub fn whole(&self) -> Result<(), StoreError> {
        self.current()?;
        let recorded: BTreeMap<u64, Generation> =
            self.generations()?.into_iter().map(|one| (one.number, one)).collect();
        let past = self.past()?;
        let missing = |number: u64, why: String| {
            if recorded.contains_key(&number) || past.contains_key(&number) {
                return Ok(());
            }
            Err(self.lost(number, &why))
        };
        for (number, one) in &recorded {
            if let Some(parent) = one.parent {
                missing(parent, format!("generation {number} was made from it"))?;
            }
            if let Outcome::WentTo { generation } = one.outcome {
                missing(generation, format!("attempt {number} went to it"))?;
            }
        }
        for number in self.pins()?.into_keys() {
            missing(number, "it is pinned".to_owned())?;
        }
        if let Some(number) = self.in_force_number()? {
            missing(number, "its rendered files are in force".to_owned())?;
        }
        for number in self.numbers()? {
            if holds_something(&self.generation_folder(number)) {
                missing(number, "its folder is there".to_owned())?;
            }
        }
        for id in self.transactions()? {
            // One that cannot be read tells of nothing that is not told elsewhere.
            if let Ok(told) = self.transaction(id) {
                missing(told.number, "its journal is there".to_owned())?;
            }
        }
        Ok(())
    }

    fn lost(&self, number: u64, why: &str) -> StoreError {
        StoreError::NotWhole {
            path: self.generation_file(number),
            problem: format!("generation {number} has no record, and {why}"),
            repair:
                "restore the file from a backup of the state folder; what that generation needs cannot be \
                     known without it"
                    .to_owned(),
        }
    }
}

/// Returns whether a generation's folder holds more than what a switch leaves that was cut off before it began.
pub(super) fn holds_something(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return true };
    entries.flatten().any(|entry| !entry.file_name().to_string_lossy().starts_with(".new-"))
}
