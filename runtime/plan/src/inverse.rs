//! Inverses: what stood before an action, fixed before it starts. Undoing looks at the host anew
//! and does only what still differs, so that it can be cut off and begun again.

use crate::Prior;
use phoenix_graph::{
    DatasetName, Disk, PoolName, PropertyName, SnapshotName, StorageId, Vdev, export::ExportOptions,
};
use phoenix_host::observed::{
    Directory, KEPT_CANMOUNT, LinkState, ORIGIN, Observed, Query, StorageState, WRITTEN,
};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What was changed of a registration that others may have, too: whether this node has it, and these. What else of it is
/// another by then stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The name of this node.
    pub node: Box<str>,
    /// The names of the properties and secrets that were changed; `type` is the type.
    pub changed: BTreeSet<Box<str>>,
}

/// What stood before an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "was", rename_all = "kebab-case")]
pub enum Inverse {
    /// The pool was not there; its disks were blank.
    PoolAbsent {
        /// The pool.
        pool: PoolName,
        /// Its disks, as the spec names them.
        disks: Vec<Box<str>>,
    },
    /// The pool was exported.
    PoolExported {
        /// The pool.
        pool: PoolName,
    },
    /// The pool's property had this value.
    PoolSetting {
        /// The pool.
        pool: PoolName,
        /// The property.
        property: PropertyName,
        /// Its value.
        value: Box<str>,
    },
    /// The pool's feature was not enabled. Once it is, it stays.
    FeatureDisabled {
        /// The pool.
        pool: PoolName,
        /// The feature: `feature@NAME`.
        feature: PropertyName,
    },
    /// The pool had no checkpoint. One that is the only way back from what was done stays.
    CheckpointAbsent {
        /// The pool.
        pool: PoolName,
        /// The vdevs that it was taken for.
        vdevs: Vec<Vdev>,
        /// The features that it was taken for.
        features: Vec<PropertyName>,
    },
    /// The disk was in no vdev of the pool.
    DiskOutside {
        /// The pool.
        pool: PoolName,
        /// The disk, as the spec names it.
        disk: Box<str>,
        /// Whether it was blank: then no label stays on it.
        blank: bool,
    },
    /// The disk was in a mirror of the pool.
    DiskInside {
        /// The pool.
        pool: PoolName,
        /// The disk, as it was given to the pool.
        disk: Box<str>,
        /// A disk of the same mirror that stays.
        beside: Box<str>,
    },
    /// The disk had another's place.
    DiskBefore {
        /// The pool.
        pool: PoolName,
        /// The disk that was there, as it was given to the pool.
        old: Box<str>,
        /// The disk that takes its place.
        new: Box<str>,
        /// Whether the new one was blank: then no label stays on it.
        blank: bool,
    },
    /// The pool had no such top-level vdev.
    VdevAbsent {
        /// The pool.
        pool: PoolName,
        /// The vdev.
        vdev: Vdev,
        /// Those of its disks that were blank: no label stays on them.
        blank: Vec<Box<str>>,
    },
    /// The pool had this top-level vdev.
    VdevPresent {
        /// The pool.
        pool: PoolName,
        /// The vdev, its disks as they were given to the pool.
        vdev: Vdev,
    },
    /// The dataset was not there.
    DatasetAbsent {
        /// The file system or volume.
        dataset: DatasetName,
        /// Whether it is a volume.
        volume: bool,
    },
    /// The dataset's property was this.
    Setting {
        /// The dataset.
        dataset: DatasetName,
        /// The property.
        property: PropertyName,
        /// What it was.
        prior: Prior,
    },
    /// The dataset was at another name.
    Name {
        /// Its name before.
        before: DatasetName,
        /// Its name after.
        after: DatasetName,
        /// Whether it is a volume.
        volume: bool,
        /// Its GUID, where another one may bear one of the names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guid: Option<u64>,
    },
    /// The dataset was not there; it is a clone of this snapshot, which nothing was written to.
    Cloned {
        /// The clone.
        dataset: DatasetName,
        /// Whether it is a volume.
        volume: bool,
        /// The snapshot.
        origin: SnapshotName,
    },
    /// The snapshot belonged to another dataset.
    Promoted {
        /// Whose it was.
        before: DatasetName,
        /// The snapshot, as it is called after.
        after: SnapshotName,
    },
    /// This holds only as long as a dataset stands aside: what bears its name meanwhile is another one.
    While {
        /// Where the dataset stands aside.
        aside: DatasetName,
        /// What stood before.
        inverse: Box<Inverse>,
    },
    /// This is about the dataset of this GUID, whatever it is called by then: its name is another one's before.
    Of {
        /// Its GUID.
        guid: u64,
        /// What stood before.
        inverse: Box<Inverse>,
    },
    /// This holds only as long as the name is not borne by the one that bears it before: then it is about another.
    Unless {
        /// The name.
        dataset: DatasetName,
        /// The GUID of the one that bears it before.
        guid: u64,
        /// What stood before.
        inverse: Box<Inverse>,
    },
    /// The key of the encryption root was not loaded.
    KeyUnloaded {
        /// The encryption root.
        dataset: DatasetName,
    },
    /// The file system was mounted, or not.
    Mount {
        /// The file system.
        dataset: DatasetName,
        /// Whether it was mounted.
        mounted: bool,
    },
    /// The file system's root directory was this.
    Directory {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        path: Box<str>,
        /// What the directory had.
        before: Directory,
    },
    /// The file system's root directory had what is seen just before it is changed: where the file system was not mounted
    /// when this was planned, nobody could tell.
    DirectoryUnseen {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted by then.
        path: Box<str>,
    },
    /// What lies in the file system was others': it is not given back.
    ContentsGiven {
        /// The file system.
        dataset: DatasetName,
        /// The number of the owner that it is given.
        owner: Option<u32>,
        /// The number of the group that it is given.
        group: Option<u32>,
        /// The attempt whose snapshot has what each file had, where it takes one.
        taken: Option<u64>,
    },
    /// Of the folder's path only so many parts were there.
    FolderAbsent {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted.
        path: Box<str>,
        /// The folder's path in it.
        folder: Box<str>,
        /// How many parts of that were there.
        there: usize,
    },
    /// Of the folder's path so many parts were there as are seen just before it is made: where the file system was not
    /// mounted when this was planned, nobody could tell.
    FolderUnseen {
        /// The file system.
        dataset: DatasetName,
        /// Where it is mounted by then.
        path: Box<str>,
        /// The folder's path in it.
        folder: Box<str>,
    },
    /// The live export table had just these entries for these paths.
    Exports {
        /// By path: the clients, as the table names them, and their options.
        before: BTreeMap<Box<str>, BTreeMap<Box<str>, ExportOptions>>,
    },
    /// The registration was this, or was not there.
    Storage {
        /// The storage id.
        id: StorageId,
        /// What it was.
        before: Option<StorageState>,
        /// What of it was this node's to change, where others of its cluster may have it, too; nothing where all of it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
    },
    /// A secret of a registration was another, which no file holds: it is not given back.
    SecretReplaced {
        /// The storage id.
        id: StorageId,
        /// The property that it is.
        secret: Box<str>,
        /// The file that holds the new one.
        file: Box<str>,
    },
    /// The mount point of a container was this after its next start, or was not there.
    MountPoint {
        /// The container.
        container: u32,
        /// The number of the mount point.
        number: u16,
        /// What was written.
        before: Option<Box<str>>,
    },
    /// The id stood for this directory on this node, or for none.
    Mapping {
        /// The id of the directory mapping.
        id: Box<str>,
        /// The path.
        before: Option<Box<str>>,
        /// What was said of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Box<str>>,
    },
    /// The directory of a machine was this after its next start, or was not there.
    Virtiofs {
        /// The machine.
        machine: u32,
        /// The number of the directory.
        number: u8,
        /// What was written.
        before: Option<Box<str>>,
    },
    /// systemd had the unit so.
    Unit {
        /// The unit.
        unit: Box<str>,
        /// Whether it was started.
        active: bool,
        /// Its description as it was read, where it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Box<str>>,
    },
    /// The link was this.
    Link {
        /// Where it stands.
        path: PathBuf,
        /// What stood there.
        before: LinkState,
    },
    /// The parameter had this value.
    Tunable {
        /// The parameter.
        name: Box<str>,
        /// Its value.
        value: u64,
    },
}

