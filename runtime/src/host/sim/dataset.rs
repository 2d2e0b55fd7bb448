//! File systems and volumes: create, destroy, rename, snapshot, hold, look inside.

use super::{
    pool::take,
    state::{Dataset, Mount, Refusal, Snapshot, State, refuse},
};
use crate::{host::Contents, observed::Source, op::Assignment};
use phoenix_graph::{DatasetName, PropertyName, Target};

impl State {
    /// `zfs create -u`.
    pub fn dataset_create(&mut self, name: &DatasetName, settings: &[Assignment]) -> Result<(), Refusal> {
        self.check_new(name, "create", name)?;
        let settings = take(Target::Filesystem, settings)
            .map_err(|text| Refusal { code: 1, text: format!("cannot create '{name}': {text}") })?;
        self.datasets.insert(name.clone(), Dataset { settings, ..Dataset::default() });
        Ok(())
    }

    /// `zfs create -V`: a volume that is not sparse reserves its size and its metadata's.
    pub fn volume_create(
        &mut self,
        name: &DatasetName,
        size: u64,
        sparse: bool,
        settings: &[Assignment],
    ) -> Result<(), Refusal> {
        self.check_new(name, "create", name)?;
        let cannot = |text: String| Refusal { code: 1, text: format!("cannot create '{name}': {text}") };
        let mut settings = take(Target::Volume, settings).map_err(cannot)?;
        let block =
            settings.get("volblocksize").and_then(|raw| raw.parse::<u64>().ok()).filter(|block| *block > 0);
        let block = block.unwrap_or(16 << 10);
        if size == 0 {
            return Err(cannot("'volsize' cannot be zero".to_owned()));
        }
        let size = size.next_multiple_of(block);
        settings.insert(PropertyName::new("volsize"), size.to_string().into());
        if !sparse {
            let reserved = reservation(size, block).to_string().into_boxed_str();
            settings.entry(PropertyName::new("refreservation")).or_insert(reserved);
        }
        self.datasets.insert(name.clone(), Dataset { volume: true, settings, ..Dataset::default() });
        Ok(())
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
        let folder = self.mountpoint(name).filter(|_| {
            self.effective(name, "mountpoint").is_some_and(|setting| setting.source != Source::Local)
        });
        self.unmount_tree(name)?;
        if let Some(folder) = folder {
            self.remove_folder(&folder);
        }
        self.datasets.remove(name);
        Ok(())
    }

    /// `zfs rename -u`: everything below moves along, and stays mounted where it is.
    pub fn dataset_rename(&mut self, from: &DatasetName, to: &DatasetName) -> Result<(), Refusal> {
        self.need(from)?;
        let cannot = |text: &str| refuse(1, format!("cannot rename '{from}': {text}"));
        if from.is_root() || to.is_root() {
            return cannot("operation does not apply to pools");
        }
        if from.pool() != to.pool() {
            return cannot("datasets must be within same pool");
        }
        if to.is_below(from) {
            return refuse(
                1,
                format!(
                    "cannot rename to '{to}': New dataset name cannot be a descendant of current dataset name"
                ),
            );
        }
        self.check_new(to, "rename", from)?;
        let moved: Option<Vec<(DatasetName, DatasetName)>> =
            self.subtree(from).into_iter().map(|old| renamed(&old, from, to).map(|new| (old, new))).collect();
        let Some(moved) = moved else { return cannot("name is too long") };
        for (old, new) in moved {
            if let Some(state) = self.datasets.remove(&old) {
                self.datasets.insert(new.clone(), state);
            }
            if self.busy.remove(&old) {
                self.busy.insert(new.clone());
            }
            for mount in &mut self.mounts {
                if mount.dataset == old {
                    *mount = Mount { path: mount.path.clone(), dataset: new.clone() };
                }
            }
        }
        Ok(())
    }

    /// `zfs snapshot`: all of them or none.
    pub fn snapshot(&mut self, datasets: &[DatasetName], name: &str) -> Result<(), Refusal> {
        for dataset in datasets {
            self.need(dataset)?;
            if self.datasets.get(dataset).is_some_and(|state| state.snapshots.contains_key(name)) {
                return refuse(
                    1,
                    format!("cannot create snapshot '{dataset}@{name}': dataset already exists"),
                );
            }
            if datasets.first().is_some_and(|first| first.pool() != dataset.pool()) {
                return refuse(
                    1,
                    format!(
                        "cannot create snapshot '{dataset}@{name}': not in the same pool\nno snapshots were created"
                    ),
                );
            }
        }
        for dataset in datasets {
            if let Some(state) = self.datasets.get_mut(dataset) {
                let files = state.files.clone();
                state.snapshots.insert(name.into(), Snapshot { files, ..Snapshot::default() });
            }
        }
        Ok(())
    }

    /// `zfs hold`: one after another, so that a failure leaves the others held.
    pub fn hold(&mut self, datasets: &[DatasetName], name: &str, tag: &str) -> Result<(), Refusal> {
        let mut refusals = Vec::new();
        for dataset in datasets {
            let cannot = |text: &str| format!("cannot hold snapshot '{dataset}@{name}': {text}");
            let snapshot = if self.imported(&dataset.pool()) {
                self.datasets.get_mut(dataset).and_then(|state| state.snapshots.get_mut(name))
            } else {
                None
            };
            match snapshot {
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

    /// Says what a file system holds; empty folders count as nothing.
    pub fn contents(&self, name: &DatasetName) -> Result<Contents, Refusal> {
        self.need(name)?;
        let Some(state) = self.datasets.get(name).filter(|state| !state.volume) else {
            return refuse(
                1,
                format!("cannot open '{name}': operation not applicable to datasets of this type"),
            );
        };
        Ok(state.files.keys().next().map_or(Contents::Empty, |file| Contents::Holds(file.to_string())))
    }

    /// Checks that a dataset can come to be under a name: its parent is there and no volume, the name is free.
    fn check_new(&self, name: &DatasetName, doing: &str, subject: &DatasetName) -> Result<(), Refusal> {
        let pool = name.pool();
        if !self.imported(&pool) {
            return refuse(1, format!("cannot create '{name}': no such pool '{pool}'"));
        }
        if self.datasets.contains_key(name) {
            return refuse(1, format!("cannot {doing} '{subject}': dataset already exists"));
        }
        match name.parent().and_then(|parent| self.datasets.get(&parent)) {
            None => refuse(1, format!("cannot create '{name}': parent does not exist")),
            Some(parent) if parent.volume => {
                refuse(1, format!("cannot create '{name}': parent is not a filesystem"))
            }
            Some(_) => Ok(()),
        }
    }
}

fn renamed(old: &DatasetName, from: &DatasetName, to: &DatasetName) -> Option<DatasetName> {
    let rest = old.as_str().strip_prefix(from.as_str())?;
    DatasetName::new(&format!("{to}{rest}")).ok()
}

/// What a volume reserves: its size and the most that its block pointers can need
/// (`zvol_volsize_to_reservation` of OpenZFS).
fn reservation(size: u64, block: u64) -> u64 {
    let mut blocks = size / block;
    let mut metadata: u64 = 7;
    while blocks > 1 {
        blocks = blocks.div_ceil(1024);
        metadata += blocks;
    }
    size + metadata * 2 * (128 << 10)
}
