//! Inverses: what stood before an action, fixed before it starts. Undoing looks at the host anew
//! and does only what still differs, so that it can be cut off and begun again.

use super::{checkpoint, lasting, remounting, storages, topology};
use phoenix_graph::{
    DatasetName, PoolName, PropertyName, SnapshotName, StorageId, Target, Vdev, export::ExportOptions,
    property,
};
use phoenix_host::{
    area,
    observed::{Directory, KEPT_CANMOUNT, LinkState, ORIGIN, Observed, Setting, Source, StorageState},
    op::Op,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

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

/// What a dataset's property was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "prior", rename_all = "kebab-case")]
pub enum Prior {
    /// Set on the dataset itself, to this value.
    Own {
        /// The value as `-Hp` prints it.
        raw: Box<str>,
        /// The word that sets it.
        word: Box<str>,
    },
    /// Not set, but received with a stream: given back by `zfs inherit -S`.
    Received {
        /// The value as `-Hp` prints it.
        raw: Box<str>,
    },
    /// Not set on the dataset itself: inherited again.
    Inherited,
    /// Not set; it cannot be inherited, and this word stands for not set.
    Unset {
        /// The value as `-Hp` prints it.
        raw: Box<str>,
        /// The word that sets it.
        word: Box<str>,
    },
}

impl Inverse {
    /// Returns it without what speaks of a place that is known already, and adds its places to those.
    #[must_use]
    pub fn unless_known(&self, known: &mut BTreeSet<String>) -> Option<Self> {
        let place = match self {
            Inverse::Exports { before } => {
                let mut before = before.clone();
                before.retain(|path, _| known.insert(format!("exports {path}")));
                return (!before.is_empty()).then_some(Inverse::Exports { before });
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
            Inverse::DatasetAbsent { dataset, .. } => format!("dataset {dataset}"),
            Inverse::Setting { dataset, property, .. } => format!("setting {dataset} {property}"),
            Inverse::Name { before, after, .. } => format!("name {before} {after}"),
            Inverse::Cloned { dataset, .. } => format!("clone {dataset}"),
            Inverse::Promoted { after, .. } => format!("promotion {after}"),
            // What bears the name meanwhile is another one.
            Inverse::While { aside, inverse } => format!("while {aside}: {inverse:?}"),
            Inverse::KeyUnloaded { dataset } => format!("key {dataset}"),
            Inverse::Mount { dataset, .. } => format!("mount {dataset}"),
            Inverse::Directory { dataset, .. } => format!("directory {dataset}"),
            Inverse::Storage { id, .. } => format!("storage {id}"),
            Inverse::Link { path, .. } => format!("link {}", path.display()),
            Inverse::Tunable { name, .. } => format!("tunable {name}"),
        };
        known.insert(place).then(|| self.clone())
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

    /// Returns what has to be run so that what stood before stands again; nothing where it does.
    /// Unmaking pools, datasets and clones needs a look into them first, and what is locked is mounted only
    /// once its key is there: see [`phoenix_transaction::undo`].
    #[must_use]
    pub fn ops(&self, seen: &Observed) -> Vec<Op> {
        let one = |needed: bool, op: Op| if needed { vec![op] } else { Vec::new() };
        match self {
            Inverse::DiskOutside { .. }
            | Inverse::DiskInside { .. }
            | Inverse::DiskBefore { .. }
            | Inverse::VdevAbsent { .. }
            | Inverse::VdevPresent { .. } => topology::ops(self, seen),
            Inverse::CheckpointAbsent { pool, vdevs, features } => {
                checkpoint::ops(pool, vdevs, features, seen)
            }
            Inverse::PoolAbsent { .. }
            | Inverse::FeatureDisabled { .. }
            | Inverse::DatasetAbsent { .. }
            | Inverse::Cloned { .. }
            | Inverse::KeyUnloaded { .. } => Vec::new(),
            Inverse::While { aside, inverse } => {
                if seen.datasets.contains_key(aside) {
                    inverse.ops(seen)
                } else {
                    Vec::new()
                }
            }
            Inverse::Promoted { before, after } => {
                let origin = seen.datasets.get(before).and_then(|state| state.value(ORIGIN));
                one(origin == Some(&*after.to_string()), Op::Promote { dataset: before.clone() })
            }
            Inverse::PoolExported { pool } => {
                one(seen.pools.contains_key(pool), Op::PoolExport { pool: pool.clone() })
            }
            Inverse::PoolSetting { pool, property, value } => {
                let now = seen.pools.get(pool).and_then(|state| state.settings.get(property));
                let setting = (property.clone(), pool_word(property, value));
                one(now.is_some_and(|now| now.raw != *value), Op::PoolSet { pool: pool.clone(), setting })
            }
            Inverse::Setting { dataset, property, prior } => {
                let Some(state) = seen.datasets.get(dataset) else { return Vec::new() };
                prior.op(dataset, property, state.settings.get(property)).into_iter().collect()
            }
            Inverse::Name { before, after, volume } => {
                if !seen.datasets.contains_key(after) || seen.datasets.contains_key(before) {
                    return Vec::new();
                }
                let rename = Op::DatasetRename { from: after.clone(), to: before.clone(), volume: *volume };
                // Where it is put away again nothing is mounted, also where unmounting failed before.
                let inside = |name: &DatasetName| name == after || name.is_below(after);
                let mut ops =
                    if area::is_inside(before) { remounting::away(seen, inside) } else { Vec::new() };
                ops.push(rename);
                ops
            }
            Inverse::Mount { dataset, mounted } => match (seen.datasets.get(dataset), mounted) {
                (Some(state), true) if !state.is_locked() => remounting::back(seen, dataset),
                (Some(_), false) => remounting::away(seen, |name| name == dataset),
                _ => Vec::new(),
            },
            Inverse::Directory { dataset, path, before } => one(
                seen.directories.get(dataset).is_some_and(|now| now != before),
                Op::DirectorySet {
                    dataset: dataset.clone(),
                    path: path.clone(),
                    owner: Some(before.owner),
                    group: Some(before.group),
                    mode: Some(before.mode),
                },
            ),
            Inverse::Exports { before } => {
                let mut ops = unexports(before, seen);
                if before.iter().any(|(path, entries)| exported(seen, path) != *entries) {
                    ops.push(Op::ExportsReload);
                }
                ops
            }
            Inverse::Storage { id, before } => storages::back(id, before.as_ref(), seen),
            Inverse::Link { path, before } => {
                let now = seen.links.get(path).unwrap_or(&LinkState::Missing);
                match (before, now) {
                    (before, now) if before == now => Vec::new(),
                    (LinkState::Link(target), _) => {
                        vec![Op::Link { path: path.clone(), target: target.clone() }]
                    }
                    (LinkState::Missing, LinkState::Link(_)) => vec![Op::Unlink { path: path.clone() }],
                    _ => Vec::new(),
                }
            }
            Inverse::Tunable { name, value } => one(
                seen.tunables.get(name).is_some_and(|now| now != value),
                Op::TunableSet { name: name.clone(), value: *value },
            ),
        }
    }
}

impl Inverse {
    /// Says what of it cannot be taken back, where it was done: that stays, and is told.
    #[must_use]
    pub fn kept(&self, seen: &Observed) -> Option<String> {
        match self {
            Inverse::CheckpointAbsent { pool, vdevs, features } => {
                checkpoint::kept(pool, vdevs, features, seen)
            }
            Inverse::FeatureDisabled { pool, feature } => lasting::is_enabled(seen, pool, feature)
                .then(|| format!("the pool {pool} keeps {feature} enabled: ZFS disables no feature again")),
            other => topology::kept(other, seen),
        }
    }

    /// Returns the dataset whose kept `canmount` it is about.
    #[must_use]
    pub fn keeps_canmount(&self) -> Option<&DatasetName> {
        match self {
            Inverse::Setting { dataset, property, .. } if property.as_str() == KEPT_CANMOUNT => Some(dataset),
            _ => None,
        }
    }

    /// Has it hold only as long as a dataset stands aside.
    #[must_use]
    pub fn only_while(self, aside: &DatasetName) -> Self {
        Inverse::While { aside: aside.clone(), inverse: Box::new(self) }
    }
}

/// Returns the word that sets a pool's property to what `zpool get` printed: `-` stands for no value.
fn pool_word(property: &PropertyName, raw: &str) -> Box<str> {
    let row = property::find(Target::Pool, property.as_str());
    match row.map(property::Property::unset) {
        Some(property::Unset::Value(word)) if raw == "-" => word.into(),
        _ => raw.into(),
    }
}

impl Prior {
    /// Returns whether it is a value that was there: given by somebody, or received.
    #[must_use]
    pub fn is_somebodys(&self) -> bool {
        matches!(self, Prior::Own { .. } | Prior::Received { .. })
    }

    /// Returns what brings it about, where that is not so already.
    pub fn op(&self, dataset: &DatasetName, property: &PropertyName, now: Option<&Setting>) -> Option<Op> {
        let set = |word: &str| Op::DatasetSet {
            dataset: dataset.clone(),
            settings: vec![(property.clone(), word.into())],
        };
        match self {
            Prior::Own { raw, word } => {
                let holds = now.is_some_and(|now| now.source.is_own() && now.raw == *raw);
                (!holds).then(|| set(word))
            }
            // Whatever was received last is what comes back.
            Prior::Received { .. } => now
                .is_none_or(|now| now.source != Source::Received)
                .then(|| Op::DatasetReceived { dataset: dataset.clone(), property: property.clone() }),
            Prior::Unset { raw, word } => {
                let holds = now.is_none_or(|now| now.raw == *raw);
                (!holds).then(|| set(word))
            }
            Prior::Inherited => now
                .is_some_and(|now| now.source.is_own())
                .then(|| Op::DatasetInherit { dataset: dataset.clone(), property: property.clone() }),
        }
    }
}

/// Returns what takes the entries out of the live table that were not there before.
pub fn unexports(before: &BTreeMap<Box<str>, BTreeMap<Box<str>, ExportOptions>>, seen: &Observed) -> Vec<Op> {
    let mut ops = Vec::new();
    for (path, entries) in before {
        let fresh = exported(seen, path).into_keys().filter(|client| !entries.contains_key(client));
        ops.extend(fresh.map(|client| Op::Unexport { path: path.clone(), client }));
    }
    ops
}

/// Returns the live entries for a path: clients as the table names them, and their options.
pub fn exported(seen: &Observed, path: &str) -> BTreeMap<Box<str>, ExportOptions> {
    let entries =
        seen.exports.range((path.into(), "".into())..).take_while(|((other, _), _)| &**other == path);
    entries.map(|((_, client), options)| (client.clone(), options.clone())).collect()
}