/// The rooms that take something back.
pub(crate) enum Room {
    Pool,
    Dataset,
    Mount,
    Permissions,
    Export,
    Files,
    Storage,
    Bind,
    Mapping,
    Virtiofs,
    Tunable,
    Units,
}

impl Inverse {
    /// Returns it without what speaks of a place that is known already, and adds its places to those.
    #[must_use]
    pub fn unless_known(&self, known: &mut BTreeSet<String>) -> Option<Self> {
        if let Inverse::Exports { before } = self {
            let mut before = before.clone();
            before.retain(|path, _| known.insert(format!("exports {path}")));
            return (!before.is_empty()).then_some(Inverse::Exports { before });
        }
        known.insert(self.place(None)?).then(|| self.clone())
    }

    /// Returns the place that it speaks of, where it is about the dataset of a GUID by whatever name; exports have one
    /// each.
    fn place(&self, guid: Option<u64>) -> Option<String> {
        let whose = |dataset: &DatasetName| guid.map_or(dataset.to_string(), |guid| guid.to_string());
        Some(match self {
            Inverse::Exports { .. } | Inverse::DirectoryUnseen { .. } | Inverse::FolderUnseen { .. } => {
                return None;
            }
            Inverse::PoolAbsent { pool, .. } | Inverse::PoolExported { pool } => format!("pool {pool}"),
            Inverse::PoolSetting { pool, property, .. } => format!("pool {pool} {property}"),
            Inverse::FeatureDisabled { pool, feature } => format!("pool {pool} {feature}"),
            Inverse::CheckpointAbsent { pool, .. } => format!("checkpoint {pool}"),
            Inverse::DiskOutside { pool, disk, .. } | Inverse::DiskInside { pool, disk, .. } => {
                format!("disk {pool} {disk}")
            }
            Inverse::DiskBefore { pool, old, new, .. } => format!("disk {pool} {old} {new}"),
            Inverse::VdevAbsent { pool, vdev, .. } | Inverse::VdevPresent { pool, vdev } => {
                format!("vdev {pool} {vdev}")
            }
            Inverse::DatasetAbsent { dataset, .. } => format!("dataset {}", whose(dataset)),
            Inverse::Setting { dataset, property, .. } => format!("setting {} {property}", whose(dataset)),
            Inverse::Name { before, after, .. } => format!("name {before} {after}"),
            Inverse::Cloned { dataset, .. } => format!("clone {}", whose(dataset)),
            Inverse::Promoted { after, .. } => format!("promotion {after}"),
            // What bears the name meanwhile is another one.
            Inverse::While { aside, inverse } => format!("while {aside}: {inverse:?}"),
            Inverse::Of { guid, inverse } => format!("{guid}: {}", inverse.place(Some(*guid))?),
            Inverse::Unless { dataset, guid, inverse } => {
                format!("unless {dataset} is {guid}: {}", inverse.place(None)?)
            }
            Inverse::KeyUnloaded { dataset } => format!("key {dataset}"),
            Inverse::Mount { dataset, .. } => format!("mount {dataset}"),
            Inverse::Directory { dataset, .. } => format!("directory {}", whose(dataset)),
            Inverse::ContentsGiven { dataset, .. } => format!("contents {}", whose(dataset)),
            Inverse::FolderAbsent { dataset, folder, .. } => format!("folder {} {folder}", whose(dataset)),
            Inverse::Storage { id, .. } => format!("storage {id}"),
            Inverse::SecretReplaced { id, secret, .. } => format!("secret {id} {secret}"),
            Inverse::MountPoint { container, number, .. } => format!("mount point {container} {number}"),
            Inverse::Mapping { id, .. } => format!("mapping {id}"),
            Inverse::Virtiofs { machine, number, .. } => format!("virtiofs {machine} {number}"),
            Inverse::Unit { unit, .. } => format!("unit {unit}"),
            Inverse::Link { path, .. } => format!("link {}", path.display()),
            Inverse::Tunable { name, .. } => format!("tunable {name}"),
        })
    }

