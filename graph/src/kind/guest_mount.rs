//! A mount of a machine: a file system that a virtual machine mounts over NFS.

use super::{
    common::{FORMAT_4, Fact, Kind, Said},
    key::Key,
};
use crate::{
    DatasetName,
    check::{
        guest,
        others::{Guest, Others},
        reason::Reason,
    },
    export::reach::{Asked, NoWay},
    name::NameError,
    nfs::{NfsMount, Version, text},
};
use serde::{Deserialize, Serialize};

/// A file system that a virtual machine mounts over NFS. Nothing of it is done on the host: what it says is carried into
/// the machine by a person (`phoenix guest`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestMount {
    /// The machine's id, 100 to 999999999.
    pub machine: u32,
    /// The file system.
    pub dataset: DatasetName,
    /// The absolute path on the host: the mount point of `dataset`.
    pub path: Box<str>,
    /// The directory inside of it that is mounted, without slashes around; nothing for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdirectory: Option<Box<str>>,
    /// The path of the export that it goes through: that of `dataset`, or one above.
    pub export: Box<str>,
    /// The machine's own address, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Box<str>>,
    /// What the machine mounts, and how.
    pub mount: NfsMount,
}

impl GuestMount {
    /// Returns the absolute path on the host of what is mounted.
    #[must_use]
    pub fn source_path(&self) -> Box<str> {
        source_path(&self.path, self.subdirectory.as_deref())
    }

    /// Asks for the way on which the machine reaches a path, from where it is mounted on the host.
    #[must_use]
    pub fn asks<'p>(&self, mounted: &'p str, path: &'p str) -> Asked<'p> {
        let address = self.address.as_deref().and_then(|text| text.parse().ok());
        Asked { mounted, path, address, from_root: self.mount.options.vers != Version::V3 }
    }
}

/// Returns the path of a directory in what is mounted at a path, or that path.
#[must_use]
pub fn source_path(path: &str, subdirectory: Option<&str>) -> Box<str> {
    match subdirectory {
        Some(inside) => format!("{}/{inside}", path.trim_end_matches('/')).into(),
        None => path.into(),
    }
}

/// Lists the paths from a source up to what it lies in, without that: where another file system may be mounted.
pub fn inside<'p>(path: &str, source: &'p str) -> impl Iterator<Item = &'p str> {
    let length = path.trim_end_matches('/').len();
    let above = |source: &&'p str| source.rsplit_once('/').map(|(above, _)| above);
    std::iter::successors(Some(source), above).take_while(move |at| at.len() > length)
}

impl Kind for GuestMount {
    fn key(&self) -> Key {
        Key::GuestMount(self.machine, self.mount.at.clone())
    }

    fn over(&self) -> Option<&DatasetName> {
        Some(&self.dataset)
    }

    fn through(&self) -> Option<Key> {
        Some(Key::Export(self.export.clone()))
    }

    fn check_names(&self) -> Result<(), NameError> {
        self.dataset.check_new()
    }

    fn check(&self) -> Result<(), Reason> {
        let wrong = |reason: &str| Reason::Guest(reason.to_owned());
        guest::id(self.machine, "machine").map_err(Reason::Guest)?;
        if let Some(said) = &self.subdirectory
            && text::subdirectory(said).map_err(wrong)? != *said
        {
            return Err(Reason::Spelling(said.to_string()));
        }
        if let Some(said) = &self.address
            && text::address(said).map_err(wrong)?.to_string() != **said
        {
            return Err(Reason::Spelling(said.to_string()));
        }
        self.mount.check().map_err(Reason::Guest)
    }

    fn check_among<'a>(&'a self, others: &mut Others<'a>) -> Result<(), Reason> {
        others.guest(Guest::Machine, self.machine)?;
        others.mounts_inside(self.machine, &self.mount.at)?;
        others.mounted_at(&self.dataset, &self.path)?;
        let path = self.source_path();
        if let Some(at) = inside(&self.path, &path).find(|at| others.is_mount_point(at)) {
            return Err(Reason::Guest(format!("another file system is mounted at {at}")));
        }
        let asked = self.asks(&self.path, &path);
        let way = match others.way(asked) {
            // The compiler tells it; what was built before that was known stays readable.
            Err(NoWay::NoRoot(_)) => others.way(Asked { from_root: false, ..asked }),
            found => found,
        }?;
        if *way.export != *self.export {
            return Err(Reason::Derived("export"));
        }
        if *way.what != *self.mount.what {
            return Err(Reason::Derived("what"));
        }
        match self.mount.options.sec.map(|flavour| flavour.to_string()).filter(|flavour| !way.takes(flavour))
        {
            Some(flavour) => {
                Err(Reason::Guest(format!("the export of {} takes no sec={flavour}", way.export)))
            }
            None => Ok(()),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let source = self.mount.source();
        let own = [
            ("address", self.address.as_deref()),
            ("dataset", Some(self.dataset.as_str())),
            ("export", Some(&*self.export)),
            ("source", Some(&*source)),
            ("subdirectory", self.subdirectory.as_deref()),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some(Fact::new(name, value?, Said::Line)));
        let options = self.mount.options.facts().into_iter();
        let mut facts: Vec<Fact> =
            own.chain(options.map(|(name, value)| Fact::new(name, value, Said::Line))).collect();
        facts.sort_by(|a, b| a.name.cmp(&b.name));
        facts
    }

    fn format(&self) -> u32 {
        FORMAT_4
    }
}
