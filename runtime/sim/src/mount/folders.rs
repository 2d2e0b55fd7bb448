//! Folders and files: those of the root file system and those in file systems, by the path that a user sees.

use super::{
    made::{self, ANY},
    mounting::{below, inside},
};
use crate::state::{Refusal, State, refuse};
use phoenix_graph::{DatasetName, Mode};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

impl State {
    /// Makes a folder with those above it where they are missing, in whatever file system the path lies. Each is asked for
    /// with this mode; what it gets of that, the folder above says, too.
    ///
    /// # Errors
    /// The system's reason.
    pub fn make_folder(&mut self, path: &str, asked: Mode) -> Result<(), &'static str> {
        let mut above: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).skip(1).collect();
        above.push(path);
        for folder in above {
            if self.folder_exists(folder) {
                continue;
            }
            if self.file_exists(folder) {
                return Err("Not a directory");
            }
            let (owner, name) = self.place(folder);
            match owner {
                None => {
                    self.folders.insert(name);
                }
                Some(owner) if self.refuses_writes(&owner) => return Err("Read-only file system"),
                Some(owner) => self.put_folder(&owner, &name, asked),
            }
        }
        Ok(())
    }

    /// Removes a folder where it is empty and nothing is mounted on it; else it stays, without a word.
    pub fn remove_folder(&mut self, path: &str) {
        if self.holds_something(path) || self.covering(path).is_some_and(|mount| &*mount.path == path) {
            return;
        }
        let (owner, name) = self.place(path);
        match owner {
            None => {
                self.folders.remove(&name);
            }
            Some(owner) if self.refuses_writes(&owner) => {}
            Some(owner) => {
                if let Some(state) = self.datasets.get_mut(&owner) {
                    state.drop_folder(&name);
                }
            }
        }
    }

    /// Returns whether a folder that is seen at a path has anything in it.
    pub fn holds_something(&self, path: &str) -> bool {
        let (owner, name) = self.place(path);
        let within = |other: &str| if name.is_empty() { !other.is_empty() } else { below(other, &name) };
        match owner.map(|owner| self.datasets.get(&owner)) {
            None => {
                self.folders.iter().any(|folder| below(folder, path))
                    || self.files.keys().any(|file| below(&file.to_string_lossy(), path))
            }
            Some(state) => state.is_some_and(|state| {
                state.folders.iter().chain(state.files.keys()).any(|other| within(other))
            }),
        }
    }

    /// Returns whether a path leads to a folder.
    pub fn folder_exists(&self, path: &str) -> bool {
        let (owner, name) = self.place(path);
        match owner.map(|owner| self.datasets.get(&owner)) {
            None => {
                path == "/"
                    || self.folders.contains(path)
                    || self.folders.iter().any(|folder| below(folder, path))
                    || self.files.keys().any(|file| below(&file.to_string_lossy(), path))
            }
            Some(_) if name.is_empty() => true,
            Some(state) => state.is_some_and(|state| {
                state.folders.contains(&name)
                    || state.folders.iter().chain(state.files.keys()).any(|other| below(other, &name))
            }),
        }
    }

    /// Returns whether a path leads to a file.
    pub fn file_exists(&self, path: &str) -> bool {
        let (owner, name) = self.place(path);
        match owner.map(|owner| self.datasets.get(&owner)) {
            None => self.files.contains_key(Path::new(path)),
            Some(state) => state.is_some_and(|state| state.files.contains_key(&name)),
        }
    }

    /// Finds whose folder or file a path is: a file system's, with the path inside it, or the root's.
    fn place(&self, path: &str) -> (Option<DatasetName>, Box<str>) {
        match self.covering(path) {
            None => (None, path.into()),
            Some(mount) => (Some(mount.dataset.clone()), inside(path, &mount.path).into()),
        }
    }

    /// Returns whether a file system is read-only.
    pub fn refuses_writes(&self, name: &DatasetName) -> bool {
        self.effective(name, "readonly").is_some_and(|setting| &*setting.raw == "on")
    }

    /// Writes a file at a path, as a user does.
    ///
    /// # Errors
    /// The system's reason.
    pub fn write_at(&mut self, path: &str, text: &str) -> Result<(), Refusal> {
        if self.folder_exists(path) {
            return refuse(1, "Is a directory");
        }
        let (owner, name) = self.reach(path)?;
        match owner {
            None => {
                self.files.insert(path.into(), text.to_owned());
            }
            Some(owner) => {
                let (_, group) = made::owners(&self.in_force(&owner, above(&name)));
                if let Some(state) = self.datasets.get_mut(&owner)
                    && state.files.insert(name.clone(), text.to_owned()).is_none()
                    && group != 0
                {
                    state.owners.insert(name, (0, group));
                }
            }
        }
        Ok(())
    }

    /// Makes a folder at a path, as a user does.
    ///
    /// # Errors
    /// The system's reason.
    pub fn folder_at(&mut self, path: &str) -> Result<(), Refusal> {
        if self.folder_exists(path) || self.file_exists(path) {
            return refuse(1, "File exists");
        }
        let (owner, name) = self.reach(path)?;
        match owner {
            None => {
                self.folders.insert(name);
            }
            Some(owner) => self.put_folder(&owner, &name, ANY),
        }
        Ok(())
    }

    /// Puts a folder into a file system, which has there what the one above gives it.
    fn put_folder(&mut self, owner: &DatasetName, name: &str, asked: Mode) {
        let has = made::folder(&self.in_force(owner, above(name)), asked);
        if let Some(state) = self.datasets.get_mut(owner) {
            state.put_folder(name, has);
        }
    }

    /// Finds where something new can be put.
    fn reach(&self, path: &str) -> Result<(Option<DatasetName>, Box<str>), Refusal> {
        let above =
            path.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above });
        if self.file_exists(above) {
            return refuse(1, "Not a directory");
        }
        if !self.folder_exists(above) {
            return refuse(1, "No such file or directory");
        }
        let (owner, name) = self.place(path);
        match owner {
            Some(owner) if self.refuses_writes(&owner) => refuse(1, "Read-only file system"),
            owner => Ok((owner, name)),
        }
    }

    /// Holds a folder open: the file system that it lies in is busy until the next boot, or until it is let go.
    ///
    /// # Errors
    /// The system's reason.
    pub fn use_at(&mut self, path: &str) -> Result<(), Refusal> {
        if !self.folder_exists(path) && !self.file_exists(path) {
            return refuse(1, "No such file or directory");
        }
        self.busy.extend(self.covering(path).map(|mount| mount.dataset.clone()));
        Ok(())
    }

    /// Holds a volume's device open.
    ///
    /// # Errors
    /// Where there is no such volume.
    pub fn use_volume(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        if self.dataset(name).is_none_or(|state| !state.volume) {
            return refuse(1, "No such file or directory");
        }
        self.busy.insert(name.clone());
        Ok(())
    }

    /// Lists what a user sees below the root whose path begins so: each path, and whether it is a folder.
    #[must_use]
    pub fn tree(&self, begins: &str) -> BTreeMap<String, bool> {
        let mut paths: BTreeSet<String> = self.folders.iter().map(ToString::to_string).collect();
        paths.extend(self.files.keys().map(|file| file.to_string_lossy().into_owned()));
        for mount in &self.mounts {
            paths.insert(mount.path.to_string());
            if let Some(state) = self.datasets.get(&mount.dataset) {
                let names = state.folders.iter().chain(state.files.keys());
                paths.extend(names.map(|name| format!("{}/{name}", mount.path)));
            }
        }
        let seen = paths.into_iter().filter(|path| path.starts_with(begins));
        seen.filter_map(|path| {
            let folder = self.folder_exists(&path);
            (folder || self.file_exists(&path)).then_some((path, folder))
        })
        .collect()
    }
}

/// Returns the path of the folder that something lies in; of what lies in a root directory, none.
fn above(inside: &str) -> &str {
    inside.rsplit_once('/').map_or("", |(above, _)| above)
}
