//! What `phoenix status --json` prints.

use super::{ChangeView, GenerationView, PlanView};
use crate::show::{
    plan::differs,
    standing::{foreign_help, missing_help},
};
use phoenix_plan::foreign::ForeignKind;
use phoenix_transaction::switch::Standing;
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix status --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct StatusView {
    /// The current generation, where there is one.
    pub generation: Option<GenerationView>,
    /// The number of a switch that was interrupted and is to be recovered.
    pub interrupted: Option<u64>,
    /// The number of a generation that waits to be confirmed, and is gone back from where it is not.
    pub unconfirmed: Option<u64>,
    /// What that switch had begun to change.
    pub begun: Vec<String>,
    /// What would bring the host back to what the generation says; nothing where a switch is open.
    pub drift: Option<PlanView>,
    /// What the generation says and is not there at all.
    pub missing: Vec<MissingView>,
    /// What is there and differs from what the generation says.
    pub differs: Vec<DifferenceView>,
    /// What the generation says and cannot be seen now: it may be there or not.
    pub unknown: Vec<UnknownView>,
    /// What is there and is not the generation's. It is left as it is, and is no difference.
    pub foreign: Vec<ForeignView>,
    /// Snapshots by the clock that should have been taken by now.
    pub overdue: Vec<OverdueView>,
}

/// Snapshots of a type that should have been taken by now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct OverdueView {
    /// The file system or volume.
    pub dataset: String,
    /// The type: `hourly`.
    pub kind: String,
    /// When the newest was taken, in seconds since 1970-01-01 UTC; nothing where there is none.
    pub newest: Option<u64>,
}

/// Something that is missing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct MissingView {
    /// The resource's key.
    pub key: String,
    /// What can be done.
    pub help: String,
}

/// Something that cannot be seen.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct UnknownView {
    /// The resource's key.
    pub key: String,
    /// Why it cannot be seen.
    pub reason: String,
    /// What can be done.
    pub help: String,
}

/// Something that differs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct DifferenceView {
    /// The resource's key; `files in /etc` for the rendered files.
    pub subject: String,
    /// Setting by setting: `old` is what it is, `new` what it should be.
    pub changes: Vec<ChangeView>,
    /// Why a switch cannot put it right, where that is so.
    pub refused: Option<String>,
    /// What can be done.
    pub help: String,
}

/// Something that is not phoenix's.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct ForeignView {
    /// The key that it would have.
    pub key: String,
    /// What it is.
    pub kind: ForeignKindView,
    /// The client of an export, the type of a registration, the name on record of a pool that has another.
    pub detail: Option<String>,
    /// What can be done.
    pub help: String,
}

/// What something is that is not phoenix's.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ForeignKindView {
    /// A pool.
    Pool,
    /// A file system in a pool of the spec.
    Dataset,
    /// A volume in a pool of the spec.
    Volume,
    /// A file system or volume that bears this host's mark, and that the state folder has no record of.
    Unrecorded,
    /// The disk of a guest, which Proxmox keeps.
    GuestDisk,
    /// An entry of the live export table.
    Export,
    /// A registration with Proxmox.
    Storage,
    /// A mount point of a container.
    Bind,
    /// A directory that a machine is given by virtiofs.
    Virtiofs,
}

impl StatusView {
    /// Adds how the host stands.
    pub fn add(&mut self, standing: &Standing) {
        self.drift = Some(PlanView::new(&standing.drift));
        let missing = standing.missing.iter();
        self.missing = missing
            .map(|key| MissingView { key: key.to_string(), help: missing_help(standing, key).to_owned() })
            .collect();
        let drift = &standing.drift;
        let actions = drift.actions.iter().filter(|action| differs(action, drift, &standing.missing));
        let actions = actions.map(|action| DifferenceView {
            subject: action.subject.to_string(),
            changes: action.changes.iter().map(ChangeView::new).collect(),
            refused: None,
            help: "`phoenix switch` to the same spec puts it right".to_owned(),
        });
        let refusals = drift.refusals.iter().map(|refusal| DifferenceView {
            subject: refusal.key.to_string(),
            changes: Vec::new(),
            refused: Some(refusal.reason.clone()),
            help: refusal.help.clone(),
        });
        self.differs = actions.chain(refusals).collect();
        let unknown = standing.unknown.iter().map(|(key, unknown)| UnknownView {
            key: key.to_string(),
            reason: unknown.reason.clone(),
            help: unknown.help.clone(),
        });
        self.unknown = unknown.collect();
        let foreign = standing.foreign.iter().map(|one| ForeignView {
            key: one.key.to_string(),
            kind: match one.kind {
                ForeignKind::Pool => ForeignKindView::Pool,
                ForeignKind::Dataset => ForeignKindView::Dataset,
                ForeignKind::Volume => ForeignKindView::Volume,
                ForeignKind::Unrecorded => ForeignKindView::Unrecorded,
                ForeignKind::GuestDisk => ForeignKindView::GuestDisk,
                ForeignKind::Export => ForeignKindView::Export,
                ForeignKind::Storage => ForeignKindView::Storage,
                ForeignKind::Bind => ForeignKindView::Bind,
                ForeignKind::Virtiofs => ForeignKindView::Virtiofs,
            },
            detail: (!one.detail.is_empty()).then(|| one.detail.to_string()),
            help: foreign_help(one.kind).to_owned(),
        });
        self.foreign = foreign.collect();
        let overdue = standing.overdue.iter().map(|one| OverdueView {
            dataset: one.dataset.to_string(),
            kind: one.kind.to_owned(),
            newest: one.newest,
        });
        self.overdue = overdue.collect();
    }
}
