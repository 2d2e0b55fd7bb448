//! What is remembered of generations that are gone: enough to know their snapshots and retired
//! datasets for this store's own, and to use no number twice. And which holds `gc` was about to take off.

use super::{
    Generation, Store, StoreError, durable,
    json::{read, write},
};
use phoenix_graph::{FORMAT, SnapshotName};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// An attempt of this store, recorded or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub number: u64,
    /// The generation that was current when it was made.
    pub parent: Option<u64>,
    /// When it was begun, in seconds since 1970-01-01 UTC.
    pub time: u64,
}

impl From<&Generation> for Past {
    fn from(generation: &Generation) -> Self {
        Self { number: generation.number, parent: generation.parent, time: generation.time }
    }
}

#[derive(Serialize, Deserialize)]
struct Attempts {
    format: u32,
    attempts: Vec<Past>,
}

#[derive(Serialize, Deserialize)]
struct Released {
    format: u32,
    snapshots: BTreeMap<SnapshotName, u64>,
}

impl Store {
    /// Lists the attempts whose records are gone, by number.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read.
    pub fn past(&self) -> Result<BTreeMap<u64, Past>, StoreError> {
        let read: Option<Attempts> = read(&self.past_file())?;
        let attempts = read.map(|read| read.attempts).unwrap_or_default();
        Ok(attempts.into_iter().map(|past| (past.number, past)).collect())
    }

    /// Remembers attempts, whose records may then go.
    ///
    /// # Errors
    /// [`StoreError`] where the file cannot be written.
    pub fn put_past(&self, more: &[Past]) -> Result<(), StoreError> {
        let mut all = self.past()?;
        all.extend(more.iter().map(|past| (past.number, *past)));
        write(&self.past_file(), &Attempts { format: FORMAT, attempts: all.into_values().collect() })
    }

    /// Lists the snapshots, by name and GUID, that `gc` was about to take phoenix's hold off, and that it
    /// has not seen destroyed: without the hold they are still phoenix's.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read.
    pub fn released(&self) -> Result<BTreeMap<SnapshotName, u64>, StoreError> {
        let read: Option<Released> = read(&self.released_file())?;
        Ok(read.map(|read| read.snapshots).unwrap_or_default())
    }

    /// Remembers which holds are about to be taken off.
    ///
    /// # Errors
    /// [`StoreError`] where the file cannot be written.
    pub fn put_released(&self, snapshots: &BTreeMap<SnapshotName, u64>) -> Result<(), StoreError> {
        if snapshots.is_empty() {
            return durable::remove(&self.released_file());
        }
        write(&self.released_file(), &Released { format: FORMAT, snapshots: snapshots.clone() })
    }

    fn past_file(&self) -> PathBuf {
        self.root().join("past.json")
    }

    fn released_file(&self) -> PathBuf {
        self.root().join("released.json")
    }
}
