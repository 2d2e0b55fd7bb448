//! A picture of everything on the host that a user can see, to be compared with another one.

use super::{
    directory::NEW,
    state::{Content, Export, Pool, Snapshot, State},
};
use phoenix_graph::{DatasetName, PoolName, PropertyName};
use phoenix_host::{area, observed::Directory};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Whether a picture shows what phoenix keeps for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Everything.
    Everything,
    /// Not what phoenix keeps for itself: areas and all below them, `phoenix:…` properties,
    /// snapshots named `phoenix-…`.
    UsersOnly,
}

/// Everything on a host that a user can see. Two pictures are equal where a user sees no difference.
#[derive(Debug, Clone, PartialEq)]
pub struct HostImage {
    /// Pools, with their layout and properties.
    pub pools: BTreeMap<PoolName, Pool>,
    /// What is on each device that something is on.
    pub devices: BTreeMap<Box<str>, Content>,
    /// File systems and volumes.
    pub datasets: BTreeMap<DatasetName, DatasetImage>,
    /// The live export table.
    pub exports: BTreeSet<(Box<str>, Box<str>, Box<str>)>,
    /// `storage.cfg`.
    pub storage_cfg: Option<String>,
    /// Parameters of the zfs module.
    pub tunables: BTreeMap<Box<str>, u64>,
    /// Symbolic links outside the state folder.
    pub links: BTreeMap<PathBuf, PathBuf>,
    /// Text files.
    pub files: BTreeMap<PathBuf, String>,
}

/// A file system or volume in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetImage {
    /// Whether it is a volume.
    pub volume: bool,
    /// Its own properties.
    pub settings: BTreeMap<PropertyName, Box<str>>,
    /// What it received with a stream, as far as that holds.
    pub received: BTreeMap<PropertyName, Box<str>>,
    /// Where it is mounted; `hidden` follows where another file system lies over it.
    pub mounted: Option<String>,
    /// Whether its key is not loaded.
    pub locked: bool,
    /// Its files.
    pub files: BTreeMap<Box<str>, String>,
    /// Who owns its root directory, and who may do what in it.
    pub directory: Directory,
    /// Its snapshots.
    pub snapshots: BTreeMap<Box<str>, Snapshot>,
}

impl State {
    /// Takes a picture.
    #[must_use]
    pub fn image(&self, show: Show) -> HostImage {
        let users = show == Show::UsersOnly;
        let own = |name: &DatasetName| users && area::is_inside(name);
        HostImage {
            pools: self.pools.clone(),
            devices: self
                .devices
                .iter()
                .filter(|(_, content)| **content != Content::Blank)
                .map(|(device, content)| (device.clone(), content.clone()))
                .collect(),
            datasets: self
                .datasets
                .keys()
                .filter(|name| !own(name))
                .map(|name| (name.clone(), self.dataset_image(name, users)))
                .collect(),
            exports: self
                .exports
                .iter()
                .map(|Export { path, client, options }| (path.clone(), client.clone(), options.clone()))
                .collect(),
            storage_cfg: self.storage_cfg.clone(),
            tunables: self.tunables.clone(),
            links: self.links.clone(),
            files: self.files.clone(),
        }
    }

    fn dataset_image(&self, name: &DatasetName, users: bool) -> DatasetImage {
        let state = self.datasets.get(name).cloned().unwrap_or_default();
        let mut settings = state.settings;
        let holds = |name: &PropertyName| !settings.contains_key(name) && !state.passed_over.contains(name);
        let received = state.received.into_iter().filter(|(name, _)| holds(name)).collect();
        let mut snapshots = state.snapshots;
        if users {
            settings.retain(|name, _| !name.as_str().starts_with("phoenix:"));
            snapshots.retain(|name, _| !name.starts_with("phoenix-"));
        }
        let mounted = self
            .mounted_at(name)
            .map(|path| if self.hidden(name) { format!("{path} (hidden)") } else { path.to_owned() });
        let directory = state.directory.unwrap_or(NEW);
        DatasetImage {
            volume: state.volume,
            settings,
            received,
            mounted,
            locked: self.is_locked(name),
            files: state.files,
            directory,
            snapshots,
        }
    }
}
