//! What a case is made of: acts with what comes of each, and facts at the end; with short words to make them.

use super::{
    act::{Act, Outcome},
    picture,
};
use phoenix_graph::{DatasetName, PoolName, PropertyName, SnapshotName};
use phoenix_host::{
    observed::Source,
    op::{Assignment, Op},
};
use phoenix_sim::State;

/// A case.
pub struct Case {
    /// What it shows.
    pub name: &'static str,
    /// What is done, and what comes of it.
    pub acts: fn() -> Vec<(Act, Then)>,
    /// What is so at the end.
    pub facts: &'static [Fact],
}

/// What comes of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is done.
    Done,
    /// It is refused with these words in the first line.
    Refused(&'static str),
}

use Then::{Done, Refused};

impl Then {
    /// Returns whether an outcome is this one.
    pub fn is(self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Done, Outcome::Done) => true,
            (Refused(words), Outcome::Refused(said)) => said.contains(words),
            _ => false,
        }
    }
}

/// What is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// A file system is mounted at a path, or not at all.
    Mounted(&'static str, Option<&'static str>),
    /// A property has a value, by a source.
    Value(&'static str, &'static str, &'static str, Origin),
    /// A path leads to a folder, or does not.
    Folder(&'static str, bool),
    /// A folder has this owner, group, mode and access control list.
    Has(&'static str, &'static str),
}

use Fact::{Folder, Has, Mounted, Value};

/// Where a value comes from, as far as cases tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Own,
    Default,
    Temporary,
    Received,
    /// What is fixed at the creation has none.
    None,
}

use Origin::{Default, Own, Temporary};

impl Fact {
    /// Returns whether it is so in a state.
    pub fn holds(self, state: &State) -> bool {
        let dataset = |name: &str| DatasetName::new(name).ok();
        match self {
            Mounted(name, path) => dataset(name).is_some_and(|name| state.mounted_at(&name) == path),
            Folder(path, there) => state.folder_exists(path) == there,
            Has(path, rights) => picture::folder(&state.directory_at(path)) == format!("folder of {rights}"),
            Value(name, property, raw, source) => {
                let setting = dataset(name).and_then(|name| state.effective(&name, property));
                let wanted = match source {
                    Own => Source::Local,
                    Temporary => Source::Temporary,
                    Origin::Received => Source::Received,
                    Default => Source::Default,
                    Origin::None => Source::None,
                };
                setting.is_some_and(|setting| &*setting.raw == raw && setting.source == wanted)
            }
        }
    }
}

/// Names in the cases are legal as they stand; one that is not fails as one that is not there.
fn dataset(name: &str) -> DatasetName {
    DatasetName::new(name).unwrap_or_else(|_| pool("illegal").root())
}

#[expect(clippy::expect_used, reason = "the names of pools in the cases are legal")]
fn pool(name: &str) -> PoolName {
    PoolName::new(name).expect("a legal name")
}

fn assignments(settings: &[(&str, &str)]) -> Vec<Assignment> {
    settings.iter().map(|(name, value)| (PropertyName::new(name), (*value).into())).collect()
}

pub fn create(name: &str, settings: &[(&str, &str)]) -> Act {
    Act::Op(Op::DatasetCreate { dataset: dataset(name), settings: assignments(settings) })
}

pub fn volume(name: &str, size: u64, sparse: bool, settings: &[(&str, &str)]) -> Act {
    Act::Op(Op::VolumeCreate { dataset: dataset(name), size, sparse, settings: assignments(settings) })
}

pub fn set(name: &str, settings: &[(&str, &str)]) -> Act {
    Act::Op(Op::DatasetSet { dataset: dataset(name), settings: assignments(settings) })
}

pub fn inherit(name: &str, property: &str) -> Act {
    Act::Op(Op::DatasetInherit { dataset: dataset(name), property: PropertyName::new(property) })
}

pub fn inherit_received(name: &str, property: &str) -> Act {
    Act::Op(Op::DatasetReceived { dataset: dataset(name), property: PropertyName::new(property) })
}

