//! Access control lists that go together with the `acltype` that keeps them: they are taken off before that, for after it
//! they are out of reach, and would be in force again with it.

use crate::{
    Change, Inverse,
    dataset::snapshot,
    doing::Doing,
    draft::Draft,
    mount::path::path_of,
    permissions::unsaid::{self, ACL},
    sketch::Sketch,
};
use phoenix_graph::DatasetName;
use phoenix_host::{
    observed::{Directory, Wanted},
    op::Op,
};

/// Takes off what no spec says any more of a dataset whose `acltype` changes, and of what lies in it. What is not mounted
/// now keeps it.
pub fn take_off(draft: &mut Draft<'_>, name: &DatasetName, sketch: &mut Sketch) {
    for (now, after) in listed(draft, name) {
        let seen = draft.inputs.observed;
        let path = seen.datasets.get(&now).and_then(path_of);
        let (Some(path), Some(before)) = (path, seen.directories.get(&now).cloned()) else { continue };
        let Some(acl) = unsaid::goes_back(draft, &after).acl else { continue };
        let gone = before.given(&Wanted { acl: Some(acl.clone()), ..Wanted::default() });
        if gone == before {
            continue;
        }
        let text = |directory: &Directory| Some(directory.acl.to_string()).filter(|text| !text.is_empty());
        let setting = if after == *name { ACL.to_owned() } else { format!("{ACL} of {after}") };
        sketch.changes.push(Change { setting, old: text(&before), new: text(&gone) });
        let (owner, group, mode) = (None, None, None);
        let op = Op::DirectorySet {
            dataset: after.clone(),
            path: path.clone(),
            owner,
            group,
            mode,
            acl: Some(acl),
        };
        let doing = Doing::new(op, Inverse::Directory { dataset: after.clone(), path, before });
        sketch.run_for(draft.whom(&after), doing);
        snapshot::first(draft, &now);
        draft.found.lists_off.insert(after, gone);
    }
}

/// Lists what has a list and stays mounted, of a dataset and what lies in it: the name now, and the one after.
fn listed(draft: &Draft<'_>, name: &DatasetName) -> Vec<(DatasetName, DatasetName)> {
    let moves = &draft.found.moves;
    let with_list = draft.inputs.observed.directories.iter().filter(|(_, seen)| !seen.acl.is_empty());
    let names = with_list.map(|(now, _)| (now.clone(), moves.after(now)));
    let stays = |(now, after): &(DatasetName, DatasetName)| {
        let is_it = after == name || after.is_below(name);
        is_it && moves.now(after).as_ref() == Some(now) && !draft.found.mounting.goes(now)
    };
    let new = |(_, after): &(DatasetName, DatasetName)| !draft.found.lists_off.contains_key(after);
    names.filter(stays).filter(new).collect()
}
