//! What stood before phoenix set it, kept beside the generation that is current: see [`phoenix_plan::Before`].

use super::{Store, StoreError, json};
use phoenix_graph::FORMAT;
use phoenix_plan::Before;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    before: Before,
}

impl Store {
    /// Reads what stood before phoenix set it, as a generation knows it; nothing where an earlier version made
    /// the generation, which noted nothing.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read.
    pub fn before(&self, generation: u64) -> Result<Option<Before>, StoreError> {
        let path = self.before_file(generation);
        let Some(file) = json::read::<File>(&path)? else { return Ok(None) };
        json::refuse_newer(file.format, &path)?;
        Ok(Some(file.before))
    }

    /// Writes what stood before phoenix set it, for as long as a generation is current.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn put_before(&self, generation: u64, before: &Before) -> Result<(), StoreError> {
        json::write(&self.before_file(generation), &File { format: FORMAT, before: before.clone() })
    }

    pub(super) fn before_file(&self, generation: u64) -> PathBuf {
        self.root().join("generations").join(generation.to_string()).join("before.json")
    }
}
