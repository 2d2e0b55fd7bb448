//! Files of keys, as they are seen.

use serde::{Deserialize, Serialize};

/// A file that a key is to be in. What is in it is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyFile {
    /// It is not there.
    Missing,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// It has so many bytes.
    Bytes(u64),
}
