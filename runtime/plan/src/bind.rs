//! What a graph can say and this version cannot carry out: refused by name, never skipped.

use crate::{code, draft::Draft, stage::Stage};
use phoenix_graph::Resource;

pub const STAGES: &[Stage] = &[Stage { name: "binds", after: &["legal"], looks_inside: false, run: plan }];

/// Refuses what cannot be carried out yet.
pub fn plan(draft: &mut Draft<'_>) {
    let desired = draft.inputs.desired;
    for resource in desired.resources() {
        let Resource::Bind(bind) = resource else { continue };
        draft.refuse(
            &resource.key(),
            code::BIND_BY_HAND,
            "this version of phoenix cannot carry out mount points of containers yet",
            format!(
                "take `bind` out of {}, and run `pct set {} -mpN {},mp={}` by hand",
                bind.dataset, bind.container, bind.path, bind.at
            ),
        );
    }
    renames(draft);
}

/// Refuses a rename that would have to be done; one that was done by hand already is no matter.
fn renames(draft: &mut Draft<'_>) {
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
