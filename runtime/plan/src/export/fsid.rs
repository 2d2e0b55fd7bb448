//! What clients tell exports apart by (`fsid=`), against what others export: the server serves one path under the file
//! handles of two that say the same to one client.

use super::live;
use crate::{code, draft::Draft};
use phoenix_graph::{
    Key,
    export::{
        Fsid,
        overlap::{Overlap, overlap},
    },
};
use phoenix_host::observed::mount::plain;

/// Refuses an export whose `fsid` others have for another path, where one client is given both; warns where that stands
/// already, or may be.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let mut found: Vec<(Key, bool, String)> = Vec::new();
    for (key, export) in live::all(inputs.desired) {
        for (client, options) in &export.clients {
            let Some(fsid) = Fsid::of(options) else { continue };
            let stands = draft.whose.is_known(&key)
                && live::live(inputs, export, client).is_some_and(|(_, live)| live == options);
            for other in draft.others.all() {
                if other.path == plain(&export.path) || Fsid::of(other.options) != Some(fsid) {
                    continue;
                }
                let (what, sure) = match overlap(client, &other.canonical()) {
                    Overlap::Never => continue,
                    Overlap::Always => ("has", true),
                    Overlap::Maybe => ("may have, since one machine may be both clients,", false),
                };
                let text = if fsid == Fsid::ROOT {
                    format!("{client} {what} two roots of all exports ({fsid}): others export {other}")
                } else {
                    format!("{client} {what} two paths with {fsid}: others export {other}")
                };
                found.push((key.clone(), sure && !stands, text));
            }
        }
    }
    for (key, refused, text) in found {
        if refused {
            let help =
                "say another `fsid` in the spec, or leave it out; or take it out there, then `exportfs -ra`";
            draft.refuse(&key, code::FSID_TAKEN, text, help);
        } else {
            draft.warn(&key, code::FSID_SHARED, text);
        }
    }
}
