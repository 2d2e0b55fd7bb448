//! The store: immutable objects, generations, the lock and the journals, below one state folder.
//!
//! ```text
//! store/<id>-<name>      objects, each named by the BLAKE3 hash of its bytes (objects.rs)
//! generations/<n>/       generation.json; etc/, the rendered files; between/, those in force while
//!                        exports are put away; machines/<id>/, what is to be carried into a machine
//!                        (generations.rs); files.json, the hash of each file in etc/ and machines/
//!                        (written.rs)
//! current                link to the generation that holds
//! etc                    link to the rendered files in force; moved within a switch, before `current`
//! txn/<id>/journal       what a switch was about to do, and did (journal.rs)
//! txn/<id>/storage.cfg   Proxmox's registrations before a switch that changes them
//! txn/open               link to the journal of a switch under way
//! pending                a switch that waits to be confirmed (pending.rs)
//! lock                   held while something changes (lock.rs)
//! pins/<n>               a generation that is kept until it is unpinned (pins.rs)
//! roots/<id>             link to a `./result` whose closure is kept (collect.rs)
//! record.json            each dataset that a switch made, adopted or put away, by GUID (record.rs)
//! past.json              what is remembered of generations that are gone (past.rs)
//! released.json          the snapshots that gc was about to release (past.rs)
//! aside/                 what gc is removing (collect.rs)
//! objects.lock           shared by who writes a closure, owned by who removes objects (collect.rs)
//! ```
#![allow(missing_docs, reason = "fields may explain themselves; tests/documented.rs looks at all else")]

mod before;
mod cache;
mod collect;
mod durable;
mod error;
mod generations;
mod journal;
mod json;
mod lock;
mod objects;
mod past;
mod pending;
mod pins;
mod record;
mod regular;
mod taken;
mod verify;
mod whole;
mod written;

pub use collect::{Leavings, ObjectsLock, sources_name};
pub use error::{Cause, StoreError};
pub use generations::{Generation, Outcome, Source};
pub use journal::{Journal, Record, Transaction, TransactionId};
pub use lock::{Lock, LockError};
pub use past::Past;
pub use pending::Pending;
pub use pins::Pin;
pub use verify::{Finding, Verified};

use error::io_error;
use rustix::{
    fs::{Access, AtFlags, CWD, accessat},
    io::Errno,
};
use std::{
    io,
    path::{Path, PathBuf},
};

/// A state folder.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// The folders that each state folder has.
    pub const FOLDERS: [&str; 3] = ["store", "generations", "txn"];

    /// Opens a state folder, making what is missing of it. The folder is its owner's only.
    ///
    /// # Errors
    /// [`StoreError::Io`] where a folder cannot be made; [`StoreError::NotOurs`] where one belongs to
    /// somebody else, may be written by others, or is a link.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        durable::private_folder(root)?;
        // The folder itself may be reached through a link, such as one to another file system.
        let root = root.canonicalize().map_err(io_error("find the folder", root))?;
        durable::own_folder(&root)?;
        for name in Self::FOLDERS {
            let folder = root.join(name);
            durable::private_folder(&folder)?;
            durable::own_folder(&folder)?;
        }
        Ok(Self { root })
    }

    /// Takes a state folder as it is, for reading; nothing is made.
    #[must_use]
    pub fn read_only(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Returns whether objects may be written here, as far as the system tells without writing one:
    /// the folder may be missing still.
    ///
    /// # Errors
    /// [`StoreError::Io`] with what writing one would most likely end in.
    pub fn may_write(&self) -> Result<(), StoreError> {
        let objects = self.root.join("store");
        let folder = objects.ancestors().find(|folder| folder.exists()).unwrap_or(&objects);
        let allowed = if folder.is_dir() {
            accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        } else {
            Err(Errno::NOTDIR)
        };
        allowed.map_err(|error| io_error("write to the folder", folder)(error.into()))
    }

    /// Returns the error of a write that has no room.
    #[must_use]
    pub fn no_room(&self) -> StoreError {
        io_error("write to the folder", &self.root)(io::ErrorKind::StorageFull.into())
    }

    /// Returns the state folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the link to the rendered files in force.
    #[must_use]
    pub fn etc_link(&self) -> PathBuf {
        self.root.join("etc")
    }
}
