//! A volume (zvol).

use super::{
    common::{Fact, Kind, Said},
    key::Key,
    life::{self, Lifecycle},
};
use crate::{
    Bytes, DatasetName, Settings, Target,
    check::{others::Others, reason::Reason, settings::settings, size},
    name::NameError,
};
use serde::{Deserialize, Serialize};

/// A volume (zvol).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The whole name.
    pub name: DatasetName,
    /// `volsize`, in bytes.
    pub size: Bytes,
    /// Made without a reservation (`zfs create -s`). Asked only at creation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sparse: bool,
    /// The other settings that the spec declares.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

impl Kind for Volume {
    fn key(&self) -> Key {
        Key::Volume(self.name.clone())
    }

    fn dataset_name(&self) -> Option<&DatasetName> {
        Some(&self.name)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.name.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        life::named(&self.name)?;
        if self.name.is_root() {
            return Err(Reason::InVolume(self.name.clone()));
        }
        settings(Target::Volume, &self.settings)?;
        if !size::volume_size(self.size, self.settings.number("volblocksize")) {
            return Err(Reason::VolumeSize(self.size.0));
        }
        life::check(&self.name, &self.lifecycle)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.dataset(&self.name, &self.settings, self.takes(), self.lifecycle.was.as_ref())
    }

    fn size(&self) -> Option<Bytes> {
        Some(self.size)
    }

    /// `zfsprops(7)`: a volume reserves its size, unless it is sparse.
    fn takes(&self) -> u64 {
        if self.sparse { 0 } else { self.size.0 }
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![Fact::new("volsize", self.size.0, Said::First("size "))];
        facts.extend(self.sparse.then(|| Fact::new("sparse", "on", Said::Word)));
        facts
    }

    fn lifecycle(&self) -> Option<&Lifecycle> {
        Some(&self.lifecycle)
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }
}
