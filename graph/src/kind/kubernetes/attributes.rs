//! A class of attributes: limits that a claim can be moved to and from, while its volume is attached.

use super::{Parameters, check_parameters, class::said, wrong};
use crate::{
    check::{others::Others, reason::Reason},
    kind::{
        common::{FORMAT_5, Fact, Kind},
        key::Key,
    },
    kubernetes::name,
};
use serde::{Deserialize, Serialize};

/// A class of attributes (`VolumeAttributesClass`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesAttributes {
    /// Its name.
    pub name: Box<str>,
    /// Parameters of the plugin that can be changed, by its names.
    pub parameters: Parameters,
}

impl Kind for KubernetesAttributes {
    fn key(&self) -> Key {
        Key::KubernetesAttributes(self.name.clone())
    }

    fn check(&self) -> Result<(), Reason> {
        name::class(&self.name).map_err(wrong)?;
        if self.parameters.is_empty() {
            return Err(Reason::Empty);
        }
        check_parameters(&self.parameters, |row| row.mutable)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.kubernetes.has_attributes()
    }

    fn facts(&self) -> Vec<Fact> {
        said(&self.parameters).collect()
    }

    fn format(&self) -> u32 {
        FORMAT_5
    }
}
