//! The plan as a value: its actions, refusals and warnings.

use crate::{Before, Inverse, code};
use phoenix_graph::{Code, DatasetName, Key, ObjectId, PoolName};
use phoenix_host::{
    observed::{LostLine, Observed, Query, Storages},
    op::Op,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Units of systemd.
    Units,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Subject::Resource(key) => key.fmt(f),
            Subject::Files => f.write_str("files in /etc"),
            Subject::Mounts => f.write_str("mounts"),
            Subject::Key(dataset) => write!(f, "key of {dataset}"),
            Subject::Units => f.write_str("units of systemd"),
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
    /// It has another name, and is given this one, with all it holds.
    Rename,
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

impl Change {
    pub(crate) fn new(setting: &str, old: Option<&str>, new: Option<&str>) -> Self {
        let owned = |word: Option<&str>| word.map(str::to_owned);
        Self { setting: setting.to_owned(), old: owned(old), new: owned(new) }
    }
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
    /// Adds what has to be looked at so that it can be judged what of it stands.
    pub fn look(&self, query: &mut Query) {
        for inverse in self.actions.iter().flat_map(|action| &action.inverses) {
            inverse.look(query);
        }
        query.storages |= self.registry.is_some();
    }

    /// Takes in what stood before an action, where that was seen only just before it.
    pub fn learn(&mut self, action: usize, seen: Vec<Inverse>) {
        if let Some(action) = self.actions.get_mut(action) {
            action.inverses.extend(seen);
        }
    }

    /// Returns whether the host already is as desired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.refusals.is_empty()
    }
}

/// The name that the file goes by in `--consent`, and that a transaction's copy of it has.
pub const STORAGE_CFG: &str = "storage.cfg";

/// The file of registrations before a plan that writes it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Registry {
    /// The whole file, of which a copy is kept with the transaction. There may be a secret in it: it is in no
    /// journal and no plan that is written, and is not shown.
    #[serde(skip)]
    pub text: Box<str>,
    /// The lines that the first write drops.
    pub lost: Vec<LostLine>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl PartialEq for Registry {
    fn eq(&self, other: &Self) -> bool {
        self.lost == other.lost
    }
}

impl Eq for Registry {}

impl Registry {
    /// Says what of the file is gone by now, and does not come back by undoing.
    pub fn gone(&self, seen: &Observed) -> Vec<String> {
        let Storages::Found(found) = &seen.storages else { return Vec::new() };
        let mut left: Vec<&LostLine> = found.lost.iter().collect();
        let gone = self.lost.iter().filter(|line| {
            let same = left.iter().position(|other| other.text == line.text && other.why == line.why);
            same.map(|at| left.swap_remove(at)).is_none()
        });
        gone.map(|line| format!("/etc/pve/storage.cfg has no longer {line}, which Proxmox dropped")).collect()
    }
}
