//! What is told, for people, while a host is being changed.

use phoenix_host::HostError;
use phoenix_plan::{Action, Warning};

/// Is told what happens, for people; it decides nothing.
pub trait Events: Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// So many datasets are snapshot first.
    Snapshots(usize),
    /// An action begins.
    Begin(&'a Action),
    /// An action is done.
    Done(&'a Action),
    /// `exportfs` complained, perhaps of somebody else's entry: the look after it decides.
    Complained(&'a HostError),
    /// What is to be unmounted is still held by the NFS server's cache of exports, and is tried again.
    Waiting {
        /// What could not be done as yet.
        error: &'a HostError,
        /// For how many seconds it is waited.
        seconds: u64,
    },
    /// Everything was done; the host is looked at again.
    Verifying,
    /// Everything holds, and a pool goes on with this in the background, or has a checkpoint.
    Underway(&'a Warning),
    /// Something failed, and is being undone.
    Undoing(&'a str),
    /// A retired dataset or a snapshot was destroyed, with all that was in it.
    Destroyed {
        /// Which.
        what: &'a str,
        /// Its number among all that go, from 1.
        number: usize,
        /// How many go in all.
        all: usize,
    },
}