    /// Returns the room that takes it back. None takes back what has to be looked into before it is unmade, what is more
    /// than operations (a key), and what stays (a feature that was enabled). Whatever is added says here where it
    /// belongs.
    pub(crate) fn room(&self) -> Option<Room> {
        match self {
            Inverse::PoolExported { .. }
            | Inverse::PoolSetting { .. }
            | Inverse::CheckpointAbsent { .. }
            | Inverse::DiskOutside { .. }
            | Inverse::DiskInside { .. }
            | Inverse::DiskBefore { .. }
            | Inverse::VdevAbsent { .. }
            | Inverse::VdevPresent { .. } => Some(Room::Pool),
            Inverse::Setting { .. } | Inverse::Name { .. } | Inverse::Promoted { .. } => Some(Room::Dataset),
            Inverse::Mount { .. } => Some(Room::Mount),
            Inverse::Directory { .. } | Inverse::ContentsGiven { .. } => Some(Room::Permissions),
            Inverse::Exports { .. } => Some(Room::Export),
            Inverse::Unit { .. } => Some(Room::Units),
            Inverse::Link { .. } => Some(Room::Files),
            Inverse::Storage { .. } | Inverse::SecretReplaced { .. } => Some(Room::Storage),
            Inverse::MountPoint { .. } | Inverse::FolderAbsent { .. } => Some(Room::Bind),
            Inverse::Mapping { .. } => Some(Room::Mapping),
            Inverse::Virtiofs { .. } => Some(Room::Virtiofs),
            Inverse::Tunable { .. } => Some(Room::Tunable),
            Inverse::While { inverse, .. }
            | Inverse::Of { inverse, .. }
            | Inverse::Unless { inverse, .. } => inverse.room(),
            Inverse::PoolAbsent { .. }
            | Inverse::DatasetAbsent { .. }
            | Inverse::Cloned { .. }
            | Inverse::KeyUnloaded { .. }
            | Inverse::DirectoryUnseen { .. }
            | Inverse::FolderUnseen { .. }
            | Inverse::FeatureDisabled { .. } => None,
        }
    }

