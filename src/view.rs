//! What `--json` prints. These types are the published form: `docs/json` holds their schemas, and a
//! test holds both together. What the runtime keeps for itself (inverses, needs) is not in them.

mod capacity;
mod gc;
mod guest;
mod handover;
mod kubernetes;
mod library;
mod snapshots;
mod status;

pub use capacity::CapacityView;
pub use gc::GcView;
pub use guest::GuestView;
pub use handover::HandoverView;
pub use kubernetes::KubernetesView;
pub use library::{CodeView, LibraryView};
pub use snapshots::SnapshotView;
pub use status::StatusView;

#[cfg(test)]
use schemars::JsonSchema;

use crate::{
    cache::Built,
    show::{date, generations::Now},
};
use phoenix_graph::{Graph, GraphDiff};
use phoenix_plan::{Kind, Plan, Reversibility};
use phoenix_store::{Generation, Outcome, Pin, Verified};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// `phoenix build --json` prints a list of these, one for each host.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct BuildView {
    /// The host's name.
    pub host: String,
    /// The id of its system.
    pub system: String,
    /// The path of the system object in the store.
    pub path: String,
    /// The link to it.
    pub link: String,
    /// How many steps it has.
    pub steps: usize,
}

impl BuildView {
    /// Describes what was built.
    #[must_use]
    pub fn new(built: &Built, path: &Path, link: &str) -> Self {
        Self {
            host: built.host.to_string(),
            system: built.system.to_string(),
            path: path.display().to_string(),
            link: link.to_owned(),
            steps: built.steps,
        }
    }
}

/// `phoenix plan --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct PlanView {
    /// The number that the switch would have.
    pub number: u64,
    /// The id of the system that would hold after.
    pub system: String,
    /// The actions, each after those that it needs.
    pub actions: Vec<ActionView>,
    /// The datasets that are snapshot first, by pool.
    pub snapshots: BTreeMap<String, Vec<String>>,
    /// Why the plan cannot be carried out; where there is one, nothing is done.
    pub refusals: Vec<RefusalView>,
    /// What to know.
    pub warnings: Vec<WarningView>,
    /// Whether pools are imported first; what is in them is planned after.
    pub partial: bool,
}

/// One change to the host.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct ActionView {
    /// The resource's key, such as `dataset:tank/vms`; `files in /etc` for the rendered files.
    pub subject: String,
    /// How it changes.
    pub kind: KindView,
    /// Whether it can be undone.
    pub class: ClassView,
    /// Setting by setting: old and new.
    pub changes: Vec<ChangeView>,
    /// Every command that is run, in order.
    pub commands: Vec<String>,
}

/// How an action changes its subject.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KindView {
    /// It was not there.
    Create,
    /// An exported pool is imported.
    Import,
    /// Settings differ.
    Update,
    /// It was there, not made by phoenix, and is taken over.
    Adopt,
    /// It has another name, and is given this one, with all it holds.
    Rename,
    /// It was retired and comes home.
    Restore,
    /// An earlier state of it takes its place, and what stands there is put away.
    Exchange,
    /// It is put away with all it holds.
    Retire,
    /// The entry is taken away: an export, a registration, a parameter.
    Remove,
    /// It stays as it is and is no longer managed.
    Release,
}

/// Whether an action can be undone.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ClassView {
    /// A rollback brings back what was.
    Reversible,
    /// Nothing is lost, but no rollback undoes it.
    ForwardOnly,
    /// Something is lost.
    Destructive,
}

/// A setting's old and new value; sizes in bytes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct ChangeView {
    /// The setting.
    pub setting: String,
    /// Its value before, where it had one.
    pub old: Option<String>,
    /// Its value after, where it has one.
    pub new: Option<String>,
}

/// Why a plan cannot be carried out.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct RefusalView {
    /// The resource's key.
    pub key: String,
    /// The code of the reason; `phoenix explain CODE` tells more about it.
    pub code: String,
    /// Why.
    pub reason: String,
    /// The way out.
    pub help: String,
}

/// Something to know about a resource.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct WarningView {
    /// The resource's key.
    pub key: String,
    /// The code of what is to be known; `phoenix explain CODE` tells more about it.
    pub code: String,
    /// What to know.
    pub text: String,
}

impl ChangeView {
    /// Describes a change.
    #[must_use]
    pub fn new(change: &phoenix_plan::Change) -> Self {
        Self { setting: change.setting.clone(), old: change.old.clone(), new: change.new.clone() }
    }
}

