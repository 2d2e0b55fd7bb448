//! Which snapshots this store's switches took, by their GUIDs: a name may be changed by others, as
//! `zfs receive` does.

use super::{Store, StoreError, json};
use phoenix_graph::{FORMAT, SnapshotName};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

#[derive(Clone, Serialize, Deserialize)]
struct File {
    format: u32,
    /// By GUID, the number of the attempt.
    snapshots: BTreeMap<u64, u64>,
    /// By GUID, the name that it was given; earlier versions did not write it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: BTreeMap<u64, SnapshotName>,
}

impl Store {
    /// Lists the snapshots that switches took, by GUID, each with the number of its attempt. Those that
    /// earlier versions took are not on record, and are known by their names alone.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read.
    pub fn taken(&self) -> Result<BTreeMap<u64, u64>, StoreError> {
        Ok(self.read_taken()?.snapshots)
    }

    /// Lists the names that snapshots were given when switches took them, by GUID.
    ///
    /// # Errors
    /// As [`Store::taken`].
    pub fn taken_names(&self) -> Result<BTreeMap<u64, SnapshotName>, StoreError> {
        Ok(self.read_taken()?.names)
    }

    /// Writes down which snapshots an attempt took.
    ///
    /// # Errors
    /// As [`Store::taken`]; where the file cannot be written.
    pub fn note_taken(&self, number: u64, guids: &BTreeMap<SnapshotName, u64>) -> Result<(), StoreError> {
        let mut file = self.read_taken()?;
        file.snapshots.extend(guids.values().map(|guid| (*guid, number)));
        file.names.extend(guids.iter().map(|(name, guid)| (*guid, name.clone())));
        self.write_taken(&file)
    }

    /// Forgets snapshots that are destroyed: no other ever has their GUIDs.
    ///
    /// # Errors
    /// As [`Store::note_taken`].
    pub fn forget_taken(&self, gone: &BTreeSet<u64>) -> Result<(), StoreError> {
        let mut file = self.read_taken()?;
        file.snapshots.retain(|guid, _| !gone.contains(guid));
        file.names.retain(|guid, _| !gone.contains(guid));
        self.write_taken(&file)
    }

    fn read_taken(&self) -> Result<File, StoreError> {
        let nothing = || File { format: FORMAT, snapshots: BTreeMap::new(), names: BTreeMap::new() };
        Ok(json::read(&self.taken_file())?.unwrap_or_else(nothing))
    }

    fn write_taken(&self, file: &File) -> Result<(), StoreError> {
        json::write(&self.taken_file(), &File { format: FORMAT, ..file.clone() })
    }

    fn taken_file(&self) -> PathBuf {
        self.root().join("snapshots.json")
    }
}
