//! A directory mapping of Proxmox VE: a file system under an id that machines are given it by.

use super::{
    common::{FORMAT_4, Fact, Kind, Said},
    key::Key,
};
use crate::{
    DatasetName,
    check::{guest, others::Others, reason::Reason},
    name::NameError,
};
use serde::{Deserialize, Serialize};

/// A directory of this host that machines are given by an id (`/etc/pve/mapping/directory.cfg`).
///
/// The id is the cluster's, and each node has a directory of its own under it: a host says only its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Its id, which is also the tag that machines mount it by.
    pub id: Box<str>,
    /// The file system.
    pub dataset: DatasetName,
    /// The absolute path on the host: the mount point of `dataset`.
    pub path: Box<str>,
}

impl Kind for Mapping {
    fn key(&self) -> Key {
        Key::Mapping(self.id.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        let wrong = |reason: &str| Reason::Guest(reason.to_owned());
        guest::mapping_id(&self.id).map_err(wrong)?;
        guest::path_mapped(&self.path).map_err(wrong)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.mounted_at(&self.dataset, &self.path)
    }

    fn facts(&self) -> Vec<Fact> {
        vec![Fact::new("dataset", &self.dataset, Said::Line), Fact::new("path", &self.path, Said::Line)]
    }

    fn format(&self) -> u32 {
        FORMAT_4
    }
}
