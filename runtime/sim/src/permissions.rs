//! Root directories of simulated file systems, and the accounts of the simulated host.

use crate::{
    given::{Given, Roots},
    mount::inside,
    state::{Dataset, Refusal, State, refuse},
};
use phoenix_graph::{DatasetName, kind::acl::Acl};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Directory, Observed, Query, Wanted},
    op::Op,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

/// Some of the users that Debian always has.
const USERS: &[(&str, u32)] = &[("root", 0), ("www-data", 33), ("backup", 34), ("nobody", 65_534)];
/// Some of the groups that Debian always has.
const GROUPS: &[(&str, u32)] =
    &[("root", 0), ("www-data", 33), ("backup", 34), ("users", 100), ("nogroup", 65_534)];

/// Looks at the root directories and the accounts that are asked for.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    seen.directories = state.directories(query);
    let asked = seen.directories.keys().filter(|name| query.contents.contains(*name));
    seen.contents = asked.map(|name| (name.clone(), state.count(name))).collect();
    seen.users = state.accounts(&query.users, USERS);
    seen.groups = state.accounts(&query.groups, GROUPS);
    Ok(())
}

/// Counts the processes of a look: one each for users and groups by name.
pub fn processes(_: &State, query: &Query) -> u64 {
    let named = |names: &BTreeSet<Box<str>>| names.iter().any(|name| name.parse::<u32>().is_err());
    u64::from(named(&query.users)) + u64::from(named(&query.groups))
}

/// Changes a root directory, or gives what lies in a file system to somebody.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let (path, done) = match op {
        Op::ContentsSet { dataset, path, owner, group } => {
            (path, state.contents_set(dataset, path, *owner, *group))
        }
        Op::DirectorySet { dataset, path, owner, group, mode, acl } => {
            let to = Wanted { owner: *owner, group: *group, mode: *mode, acl: acl.clone() };
            (path, state.directory_set(dataset, path, &to))
        }
        _ => return None,
    };
    Some(done.map_err(|refusal| failed("change", Path::new(&**path), io::Error::other(refusal.text))))
}

/// Returns the first half of an operation that has several parts: the owner is given, the rest not yet.
pub fn half(op: &Op) -> Option<Op> {
    match op {
        Op::DirectorySet { dataset, path, owner, group, mode, acl } if mode.is_some() || acl.is_some() => {
            Some(Op::DirectorySet {
                dataset: dataset.clone(),
                path: path.clone(),
                owner: *owner,
                group: *group,
                mode: mode.filter(|_| acl.is_some()),
                acl: None,
            })
        }
        // Some of it has been reached.
        Op::ContentsSet { dataset, path, owner, group } if owner.is_some() && group.is_some() => {
            Some(Op::ContentsSet { dataset: dataset.clone(), path: path.clone(), owner: *owner, group: None })
        }
        _ => None,
    }
}

impl State {
    /// Gives all that lies in a file system to somebody.
    fn contents_set(
        &mut self,
        name: &DatasetName,
        path: &str,
        owner: Option<u32>,
        group: Option<u32>,
    ) -> Result<(), Refusal> {
        self.need_seen(name, path)?;
        let Some(dataset) = self.datasets.get(name) else { return Ok(()) };
        let all = dataset.folders.iter().chain(dataset.files.keys());
        let given = |inside: &str| {
            // What is mounted in it, and what lies below that, is not reached.
            self.covering(&format!("{path}/{inside}")).filter(|mount| mount.dataset == *name)?;
            let (had, of) = dataset.owners.get(inside).copied().unwrap_or_default();
            let to = (owner.unwrap_or(had), group.unwrap_or(of));
            // What has them already is left.
            (to != (had, of)).then(|| (Box::from(inside), to))
        };
        let given: Vec<(Box<str>, (u32, u32))> = all.filter_map(|inside| given(inside)).collect();
        if !given.is_empty() {
            self.need_writable(name)?;
        }
        if let Some(dataset) = self.datasets.get_mut(name) {
            dataset.owners.extend(given);
            dataset.owners.retain(|_, of| *of != (0, 0));
        }
        Ok(())
    }

