//! Snapshots by the clock: sanoid is told of them by a rendered file, and run by a timer of phoenix's own.
//!
//! What is done is in the rendered files and the units; here is told what that means for each dataset, and refused what
//! would not come about.

mod governing;
pub mod looking;
mod losing;
pub mod lost;
pub mod overdue;
pub mod render;

use crate::{
    Inputs, Kind, Reversibility, Subject, code, consent, draft::Draft, order::Milestone, sketch::Sketch,
    stage::Stage,
};
use phoenix_graph::{DatasetName, Key, Resource, Snapshots, diff::differing};
use phoenix_host::{
    area,
    observed::{DatasetState, Units, sanoid::OTHERS},
};
use render::{CONF, areas, files, schedules};
use std::collections::{BTreeMap, BTreeSet};

pub const STAGES: &[Stage] = &[
    Stage { name: "schedules", after: &["permissions"], looks_inside: true, run: lose },
    Stage { name: "snapshots", after: &["units"], looks_inside: true, run: plan },
];

/// Finds what is lost; nothing is, where what is in force is not changed.
fn lose(draft: &mut Draft<'_>) {
    if !is_in_force(draft.inputs) {
        losing::find(draft);
    }
}

/// Returns whether what sanoid is told is in force already, and was told when it came to be.
fn is_in_force(inputs: &Inputs<'_>) -> bool {
    files(inputs.desired).get(CONF) == inputs.in_force.get(CONF)
}

/// Plans the schedules: those declared, and those that only the current generation declares.
fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let is_in_force = is_in_force(inputs);
    let areas: BTreeSet<String> = areas(inputs.desired).collect();
    if let Some(one) = schedules(inputs.desired).find(|one| one.schedule.takes_any()) {
        refuse_without(draft, &Key::Snapshots(one.dataset.clone()));
    }
    for one in schedules(inputs.desired) {
        let key = Key::Snapshots(one.dataset.clone());
        if one.schedule.takes_any() {
            refuse_beside(draft, &key, one);
            refuse_over_areas(draft, &key, one, &areas);
        }
        if !is_in_force {
            set(draft, key, one);
        }
    }
    if is_in_force {
        return;
    }
    let kept: BTreeSet<DatasetName> =
        schedules(inputs.desired).map(|one| draft.found.moves.known(&one.dataset)).collect();
    for one in inputs.current.into_iter().flat_map(schedules) {
        if !kept.contains(&one.dataset) {
            unset(draft, one);
        }
        let key = Key::Snapshots(one.dataset.clone());
        if let Some(number) = draft.found.lost.staying.get(&key) {
            let mut others = inputs.observed.sanoid.others.iter().rev();
            let after = match others.find(|other| other.covers(&one.dataset)).filter(|other| !other.off) {
                Some(other) => {
                    format!("{OTHERS} is about them from then on, by its section [{}]", other.dataset)
                }
                None => "nothing destroys them any more".to_owned(),
            };
            let text = format!("{number} snapshots were taken by the clock as this said, and stay: {after}");
            draft.warn(&key, code::SNAPSHOTS_STAY, text);
        }
    }
}

fn set(draft: &mut Draft<'_>, key: Key, one: &Snapshots) {
    // It may have had another name.
    let earlier = said(draft.inputs, &Key::Snapshots(draft.found.moves.known(&one.dataset)));
    let losses = draft.found.lost.destroyed.get(&key).cloned().unwrap_or_default();
    let same = |earlier: &Snapshots| (&earlier.schedule, earlier.children) == (&one.schedule, one.children);
    if earlier.is_some_and(same) && losses.is_empty() {
        return;
    }
    let mut sketch = Sketch::new(if earlier.is_some() { Kind::Update } else { Kind::Create });
    for (name, (old, new)) in differing(&facts(earlier), &facts(Some(one))) {
        sketch.tell(&name, old.as_deref(), new.as_deref());
    }
    for loss in losses {
        sketch.class = Reversibility::Destructive;
        if consent::irreversible(draft, &key, sketch.class, &loss) {
            draft.warn(&key, code::SNAPSHOTS_GO, loss);
        }
    }
    sketch.after(Milestone::Files);
    draft.push(Subject::Resource(key), sketch);
}

