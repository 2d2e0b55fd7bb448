//! Whether what is to be renamed can be: nobody uses it, its new name is free by then, and OpenZFS takes it there.

use crate::{code, draft::Draft, why::Why};
use phoenix_graph::{DatasetName, Key, name::MAX_DATASET_NAME};
use phoenix_host::{
    area,
    observed::{DatasetState, Observed},
};
use std::iter::{once, successors};

/// Refuses what cannot be renamed.
pub fn judge(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let renamed: Vec<(DatasetName, DatasetName)> =
        draft.found.moves.renamed().map(|(to, from)| (to.clone(), from.clone())).collect();
    for (to, from) in renamed {
        let Some(state) = inputs.observed.datasets.get(&from) else { continue };
        let why = in_use(inputs.observed, &from)
            .or_else(|| taken(draft, &to, &from))
            .or_else(|| foreign_below(draft, &from))
            .or_else(|| nowhere(draft, &to))
            .or_else(|| leaves_its_key(draft, &to, &from, state))
            .or_else(|| too_long(inputs.observed, &to, &from));
        if let Some(why) = why {
            draft.refuse_for(&inputs.key_of(&to), why);
        }
    }
}

/// Tells who uses it, or what is below it.
fn in_use(seen: &Observed, from: &DatasetName) -> Option<Why> {
    let whole = once(from).chain(seen.below(from).map(|(name, _)| name));
    let (used, users) = whole.into_iter().find_map(|name| Some((name, seen.in_use.get(name)?)))?;
    let which = if used == from { from.to_string() } else { format!("{used} below {from}") };
    Some(Why::new(
        code::BUSY,
        format!("it would be renamed from {from}, and {which} is in use: {}", users.join(", ")),
        "end what uses it, and plan again; or keep its name in the spec",
    ))
}

/// Tells what has the new name, and keeps it: what phoenix made and the spec no longer says is put away first.
fn taken(draft: &Draft<'_>, to: &DatasetName, from: &DatasetName) -> Option<Why> {
    let inputs = draft.inputs;
    let moves = &draft.found.moves;
    let along = to.parent().and_then(|parent| moves.now(&parent)?.child(to.leaf()).ok());
    let stays = |name: &DatasetName| {
        let state = inputs.observed.datasets.get(name)?;
        if name == from || moves.after(name) != *to {
            return None;
        }
        let node = inputs.current.and_then(|current| current.dataset(name));
        let goes = node.is_some_and(|node| !draft.whose.was_adopted(&node.key));
        (!goes || !draft.whose.is_ours(name, state)).then(|| name.clone())
    };
    let stays = stays(to).or_else(|| stays(&along?))?;
    let which =
        if stays == *to { "this name is taken".to_owned() } else { format!("{stays} gets this name") };
    Some(Why::new(
        code::BOTH_NAMES,
        format!("it would be renamed from {from}, and {which}"),
        if inputs.to == inputs.number {
            format!(
                "take `was` out where {stays} is the one that is meant, or move it away by hand (`zfs rename`)"
            )
        } else {
            format!("move {stays} away by hand (`zfs rename`), or go back to another generation")
        },
    ))
}

/// Tells what would move along, and is none of phoenix's.
fn foreign_below(draft: &Draft<'_>, from: &DatasetName) -> Option<Why> {
    let inputs = draft.inputs;
    let unknown = |(name, state): &(&DatasetName, &DatasetState)| {
        let said = inputs.desired.dataset(&draft.found.moves.after(name)).is_some();
        !said && !area::is_inside(name) && !draft.whose.is_on_record(name, state)
    };
    let foreign: Vec<&str> =
        inputs.observed.below(from).filter(unknown).map(|(name, _)| name.as_str()).collect();
    (!foreign.is_empty()).then(|| {
        Why::new(
            code::FOREIGN_BELOW,
            format!(
                "it would be renamed from {from}, and below that are datasets that phoenix does not know: {}",
                foreign.join(", ")
            ),
            "they would move with it: say them in the spec below its new name, with `adopt`; or move them away \
             yourself; or keep its name in the spec",
        )
    })
}

/// Tells that nothing is there that could contain it.
fn nowhere(draft: &Draft<'_>, to: &DatasetName) -> Option<Why> {
    let parent = to.parent()?;
    let declared = draft.inputs.desired.dataset(&parent).is_some();
    (!parent.is_root() && !declared && draft.standing(&parent).is_none()).then(|| {
        Why::new(
            code::CANNOT_RENAME,
            format!("it is to lie in {parent}, which is not there, and which the spec does not say"),
            format!("say {parent} in the spec, too"),
        )
    })
}

/// Tells that it would leave the encryption root whose key it shares.
fn leaves_its_key(
    draft: &Draft<'_>,
    to: &DatasetName,
    from: &DatasetName,
    state: &DatasetState,
) -> Option<Why> {
    let root = state.encryption_root().filter(|root| root != from)?;
    let above = successors(to.parent(), DatasetName::parent).find_map(|above| draft.standing(&above));
    let same = above.and_then(|(_, state)| state.encryption_root()).as_ref() == Some(&root);
    (!same).then(|| {
        Why::new(
            code::CANNOT_RENAME,
            format!("its key is that of {root}, and OpenZFS moves nothing out of its encryption root"),
            format!("give it a name below {}, or copy what is in it", draft.found.moves.after(&root)),
        )
    })
}

/// Tells that it, or something below it, would get too long a name.
fn too_long(seen: &Observed, to: &DatasetName, from: &DatasetName) -> Option<Why> {
    let longest = seen.below(from).map(|(name, _)| name.as_str().len() - from.as_str().len()).max();
    (to.as_str().len() + longest.unwrap_or(0) > MAX_DATASET_NAME).then(|| {
        Why::new(
            code::CANNOT_RENAME,
            format!("renamed from {from}, something below it would have a name of more than {MAX_DATASET_NAME} characters"),
            "give it a shorter name",
        )
    })
}

/// Says why a key that lies in what is mounted by the same switch cannot be waited for.
pub fn late_key(root: &DatasetName, to: &DatasetName) -> Why {
    Why::new(
        code::CANNOT_RENAME,
        format!("it is renamed from {root}, and its key lies in what this switch is still to mount"),
        format!("mount that first (`zfs mount`), or rename {root} to {to} in a switch of its own"),
    )
}

/// Returns the resource that a dataset which is there becomes, or would.
pub fn key_after(draft: &Draft<'_>, now: &DatasetName) -> Key {
    draft.inputs.key_of(&draft.found.moves.after(now))
}
