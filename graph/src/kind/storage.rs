//! A registration with Proxmox VE.

use super::{
    common::{FORMAT_4, Fact, Kind, Said},
    guest_mount::inside,
    key::Key,
    life::Lifecycle,
};
use crate::{
    DatasetName, StorageId,
    check::{others::Others, reason::Reason},
    name::NameError,
    storage::{FILE, ON_DATASETS, STANDALONE, find_type},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A registration in Proxmox's `storage.cfg`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The storage id.
    pub id: StorageId,
    /// The storage type: `zfspool`, `dir`, …
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// The dataset that the storage lies on, where it lies on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<DatasetName>,
    /// Properties in canonical form: lists sorted and joined by commas, booleans `1` and `0`.
    pub properties: BTreeMap<Box<str>, Box<str>>,
    /// The files that hold its secrets: absolute paths, by the property that each is (`password`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_files: BTreeMap<Box<str>, Box<str>>,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

impl Storage {
    /// Returns whether disks of machines are volumes of ZFS on it.
    #[must_use]
    pub fn holds_disks(&self) -> bool {
        // What says nothing of its content has images, by Proxmox's default for the type.
        let contents = self.properties.get("content");
        &*self.kind == "zfspool"
            && self.dataset.is_some()
            && contents.is_none_or(|contents| contents.split(',').any(|content| content == "images"))
    }
}

impl Kind for Storage {
    fn key(&self) -> Key {
        Key::Storage(self.id.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        self.dataset.as_ref()
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.as_ref().map_or(Ok(()), DatasetName::check_new)
    }

    fn check(&self) -> Result<(), Reason> {
        let types = if self.dataset.is_some() { ON_DATASETS } else { STANDALONE };
        let kind = find_type(&self.kind).filter(|kind| types.contains(&kind.name));
        let kind = kind.ok_or_else(|| Reason::StorageType(self.kind.clone()))?;
        if self.lifecycle.was.is_some() || self.lifecycle.protect {
            return Err(Reason::Life("of a registration is said that it is adopted, and nothing else"));
        }
        for (name, value) in &self.properties {
            if kind.canonical(name, value)? != **value {
                return Err(Reason::Spelling(format!("{name} {value}")));
            }
            if kind.holds_secret(name, value) {
                return Err(Reason::SecretIn(name.clone()));
            }
        }
        for (name, path) in &self.secret_files {
            if kind.secret_file(name, path)? != **path {
                return Err(Reason::Spelling(format!("{name} {path}")));
            }
            if let Some(beside) = kind.alone(name, &self.properties, &self.secret_files) {
                return Err(Reason::Required(beside));
            }
        }
        match kind.missing(&self.properties) {
            Some(name) => Err(Reason::Required(name)),
            None => Ok(()),
        }
    }

    /// Checks what follows from the dataset that it lies on, or that it lies on none.
    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        let says = |name: &str| self.properties.get(name).map(|value| &**value);
        let Some(dataset) = &self.dataset else {
            let over = says("path").and_then(|path| inside("/", path).find(|at| others.is_mount_point(at)));
            return over.map_or(Ok(()), |at| Err(Reason::OnDataset(at.into())));
        };
        others.no_volume(dataset)?;
        let mounted = others.mounted(dataset);
        let derived = match &*self.kind {
            // Proxmox writes the mount point by itself when the storage is added.
            "zfspool" => [("pool", Some(dataset.as_str())), ("mountpoint", mounted.as_deref().ok())],
            _ => [("path", Some(mounted.as_deref().map_err(Reason::clone)?)), ("is_mountpoint", Some("yes"))],
        };
        match derived.into_iter().find(|(name, value)| says(name) != *value) {
            Some((name, _)) => Err(Reason::Derived(name)),
            None => Ok(()),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![Fact::new("type", &self.kind, Said::First("type "))];
        facts.extend(self.properties.iter().map(|(name, value)| Fact::new(name, value, Said::Line)));
        let files = self.secret_files.iter().map(|(name, path)| (format!("{name}{FILE}"), path));
        facts.extend(files.map(|(name, path)| Fact::new(&name, path, Said::Line)));
        facts
    }

    fn lifecycle(&self) -> Option<&Lifecycle> {
        Some(&self.lifecycle)
    }

    fn format(&self) -> u32 {
        if self.dataset.is_some() { 1 } else { FORMAT_4 }
    }
}
