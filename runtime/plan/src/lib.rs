//! The plan: what a switch will do, as one value that is printed, journalled and executed.
//!
//! [`plan`] is a pure function of the desired graph, the current generation's graph and what was
//! observed. One module for each kind of resource adds its actions or refusals to a [`Draft`];
//! [`query`] says beforehand what has to be looked at.

mod before;
mod checkpoint;
pub mod code;
mod datasets;
mod draft;
mod exchange;
mod exports;
pub mod foreign;
mod importing;
mod inverse;
mod keys;
mod lasting;
mod layout;
mod legal;
mod mounting;
mod not_yet;
mod past;
mod permissions;
mod pools;
mod query;
pub mod record;
mod registry;
mod release;
mod remounting;
mod rendered;
mod retire;
mod settings;
mod space;
mod storages;
mod topology;
mod tunables;
mod turn;
mod uses;
mod version;

pub use before::{Before, after, noted};
pub use inverse::{Inverse, Prior, unexports};
pub use past::{Attempt, Choice, Found, Past, choose, family};
pub use query::{add_inverse, query};
pub use registry::{Registry, STORAGE_CFG};
pub use remounting::{around, away};
pub use rendered::{EXPORTS_LINK, MODPROBE_LINK, rendered};
pub use retire::would_mount;
pub use topology::{labels, underway};

use crate::record::Record;
use draft::Draft;
use phoenix_graph::{Code, DatasetName, Graph, HostName, Key, ObjectId, PoolName};
use phoenix_host::{observed::Observed, op::Op};
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

/// Returns the actions of plans whose intent is on record: each plan comes with theirs.
pub fn begun<'a>(
    plans: impl IntoIterator<Item = &'a (Plan, Vec<usize>)>,
) -> impl Iterator<Item = &'a Action> {
    plans.into_iter().flat_map(|(plan, begun)| begun.iter().filter_map(|&at| plan.actions.get(at)))
}

/// What a switch will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The number of the attempt.
    pub number: u64,
    /// The system that holds after.
    pub system: ObjectId,
    /// The actions, each after those that it needs.
    pub actions: Vec<Action>,
    /// The datasets that are snapshot first, by pool.
    pub snapshots: BTreeMap<PoolName, Vec<DatasetName>>,
    /// Why the plan cannot be carried out; where there is one, nothing is.
    pub refusals: Vec<Refusal>,
    /// What the person should know.
    pub warnings: Vec<Warning>,
    /// Whether pools have to be imported first: what is in them is planned after.
    pub partial: bool,
    /// Everything adopted after this plan.
    pub adopted: BTreeSet<Key>,
    /// The rendered files that will be in force, by name.
    pub rendered: BTreeMap<Box<str>, String>,
    /// The rendered files that are in force while exports are put away, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<BTreeMap<Box<str>, String>>,
    /// What the settings stand over that this plan's graph is the first to say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: Before,
    /// The file of registrations as it was, where the plan writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Registry>,
}

/// One change to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What is changed. Rendered files and mounts have no key of their own.
    pub subject: Subject,
    /// How.
    pub kind: Kind,
    /// Setting by setting: old and new.
    pub changes: Vec<Change>,
    /// What is run, in order.
    pub ops: Vec<Op>,
    /// What brings the state before back, in the order of the operations; it is undone from the last.
    pub inverses: Vec<Inverse>,
    /// Whether it can be undone.
    pub class: Reversibility,
    /// Indices of the actions that come first, all smaller than its own.
    pub needs: Vec<usize>,
}

/// What an action changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A resource.
    Resource(Key),
    /// The rendered files in `/etc`.
    Files,
    /// What is unmounted before everything else, and what is mounted after it.
    Mounts,
    /// The key of an encryption root.
    Key(DatasetName),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Resource(key) => key.fmt(f),
            Subject::Files => f.write_str("files in /etc"),
            Subject::Mounts => f.write_str("mounts"),
            Subject::Key(dataset) => write!(f, "key of {dataset}"),
        }
    }
}

/// How an action changes its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It was not there.
    Create,
    /// An exported pool is imported.
    Import,
    /// Settings differ.
    Update,
    /// It was there and was not phoenix's.
    Adopt,
    /// It was retired and comes home.
    Restore,
    /// An earlier state of it takes its place, and what stands there is put away.
    Exchange,
    /// The spec no longer names it: it is put away, with all it holds.
    Retire,
    /// The spec no longer names it: the entry is taken away (exports, registrations, tunables).
    Remove,
    /// The spec no longer names it, and phoenix did not make it: it stays as it is, without marks.
    Release,
}

/// Whether an action can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reversibility {
    /// A rollback brings back what was.
    Reversible,
    /// Nothing is lost, but no rollback undoes it.
    ForwardOnly,
    /// Something is lost.
    Destructive,
}

/// A setting's old and new value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The setting.
    pub setting: String,
    /// Its value before, where it had one.
    pub old: Option<String>,
    /// Its value after, where it has one.
    pub new: Option<String>,
}

/// Why a plan cannot be carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refusal {
    /// What cannot be brought about.
    pub key: Key,
    /// What kind of reason it is.
    #[serde(default = "code::unsaid", deserialize_with = "code::read")]
    pub code: Code,
    /// Why.
    pub reason: String,
    /// The way out.
    pub help: String,
}

/// Something to know about a resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Warning {
    /// The resource.
    pub key: Key,
    /// What kind of thing it is.
    #[serde(default = "code::unsaid", deserialize_with = "code::read")]
    pub code: Code,
    /// What to know.
    pub text: String,
}

// What another version wrote may have another code, or none: what is said is what counts.

impl PartialEq for Refusal {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, &self.reason, &self.help) == (&other.key, &other.reason, &other.help)
    }
}

impl Eq for Refusal {}

impl PartialEq for Warning {
    fn eq(&self, other: &Self) -> bool {
        (&self.key, &self.text) == (&other.key, &other.text)
    }
}

impl Eq for Warning {}

impl Plan {
    /// Returns whether the host already is as desired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.refusals.is_empty()
    }
}

/// Plans the way from what was observed to what is desired.
#[must_use]
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let mut draft = Draft::new(inputs);
    legal::plan(&mut draft);
    not_yet::plan(&mut draft);
    version::plan(&mut draft);
    pools::plan(&mut draft);
    if draft.has_imports() {
        // What an exported pool holds cannot be known before it is imported.
        return draft.finish(true);
    }
    exchange::prepare(&mut draft);
    mounting::prepare(&mut draft);
    storages::take_away(&mut draft);
    exports::take_away(&mut draft);
    mounting::go(&mut draft);
    keys::plan(&mut draft);
    datasets::plan(&mut draft);
    pools::boot_from(&mut draft);
    permissions::plan(&mut draft);
    rendered::plan(&mut draft);
    exports::plan(&mut draft);
    storages::plan(&mut draft);
    tunables::plan(&mut draft);
    pools::below_altroot(&mut draft);
    space::make_do(&mut draft);
    uses::plan(&mut draft);
    registry::plan(&mut draft);
    rendered::tell(&mut draft);
    draft.finish(false)
}
