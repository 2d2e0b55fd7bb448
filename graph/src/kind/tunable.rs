//! A parameter of the zfs kernel module, now and at boot.

use super::{
    common::{Fact, Kind, Said, Unit},
    key::Key,
};
use crate::{check::reason::Reason, size::Bytes};
use serde::{Deserialize, Serialize};

/// The parameters of the zfs module that a spec can set.
pub const ARC_MAX: &str = "zfs_arc_max";
/// The least that ARC takes, in bytes (`zfs(4)`).
pub const ARC_LEAST: u64 = 64 << 20;

/// A parameter of the zfs kernel module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunable {
    /// The parameter's name, `zfs_arc_max`.
    pub name: Box<str>,
    /// Its value; bytes where it is a size.
    pub value: u64,
}

impl Kind for Tunable {
    fn key(&self) -> Key {
        Key::Tunable(self.name.clone())
    }

    fn check(&self) -> Result<(), Reason> {
        if &*self.name != ARC_MAX {
            return Err(Reason::Tunable(self.name.clone()));
        }
        let legal = (ARC_LEAST..=Bytes::LARGEST.0).contains(&self.value);
        if legal { Ok(()) } else { Err(Reason::Arc(self.value)) }
    }

    fn facts(&self) -> Vec<Fact> {
        vec![Fact::new("value", self.value, Said::First(""))]
    }
}

/// The parameters of the ARC are bytes, but for those that end in `_percent` and the like (`zfs(4)`).
pub(super) fn unit(name: &str) -> Unit {
    if [ARC_MAX, "zfs_arc_min"].contains(&name) { Unit::Bytes { none: false } } else { Unit::Word }
}
