//! What a spec may say, as the one definition of it: the compiler holds specs against it, and the
//! store everything that it reads before it is carried out, so that a closure made elsewhere says
//! nothing that a spec could not say.
//!
//! [`resource`] looks at one resource; [`all`] at those of a host together. The values' own rules
//! stand where the values are: names, properties, exports, storages.

pub mod guest;
pub mod place;
mod settings;
pub mod space;
mod together;
pub mod vdev;

pub use settings::{SettingError, has_password, member, user_name};
pub use together::{all, over_the_system};

use crate::{
    Bind, DatasetName, Export, Key, Permissions, Pool, Resource, Storage, Target, Tunable, Volume,
    export::{ClientError, ExportOptions, OptionError, canonical_client},
    permissions::account,
    size::Bytes,
    storage::{ON_DATASETS, StorageError, find_type},
};
use place::Standing;
use settings::settings as check_settings;

/// Something that no spec can say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct Fault {
    pub key: Key,
    /// Why it is refused.
    pub reason: Reason,
}

/// Says why a resource is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Its name lies in phoenix's own area.
    #[error("`{area}` is phoenix's own area: what is retired is kept there", area = crate::name::AREA)]
    Area,
    /// It stands twice.
    #[error("there are two of this name")]
    Twice,
    /// A disk stands in two vdevs.
    #[error("the disk {0:?} is used twice")]
    DiskTwice(Box<str>),
    /// A vdev is none.
    #[error("{0}")]
    Vdev(String),
    /// A pool has no disks for data.
    #[error("a pool needs disks for data")]
    NoDisks,
    /// A setting is none.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Something stands at what has no life of its own, or no name before.
    #[error("{0}")]
    Life(&'static str),
    /// The name before is none that it can have had.
    #[error("it cannot have been {0}")]
    Was(DatasetName),
    /// The size of a volume is not a multiple of its blocks.
    #[error("its size is {0} bytes, no multiple of its blocks")]
    VolumeSize(u64),
    /// It lies on a volume, and a volume contains nothing.
    #[error("{0} is a volume: nothing lies in it")]
    InVolume(DatasetName),
    /// It is encrypted, and nothing says with which key.
    #[error("nothing says what its key is, or where it is found")]
    NoKey,
    /// More is reserved than it may have.
    #[error("{} is reserved, and it may have {}", Bytes(*.0), Bytes(*.1))]
    Reserved(u64, u64),
    /// Its quota is over the one above.
    #[error("its quota is {}, over the {} of {above}", Bytes(*.quota), Bytes(*.most))]
    Quota {
        /// Its quota, in bytes.
        quota: u64,
        /// The quota above, in bytes.
        most: u64,
        /// The dataset that has it.
        above: DatasetName,
    },
    /// It is mounted over the system.
    #[error("{0} is no mount point of a dataset: the system runs from there")]
    Place(Box<str>),
    /// Two are mounted at one place.
    #[error("{1} is mounted at {0} too")]
    MountedTwice(Box<str>, DatasetName),
    /// It is about a file system that is mounted nowhere, or elsewhere.
    #[error("{dataset} is not mounted at {path}")]
    Path {
        /// The file system.
        dataset: DatasetName,
        /// Where it is said to be.
        path: Box<str>,
    },
    /// It is about a file system that is never mounted.
    #[error("{0} is never mounted")]
    Unmounted(DatasetName),
    /// It is shared by OpenZFS and by phoenix.
    #[error("it is shared by `sharenfs` too: there would be two exports of one path")]
    SharedTwice,
    /// It is exported to nobody.
    #[error("it is exported to nobody")]
    NoClients,
    /// A client is none.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An export option is none.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A value is legal, and not in the one spelling that has one id.
    #[error("{0:?} is not how this is kept")]
    Spelling(String),
    /// Proxmox has no such storage on a dataset.
    #[error("on a dataset lies no storage of type {0:?}")]
    StorageType(Box<str>),
    /// A property of a storage is none.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A property that follows from the dataset says something else.
    #[error("{0:?} does not follow from its dataset")]
    Derived(&'static str),
    /// No parameter that a spec can set.
    #[error("a spec sets no parameter {0:?} of the zfs module")]
    Tunable(Box<str>),
    /// A value of a parameter is out of its range.
    #[error("{0} is no value of it: ARC needs 64M at least")]
    Arc(u64),
    /// An account is none.
    #[error("{0:?} is no name or number of an account")]
    Account(Box<str>),
    /// Nothing is said.
    #[error("it says nothing")]
    Empty,
    /// A mount point of a container is none.
    #[error("{0}")]
    Guest(String),
}

/// The parameters of the zfs module that a spec can set.
pub const ARC_MAX: &str = "zfs_arc_max";
/// The least that ARC takes, in bytes (`zfs(4)`).
pub const ARC_LEAST: u64 = 64 << 20;

/// Checks one resource by itself.
///
/// # Errors
/// The first reason to refuse it.
pub fn resource(resource: &Resource) -> Result<(), Fault> {
    let reason = match resource {
        Resource::Pool(one) => pool(one),
        Resource::Dataset(one) => named(&one.name)
            .and_then(|()| Ok(check_settings(Target::Filesystem, &one.settings)?))
            .and_then(|()| life(resource)),
        Resource::Volume(one) => volume(one).and_then(|()| life(resource)),
        Resource::Export(one) => export(one),
        Resource::Storage(one) => storage(one),
        Resource::Tunable(one) => tunable(one),
        Resource::Permissions(one) => permissions(one),
        Resource::Bind(one) => bind(one),
    };
    reason.map_err(|reason| Fault { key: resource.key(), reason })
}

fn named(name: &DatasetName) -> Result<(), Reason> {
    if name.is_in_area() { Err(Reason::Area) } else { Ok(()) }
}

fn pool(pool: &Pool) -> Result<(), Reason> {
    if let Some(wrong) = pool.layout.iter().find_map(vdev::wrong) {
        return Err(Reason::Vdev(wrong));
    }
    if !pool.layout.iter().any(|vdev| vdev.class == crate::Class::Data) {
        return Err(Reason::NoDisks);
    }
    if pool.lifecycle.was.is_some() || pool.lifecycle.protect {
        return Err(Reason::Life("of a pool is said that it is adopted, and nothing else"));
    }
    Ok(check_settings(Target::Pool, &pool.settings)?)
}

/// Checks what is said of the life of a file system or volume.
fn life(resource: &Resource) -> Result<(), Reason> {
    let (Some(name), Some(life)) = (resource.dataset_name(), resource.lifecycle()) else { return Ok(()) };
    if name.is_root() && !life.is_empty() {
        return Err(Reason::Life(
            "of a root dataset nothing is said but its settings: its life is the pool's",
        ));
    }
    match &life.was {
        Some(was) if was.pool() != name.pool() || was.is_root() || was == name || was.is_in_area() => {
            Err(Reason::Was(was.clone()))
        }
        _ => Ok(()),
    }
}

fn volume(volume: &Volume) -> Result<(), Reason> {
    named(&volume.name)?;
    if volume.name.is_root() {
        return Err(Reason::InVolume(volume.name.clone()));
    }
    check_settings(Target::Volume, &volume.settings)?;
    volume_size(volume.size, space::number(&volume.settings, "volblocksize"))
        .then_some(())
        .ok_or(Reason::VolumeSize(volume.size.0))
}

/// Returns whether a volume of blocks of this size, in bytes, can have a size: a multiple of it.
#[must_use]
pub fn volume_size(size: Bytes, blocks: Option<u64>) -> bool {
    let blocks = least_multiple(blocks);
    size.0 != 0 && size <= Bytes::LARGEST && (blocks == 0 || size.0.is_multiple_of(blocks))
}

/// Returns what a volume's size is a multiple of. zfsprops(7): 16K unless the pool is older; any legal
/// size is a multiple of 512 at least.
#[must_use]
pub fn least_multiple(blocks: Option<u64>) -> u64 {
    blocks.unwrap_or(512)
}

fn export(export: &Export) -> Result<(), Reason> {
    if export.clients.is_empty() {
        return Err(Reason::NoClients);
    }
    for (client, options) in &export.clients {
        if canonical_client(client)? != **client {
            return Err(Reason::Spelling(client.to_string()));
        }
        if ExportOptions::from_words(options.iter())? != *options {
            return Err(Reason::Spelling(options.iter().collect::<Vec<_>>().join(",")));
        }
    }
    Ok(())
}

fn storage(storage: &Storage) -> Result<(), Reason> {
    let kind = find_type(&storage.kind).filter(|kind| ON_DATASETS.contains(&kind.name));
    let kind = kind.ok_or_else(|| Reason::StorageType(storage.kind.clone()))?;
    if storage.lifecycle.was.is_some() || storage.lifecycle.protect {
        return Err(Reason::Life("of a registration is said that it is adopted, and nothing else"));
    }
    for (name, value) in &storage.properties {
        if kind.canonical(name, value)? != **value {
            return Err(Reason::Spelling(format!("{name} {value}")));
        }
    }
    Ok(())
}

fn tunable(tunable: &Tunable) -> Result<(), Reason> {
    if &*tunable.name != ARC_MAX {
        return Err(Reason::Tunable(tunable.name.clone()));
    }
    let legal = (ARC_LEAST..=Bytes::LARGEST.0).contains(&tunable.value);
    if legal { Ok(()) } else { Err(Reason::Arc(tunable.value)) }
}

fn permissions(permissions: &Permissions) -> Result<(), Reason> {
    let Permissions { owner, group, mode, .. } = permissions;
    if owner.is_none() && group.is_none() && mode.is_none() {
        return Err(Reason::Empty);
    }
    for text in [owner, group].into_iter().flatten() {
        if account(text).ok().as_deref() != Some(text) {
            return Err(Reason::Account(text.clone()));
        }
    }
    Ok(())
}

fn bind(bind: &Bind) -> Result<(), Reason> {
    let guest = |reason: &str| Reason::Guest(reason.to_owned());
    if !guest::CONTAINERS.contains(&bind.container) {
        return Err(Reason::Guest(format!("{} is no id of a container", bind.container)));
    }
    if guest::path_inside(&bind.at).map_err(guest)? != bind.at {
        return Err(Reason::Spelling(bind.at.to_string()));
    }
    guest::path_outside(&bind.path).map_err(guest)?;
    for (name, value) in &bind.options {
        let legal = match &**name {
            "mountoptions" => {
                let words = || value.split(';');
                !words().any(guest::foreign_mount_option) && guest::mount_options(words()) == **value
            }
            name => guest::SWITCHES.contains(&name) && matches!(&**value, "0" | "1"),
        };
        if !legal {
            return Err(Reason::Guest(format!("{name}={value:?} is no option of a mount point")));
        }
    }
    Ok(())
}

/// Says whether a mount point is one that a spec can give to a file system.
fn place_of(path: &str, adopted: bool) -> Result<(), Reason> {
    match place::standing(path) {
        Standing::Free | Standing::InUse => Ok(()),
        Standing::System if adopted => Ok(()),
        Standing::System | Standing::Never => Err(Reason::Place(path.into())),
    }
}

#[cfg(test)]
mod tests;
