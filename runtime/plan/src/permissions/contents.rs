//! All that lies in a file system: with `recursive` it is given owner and group of the root directory, in the switch that
//! first says so, or that finds the root directory otherwise.
//!
//! What each file had is in the snapshot that is taken before, and in nothing that a rollback of settings gives back. So it
//! takes a consent, and is done last of all.

use super::{
    numbers::{all, said},
    unsaid::is_there,
};
use crate::{
    Inverse, Kind, Reversibility, Subject, code, consent, dataset::snapshot, doing::Doing, draft::Draft,
    order::Need,
};
use phoenix_graph::{Key, Permissions};
use phoenix_host::{
    observed::{Directory, Observed, Wanted},
    op::Op,
};

/// Plans it for a root directory that is to be given these numbers, and has others before, or is not seen yet.
pub fn plan(
    draft: &mut Draft<'_>,
    permissions: &Permissions,
    to: &Wanted,
    path: &str,
    before: Option<&Directory>,
) {
    let dataset = &permissions.dataset;
    if !permissions.recursive || !is_there(draft, dataset) {
        return;
    }
    let (inputs, known) = (draft.inputs, draft.found.moves.known(dataset));
    let earlier =
        inputs.current.and_then(|current| said(current, &known)).filter(|earlier| earlier.recursive);
    let has = |now: &Directory| {
        to.owner.is_none_or(|owner| owner == now.owner) && to.group.is_none_or(|group| group == now.group)
    };
    if earlier.is_some_and(|earlier| whose(earlier) == whose(permissions)) && before.is_none_or(has) {
        return;
    }
    // The generation that is gone back to has had it done. What came since stays as it is.
    if inputs.gives_back && earlier.is_none() {
        return;
    }
    let now = draft.found.moves.now(dataset).filter(|_| before.is_some());
    let many = match now.as_ref().and_then(|now| inputs.observed.contents.get(now)) {
        Some(0) => return,
        Some(count) => format!("about {count} files and folders"),
        None => "all files and folders".to_owned(),
    };
    let accounts = accounts(to);
    let key = Key::Permissions(dataset.clone());
    let class = Reversibility::ForwardOnly;
    // What phoenix gave away before goes back to somebody else without more.
    let goes_back = inputs.gives_back && earlier.is_some();
    if !goes_back
        && !consent::irreversible(draft, &key, class, &format!("{many} in it would be given {accounts}"))
    {
        return;
    }
    let mut sketch = draft.sketch(Kind::Update, dataset);
    sketch.class = class;
    sketch.after(Need::OwnGround);
    sketch.tell("contents", Some(&format!("{many}, each as it is")), Some(&accounts));
    if let Some(now) = now {
        snapshot::first(draft, &now);
    }
    let Wanted { owner, group, .. } = *to;
    let op = Op::ContentsSet { dataset: dataset.clone(), path: path.into(), owner, group };
    sketch.run(Doing::new(op, Inverse::ContentsGiven { dataset: dataset.clone(), owner, group }));
    draft.push_apart(Subject::Resource(key), sketch);
}

/// Tells of what was given away by a generation, and keeps its owner in the next one, which does not say so.
pub fn tell_kept(draft: &mut Draft<'_>) {
    let Some(current) = draft.inputs.current else { return };
    for (_, earlier) in all(current).filter(|(_, earlier)| earlier.recursive) {
        let moves = &draft.found.moves;
        let Some(name) = moves.got_to(&earlier.dataset).map(|now| moves.after(&now)) else { continue };
        let desired = draft.inputs.desired;
        let is_said = said(desired, &name).is_some_and(|said| said.recursive);
        if is_said || desired.dataset(&name).is_none() || moves.is_exchanged(&name) {
            continue;
        }
        let text = format!(
            "all that lies in it was given to somebody (`recursive`) and stays so; what each file had comes back with its data alone: `rollback --with-data {name}`"
        );
        draft.warn(&Key::Permissions(name), code::CONTENTS_STAY, text);
    }
}

/// Tells what was given to somebody and is not given back.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    let inverse = inverse.where_it_holds(seen)?;
    let Inverse::ContentsGiven { dataset, owner, group } = &*inverse else { return None };
    seen.datasets.get(dataset)?;
    let accounts = accounts(&Wanted { owner: *owner, group: *group, ..Wanted::default() });
    Some(format!("what lies in {dataset} has been given {accounts}, all of it or a part"))
}

/// Returns to whom all is given.
fn whose(permissions: &Permissions) -> (Option<&str>, Option<&str>, Option<u32>) {
    (permissions.owner.as_deref(), permissions.group.as_deref(), permissions.container)
}

fn accounts(to: &Wanted) -> String {
    let words = [("owner", to.owner), ("group", to.group)];
    let words = words.into_iter().filter_map(|(word, number)| Some(format!("{word} {}", number?)));
    words.collect::<Vec<_>>().join(" and ")
}
