//! Which earlier state of a dataset is the one that a generation left it in.
//!
//! A generation's data is what stood when the generation was last left. Every switch first takes
//! snapshots of what it touches, named after its number, and what it retires stands in a place with
//! that number: the first of these since the generation was left is the state that is looked for.

use crate::record::{Claim, Record};
use phoenix_graph::DatasetName;
use phoenix_host::{
    area,
    observed::{DatasetState, Lineage, Observed, SnapshotState},
    snapshots::{self, HOLD},
};
use std::collections::BTreeMap;

/// What is known of the datasets whose data goes back.
#[derive(Debug, Default)]
pub struct Past {
    /// By dataset.
    pub found: BTreeMap<DatasetName, Found>,
    /// The time, in seconds since 1970-01-01 UTC.
    pub now: u64,
}

/// What was found of one dataset.
#[derive(Debug)]
pub struct Found {
    /// The state that it goes back to.
    pub choice: Choice,
    /// What there is to know of what stands there now, compared with that state.
    pub lineage: Option<Lineage>,
}

/// The state that a dataset goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// As this snapshot has it.
    Snapshot(SnapshotState),
    /// As it was put away, whole.
    Retired {
        /// Where it stands.
        place: DatasetName,
        /// The number of the switch that put it away.
        number: u64,
    },
    /// There is none.
    None {
        /// Why.
        reason: String,
        /// The way out.
        help: String,
    },
}

/// A switch that came to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its number.
    pub number: u64,
    /// The generation that was current before.
    pub from: Option<u64>,
    /// The generation that was current after.
    pub to: u64,
}

/// Lists a dataset, where it is there, and everything that was put away from its name, each with the
/// number of the switch that did that.
#[must_use]
pub fn family(name: &DatasetName, seen: &Observed, record: &Record) -> Vec<(DatasetName, Option<u64>)> {
    let at_home = seen.datasets.contains_key(name).then(|| (name.clone(), None));
    let ours =
        |place: &DatasetName, state: &DatasetState| record.claim(seen, &place.pool(), state) == Claim::Ours;
    let retired = record.away(seen).filter(|(place, state, away)| away.home == *name && ours(place, state));
    let retired = retired.filter_map(|(place, ..)| Some((place.clone(), Some(put_away_by(place)?))));
    at_home.into_iter().chain(retired).collect()
}

/// Reads the number of the switch out of a retired dataset's place; nothing for what was set aside when
/// a switch was undone, which is no state of any generation.
fn put_away_by(place: &DatasetName) -> Option<u64> {
    let (number, undone) = area::number_of(area::folder_of(place)?)?;
    (!undone).then_some(number)
}

/// Chooses the state in which a generation left a dataset. `snapshots` are those of its [`family`].
#[must_use]
pub fn choose(
    name: &DatasetName,
    generation: u64,
    attempts: &[Attempt],
    seen: &Observed,
    record: &Record,
    snapshots: &[SnapshotState],
) -> Choice {
    let family = family(name, seen, record);
    let put_away = |number: u64| family.iter().any(|(_, by)| *by == Some(number));
    // A switch that stayed at the generation and changed its data alone has left that data, too.
    let leaves = |attempt: &&Attempt| {
        attempt.from == Some(generation) && (attempt.to != generation || put_away(attempt.number))
    };
    let Some(left) = attempts.iter().filter(leaves).map(|attempt| attempt.number).max() else {
        return Choice::None {
            reason: format!("no switch on record has left generation {generation}"),
            help: "its data is as it is now: leave `--with-data` out".to_owned(),
        };
    };
    // What a switch put away is what stood there before it, as its snapshot is: the former comes first,
    // since nothing has to be made for it.
    let retired = family.iter().filter_map(|(place, by)| {
        let number = (*by)?;
        Some(((number, 0, 0), Choice::Retired { place: place.clone(), number }))
    });
    let ours: Vec<(u64, u64, &SnapshotState)> = snapshots
        .iter()
        // Whoever may take snapshots may give them any name.
        .filter(|snapshot| snapshot.holds.contains(HOLD))
        .filter(|snapshot| family.iter().any(|(member, _)| member == snapshot.name.dataset()))
        .filter_map(|snapshot| {
            snapshots::taken_by(snapshot.name.name()).map(|(number, part)| (number, part, snapshot))
        })
        .collect();
    let taken = ours
        .iter()
        .map(|(number, part, snapshot)| ((*number, 1, *part), Choice::Snapshot((*snapshot).clone())));
    let since = retired.chain(taken).filter(|((number, ..), _)| *number >= left);
    since
        .min_by_key(|(order, _)| *order)
        .map_or_else(|| untouched(generation, left, &ours), |(_, choice)| choice)
}

