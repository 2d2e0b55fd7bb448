//! Going back in data: an earlier state of a dataset takes its place, and what stands there is put away
//! as it is. Nothing is destroyed, so the same way leads forward again.
//!
//! What stands there moves into the pool's area. Then the snapshot of it is cloned into its place, with
//! all its settings, and promoted, so that the earlier state depends on nothing; or what was put away
//! before comes home. The children keep their data: they move over one by one.

use crate::{
    Change, Choice, Found, Kind, code,
    dataset::{doing, moving, present, retire},
    doing::Doing,
    draft::{Draft, Sketch},
    settings,
    why::Why,
};
use phoenix_graph::{Code, DatasetName, Key, PropertyName, SnapshotName, Target, graph::Node, property};
use phoenix_host::{
    observed::{DatasetState, HOME, KEPT_CANMOUNT, Lineage, SnapshotState},
    op::{Assignment, Op},
};

/// Judges what is asked for, and finds a place for each dataset that is to step aside.
pub fn prepare(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for name in &inputs.consent.with_data {
        let key =
            inputs.desired.dataset(name).map_or_else(|| Key::Dataset(name.clone()), |node| node.key.clone());
        if let Some(why) = refusal(draft, &key, name) {
            draft.refuse_for(&key, why);
            continue;
        }
        // Where nothing stands there, what was put away comes home by itself.
        if !inputs.observed.datasets.contains_key(name) {
            continue;
        }
        let lineage = inputs.past.found.get(name).and_then(|found| found.lineage.as_ref());
        for property in lineage.into_iter().flat_map(|lineage| &lineage.unreadable) {
            let text = format!(
                "the value of its property {property} is no text (UTF-8), and is not taken along: it stays on what steps aside"
            );
            draft.warn(&key, code::UNREADABLE_PROPERTY, text);
        }
        match retire::place(draft, name).filter(|place| has_room(inputs.past.found.get(name), place)) {
            Some(place) => draft.moves(name.clone(), place),
            None => draft.refuse_for(&key, retire::no_place()),
        }
    }
}

/// Returns whether the snapshot's name fits, too, where what it is of steps aside to.
fn has_room(found: Option<&Found>, place: &DatasetName) -> bool {
    match found.map(|found| &found.choice) {
        Some(Choice::Snapshot(snapshot)) => SnapshotName::of(place, snapshot.name.name()).is_ok(),
        _ => true,
    }
}

/// Says why a dataset's data cannot go back, and the way out.
fn refusal(draft: &Draft<'_>, key: &Key, name: &DatasetName) -> Option<Why> {
    let inputs = draft.inputs;
    let refused = |code: Code, reason: &str, help: String| Some(Why::new(code, reason, help));
    if inputs.desired.dataset(name).is_none() {
        let reason = format!("generation {} has no dataset {name}", inputs.to);
        let help = "name one that it has: `phoenix graph` and `phoenix diff` tell them";
        return Some(Why::new(code::NO_PAST_STATE, reason, help));
    }
    if name.is_root() {
        return refused(
            code::CANNOT_STEP_ASIDE,
            "it is a pool's root dataset, which cannot step aside",
            "name the datasets below it whose data is to go back".to_owned(),
        );
    }
    if draft.is_replica(name) {
        return refused(
            code::CANNOT_STEP_ASIDE,
            "the spec says that it is a replica: what stands in it is another host's to say, and no snapshot of it is taken",
            "leave it out of `--with-data`; its own snapshots are there (`zfs list -t snapshot`)".to_owned(),
        );
    }
    if let Some(was) = draft.was(name) {
        return Some(Why::new(
            code::CANNOT_STEP_ASIDE,
            format!("it is what was {was}: somebody renamed it, and its snapshots are those of {was}"),
            "give both their names back (`zfs rename`), or go back without `--with-data`: then it is taken as it is",
        ));
    }
    let Some(found) = inputs.past.found.get(name) else {
        return refused(
            code::NO_PAST_STATE,
            "its pool is not imported, so there is nothing to go back to",
            format!("import it with `zpool import {}`, and look what is in it", name.pool()),
        );
    };
    if let Choice::None { reason, help } = &found.choice {
        return Some(Why::new(code::NO_PAST_STATE, reason, help));
    }
    match inputs.observed.datasets.get(name) {
        Some(state) => standing(draft, key, name, state, found),
        None => match &found.choice {
            Choice::Retired { place, .. } if draft.retired(name) == Some(place) => None,
            _ => refused(
                code::NO_PAST_STATE,
                "it is put away, and not as that generation left it",
                format!(
                    "go back in two steps: `phoenix rollback {0}` brings it home, and `phoenix rollback {0} --with-data {name}` its data",
                    inputs.to
                ),
            ),
        },
    }
}

