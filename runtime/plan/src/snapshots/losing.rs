//! What a schedule has sanoid destroy: of each type those that are more than it keeps.

use super::render::schedules;
use crate::draft::Draft;
use phoenix_graph::{DatasetName, Graph, Snapshots, schedule::Schedule};
use phoenix_host::area;
use std::collections::BTreeMap;

/// Lists what is destroyed by and by, in words for people; nothing where no more goes than before.
pub fn losing(draft: &Draft<'_>, one: &Snapshots) -> Vec<String> {
    if !one.schedule.takes_any() {
        return Vec::new();
    }
    let inputs = draft.inputs;
    let Some((now, _)) = draft.standing(&one.dataset) else { return Vec::new() };
    let below = inputs.observed.below(now).map(|(name, _)| name).filter(|_| one.children);
    let mut gone: BTreeMap<&str, (u64, u16)> = BTreeMap::new();
    for name in std::iter::once(now).chain(below).filter(|name| !area::is_inside(name)) {
        let rest = &name.as_str()[now.as_str().len()..];
        let called = |top: &DatasetName| DatasetName::seen(&format!("{top}{rest}")).ok();
        // Another schedule is nearer.
        if !called(&one.dataset).is_some_and(|name| governs(inputs.desired, &name) == Some(one)) {
            continue;
        }
        let before = called(&draft.found.moves.known(&one.dataset));
        let before = before.and_then(|name| Some(&governs(inputs.current?, &name)?.schedule));
        let Some(taken) = inputs.observed.sanoid.taken.get(name) else { continue };
        for (kind, keeps) in one.schedule.counts() {
            let there = taken.get(kind).copied().unwrap_or(0);
            let kept = before.filter(|before| before.takes_any()).map(|before| count(before, kind));
            if there > u64::from(keeps) && kept.is_none_or(|kept| kept > keeps) {
                let lost = gone.entry(kind).or_insert((0, keeps));
                lost.0 += there - u64::from(keeps);
            }
        }
    }
    let told = gone.into_iter().map(|(kind, (lost, keeps))| {
        let of = if one.children { " of each" } else { "" };
        format!("sanoid destroys {lost} {kind} snapshots that are there, since {keeps}{of} are kept")
    });
    told.collect()
}

/// Finds the schedule that holds for a dataset: its own, or that of the nearest above whose children have one.
fn governs<'a>(graph: &'a Graph, name: &DatasetName) -> Option<&'a Snapshots> {
    let holds = |one: &&Snapshots| one.dataset == *name || one.children && name.is_below(&one.dataset);
    schedules(graph).filter(holds).max_by_key(|one| one.dataset.as_str().len())
}

fn count(schedule: &Schedule, kind: &str) -> u16 {
    schedule.counts().find(|(name, _)| *name == kind).map_or(0, |(_, count)| count)
}
