//! Which snapshots this store's switches took, by their GUIDs: a name may be changed by others, as
//! `zfs receive` does.

use super::{Store, StoreError, durable, io_error, regular};
use phoenix_graph::FORMAT;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io::ErrorKind, path::PathBuf};

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    /// By GUID, the number of the attempt.
    snapshots: BTreeMap<u64, u64>,
}

impl Store {
    /// Lists the snapshots that switches took, by GUID, each with the number of its attempt. Those that
    /// earlier versions took are not on record, and are known by their names alone.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read.
    pub fn taken(&self) -> Result<BTreeMap<u64, u64>, StoreError> {
        let path = self.taken_file();
        let text = match regular::text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(io_error("read", &path)(error)),
        };
        let unreadable = |error: serde_json::Error| StoreError::Unreadable {
            path: path.clone(),
            reason: error.to_string(),
        };
        serde_json::from_str(&text).map(|file: File| file.snapshots).map_err(unreadable)
    }

    /// Writes which snapshots switches took.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn put_taken(&self, snapshots: &BTreeMap<u64, u64>) -> Result<(), StoreError> {
        let path = self.taken_file();
        let text = serde_json::to_string(&File { format: FORMAT, snapshots: snapshots.clone() })
            .map_err(|error| StoreError::Unreadable { path: path.clone(), reason: error.to_string() })?;
        durable::write(&path, text.as_bytes(), 0o644)
    }

    fn taken_file(&self) -> PathBuf {
        self.root().join("snapshots.json")
    }
}
