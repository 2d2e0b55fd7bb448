//! Undoing: brings back what stood before, from the last intent to the first.
//!
//! What is undone is what a new look shows, so undoing can be cut off anywhere and begun again. A
//! dataset or pool that the transaction made is unmade only after a look into it found nothing; what
//! holds something is set aside, or left, and told.
//!
//! What the planner's table of kinds knows how to take back is run as it says; where more than that is to be done, it
//! is in a module of the kind's name.

mod dataset;
mod keys;
mod mount;
mod names;
mod pool;
mod undoing;

pub use undoing::Undone;

use crate::events::Events;
use names::Names;
use phoenix_graph::DatasetName;
use phoenix_host::{Host, HostError, observed::Query};
use phoenix_plan::{Action, COMES, Inverse, Plan, begun};
use std::collections::BTreeSet;
use undoing::Undoing;

/// Takes back what stood before; none of another kind's.
type TakesBack = fn(&mut Undoing<'_>, &Inverse) -> Option<Result<(), HostError>>;

/// What is taken back by more than operations.
const KINDS: [TakesBack; 4] = [pool::take_back, dataset::take_back, mount::take_back, keys::take_back];

/// Undoes plans, the last first, each with the actions whose intent is on record. What was `found` to be there
/// already when it was to be made stays.
///
/// # Errors
/// [`HostError`] where the host cannot be looked at at all, or lost power.
pub fn undo(
    host: &dyn Host,
    host_name: &str,
    plans: &[(Plan, Vec<usize>)],
    found: &BTreeSet<DatasetName>,
    events: &dyn Events,
) -> Result<Undone, HostError> {
    let mut undoing = Undoing {
        host,
        events,
        owner: host_name,
        found,
        number: 0,
        seen: None,
        query: Query::default(),
        undone: Undone::default(),
        key_failed: false,
        stuck: BTreeSet::new(),
        stuck_by_failure: BTreeSet::new(),
        unmounted: BTreeSet::new(),
        unset: BTreeSet::new(),
        names: Names::new(begun(plans).flat_map(|action| &action.inverses)),
        held_up: Vec::new(),
        missing: BTreeSet::new(),
    };
    for (plan, _) in plans {
        plan.look(&mut undoing.query);
    }
    // As long as these stand nothing else is taken back, whichever plan did it.
    for inverse in begun(plans).flat_map(|action| &action.inverses).filter(|inverse| inverse.is_first()) {
        take_back(&mut undoing, inverse)?;
    }
    for (plan, intents) in plans.iter().rev() {
        undoing.number = plan.number;
        for action in intents.iter().rev().filter_map(|&at| plan.actions.get(at)) {
            for inverse in action.inverses.iter().rev() {
                take_back(&mut undoing, inverse)?;
            }
        }
    }
    bring_back(&mut undoing, plans)?;
    // Also those whose action was not begun.
    let all = plans.iter().rev().flat_map(|(plan, _)| plan.actions.iter().rev());
    for inverse in
        all.flat_map(|action| &action.inverses).filter(|inverse| inverse.is_put_in_force_by_a_boot())
    {
        let seen = undoing.look_for(inverse)?;
        let ops = inverse.ops(&seen);
        undoing.run_all(&ops, seen)?;
    }
    check(&mut undoing, plans)?;
    Ok(undoing.undone)
}

fn take_back(undoing: &mut Undoing<'_>, inverse: &Inverse) -> Result<(), HostError> {
    if inverse.is_conditional() {
        let seen = undoing.look_for(inverse)?;
        let holds = inverse.where_it_holds(&seen);
        undoing.seen = Some(seen);
        return holds.map_or(Ok(()), |inverse| take_back(undoing, &inverse));
    }
    if undoing.waits(inverse) {
        undoing.leave(inverse);
        return Ok(());
    }
    let failures = undoing.undone.failed.len();
    let taken = KINDS.iter().find_map(|take_back| take_back(undoing, inverse));
    taken.unwrap_or_else(|| undoing.plainly(inverse))?;
    if undoing.undone.failed.len() > failures {
        undoing.leave(inverse);
    }
    Ok(())
}

/// Brings back what waited until all is mounted again; and tells what does not come back by that.
fn bring_back(undoing: &mut Undoing<'_>, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
    let before = before(plans);
    for comes in COMES {
        let mut last = Vec::new();
        for (_, inverse) in &before {
            let seen = undoing.look_for(inverse)?;
            let ops = comes(inverse, &seen);
            // What did not help is not run again.
            if ops.is_empty() || ops == last {
                undoing.seen = Some(seen);
            } else {
                undoing.run_all(&ops, seen)?;
                last = ops;
            }
        }
    }
    // The first plan knows the file as it was before the first write.
    let Some(registry) = plans.iter().find_map(|(plan, _)| plan.registry.as_ref()) else { return Ok(()) };
    let seen = undoing.look()?;
    undoing.undone.kept.extend(registry.gone(&seen));
    undoing.seen = Some(seen);
    Ok(())
}

/// Looks once more: whatever does not stand as before is a failure, told.
fn check(undoing: &mut Undoing<'_>, plans: &[(Plan, Vec<usize>)]) -> Result<(), HostError> {
    let before = before(plans);
    undoing.seen = None;
    for (_, inverse) in &before {
        let seen = undoing.look_for(inverse)?;
        undoing.seen = Some(seen);
    }
    let seen = undoing.look()?;
    let mut left: Vec<(&Action, BTreeSet<String>)> = Vec::new();
    for (action, inverse) in before {
        if mount::is_told(undoing, &inverse) {
            continue;
        }
        if inverse.is_blocked(&seen) {
            undoing
                .undone
                .failed
                .push(format!("{} has not got its name back: another has it", action.subject));
        }
        if let Some(reason) = inverse.unseen(&seen) {
            undoing.undone.failed.push(format!("{} cannot be seen: {reason}", action.subject));
        }
        let ops = inverse.ops(&seen).into_iter().map(|op| op.describe());
        match left.last_mut().filter(|(last, _)| std::ptr::eq(*last, action)) {
            Some((_, all)) => all.extend(ops),
            None => left.push((action, ops.collect())),
        }
    }
    for (action, ops) in left.into_iter().filter(|(_, ops)| !ops.is_empty()) {
        let ops = ops.into_iter().collect::<Vec<_>>().join("; ");
        let told = format!("{} is not as it was; this would bring it back: {ops}", action.subject);
        undoing.undone.failed.push(told);
    }
    undoing.undone.failed.dedup();
    Ok(())
}

/// Lists what stood before a transaction, with the actions that changed it, as far as their intent is on
/// record. A switch that was resumed has several plans, and what a later one found where an earlier one
/// had been at work is no state to come back to.
fn before(plans: &[(Plan, Vec<usize>)]) -> Vec<(&Action, Inverse)> {
    let mut known = BTreeSet::new();
    begun(plans)
        .flat_map(|action| action.inverses.iter().map(move |inverse| (action, inverse)))
        .filter_map(|(action, inverse)| Some((action, inverse.unless_known(&mut known)?)))
        .collect()
}
