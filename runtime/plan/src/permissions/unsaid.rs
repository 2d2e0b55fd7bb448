//! What a spec does not say any more of a root directory: it goes back to what it was before one did.

use super::numbers::said;
use crate::{Prior, draft::Draft};
use phoenix_graph::{DatasetName, Key, Permissions};
use phoenix_host::observed::{Directory, Wanted};
use std::{collections::BTreeMap, ptr};

/// The names that owner, group, mode and the access control list go by.
pub const OWNER: &str = "owner";
pub const GROUP: &str = "group";
pub const MODE: &str = "mode";
pub const ACL: &str = "acl";
/// The name for what lies in the file system: to whom it was given, which nothing gives back.
pub const CONTENTS: &str = "contents";

/// Returns whether permissions say something.
pub fn says(permissions: &Permissions, name: &str) -> bool {
    match name {
        OWNER => permissions.owner.is_some(),
        GROUP => permissions.group.is_some(),
        MODE => permissions.mode.is_some(),
        ACL => !permissions.acl.is_empty(),
        CONTENTS => permissions.recursive,
        _ => false,
    }
}

/// Notes what a root directory has, as something that can be given back. Where a spec says its list, or said it until now,
/// the mode goes back with the owning group's own bits: the mask in their place is the list's.
pub fn note(now: &Directory, listed: bool) -> BTreeMap<Box<str>, Prior> {
    let own = |word: String| Prior::Own { raw: word.clone().into(), word: word.into() };
    let (owner, group) = (now.owner.to_string(), now.group.to_string());
    let mode = if listed { now.own_mode() } else { now.mode };
    [(OWNER, owner), (GROUP, group), (MODE, mode.to_string()), (ACL, now.acl.to_string())]
        .map(|(name, word)| (name.into(), own(word)))
        .into()
}

/// Returns whether a file system is there, though it may not be mounted yet; not where an earlier state of it takes its
/// place.
pub fn is_there(draft: &Draft<'_>, dataset: &DatasetName) -> bool {
    let moves = &draft.found.moves;
    !moves.is_exchanged(dataset) && (draft.standing(dataset).is_some() || moves.place(dataset).is_some())
}

/// Returns what goes back of the root directory of a dataset, by the name that this has after.
pub fn goes_back(draft: &Draft<'_>, dataset: &DatasetName) -> Wanted {
    // What is made, or takes the place of another, is nothing that phoenix set before.
    if !is_there(draft, dataset) {
        return Wanted::default();
    }
    let noted = draft.noted(&Key::Permissions(dataset.clone()), dataset);
    let said = said(draft.inputs.desired, dataset);
    let prior = |name: &str| {
        let unsaid = said.is_none_or(|said| !says(said, name));
        match noted.and_then(|noted| noted.get(name)).filter(|_| unsaid) {
            Some(Prior::Own { raw, .. }) => Some(&**raw),
            _ => None,
        }
    };
    Wanted {
        owner: prior(OWNER).and_then(|raw| raw.parse().ok()),
        group: prior(GROUP).and_then(|raw| raw.parse().ok()),
        mode: prior(MODE).and_then(|raw| raw.parse().ok()),
        acl: prior(ACL).and_then(|raw| raw.parse().ok()),
    }
}

/// Lists the datasets of which the spec says nothing any more, by their names after.
pub fn unsaid(draft: &Draft<'_>) -> Vec<DatasetName> {
    let inputs = draft.inputs;
    let moves = &draft.found.moves;
    let after = |(key, noted): (&Key, &BTreeMap<_, _>)| {
        let Key::Permissions(known) = key else { return None };
        let now = moves.got_to(known)?;
        let name = moves.home_of(&now).unwrap_or_else(|| moves.after(&now));
        let stays = inputs.desired.dataset(&name).is_some();
        let released = inputs.gives_back && draft.whose.was_adopted(&Key::Dataset(known.clone()));
        let its_own = draft.noted(&Key::Permissions(name.clone()), &name);
        let is_it = its_own.is_some_and(|own| ptr::eq(own, noted)) && said(inputs.desired, &name).is_none();
        (is_it && (stays || released)).then_some(name)
    };
    inputs.before.iter().filter_map(after).collect()
}

/// Notes what permissions stand over that the spec is the first to say.
pub fn stands_over(draft: &mut Draft<'_>, permissions: &Permissions, now: Option<&Directory>) {
    let Some(now) = now else { return };
    let key = Key::Permissions(permissions.dataset.clone());
    let known = draft.found.moves.known(&permissions.dataset);
    let earlier = draft.inputs.current.and_then(|current| said(current, &known));
    let noted = draft.inputs.noted(&key, &known);
    let first = |name: &str| {
        let said_before = earlier.is_some_and(|earlier| says(earlier, name));
        let noted = noted.is_some_and(|noted| noted.contains_key(name));
        says(permissions, name) && !said_before && !noted
    };
    let listed = says(permissions, ACL) || earlier.is_some_and(|earlier| says(earlier, ACL));
    let over = note(now, listed).into_iter().filter(|(name, _)| first(name)).collect();
    draft.stands_over(&key, over);
}
