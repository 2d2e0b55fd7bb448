//! What there is to know of a resource, whatever its kind.

use super::{key::Key, life::Lifecycle};
use crate::{
    Bytes, DatasetName, Settings, Target,
    check::{others::Others, reason::Reason},
    name::NameError,
    property::{self, Kind as Of},
};

/// Something that people are told of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is called in plans and diffs, once in a resource: `volsize`, `client 10.0.0.0/8`.
    pub name: String,
    /// What it is, in canonical form: sizes in bytes.
    pub value: String,
    /// How it is said where a host is laid out as a whole.
    pub said: Said,
}

/// How a fact is said where a host is laid out as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// In a line of its own, by its name.
    Line,
    /// In lines of their own, by another name: a line for each of these values.
    Lines(String, Vec<String>),
    /// In the resource's first line, after these words.
    First(&'static str),
    /// In the resource's first line, by its name alone.
    Word,
}

impl Fact {
    pub(super) fn new(name: impl ToString, value: impl ToString, said: Said) -> Self {
        Self { name: name.to_string(), value: value.to_string(), said }
    }
}

/// What the value of a fact or setting is, so that it can be written for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A word, or a number of its own.
    Word,
    /// A size in bytes.
    Bytes {
        /// Whether 0 means that there is none.
        none: bool,
    },
    /// The options of an export, every one of which is explicit.
    ExportOptions,
}

/// Returns what the value of a property is.
pub(super) fn unit(target: Target, name: &str) -> Unit {
    match property::find(target, name).map(|row| row.kind) {
        Some(Of::Size { none, .. }) => Unit::Bytes { none },
        // What is written since a snapshot is no property that can be set.
        None if name == "written" && target != Target::Pool => Unit::Bytes { none: false },
        _ => Unit::Word,
    }
}

/// The format of objects that was the first to have permissions, binds, and what is said of a life.
pub(crate) const FORMAT_2: u32 = 2;

/// The format of objects that was the first to have permissions in the numbers of a container.
pub(crate) const FORMAT_3: u32 = 3;

/// The format of objects that was the first to have the mounts of machines, what they are given by virtiofs, access control
/// lists, what a mount point of a container says of numbers and attributes, and registrations that lie on no dataset.
pub(crate) const FORMAT_4: u32 = 4;

/// The format of objects that was the first to have schedules of snapshots, and what a cluster of Kubernetes is told.
pub(crate) const FORMAT_5: u32 = 5;

/// What there is to know of a resource, whatever its kind.
pub(crate) trait Kind {
    /// Names it.
    fn key(&self) -> Key;

    /// The dataset that it is about, and needs, where it is not one itself.
    fn over(&self) -> Option<&DatasetName> {
        None
    }

    /// The export, the directory mapping or the registration that it needs beside that, where it goes through one.
    fn through(&self) -> Option<Key> {
        None
    }

    /// The name, where it is a file system or a volume.
    fn dataset_name(&self) -> Option<&DatasetName> {
        None
    }

    /// Says whether each name in it is one that a spec can give.
    fn check_names(&self) -> Result<(), NameError> {
        Ok(())
    }

    /// Says why no spec can say it, looking at it alone.
    fn check(&self) -> Result<(), Reason>;

    /// Says why no spec can say it beside the others of its host.
    fn check_among<'a>(&'a self, _: &mut Others<'a>) -> Result<(), Reason> {
        Ok(())
    }

    /// The size of a volume, in which nothing lies.
    fn size(&self) -> Option<Bytes> {
        None
    }

    /// What it takes at once of the space above it, where no setting says so, in bytes.
    fn takes(&self) -> u64 {
        0
    }

    /// The root dataset that comes with it.
    fn root(&self) -> Option<DatasetName> {
        None
    }

    /// Lists what is told of it beside its settings and its life, in the order in which it is said.
    fn facts(&self) -> Vec<Fact> {
        Vec::new()
    }

    /// What is said about its life, where that can be said.
    fn lifecycle(&self) -> Option<&Lifecycle> {
        None
    }

    /// Its settings, where it has some.
    fn settings(&self) -> Option<&Settings> {
        None
    }

    /// The lowest format of objects that can say it.
    fn format(&self) -> u32 {
        1
    }
}
