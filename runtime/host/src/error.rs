//! What goes wrong on a host.

use crate::text::complaints::Complaint;
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Says what went wrong on a host.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HostError {
    /// A command ended in an error.
    #[error("`{}` failed{}: {stderr}", .argv.join(" "), .status.map_or_else(String::new, |code| format!(" with exit code {code}")))]
    Command {
        argv: Vec<String>,
        /// Its exit code; nothing where a signal ended it.
        status: Option<i32>,
        stderr: String,
    },
    /// Something uses what was to go.
    #[error("{error}; it is in use: {}", .users.join(", "))]
    Busy {
        #[source]
        error: Box<HostError>,
        /// Who uses it, each in words for people.
        users: Vec<String>,
    },
    /// What was to be unmounted is held by the NFS server, for clients that have looked for it, and by nobody else that
    /// shows. It lets go once that is tried again so much later.
    #[error("{error}; the NFS server holds it for clients that have looked for it, for another {seconds} s")]
    Remembered {
        #[source]
        error: Box<HostError>,
        /// In how many seconds.
        seconds: u64,
    },
    /// A tool is not installed.
    #[error("this host has no `{tool}` ({looked}): {help}")]
    NoTool {
        tool: String,
        /// Where it was looked for.
        looked: String,
        help: String,
    },
    /// A command did not end in its time.
    #[error("`{}` did not end within {seconds} s; it may still be running", .argv.join(" "))]
    TimedOut {
        argv: Vec<String>,
        /// The time it had.
        seconds: u64,
    },
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io { doing: &'static str, path: PathBuf, source: Arc<io::Error> },
    /// A tool said what cannot be read.
    #[error("cannot read what `{tool}` said: {reason}: {text:?}")]
    Unreadable { tool: String, reason: String, text: String },
    /// The simulated host lost power: nothing more happens until it is started again.
    #[error("the simulated host lost power")]
    PowerLost,
}

impl HostError {
    /// Returns whether a command complained of this.
    #[must_use]
    pub fn complains_of(&self, complaint: Complaint) -> bool {
        match self {
            Self::Command { stderr, .. } => complaint.is_said(stderr),
            Self::Busy { .. } => complaint == Complaint::Busy,
            Self::Remembered { error, .. } => error.complains_of(complaint),
            _ => false,
        }
    }
}

/// Says that the system refused something about a path.
#[must_use]
pub fn failed(doing: &'static str, path: &Path, error: impl Into<io::Error>) -> HostError {
    HostError::Io { doing, path: path.to_owned(), source: Arc::new(error.into()) }
}

/// Says that an output cannot be read.
#[must_use]
pub fn unreadable(tool: &str, reason: &str, text: &str) -> HostError {
    HostError::Unreadable {
        tool: tool.to_owned(),
        reason: reason.to_owned(),
        text: text.chars().take(200).collect(),
    }
}