    /// Returns what a root directory had, where it is about one.
    #[must_use]
    pub fn directory(&self) -> Option<&Directory> {
        match self {
            Inverse::Directory { before, .. } => Some(before),
            Inverse::Of { inverse, .. } | Inverse::Unless { inverse, .. } => inverse.directory(),
            _ => None,
        }
    }

    /// Returns whether it tells what stood before only by a look just before the action.
    #[must_use]
    pub fn is_unseen_yet(&self) -> bool {
        match self {
            Inverse::DirectoryUnseen { .. } | Inverse::FolderUnseen { .. } => true,
            Inverse::While { inverse, .. }
            | Inverse::Of { inverse, .. }
            | Inverse::Unless { inverse, .. } => inverse.is_unseen_yet(),
            _ => false,
        }
    }

    /// Returns what stands just before the action, by that look.
    #[must_use]
    pub fn as_seen(&self, seen: &Observed) -> Option<Self> {
        match self {
            Inverse::DirectoryUnseen { dataset, path } => {
                let before = seen.directories.get(dataset)?.clone();
                Some(Inverse::Directory { dataset: dataset.clone(), path: path.clone(), before })
            }
            Inverse::FolderUnseen { dataset, path, folder } => {
                let there = seen.folders.get(dataset)?.get(folder)?.there;
                let (dataset, path, folder) = (dataset.clone(), path.clone(), folder.clone());
                Some(Inverse::FolderAbsent { dataset, path, folder, there })
            }
            Inverse::Of { guid, inverse } => inverse.as_seen(seen).map(|seen| seen.of(*guid)),
            Inverse::Unless { dataset, guid, inverse } => {
                inverse.as_seen(seen).map(|seen| seen.only_unless(dataset, *guid))
            }
            Inverse::While { aside, inverse } => inverse.as_seen(seen).map(|seen| seen.only_while(aside)),
            _ => None,
        }
    }

    /// Returns whether this is about the same setting of the same thing as another.
    #[must_use]
    pub fn is_about(&self, other: &Inverse) -> bool {
        match (self, other) {
            (
                Inverse::Setting { dataset, property, .. },
                Inverse::Setting { dataset: of, property: other, .. },
            ) => dataset == of && property == other,
            (
                Inverse::PoolSetting { pool, property, .. },
                Inverse::PoolSetting { pool: of, property: other, .. },
            ) => pool == of && property == other,
            (Inverse::Storage { id, .. }, Inverse::Storage { id: other, .. }) => id == other,
            _ => false,
        }
    }

