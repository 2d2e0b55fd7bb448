//! What each step stands on: the host, its disks, and short ways to do and to look.

use phoenix_graph::{Class, DatasetName, Disk, PoolName, PropertyName, Redundancy, Vdev};
use phoenix_host::{
    Contents, Host, HostError,
    observed::{DatasetState, Observed, Query},
    op::{Assignment, Op},
};
use std::path::Path;

/// The name of the pool that the suite makes.
pub const POOL: &str = "conform";

pub struct Bench<'a> {
    pub host: &'a dyn Host,
    pub disks: [Disk; 2],
    pub folder: &'a Path,
}

impl Bench<'_> {
    pub fn query(&self) -> Query {
        let properties = [
            "recordsize",
            "quota",
            "compression",
            "atime",
            "refreservation",
            "volblocksize",
            "casesensitivity",
            "test:note",
            "origin",
            "written",
            "exec",
        ];
        Query {
            properties: properties.map(PropertyName::new).into(),
            pool_properties: ["autotrim", "comment"].map(PropertyName::new).into(),
            pools: [(pool(POOL), self.disks.to_vec())].into(),
            exports: true,
            ..Query::default()
        }
    }

    pub fn look(&self) -> Result<Observed, String> {
        self.host.observe(&self.query()).map_err(|error| format!("looking failed: {error}"))
    }

    pub fn dataset(&self, name: &str) -> Result<DatasetState, String> {
        self.look()?.datasets.remove(&dataset(name)).ok_or_else(|| format!("{name} is not there"))
    }

    pub fn done(&self, op: &Op) -> Result<(), String> {
        self.host.perform(op).map_err(|error| format!("`{}`: {error}", op.describe()))
    }

    pub fn all_done(&self, ops: &[Op]) -> Result<(), String> {
        ops.iter().try_for_each(|op| self.done(op))
    }

    /// Carries an operation out that must fail, with these words among what is said.
    pub fn refused(&self, op: &Op, words: &str) -> Result<(), String> {
        match self.host.perform(op) {
            Ok(()) => Err(format!("`{}` was not refused", op.describe())),
            Err(error) if said(&error).contains(words) => Ok(()),
            Err(error) => {
                Err(format!("`{}` was refused without the words {words:?}: {error}", op.describe()))
            }
        }
    }

    pub fn mirror(&self) -> Op {
        Op::PoolCreate {
            pool: pool(POOL),
            layout: self.layout(),
            settings: vec![set("autotrim", "on")],
            root: vec![set("compression", "lz4")],
        }
    }

    pub fn layout(&self) -> Vec<Vdev> {
        vec![Vdev { class: Class::Data, redundancy: Redundancy::Mirror, disks: self.disks.to_vec() }]
    }

    pub fn contents_of(&self, name: &str) -> Result<Contents, String> {
        self.host.contents(&dataset(name)).map_err(|error| format!("looking into {name}: {error}"))
    }
}

/// Returns what a command that failed said.
pub fn said(error: &HostError) -> &str {
    match error {
        HostError::Command { stderr, .. } => stderr,
        HostError::Busy { error, .. } | HostError::Remembered { error, .. } => said(error),
        _ => "",
    }
}

/// Names in this suite are legal as they stand; one that is not fails as a dataset that is not there.
pub fn dataset(name: &str) -> DatasetName {
    DatasetName::new(name).unwrap_or_else(|_| pool(POOL).root())
}

#[expect(clippy::expect_used, reason = "the suite's own pool has a legal name, as its first test shows")]
pub fn pool(name: &str) -> PoolName {
    PoolName::new(name).expect("a legal name")
}

pub fn set(name: &str, value: &str) -> Assignment {
    (PropertyName::new(name), value.into())
}

pub fn create(name: &str, settings: &[Assignment]) -> Op {
    Op::DatasetCreate { dataset: dataset(name), settings: settings.to_vec() }
}

pub fn change(name: &str, settings: &[Assignment]) -> Op {
    Op::DatasetSet { dataset: dataset(name), settings: settings.to_vec() }
}

pub fn mount(name: &str) -> Op {
    Op::DatasetMount { dataset: dataset(name) }
}

pub fn unmount(name: &str) -> Op {
    Op::DatasetUnmount { dataset: dataset(name) }
}

pub fn destroy(name: &str) -> Op {
    Op::DatasetDestroy { dataset: dataset(name) }
}

pub fn rename(from: &str, to: &str) -> Op {
    Op::DatasetRename { from: dataset(from), to: dataset(to), volume: false }
}

/// Compares, and says both sides where they differ.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, wanted: T) -> Result<(), String> {
    if seen == wanted { Ok(()) } else { Err(format!("{what}: {seen:?}, not {wanted:?}")) }
}
