//! What `phoenix snapshots --json` prints.

use phoenix_host::{
    observed::SnapshotState,
    snapshots::{Maker, maker},
};
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;

/// `phoenix snapshots --json` prints a list of these.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct SnapshotView {
    /// The file system or volume.
    pub dataset: String,
    /// What follows the `@`.
    pub name: String,
    /// Who took it, as its name hints at.
    pub maker: MakerView,
    /// The type of one that sanoid takes by the clock: `hourly`.
    pub kind: Option<String>,
    /// When it was taken, in seconds since 1970-01-01 UTC.
    pub created: u64,
    /// The bytes that its end would free, if it alone ended.
    pub used: u64,
    /// The bytes that were written between the snapshot before and this one.
    pub written: u64,
    /// The tags that hold it; nothing where they cannot be read.
    pub holds: Option<Vec<String>>,
    /// The datasets that were cloned from it.
    pub clones: Vec<String>,
}

/// Who took a snapshot.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MakerView {
    /// phoenix, before a switch.
    Phoenix,
    /// sanoid, by the clock.
    Sanoid,
    /// syncoid or zrepl, for replication.
    Replication,
    /// Proxmox, which replicates a guest.
    Proxmox,
    /// `vzdump`, while it backs a guest up.
    Backup,
    /// A person, or what is not known.
    Others,
}

impl SnapshotView {
    /// Describes a snapshot.
    #[must_use]
    pub fn new(state: &SnapshotState) -> Self {
        let (maker, kind) = match maker(state.name.name()) {
            Maker::Phoenix(_) => (MakerView::Phoenix, None),
            Maker::Clock(kind) => (MakerView::Sanoid, Some(kind.to_owned())),
            Maker::Replication(_) => (MakerView::Replication, None),
            Maker::Proxmox => (MakerView::Proxmox, None),
            Maker::Backup => (MakerView::Backup, None),
            Maker::Others => (MakerView::Others, None),
        };
        let holds = state.holds.iter().map(ToString::to_string).collect();
        Self {
            dataset: state.name.dataset().to_string(),
            name: state.name.name().to_owned(),
            maker,
            kind,
            created: state.created,
            used: state.used,
            written: state.written,
            holds: (!state.obscure).then_some(holds),
            clones: state.clones.iter().map(ToString::to_string).collect(),
        }
    }
}