    /// Returns owner and group of what is seen at a path.
    #[must_use]
    pub fn owner_at(&self, path: &str) -> (u32, u32) {
        let Directory { owner, group, .. } = self.directory_at(path);
        (owner, group)
    }

    /// Returns what a folder has that is seen at a path; one of the root file system is root's.
    #[must_use]
    pub fn directory_at(&self, path: &str) -> Directory {
        let Some(mount) = self.covering(path) else { return Directory::NEW };
        self.in_force(&mount.dataset, inside(path, &mount.path))
    }

    /// Counts what lies in a file system.
    fn count(&self, name: &DatasetName) -> u64 {
        self.datasets.get(name).map_or(0, Dataset::count)
    }

    /// Refuses where a file system is not what is seen at a place.
    pub fn need_seen(&self, name: &DatasetName, path: &str) -> Result<(), Refusal> {
        if self.mounted_at(name) != Some(path) || self.hidden(name) {
            return refuse(1, format!("{name} is not mounted at {path}"));
        }
        Ok(())
    }

    /// Refuses where a file system takes no change.
    pub fn need_writable(&self, name: &DatasetName) -> Result<(), Refusal> {
        if self.refuses_writes(name) { refuse(1, "Read-only file system") } else { Ok(()) }
    }

    /// Gives a root directory what is said, where its file system is what is seen there.
    fn directory_set(&mut self, name: &DatasetName, path: &str, wanted: &Wanted) -> Result<(), Refusal> {
        self.need_seen(name, path)?;
        self.need_writable(name)?;
        if wanted.acl.as_ref().is_some_and(|list| !list.is_empty()) && !self.keeps_lists(name) {
            return refuse(1, "the file system takes no access control list: `acltype` is not `posix`");
        }
        let mut to = self.directory(name).given(wanted);
        // What is out of force is out of reach, and stays on disk.
        if !self.keeps_lists(name)
            && let Some(kept) = self.dataset(name).and_then(|state| state.directory.as_ref())
        {
            to.acl = kept.acl.clone();
        }
        if let Some(dataset) = self.datasets.get_mut(name) {
            dataset.directory = Some(to).filter(|to| *to != Directory::NEW);
        }
        Ok(())
    }

    /// Returns whether a file system keeps access control lists.
    fn keeps_lists(&self, name: &DatasetName) -> bool {
        self.effective(name, "acltype").is_some_and(|setting| setting.raw.starts_with("posix"))
    }

    /// Returns the root directory of a file system, as it is seen: a list is in force as long as `acltype` says so.
    pub fn directory(&self, name: &DatasetName) -> Directory {
        self.in_force(name, "")
    }

    /// Returns a folder of a file system, as it is seen; by no path, the root directory.
    pub fn in_force(&self, name: &DatasetName, inside: &str) -> Directory {
        let folder = self.dataset(name).map_or(Directory::NEW, |state| state.folder(inside));
        if self.keeps_lists(name) { folder } else { Directory { acl: Acl::default(), ..folder } }
    }

    /// Looks at the root directories that are asked for, mounted and seen.
    fn directories(&self, query: &Query) -> BTreeMap<DatasetName, Directory> {
        let mounted =
            query.directories.iter().filter(|name| self.mounted_at(name).is_some() && !self.hidden(name));
        mounted.map(|name| (name.clone(), self.directory(name))).collect()
    }

    /// Gives accounts their numbers: those that Debian always has; and where every disk that is asked for
    /// is plugged in, every account is there too, with a number that is the same each time.
    fn accounts(&self, names: &BTreeSet<Box<str>>, always: &[(&str, u32)]) -> BTreeMap<Box<str>, u32> {
        let number = |name: &str| match always.iter().find(|(known, _)| *known == name) {
            Some((_, number)) => Some(*number),
            None if name.parse::<u32>().is_ok() || !self.plug_everything => None,
            None => Some(1000 + name.bytes().fold(7, |sum, byte| (sum * 31 + u32::from(byte)) % 50_000)),
        };
        names.iter().filter_map(|name| Some((name.clone(), number(name)?))).collect()
    }
}