    /// Returns the dataset whose kept `canmount` it is about.
    #[must_use]
    pub fn keeps_canmount(&self) -> Option<&DatasetName> {
        match self {
            Inverse::Setting { dataset, property, .. } if property.as_str() == KEPT_CANMOUNT => Some(dataset),
            Inverse::Of { inverse, .. } | Inverse::Unless { inverse, .. } => inverse.keeps_canmount(),
            _ => None,
        }
    }

    /// Returns whether what was renamed cannot have its name back yet, since another one bears that.
    #[must_use]
    pub fn is_blocked(&self, seen: &Observed) -> bool {
        match self {
            Inverse::Name { before, after, guid: Some(guid), .. } => {
                guid_of(seen, after) == Some(*guid) && seen.datasets.contains_key(before)
            }
            _ => false,
        }
    }

    /// Returns the dataset that it is about, by the name that it bears until that is taken back.
    #[must_use]
    pub fn dataset(&self) -> Option<&DatasetName> {
        match self {
            Inverse::DatasetAbsent { dataset, .. }
            | Inverse::Setting { dataset, .. }
            | Inverse::Cloned { dataset, .. }
            | Inverse::Directory { dataset, .. }
            | Inverse::ContentsGiven { dataset, .. }
            | Inverse::FolderAbsent { dataset, .. }
            | Inverse::Name { after: dataset, .. } => Some(dataset),
            _ => None,
        }
    }