/// Plans that no more are taken.
fn unset(draft: &mut Draft<'_>, one: &Snapshots) {
    let mut sketch = Sketch::new(Kind::Remove);
    for (name, value) in facts(Some(one)) {
        sketch.tell(&name, Some(&value), None);
    }
    sketch.after(Milestone::Files);
    draft.push(Subject::Resource(Key::Snapshots(one.dataset.clone())), sketch);
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
        draft.refuse(
            key,
            code::SANOID_UNREAD,
            format!(
                "{OTHERS} cannot be read ({why}), so nobody can tell whether it takes snapshots of this, too"
            ),
            format!("look into {OTHERS}, and put it right or away"),
        );
        return;
    }
    let inside = |name: &DatasetName| one.children && name.is_below(&one.dataset);
    // Of several the last counts.
    let own = seen.others.iter().rev().find(|other| other.covers(&one.dataset));
    let below =
        || seen.others.iter().find(|other| !other.off && other.name().is_some_and(|name| inside(&name)));
    if let Some(other) = own.filter(|own| !own.off).or_else(below) {
        draft.refuse(
            key,
            code::SNAPSHOTS_BY_OTHERS,
            format!("{OTHERS} takes and destroys snapshots by its section [{}], too", other.dataset),
            format!("take that section out of {OTHERS}, or leave this out there (`autosnap = no`, `autoprune = no`)"),
        );
    }
}

/// Refuses a schedule for all below where something below has an area of its own that nobody leaves out: the snapshots of
/// what is put away in there would be destroyed.
fn refuse_over_areas(draft: &mut Draft<'_>, key: &Key, one: &Snapshots, areas: &BTreeSet<String>) {
    if !one.children {
        return;
    }
    let here = |area: &&String| DatasetName::seen(area).is_ok_and(|area| area.is_below(&one.dataset));
    // sanoid lists nothing below a name with a blank in it.
    if let Some(area) = areas.iter().filter(here).find(|area| area.contains(' ')) {
        let reason = format!("sanoid would not leave {area} out, which has a blank in its name");
        let help = "give it a name without blanks; or say `snapshots` at each dataset, and not `children`";
        draft.refuse(key, code::SNAPSHOTS_OVER_AREA, reason, help);
        return;
    }
    let Some((now, state)) = draft.standing(&one.dataset) else { return };
    let is_root = |name: &DatasetName, state: &DatasetState| {
        !state.volume && !area::is_inside(name) && state.encryption_root().as_ref() == Some(name)
    };
    let is_known = |name: &DatasetName| {
        area::top(&draft.found.moves.after(name)).is_some_and(|area| areas.contains(area.as_str()))
    };
    let all = std::iter::once((now, state)).chain(draft.inputs.observed.below(now));
    let unknown = all.filter(|(name, state)| is_root(name, state)).find(|(name, _)| !is_known(name));
    if let Some((name, _)) = unknown {
        let reason =
            format!("{name} is an encryption root, and what is put away in it would lose its snapshots");
        let help = "say its `encryption`, `keyformat` and `keylocation` in the spec; or say `snapshots` at each dataset, and not `children`";
        draft.refuse(key, code::SNAPSHOTS_OVER_AREA, reason, help);
    }
}

/// Returns what the current generation says by a key.
fn said<'a>(inputs: &Inputs<'a>, key: &Key) -> Option<&'a Snapshots> {
    match &inputs.current?.get(key)?.resource {
        Resource::Snapshots(one) => Some(one),
        _ => None,
    }
}

fn facts(one: Option<&Snapshots>) -> BTreeMap<String, String> {
    one.map(|one| Resource::Snapshots(one.clone()).facts()).unwrap_or_default()
}
