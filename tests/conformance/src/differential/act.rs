//! What is done to both sides: an operation of phoenix, or what a user of the host does.

use phoenix_graph::{DatasetName, SnapshotName};
use phoenix_host::{HostError, op::Op};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// An operation.
    Op(Op),
    /// A file that cannot be compressed is written; its folder is there.
    Write {
        /// The file.
        path: Box<str>,
        /// Its size.
        kib: u64,
    },
    /// A folder is made; the one above is there.
    Folder {
        /// The folder.
        path: Box<str>,
    },
    /// The file of exports of its own is written; one without a line is removed.
    Exports {
        /// What stands in it.
        text: Box<str>,
    },
    /// A folder is held open, and with it the file system that it lies in.
    Use {
        /// The folder.
        path: Box<str>,
    },
    /// A volume's device is held open.
    UseVolume {
        /// The volume.
        dataset: DatasetName,
    },
    /// Everything that is held open is let go.
    LetGo,
    /// A snapshot is destroyed as soon as nothing keeps it: `zfs destroy -d`.
    DestroyLater {
        /// The snapshot.
        snapshot: SnapshotName,
    },
    /// A snapshot is sent with the properties of its dataset, and received as a new one that is not mounted:
    /// `zfs send -p | zfs receive -u`.
    Receive {
        /// The snapshot.
        from: SnapshotName,
        /// The new file system.
        to: DatasetName,
    },
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Op(op) => f.write_str(&op.describe()),
            Act::Write { path, kib } => write!(f, "write {kib} KiB to '{path}'"),
            Act::Folder { path } => write!(f, "mkdir '{path}'"),
            Act::Exports { text } => write!(f, "write exports {text:?}"),
            Act::Use { path } => write!(f, "hold '{path}' open"),
            Act::UseVolume { dataset } => write!(f, "hold the volume '{dataset}' open"),
            Act::DestroyLater { snapshot } => write!(f, "destroy '{snapshot}' once nothing keeps it"),
            Act::Receive { from, to } => write!(f, "send '{from}' with properties, and receive '{to}'"),
            Act::LetGo => f.write_str("let go of all that is held open"),
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: the first line of what was said.
    Refused(String),
}

impl Outcome {
    /// Reads what a host answered.
    pub fn of(answer: Result<(), HostError>) -> Self {
        match answer {
            Ok(()) => Outcome::Done,
            Err(HostError::Command { stderr, .. }) => Outcome::refused(&stderr),
            // Who uses it is found by the real host alone.
            Err(HostError::Busy { error, .. } | HostError::Remembered { error, .. }) => {
                Outcome::of(Err(*error))
            }
            // Both sides name the path in words of their own.
            Err(HostError::Io { doing, .. }) => Outcome::Refused(format!("cannot {doing}")),
            Err(other) => Outcome::Refused(other.to_string()),
        }
    }

    /// Makes a refusal of what was said: its first line that is no mere advice.
    pub fn refused(said: &str) -> Self {
        let advice = |line: &str| {
            line.starts_with("Warning: ")
                || line.starts_with("To reduce wasted space")
                || line.ends_with(": property requires a special device in the pool")
                || line.contains("Neither 'subtree_check' or 'no_subtree_check' specified")
                || line.starts_with("  Assuming default behaviour")
                || line.starts_with("  NOTE: this default has changed")
                || line.is_empty()
        };
        let line = said.lines().find(|line| !advice(line)).unwrap_or_default();
        Outcome::Refused(line.trim_end().to_owned())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Done => f.write_str("done"),
            Outcome::Refused(said) => write!(f, "refused: {said}"),
        }
    }
}