pub fn receive(from: &str, after: &str, to: &str) -> Act {
    Act::Receive { from: of(from, after), to: dataset(to) }
}

pub fn mount(name: &str) -> Act {
    Act::Op(Op::DatasetMount { dataset: dataset(name) })
}

pub fn unmount(name: &str) -> Act {
    Act::Op(Op::DatasetUnmount { dataset: dataset(name) })
}

/// Unmounts by path, and leaves the folder.
pub fn umount(name: &str, place: &str) -> Act {
    Act::Op(Op::Unmount { dataset: dataset(name), place: place.into() })
}

pub fn destroy_pool(name: &str) -> Act {
    Act::Op(Op::PoolDestroy { pool: pool(name) })
}

pub fn rename(from: &str, to: &str) -> Act {
    Act::Op(Op::DatasetRename { from: dataset(from), to: dataset(to), volume: false })
}

pub fn destroy(name: &str) -> Act {
    Act::Op(Op::DatasetDestroy { dataset: dataset(name) })
}

pub fn mount_all() -> Act {
    Act::Op(Op::MountAll { datasets: Vec::new() })
}

pub fn export(name: &str) -> Act {
    Act::Op(Op::PoolExport { pool: pool(name) })
}

pub fn import(name: &str) -> Act {
    Act::Op(Op::PoolImport { pool: pool(name) })
}

pub fn folder(path: &str) -> Act {
    Act::Folder { path: path.into() }
}

/// Gives the root directory of a file system that is mounted at its usual place to this group, with this mode and list.
pub fn directory(name: &str, group: u32, mode: &str, list: &str) -> Act {
    Act::Op(Op::DirectorySet {
        dataset: dataset(name),
        path: format!("/{name}").into(),
        owner: None,
        group: Some(group),
        mode: mode.parse().ok(),
        acl: list.parse().ok(),
    })
}

/// Makes a folder in a file system that is mounted at its usual place, as phoenix does for a guest.
pub fn folder_make(name: &str, folder: &str) -> Act {
    let (dataset, path) = (dataset(name), format!("/{name}").into());
    Act::Op(Op::FolderMake { dataset, path, folder: folder.into() })
}

/// Removes it, but for so many parts of its path.
pub fn folder_remove(name: &str, folder: &str, stay: usize) -> Act {
    let (dataset, path) = (dataset(name), format!("/{name}").into());
    Act::Op(Op::FolderRemove { dataset, path, folder: folder.into(), stay })
}

pub fn hold_open(path: &str) -> Act {
    Act::Use { path: path.into() }
}

pub fn hold_volume_open(name: &str) -> Act {
    Act::UseVolume { dataset: dataset(name) }
}

pub fn pool_set(name: &str, property: &str, value: &str) -> Act {
    Act::Op(Op::PoolSet { pool: pool(name), setting: (PropertyName::new(property), value.into()) })
}

pub fn snapshot(names: &[&str], snapshot: &str) -> Act {
    let datasets = names.iter().map(|name| dataset(name)).collect();
    Act::Op(Op::Snapshot { datasets, name: snapshot.into() })
}

pub fn hold(name: &str, snapshot: &str) -> Act {
    Act::Op(Op::Hold { datasets: vec![dataset(name)], name: snapshot.into(), tag: "keep".into() })
}

pub fn release(name: &str, after: &str) -> Act {
    Act::Op(Op::Release { snapshot: of(name, after), tag: "keep".into() })
}

pub fn destroy_snapshot(name: &str, after: &str) -> Act {
    Act::Op(Op::SnapshotDestroy { snapshot: of(name, after) })
}

pub fn destroy_later(name: &str, after: &str) -> Act {
    Act::DestroyLater { snapshot: of(name, after) }
}

#[expect(clippy::expect_used, reason = "the names of snapshots in the cases are legal")]
fn of(name: &str, after: &str) -> SnapshotName {
    SnapshotName::of(&dataset(name), after).expect("a legal name")
}
