//! Checkpoints of pools: one at a time, and the layout stays as long as it is there. One that is given up is
//! gone once somebody has waited for it.

use crate::state::{Pool, Refusal, State, refuse};
use phoenix_graph::{PoolName, PropertyName};
use phoenix_host::observed::{Work, WorkKind};

impl State {
    /// `zpool checkpoint`.
    pub fn checkpoint(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let cannot = |text: &str| refuse(1, format!("cannot checkpoint '{pool}': {text}"));
        let Some(state) = self.pools.get_mut(pool) else { return cannot("no such pool") };
        if !state.has_feature("zpool_checkpoint") {
            return cannot("operation not supported on this type of pool");
        }
        let reason = state.pinned().or_else(|| state.is_moved());
        if let Some(reason) = reason {
            return cannot(reason);
        }
        state.checkpoint = true;
        Ok(())
    }

    /// `zpool checkpoint -d`.
    pub fn checkpoint_discard(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        let Some(state) = self.pools.get_mut(pool).filter(|state| state.checkpoint) else {
            return refuse(1, format!("cannot discard checkpoint in '{pool}': checkpoint does not exist"));
        };
        state.checkpoint = false;
        state.work.push(Work { kind: WorkKind::Discard, done: "".into() });
        Ok(())
    }

    /// `zpool wait -t discard`.
    pub fn checkpoint_wait(&mut self, pool: &PoolName) -> Result<(), Refusal> {
        self.need_pool(pool)?;
        if let Some(state) = self.pools.get_mut(pool) {
            state.work.retain(|work| work.kind != WorkKind::Discard);
        }
        Ok(())
    }
}

impl Pool {
    /// Returns whether a feature is enabled, as all are that the pool was not made without.
    pub fn has_feature(&self, feature: &str) -> bool {
        let own = self.settings.get(&PropertyName::new(&format!("feature@{feature}")));
        own.is_none_or(|raw| &**raw != "disabled")
    }

    /// Says which work forbids that one is taken, as OpenZFS does.
    fn is_moved(&self) -> Option<&'static str> {
        self.work.iter().find_map(|work| match work.kind {
            WorkKind::Removal => Some("device removal in progress"),
            WorkKind::Expansion => Some("raidz expansion in progress"),
            _ => None,
        })
    }

    /// Says why its layout stays, as OpenZFS does, where a checkpoint forbids its change.
    pub fn pinned(&self) -> Option<&'static str> {
        if self.checkpoint {
            return Some("checkpoint exists");
        }
        let discards = self.work.iter().any(|work| work.kind == WorkKind::Discard);
        discards.then_some("currently discarding checkpoint")
    }
}
