//! Restarting containers after a switch: what waited for their next start is in force then.

use super::{Runtime, SwitchError};
use phoenix_host::op::Op;
use phoenix_plan::waiting;
use phoenix_store::Cause;
use std::collections::BTreeSet;

/// A container that was to be restarted.
#[derive(Debug)]
pub struct Restarted {
    pub container: u32,
    /// Whether it was, or why not.
    pub result: Result<(), Cause>,
}

impl Runtime<'_> {
    /// Restarts, one by one, the containers that run and in which a mount point waits for the next start: one of the
    /// current generation's, or one that was `touched`, by the container and its number. Whatever else waits in these is
    /// in force then, too. Where one does not come back, those after it are left running as they are.
    ///
    /// # Errors
    /// Where the host or the store cannot be read, or another phoenix is at work. What becomes of each container is in
    /// its own result.
    pub fn restart_guests(
        &self,
        verb: &str,
        touched: &BTreeSet<(u32, u16)>,
    ) -> Result<Vec<Restarted>, SwitchError> {
        let _lock = self.store.lock(verb)?;
        let current = self.store.current()?.ok_or(SwitchError::NoParent)?;
        let graph = self.store.recorded(&current.system)?;
        let seen = self.host.observe(&waiting::query(&graph))?;
        let mut restarted: Vec<Restarted> = Vec::new();
        for (container, state) in waiting::containers(&seen, &graph, touched) {
            let failed = restarted.iter().find(|other| other.result.is_err()).map(|other| other.container);
            let result = match (&state.lock, failed) {
                (_, Some(failed)) => {
                    Err(format!("it runs on as it is, since {failed} was not restarted").into())
                }
                (Some(lock), _) => Err(format!("it is locked ({lock})").into()),
                (None, None) => self.host.perform(&Op::ContainerRestart { container }).map_err(Cause::from),
            };
            restarted.push(Restarted { container, result });
        }
        Ok(restarted)
    }
}
