//! Pins: generations that `gc` keeps until they are unpinned, one small file each.

use super::{Store, StoreError, durable, io_error, json, regular};
use phoenix_graph::FORMAT;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io::ErrorKind, path::PathBuf};

/// A pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The format of this file, [`phoenix_graph::FORMAT`].
    pub format: u32,
    pub number: u64,
    /// What it is kept for, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was pinned, in seconds since 1970-01-01 UTC.
    pub time: u64,
    /// Who pinned it.
    pub who: String,
}

impl Pin {
    /// Makes a pin.
    #[must_use]
    pub fn new(number: u64, note: Option<String>, time: u64, who: String) -> Self {
        Self { format: FORMAT, number, note, time, who }
    }
}

impl Store {
    /// Lists the pins by generation.
    ///
    /// # Errors
    /// [`StoreError`] where one cannot be read: what it keeps would be lost.
    pub fn pins(&self) -> Result<BTreeMap<u64, Pin>, StoreError> {
        let folder = self.root().join("pins");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(io_error("read the folder", &folder)(error)),
        };
        let mut pins = BTreeMap::new();
        for entry in entries {
            let entry = entry.map_err(io_error("read the folder", &folder))?;
            let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok()) else {
                continue;
            };
            let path = entry.path();
            let text = regular::text(&path).map_err(io_error("read", &path))?;
            pins.insert(number, json::parse(text.as_bytes(), &path)?);
        }
        Ok(pins)
    }

    /// Pins a generation, over an older pin.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn put_pin(&self, pin: &Pin) -> Result<(), StoreError> {
        durable::private_folder(&self.root().join("pins"))?;
        json::write_pretty(&self.pin_file(pin.number), pin)
    }

    /// Takes a pin away.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be removed.
    pub fn remove_pin(&self, number: u64) -> Result<(), StoreError> {
        durable::remove(&self.pin_file(number))
    }

    fn pin_file(&self, number: u64) -> PathBuf {
        self.root().join("pins").join(number.to_string())
    }
}
