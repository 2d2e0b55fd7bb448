//! Proxmox registrations: what `storage.cfg` says, what a write would lose of it, or why nobody can tell.

use crate::text::kept_secret;
use phoenix_graph::{
    StorageId,
    storage::{StorageType, find_type},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Why something of Proxmox's cannot be known, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    pub reason: String,
    pub help: String,
}

/// Proxmox registrations, or why they cannot be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storages {
    /// They were not asked for.
    #[default]
    NotAsked,
    /// This host has no `pvesm`.
    NoProxmox,
    /// This host has Proxmox, and its registrations cannot be read: nothing is concluded from that.
    Unknown(Unknown),
    /// As Proxmox reads them.
    Found(Registrations),
}

/// The registrations of a host, as Proxmox reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrations {
    /// By id. `local` is always among them: without a section Proxmox implies it.
    pub by_id: BTreeMap<StorageId, StorageState>,
    /// The lines that the next write by Proxmox's tools drops, in their order. Every write rewrites the
    /// whole file.
    pub lost: Vec<LostLine>,
    /// Why every `pvesm add`, `set` and `remove` fails, where that is so.
    pub blocked: Option<String>,
    /// The whole file.
    pub text: Box<str>,
    /// Whether `local` is implied: the file does not say it.
    pub implied: bool,
    /// The cluster that the host is in with others, which have the same file; nothing where it is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Members>,
}

/// The nodes of a cluster, by the names that Proxmox has for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// This node.
    pub node: Box<str>,
    /// The others, those among them that are away: one at least.
    pub others: BTreeSet<Box<str>>,
}

impl Registrations {
    /// Lists those that the file says, in order.
    pub fn said(&self) -> impl Iterator<Item = (&StorageId, &StorageState)> {
        self.by_id.iter().filter(|(id, _)| !self.implied || id.as_str() != "local")
    }

    /// Returns whether this node has a registration; a node alone has all.
    #[must_use]
    pub fn is_here(&self, state: &StorageState) -> bool {
        self.members.as_ref().is_none_or(|members| members.has(state))
    }
}

impl Members {
    /// Returns whether this node has a registration: one without `nodes` all have.
    #[must_use]
    pub fn has(&self, state: &StorageState) -> bool {
        state.nodes().is_none_or(|nodes| nodes.contains(&*self.node))
    }
}

/// A registration as `storage.cfg` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageState {
    pub kind: Box<str>,
    /// Properties in canonical form where the type's table knows them, else as they stand.
    pub properties: BTreeMap<Box<str>, Box<str>>,
    /// The secrets that Proxmox keeps for it and drops with it, by property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<Box<str>, Kept>,
}

impl StorageState {
    /// Lists the nodes that have it; nothing where all have.
    #[must_use]
    pub fn nodes(&self) -> Option<BTreeSet<&str>> {
        Some(node_list(self.properties.get("nodes")?))
    }

    /// Lists where Proxmox keeps its secrets, below `/etc/pve`: each with the property that it is. A key of Proxmox's own
    /// Ceph is none of them: Proxmox makes a copy of it whenever a registration is made.
    #[must_use]
    pub fn secret_places(&self, id: &StorageId) -> Vec<(&'static str, String)> {
        let own_ceph = matches!(&*self.kind, "rbd" | "cephfs") && !self.properties.contains_key("monhost");
        let kind = find_type(&self.kind).filter(|_| !own_ceph);
        let secrets = kind.into_iter().flat_map(StorageType::secrets);
        secrets
            .filter_map(|secret| Some((secret.name, kept_secret::place(&self.kind, secret.name, id)?)))
            .collect()
    }
}

/// Reads a value of `nodes` as Proxmox does.
#[must_use]
pub fn node_list(value: &str) -> BTreeSet<&str> {
    value.split([',', ';', ' ', '\t']).filter(|word| !word.is_empty()).collect()
}

/// A secret that Proxmox keeps for a registration. What it is stands nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// It can be read: those of the files asked for that hold the same.
    In(BTreeSet<Box<str>>),
    /// Nobody can tell what it is: why.
    Unread(Box<str>),
}

impl Kept {
    /// Returns a file that holds it, from which it can be given back.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Kept::In(files) => files.first().map(|file| &**file),
            Kept::Unread(_) => None,
        }
    }

    /// Returns whether a file is known to hold it.
    #[must_use]
    pub fn is_in(&self, file: &str) -> bool {
        matches!(self, Kept::In(files) if files.contains(file))
    }
}

/// A line that a write by Proxmox's tools drops, or changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LostLine {
    /// Its number, from 1.
    pub line: usize,
    /// The line.
    pub text: Box<str>,
    /// Why it goes.
    pub why: Loss,
}

impl fmt::Display for LostLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What stands in the file may be anything: it is shown so that it cannot act on a terminal.
        write!(f, "line {}, {:?} ({})", self.line, self.text.trim_matches([' ', '\t']), self.why)
    }
}

/// Why a line of `storage.cfg` goes at the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// It is a comment.
    Comment,
    /// It stands in no section, or is no property.
    Stray,
    /// Its section's type is unknown.
    Type,
    /// Its section's id is not legal.
    Id,
    /// Another section with this id follows.
    Doubled,
    /// It makes `local` another one than Proxmox has on every node, a `dir` at /var/lib/vz.
    Local,
    /// Its section lacks what its type requires.
    Incomplete,
    /// Its type has no such property.
    Property,
    /// Its value is not legal.
    Value,
    /// The property stands in the section already.
    Twice,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::Comment => "a comment",
            Loss::Stray => "no part of a section",
            Loss::Type => "of a section whose type is unknown",
            Loss::Id => "of a section whose id is not legal",
            Loss::Doubled => "of a section whose id stands again further down",
            Loss::Local => {
                "of a `local` that is another one than Proxmox has on every node, a `dir` at /var/lib/vz"
            }
            Loss::Incomplete => "of a section that lacks what its type requires",
            Loss::Property => "a property that its type is not known to have",
            Loss::Value => "a value that is not known to be legal",
            Loss::Twice => "a property that stands in the section already",
        })
    }
}
