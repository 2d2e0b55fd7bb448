//! Going back in data: an earlier state of a dataset takes its place, and what stands there is put away
//! as it is. Nothing is destroyed, so the same way leads forward again.
//!
//! What stands there moves into the pool's area. Then the snapshot of it is cloned into its place, with
//! all its settings, and promoted, so that the earlier state depends on nothing; or what was put away
//! before comes home. The children keep their data: they move over one by one.

use crate::{
    Choice, Found, Kind,
    dataset::{doing, moving, present, retire, snapshot},
    doing::Doing,
    draft::Draft,
    order::Milestone,
    settings,
    sketch::Sketch,
};
use phoenix_graph::{DatasetName, PropertyName, SnapshotName, Target, graph::Node, property};
use phoenix_host::{
    observed::{DatasetState, HOME, KEPT_CANMOUNT, Lineage, SnapshotState},
    op::{Assignment, Op},
};

/// Plans one exchange, and then what differs of what took the place.
pub fn plan(draft: &mut Draft<'_>, node: &Node, name: &DatasetName) {
    let inputs = draft.inputs;
    let (Some(found), Some(state), Some(place)) = (
        inputs.past.found.get(name),
        inputs.observed.datasets.get(name),
        draft.found.moves.aside(name).cloned(),
    ) else {
        return;
    };
    let mut sketch = Sketch::new(Kind::Exchange);
    tell(name, &place, found, inputs.past.now, &mut sketch);
    retire::make_folders(draft, &place, &mut sketch);
    let staying: Vec<_> =
        inputs.observed.below(name).filter(|(child, _)| !draft.found.moves.is_leaving(child)).collect();
    step_aside(draft, name, state, &staying, &place, &mut sketch);
    sketch.only_while(place.clone());
    let mut after = match &found.choice {
        Choice::Snapshot(snapshot) => take_place(name, state, &place, snapshot, found, &mut sketch),
        Choice::Retired { place, .. } => {
            let Some(state) = inputs.observed.datasets.get(place) else { return };
            retire::bring_home(draft, name, place, state, &mut sketch);
            draft.found.moves.returns(name.clone(), place.clone());
            let after = moving::at_home(state, draft.found.mounting.comes(name));
            // What lies below it comes home with it; what lies below the name now stays where it is.
            for (child, _) in
                inputs.observed.below(place).filter(|(child, _)| child.parent().as_ref() == Some(place))
            {
                if let Some(home) = moving::moved(child, place, name) {
                    draft.found.moves.comes_home(home, child.clone());
                }
            }
            after
        }
        Choice::None { .. } => return,
    };
    move_over(name, &staying, &place, &mut sketch);
    if let Choice::Snapshot(_) = &found.choice {
        let words = state
            .value("canmount")
            .filter(|word| !state.volume && *word != "noauto")
            .map(|word| vec![canmount(word)]);
        if let Some(settings) = words {
            sketch.run(Doing::alone(Op::DatasetSet { dataset: name.clone(), settings }));
        }
        after.mounted = state.mounted;
    }
    retire::after_uses(draft, name, &mut sketch);
    sketch.after(Milestone::Files);
    sketch.after(Milestone::Free(name.pool()));
    sketch.reaches(Milestone::Free(name.pool()));
    present::present(draft, node, name, &after, sketch);
}

/// Moves what stands there, which is unmounted by now, into the area.
fn step_aside(
    draft: &mut Draft<'_>,
    name: &DatasetName,
    state: &DatasetState,
    below: &[(&DatasetName, &DatasetState)],
    place: &DatasetName,
    sketch: &mut Sketch,
) {
    for child in below.iter().rev().map(|(child, _)| *child).chain([name]) {
        snapshot::first(draft, child);
    }
    sketch.run_for(draft.itself(state), retire::keep_unmounted(name, name, state));
    retire::move_away(draft, name, state, place, sketch);
}

