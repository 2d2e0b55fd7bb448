//! Snapshots by the clock: sanoid is told of them by a rendered file, and run by a timer of phoenix's own.
//!
//! What is done is in the rendered files and the units; here is told what that means for each dataset, and refused what
//! would not come about.

mod losing;
pub mod overdue;
pub mod render;

use crate::{
    Inputs, Kind, Subject, code, consent, draft::Draft, order::Milestone, sketch::Sketch, stage::Stage,
};
use losing::losing;
use phoenix_graph::{DatasetName, Graph, Key, Resource, Snapshots};
use phoenix_host::observed::{Query, Units, sanoid::OTHERS};
use render::{CONF, files, schedules};

pub const STAGES: &[Stage] = &[Stage { name: "snapshots", after: &["units"], looks_inside: true, run: plan }];

/// Adds what has to be looked at for the way from one graph to another.
pub fn look(query: &mut Query, desired: &Graph, current: Option<&Graph>) {
    for one in [Some(desired), current].into_iter().flatten().flat_map(schedules) {
        query.sanoid |= one.schedule.takes_any();
        let key = Key::Snapshots(one.dataset.clone());
        let [after, before] = [Some(desired), current].map(|graph| Some(&graph?.get(&key)?.resource));
        if after != before {
            *query.taken.entry(one.dataset.clone()).or_default() |= one.children;
        }
    }
}

/// Plans the schedules: those declared, and those that only the current generation declares.
fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    // What is in force already was told when it came to be.
    let is_in_force = files(inputs.desired).get(CONF) == inputs.in_force.get(CONF);
    for one in schedules(inputs.desired) {
        let key = Key::Snapshots(one.dataset.clone());
        if one.schedule.takes_any() {
            refuse_without(draft, &key);
            refuse_beside(draft, &key, one);
        }
        if !is_in_force {
            set(draft, key, one);
        }
    }
    let kept: Vec<DatasetName> =
        schedules(inputs.desired).map(|one| draft.found.moves.known(&one.dataset)).collect();
    for one in inputs.current.into_iter().flat_map(schedules) {
        if !is_in_force && !kept.contains(&one.dataset) {
            unset(draft, one);
        }
    }
}

fn set(draft: &mut Draft<'_>, key: Key, one: &Snapshots) {
    // It may have had another name.
    let earlier = said(draft.inputs, &Key::Snapshots(draft.found.moves.known(&one.dataset)));
    if earlier.is_some_and(|earlier| (&earlier.schedule, earlier.children) == (&one.schedule, one.children)) {
        return;
    }
    let mut sketch = Sketch::new(if earlier.is_some() { Kind::Update } else { Kind::Create });
    let (old, new) = (facts(earlier), facts(Some(one)));
    for (name, value) in &new {
        let before = old.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
        if before != Some(&**value) {
            sketch.tell(name, before, Some(value));
        }
    }
    for (name, value) in old.iter().filter(|(name, _)| !new.iter().any(|(other, _)| other == name)) {
        sketch.tell(name, Some(value), None);
    }
    for loss in losing(draft, one) {
        sketch.class = crate::Reversibility::Destructive;
        consent::irreversible(draft, &key, sketch.class, &loss);
    }
    sketch.after(Milestone::Files);
    draft.push(Subject::Resource(key), sketch);
}

/// Plans that no more are taken, and tells what stays.
fn unset(draft: &mut Draft<'_>, one: &Snapshots) {
    let key = Key::Snapshots(one.dataset.clone());
    let mut sketch = Sketch::new(Kind::Remove);
    for (name, value) in facts(Some(one)) {
        sketch.tell(&name, Some(&value), None);
    }
    let taken = draft.inputs.observed.sanoid.taken.get(&one.dataset);
    let number: u64 = taken.into_iter().flat_map(|taken| taken.values()).sum();
    if number > 0 {
        let text = format!(
            "{number} snapshots of {} were taken by the clock, and stay: nothing destroys them any more",
            one.dataset
        );
        draft.warn(&key, code::SNAPSHOTS_STAY, text);
    }
    sketch.after(Milestone::Files);
    draft.push(Subject::Resource(key), sketch);
}

/// Refuses a schedule that nobody would carry out.
fn refuse_without(draft: &mut Draft<'_>, key: &Key) {
    let seen = draft.inputs.observed;
    if seen.units == Units::NoSystemd {
        draft.refuse(
            key,
            code::NO_SYSTEMD,
            "this host is not run by systemd, whose timer would take the snapshots",
            "boot it with systemd, or take `snapshots` out and run `sanoid` by other means",
        );
    }
    if !seen.sanoid.installed {
        draft.refuse(
            key,
            code::NO_SANOID,
            "this host has no sanoid, which would take the snapshots",
            "`apt install sanoid`, then switch again",
        );
    }
}

/// Refuses a schedule of what others have sanoid take snapshots of, too: of two the one that keeps less counts.
fn refuse_beside(draft: &mut Draft<'_>, key: &Key, one: &Snapshots) {
    let seen = &draft.inputs.observed.sanoid;
    if let Some(why) = &seen.unread {
        let text = format!(
            "{OTHERS} cannot be read ({why}), so nobody can tell whether it takes snapshots of this, too"
        );
        draft.warn(key, code::SANOID_UNREAD, text);
    }
    let inside =
        |name: &str| DatasetName::seen(name).is_ok_and(|name| one.children && name.is_below(&one.dataset));
    let other = seen.others.iter().find(|other| other.covers(&one.dataset) || inside(&other.dataset));
    if let Some(other) = other {
        draft.refuse(
            key,
            code::SNAPSHOTS_BY_OTHERS,
            format!("{OTHERS} takes and destroys snapshots by its section [{}], too", other.dataset),
            format!("take that section out of {OTHERS}: what the spec keeps counts then"),
        );
    }
}

/// Returns what the current generation says by a key.
fn said<'a>(inputs: &Inputs<'a>, key: &Key) -> Option<&'a Snapshots> {
    match &inputs.current?.get(key)?.resource {
        Resource::Snapshots(one) => Some(one),
        _ => None,
    }
}

fn facts(one: Option<&Snapshots>) -> Vec<(String, String)> {
    let facts = one.into_iter().flat_map(|one| Resource::Snapshots(one.clone()).own_facts());
    facts.map(|fact| (fact.name, fact.value)).collect()
}
