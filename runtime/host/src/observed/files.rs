//! Links to rendered files, as they are seen.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What stands where a link is to stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkState {
    /// Nothing.
    Missing,
    /// A symbolic link to this target.
    Link(PathBuf),
    /// A file, a folder or something else.
    Other,
}
