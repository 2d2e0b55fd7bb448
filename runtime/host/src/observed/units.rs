//! Units of systemd, as they are seen.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who runs units on this host, and those that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Units {
    /// Nobody asked.
    #[default]
    Unasked,
    /// The host is not run by systemd.
    NoSystemd,
    /// By name, what systemd has of each.
    Found(BTreeMap<Box<str>, UnitState>),
}

/// What systemd has of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitState {
    /// `loaded` where its file was read; `not-found`, `masked`, `bad-setting` or `error` where it was not.
    pub load: Box<str>,
    /// Its description, as it was read last: the file may say another one by now.
    pub description: Box<str>,
    /// Whether it is started, or just starting.
    pub active: bool,
    /// Whether its last run failed, and how: `exit-code`, `timeout`, …
    pub failed: Option<Box<str>>,
}

impl Units {
    /// Finds what systemd has of a unit.
    #[must_use]
    pub fn get(&self, unit: &str) -> Option<&UnitState> {
        let Units::Found(units) = self else { return None };
        units.get(unit)
    }

    /// Returns whether a unit is started.
    #[must_use]
    pub fn is_active(&self, unit: &str) -> bool {
        self.get(unit).is_some_and(|state| state.active)
    }

    /// Returns the description of a unit whose file was read.
    #[must_use]
    pub fn loaded(&self, unit: &str) -> Option<&str> {
        self.get(unit).filter(|state| &*state.load == "loaded").map(|state| &*state.description)
    }
}
