//! What schedules have sanoid destroy: of each type those that are more than are kept from now on. Each dataset is looked
//! at by what held for it before, and what does after, whoever says so.

use super::{governing::Governing, lost::Lost, render::schedules};
use crate::draft::Draft;
use phoenix_graph::{DatasetName, Key, Snapshots};
use phoenix_host::{area, observed::sanoid::Taken};
use std::collections::BTreeMap;

/// By the schedule, type and number that is kept: how many go, of how many datasets that is not known.
type Going<'a> = BTreeMap<(&'a DatasetName, &'static str, u16), (u64, Vec<DatasetName>)>;

/// Finds what becomes of the snapshots that were taken.
pub fn find(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let (before, after) = (Governing::new(inputs.current), Governing::new(Some(inputs.desired)));
    let mut going: Going<'_> = BTreeMap::new();
    let mut lost = Lost::default();
    for (now, name, known) in standing(draft, &after) {
        let (was, is) = (known.and_then(|known| before.of(&known)), after.of(&name));
        let was = was.filter(|one| one.schedule.takes_any());
        let taken = inputs.observed.sanoid.taken.get(&now);
        match (was, is.filter(|one| one.schedule.takes_any())) {
            (was, Some(is)) => go(&mut going, was, is, &now, taken),
            (Some(was), None) => {
                let number: u64 = taken.into_iter().flat_map(Taken::values).sum();
                if number > 0 {
                    *lost.staying.entry(Key::Snapshots(was.dataset.clone())).or_default() += number;
                }
            }
            (None, None) => {}
        }
    }
    for ((by, kind, keeps), (number, unseen)) in going {
        let told = lost.destroyed.entry(Key::Snapshots(by.clone())).or_default();
        if number > 0 {
            let text =
                format!("sanoid destroys {number} {kind} snapshots that are there, since {keeps} are kept");
            told.push(text);
        }
        if let Some(one) = unseen.first() {
            told.push(format!(
                "sanoid destroys {kind} snapshots of {one} beyond {keeps}, and nobody knows how many there are"
            ));
        }
    }
    draft.found.lost = lost;
}

/// Adds what goes of one dataset: nothing where no more goes than before.
fn go<'a>(
    going: &mut Going<'a>,
    was: Option<&Snapshots>,
    is: &'a Snapshots,
    now: &DatasetName,
    taken: Option<&Taken>,
) {
    // What was to stay until the pool is fuller goes now.
    let defer = |one: &Snapshots| one.schedule.number("prune_defer");
    let was = was.filter(|was| defer(is) >= defer(was));
    for (kind, keeps) in is.schedule.counts() {
        if was.is_some_and(|was| was.schedule.number(kind) <= keeps) {
            continue;
        }
        let Some(taken) = taken else {
            going.entry((&is.dataset, kind, keeps)).or_default().1.push(now.clone());
            continue;
        };
        let there = taken.get(kind).copied().unwrap_or(0);
        if let Some(more) = there.checked_sub(keeps.into()).filter(|more| *more > 0) {
            going.entry((&is.dataset, kind, keeps)).or_default().0 += more;
        }
    }
}

/// Lists what is there and stays, or comes home: the name now, the one after, and that in the current generation, where it
/// has one.
fn standing(
    draft: &Draft<'_>,
    after: &Governing<'_>,
) -> Vec<(DatasetName, DatasetName, Option<DatasetName>)> {
    let moves = &draft.found.moves;
    let seen = draft.inputs.observed;
    let outside = seen.datasets.keys().filter(|now| !area::is_inside(now));
    let mut all: Vec<_> =
        outside.map(|now| (now.clone(), moves.after(now), Some(moves.known_at(now)))).collect();
    for one in schedules(draft.inputs.desired) {
        let place = moves.known(&one.dataset);
        if !area::is_inside(&place) {
            continue;
        }
        let below = seen.below(&place).map(|(name, _)| name).filter(|_| one.children);
        for now in seen.datasets.get_key_value(&place).map(|(name, _)| name).into_iter().chain(below) {
            let rest = &now.as_str()[place.as_str().len()..];
            let name = DatasetName::seen(&format!("{}{rest}", one.dataset)).ok();
            let name = name.filter(|name| after.of(name).is_some_and(|is| is.dataset == one.dataset));
            all.extend(name.map(|name| (now.clone(), name, None)));
        }
    }
    all
}