impl PlanView {
    /// Describes a plan.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let action = |action: &phoenix_plan::Action| ActionView {
            subject: action.subject.to_string(),
            kind: kind(action.kind),
            class: match action.class {
                Reversibility::Reversible => ClassView::Reversible,
                Reversibility::ForwardOnly => ClassView::ForwardOnly,
                Reversibility::Destructive => ClassView::Destructive,
            },
            changes: action.changes.iter().map(ChangeView::new).collect(),
            commands: action.ops.iter().map(phoenix_host::op::Op::describe).collect(),
        };
        let names = |names: &[phoenix_graph::DatasetName]| names.iter().map(ToString::to_string).collect();
        Self {
            number: plan.number,
            system: plan.system.to_string(),
            actions: plan.actions.iter().map(action).collect(),
            snapshots: plan.snapshots.iter().map(|(pool, list)| (pool.to_string(), names(list))).collect(),
            refusals: plan
                .refusals
                .iter()
                .map(|refusal| RefusalView {
                    key: refusal.key.to_string(),
                    code: refusal.code.to_string(),
                    reason: refusal.reason.clone(),
                    help: refusal.help.clone(),
                })
                .collect(),
            warnings: plan
                .warnings
                .iter()
                .map(|warning| WarningView {
                    key: warning.key.to_string(),
                    code: warning.code.to_string(),
                    text: warning.text.clone(),
                })
                .collect(),
            partial: plan.partial,
        }
    }
}

fn kind(kind: Kind) -> KindView {
    match kind {
        Kind::Create => KindView::Create,
        Kind::Import => KindView::Import,
        Kind::Update => KindView::Update,
        Kind::Adopt => KindView::Adopt,
        Kind::Rename => KindView::Rename,
        Kind::Restore => KindView::Restore,
        Kind::Exchange => KindView::Exchange,
        Kind::Retire => KindView::Retire,
        Kind::Remove => KindView::Remove,
        Kind::Release => KindView::Release,
    }
}

/// `phoenix generations --json` prints a list of these.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct GenerationView {
    /// Its number.
    pub number: u64,
    /// Whether it is the current one.
    pub current: bool,
    /// The one that was current when it was made.
    pub parent: Option<u64>,
    /// The id of the system that it was to bring about.
    pub system: String,
    /// When it was begun, in seconds since 1970-01-01 UTC.
    pub time: u64,
    /// The same, in words.
    pub date: String,
    /// Who asked for it.
    pub who: String,
    /// The verb.
    pub verb: String,
    /// What somebody said of it.
    pub message: Option<String>,
    /// What came of it.
    pub outcome: OutcomeView,
    /// Why, where it failed; which generation, where it went back to one; where it has no end, whether it is
    /// under way, was interrupted, or never began.
    pub detail: Option<String>,
    /// Whether it is pinned: `phoenix gc` keeps it.
    pub pinned: bool,
    /// What it is pinned for, where somebody said so.
    pub note: Option<String>,
}

/// What came of an attempt.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeView {
    /// It is under way, or was interrupted.
    Open,
    /// Every step held: it may be gone back to.
    Committed,
    /// It brought an earlier generation back.
    WentTo,
    /// It failed, and was undone.
    Failed,
    /// It failed, and was not undone wholly: it is to be recovered.
    Degraded,
}

impl GenerationView {
    /// Describes a generation.
    #[must_use]
    pub fn new(generation: &Generation, now: Now, pin: Option<&Pin>) -> Self {
        let (outcome, detail) = match &generation.outcome {
            Outcome::Open => (OutcomeView::Open, Some(now.open(generation.number).to_owned())),
            Outcome::Committed => (OutcomeView::Committed, None),
            Outcome::WentTo { generation } => (OutcomeView::WentTo, Some(generation.to_string())),
            Outcome::Failed { reason } => (OutcomeView::Failed, Some(reason.clone())),
            Outcome::Degraded { reason } => (OutcomeView::Degraded, Some(reason.clone())),
        };
        Self {
            number: generation.number,
            current: now.current == Some(generation.number),
            parent: generation.parent,
            system: generation.system.to_string(),
            time: generation.time,
            date: date::utc(generation.time),
            who: generation.who.clone(),
            verb: generation.verb.clone(),
            message: generation.message.clone(),
            outcome,
            detail,
            pinned: pin.is_some(),
            note: pin.and_then(|pin| pin.note.clone()),
        }
    }
}

/// `phoenix diff --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct DiffView {
    /// What differs, by key.
    pub resources: BTreeMap<String, ResourceDiffView>,
}

/// What became of one resource.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ResourceDiffView {
    /// Only the second has it.
    Added {
        /// Its facts.
        facts: BTreeMap<String, String>,
    },
    /// Only the first has it.
    Removed {
        /// Its facts.
        facts: BTreeMap<String, String>,
    },
    /// Both have it, with these facts different.
    Changed {
        /// By fact: old and new, either absent.
        facts: BTreeMap<String, FactView>,
    },
}

/// A fact's old and new value.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct FactView {
    /// The old value.
    pub old: Option<String>,
    /// The new value.
    pub new: Option<String>,
}

impl DiffView {
    /// Describes the difference of two graphs.
    #[must_use]
    pub fn new(diff: &GraphDiff) -> Self {
        use phoenix_graph::Change;
        let resource = |change: &Change| match change {
            Change::Added { facts } => ResourceDiffView::Added { facts: facts.clone() },
            Change::Removed { facts } => ResourceDiffView::Removed { facts: facts.clone() },
            Change::Changed { facts } => ResourceDiffView::Changed {
                facts: facts
                    .iter()
                    .map(|(name, (old, new))| (name.clone(), FactView { old: old.clone(), new: new.clone() }))
                    .collect(),
            },
        };
        Self { resources: diff.0.iter().map(|(key, change)| (key.to_string(), resource(change))).collect() }
    }
}

