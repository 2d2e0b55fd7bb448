//! Failures: what a verb was doing, to what, why it did not come about, and what to do next.

use crate::{
    exit::Exit,
    show::{line, within_reason},
};
use phoenix_host::HostError;
use phoenix_store::{Cause, LockError, StoreError};
use std::{error::Error, fmt};

/// Why a verb did not come to its end. It is shown whole, and decides the exit code.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// What was being done, to what: `cannot switch to examples/phoenix`.
    doing: String,
    cause: Option<Cause>,
    /// What to do next.
    help: Option<String>,
}

impl Failure {
    /// Begins with what was being done.
    pub fn new(exit: Exit, doing: impl Into<String>) -> Self {
        Self { exit, doing: line(&doing.into()), cause: None, help: None }
    }

    /// Says why it failed: by an error, which is kept, or in words.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(line(&help.into()));
        self
    }

    /// Wraps an error of the store.
    pub fn store(doing: impl Into<String>, error: StoreError) -> Self {
        let (exit, help) = match &error {
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                let help =
                    "run it as root; or try it without privileges on a simulated host with `--sim DIR`";
                (Exit::Failed, help.to_owned())
            }
            StoreError::NoGeneration(_) => {
                (Exit::Refused, "`phoenix generations` lists those that there are".to_owned())
            }
            StoreError::Damaged(_) => {
                let help = "move the damaged file away, then build the spec that it came from again";
                (Exit::Failed, help.to_owned())
            }
            StoreError::NotOurs { owner: Some(owner), .. } if !rustix::process::geteuid().is_root() => {
                let whose = if *owner == 0 { "root".to_owned() } else { format!("user {owner}") };
                let help = format!("run it as {whose}, or take a folder of your own with `--state-dir`");
                (Exit::Refused, help)
            }
            StoreError::NotOurs { path, .. } => {
                let help = format!(
                    "phoenix believes what stands there: look who could write to it; if all is well, \
                     `chown {} {1}` and `chmod 0700 {1}`, or take another folder with `--state-dir`",
                    rustix::process::geteuid().as_raw(),
                    path.display()
                );
                (Exit::Refused, help)
            }
            StoreError::NotWhole { repair, .. } => {
                (Exit::Refused, format!("{repair}; `phoenix verify` tells all"))
            }
            StoreError::Unreadable { .. } => {
                (Exit::Failed, "`phoenix verify` tells how it is put right".to_owned())
            }
            StoreError::Illegal { .. } => {
                let help = "no spec says this: build the closure from its spec with this version of phoenix, and \
                            look at who made this one";
                (Exit::Refused, help.to_owned())
            }
            StoreError::Missing { .. } => (Exit::Failed, "build the spec that it came from again".to_owned()),
            _ => return Self::new(Exit::Failed, doing).because(error),
        };
        Self::new(exit, doing).because(error).help(help)
    }

    /// Wraps an error of the host.
    pub fn host(doing: impl Into<String>, error: HostError) -> Self {
        let (exit, help) = match &error {
            HostError::NoTool { .. } => {
                (Exit::Failed, "run it on the storage host; or try it anywhere with `--sim DIR`")
            }
            HostError::PowerLost => (Exit::Interrupted, "run `phoenix recover`"),
            _ => return Self::new(Exit::Failed, doing).because(error),
        };
        Self::new(exit, doing).because(error).help(help)
    }

    /// Wraps an error of the lock.
    pub fn lock(doing: impl Into<String>, error: LockError) -> Self {
        match error {
            LockError::Held(_) => Self::new(Exit::Locked, doing)
                .because(error)
                .help("wait until it has ended, then try again; nothing was changed"),
            LockError::Store(error) => Self::store(doing, error),
        }
    }

    /// Shows it: each error of phoenix says its own cause in its words, so none below is told again.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let cause = self.cause.as_ref().map(|cause| Words(within_reason(cause.to_string())));
        Shown { doing: self.doing.clone(), cause, help: self.help.clone() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.doing)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as &(dyn Error + 'static))
    }
}

/// A failure as it is shown.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{doing}")]
pub struct Shown {
    doing: String,
    #[source]
    cause: Option<Words>,
    #[help]
    help: Option<String>,
}

/// A reason, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Words(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_its_cause_and_tells_it_once() {
        let io = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let told = io.to_string();
        let error = StoreError::Io { doing: "write", path: "/s/lock".into(), source: io };
        let failure = Failure::store("cannot switch", error);
        let store = failure.source().and_then(|cause| cause.downcast_ref::<StoreError>()).unwrap();
        assert!(store.source().is_some_and(|cause| cause.is::<std::io::Error>()));
        let shown = failure.shown();
        let words = shown.source().unwrap();
        assert_eq!(words.to_string(), format!("cannot write /s/lock: {told}"));
        assert!(words.source().is_none());
    }
}
