//! What the NFS server's cache of exports holds: a file system that clients have looked for, also in vain, is busy until
//! that is flushed, which works from a time on that lies ahead.

use crate::state::State;
use phoenix_graph::DatasetName;
use phoenix_host::{HostError, text::complaints::Complaint};

impl State {
    /// Returns whether a file system cannot be unmounted, whoever holds it.
    pub fn is_held_open(&self, name: &DatasetName) -> bool {
        self.busy.contains(name) || self.remembered.contains_key(name)
    }

    /// Lets time pass, in seconds.
    pub fn pass(&mut self, seconds: u64) {
        self.remembered.retain(|_, left| {
            *left = left.saturating_sub(seconds);
            *left > 0
        });
    }

    /// Says of what could not be unmounted for how long it has to be waited for, where the server alone holds it.
    pub(super) fn remembered(&self, name: &DatasetName, error: HostError) -> HostError {
        let tree = self.subtree(name);
        let left = tree.iter().filter_map(|name| self.remembered.get(name)).max();
        match left {
            Some(left)
                if error.complains_of(Complaint::Busy)
                    && !tree.iter().any(|name| self.busy.contains(name)) =>
            {
                HostError::Remembered { error: Box::new(error), seconds: *left }
            }
            _ => error,
        }
    }
}
