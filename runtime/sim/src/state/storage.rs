//! Proxmox, as it is kept.

use serde::{Deserialize, Serialize};

/// How Proxmox's cluster file system, `/etc/pve`, is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cluster {
    /// It runs and takes changes.
    #[default]
    Well,
    /// It does not run: `/etc/pve` is an empty folder.
    Away,
    /// It is in no quorum: it can be read, and takes no change.
    NoQuorum,
}

impl Cluster {
    pub(super) fn is_well(&self) -> bool {
        *self == Cluster::Well
    }
}