fn untouched(generation: u64, left: u64, ours: &[(u64, u64, &SnapshotState)]) -> Choice {
    let mut names: Vec<String> = ours.iter().map(|(_, _, snapshot)| snapshot.name.to_string()).collect();
    names.sort();
    let has = if names.is_empty() {
        "phoenix has no snapshot of it".to_owned()
    } else {
        format!("phoenix's snapshots of it are {}", names.join(", "))
    };
    Choice::None {
        reason: format!(
            "no switch has touched it since generation {generation} was left by switch {left}: \
             there is no earlier state of that generation's to go back to"
        ),
        help: format!("leave it out of `--with-data`; {has}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Away, Entry, Identity};
    use phoenix_graph::{HostName, PropertyName, SnapshotName};
    use phoenix_host::observed::{OWNER, PoolState, Setting, Source};

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    fn state(guid: u64) -> DatasetState {
        let setting = |name: &str, raw: &str| {
            (PropertyName::new(name), Setting { raw: raw.into(), source: Source::Local })
        };
        let settings = [setting(OWNER, "box"), setting("guid", &guid.to_string())].into();
        DatasetState { settings, ..DatasetState::default() }
    }

    fn seen(retired: &[&str]) -> (Observed, Record) {
        let mut seen = Observed::default();
        let pool = name("tank").pool();
        seen.pools.insert(pool, PoolState { guid: 7, ..PoolState::default() });
        seen.datasets.insert(name("tank/a"), state(1));
        let mut record = Record { hosts: [HostName::new("box").unwrap()].into(), ..Record::default() };
        for (guid, place) in (2..).zip(retired) {
            seen.datasets.insert(name(place), state(guid));
            let identity = Identity { pool: 7, dataset: guid };
            let away = Some(Away { home: name("tank/a"), number: 1 });
            let entry =
                Entry { identity, name: name(place), by: 1, away, released: None, earlier: Vec::new() };
            record.entries.insert(identity, entry);
        }
        (seen, record)
    }

    fn snapshot(text: &str) -> SnapshotState {
        SnapshotState {
            name: SnapshotName::new(text).unwrap(),
            guid: 1,
            created: 0,
            used: 0,
            written: 0,
            holds: [HOLD.into()].into(),
            obscure: false,
            clones: [].into(),
        }
    }

    fn to(number: u64, from: u64, to: u64) -> Attempt {
        Attempt { number, from: Some(from), to }
    }

    fn chosen(generation: u64, attempts: &[Attempt], retired: &[&str], snapshots: &[&str]) -> String {
        let snapshots: Vec<_> = snapshots.iter().map(|text| snapshot(text)).collect();
        let (seen, record) = seen(retired);
        match choose(&name("tank/a"), generation, attempts, &seen, &record, &snapshots) {
            Choice::Snapshot(snapshot) => snapshot.name.to_string(),
            Choice::Retired { place, .. } => place.to_string(),
            Choice::None { reason, .. } => format!("none: {reason}"),
        }
    }

    #[test]
    fn the_first_snapshot_since_the_generation_was_left_is_its_state() {
        let went = [to(2, 1, 2), to(3, 2, 3), to(5, 3, 5)];
        let all = ["tank/a@phoenix-2", "tank/a@phoenix-5", "tank/a@mine", "tank/a@phoenix-x"];
        assert_eq!(chosen(1, &went, &[], &all), "tank/a@phoenix-2");
        // Generation 2 was left by switch 3, which did not touch it; a failed switch 4 or 5 did.
        assert_eq!(chosen(2, &went, &[], &all), "tank/a@phoenix-5");
        assert!(chosen(5, &went, &[], &all).starts_with("none: no switch on record"));
        assert!(chosen(3, &went, &[], &all[..1]).starts_with("none: no switch has touched it"));
        // Ten comes after nine.
        let went = [to(9, 1, 9)];
        let both = ["tank/a@phoenix-10", "tank/a@phoenix-9.1", "tank/a@phoenix-9"];
        assert_eq!(chosen(1, &went, &[], &both), "tank/a@phoenix-9");
    }

    #[test]
    fn a_generation_that_was_left_twice_is_as_it_was_left_last() {
        let went = [to(2, 1, 2), to(3, 2, 1), to(4, 1, 4)];
        let all = ["tank/a@phoenix-2", "tank/a@phoenix-3", "tank/a@phoenix-4"];
        assert_eq!(chosen(1, &went, &[], &all), "tank/a@phoenix-4");
        assert_eq!(chosen(2, &went, &[], &all), "tank/a@phoenix-3");
    }

    #[test]
    fn what_the_leaving_switch_put_away_is_the_state_whole() {
        let went = [to(2, 1, 2), to(3, 2, 1), to(4, 1, 2)];
        let retired = ["tank/.phoenix/3/a", "tank/.phoenix/4.1/a", "tank/.phoenix/4.undone0/a"];
        let all = ["tank/a@phoenix-4", "tank/.phoenix/3/a@phoenix-3"];
        assert_eq!(chosen(2, &went, &retired[..1], &all), "tank/.phoenix/3/a");
        assert_eq!(chosen(1, &went, &retired, &all), "tank/.phoenix/4.1/a");
        assert_eq!(chosen(1, &went, &retired[2..], &all), "tank/a@phoenix-4");
    }

    #[test]
    fn a_switch_that_changed_the_data_alone_has_left_it() {
        let went = [to(2, 1, 2), to(3, 2, 1), to(4, 1, 1)];
        let all = ["tank/a@phoenix-2"];
        assert_eq!(chosen(1, &went, &["tank/.phoenix/4/a"], &all), "tank/.phoenix/4/a");
        assert_eq!(chosen(1, &went, &[], &all), "tank/a@phoenix-2");
    }
}
