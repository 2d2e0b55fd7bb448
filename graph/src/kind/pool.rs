//! A pool: its layout and its properties.

use super::{
    common::{Fact, Kind, Said},
    key::Key,
    life::Lifecycle,
    vdev::{Class, Vdev},
};
use crate::{
    DatasetName, PoolName, Settings, Target,
    check::{others::Others, reason::Reason, settings::settings, vdev},
    name::NameError,
};
use serde::{Deserialize, Serialize};

/// A pool. Its root dataset's settings stand in a [`Dataset`] of the pool's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// The pool's name.
    pub name: PoolName,
    /// The top-level vdevs in the order of the spec.
    pub layout: Vec<Vdev>,
    /// Pool properties (`zpoolprops(7)`).
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub settings: Settings,
    /// What is said about its life.
    #[serde(default, skip_serializing_if = "Lifecycle::is_empty")]
    pub lifecycle: Lifecycle,
}

impl Kind for Pool {
    fn key(&self) -> Key {
        Key::Pool(self.name.clone())
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.name.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        if let Some(wrong) = self.layout.iter().find_map(vdev::wrong) {
            return Err(Reason::Vdev(wrong));
        }
        if !self.layout.iter().any(|vdev| vdev.class == Class::Data) {
            return Err(Reason::NoDisks);
        }
        if self.lifecycle.was.is_some() || self.lifecycle.protect {
            return Err(Reason::Life("of a pool is said that it is adopted, and nothing else"));
        }
        Ok(settings(Target::Pool, &self.settings)?)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.take(self.layout.iter().flat_map(|vdev| &vdev.disks).map(|disk| &*disk.0))
    }

    fn root(&self) -> Option<DatasetName> {
        Some(self.name.root())
    }

    fn facts(&self) -> Vec<Fact> {
        let fact = |(at, vdev): (usize, &Vdev)| {
            let disks = vdev.disks.iter().map(|disk| disk.0.to_string()).collect();
            Fact::new(format!("vdev {at}"), vdev, Said::Lines(vdev.role(), disks))
        };
        self.layout.iter().enumerate().map(fact).collect()
    }

    fn lifecycle(&self) -> Option<&Lifecycle> {
        Some(&self.lifecycle)
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }
}
