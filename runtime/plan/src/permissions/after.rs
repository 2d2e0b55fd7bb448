//! What the root directory of a file system is once a plan is done.

use super::{
    numbers::{numbers, said},
    unsaid,
};
use crate::draft::Draft;
use phoenix_graph::DatasetName;
use phoenix_host::observed::Directory;

/// Returns what a root directory is after the plan, as far as that is known, where the file system is mounted at a path.
pub fn after(draft: &Draft<'_>, dataset: &DatasetName, path: &str) -> Option<Directory> {
    let seen = draft.inputs.observed;
    let exchanged = draft.found.moves.is_exchanged(dataset);
    let now = match draft.standing(dataset) {
        Some((now, _)) if !exchanged => seen.directories.get(now)?.clone(),
        None => Directory::NEW,
        _ => return None,
    };
    let now = now.given(&unsaid::goes_back(draft, dataset));
    let Some(said) = said(draft.inputs.desired, dataset) else { return Some(now) };
    Some(now.given(&numbers(draft.inputs, said, path).ok()?))
}
