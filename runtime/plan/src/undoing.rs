//! Undoing a plan: what takes each thing back that stood before, by the kind that it is about. It looks at the host anew
//! and does only what still differs, so that it can be cut off and begun again.

use crate::{Inverse, dataset, export, files, mount, permissions, pool, storage, tunable};
use phoenix_host::{observed::Observed, op::Op};

impl Inverse {
    /// Returns what has to be run so that what stood before stands again; nothing where it does.
    /// Unmaking pools, datasets and clones needs a look into them first, and what is locked is mounted only
    /// once its key is there: that is for whoever carries it out.
    #[must_use]
    pub fn ops(&self, seen: &Observed) -> Vec<Op> {
        match self {
            Inverse::While { aside, inverse } if seen.datasets.contains_key(aside) => inverse.ops(seen),
            Inverse::PoolAbsent { .. }
            | Inverse::DatasetAbsent { .. }
            | Inverse::Cloned { .. }
            | Inverse::KeyUnloaded { .. }
            | Inverse::While { .. } => Vec::new(),
            Inverse::PoolExported { .. }
            | Inverse::PoolSetting { .. }
            | Inverse::FeatureDisabled { .. }
            | Inverse::CheckpointAbsent { .. }
            | Inverse::DiskOutside { .. }
            | Inverse::DiskInside { .. }
            | Inverse::DiskBefore { .. }
            | Inverse::VdevAbsent { .. }
            | Inverse::VdevPresent { .. } => pool::doing::back(self, seen),
            Inverse::Setting { .. } | Inverse::Name { .. } | Inverse::Promoted { .. } => {
                dataset::doing::back(self, seen)
            }
            Inverse::Mount { .. } => mount::doing::back(self, seen),
            Inverse::Directory { .. } => permissions::back(self, seen),
            Inverse::Exports { .. } => export::doing::back(self, seen),
            Inverse::Link { .. } => files::doing::back(self, seen),
            Inverse::Storage { .. } => storage::doing::back(self, seen),
            Inverse::Tunable { .. } => tunable::back(self, seen),
        }
    }

    /// Says what of it cannot be taken back, where it was done: that stays, and is told.
    #[must_use]
    pub fn kept(&self, seen: &Observed) -> Option<String> {
        pool::doing::kept(self, seen)
    }
}
