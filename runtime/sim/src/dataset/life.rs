//! File systems and volumes: create, destroy, rename, look inside.

use super::{settings::FROM_PARENT, space::reservation};
use crate::state::{Dataset, Refusal, State, refuse};
use phoenix_graph::{DatasetName, PropertyName, Target};
use phoenix_host::{Contents, op::Assignment, secret::Keys};

impl State {
    /// `zfs create -u`.
    pub fn dataset_create(
        &mut self,
        name: &DatasetName,
        settings: &[Assignment],
        keys: &Keys,
    ) -> Result<(), Refusal> {
        self.check_new(name)?;
        let mut settings = self
            .take(name, Target::Filesystem, settings)
            .map_err(|wrong| Refusal { code: 1, text: wrong.after(&format!("cannot create '{name}'")) })?;
        let parent = name.parent().and_then(|parent| self.datasets.get(&parent));
        for property in FROM_PARENT {
            if let Some(raw) = parent.and_then(|parent| parent.settings.get(property)) {
                settings.entry(PropertyName::new(property)).or_insert_with(|| raw.clone());
            }
        }
        let lock = self.lock_of(name, &mut settings, keys)?;
        self.bring_in(name, Dataset { settings, lock, ..Dataset::default() })
    }

    /// Adds a dataset where its quotas and reservations can be had; else nothing of it stays.
    fn bring_in(&mut self, name: &DatasetName, dataset: Dataset) -> Result<(), Refusal> {
        let wanted = dataset.settings.clone();
        self.datasets.insert(name.clone(), dataset);
        let limits = ["quota", "refquota", "reservation", "refreservation"].map(PropertyName::new);
        for limit in &limits {
            if let Some(state) = self.datasets.get_mut(name) {
                state.settings.remove(limit);
            }
        }
        for limit in limits {
            let Some(raw) = wanted.get(&limit) else { continue };
            if self.space_refusal(name, limit.as_str(), raw).is_some() {
                self.datasets.remove(name);
                return refuse(1, format!("cannot create '{name}': out of space"));
            }
            if let Some(state) = self.datasets.get_mut(name) {
                state.settings.insert(limit, raw.clone());
            }
        }
        Ok(())
    }

    /// `zfs create -V`: a volume that is not sparse reserves its size and its metadata's.
    pub fn volume_create(
        &mut self,
        name: &DatasetName,
        size: u64,
        sparse: bool,
        settings: &[Assignment],
        keys: &Keys,
    ) -> Result<(), Refusal> {
        let cannot = |text: String| Refusal { code: 1, text: format!("cannot create '{name}': {text}") };
        if !self.imported(&name.pool()) {
            return refuse(1, format!("cannot open '{}': no such pool", name.pool()));
        }
        let mut settings = self
            .take(name, Target::Volume, settings)
            .map_err(|wrong| Refusal { code: 1, text: wrong.after(&format!("cannot create '{name}'")) })?;
        self.check_new(name)?;
        let block =
            settings.get("volblocksize").and_then(|raw| raw.parse::<u64>().ok()).filter(|block| *block > 0);
        let block = block.unwrap_or(16 << 10);
        if size == 0 {
            return Err(cannot("volume size cannot be zero".to_owned()));
        }
        let size = size.next_multiple_of(block);
        settings.insert(PropertyName::new("volsize"), size.to_string().into());
        if !sparse {
            let reserved = reservation(size, block).to_string().into_boxed_str();
            settings.entry(PropertyName::new("refreservation")).or_insert(reserved);
        }
        let lock = self.lock_of(name, &mut settings, keys)?;
        self.bring_in(name, Dataset { volume: true, settings, lock, ..Dataset::default() })
    }

    /// `zfs destroy`: refused with anything below.
    pub fn dataset_destroy(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        self.need(name)?;
        let kind = if self.target(name) == Target::Volume { "volume" } else { "filesystem" };
        if name.is_root() {
            return refuse(
                1,
                format!(
                    "cannot destroy '{name}': operation does not apply to pools\nuse 'zfs destroy -r {name}' to destroy all datasets in the pool\nuse 'zpool destroy {name}' to destroy the pool itself"
                ),
            );
        }
        let mut below: Vec<String> =
            self.subtree(name).into_iter().filter(|child| child != name).map(String::from).collect();
        let snapshots = self.datasets.get(name).into_iter().flat_map(|state| state.snapshots.keys());
        below.extend(snapshots.map(|snapshot| format!("{name}@{snapshot}")));
        if !below.is_empty() {
            return refuse(
                1,
                format!(
                    "cannot destroy '{name}': {kind} has children\nuse '-r' to destroy the following datasets:\n{}",
                    below.join("\n")
                ),
            );
        }
        if self.busy.contains(name) && kind == "volume" {
            return refuse(1, format!("cannot destroy '{name}': dataset is busy"));
        }
        let before = self.followers(name);
        self.unmount_one(name)?;
        if self.is_held(name) {
            return refuse(1, format!("cannot destroy '{name}': dataset is busy"));
        }
        if self.mounted_at(name).is_some() {
            // Another one was mounted over it at the same path, and was unmounted in its place.
            return refuse(1, format!("cannot destroy '{name}': dataset is busy"));
        }
        if let Some(own) = before.first() {
            self.remove_place(own);
        }
        self.datasets.remove(name);
        self.clone_moved(name, None);
        Ok(())
    }

