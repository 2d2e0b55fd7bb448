//! The contract between the compiler and the runtime: resources, the property schema, sizes,
//! steps with their ids and canonical bytes, and the difference of two graphs.
//!
//! Data passes one way: the compiler makes [`Resource`]s out of checked values, [`Graph::assemble`]
//! orders them and gives every one its [`Step`] and id, and the runtime plans from the graph.
//! Nothing here reads a file, a clock or the environment.
#![allow(missing_docs, reason = "fields may explain themselves; tests/documented.rs looks at all else")]

pub mod canonical;
pub mod capacity;
pub mod check;
pub mod code;
pub mod diff;
pub mod duration;
pub mod export;
pub mod graph;
pub mod id_map;
pub mod inside;
pub mod kind;
pub mod kubernetes;
pub mod mounts;
pub mod name;
pub mod nfs;
pub mod plain;
pub mod property;
pub mod room;
pub mod schedule;
pub mod settings;
pub mod shared;
pub mod size;
pub mod snapshot;
pub mod step;
pub mod storage;
pub mod unit_name;

pub use code::Code;
pub use diff::{Change, GraphDiff};
pub use duration::Seconds;
pub use graph::{Graph, GraphError};
pub use kind::{
    Bind, Class, Dataset, Disk, Export, Fact, GuestMount, Key, KubernetesAttributes, KubernetesClass,
    KubernetesCluster, KubernetesNamespace, Lifecycle, Mapping, Mode, Permissions, Pool, Redundancy,
    Resource, Said, Snapshots, Storage, Tunable, Unit, Vdev, Virtiofs, Volume,
};
pub use name::{DatasetName, HostName, NameError, PoolName, StorageId};
pub use property::{Property, Target, Value};
pub use settings::{PropertyName, Settings};
pub use size::Bytes;
pub use snapshot::SnapshotName;
pub use step::{FORMAT, ObjectId, Step, System};
