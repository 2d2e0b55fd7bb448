//! Snapshots: taken, held, released, destroyed, listed.

use crate::state::{Refusal, Snapshot, State, refuse};
use phoenix_graph::{DatasetName, PoolName, SnapshotName};
use phoenix_host::observed::SnapshotState;
use std::collections::BTreeSet;

impl State {
    /// `zfs snapshot`: all of them or none.
    pub fn snapshot(&mut self, datasets: &[DatasetName], name: &str) -> Result<(), Refusal> {
        for dataset in datasets {
            self.need(dataset)?;
        }
        let first = datasets.first().map(DatasetName::pool);
        let full = |pool: &PoolName| !self.has_room(pool, 3 * datasets.len() as u64);
        if first.as_ref().is_some_and(full) || !datasets.iter().all(|name| self.can_be_kept(name)) {
            return refuse(1, "cannot create snapshots : out of space\nno snapshots were created");
        }
        if datasets.iter().any(|dataset| Some(dataset.pool()) != first) {
            // So OpenZFS tells it.
            return refuse(
                1,
                "cannot create snapshots : multiple snapshots of same fs not allowed\nno snapshots were created",
            );
        }
        for dataset in datasets {
            if self.datasets.get(dataset).is_some_and(|state| state.snapshots.contains_key(name)) {
                return refuse(
                    1,
                    format!("cannot create snapshot '{dataset}@{name}': dataset already exists"),
                );
            }
        }
        for dataset in datasets {
            let guid = self.next_guid();
            let (shape, order) = (self.shape(dataset), self.made);
            if let Some(state) = self.datasets.get_mut(dataset) {
                let files = state.files.clone();
                state.touched = false;
                let snapshot = Snapshot { files, guid, shape, order, ..Snapshot::default() };
                state.snapshots.insert(name.into(), snapshot);
            }
        }
        Ok(())
    }

    /// `zfs hold`: one after another, so that a failure leaves the others held.
    pub fn hold(&mut self, datasets: &[DatasetName], name: &str, tag: &str) -> Result<(), Refusal> {
        let mut refusals = Vec::new();
        for dataset in datasets {
            let cannot = |text: &str| format!("cannot hold snapshot '{dataset}@{name}': {text}");
            let gone = self.need(dataset).is_err();
            let state = self.datasets.get_mut(dataset).filter(|_| !gone);
            match state.and_then(|state| state.snapshots.get_mut(name)) {
                None if gone => refusals.push(format!("cannot open '{dataset}': dataset does not exist")),
                None => refusals.push(cannot("dataset does not exist")),
                Some(snapshot) => {
                    if !snapshot.holds.insert(tag.into()) {
                        refusals.push(cannot("tag already exists on this dataset"));
                    }
                }
            }
        }
        if refusals.is_empty() { Ok(()) } else { refuse(1, refusals.join("\n")) }
    }

    /// `zfs release`. What was to go later goes with its last hold.
    pub fn release(&mut self, snapshot: &SnapshotName, tag: &str) -> Result<(), Refusal> {
        let cannot =
            |text: &str| refuse(1, format!("cannot release hold from snapshot '{snapshot}': {text}"));
        self.need(snapshot.dataset())?;
        match self.snapshot_mut(snapshot) {
            None => cannot("dataset does not exist"),
            Some(state) => {
                if !state.holds.remove(tag) {
                    return cannot("no such tag on this dataset");
                }
                self.end_deferred();
                Ok(())
            }
        }
    }

    /// `zfs destroy -d`: at once where nothing keeps it, else with its last hold or clone.
    pub fn destroy_later(&mut self, snapshot: &SnapshotName) -> Result<(), Refusal> {
        self.need(snapshot.dataset())?;
        let Some(state) = self.snapshot_mut(snapshot) else {
            return refuse(1, "could not find any snapshots to destroy; check snapshot names.");
        };
        state.deferred = true;
        self.end_deferred();
        Ok(())
    }

    fn end_deferred(&mut self) {
        for dataset in self.datasets.values_mut() {
            dataset.snapshots.retain(|_, snapshot| {
                !snapshot.deferred || !snapshot.holds.is_empty() || !snapshot.clones.is_empty()
            });
        }
    }

