//! What stood before phoenix set it, kept beside the generation that is current: see [`phoenix_plan::Before`].

use super::{Store, StoreError, durable, io_error, regular};
use phoenix_graph::FORMAT;
use phoenix_plan::Before;
use serde::{Deserialize, Serialize};
use std::{io::ErrorKind, path::PathBuf};

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
        let text = match regular::text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read", &path)(error)),
        };
        let unreadable = |reason: String| StoreError::Unreadable { path: path.clone(), reason };
        let file: File = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        if file.format > FORMAT {
            return Err(unreadable(format!(
                "it has format {}, which is newer than this phoenix",
                file.format
            )));
        }
        Ok(Some(file.before))
    }

    /// Writes what stood before phoenix set it, for as long as a generation is current.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn put_before(&self, generation: u64, before: &Before) -> Result<(), StoreError> {
        let path = self.before_file(generation);
        let text = serde_json::to_string(&File { format: FORMAT, before: before.clone() })
            .map_err(|error| StoreError::Unreadable { path: path.clone(), reason: error.to_string() })?;
        durable::write(&path, text.as_bytes(), 0o644)
    }

    pub(super) fn before_file(&self, generation: u64) -> PathBuf {
        self.root().join("generations").join(generation.to_string()).join("before.json")
    }
}
