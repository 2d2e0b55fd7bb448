//! The record of what is ours, in one file.

use super::{Store, StoreError, json};
use phoenix_graph::{FORMAT, HostName};
use phoenix_plan::record::{Entry, Record};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::PathBuf};

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    hosts: BTreeSet<HostName>,
    datasets: Vec<Entry>,
}

impl Store {
    /// Reads what is ours; nothing where no switch has written it yet.
    ///
    /// # Errors
    /// [`StoreError`] where the file is there and cannot be read, or is newer than this phoenix.
    pub fn record(&self) -> Result<Option<Record>, StoreError> {
        let path = self.record_file();
        let Some(Stored { format, hosts, datasets }) = json::read(&path)? else { return Ok(None) };
        json::refuse_newer(format, &path)?;
        let entries = datasets.into_iter().map(|entry| (entry.identity, entry)).collect();
        Ok(Some(Record { hosts, entries }))
    }

    /// Writes what is ours.
    ///
    /// # Errors
    /// [`StoreError`] where the file cannot be written.
    pub fn put_record(&self, record: &Record) -> Result<(), StoreError> {
        let datasets = record.entries.values().cloned().collect();
        json::write(&self.record_file(), &Stored { format: FORMAT, hosts: record.hosts.clone(), datasets })
    }

    fn record_file(&self) -> PathBuf {
        self.root().join("record.json")
    }
}