    /// `zfs destroy` of a snapshot: refused where it is held or has clones.
    pub fn snapshot_destroy(&mut self, snapshot: &SnapshotName) -> Result<(), Refusal> {
        self.need(snapshot.dataset())?;
        let Some(state) = self.snapshot_mut(snapshot) else {
            return refuse(1, "could not find any snapshots to destroy; check snapshot names.");
        };
        if !state.clones.is_empty() {
            let clones: Vec<&str> = state.clones.iter().map(DatasetName::as_str).collect();
            return refuse(
                1,
                format!(
                    "cannot destroy '{snapshot}': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\n{}",
                    clones.join("\n")
                ),
            );
        }
        if !state.holds.is_empty() {
            return refuse(
                1,
                format!(
                    "cannot destroy snapshot {snapshot}: it's being held. Run 'zfs holds -r {snapshot}' to see holders."
                ),
            );
        }
        if let Some(dataset) = self.datasets.get_mut(snapshot.dataset()) {
            dataset.snapshots.remove(snapshot.name());
        }
        Ok(())
    }

    /// `zfs list -t snapshot` with `zfs holds`: of these datasets and all below, or of all. What a
    /// snapshot alone keeps is what is in none of its dataset's files and other snapshots.
    pub fn snapshots(&self, datasets: &[DatasetName]) -> Result<Vec<SnapshotState>, Refusal> {
        datasets.iter().try_for_each(|name| self.need(name))?;
        let asked = |name: &DatasetName| {
            datasets.is_empty() || datasets.iter().any(|top| name == top || name.is_below(top))
        };
        let mut found = Vec::new();
        for (name, dataset) in
            self.datasets.iter().filter(|(name, _)| self.imported(&name.pool()) && asked(name))
        {
            for (after, snapshot) in &dataset.snapshots {
                let Ok(whole) = SnapshotName::of(name, after) else { continue };
                let others = dataset.snapshots.iter().filter(|(other, _)| *other != after);
                let others: Vec<_> = others.map(|(_, other)| &other.files).chain([&dataset.files]).collect();
                let alone = snapshot
                    .files
                    .iter()
                    .filter(|(file, text)| !others.iter().any(|files| files.get(*file) == Some(*text)));
                found.push(SnapshotState {
                    name: whole,
                    guid: snapshot.guid,
                    created: 0,
                    used: alone.map(|(_, text)| text.len() as u64).sum(),
                    written: snapshot.files.values().map(|text| text.len() as u64).sum(),
                    holds: snapshot.holds.clone(),
                    obscure: false,
                    clones: snapshot.clones.clone(),
                });
            }
        }
        Ok(found)
    }

    /// Lists the names, after the `@`, of the snapshots of these datasets alone.
    pub fn snapshot_names(&self, datasets: &[DatasetName]) -> Result<BTreeSet<Box<str>>, Refusal> {
        let mut found = BTreeSet::new();
        for name in datasets {
            match self.dataset(name) {
                Some(dataset) => found.extend(dataset.snapshots.keys().cloned()),
                None => return refuse(1, format!("cannot open '{name}': dataset does not exist")),
            }
        }
        Ok(found)
    }

    /// Tells a snapshot's GUID, where it is there.
    pub fn guid_of(&self, name: &SnapshotName) -> Option<u64> {
        self.dataset(name.dataset())?.snapshots.get(name.name()).map(|snapshot| snapshot.guid)
    }

    /// Keeps the list of a snapshot's clones true where one of them moves or ends.
    pub fn clone_moved(&mut self, old: &DatasetName, new: Option<&DatasetName>) {
        for snapshot in self.datasets.values_mut().flat_map(|dataset| dataset.snapshots.values_mut()) {
            if snapshot.clones.remove(old) {
                snapshot.clones.extend(new.cloned());
            }
        }
        self.end_deferred();
    }

    pub(super) fn snapshot_mut(&mut self, name: &SnapshotName) -> Option<&mut Snapshot> {
        if !self.imported(&name.dataset().pool()) {
            return None;
        }
        self.datasets.get_mut(name.dataset())?.snapshots.get_mut(name.name())
    }
}
