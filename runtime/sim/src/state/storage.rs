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
    /// Returns the exit code and the words of a tool that cannot change anything.
    pub fn refuses(self) -> Option<(i32, &'static str)> {
        match self {
            Cluster::Well => None,
            Cluster::Away => Some((111, "ipcc_send_rec[1] failed: Connection refused")),
            Cluster::NoQuorum => Some((255, "cluster not ready - no quorum?")),
        }
    }

    pub(super) fn is_well(&self) -> bool {
        *self == Cluster::Well
    }
}
