//! What the configuration of Proxmox's guests names: volumes of storages, and paths of the host.

use super::Unknown;
use phoenix_graph::plain::plain;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What guests name, or why nobody can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guests {
    /// They were not asked for.
    #[default]
    NotAsked,
    /// This host has no Proxmox.
    NoProxmox,
    /// This host has Proxmox, and the configuration of its guests cannot be read: any may name anything.
    Unknown(Unknown),
    /// Everything that a guest of any node names, in order.
    Found(Vec<GuestUse>),
}

/// One thing that a guest names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GuestUse {
    pub guest: Guest,
    /// The part of its configuration, where it is not the one in force: `pve:pending`, or a snapshot's name.
    pub section: Option<Box<str>>,
    /// The key of the line.
    pub key: Box<str>,
    /// What it names.
    pub named: Named,
}

/// A guest of Proxmox's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Guest {
    pub kind: GuestKind,
    /// Its number.
    pub id: u32,
    /// The node that it is on.
    pub node: Box<str>,
}

/// What a guest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestKind {
    /// A container.
    Container,
    /// A virtual machine.
    Machine,
}

/// What a line of a guest's configuration names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Named {
    /// A volume of a storage.
    Volume {
        storage: Box<str>,
        /// The volume, as the storage calls it.
        volume: Box<str>,
    },
    /// A path of the host.
    Path(Box<str>),
    /// A text that may have paths of the host in it.
    Text(Box<str>),
}

impl GuestUse {
    /// Returns whether it is in force, or waits for the next start; of a snapshot it is neither.
    #[must_use]
    pub fn is_of_now(&self) -> bool {
        let pending = match self.guest.kind {
            GuestKind::Container => "pve:pending",
            GuestKind::Machine => "pending",
        };
        self.section.as_deref().is_none_or(|section| section.eq_ignore_ascii_case(pending))
    }
}

impl fmt::Display for GuestUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.guest.kind {
            GuestKind::Container => "container",
            GuestKind::Machine => "machine",
        };
        let Guest { id, node, .. } = &self.guest;
        write!(f, "{kind} {id} on node {} ({}", plain(node), plain(&self.key))?;
        match &self.section {
            Some(section) => write!(f, " in [{}])", plain(section)),
            None => f.write_str(")"),
        }
    }
}
