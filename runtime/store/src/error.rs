//! What goes wrong with the store.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why something failed: an error, or words for people where there is none below.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Says what is wrong with the store, or could not be done there.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// An object's bytes do not have the hash that its name says.
    #[error("{} is damaged: its bytes do not have the BLAKE3 hash of its name", .0.display())]
    Damaged(PathBuf),
    /// An object is not in the store.
    #[error("object {id} is not in the store {}", .store.display())]
    Missing {
        /// The object.
        id: phoenix_graph::ObjectId,
        /// The state folder.
        store: PathBuf,
    },
    /// A file of the store cannot be understood.
    #[error("cannot understand {}: {reason}", .path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        reason: Cause,
    },
    /// Stored steps make no graph.
    #[error(transparent)]
    Graph(#[from] phoenix_graph::GraphError),
    /// An object says what no spec can say.
    #[error("object {} is refused: {fault}", .object.short())]
    Illegal {
        object: phoenix_graph::ObjectId,
        /// What is wrong with it.
        #[source]
        fault: Box<phoenix_graph::check::Fault>,
    },
    /// A folder of the store is not this user's alone.
    #[error("{} is not to be trusted: {reason}", .path.display())]
    NotOurs {
        path: PathBuf,
        reason: String,
        /// The user whose it is, where it is somebody else's.
        owner: Option<u32>,
    },
    /// There is no generation of this number.
    #[error("there is no generation {0}")]
    NoGeneration(u64),
    /// What is on record is not all that there was: nothing may be concluded from what is missing.
    #[error("the record in {} is not whole: {problem}", .path.display())]
    NotWhole {
        /// The file, link or folder that is missing, or leads nowhere.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// How that is put right.
        repair: String,
    },
}

impl StoreError {
    /// Says why a file cannot be understood.
    pub(super) fn unreadable(path: impl Into<PathBuf>, reason: impl Into<Cause>) -> Self {
        Self::Unreadable { path: path.into(), reason: reason.into() }
    }
}

/// Wraps an I/O error with what was being done to which file.
pub fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { doing, path, source }
}