/// `phoenix review --json` prints a list of these, one for each host.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct ReviewView {
    /// The host's name.
    pub host: String,
    /// The file that holds what was accepted.
    pub file: String,
    /// How the spec compares with it.
    pub state: ReviewState,
    /// The unified difference from what was accepted to what the spec says; empty where there is none.
    pub diff: String,
}

/// How a spec compares with what was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// It is the same.
    Same,
    /// It differs.
    Different,
    /// Nothing was accepted yet.
    Missing,
    /// It differed, and was accepted now.
    Accepted,
}

/// `phoenix graph --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct GraphView {
    /// The host's name.
    pub host: String,
    /// The id of its system.
    pub system: String,
    /// The steps, each after those that it needs.
    pub steps: Vec<StepView>,
}

/// A step of a graph.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct StepView {
    /// The resource's key.
    pub key: String,
    /// The step's id.
    pub id: String,
    /// The keys of the steps that it needs.
    pub needs: Vec<String>,
    /// The resource's facts.
    pub facts: BTreeMap<String, String>,
}

impl GraphView {
    /// Describes a graph.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        let step = |node: &phoenix_graph::graph::Node| StepView {
            key: node.key.to_string(),
            id: node.id.to_string(),
            needs: node.needs.iter().map(|&need| graph.nodes()[need].key.to_string()).collect(),
            facts: node.resource.facts(),
        };
        Self {
            host: graph.host().to_string(),
            system: graph.id().to_string(),
            steps: graph.nodes().iter().map(step).collect(),
        }
    }
}

/// `phoenix verify --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct VerifyView {
    /// How many objects have the hash of their name.
    pub objects: usize,
    /// How many generations are whole.
    pub generations: usize,
    /// How many journals can be read.
    pub journals: usize,
    /// How many writes were cut off before anything counted on them; they are no damage.
    pub leftovers: usize,
    /// The generations whose files in `etc` and `machines` cannot be proved: an earlier version wrote them.
    pub unproved: Vec<u64>,
    /// What is wrong, in the order of the paths.
    pub findings: Vec<FindingView>,
}

/// One thing that is wrong in a store.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct FindingView {
    /// The file, link or folder.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
    /// How that is put right.
    pub repair: String,
}

impl VerifyView {
    /// Describes what was found.
    #[must_use]
    pub fn new(verified: &Verified) -> Self {
        let findings = verified.findings.iter().map(|finding| FindingView {
            path: finding.path.display().to_string(),
            problem: finding.problem.clone(),
            repair: finding.repair.clone(),
        });
        Self {
            objects: verified.objects,
            generations: verified.generations,
            journals: verified.journals,
            leftovers: verified.leftovers,
            unproved: verified.unproved.iter().copied().collect(),
            findings: findings.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{Schema, schema_for};
    use std::{fs, path::PathBuf};

    fn schemas() -> [(&'static str, Schema); 16] {
        [
            ("build", schema_for!(Vec<BuildView>)),
            ("capacity", schema_for!(Vec<CapacityView>)),
            ("plan", schema_for!(PlanView)),
            ("status", schema_for!(StatusView)),
            ("generations", schema_for!(Vec<GenerationView>)),
            ("diff", schema_for!(DiffView)),
            ("review", schema_for!(Vec<ReviewView>)),
            ("graph", schema_for!(GraphView)),
            ("guest", schema_for!(GuestView)),
            ("kubernetes", schema_for!(KubernetesView)),
            ("snapshots", schema_for!(Vec<SnapshotView>)),
            ("guest-agent", schema_for!(HandoverView)),
            ("verify", schema_for!(VerifyView)),
            ("gc", schema_for!(GcView)),
            ("stdlib", schema_for!(Vec<LibraryView>)),
            ("explain", schema_for!(Vec<CodeView>)),
        ]
    }

    fn file(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("docs/json/{name}.schema.json"))
    }

    fn text(schema: &Schema) -> String {
        serde_json::to_string_pretty(schema).unwrap() + "\n"
    }

    #[test]
    fn the_published_schemas_are_those_of_the_types() {
        for (name, schema) in schemas() {
            let published = fs::read_to_string(file(name)).unwrap_or_default();
            let how = "write it anew: cargo test --bin phoenix -- --ignored write_the_schemas";
            assert!(published == text(&schema), "{} is out of date; {how}", file(name).display());
        }
    }

    #[test]
    #[ignore = "writes docs/json, after a change that is meant"]
    fn write_the_schemas() {
        for (name, schema) in schemas() {
            fs::create_dir_all(file(name).parent().unwrap()).unwrap();
            fs::write(file(name), text(&schema)).unwrap();
        }
    }
}
