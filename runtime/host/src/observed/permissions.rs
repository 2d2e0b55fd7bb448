//! Root directories of file systems, as they are seen.

use phoenix_graph::Mode;
use serde::{Deserialize, Serialize};

/// Who owns a directory, and who may do what in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    pub mode: Mode,
}

impl Directory {
    /// The root directory of a new file system.
    pub const NEW: Self = Self { owner: 0, group: 0, mode: Mode::NEW };
}