    /// `zfs rename -u`: everything below moves along, and stays mounted where it is.
    pub fn dataset_rename(&mut self, from: &DatasetName, to: &DatasetName) -> Result<(), Refusal> {
        self.need(from)?;
        let cannot = |text: &str| refuse(1, format!("cannot rename '{from}': {text}"));
        if from == to {
            return Ok(());
        }
        let cannot_to = |text: &str| refuse(1, format!("cannot rename to '{to}': {text}"));
        self.check_parent(to)?;
        if from.is_root() || from.pool() != to.pool() {
            return cannot_to("datasets must be within same pool");
        }
        if to.is_below(from) {
            return cannot_to("New dataset name cannot be a descendant of current dataset name");
        }
        if self.datasets.contains_key(to) {
            return cannot("dataset already exists");
        }
        if self.leaves_its_root(from, to) {
            return cannot("cannot move encrypted child outside of its encryption root");
        }
        let moved: Option<Vec<(DatasetName, DatasetName)>> =
            self.subtree(from).into_iter().map(|old| renamed(&old, from, to).map(|new| (old, new))).collect();
        let Some(moved) = moved else { return cannot("name is too long") };
        let places = self.in_order(self.subtree(from));
        for (old, new) in moved {
            if let Some(state) = self.datasets.remove(&old) {
                self.datasets.insert(new.clone(), state);
            }
            self.clone_moved(&old, Some(&new));
            for held in self.running.values_mut() {
                if held.remove(&old) {
                    held.insert(new.clone());
                }
            }
            if self.busy.remove(&old) {
                self.busy.insert(new.clone());
            }
            if let Some(left) = self.remembered.remove(&old) {
                self.remembered.insert(new.clone(), left);
            }
            for mount in &mut self.mounts {
                if mount.dataset == old {
                    mount.dataset = new.clone();
                }
            }
        }
        // Folders at the old places go, where nothing is mounted on them.
        for place in &places {
            self.remove_place(place);
        }
        Ok(())
    }

    /// Says what a file system holds; empty folders count as nothing.
    pub fn contents(&self, name: &DatasetName) -> Result<Contents, Refusal> {
        self.need(name)?;
        let Some(state) = self.datasets.get(name).filter(|state| !state.volume) else {
            return refuse(
                1,
                format!("cannot open '{name}': operation not applicable to datasets of this type"),
            );
        };
        if self.is_locked(name) {
            return refuse(32, format!("mount: /mnt: cannot mount {name} read-only."));
        }
        Ok(state.files.keys().next().map_or(Contents::Empty, |file| Contents::Holds(file.to_string())))
    }

    /// Checks that a dataset can come to be under a name: its parent is there and no volume, the name is free.
    pub(super) fn check_new(&self, name: &DatasetName) -> Result<(), Refusal> {
        self.check_parent(name)?;
        if self.datasets.contains_key(name) {
            return refuse(1, format!("cannot create '{name}': dataset already exists"));
        }
        if !self.has_room(&name.pool(), 6) {
            return refuse(1, format!("cannot create '{name}': out of space"));
        }
        Ok(())
    }

    /// Checks that the dataset above a name is there and is no volume.
    fn check_parent(&self, name: &DatasetName) -> Result<(), Refusal> {
        let pool = name.pool();
        let cannot = |text: &str| refuse(1, format!("cannot create '{name}': {text}"));
        let Some(parent) = name.parent() else { return cannot("missing dataset name") };
        if !self.imported(&pool) {
            return cannot(&format!("no such pool '{pool}'"));
        }
        match self.datasets.get(&parent) {
            None => cannot("parent does not exist"),
            Some(parent) if parent.volume => cannot("parent is not a filesystem"),
            Some(_) => Ok(()),
        }
    }
}

fn renamed(old: &DatasetName, from: &DatasetName, to: &DatasetName) -> Option<DatasetName> {
    let rest = old.as_str().strip_prefix(from.as_str())?;
    DatasetName::new(&format!("{to}{rest}")).ok()
}
