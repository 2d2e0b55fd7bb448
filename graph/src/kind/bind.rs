//! A bind: a file system, or a folder of one, that a container has as a mount point of its own.

use super::{
    common::{FORMAT_2, FORMAT_4, Fact, Kind, Said},
    guest_mount::{inside, source_path},
    key::Key,
};
use crate::{
    DatasetName,
    check::{
        guest,
        others::{Guest, Others},
        reason::Reason,
    },
    id_map::MountMap,
    name::NameError,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file system, or a folder in one, that a container sees as a directory of its own (`pct(1)`, a bind mount point).
///
/// Proxmox numbers mount points (`mp0`); the number is no part of what is wanted, so the resource is
/// named by the path inside, and a mount point more never renumbers the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// The container's id, 100 to 999999999.
    pub container: u32,
    /// The absolute path inside of the container.
    pub at: Box<str>,
    /// The file system.
    pub dataset: DatasetName,
    /// The absolute path on the host: the mount point of `dataset`.
    pub path: Box<str>,
    /// The folder inside of it that the container sees, without slashes around; nothing for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdirectory: Option<Box<str>>,
    /// Further options of the mount point in canonical form: booleans `1` and `0`, mount options
    /// sorted and joined by `;`, a map of numbers ([`MountMap`]) as it is printed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<Box<str>, Box<str>>,
}

impl Bind {
    /// Returns the absolute path on the host of what the container sees.
    #[must_use]
    pub fn source_path(&self) -> Box<str> {
        source_path(&self.path, self.subdirectory.as_deref())
    }
}

impl Kind for Bind {
    fn key(&self) -> Key {
        Key::Bind(self.container, self.at.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        let wrong = |reason: &str| Reason::Guest(reason.to_owned());
        guest::id(self.container, "container").map_err(Reason::Guest)?;
        if guest::path_inside(&self.at).map_err(wrong)? != self.at {
            return Err(Reason::Spelling(self.at.to_string()));
        }
        guest::path_outside(&self.source_path()).map_err(wrong)?;
        if let Some(said) = &self.subdirectory
            && guest::folder(said).map_err(wrong)? != *said
        {
            return Err(Reason::Spelling(said.to_string()));
        }
        for (name, value) in &self.options {
            let legal = match &**name {
                "mountoptions" => {
                    let words = || value.split(';');
                    !words().any(guest::foreign_mount_option) && guest::mount_options(words()) == **value
                }
                "idmap" => MountMap::read(value).is_ok_and(|map| *map.to_string() == **value),
                name => guest::SWITCHES.contains(&name) && matches!(&**value, "0" | "1"),
            };
            if !legal {
                return Err(Reason::Guest(format!("{name}={value:?} is no option of a mount point")));
            }
        }
        Ok(())
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.guest(Guest::Container, self.container)?;
        others.mounted_at(&self.dataset, &self.path)?;
        match inside(&self.path, &self.source_path()).find(|at| others.is_mount_point(at)) {
            Some(at) => Err(Reason::Guest(format!("another file system is mounted at {at}"))),
            None => Ok(()),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let options = self.options.iter().map(|(name, value)| Fact::new(name, value, Said::Line));
        let dataset = Fact::new("dataset", &self.dataset, Said::Line);
        let folder = self.subdirectory.iter().map(|said| Fact::new("subdirectory", said, Said::Line));
        let rest = [dataset, Fact::new("path", &self.path, Said::Line)].into_iter().chain(folder);
        let mut facts: Vec<Fact> = options.chain(rest).collect();
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        facts
    }

    fn format(&self) -> u32 {
        let options = ["idmap", "keepattrs"].iter().any(|name| self.options.contains_key(*name));
        let later = options || self.subdirectory.is_some();
        if later { FORMAT_4 } else { FORMAT_2 }
    }
}
