//! Why a resource is refused.

use super::settings::SettingError;
use crate::{
    DatasetName,
    export::{ClientError, OptionError},
    size::Bytes,
    storage::StorageError,
};

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
