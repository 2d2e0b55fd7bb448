//! Where a file system is to be mounted, by its mount point.

use phoenix_host::observed::{DatasetState, mount::plain};

/// Returns the path that a mount point comes to.
pub fn path_of(state: &DatasetState) -> Option<Box<str>> {
    state.value("mountpoint").filter(|path| path.starts_with('/')).map(|path| plain(path).into())
}
