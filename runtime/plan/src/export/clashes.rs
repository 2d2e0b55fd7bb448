//! What others export, against the finished plan: what stands now beside an entry of theirs, and what would be mounted
//! over what they give to clients.

use crate::{
    code,
    draft::Draft,
    export::{
        live,
        others::{Other, at_or_below, by_path, others},
    },
};
use phoenix_graph::{Key, mounts::mounts, plain::some};
use phoenix_host::observed::mount::plain;
use std::collections::BTreeSet;

/// Tells what clashes. Whatever is mounted loads the files anew, and then the first entry counts: so nothing is done while
/// two say different things.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let by_path = by_path(inputs);
    let idle = draft.actions().is_empty();
    for (key, export) in live::all(inputs.desired) {
        if !draft.whose.is_known(&key) {
            continue;
        }
        let others = by_path.get(&plain(&export.path)).map(Vec::as_slice).unwrap_or_default();
        for (client, options) in &export.clients {
            let Some(other) = others.iter().find(|other| other.is_to(client)) else { continue };
            let text = format!("others export it, too: {other}");
            if live::live(inputs, export, client).map(|(_, live)| live) != Some(options) {
                continue;
            }
            if idle || other.options == options {
                draft.warn(&key, code::EXPORTED_TWICE, text);
            } else {
                draft.refuse(&key, code::EXPORTED_BY_OTHERS, text, other.way_out());
            }
        }
    }
    mounted_over(draft);
}

/// Tells what would be mounted over what others give to clients.
fn mounted_over(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let others: Vec<Other<'_>> = others(inputs).into_iter().filter(|other| !other.follows()).collect();
    if others.is_empty() {
        return;
    }
    // What stands there already is seen as it is.
    let stands: BTreeSet<&str> = inputs
        .observed
        .datasets
        .values()
        .filter(|state| state.mounted)
        .filter_map(|state| state.value("mountpoint"))
        .collect();
    for (name, mount) in mounts(inputs.desired.resources()) {
        let comes = mount.mounted && draft.found.mounting.comes(&name);
        let Some(path) = mount.path.filter(|path| comes && !stands.contains(&**path)) else { continue };
        let under = others.iter().filter(|other| at_or_below(&other.path, &path));
        let under: Vec<String> = under.map(Other::to_string).collect();
        if !under.is_empty() {
            let text = format!(
                "others export what it is mounted over, and clients see the new file system there: {}",
                some(&under)
            );
            draft.warn(&Key::Dataset(name), code::EXPORTED_TWICE, text);
        }
    }
}
