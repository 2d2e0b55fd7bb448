//! Clones: a dataset that begins as a snapshot, what it was cloned from, and which of the two the
//! snapshot belongs to.

use super::{is_garbled, space::reservation};
use crate::state::{Dataset, Refusal, Shape, Snapshot, State, refuse};
use phoenix_graph::{DatasetName, PropertyName, SnapshotName, Target, property};
use phoenix_host::{
    observed::{Lineage, Source},
    op::Assignment,
};
use std::collections::BTreeMap;

impl State {
    /// `zfs clone`: it is mounted where it mounts by itself.
    pub fn clone_of(
        &mut self,
        snapshot: &SnapshotName,
        name: &DatasetName,
        settings: &[Assignment],
    ) -> Result<(), Refusal> {
        let gone = || refuse(1, format!("cannot open '{snapshot}': dataset does not exist"));
        let Some(from) = self.dataset(snapshot.dataset()) else { return gone() };
        let Some(taken) = from.snapshots.get(snapshot.name()).cloned() else { return gone() };
        let volume = from.volume;
        let cannot = |text: &str| Refusal { code: 1, text: format!("cannot create '{name}': {text}") };
        let target = if volume { Target::Volume } else { Target::Filesystem };
        let auto = |word: &Assignment| word.0.as_str() == "refreservation" && &*word.1 == "auto";
        let plain: Vec<Assignment> = settings.iter().filter(|word| !auto(word)).cloned().collect();
        let mut own = self
            .take(name, target, &plain)
            .map_err(|wrong| Refusal { code: 1, text: wrong.after(&format!("cannot create '{name}'")) })?;
        if volume && settings.iter().any(auto) {
            let number = |name: &str| taken.shape.fixed.get(name).and_then(|raw| raw.parse::<u64>().ok());
            let (size, block) = (number("volsize").unwrap_or(0), number("volblocksize").unwrap_or(16 << 10));
            let word = reservation(size, block).to_string();
            own.insert(PropertyName::new("refreservation"), word.into());
        }
        let fixed =
            |name: &&PropertyName| property::find(target, name.as_str()).is_some_and(|row| row.creation_only);
        if let Some(name) = own.keys().find(fixed) {
            return Err(cannot(&format!("'{name}' is readonly")));
        }
        self.check_new(name)?;
        if name.pool() != snapshot.dataset().pool() {
            return Err(cannot("source and target pools differ"));
        }
        let mut settings = taken.shape.fixed.clone();
        settings.extend(own);
        let Shape { folders, directory, owners, modes, lists, .. } = taken.shape;
        let files = taken.files;
        let dataset = Dataset {
            volume,
            settings,
            files,
            folders,
            directory,
            owners,
            modes,
            lists,
            ..Dataset::default()
        };
        self.datasets.insert(name.clone(), dataset);
        if let Some(taken) = self.snapshot_mut(snapshot) {
            taken.clones.insert(name.clone());
        }
        if self.mounts_by_itself(name) { self.mount(name) } else { Ok(()) }
    }

    /// `zfs promote`: the snapshot that it came from, and those before, become its own.
    pub fn promote(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        self.need(name)?;
        let Some(origin) = self.origin(name) else {
            return refuse(1, format!("cannot promote '{name}': not a cloned filesystem"));
        };
        let from = origin.dataset().clone();
        let above = self.origin(&from);
        let last = self.snapshot_mut(&origin).map_or(0, |snapshot| snapshot.order);
        let earlier = |snapshot: &Snapshot| snapshot.order <= last;
        let own = |name: &DatasetName| self.datasets.get(name).map(|state| &state.snapshots);
        let moving: Vec<Box<str>> = own(&from)
            .into_iter()
            .flatten()
            .filter(|(_, snapshot)| earlier(snapshot))
            .map(|(after, _)| after.clone())
            .collect();
        if let Some(both) = moving.iter().find(|after| own(name).is_some_and(|own| own.contains_key(*after)))
        {
            return refuse(
                1,
                format!("cannot promote '{name}': conflicting snapshot '{both}' from parent '{origin}'"),
            );
        }
        for after in moving {
            let taken = self.datasets.get_mut(&from).and_then(|state| state.snapshots.remove(&after));
            if let (Some(mut taken), Some(state)) = (taken, self.datasets.get_mut(name)) {
                if *after == *origin.name() {
                    taken.clones.remove(name);
                    taken.clones.insert(from.clone());
                }
                state.snapshots.insert(after, taken);
            }
        }
        // Where the one that it was cloned from is a clone itself, that is its own origin now.
        if let Some(above) = above.and_then(|above| self.snapshot_mut(&above)) {
            above.clones.remove(&from);
            above.clones.insert(name.clone());
        }
        Ok(())
    }

