//! Keys, as they are kept.

use serde::{Deserialize, Serialize};

/// The key of an encryption root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The hash of the key.
    pub hash: Box<str>,
    /// Whether it is loaded.
    pub loaded: bool,
}
