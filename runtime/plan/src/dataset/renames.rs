//! Renames that a spec asks for: refused by name, never skipped.

use crate::{code, draft::Draft};

/// Refuses a rename that would have to be done; one that was done by hand already is no matter.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for node in inputs.desired.nodes() {
        let was = node.resource.lifecycle().and_then(|lifecycle| lifecycle.was.as_ref());
        let (Some(was), Some(name)) = (was, node.resource.dataset_name()) else { continue };
        if !inputs.observed.datasets.contains_key(was) {
            continue;
        }
        if inputs.observed.datasets.contains_key(name) {
            draft.refuse(
                &node.key,
                code::RENAME_BY_HAND,
                format!("it is said to have been {was}, but both are there"),
                "take `was` out where the two are not the same, or move one of them away by hand",
            );
        } else {
            draft.refuse(
                &node.key,
                code::RENAME_BY_HAND,
                format!("this version of phoenix cannot rename {was} yet"),
                format!("run `zfs rename {was} {name}` by hand, then switch: `was` is satisfied then"),
            );
        }
    }
}
