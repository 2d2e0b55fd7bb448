//! Units of systemd that phoenix renders: read by systemd once their files are in force, started, and stopped before
//! they go.
//!
//! What systemd has read of a unit is told by its description: the digest in there is that of all that the file says. So a unit
//! whose file is another by now is found whichever way it became so.

pub mod doing;
pub mod render;

use crate::{
    Inputs, Kind, Reversibility, Subject, code,
    doing::Doing,
    draft::Draft,
    files::{
        places::{is_of, is_started, is_unit},
        rendered,
    },
    order::Milestone,
    sketch::Sketch,
    stage::Stage,
};
use phoenix_graph::Resource;
use phoenix_host::{observed::Units, text::unit_file::description};
use std::collections::BTreeMap;

pub const STAGES: &[Stage] = &[Stage { name: "units", after: &["files"], looks_inside: true, run: plan }];

/// Returns what stops a unit that goes, where it is started: before its files do.
pub fn stopped(inputs: &Inputs<'_>, name: &str) -> Option<Doing> {
    let units = &inputs.observed.units;
    (is_started(name) && units.is_active(name)).then(|| doing::stop(name, units))
}

/// Has systemd read what is rendered anew, and starts what is to be.
fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // Where nobody runs units they were refused.
    let Units::Found(_) = &inputs.observed.units else { return };
    let units = &inputs.observed.units;
    let after = rendered(inputs.desired).unwrap_or_default();
    for (name, _) in all(&after) {
        if let Some(how) = units.get(name).and_then(|state| state.failed.as_deref()) {
            let text = format!("{name} failed when it ran last ({how}): see `journalctl --unit {name}`");
            let key = draft.inputs.desired.resources().find(|one| is_of(name, one)).map(Resource::key);
            if let Some(key) = key {
                draft.warn(&key, code::UNIT_FAILED, text);
            }
        }
    }
    let mut sketch = Sketch::new(Kind::Update);
    let unread: Vec<&str> = unread(inputs, &after);
    // What a file that is the same as before does not explain is told.
    let drifts = |name: &str| inputs.in_force.get(name) == after.get(name);
    for name in unread.iter().filter(|name| drifts(name)) {
        sketch.tell(name, Some(units.loaded(name).unwrap_or("not read")), Some("as its file says"));
    }
    if !unread.is_empty() {
        sketch.run(doing::reload(&unread, units));
    }
    // It is stopped by then where something is destroyed by what is new: that begins behind all else.
    let loses = !draft.found.lost.destroyed.is_empty();
    if loses {
        sketch.class = Reversibility::Destructive;
    }
    for (name, _) in all(&after).filter(|(name, _)| is_started(name) && (loses || !units.is_active(name))) {
        if drifts(name) && !units.is_active(name) {
            sketch.tell(name, Some("stopped"), Some("started"));
        }
        sketch.run(doing::start(name, units));
    }
    if sketch.is_idle() {
        return;
    }
    sketch.after(Milestone::Files);
    draft.push(Subject::Units, sketch);
}

/// Lists the units that systemd has otherwise than they are to be.
fn unread<'a>(inputs: &'a Inputs<'_>, after: &'a BTreeMap<Box<str>, String>) -> Vec<&'a str> {
    let units = &inputs.observed.units;
    let fresh = all(after).filter(|(name, text)| units.loaded(name) != description(text));
    let gone = all(inputs.in_force).filter(|(name, _)| !after.contains_key(*name));
    let gone = gone.filter(|(name, _)| units.loaded(name).is_some());
    fresh.chain(gone).map(|(name, _)| name).collect()
}

/// Lists the units among rendered files.
fn all(files: &BTreeMap<Box<str>, String>) -> impl Iterator<Item = (&str, &str)> {
    files.iter().filter(|(name, _)| is_unit(name)).map(|(name, text)| (&**name, &**text))
}
