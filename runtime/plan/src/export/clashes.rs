//! What others export, against the finished plan: what stands now beside an entry of theirs, and what would be mounted
//! over what they give to clients.

use crate::{
    code,
    draft::Draft,
    export::{live, others::Other},
};
use phoenix_graph::{Key, mounts::mounts, plain::some};
use phoenix_host::observed::mount::is_at_or_below;
use std::collections::BTreeSet;

/// Tells what clashes. Whatever is mounted loads the files anew, and then the first entry counts: so nothing is done while
/// two say different things.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let idle = draft.actions().is_empty();
    for (key, export) in live::all(inputs.desired) {
        if !draft.whose.is_known(&key) {
            continue;
        }
        for (client, options) in &export.clients {
            // What does not hold was refused as it was planned.
            let holds = live::live(inputs, export, client).is_some_and(|(_, live)| live == options);
            let other = draft.others.of(&export.path).iter().find(|other| other.is_to(client));
            let Some(other) = other.filter(|_| holds) else { continue };
            let text = format!("others export it, too: {other}");
            if idle || other.options == options {
                draft.warn(&key, code::EXPORTED_TWICE, text);
            } else {
                let help = other.way_out();
                draft.refuse(&key, code::EXPORTED_BY_OTHERS, text, help);
            }
        }
    }
    mounted_over(draft);
}

/// Tells what would be mounted over what others give to clients.
fn mounted_over(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    if draft.others.standing().next().is_none() {
        return;
    }
    // What stands there already is seen as it is.
    let mounted = inputs.observed.datasets.values().filter(|state| state.mounted);
    let stands: BTreeSet<&str> = mounted.filter_map(|state| state.value("mountpoint")).collect();
    for (name, mount) in mounts(inputs.desired.resources()) {
        let comes = mount.mounted && draft.found.mounting.comes(&name);
        let Some(path) = mount.path.filter(|path| comes && !stands.contains(&**path)) else { continue };
        let under = draft.others.standing().filter(|other| is_at_or_below(&other.path, &path));
        let under: Vec<String> = under.map(Other::to_string).collect();
        if !under.is_empty() {
            let text =
                format!("clients that others give this to see the new file system there: {}", some(&under));
            draft.warn(&Key::Dataset(name), code::MOUNTED_OVER_EXPORT, text);
        }
    }
}