/// Says why what stands in a dataset's place cannot step aside.
fn standing(
    draft: &Draft<'_>,
    key: &Key,
    name: &DatasetName,
    state: &DatasetState,
    found: &Found,
) -> Option<Why> {
    let inputs = draft.inputs;
    if !draft.is_on_record(name, state) {
        let reason = "what stands there was not made by phoenix";
        return Some(Why::new(code::CANNOT_STEP_ASIDE, reason, "move it away by hand first"));
    }
    let below: Vec<_> = draft.below(name).collect();
    let foreign: Vec<&str> = below
        .iter()
        .filter(|(child, state)| !draft.is_on_record(child, state))
        .map(|(child, _)| child.as_str())
        .collect();
    if !foreign.is_empty() {
        let reason = format!("below it are datasets that phoenix does not know: {}", foreign.join(", "));
        let help = "move them away by hand first: they would have to step aside with it";
        return Some(Why::new(code::FOREIGN_BELOW, reason, help));
    }
    let whole = || std::iter::once((name, state)).chain(below.iter().copied());
    if let Some((used, users)) = whole().find_map(|(name, _)| Some((name, inputs.observed.in_use.get(name)?)))
    {
        let which = if used == name { "it".to_owned() } else { format!("{used} below it") };
        let reason = format!("{which} is in use: {}", users.join(", "));
        return Some(Why::new(code::BUSY, reason, "end what uses it, and try again"));
    }
    let by_hand = |state: &DatasetState| {
        state.mounted && matches!(state.value("mountpoint"), None | Some("none" | "legacy"))
    };
    if let Some((mounted, _)) = whole().find(|(_, state)| by_hand(state)) {
        let reason = format!("{mounted} is mounted, but not by ZFS");
        let help = format!("unmount it first (`umount` of what `findmnt {mounted}` shows)");
        return Some(Why::new(code::MOUNTED_BY_HAND, reason, help));
    }
    let twins = match &found.choice {
        Choice::Retired { place, .. } => twins(draft, name, place),
        _ => Vec::new(),
    };
    if !twins.is_empty() {
        let reason = format!("below it, and below what was put away, there is each of {}", twins.join(", "));
        return Some(Why::new(code::CANNOT_STEP_ASIDE, reason, "rename one of the two by hand first"));
    }
    let Some(lineage) = &found.lineage else { return None };
    if lineage.encrypted {
        let reason = "it is encrypted, and this version of phoenix does not move what shares keys";
        let help = "clone the snapshot beside it by hand (`zfs clone`), and copy what you need";
        return Some(Why::new(code::CANNOT_STEP_ASIDE, reason, help));
    }
    let needed = reserved(lineage);
    if needed > lineage.available {
        let reason = format!(
            "it reserves {needed} bytes, which both states of it would for a time, and only {} bytes are free beside it",
            lineage.available
        );
        let help = format!("make room, or take the reservation of {key} away first (`zfs set`)");
        return Some(Why::new(code::CANNOT_STEP_ASIDE, reason, help));
    }
    None
}

/// Lists the children that there are both below a dataset and below what was put away.
fn twins(draft: &Draft<'_>, name: &DatasetName, place: &DatasetName) -> Vec<String> {
    let datasets = &draft.inputs.observed.datasets;
    let twin =
        |child: &DatasetName| moving::moved(child, name, place).filter(|twin| datasets.contains_key(twin));
    draft.below(name).filter(|(child, _)| twin(child).is_some()).map(|(child, _)| child.to_string()).collect()
}