    /// Finds the snapshot that a dataset is a clone of.
    pub fn origin(&self, name: &DatasetName) -> Option<SnapshotName> {
        self.datasets.iter().find_map(|(from, state)| {
            let (after, _) = state.snapshots.iter().find(|(_, snapshot)| snapshot.clones.contains(name))?;
            SnapshotName::of(from, after).ok()
        })
    }

    /// Counts what was written since the last snapshot, or since it was cloned.
    pub fn written(&self, name: &DatasetName) -> u64 {
        let Some(state) = self.datasets.get(name) else { return 0 };
        let last = state.snapshots.values().max_by_key(|snapshot| snapshot.order).cloned();
        let last = last.or_else(|| self.taken(&self.origin(name)?).cloned());
        last.map_or_else(|| bytes(state, &Snapshot::default()), |last| bytes(state, &last))
            + u64::from(state.touched)
    }

    /// Tells what is a dataset's own, and how far it is from a snapshot that it stems from.
    pub fn lineage(&self, name: &DatasetName, since: &SnapshotName) -> Result<Lineage, Refusal> {
        self.need(name)?;
        let Some(state) = self.datasets.get(name) else { return Ok(Lineage::default()) };
        let stems = since.dataset() == name
            || std::iter::successors(self.origin(name), |origin| self.origin(origin.dataset()))
                .any(|origin| origin == *since);
        let taken = self.taken(since);
        let size = |taken: &Snapshot| taken.shape.fixed.get("volsize")?.parse().ok();
        let received = state.received.iter().filter(|(name, _)| state.own(name.as_str()).is_some());
        let all = received.chain(&state.settings).map(|(name, raw)| (name.clone(), raw.clone()));
        let own: BTreeMap<PropertyName, Box<str>> = all.collect();
        let (garbled, own): (BTreeMap<_, _>, BTreeMap<_, _>) =
            own.into_iter().partition(|(_, raw)| is_garbled(raw));
        Ok(Lineage {
            own,
            unreadable: garbled.into_keys().collect(),
            // A simulated pool never fills.
            available: u64::MAX,
            encrypted: self
                .effective(name, "encryption")
                .is_some_and(|seen| &*seen.raw != "off" && !matches!(seen.source, Source::Default)),
            written: taken.filter(|_| stems).map(|taken| bytes(state, taken)),
            size: taken.and_then(size),
        })
    }

    /// Returns what a snapshot keeps of a dataset besides its files.
    pub fn shape(&self, name: &DatasetName) -> Shape {
        let Some(state) = self.datasets.get(name) else { return Shape::default() };
        let target = self.target(name);
        let kept = |name: &PropertyName| {
            name.as_str() == "volsize"
                || property::find(target, name.as_str()).is_some_and(|row| row.creation_only)
        };
        let fixed = state.settings.iter().filter(|(name, _)| kept(name));
        Shape {
            folders: state.folders.clone(),
            directory: state.directory.clone(),
            owners: state.owners.clone(),
            modes: state.modes.clone(),
            contents: None,
            lists: state.lists.clone(),
            fixed: fixed.map(|(name, raw)| (name.clone(), raw.clone())).collect(),
        }
    }

    fn taken(&self, name: &SnapshotName) -> Option<&Snapshot> {
        self.datasets.get(name.dataset())?.snapshots.get(name.name())
    }
}

/// Counts the bytes of the files that are not as in a snapshot; what was removed counts as one.
fn bytes(state: &Dataset, taken: &Snapshot) -> u64 {
    let fresh = state.files.iter().filter(|(file, text)| taken.files.get(*file) != Some(*text));
    let removed = taken.files.keys().filter(|file| !state.files.contains_key(*file));
    fresh.map(|(_, text)| text.len() as u64).sum::<u64>() + removed.count() as u64
}
