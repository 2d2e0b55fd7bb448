//! All that lies in a file system: with `recursive` it is given owner and group of the root directory, once.
//!
//! That it was is noted with what permissions stand over, and follows the file system wherever it goes. What each file had
//! is in the snapshot that is taken before, and in nothing that a rollback of settings gives back: it takes a consent, and
//! is done last of all.

use super::{
    numbers::{all, said},
    unsaid::{CONTENTS, is_there},
};
use crate::{
    Inverse, Kind, Prior, Reversibility, Subject, code, consent, dataset::snapshot, doing::Doing,
    draft::Draft, mount::read_only, order::Need,
};
use phoenix_graph::{Key, Permissions};
use phoenix_host::{
    observed::{Directory, Observed, Wanted},
    op::Op,
    snapshots,
};

/// Plans it for a root directory that is to be given these numbers. `before` is what it has, where that is seen.
pub fn plan(
    draft: &mut Draft<'_>,
    permissions: &Permissions,
    to: &Wanted,
    path: &str,
    before: Option<&Directory>,
) {
    if !permissions.recursive {
        return;
    }
    let dataset = &permissions.dataset;
    let key = Key::Permissions(dataset.clone());
    let raw = raw(to);
    let noted = draft.noted(&key, dataset).and_then(|noted| noted.get(CONTENTS));
    if matches!(noted, Some(Prior::Own { raw: given, .. }) if **given == *raw) {
        return;
    }
    let note =
        || [(CONTENTS.into(), Prior::Own { raw: raw.as_str().into(), word: raw.as_str().into() })].into();
    let now = draft.found.moves.now(dataset).filter(|_| is_there(draft, dataset));
    let count = now.as_ref().filter(|_| before.is_some());
    let count = count.and_then(|now| draft.inputs.observed.contents.get(now)).copied();
    let (Some(now), true) = (now, count != Some(0)) else {
        // Nothing lies in it yet; or what takes its place was given away before.
        draft.stands_over(&key, note());
        return;
    };
    if !read_only::permits(draft, dataset) {
        return;
    }
    let many =
        count.map_or("all files and folders".to_owned(), |count| format!("about {count} files and folders"));
    let accounts = accounts(to);
    let kept = snapshot::first(draft, &now);
    let lost = if kept { "" } else { ", and no snapshot keeps what each had" };
    let class = Reversibility::ForwardOnly;
    let what = format!("{many} in it would be given {accounts}{lost}");
    if !consent::irreversible(draft, &key, class, &what) {
        return;
    }
    draft.stands_over(&key, note());
    draft.warn(&key, code::CONTENTS_GIVEN, format!("{many} in it are given {accounts}{lost}"));
    let mut sketch = draft.sketch(Kind::Update, dataset);
    sketch.class = class;
    sketch.after(Need::OwnGround);
    sketch.tell("contents", Some("each as it is"), Some(&accounts));
    let Wanted { owner, group, .. } = *to;
    let op = Op::ContentsSet { dataset: dataset.clone(), path: path.into(), owner, group };
    let taken = kept.then_some(draft.inputs.number);
    sketch.run(Doing::new(op, Inverse::ContentsGiven { dataset: dataset.clone(), owner, group, taken }));
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
            "all that lies in it was given to somebody (`recursive`) and stays so; what each file had comes back with the data alone, as long as the snapshot of then is kept: `rollback NUMBER --with-data {name}`, to the generation before"
        );
        draft.warn(&Key::Permissions(name), code::CONTENTS_STAY, text);
    }
}

/// Tells what was given to somebody and is not given back.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    let inverse = inverse.where_it_holds(seen)?;
    let Inverse::ContentsGiven { dataset, owner, group, taken } = &*inverse else { return None };
    seen.datasets.get(dataset)?;
    let accounts = accounts(&Wanted { owner: *owner, group: *group, ..Wanted::default() });
    let name = |number: u64| snapshots::name(number, 0);
    // One that was taken after an import has a further number behind.
    let had = taken.map(|number| {
        format!("; what each file had is in the snapshot of it whose name begins with {}", name(number))
    });
    Some(format!(
        "what lies in {dataset} has been given {accounts}, all of it or a part{}",
        had.unwrap_or_default()
    ))
}

/// Writes down to whom all is given.
fn raw(to: &Wanted) -> String {
    let word = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    format!("{}:{}", word(to.owner), word(to.group))
}

fn accounts(to: &Wanted) -> String {
    let words = [("owner", to.owner), ("group", to.group)];
    let words = words.into_iter().filter_map(|(word, number)| Some(format!("{word} {}", number?)));
    words.collect::<Vec<_>>().join(" and ")
}