/// Counts what the clone reserves anew: what stands there keeps its own.
fn reserved(lineage: &Lineage) -> u64 {
    let bytes = |name: &str| lineage.own.get(name).and_then(|raw| raw.parse::<u64>().ok()).unwrap_or(0);
    bytes("reservation").saturating_add(bytes("refreservation"))
}

/// Plans one exchange, and then what differs of what took the place.
pub fn plan(draft: &mut Draft<'_>, node: &Node, name: &DatasetName) {
    let inputs = draft.inputs;
    let (Some(found), Some(state), Some(place)) =
        (inputs.past.found.get(name), inputs.observed.datasets.get(name), draft.aside(name).cloned())
    else {
        return;
    };
    let mut sketch = Sketch::new(Kind::Exchange);
    sketch.changes = told(name, &place, found, inputs.past.now);
    retire::make_folders(draft, &place, &mut sketch);
    let staying: Vec<_> = draft.below(name).filter(|(child, _)| !leaves(draft, child)).collect();
    step_aside(draft, name, state, &staying, &place, &mut sketch);
    sketch.only_while(place.clone());
    let mut after = match &found.choice {
        Choice::Snapshot(snapshot) => take_place(name, state, &place, snapshot, found, &mut sketch),
        Choice::Retired { place, .. } => {
            let Some(state) = inputs.observed.datasets.get(place) else { return };
            retire::bring_home(draft, name, place, state, &mut sketch);
            let after = moving::at_home(state, draft.mounting.comes(name));
            // What lies below it comes home with it; what lies below the name now stays where it is.
            for (child, _) in draft.below(place).filter(|(child, _)| child.parent().as_ref() == Some(place)) {
                if let Some(home) = moving::moved(child, place, name) {
                    draft.comes_home(&home, child);
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
    sketch.needs = draft.area.using(name);
    sketch.needs.extend(draft.files_away);
    sketch.needs.extend(draft.last_free(&name.pool()));
    present::present(draft, node, name, &after, sketch);
    if let Some(at) = draft.action_of(&node.key) {
        draft.add_free(name.pool(), at);
    }
}

/// Returns whether a dataset is retired by this plan, with what is above it or by itself.
fn leaves(draft: &Draft<'_>, name: &DatasetName) -> bool {
    std::iter::successors(Some(name.clone()), DatasetName::parent)
        .any(|above| draft.area.leaving.contains(&above))
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
        draft.snapshot(child);
    }
    retire::keep_unmounted(name, name, state, sketch);
    retire::move_away(name, state, place, sketch);
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
fn told(name: &DatasetName, place: &DatasetName, found: &Found, now: u64) -> Vec<Change> {
    let change = |setting: &str, old: String, new: String| Change {
        setting: setting.to_owned(),
        old: Some(old),
        new: Some(new),
    };
    let to = match &found.choice {
        Choice::Snapshot(snapshot) if snapshot.created > 0 => {
            format!("as of {}, taken {} ago", snapshot.name, ago(now.saturating_sub(snapshot.created)))
        }
        Choice::Snapshot(snapshot) => format!("as of {}", snapshot.name),
        Choice::Retired { place, number } => format!("as switch {number} put it away, at {place}"),
        Choice::None { .. } => return Vec::new(),
    };
    let mut changes = vec![change("data", "as it is now".to_owned(), to)];
    if let Some(written) = found.lineage.as_ref().and_then(|lineage| lineage.written) {
        changes.push(change(
            "written",
            format!("{written} since then"),
            "kept in what is put away".to_owned(),
        ));
    }
    changes.push(change("put away", name.to_string(), place.to_string()));
    if let Choice::Snapshot(snapshot) = &found.choice
        && !snapshot.clones.is_empty()
    {
        let clones: Vec<&str> = snapshot.clones.iter().map(DatasetName::as_str).collect();
        changes.push(change("clones of it", clones.join(", "), "stay as they are".to_owned()));
    }
    changes
}

/// Writes a time that has passed, in its largest unit.
fn ago(seconds: u64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= *length).unwrap_or((1, "second"));
    let number = seconds / length;
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}