/// Clones a snapshot into the place that is free now. Returns what stands there then, unmounted.
fn take_place(
    name: &DatasetName,
    state: &DatasetState,
    place: &DatasetName,
    snapshot: &SnapshotState,
    found: &Found,
    sketch: &mut Sketch,
) -> DatasetState {
    let mut after = state.clone();
    after.settings.remove(HOME);
    if let Some(size) = found.lineage.as_ref().and_then(|lineage| lineage.size)
        && let Some(volsize) = after.settings.get_mut("volsize")
    {
        volsize.raw = size.to_string().into();
    }
    let taken = snapshot.name.name();
    let owner = if snapshot.name.dataset() == name { place } else { snapshot.name.dataset() };
    // Both names were seen to fit, in `prepare`, or are there already.
    let (Ok(origin), Ok(own)) = (SnapshotName::of(owner, taken), SnapshotName::of(name, taken)) else {
        return after;
    };
    let settings = found.lineage.as_ref().map(|lineage| words(state.volume, lineage)).unwrap_or_default();
    sketch.run(doing::clone(origin, name, state.volume, settings));
    sketch.run(doing::promote(name, owner, own));
    after
}

/// Returns the words that give a clone the settings of what steps aside. It is not mounted before
/// everything is in place.
fn words(volume: bool, lineage: &Lineage) -> Vec<Assignment> {
    let target = if volume { Target::Volume } else { Target::Filesystem };
    let number = |name: &str| lineage.own.get(name).and_then(|raw| raw.parse::<u64>().ok());
    let thick = volume && number("refreservation") >= number("volsize");
    let taken_along = |name: &PropertyName| {
        let fixed = |row: &property::Property| row.creation_only || row.read_only;
        !matches!(name.as_str(), "volsize" | "canmount" | "keylocation" | HOME | KEPT_CANMOUNT)
            && !property::find(target, name.as_str()).is_some_and(fixed)
    };
    let own = lineage.own.iter().filter(|(name, _)| taken_along(name)).map(|(name, raw)| {
        let value = property::find(target, name.as_str()).and_then(|row| row.read(raw));
        let word = value.map_or_else(|| raw.clone(), |value| settings::word(target, name, &value));
        // A thick volume reserves what its own size needs, which was another one then, perhaps.
        let word = if thick && name.as_str() == "refreservation" { "auto".into() } else { word };
        (name.clone(), word)
    });
    own.chain((!volume).then(|| canmount("noauto"))).collect()
}

fn canmount(word: &str) -> Assignment {
    (PropertyName::new("canmount"), word.into())
}

/// Moves the children over to what took their parent's place.
fn move_over(
    name: &DatasetName,
    below: &[(&DatasetName, &DatasetState)],
    place: &DatasetName,
    sketch: &mut Sketch,
) {
    for (child, state) in below.iter().filter(|(child, _)| child.parent().as_ref() == Some(name)) {
        let Some(aside) = moving::moved(child, name, place) else { continue };
        sketch.run(doing::rename(aside, (*child).clone(), state.volume));
    }
}

/// Tells what goes back, and what becomes of what stands there.
fn tell(name: &DatasetName, place: &DatasetName, found: &Found, now: u64, sketch: &mut Sketch) {
    let mut change = |setting: &str, old: &str, new: &str| sketch.tell(setting, Some(old), Some(new));
    let to = match &found.choice {
        Choice::Snapshot(snapshot) if snapshot.created > 0 => {
            format!("as of {}, taken {} ago", snapshot.name, ago(now.saturating_sub(snapshot.created)))
        }
        Choice::Snapshot(snapshot) => format!("as of {}", snapshot.name),
        Choice::Retired { place, number } => format!("as switch {number} put it away, at {place}"),
        Choice::None { .. } => return,
    };
    change("data", "as it is now", &to);
    if let Some(written) = found.lineage.as_ref().and_then(|lineage| lineage.written) {
        change("written", &format!("{written} since then"), "kept in what is put away");
    }
    change("put away", name.as_str(), place.as_str());
    if let Choice::Snapshot(snapshot) = &found.choice
        && !snapshot.clones.is_empty()
    {
        let clones: Vec<&str> = snapshot.clones.iter().map(DatasetName::as_str).collect();
        change("clones of it", &clones.join(", "), "stay as they are");
    }
}

/// Writes a time that has passed, in its largest unit.
fn ago(seconds: u64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= *length).unwrap_or((1, "second"));
    let number = seconds / length;
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}
