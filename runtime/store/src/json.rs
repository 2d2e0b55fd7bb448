//! Files of the store that are JSON.

use super::{StoreError, durable, io_error, regular};
use phoenix_graph::FORMAT;
use serde::{Serialize, de::DeserializeOwned};
use std::{io::ErrorKind, path::Path};

/// Reads a file; nothing where there is none.
///
/// # Errors
/// [`StoreError`] where it is there and cannot be read.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    match regular::text(path) {
        Ok(text) => parse(text.as_bytes(), path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error("read", path)(error)),
    }
}

/// Reads the bytes of a file.
///
/// # Errors
/// [`StoreError::Unreadable`]
pub fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::unreadable(path, error))
}

/// Refuses a file that a later version of phoenix has written.
///
/// # Errors
/// [`StoreError::Unreadable`]
pub fn refuse_newer(format: u32, path: &Path) -> Result<(), StoreError> {
    if format <= FORMAT {
        return Ok(());
    }
    Err(StoreError::unreadable(path, format!("it has format {format}, which is newer than this phoenix")))
}

/// Writes a file in one line.
///
/// # Errors
/// [`StoreError`] where it cannot be written.
pub fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(value).map_err(|error| StoreError::unreadable(path, error))?;
    durable::write(path, &bytes, 0o644)
}

/// Writes a file that people may look at.
///
/// # Errors
/// [`StoreError`] where it cannot be written.
pub fn write_pretty<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|error| StoreError::unreadable(path, error))?;
    durable::write(path, &bytes, 0o644)
}
