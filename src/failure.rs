//! Failures: what a verb was doing, to what, why it did not come about, and what to do next.

use crate::{
    exit::Exit,
    show::{line, within_reason},
};
use phoenix_host::HostError;
use phoenix_store::{LockError, StoreError};
use std::{error::Error, fmt};

/// Why a verb did not come to its end. It is shown whole, and decides the exit code.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What was being done, to what: `cannot switch to examples/phoenix`.
    doing: String,
    /// Why it failed, each reason the cause of the one before.
    cause: Option<Cause>,
    /// What to do next.
    help: Option<String>,
}

impl Failure {
    /// Begins with what was being done.
    pub fn new(exit: Exit, doing: impl Into<String>) -> Self {
        Self { exit, doing: line(&doing.into()), cause: None, help: None }
    }

    /// Says why it failed.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(Cause(within_reason(cause.to_string())));
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(line(&help.into()));
        self
    }

    /// Wraps an error of the store.
    pub fn store(doing: impl Into<String>, error: &StoreError) -> Self {
        let failure = Self::new(Exit::Failed, doing).because(error);
        match error {
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => failure
                .help("run it as root; or try it without privileges on a simulated host with `--sim DIR`"),
            StoreError::NoGeneration(_) => Self { exit: Exit::Refused, ..failure }
                .help("`phoenix generations` lists those that there are"),
            StoreError::Damaged(_) => {
                failure.help("move the damaged file away, then build the spec that it came from again")
            }
            StoreError::NotOurs { owner: Some(owner), .. } if !rustix::process::geteuid().is_root() => {
                let whose = if *owner == 0 { "root".to_owned() } else { format!("user {owner}") };
                let help = format!("run it as {whose}, or take a folder of your own with `--state-dir`");
                Self { exit: Exit::Refused, ..failure }.help(help)
            }
            StoreError::NotOurs { path, .. } => {
                let help = format!(
                    "phoenix believes what stands there: look who could write to it; if all is well, \
                     `chown {} {1}` and `chmod 0700 {1}`, or take another folder with `--state-dir`",
                    rustix::process::geteuid().as_raw(),
                    path.display()
                );
                Self { exit: Exit::Refused, ..failure }.help(help)
            }
            StoreError::NotWhole { repair, .. } => {
                Self { exit: Exit::Refused, ..failure }.help(format!("{repair}; `phoenix verify` tells all"))
            }
            StoreError::Unreadable { .. } => failure.help("`phoenix verify` tells how it is put right"),
            StoreError::Illegal { .. } => Self { exit: Exit::Refused, ..failure }.help(
                "no spec says this: build the closure from its spec with this version of phoenix, and look \
                 at who made this one",
            ),
            StoreError::Missing { .. } => failure.help("build the spec that it came from again"),
            _ => failure,
        }
    }

    /// Wraps an error of the host.
    pub fn host(doing: impl Into<String>, error: &HostError) -> Self {
        let failure = Self::new(Exit::Failed, doing).because(error);
        match error {
            HostError::NoTool { .. } => {
                failure.help("run it on the storage host; or try it anywhere with `--sim DIR`")
            }
            HostError::PowerLost => Self { exit: Exit::Interrupted, ..failure }.help("run `phoenix recover`"),
            _ => failure,
        }
    }

    /// Wraps an error of the lock.
    pub fn lock(doing: impl Into<String>, error: &LockError) -> Self {
        match error {
            LockError::Held(_) => Self::new(Exit::Locked, doing)
                .because(error)
                .help("wait until it has ended, then try again; nothing was changed"),
            LockError::Store(error) => Self::store(doing, error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl miette::Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

/// A reason, in words.
#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}
