//! A class of volumes: what a claim may ask for by a name.

use super::{Parameters, check_parameters, wrong};
use crate::{
    StorageId,
    check::{others::Others, reason::Reason},
    kind::{
        common::{FORMAT_5, Fact, Kind, Said},
        key::Key,
    },
    kubernetes::{mount_option, name, parameter},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A class of volumes (`StorageClass`), each of which is a disk on a registration of this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesClass {
    /// Its name.
    pub name: Box<str>,
    /// The registration that the disks lie on.
    pub on: StorageId,
    /// The nodes of the cluster of Proxmox that have it.
    pub zones: BTreeSet<Box<str>>,
    /// Whether a claim that names no class has this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// What becomes of a volume whose claim goes.
    pub reclaim: Reclaim,
    /// Options of the mount.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mount_options: BTreeSet<Box<str>>,
    /// Where the secret lies by which the volumes are encrypted: `NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_secret: Option<Box<str>>,
    /// Parameters of the plugin, by its names.
    #[serde(default, skip_serializing_if = "Parameters::is_empty")]
    pub parameters: Parameters,
}

/// What becomes of a volume whose claim goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reclaim {
    Delete,
    Retain,
}

impl Reclaim {
    /// Returns its word, as Kubernetes has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
        }
    }
}

impl Kind for KubernetesClass {
    fn key(&self) -> Key {
        Key::KubernetesClass(self.name.clone())
    }

    fn through(&self) -> Option<Key> {
        Some(Key::Storage(self.on.clone()))
    }

    fn check(&self) -> Result<(), Reason> {
        name::class(&self.name).map_err(wrong)?;
        if self.zones.is_empty() {
            return Err(wrong("no node has it"));
        }
        for zone in &self.zones {
            name::topology(zone).map_err(wrong)?;
        }
        for option in &self.mount_options {
            mount_option(option).map_err(wrong)?;
        }
        if let Some(secret) = &self.encryption_secret {
            name::secret(secret).map_err(wrong)?;
        }
        check_parameters(&self.parameters, |_| true)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.kubernetes.is_there()?;
        if self.default {
            others.kubernetes.take_default()?;
        }
        others.holds_disks(&self.on)
    }

    fn facts(&self) -> Vec<Fact> {
        let list = |words: &BTreeSet<Box<str>>| words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(",");
        let mut facts = vec![Fact::new("on", &self.on, Said::First("on "))];
        facts.push(Fact::new("zones", list(&self.zones), Said::Line));
        facts.push(Fact::new("reclaim", self.reclaim.word(), Said::Line));
        facts.extend(self.default.then(|| Fact::new("default", "yes", Said::Line)));
        if !self.mount_options.is_empty() {
            facts.push(Fact::new("mountoptions", list(&self.mount_options), Said::Line));
        }
        let secret = self.encryption_secret.iter();
        facts.extend(secret.map(|secret| Fact::new("encryption-secret", secret, Said::Line)));
        facts.extend(said(&self.parameters));
        facts
    }

    fn format(&self) -> u32 {
        FORMAT_5
    }
}

/// Tells parameters by what a spec calls them.
pub(super) fn said(parameters: &Parameters) -> impl Iterator<Item = Fact> + '_ {
    parameters.iter().map(|(name, value)| {
        let name = parameter::find_of_plugin(name).map_or(&**name, |row| row.name);
        Fact::new(name, value, Said::Line)
    })
}
