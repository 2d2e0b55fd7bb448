//! Proxmox registrations: what `storage.cfg` says, what a write would lose of it, or why nobody can tell.

use phoenix_graph::StorageId;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

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
}

impl Registrations {
    /// Lists those that the file says, in order.
    pub fn said(&self) -> impl Iterator<Item = (&StorageId, &StorageState)> {
        self.by_id.iter().filter(|(id, _)| !self.implied || id.as_str() != "local")
    }
}

/// A registration as `storage.cfg` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageState {
    pub kind: Box<str>,
    /// Properties in canonical form where the type's table knows them, else as they stand.
    pub properties: BTreeMap<Box<str>, Box<str>>,
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
    /// Its section is named `local`, and is no `dir`.
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
            Loss::Local => "of a section `local` that is no `dir`",
            Loss::Incomplete => "of a section that lacks what its type requires",
            Loss::Property => "a property that its type is not known to have",
            Loss::Value => "a value that is not known to be legal",
            Loss::Twice => "a property that stands in the section already",
        })
    }
}
