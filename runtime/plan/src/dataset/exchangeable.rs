//! Whether an earlier state of a dataset can take its place: what is asked for, what stands there, and where that
//! could step aside to.

use crate::{
    Choice, Found, code,
    dataset::{moving, retire, snapshot},
    draft::Draft,
    why::Why,
};
use phoenix_graph::{Code, DatasetName, Key, SnapshotName};
use phoenix_host::observed::{DatasetState, Lineage};

/// Judges what is asked for, and finds a place for each dataset that is to step aside.
pub fn prepare(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for name in &inputs.consent.with_data {
        let key = inputs.key_of(name);
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
        match retire::place(draft, name, name).filter(|place| has_room(inputs.past.found.get(name), place)) {
            Some(place) => draft.found.moves.steps_aside(name.clone(), place),
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
    if snapshot::is_replica(draft, name) {
        return refused(
            code::CANNOT_STEP_ASIDE,
            "the spec says that it is a replica: what stands in it is another host's to say, and no snapshot of it is taken",
            "leave it out of `--with-data`; its own snapshots are there (`zfs list -t snapshot`)".to_owned(),
        );
    }
    if draft.found.moves.is_another(name) {
        return refused(
            code::CANNOT_STEP_ASIDE,
            "it has another name now, and is renamed by this",
            format!(
                "go back in two steps: `phoenix rollback {0}` gives it its name, and `phoenix rollback {0} --with-data {name}` its data",
                inputs.to
            ),
        );
    }
    if let Some(was) = draft.whose.was(name) {
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
            Choice::Retired { place, .. } if draft.whose.retired(name) == Some(place) => None,
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
    if !draft.whose.is_on_record(name, state) {
        let reason = "what stands there was not made by phoenix";
        return Some(Why::new(code::CANNOT_STEP_ASIDE, reason, "move it away by hand first"));
    }
    let below: Vec<_> = inputs.observed.below(name).collect();
    let foreign = retire::foreign(draft, &below);
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
    let seen = draft.inputs.observed;
    let twin = |child: &DatasetName| {
        moving::moved(child, name, place).filter(|twin| seen.datasets.contains_key(twin))
    };
    seen.below(name).filter(|(child, _)| twin(child).is_some()).map(|(child, _)| child.to_string()).collect()
}

/// Counts what the clone reserves anew: what stands there keeps its own.
fn reserved(lineage: &Lineage) -> u64 {
    let bytes = |name: &str| lineage.own.get(name).and_then(|raw| raw.parse::<u64>().ok()).unwrap_or(0);
    bytes("reservation").saturating_add(bytes("refreservation"))
}
