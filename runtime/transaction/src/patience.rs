//! Carrying one operation out, and waiting where the NFS server lets go of a file system only in a while.

use crate::events::{Event, Events};
use phoenix_host::{Host, HostError, op::Op};

/// For how many seconds one operation is waited for in all.
pub const LONGEST: u64 = 120;

/// Carries an operation out. What the NFS server remembers of what clients have looked for is waited for, as long as
/// nobody stops that, and it is told.
///
/// # Errors
/// As [`Host::perform`]: the last one, where it was waited for long enough or was stopped.
pub fn perform(
    host: &dyn Host,
    op: &Op,
    events: &dyn Events,
    stops: &dyn Fn() -> bool,
) -> Result<(), HostError> {
    let mut left = LONGEST;
    loop {
        match host.perform(op) {
            Err(HostError::Remembered { error, seconds }) => {
                let seconds = seconds.max(1);
                if seconds > left || stops() {
                    return Err(*error);
                }
                events.event(Event::Waiting { error: &error, seconds });
                for _ in 0..seconds {
                    if stops() {
                        return Err(*error);
                    }
                    host.pause(1)?;
                }
                left -= seconds;
            }
            done => return done,
        }
    }
}