    /// Returns what it says of what is there by then, by the name that this has; nothing where it is about another one,
    /// or about what is not there.
    #[must_use]
    pub fn where_it_holds(&self, seen: &Observed) -> Option<Cow<'_, Self>> {
        match self {
            Inverse::While { aside, inverse } if seen.datasets.contains_key(aside) => {
                inverse.where_it_holds(seen)
            }
            Inverse::Unless { dataset, guid, inverse } if guid_of(seen, dataset) != Some(*guid) => {
                inverse.where_it_holds(seen)
            }
            Inverse::Of { guid, inverse } => {
                let inverse = inverse.where_it_holds(seen)?;
                // What names no dataset holds for whomever.
                if inverse.dataset().is_none_or(|name| guid_of(seen, name) == Some(*guid)) {
                    return Some(inverse);
                }
                let name = seen.datasets.keys().find(|name| guid_of(seen, name) == Some(*guid))?;
                Some(Cow::Owned(inverse.into_owned().called(name)))
            }
            Inverse::While { .. } | Inverse::Unless { .. } => None,
            other => Some(Cow::Borrowed(other)),
        }
    }

    /// Returns whether it says of whom it holds, or while what.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        matches!(self, Inverse::While { .. } | Inverse::Of { .. } | Inverse::Unless { .. })
    }

    /// Has it be about a dataset by another name.
    fn called(mut self, name: &DatasetName) -> Self {
        match &mut self {
            Inverse::DatasetAbsent { dataset, .. }
            | Inverse::Setting { dataset, .. }
            | Inverse::Cloned { dataset, .. }
            | Inverse::Directory { dataset, .. }
            | Inverse::ContentsGiven { dataset, .. }
            | Inverse::FolderAbsent { dataset, .. }
            | Inverse::Name { after: dataset, .. } => *dataset = name.clone(),
            _ => {}
        }
        self
    }

    /// Has it be about the dataset of a GUID.
    #[must_use]
    pub fn of(self, guid: u64) -> Self {
        Inverse::Of { guid, inverse: Box::new(self) }
    }

    /// Has it hold only as long as a name is not borne by the one that bears it before.
    #[must_use]
    pub fn only_unless(self, dataset: &DatasetName, guid: u64) -> Self {
        Inverse::Unless { dataset: dataset.clone(), guid, inverse: Box::new(self) }
    }

    /// Has it hold only as long as a dataset stands aside.
    #[must_use]
    pub fn only_while(self, aside: &DatasetName) -> Self {
        Inverse::While { aside: aside.clone(), inverse: Box::new(self) }
    }

    /// Adds what has to be looked at so that it can be judged whether it stands.
    pub fn look(&self, query: &mut Query) {
        match self {
            Inverse::PoolAbsent { pool, disks } => {
                query.pools.insert(pool.clone(), disks.iter().cloned().map(Disk).collect());
            }
            Inverse::PoolExported { pool } => {
                query.pools.entry(pool.clone()).or_default();
            }
            Inverse::DiskOutside { pool, disk, .. } => watch(query, pool, [disk.clone()]),
            Inverse::DiskInside { pool, disk, beside } => watch(query, pool, [disk.clone(), beside.clone()]),
            Inverse::DiskBefore { pool, old, new, .. } => watch(query, pool, [old.clone(), new.clone()]),
            Inverse::VdevAbsent { pool, vdev, .. } | Inverse::VdevPresent { pool, vdev } => {
                watch(query, pool, vdev.disks.iter().map(|disk| disk.0.clone()));
            }
            Inverse::PoolSetting { pool, property, .. } => {
                query.pools.entry(pool.clone()).or_default();
                query.pool_properties.insert(property.clone());
            }
            Inverse::CheckpointAbsent { pool, vdevs, features } => {
                let disks = vdevs.iter().flat_map(|vdev| &vdev.disks);
                watch(query, pool, disks.map(|disk| disk.0.clone()));
                query.pool_properties.extend(features.iter().cloned());
            }
            Inverse::FeatureDisabled { pool, feature } => {
                query.pools.entry(pool.clone()).or_default();
                query.pool_properties.insert(feature.clone());
            }
            Inverse::Setting { property, .. } => {
                query.properties.insert(property.clone());
            }
            Inverse::Cloned { .. } => {
                query.properties.extend([ORIGIN, WRITTEN].map(PropertyName::new));
            }
            Inverse::Promoted { .. } => {
                query.properties.insert(PropertyName::new(ORIGIN));
            }
            Inverse::While { inverse, .. }
            | Inverse::Of { inverse, .. }
            | Inverse::Unless { inverse, .. } => inverse.look(query),
            Inverse::DatasetAbsent { .. }
            | Inverse::Name { .. }
            | Inverse::KeyUnloaded { .. }
            | Inverse::ContentsGiven { .. }
            | Inverse::Mount { .. } => {}
            Inverse::Directory { dataset, .. } | Inverse::DirectoryUnseen { dataset, .. } => {
                query.directories.insert(dataset.clone());
            }
            Inverse::FolderAbsent { dataset, folder, .. } | Inverse::FolderUnseen { dataset, folder, .. } => {
                query.folders.insert((dataset.clone(), folder.clone()));
            }
            Inverse::Exports { .. } => query.exports = true,
            Inverse::Storage { before, .. } => {
                query.storages = true;
                let secrets = before.iter().flat_map(|before| &before.secrets);
                let files = secrets.filter_map(|(secret, kept)| Some((kept.file()?.into(), secret.clone())));
                query.secret_files.extend(files);
            }
            Inverse::SecretReplaced { secret, file, .. } => {
                query.storages = true;
                query.secret_files.insert((file.clone(), secret.clone()));
            }
            Inverse::MountPoint { container, .. } => {
                query.guests = true;
                query.containers.insert(*container);
            }
            Inverse::Mapping { .. } => query.guests = true,
            Inverse::Virtiofs { machine, .. } => {
                query.guests = true;
                query.machines.insert(*machine);
            }
            Inverse::Unit { unit, .. } => {
                query.units.insert(unit.clone());
            }
            Inverse::Link { path, .. } => {
                query.links.insert(path.clone());
            }
            Inverse::Tunable { name, .. } => {
                query.tunables.insert(name.clone());
            }
        }
    }
}

/// Returns the GUID of what bears a name.
pub fn guid_of(seen: &Observed, dataset: &DatasetName) -> Option<u64> {
    seen.datasets.get(dataset)?.guid()
}

/// Has disks looked at for a pool.
fn watch(query: &mut Query, pool: &PoolName, disks: impl IntoIterator<Item = Box<str>>) {
    query.pools.entry(pool.clone()).or_default().extend(disks.into_iter().map(Disk));
}
