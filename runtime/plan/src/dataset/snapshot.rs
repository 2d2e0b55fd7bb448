//! What is snapshot before anything else is done, so that its data can go back: all that a plan touches, but for
//! what a snapshot would do harm to.

use crate::{code, draft::Draft};
use phoenix_graph::{DatasetName, Key, SnapshotName};
use phoenix_host::{
    observed::{HOME, Source},
    snapshots,
};

/// Has a dataset snapshot before anything else is done. Returns whether it is.
pub fn first(draft: &mut Draft<'_>, name: &DatasetName) -> bool {
    // What this very transaction made, before it was cut off, has no state before it; and a snapshot
    // would keep it from being unmade.
    let made = [Key::Dataset, Key::Volume].map(|kind| kind(name.clone()));
    if made.iter().any(|key| draft.inputs.made.contains(key)) || is_replica(draft, name) {
        return false;
    }
    if !has_room(draft, name) {
        return false;
    }
    tell_received(draft, name);
    draft.snapshots.entry(name.pool()).or_default().insert(name.clone());
    true
}

/// Returns whether replication from elsewhere writes to a dataset, as the spec says of it or of one above:
/// a snapshot of phoenix's would end that.
pub fn is_replica(draft: &Draft<'_>, name: &DatasetName) -> bool {
    let inputs = draft.inputs;
    let graphs = || std::iter::once(inputs.desired).chain(inputs.current);
    let home = inputs.observed.datasets.get(name).and_then(|state| state.local(HOME));
    let home = home.and_then(|home| DatasetName::seen(home).ok()).unwrap_or_else(|| name.clone());
    let mut above = std::iter::successors(Some(home), DatasetName::parent);
    above.any(|above| {
        graphs()
            .filter_map(|graph| graph.dataset(&above)?.resource.lifecycle())
            .any(|lifecycle| lifecycle.replica)
    })
}

/// Tells of a dataset whose name leaves no room for that of a snapshot.
fn has_room(draft: &mut Draft<'_>, name: &DatasetName) -> bool {
    // A switch that goes on after an import has parts.
    if SnapshotName::of(name, &snapshots::name(draft.inputs.number, 1)).is_ok() {
        return true;
    }
    let key = key(draft, name).unwrap_or_else(|| Key::Dataset(name.clone()));
    draft.warn(
        &key,
        code::NO_SNAPSHOT,
        "its name leaves no room for that of a snapshot, and none is taken: what it holds now is nothing that `rollback --with-data` could go back to",
    );
    false
}

/// Tells of a dataset that is snapshot, and looks as if a replication wrote to it.
fn tell_received(draft: &mut Draft<'_>, name: &DatasetName) {
    let Some(state) = draft.inputs.observed.datasets.get(name) else { return };
    let received = state.settings.iter().find(|(_, setting)| setting.source == Source::Received);
    let Some((property, _)) = received else { return };
    let Some(key) = key(draft, name) else { return };
    let text = format!(
        "its {property} came with a `zfs send`: where that goes on, the snapshot that this switch takes of it makes the next `zfs receive -F` fail; `replica` in its spec says that none is taken"
    );
    draft.warn_once(&key, code::ENDS_REPLICATION, text);
}

/// Returns what a graph calls a dataset, the desired one or the current.
fn key(draft: &Draft<'_>, name: &DatasetName) -> Option<Key> {
    let graphs = [Some(draft.inputs.desired), draft.inputs.current].into_iter().flatten();
    graphs.filter_map(|graph| graph.dataset(name)).map(|node| node.key.clone()).next()
}
