//! Root directories of simulated file systems, and the accounts of the simulated host.

use super::state::{Refusal, State, refuse};
use phoenix_graph::{DatasetName, Mode};
use phoenix_host::observed::{Directory, Query};
use std::collections::{BTreeMap, BTreeSet};

/// What the root directory of a new file system has.
pub const NEW: Directory = Directory { owner: 0, group: 0, mode: Mode::NEW };

/// Some of the users that Debian always has.
pub const USERS: &[(&str, u32)] = &[("root", 0), ("www-data", 33), ("backup", 34), ("nobody", 65_534)];
/// Some of the groups that Debian always has.
pub const GROUPS: &[(&str, u32)] =
    &[("root", 0), ("www-data", 33), ("backup", 34), ("users", 100), ("nogroup", 65_534)];

impl State {
    /// Gives a root directory an owner, a group or a mode, where its file system is what is seen there.
    pub fn directory_set(
        &mut self,
        name: &DatasetName,
        path: &str,
        owner: Option<u32>,
        group: Option<u32>,
        mode: Option<Mode>,
    ) -> Result<(), Refusal> {
        if self.mounted_at(name) != Some(path) || self.hidden(name) {
            return refuse(1, format!("{name} is not mounted at {path}"));
        }
        if self.refuses_writes(name) {
            return refuse(1, "Read-only file system");
        }
        if let Some(dataset) = self.datasets.get_mut(name) {
            let now = dataset.directory.unwrap_or(NEW);
            let to = Directory {
                owner: owner.unwrap_or(now.owner),
                group: group.unwrap_or(now.group),
                mode: mode.unwrap_or(now.mode),
            };
            dataset.directory = Some(to).filter(|to| *to != NEW);
        }
        Ok(())
    }

    /// Looks at the root directories that are asked for, mounted and seen.
    pub fn directories(&self, query: &Query) -> BTreeMap<DatasetName, Directory> {
        let mounted =
            query.directories.iter().filter(|name| self.mounted_at(name).is_some() && !self.hidden(name));
        let found = mounted.filter_map(|name| {
            let state = self.dataset(name)?;
            Some((name.clone(), state.directory.unwrap_or(NEW)))
        });
        found.collect()
    }

    /// Gives accounts their numbers: those that Debian always has; and where every disk that is asked for
    /// is plugged in, every account is there too, with a number that is the same each time.
    pub fn accounts(&self, names: &BTreeSet<Box<str>>, always: &[(&str, u32)]) -> BTreeMap<Box<str>, u32> {
        let number = |name: &str| match always.iter().find(|(known, _)| *known == name) {
            Some((_, number)) => Some(*number),
            None if name.parse::<u32>().is_ok() || !self.plug_everything => None,
            None => Some(1000 + name.bytes().fold(7, |sum, byte| (sum * 31 + u32::from(byte)) % 50_000)),
        };
        names.iter().filter_map(|name| Some((name.clone(), number(name)?))).collect()
    }
}
