//! A file system, a pool's root dataset among them.

use super::{
    common::Kind,
    key::Key,
    life::{self, Lifecycle},
};
use crate::{
    DatasetName, Settings, Target,
    check::{others::Others, reason::Reason, settings::settings},
    name::NameError,
};
use serde::{Deserialize, Serialize};

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The whole name.
    pub name: DatasetName,
    /// The settings that the spec declares; no others are managed.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

impl Kind for Dataset {
    fn key(&self) -> Key {
        Key::Dataset(self.name.clone())
    }

    fn dataset_name(&self) -> Option<&DatasetName> {
        Some(&self.name)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.name.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        life::named(&self.name)?;
        settings(Target::Filesystem, &self.settings)?;
        life::check(&self.name, &self.lifecycle)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.dataset(&self.name, &self.settings, self.takes(), self.lifecycle.was.as_ref())
    }

    fn lifecycle(&self) -> Option<&Lifecycle> {
        Some(&self.lifecycle)
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }
}
