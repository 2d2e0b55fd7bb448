//! Why a resource is refused.

use super::settings::SettingError;
use crate::{
    DatasetName,
    export::{ClientError, OptionError, reach::NoWay},
    size::Bytes,
    storage::StorageError,
};

/// Says why a resource is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("`{area}` is phoenix's own area: what is retired is kept there", area = crate::name::AREA)]
    Area,
    #[error("there are two of this name")]
    Twice,
    #[error("the disk {0:?} is used twice")]
    DiskTwice(Box<str>),
    #[error("{0}")]
    Vdev(String),
    #[error("a pool needs disks for data")]
    NoDisks,
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// Something stands at what has no life of its own, or no name before.
    #[error("{0}")]
    Life(&'static str),
    #[error("it cannot have been {0}")]
    Was(DatasetName),
    #[error("its size is {0} bytes, no multiple of its blocks")]
    VolumeSize(u64),
    #[error("{0} is a volume: nothing lies in it")]
    InVolume(DatasetName),
    #[error("nothing says what its key is, or where it is found")]
    NoKey,
    #[error("{} is reserved, and it may have {}", Bytes(*.0), Bytes(*.1))]
    Reserved(u64, u64),
    #[error("its quota is {}, over the {} of {above}", Bytes(*.quota), Bytes(*.most))]
    Quota {
        /// Its quota, in bytes.
        quota: u64,
        /// The quota above, in bytes.
        most: u64,
        /// The dataset that has it.
        above: DatasetName,
    },
    #[error("{0} is no mount point of a dataset: the system runs from there")]
    Place(Box<str>),
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
    #[error("{0} is never mounted")]
    Unmounted(DatasetName),
    #[error("it is shared by `sharenfs` too: there would be two exports of one path")]
    SharedTwice,
    #[error("it is exported to nobody")]
    NoClients,
    /// What would be written of it says something else to whoever reads it.
    #[error("its line would read otherwise: {0:?}")]
    ReadsOtherwise(String),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A value is legal, and not in the one spelling that has one id.
    #[error("{0:?} is not how this is kept")]
    Spelling(String),
    #[error("on a dataset lies no storage of type {0:?}")]
    StorageType(Box<str>),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("a secret stands in {0}, and in no spec")]
    SecretIn(Box<str>),
    #[error("{0:?} does not follow from its dataset")]
    Derived(&'static str),
    #[error("it says no {0:?}, which Proxmox wants")]
    Required(&'static str),
    #[error("the guest {0} is said to be a container and a machine")]
    TwoKinds(u32),
    #[error("a dataset of the spec is mounted at {0}: the registration belongs to that")]
    OnDataset(Box<str>),
    #[error("a spec sets no parameter {0:?} of the zfs module")]
    Tunable(Box<str>),
    #[error("{0} is no value of it: ARC needs 64M at least")]
    Arc(u64),
    #[error("`{0}` has an access control list, and no `acltype` of `posix`")]
    NoLists(DatasetName),
    #[error("{0:?} is no name or number of an account")]
    Account(Box<str>),
    #[error("it says nothing")]
    Empty,
    #[error("all that lies in it is to be given something, and neither an owner nor a group is said")]
    NothingGiven,
    /// What a guest is given is none that it can have.
    #[error("{0}")]
    Guest(String),
    #[error("sanoid takes no snapshots of such a name: it has a blank, or begins with `template`")]
    UnknownToSanoid,
    #[error("the children of a root dataset are all that is in the pool, what is put away as well")]
    SnapshotsOfPool,
    #[error(
        "replication writes to it, or to something below that has no schedule of its own: a snapshot would end that"
    )]
    SnapshotsOfReplica,
    #[error(transparent)]
    NoWay(#[from] NoWay),
    /// What a cluster of Kubernetes is told is nothing that it or the CSI plugin takes.
    #[error("{0}")]
    Kubernetes(String),
}
