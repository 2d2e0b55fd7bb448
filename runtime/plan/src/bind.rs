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
}
