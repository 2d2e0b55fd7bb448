//! A directory that a virtual machine is given by virtiofs.

use super::{
    common::{FORMAT_4, Fact, Kind, Said},
    key::Key,
};
use crate::{
    DatasetName,
    check::{
        guest::{self, SHARING},
        others::{Guest, Others},
        reason::Reason,
    },
    inside::{TagMount, TagOptions},
    name::NameError,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A directory that a virtual machine is given by virtiofs (`qm(1)`, `virtiofsN`), and what it mounts it as.
///
/// Proxmox numbers them (`virtiofs0`); the number is no part of what is wanted, so the resource is named by the id of
/// the directory mapping, which is the tag in the machine. Where the machine mounts it is carried into it by a person
/// (`phoenix guest`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Virtiofs {
    /// The machine's id, 100 to 999999999.
    pub machine: u32,
    /// The id of the directory mapping.
    pub id: Box<str>,
    /// The file system.
    pub dataset: DatasetName,
    /// How the directory is shared, in canonical form: booleans `1` and `0`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<Box<str>, Box<str>>,
    /// What is set up in the machine; nothing where that is left to whoever has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
}

/// Where and how a machine mounts what it is given by a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    /// The absolute path at which the machine has it.
    pub at: Box<str>,
    pub options: TagOptions,
}

impl Virtiofs {
    /// Returns what the machine mounts, where that is said.
    #[must_use]
    pub fn mount(&self) -> Option<TagMount> {
        let Inside { at, options } = self.inside.as_ref()?;
        Some(TagMount { tag: self.id.clone(), at: at.clone(), options: *options })
    }
}

impl Kind for Virtiofs {
    fn key(&self) -> Key {
        Key::Virtiofs(self.machine, self.id.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn through(&self) -> Option<Key> {
        Some(Key::Mapping(self.id.clone()))
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        let wrong = |reason: &str| Reason::Guest(reason.to_owned());
        guest::id(self.machine, "machine").map_err(Reason::Guest)?;
        guest::mapping_id(&self.id).map_err(wrong)?;
        for (name, value) in &self.options {
            let words = SHARING.iter().find(|(known, _)| *known == &**name).map(|(_, words)| *words);
            if !words.is_some_and(|words| words.contains(&&**value)) {
                return Err(Reason::Guest(format!("{name}={value:?} is no option of a shared directory")));
            }
        }
        self.mount().map_or(Ok(()), |mount| mount.check().map_err(Reason::Guest))
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.guest(Guest::Machine, self.machine)?;
        if let Some(Inside { at, .. }) = &self.inside {
            others.mounts_inside(self.machine, at)?;
        }
        if others.is_mapped(&self.id, &self.dataset) { Ok(()) } else { Err(Reason::Derived("dataset")) }
    }

    fn facts(&self) -> Vec<Fact> {
        let line = |name: &str, value: &str| Fact::new(name, value, Said::Line);
        let mut facts: Vec<Fact> = self.options.iter().map(|(name, value)| line(name, value)).collect();
        facts.push(line("dataset", self.dataset.as_str()));
        if let Some(Inside { at, options }) = &self.inside {
            facts.push(line("at", at));
            facts.extend(options.facts().into_iter().map(|(name, value)| line(name, &value)));
        }
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        facts
    }

    fn format(&self) -> u32 {
        FORMAT_4
    }
}
