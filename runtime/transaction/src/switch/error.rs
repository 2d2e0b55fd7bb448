//! Why a switch does not come about.

use crate::execute::ExecuteError;
use phoenix_graph::{HostName, PoolName};
use phoenix_host::HostError;
use phoenix_plan::Plan;
use phoenix_store::{Cause, LockError, StoreError};

/// Why a switch did not come about.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The plan has refusals; nothing was run.
    #[error("the plan is refused")]
    Refused(Box<Plan>),
    /// The person said no; nothing was run.
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// It failed, and the host is as it was.
    #[error("{reason}")]
    Failed {
        #[source]
        reason: Cause,
        /// What was kept, because it holds something or cannot be taken back.
        kept: Vec<String>,
    },
    /// It failed, and undoing did too: the host is in between.
    #[error("{reason}")]
    Degraded {
        /// What failed first.
        #[source]
        reason: Cause,
        /// What undoing could not bring back.
        failed: Vec<String>,
        /// What was kept, because it holds something or cannot be taken back.
        kept: Vec<String>,
    },
    /// The host is as this says, but that could not be recorded: the journal stays open, or the generation
    /// still counts as waiting to be confirmed.
    #[error("{stands}, but that could not be recorded: {error}")]
    Unrecorded {
        /// How the host stands.
        stands: &'static str,
        /// Why it could not be recorded.
        #[source]
        error: StoreError,
    },
    /// A key that has to be typed was not; nothing was run.
    #[error("{reason}")]
    NoKey {
        /// Which, and why.
        reason: String,
    },
    /// An earlier switch was cut off.
    #[error("switch {number} was cut off before it ended")]
    Open {
        /// The number of its attempt.
        number: u64,
    },
    /// A generation waits to be confirmed.
    #[error("generation {number} waits to be confirmed")]
    Unconfirmed { number: u64 },
    /// A switch cannot wait to be confirmed.
    #[error("it cannot wait to be confirmed: {reason}")]
    NotConfirmable { reason: String, help: &'static str },
    /// The target is another host's than the one that the state folder knows.
    #[error("it is for the host {asked}, and this state folder is of the host {known}")]
    OtherHost {
        /// The host that the current generation is of.
        known: HostName,
        /// The host that the target is for.
        asked: HostName,
    },
    /// A generation cannot be gone back to.
    #[error("generation {number} cannot be gone back to: {reason}")]
    NoTarget { number: u64, reason: String },
    /// A rendered file would not say what the graph says. The plan refuses it before.
    #[error("{0}")]
    Illegal(#[source] Box<phoenix_graph::check::Fault>),
    /// There is no generation before the current one.
    #[error("there is no generation to go back to")]
    NoParent,
    /// A pool that the switch touched is not there, so what is left of it cannot be seen.
    #[error("the pool {pool} is not imported, and the interrupted switch touched it")]
    PoolNotThere { pool: PoolName },
    /// Another phoenix is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host could not be looked at, or the simulated one lost power.
    #[error("{}", unseen(.0))]
    Host(#[from] HostError),
}

fn unseen(error: &HostError) -> String {
    match error {
        HostError::PowerLost => error.to_string(),
        _ => format!("the host cannot be looked at: {error}"),
    }
}

impl From<ExecuteError> for SwitchError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Journal(error) => Self::Store(error),
            ExecuteError::Lost(lost) => Self::Host(lost),
            error => Self::Failed { reason: error.into(), kept: Vec::new() },
        }
    }
}
