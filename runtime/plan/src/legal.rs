//! What a graph says and no host is made to be: whatever was read from a store is held against what a
//! spec may say before anything is planned from it, and nothing is mounted over phoenix's own record.

use crate::{code, draft::Draft, stage::Stage};
use phoenix_graph::{Key, check, mounts::mounts};

pub const STAGES: &[Stage] = &[Stage { name: "legal", after: &[], looks_inside: false, run: plan }];

/// Refuses what no spec can say, resource by resource.
pub fn plan(draft: &mut Draft<'_>) {
    let desired = draft.inputs.desired;
    for fault in check::all(desired.resources()) {
        draft.refuse(
            &fault.key,
            code::ILLEGAL_CLOSURE,
            format!("no spec can say this: {}", fault.reason),
            "build the spec anew with this version of phoenix, and change what it refuses; \
             a closure that somebody else made may say what its spec does not",
        );
    }
    state_folder(draft);
}

/// Refuses a mount point that would hide the state folder: what was done could not be recorded.
fn state_folder(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (name, mount) in mounts(inputs.desired.resources()) {
        let Some(path) = mount.path.filter(|path| mount.mounted && inputs.places.state.starts_with(&**path))
        else {
            continue;
        };
        let there = inputs.observed.datasets.get(&name).and_then(|state| state.value("mountpoint"));
        // The folder itself may lie on the dataset: it was there before.
        if there == Some(&*path) {
            continue;
        }
        draft.refuse(
            &Key::Dataset(name.clone()),
            code::HIDES_STATE_FOLDER,
            format!(
                "mounted at {path} it would hide phoenix's own record in {}",
                inputs.places.state.display()
            ),
            "give it a mount point that is not above the state folder, or move that with `--state-dir`",
        );
    }
}
