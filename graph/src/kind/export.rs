//! An export: a directory shared over NFS.

use super::{
    common::{FORMAT_4, Fact, Kind, Said, Unit},
    key::Key,
};
use crate::{
    DatasetName,
    check::{others::Others, reason::Reason},
    export::{ExportOptions, canonical_client},
    name::NameError,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A directory shared over NFS, to all its clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The absolute path: the mount point of `dataset`.
    pub path: Box<str>,
    /// The file system that is exported.
    pub dataset: DatasetName,
    /// Clients (`exports(5)`: host, network, netgroup or `*`) with their explicit options.
    pub clients: BTreeMap<Box<str>, ExportOptions>,
}

impl Kind for Export {
    fn key(&self) -> Key {
        Key::Export(self.path.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        if self.clients.is_empty() {
            return Err(Reason::NoClients);
        }
        for (client, options) in &self.clients {
            if canonical_client(client)? != **client {
                return Err(Reason::Spelling(client.to_string()));
            }
            if ExportOptions::from_words(options.iter())? != *options {
                return Err(Reason::Spelling(options.iter().collect::<Vec<_>>().join(",")));
            }
        }
        Ok(())
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.mounted_at(&self.dataset, &self.path)?;
        if others.is_shared(&self.dataset) { Err(Reason::SharedTwice) } else { Ok(()) }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![Fact::new("dataset", &self.dataset, Said::First("of "))];
        facts.extend(self.clients.iter().map(|(client, options)| {
            let options = options.iter().collect::<Vec<_>>().join(",");
            let said = Said::Lines(format!("to {client}"), vec![options.clone()]);
            Fact::new(format!("client {client}"), options, said)
        }));
        facts
    }

    fn format(&self) -> u32 {
        let later = self.clients.values().any(|options| !options.differing().is_empty());
        if later { FORMAT_4 } else { 1 }
    }
}

pub(super) fn unit(fact: &str) -> Unit {
    if fact.starts_with("client ") { Unit::ExportOptions } else { Unit::Word }
}
