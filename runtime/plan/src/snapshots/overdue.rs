//! Which snapshots should have been taken by now: sanoid ends well also where it took none.

use super::render::{PERIOD, schedules};
use phoenix_graph::{DatasetName, Graph, Snapshots, schedule::COUNTS};
use phoenix_host::observed::{SnapshotState, sanoid::type_of};
use std::collections::{BTreeMap, BTreeSet};

/// Snapshots of a type that should have been taken by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// The file system or volume.
    pub dataset: DatasetName,
    /// The type: `hourly`.
    pub kind: &'static str,
    /// When the newest was taken, in seconds since 1970-01-01 UTC; nothing where there is none.
    pub newest: Option<u64>,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long after it was due one may be late: a run each quarter of an hour, and a long one before it.
const GRACE: u64 = HOUR;

/// Lists the datasets whose snapshots have to be looked at.
pub fn scheduled(graph: &Graph) -> BTreeSet<DatasetName> {
    let taken = schedules(graph).filter(|one| one.schedule.takes_any());
    taken.map(|one| one.dataset.clone()).collect()
}

/// Lists what is overdue of the snapshots that there are of what was looked at. `since` is when the schedules came in force; both times are in
/// seconds since 1970-01-01 UTC.
pub fn overdue(
    graph: &Graph,
    looked_at: &BTreeSet<DatasetName>,
    snapshots: &[SnapshotState],
    since: u64,
    now: u64,
) -> Vec<Overdue> {
    let mut newest: BTreeMap<(&DatasetName, &str), u64> = BTreeMap::new();
    for snapshot in snapshots {
        if let Some(kind) = type_of(snapshot.name.name()) {
            let known = newest.entry((snapshot.name.dataset(), kind)).or_default();
            *known = snapshot.created.max(*known);
        }
    }
    let mut found = Vec::new();
    for one in schedules(graph).filter(|one| looked_at.contains(&one.dataset)) {
        for (kind, _) in one.schedule.counts().filter(|(_, count)| *count > 0) {
            let newest = newest.get(&(&one.dataset, kind)).copied();
            // Of a type that there is none of one is taken at once, as of one that was due before.
            let due = newest.map_or(since, |newest| (newest + period(one, kind)).max(since));
            if due + GRACE < now {
                found.push(Overdue { dataset: one.dataset.clone(), kind, newest });
            }
        }
    }
    found
}

/// Returns the seconds between two snapshots of a type.
fn period(one: &Snapshots, kind: &str) -> u64 {
    match COUNTS.iter().position(|known| *known == kind) {
        Some(0) => u64::from(one.schedule.number(PERIOD)) * MINUTE,
        Some(1) => HOUR,
        Some(2) => DAY,
        Some(3) => 7 * DAY,
        Some(4) => 31 * DAY,
        _ => 366 * DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use phoenix_graph::{
        Dataset, HostName, Lifecycle, Pool, PoolName, Resource, Settings, SnapshotName,
        schedule::{Schedule, find},
    };

    const NOW: u64 = 100 * DAY;

    fn graph() -> Graph {
        let name = DatasetName::new("tank/a").unwrap();
        let mut schedule = Schedule::default();
        for (row, value) in [("hourly", "24"), ("daily", "7")] {
            schedule.say(find(row).unwrap(), value.into());
        }
        let (settings, lifecycle) = (Settings::default(), Lifecycle::default());
        let pool = PoolName::new("tank").unwrap();
        let resources = vec![
            Resource::Pool(Pool {
                name: pool,
                layout: Vec::new(),
                settings: settings.clone(),
                lifecycle: lifecycle.clone(),
            }),
            Resource::Dataset(Dataset { name: name.clone(), settings, lifecycle }),
            Resource::Snapshots(Snapshots { dataset: name, schedule, children: false }),
        ];
        Graph::assemble(HostName::new("box").unwrap(), resources).unwrap()
    }

    fn taken(kind: &str, created: u64) -> SnapshotState {
        SnapshotState {
            name: SnapshotName::seen(&format!("tank/a@autosnap_{created}_{kind}")).unwrap(),
            guid: created,
            created,
            used: 0,
            written: 0,
            holds: Default::default(),
            obscure: false,
            clones: Default::default(),
        }
    }

    fn late(snapshots: &[SnapshotState], since: u64) -> Vec<(&'static str, Option<u64>)> {
        let name = DatasetName::new("tank/a").unwrap();
        assert_eq!(overdue(&graph(), &BTreeSet::new(), snapshots, since, NOW), [], "nobody looked at it");
        let found = overdue(&graph(), &[name].into(), snapshots, since, NOW);
        found.into_iter().map(|one| (one.kind, one.newest)).collect()
    }

    #[test]
    fn each_type_has_its_time() {
        let fresh = [taken("hourly", NOW - HOUR), taken("daily", NOW - DAY)];
        assert_eq!(late(&fresh, 0), []);
        let old =
            [taken("hourly", NOW - 3 * HOUR), taken("hourly", NOW - 9 * DAY), taken("daily", NOW - 2 * DAY)];
        assert_eq!(late(&old, 0), [("hourly", Some(NOW - 3 * HOUR)), ("daily", Some(NOW - 2 * DAY))]);
    }

    #[test]
    fn a_schedule_has_time_from_when_it_came_in_force() {
        assert_eq!(late(&[], NOW - HOUR), []);
        assert_eq!(late(&[], NOW - 2 * HOUR), [("hourly", None), ("daily", None)]);
        assert_eq!(late(&[taken("hourly", NOW - 9 * DAY)], NOW - HOUR / 2), []);
    }
}
