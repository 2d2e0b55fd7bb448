//! Collecting what no kept generation needs: the one place where phoenix destroys.
//!
//! `keep` says which generations are kept; `retired` and `snapshots` say what of the host nothing kept
//! names, and `apart` which pools it keeps out of; `carry` takes the lock, asks, and does it. From
//! `inputs` a pure function makes one value, the [`GcPlan`] of `plan`, which is shown and carried out. Nothing is forced and nothing is recursive: each snapshot
//! and each dataset is destroyed by a command of its own, so that what somebody added meanwhile makes
//! that command fail.

mod apart;
mod carry;
mod inputs;
mod keep;
mod plan;
mod retired;
mod snapshots;

pub use carry::Collected;
pub use inputs::{Inputs, Policy};
pub use plan::{GcPlan, Left, OldSnapshot, Retired, Why};

use apart::Apart;
use inputs::Known;

impl GcPlan {
    /// Plans a collection. What leaves the store is added by who can look into it.
    #[must_use]
    pub fn new(inputs: &Inputs<'_>) -> Self {
        let on_record = inputs.snapshots.iter().filter(|one| inputs.taken.contains_key(&one.guid));
        let taken = on_record.map(|one| (one.name.clone(), one.guid)).collect();
        let mut plan = GcPlan { kept: keep::kept(inputs), taken, ..GcPlan::default() };
        plan.going =
            inputs.generations.iter().filter(|one| !plan.kept.contains_key(&one.number)).cloned().collect();
        let known = Known::new(inputs);
        let mut apart = Apart::new(inputs);
        retired::plan(inputs, &known, &mut apart, &mut plan);
        snapshots::plan(inputs, &known, &mut apart, &mut plan);
        retired::plan_folders(inputs, &apart, &mut plan);
        apart.tell(&mut plan);
        plan.checkpointed = plan.pools().filter(|pool| inputs.has_checkpoint(pool)).collect();
        plan.obstacles.sort();
        plan.strange.sort();
        plan
    }
}
