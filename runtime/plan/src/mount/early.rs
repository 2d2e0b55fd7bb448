//! What OpenZFS mounts by itself while a plan is carried out: where a mount point is set it mounts all that follows, whether
//! that was mounted or not. That may be too early, before what is to be mounted above it.

use crate::{Action, draft::Draft};
use phoenix_graph::DatasetName;
use phoenix_host::{observed::mount::is_below, op::Op};

/// Lists what OpenZFS has mounted by itself by then, where that was too early. The last mounted first.
pub fn too_early(draft: &Draft<'_>, comes: &[(DatasetName, Box<str>)]) -> Vec<(DatasetName, Box<str>)> {
    let path = |name: &DatasetName| comes.iter().find(|(other, _)| other == name).map(|(_, path)| &**path);
    // As they are set: by the order of the actions, and with each what follows it, by path.
    let mut mounted: Vec<&DatasetName> = Vec::new();
    let actions = draft.actions();
    let sets = actions.iter().enumerate().flat_map(|(at, action)| action.ops.iter().map(move |op| (at, op)));
    for (at, set) in sets.filter_map(|(at, op)| Some((at, moved_by(op)?))) {
        let follows = draft.found.mounting.follows.iter();
        let along = follows.filter(|(name, of)| of == set && !mounted.contains(&name));
        let along = along.filter(|(name, _)| {
            mounts_by_itself(draft, &actions[..=at], name)
                && !actions[at + 1..].iter().any(|later| brings(later, name))
        });
        let mut along: Vec<&DatasetName> = along.map(|(name, _)| name).collect();
        along.sort_by_key(|name| path(name));
        mounted.extend(along);
    }
    let early = mounted.iter().enumerate().any(|(at, name)| {
        let Some(place) = path(name) else { return false };
        comes.iter().any(|(above, over)| is_below(place, over) && !mounted[..at].contains(&above))
    });
    if !early {
        return Vec::new();
    }
    let back = mounted.into_iter().rev();
    back.filter_map(|name| Some((name.clone(), path(name)?.into()))).collect()
}

/// Returns the dataset whose mount point an operation sets, or has inherited.
fn moved_by(op: &Op) -> Option<&DatasetName> {
    match op {
        Op::DatasetSet { dataset, settings } => {
            settings.iter().any(|(property, _)| property.as_str() == "mountpoint").then_some(dataset)
        }
        Op::DatasetInherit { dataset, property } | Op::DatasetReceived { dataset, property } => {
            (property.as_str() == "mountpoint").then_some(dataset)
        }
        _ => None,
    }
}

/// Returns whether a dataset, by the name that it has after, is mounted by itself once these actions are done.
fn mounts_by_itself(draft: &Draft<'_>, done: &[Action], name: &DatasetName) -> bool {
    for op in done.iter().rev().flat_map(|action| action.ops.iter().rev()) {
        if let Op::DatasetSet { dataset, settings } | Op::DatasetCreate { dataset, settings } = op
            && dataset == name
            && let Some((_, word)) = settings.iter().find(|(property, _)| property.as_str() == "canmount")
        {
            return &**word == "on";
        }
        // What is done before that to what has the name is done to another.
        if is_brought(op, name) {
            break;
        }
    }
    let place = draft.found.moves.place(name).unwrap_or_else(|| name.clone());
    let state = draft.inputs.observed.datasets.get(&place);
    state.and_then(|state| state.value("canmount")).is_none_or(|word| word == "on")
}

/// Returns whether an action makes a dataset, or gives it its name, or what it lies in.
fn brings(action: &Action, name: &DatasetName) -> bool {
    action.ops.iter().any(|op| is_brought(op, name))
}

fn is_brought(op: &Op, name: &DatasetName) -> bool {
    match op {
        Op::DatasetCreate { dataset, .. } => name == dataset,
        Op::DatasetRename { to, .. } => name == to || name.is_below(to),
        _ => false,
    }
}
