//! Which generations are kept, and why.

use super::{Inputs, Why};
use phoenix_store::Outcome;
use std::collections::BTreeMap;

/// Lists the kept generations.
pub fn kept(inputs: &Inputs<'_>) -> BTreeMap<u64, Why> {
    let committed = || inputs.generations.iter().rev().filter(|one| one.outcome == Outcome::Committed);
    let newest = committed().take(inputs.policy.keep).last().map(|one| one.number);
    let current = inputs.generations.iter().find(|one| Some(one.number) == inputs.current);
    let before = current.and_then(|one| one.parent);
    // A clock that jumped must not make more go: what has a date in the future counts as new, whatever
    // was asked for.
    let is_new = |time: u64| {
        time > inputs.now || inputs.policy.since.is_some_and(|since| time.saturating_add(since) >= inputs.now)
    };
    let why = |number: u64, time: u64, committed: bool| {
        Some(match () {
            () if Some(number) == inputs.current => Why::Current,
            () if Some(number) == before => Why::Before,
            () if inputs.pins.contains_key(&number) => Why::Pinned,
            () if Some(number) == inputs.in_force => Why::InForce,
            () if newest.is_some_and(|newest| number >= newest) && committed => Why::Newest,
            () if is_new(time) => Why::New,
            () if newest.is_some_and(|newest| number > newest) => Why::Attempt,
            () => return None,
        })
    };
    let all = inputs.generations.iter();
    all.filter_map(|one| Some((one.number, why(one.number, one.time, one.outcome == Outcome::Committed)?)))
        .collect()
}
