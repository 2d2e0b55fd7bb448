//! Exports: what the live table lacks, has otherwise, or has too much.
//!
//! What goes is taken out of the rendered file first, so that its file system can be put away; what
//! comes is loaded with the new generation's file (`files`), once everything is mounted.

mod away;
mod clashes;
pub mod doing;
mod fsid;
mod in_use;
pub mod line;
pub mod live;
mod nested;
pub mod others;

use crate::{
    Change, EXPORTS_LINK, Inputs, Kind, Subject, code, draft::Draft, order::Milestone, sketch::Sketch,
    stage::Stage,
};
use others::Other;
use phoenix_graph::{Export, Key, plain::some};
use phoenix_host::observed::{LinkState, Observed, mount::plain};
use std::path::Path;

pub const STAGES: &[Stage] = &[
    Stage { name: "exports away", after: &["mappings away"], looks_inside: true, run: away::plan },
    Stage { name: "exports", after: &["files"], looks_inside: true, run: plan },
    Stage { name: "open by clients", after: &["exports"], looks_inside: true, run: in_use::plan },
    Stage { name: "exports of others", after: &["registry"], looks_inside: true, run: clashes::plan },
    Stage { name: "fsids of others", after: &["exports of others"], looks_inside: true, run: fsid::plan },
    Stage { name: "below exports", after: &["fsids of others"], looks_inside: true, run: nested::plan },
];

/// Plans what is exported anew or otherwise. The rendered files' action, which comes before, runs it.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for (key, export) in live::all(inputs.desired) {
        let known = draft.whose.is_known(&key);
        let mut changes = Vec::new();
        for (client, options) in &export.clients {
            let live = live::live(inputs, export, client).map(|(_, live)| live);
            let holds = live == Some(options);
            let other = draft.others.of(&export.path).iter().find(|other| other.is_to(client));
            match (other, live) {
                // It holds as yet: what becomes of it is seen once all is planned.
                (Some(_), _) if holds && known => {}
                (Some(other), _) => {
                    let (reason, help) = (format!("others export it: {other}"), other.way_out());
                    draft.refuse(&key, code::EXPORTED_BY_OTHERS, reason, help);
                }
                (None, Some(live))
                    if !holds
                        && !known
                        && !ours_in_force(inputs)
                        && !draft.others.is_shared(&export.path) =>
                {
                    let options = live.iter().collect::<Vec<_>>().join(",");
                    draft.refuse(
                        &key,
                        code::EXPORTED_BY_OTHERS,
                        format!("it is exported to {client} already, not by phoenix ({options})"),
                        "take it out of `/etc/exports`, `/etc/exports.d` or `sharenfs` first, then `exportfs -ra`",
                    );
                }
                _ => {}
            }
            if holds {
                continue;
            }
            changes.push(Change {
                setting: format!("client {client}"),
                old: live.map(|live| live.iter().collect::<Vec<_>>().join(",")),
                new: Some(options.iter().collect::<Vec<_>>().join(",")),
            });
        }
        refuse_elsewhere(draft, &key, export);
        if changes.is_empty() {
            continue;
        }
        if !known {
            tell_of_others(draft, &key, export);
        }
        let mut sketch = Sketch::new(if known { Kind::Update } else { Kind::Create });
        sketch.changes = changes;
        sketch.after(Milestone::Files);
        draft.push(Subject::Resource(key), sketch);
    }
}

/// Tells of a new export which clients have its path by others, and which files cannot be read.
fn tell_of_others(draft: &mut Draft<'_>, key: &Key, export: &Export) {
    let further = draft
        .others
        .of(&export.path)
        .iter()
        .filter(|other| !export.clients.keys().any(|client| other.is_to(client)));
    let further: Vec<String> = further.map(Other::to_string).collect();
    if !further.is_empty() {
        let text = format!("others export it, too, and that stays: {}", some(&further));
        draft.warn(key, code::EXPORTED_TWICE, text);
    }
    tell_unread(draft, key);
}

/// Tells which files that exports are read from cannot be read.
pub fn tell_unread(draft: &mut Draft<'_>, key: &Key) {
    for (file, why) in &draft.inputs.observed.unread_exports {
        let text = format!("{file} cannot be read ({why}), so nobody can tell whether it exports this, too");
        draft.warn(key, code::EXPORTS_UNREAD, text);
    }
}

/// Refuses an export whose file system belongs elsewhere, also after all that the plan sets: by a mount point that
/// the spec does not tell.
fn refuse_elsewhere(draft: &mut Draft<'_>, key: &Key, export: &Export) {
    let inputs = draft.inputs;
    if inputs.desired.dataset(&export.dataset).is_none() || draft.standing(&export.dataset).is_none() {
        return;
    }
    let is = draft.found.mounting.place(&export.dataset);
    if is != Some(&*plain(&export.path)) {
        let (is, path) = (is.unwrap_or("no place").to_owned(), &export.path);
        draft.refuse(
            key,
            code::EXPORT_ELSEWHERE,
            format!(
                "{} is mounted at {is}, not at {path}, by a mount point that the spec does not say",
                export.dataset
            ),
            format!("write mountpoint={path} at the dataset, or set the parent's"),
        );
    }
}

/// Returns whether the live table comes from phoenix's own file, though no generation is current.
fn ours_in_force(inputs: &Inputs<'_>) -> bool {
    let target = &inputs.places.etc;
    matches!(
        inputs.observed.links.get(Path::new(EXPORTS_LINK)),
        Some(LinkState::Link(found)) if found.starts_with(target)
    )
}

/// Returns whether nothing of an export was seen, in a pool that was.
pub fn is_missing(seen: &Observed, export: &Export) -> bool {
    seen.pools.contains_key(&export.dataset.pool())
        && !seen.exports.keys().any(|(path, _)| *path == export.path)
}
