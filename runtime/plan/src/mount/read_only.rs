//! Whether anything can be written into a file system once a plan is done.

use crate::{code, draft::Draft};
use phoenix_graph::{DatasetName, Key, PropertyName, Settings};
use phoenix_host::observed::Query;

const READ_ONLY: &str = "readonly";

/// Returns whether a file system lets nobody write into it after the plan: as the spec says of it or of one above, or as
/// somebody set it.
pub fn is_read_only(draft: &Draft<'_>, dataset: &DatasetName) -> bool {
    let inputs = draft.inputs;
    let said = |settings: &Settings| Some(settings.get(READ_ONLY)?.to_string());
    let word = |name: DatasetName| {
        let spec = inputs.desired.dataset(&name).and_then(|node| said(node.resource.settings()?));
        let by_hand = || {
            let now = draft.found.moves.now(&name).and_then(|now| inputs.observed.datasets.get(&now))?;
            let was = inputs.current.and_then(|graph| said(graph.dataset(&name)?.resource.settings()?));
            // What a spec said before goes with it.
            now.local(READ_ONLY).filter(|_| was.is_none()).map(str::to_owned)
        };
        spec.or_else(by_hand)
    };
    let mut above = std::iter::successors(Some(dataset.clone()), DatasetName::parent);
    above.find_map(word).is_some_and(|word| word == "on")
}

/// Returns whether owners and rights can be changed in a file system; refuses it where they cannot.
pub fn permits(draft: &mut Draft<'_>, dataset: &DatasetName) -> bool {
    let is_read_only = is_read_only(draft, dataset);
    if is_read_only {
        draft.refuse(
            &Key::Permissions(dataset.clone()),
            code::NOT_WRITABLE,
            format!("{dataset} is `readonly`, so nothing can be given to anybody in it"),
            "set them in a switch before it is `readonly`, or take them out of the spec",
        );
    }
    !is_read_only
}

/// Adds what has to be looked at for that.
pub fn look(query: &mut Query) {
    query.properties.insert(PropertyName::new(READ_ONLY));
}
