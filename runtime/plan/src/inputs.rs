//! What the planner plans from, and what a person allows.

use crate::{Before, Past, record::Record};
use phoenix_graph::{DatasetName, Graph, HostName, Key};
use phoenix_host::observed::Observed;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// What the planner plans from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// What the host is to be.
    pub desired: &'a Graph,
    /// What the current generation says it is, where there is one.
    pub current: Option<&'a Graph>,
    /// What the current generation adopted rather than made.
    pub adopted: &'a BTreeSet<Key>,
    /// What the transaction under way has made already, where it was cut off and goes on.
    pub made: &'a BTreeSet<Key>,
    /// What that transaction had begun to bring home, each under its name there.
    pub coming_home: &'a BTreeSet<DatasetName>,
    /// What it had begun to bring home by then: by the name there, where it was put away.
    pub came_home: &'a BTreeMap<DatasetName, DatasetName>,
    /// What stood before phoenix set it, as the current generation knows it.
    pub before: &'a Before,
    /// Whether adopted things that are let go of are given back what they were: where one goes back.
    pub gives_back: bool,
    /// What was seen.
    pub observed: &'a Observed,
    /// What of that is phoenix's.
    pub record: &'a Record,
    /// The rendered files in force, by name.
    pub in_force: &'a BTreeMap<Box<str>, String>,
    /// Where phoenix keeps its record on the host.
    pub places: &'a Places,
    /// The number of the attempt: it names snapshots and the place of what is retired.
    pub number: u64,
    /// The generation whose rendered files are to be in force after: a new one, or one gone back to.
    pub to: u64,
    /// What the person allows.
    pub consent: &'a Consent,
    /// What is known of the datasets whose data goes back.
    pub past: &'a Past,
}

impl Inputs<'_> {
    /// Returns what a dataset is called that the desired graph may have, and may be a volume there.
    pub(crate) fn key_of(&self, name: &DatasetName) -> Key {
        self.desired.dataset(name).map_or_else(|| Key::Dataset(name.clone()), |node| node.key.clone())
    }
}

/// Where phoenix keeps its record on the host, and what the links to rendered files are to point to.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The state folder.
    pub state: PathBuf,
    /// The link in it that all rendered files pass through.
    pub etc: PathBuf,
    /// What that link points to once the plan is carried out.
    pub after: PathBuf,
    /// What it points to while something is put away.
    pub between: PathBuf,
}

/// What the person allows on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Take over what is there and was not made by phoenix.
    pub adopt: bool,
    /// Take over these: a generation that is gone back to had adopted them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub known: BTreeSet<Key>,
    /// Resources on which what cannot be undone may be done.
    pub irreversible: BTreeSet<Key>,
    /// The host that is renamed: what it has is marked with its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename_host: Option<HostName>,
    /// Files of other tools that may lose what those tools drop at a write, by name: [`STORAGE_CFG`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub files: BTreeSet<Box<str>>,
    /// Datasets whose data goes back too, to what it was when the generation gone back to was left.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub with_data: BTreeSet<DatasetName>,
}
