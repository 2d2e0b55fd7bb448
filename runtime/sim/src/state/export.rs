//! Exports, as they are kept.

use serde::{Deserialize, Serialize};

/// One entry of the live export table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The exported path.
    pub path: Box<str>,
    /// The client.
    pub client: Box<str>,
    /// The options, joined by commas, as given.
    pub options: Box<str>,
}
