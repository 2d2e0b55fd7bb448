//! Streams: what `zfs send -p | zfs receive -u` makes of a snapshot on the same host.

use crate::state::{Dataset, Refusal, Shape, Snapshot, State, refuse};
use phoenix_graph::{DatasetName, SnapshotName, property};

impl State {
    /// Receives a file system, unmounted, with the properties that its dataset has of its own: those are
    /// received ones, whether the sender had set or received them. What is fixed at the creation comes along.
    pub fn receive(&mut self, from: &SnapshotName, to: &DatasetName) -> Result<(), Refusal> {
        self.need(from.dataset())?;
        let target = self.target(from.dataset());
        let Some(sender) = self.datasets.get(from.dataset()) else { return Ok(()) };
        let Some(taken) = sender.snapshots.get(from.name()).cloned() else {
            return refuse(1, format!("cannot open '{from}': dataset does not exist"));
        };
        let names = sender.settings.keys().chain(sender.received.keys());
        let sent = names.filter(|name| {
            property::find(target, name.as_str())
                .is_none_or(|row| !row.creation_only && row.name != "volsize")
        });
        let received =
            sent.filter_map(|name| Some((name.clone(), sender.own(name.as_str())?.into()))).collect();
        let volume = sender.volume;
        self.check_new(to)?;
        let Shape { folders, directory, owners, modes, lists, fixed, .. } = taken.shape.clone();
        let snapshot = Snapshot {
            files: taken.files.clone(),
            guid: taken.guid,
            shape: taken.shape,
            order: self.made + 1,
            ..Snapshot::default()
        };
        let guid = self.next_guid();
        let dataset = Dataset {
            guid,
            volume,
            settings: fixed,
            received,
            files: taken.files,
            folders,
            directory,
            owners,
            modes,
            lists,
            snapshots: [(from.name().into(), snapshot)].into(),
            ..Dataset::default()
        };
        self.datasets.insert(to.clone(), dataset);
        Ok(())
    }
}
