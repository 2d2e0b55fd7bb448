//! What phoenix tells, as text.

use phoenix_plan::{Action, Plan, Refusal};
use phoenix_transaction::switch::SwitchError;
use std::fmt::Debug;

/// Lists a plan's actions as `kind subject`.
pub fn kinds(plan: &Plan) -> Vec<String> {
    let text = |action: &Action| format!("{:?} {}", action.kind, action.subject).to_lowercase();
    plan.actions.iter().map(text).collect()
}

/// Returns why something was refused.
#[track_caller]
pub fn refused<T: Debug>(result: Result<T, SwitchError>) -> Vec<Refusal> {
    match result {
        Err(SwitchError::Refused(plan)) => plan.refusals,
        other => panic!("not refused: {other:?}"),
    }
}

/// Lists refusals as `key: reason (help)`.
pub fn told(refusals: &[Refusal]) -> Vec<String> {
    refusals.iter().map(|one| format!("{}: {} ({})", one.key, one.reason, one.help)).collect()
}
