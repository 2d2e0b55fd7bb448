//! A switch that waits to be confirmed: recorded before its first operation, and gone once it is
//! confirmed, undone or gone back from.

use super::{Lock, LockError, Store, StoreError, TransactionId, durable, io_error, json, regular};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

/// A switch that holds for good only once it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The format, [`phoenix_graph::FORMAT`].
    pub format: u32,
    pub transaction: TransactionId,
    /// The generation that was current before, and is again where nobody confirms.
    pub from: u64,
    /// The generation that waits.
    pub to: u64,
    /// How long it waits once it is current, in seconds.
    pub seconds: u64,
}

impl Store {
    /// Records that a switch is to be confirmed.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn put_pending(&self, pending: &Pending) -> Result<(), StoreError> {
        let path = self.pending_path();
        let mut bytes =
            serde_json::to_vec_pretty(pending).map_err(|error| StoreError::unreadable(&path, error))?;
        bytes.push(b'\n');
        durable::write(&path, &bytes, 0o600)
    }

    /// Reads which switch waits to be confirmed, where one does.
    ///
    /// # Errors
    /// [`StoreError`] where the record cannot be read, or is newer than this phoenix.
    pub fn pending(&self) -> Result<Option<Pending>, StoreError> {
        let path = self.pending_path();
        let bytes = match regular::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read", &path)(error)),
        };
        let pending: Pending = json::parse(&bytes, &path)?;
        json::refuse_newer(pending.format, &path)?;
        Ok(Some(pending))
    }

    /// Takes the record away: the switch no longer waits.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be removed.
    pub fn clear_pending(&self) -> Result<(), StoreError> {
        durable::remove(&self.pending_path())
    }

    /// Takes the place of the one that waits for a transaction's confirmation, until it is dropped.
    ///
    /// # Errors
    /// [`LockError::Held`] where somebody waits already.
    pub fn watch(&self, id: &TransactionId) -> Result<Lock, LockError> {
        let path = self.watch_path(id);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(io_error("open", &path))?;
        if file.try_lock().is_err() {
            return Err(LockError::Held(format!("somebody waits for the confirmation of {id} already")));
        }
        let line = format!("process {}\n", std::process::id());
        file.write_all(line.as_bytes()).map_err(io_error("write", &path))?;
        Ok(Lock::of(file))
    }

    /// Returns whether somebody waits for a transaction's confirmation.
    ///
    /// # Errors
    /// [`StoreError::Io`] where that cannot be seen.
    pub fn is_watched(&self, id: &TransactionId) -> Result<bool, StoreError> {
        let path = self.watch_path(id);
        match File::open(&path) {
            Ok(file) => Ok(file.try_lock_shared().is_err()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io_error("open", &path)(error)),
        }
    }

    /// Returns where the one that waits for a confirmation writes what it has to tell.
    #[must_use]
    pub fn watch_log(&self, id: &TransactionId) -> PathBuf {
        self.transaction_folder(id).join("confirm.log")
    }

    fn pending_path(&self) -> PathBuf {
        self.root().join("pending")
    }

    fn watch_path(&self, id: &TransactionId) -> PathBuf {
        self.transaction_folder(id).join("watch")
    }
}
