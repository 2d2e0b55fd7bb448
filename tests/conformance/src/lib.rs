//! What every host must do alike: one suite over the trait, run on the simulator by the tests and on
//! the real OpenZFS in the lab.
//!
//! Each step carries operations out and then looks. The steps build on each other, so that of several
//! failures the first is the one to look at. Whatever the suite makes lies in one pool, which the last step destroys.

mod clones;
pub mod differential;
mod directories;
mod disks;
mod exports;
mod keys;
mod settings;
mod snapshots;
#[cfg(test)]
mod tests;
mod topology;
mod tree;

use phoenix_graph::{Class, DatasetName, Disk, PoolName, PropertyName, Redundancy, Vdev};
use phoenix_host::{Contents, Host, HostError};
use phoenix_host::{
    observed::{DatasetState, Observed, Query},
    op::{Assignment, Op},
};
use std::path::Path;

/// The name of the pool that the suite makes.
pub const POOL: &str = "conform";

/// Runs the suite on a host.
///
/// `disks` are two blank disks that may be written to. `folder` is a folder for files that exist for
/// real: the simulator's state folder, or any on a real host.
///
/// # Errors
/// The steps that failed, one on each line, with what was wrong.
pub fn run(host: &dyn Host, disks: &[Disk], folder: &Path) -> Result<(), String> {
    let [one, two, ..] = disks else { return Err("the suite needs two disks".to_owned()) };
    let bench = Bench { host, disks: [one.clone(), two.clone()], folder };
    let failures: Vec<String> = STEPS
        .iter()
        .filter_map(|(name, step)| step(&bench).err().map(|error| format!("{name}: {error}")))
        .collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

type Step = fn(&Bench<'_>) -> Result<(), String>;

const STEPS: &[(&str, Step)] = &[
    ("blank disks are seen as blank", disks::blank),
    ("a missing disk is refused", disks::missing),
    ("a pool with an illegal property is refused", disks::refused_property),
    ("a mirror is created and seen", disks::create),
    ("a disk in use is refused", disks::in_use),
    ("a pool's property is set", disks::properties),
    ("datasets are created without being mounted", tree::create),
    ("what cannot be created is refused", tree::create_refused),
    ("file systems are mounted and unmounted", tree::mount),
    ("a root directory is given an owner, a group and a mode", directories::change),
    ("accounts have their numbers, or are not known", directories::accounts),
    ("properties are set, inherited and refused", settings::change),
    ("a mount point moves what follows it", settings::mountpoint),
    ("volumes reserve their size or not", settings::volumes),
    ("a subtree is renamed with its snapshots", tree::rename),
    ("what has children or snapshots is not destroyed", tree::destroy),
    ("an unmounted file system is looked into", tree::contents),
    ("snapshots are listed with their holds", snapshots::list),
    ("snapshots are released and destroyed one by one", snapshots::end),
    ("a snapshot is cloned, and the clone promoted and demoted", clones::promote),
    ("a clone that cannot be is refused", clones::refused),
    ("a volume is cloned with the size that it had", clones::volume),
    ("a file system is encrypted with a typed key", keys::create_typed),
    ("what is locked is not mounted, and may be moved", keys::locked),
    ("exports follow their file through a link", exports::follow),
    ("a parameter is written and read", exports::parameter),
    ("a disk leaves a mirror and comes back", topology::mirror),
    ("a disk takes another's place, and gives it back", topology::replace),
    ("logs, caches and spares come and go", topology::extras),
    ("a data vdev is added and removed", topology::data_vdev),
    ("a checkpoint keeps the layout until it is gone", topology::checkpoint),
    ("a pool is exported and imported", disks::export),
    ("a destroyed pool leaves labels until they are cleared", disks::destroy),
];

struct Bench<'a> {
    host: &'a dyn Host,
    disks: [Disk; 2],
    folder: &'a Path,
}

impl Bench<'_> {
    fn query(&self) -> Query {
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

    fn look(&self) -> Result<Observed, String> {
        self.host.observe(&self.query()).map_err(|error| format!("looking failed: {error}"))
    }

    fn dataset(&self, name: &str) -> Result<DatasetState, String> {
        self.look()?.datasets.remove(&dataset(name)).ok_or_else(|| format!("{name} is not there"))
    }

    fn done(&self, op: &Op) -> Result<(), String> {
        self.host.perform(op).map_err(|error| format!("`{}`: {error}", op.describe()))
    }

    fn all_done(&self, ops: &[Op]) -> Result<(), String> {
        ops.iter().try_for_each(|op| self.done(op))
    }

    /// Carries an operation out that must fail, with these words among what is said.
    fn refused(&self, op: &Op, words: &str) -> Result<(), String> {
        match self.host.perform(op) {
            Ok(()) => Err(format!("`{}` was not refused", op.describe())),
            Err(error) if said(&error).contains(words) => Ok(()),
            Err(error) => {
                Err(format!("`{}` was refused without the words {words:?}: {error}", op.describe()))
            }
        }
    }

    fn mirror(&self) -> Op {
        Op::PoolCreate {
            pool: pool(POOL),
            layout: self.layout(),
            settings: vec![set("autotrim", "on")],
            root: vec![set("compression", "lz4")],
        }
    }

    fn layout(&self) -> Vec<Vdev> {
        vec![Vdev { class: Class::Data, redundancy: Redundancy::Mirror, disks: self.disks.to_vec() }]
    }

    fn contents_of(&self, name: &str) -> Result<Contents, String> {
        self.host.contents(&dataset(name)).map_err(|error| format!("looking into {name}: {error}"))
    }
}

/// Returns what a command that failed said.
fn said(error: &HostError) -> &str {
    match error {
        HostError::Command { stderr, .. } => stderr,
        HostError::Busy { error, .. } => said(error),
        _ => "",
    }
}

/// Names in this suite are legal as they stand; one that is not fails as a dataset that is not there.
fn dataset(name: &str) -> DatasetName {
    DatasetName::new(name).unwrap_or_else(|_| pool(POOL).root())
}

#[expect(clippy::expect_used, reason = "the suite's own pool has a legal name, as its first test shows")]
fn pool(name: &str) -> PoolName {
    PoolName::new(name).expect("a legal name")
}

fn set(name: &str, value: &str) -> Assignment {
    (PropertyName::new(name), value.into())
}

fn create(name: &str, settings: &[Assignment]) -> Op {
    Op::DatasetCreate { dataset: dataset(name), settings: settings.to_vec() }
}

fn change(name: &str, settings: &[Assignment]) -> Op {
    Op::DatasetSet { dataset: dataset(name), settings: settings.to_vec() }
}

fn mount(name: &str) -> Op {
    Op::DatasetMount { dataset: dataset(name) }
}

fn unmount(name: &str) -> Op {
    Op::DatasetUnmount { dataset: dataset(name) }
}

fn destroy(name: &str) -> Op {
    Op::DatasetDestroy { dataset: dataset(name) }
}

fn rename(from: &str, to: &str) -> Op {
    Op::DatasetRename { from: dataset(from), to: dataset(to), volume: false }
}

/// Compares, and says both sides where they differ.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, wanted: T) -> Result<(), String> {
    if seen == wanted { Ok(()) } else { Err(format!("{what}: {seen:?}, not {wanted:?}")) }
}
