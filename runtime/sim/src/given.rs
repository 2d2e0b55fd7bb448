//! What the simulator is given besides its state.

use phoenix_host::secret::Keys;
use std::path::{Path, PathBuf};

/// What operations go by besides the state.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub roots: &'a Roots,
    /// The keys that were typed.
    pub keys: &'a Keys,
}

/// Which paths are real.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The folder below which links and files are those of the real file system.
    pub real: PathBuf,
}

impl Roots {
    /// Returns whether a path is one of the real file system.
    pub fn is_real(&self, path: &Path) -> bool {
        path.starts_with(&self.real)
    }
}
