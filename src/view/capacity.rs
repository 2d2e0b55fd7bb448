//! What `phoenix capacity --json` prints.

use phoenix_graph::{
    DatasetName,
    capacity::{Row, Verdict},
};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix capacity --json` prints a list of these: all numbers but `percent` are bytes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct CapacityView {
    /// The file system or volume.
    pub dataset: String,
    /// What is known of it; nothing where its numbers cannot be read. What lies above such a one is told without it.
    pub space: Option<SpaceView>,
}

/// What is promised of a dataset, and what there is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct SpaceView {
    /// Whether it is a volume.
    pub volume: bool,
    /// Whether it is a volume that is promised more than is reserved for it.
    pub thin: bool,
    /// What it may come to; nothing where there is no end, as on a simulated host.
    pub there: Option<u64>,
    /// What it and all below it use, what they reserve with it.
    pub used: u64,
    /// What of that is held by snapshots.
    pub snapshots: u64,
    /// What of that is reserved and not filled.
    pub reserved: u64,
    /// What it and all below it were promised.
    pub promised: u64,
    /// What was promised below it, and what may be claimed of it.
    pub inside: u64,
    /// What namespaces of a cluster of Kubernetes may claim of it.
    pub claims: u64,
    /// Whether it, or something below, has no limit but those above it.
    pub unlimited: bool,
    /// How many percent of it are used; of a volume, what it holds itself.
    pub percent: u64,
    /// What is wrong with it.
    pub verdicts: Vec<VerdictView>,
}

/// What is wrong with a promise.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VerdictView {
    /// What can never be kept, since the whole pool is smaller: `quota`, `refquota`, `volsize`, `reservation`,
    /// `refreservation` or `claims`.
    NeverFits(String),
    /// More is promised inside than it may come to.
    PromisedTwice,
    /// 90 percent or more of it are used.
    Full,
    /// 80 percent or more of it are used.
    NearlyFull,
}

impl CapacityView {
    /// Describes a dataset.
    #[must_use]
    pub fn new(row: &Row) -> Self {
        let verdict = |verdict: &Verdict| match verdict {
            Verdict::NeverFits(what) => VerdictView::NeverFits(what.word().to_owned()),
            Verdict::PromisedTwice => VerdictView::PromisedTwice,
            Verdict::Full => VerdictView::Full,
            Verdict::NearlyFull => VerdictView::NearlyFull,
        };
        let space = SpaceView {
            volume: row.volume,
            thin: row.thin,
            there: row.is_bounded().then_some(row.there),
            used: row.used,
            snapshots: row.snapshots,
            reserved: row.reserved,
            promised: row.promised,
            inside: row.inside,
            claims: row.claims,
            unlimited: row.unlimited,
            percent: row.percent(),
            verdicts: row.verdicts.iter().map(verdict).collect(),
        };
        Self { dataset: row.name.to_string(), space: Some(space) }
    }

    /// Describes one of which nothing is known.
    #[must_use]
    pub fn unknown(name: &DatasetName) -> Self {
        Self { dataset: name.to_string(), space: None }
    }
}
