//! What can go wrong in the lab, each with the place and the way out.

use std::path::PathBuf;
use std::time::Duration;

use crate::Output;

/// The result of everything in the lab.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or a folder of the lab's own could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The image could not be built.
    #[error("the lab's image could not be built ({reason}). What the build said:\n{said}")]
    Image {
        /// How the build ended.
        reason: String,
        /// The end of its standard error.
        said: String,
    },
    /// A program for the guest could not be built, or cannot run there.
    #[error("{program} cannot be used in the lab's machine: {reason}")]
    Program {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
    /// Another lab machine held the lock for too long.
    #[error("another lab machine has held {} for {waited:?}: end the test that runs it", lock.display())]
    Busy {
        /// The lock's file.
        lock: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
    /// The machine did not boot.
    #[error("the lab's machine did not boot: {reason}. Its console ({}) ends with:\n{tail}", console.display())]
    Boot {
        /// What was seen.
        reason: String,
        /// The console's file.
        console: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The machine is off, or went off while something was under way.
    #[error("the lab's machine is off, so `{doing}` has no answer; its console is in {}", console.display())]
    Off {
        /// What was asked of it.
        doing: String,
        /// The console's file.
        console: PathBuf,
    },
    /// A command did not end, or did not say what it should, in time.
    #[error("`{command}` {missing} within {limit:?}; so far it said:\n{so_far}\nthe machine's console is in {}", console.display())]
    Deadline {
        /// The command.
        command: String,
        /// What did not happen.
        missing: String,
        /// The limit.
        limit: Duration,
        /// Its output up to then.
        so_far: Box<Output>,
        /// The console's file.
        console: PathBuf,
    },
    /// A command that had to succeed did not.
    #[error("`{command}` failed in the lab's machine:\n{output}\nits console is in {}", console.display())]
    Failed {
        /// The command.
        command: String,
        /// What it said.
        output: Box<Output>,
        /// The console's file.
        console: PathBuf,
    },
    /// A disk was named that the machine does not have, or its name cannot be one.
    #[error("disk {serial:?}: {reason}")]
    Disk {
        /// The serial asked for.
        serial: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Error {
    /// Names the action and the path of an input or output error.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { action, path, source }
    }
}
