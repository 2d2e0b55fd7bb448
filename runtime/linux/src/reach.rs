//! What a host is reached by: the places of its files, processes, and the keys that a person typed.

use crate::{LinuxPaths, run::Runner, secret_file};
use phoenix_host::{HostError, op::Op, secret::Keys};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

/// What a host is reached by.
#[derive(Debug)]
pub struct Reach {
    pub paths: LinuxPaths,
    pub runner: Runner,
    /// The keys that were typed.
    pub keys: Mutex<Keys>,
    /// Is held while one of Proxmox's tools changes something.
    pub proxmox: Mutex<()>,
    /// The digest of `storage.cfg` as it was looked at last, or as the last change from here left it.
    pub registry: Mutex<Option<String>>,
}

impl Reach {
    /// Runs the command of an operation; where its key was typed, or a file holds its password, that comes on standard
    /// input, with the end of the line. Without it the input is empty, and the command refuses by itself.
    pub fn change(&self, op: &Op) -> Result<(), HostError> {
        self.change_as(op, &op.argv().unwrap_or_default())
    }

    /// Runs the command of an operation by these arguments.
    pub fn change_as(&self, op: &Op, argv: &[String]) -> Result<(), HostError> {
        if let Some(file) = op.input() {
            return self.runner.change_with(argv, &secret_file::password(Path::new(file))?);
        }
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match op.asked().and_then(|asked| keys.get(&asked.dataset).cloned()) {
            Some(key) => self.runner.change_with(argv, &key),
            None => self.runner.change(argv),
        }
    }

    /// Waits until udev has done with new devices: it opens a volume that was just made or renamed, to
    /// probe it, and until then `zfs destroy` says that it is busy; and its links follow a moment later.
    pub fn settle(&self) {
        // Where udev is not there or slow, what follows is tried all the same and tells its own error.
        let _ = self.runner.look(&["udevadm", "settle", "--timeout=10"]);
    }
}
