//! Mounts: what is mounted where and in which order, what hides what, and how changes move mounts.

use super::state::{Mount, Refusal, State, refuse};
use crate::observed::Source;
use phoenix_graph::{DatasetName, PoolName, PropertyName};
use std::collections::BTreeMap;

impl State {
    /// Returns where a file system is to be mounted; nothing for `none`, `legacy` and volumes.
    pub fn mountpoint(&self, name: &DatasetName) -> Option<Box<str>> {
        if self.datasets.get(name)?.volume {
            return None;
        }
        self.effective(name, "mountpoint").map(|setting| setting.raw).filter(|raw| raw.starts_with('/'))
    }

    /// Returns where a file system is mounted now.
    pub fn mounted_at(&self, name: &DatasetName) -> Option<&str> {
        self.mounts.iter().find(|mount| mount.dataset == *name).map(|mount| &*mount.path)
    }

    /// Returns whether `zfs mount -a` and the boot mount a file system.
    pub fn mounts_by_itself(&self, name: &DatasetName) -> bool {
        self.mountpoint(name).is_some() && self.canmount(name) == "on"
    }

    fn canmount(&self, name: &DatasetName) -> &str {
        self.datasets.get(name).and_then(|state| state.settings.get("canmount")).map_or("on", |raw| raw)
    }

    /// `zfs mount`.
    pub fn mount(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        self.need(name)?;
        let cannot = |text: &str| refuse(1, format!("cannot mount '{name}': {text}"));
        if self.datasets.get(name).is_some_and(|state| state.volume) {
            return refuse(
                1,
                format!("cannot open '{name}': operation not applicable to datasets of this type"),
            );
        }
        let Some(path) = self.mountpoint(name) else {
            let legacy = self.effective(name, "mountpoint").is_some_and(|setting| &*setting.raw == "legacy");
            return cannot(if legacy {
                "legacy mountpoint\nuse mount(8) to mount this filesystem"
            } else {
                "no mountpoint set"
            });
        };
        if self.canmount(name) == "off" {
            return cannot("'canmount' property is set to 'off'");
        }
        if self.mounted_at(name).is_some() {
            return cannot("filesystem already mounted");
        }
        if self.occupied.contains(&path) {
            return cannot("Not a directory");
        }
        self.make_folder(&path);
        self.mounts.push(Mount { path, dataset: name.clone() });
        Ok(())
    }

    /// `zfs unmount`: takes the mounted file systems below along, all or none.
    pub fn unmount(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        self.need(name)?;
        if self.mounted_at(name).is_none() {
            return refuse(1, format!("cannot unmount '{name}': not currently mounted"));
        }
        self.unmount_tree(name)
    }

    /// Unmounts a subtree where nothing in it is busy.
    pub fn unmount_tree(&mut self, top: &DatasetName) -> Result<(), Refusal> {
        let mounted: Vec<DatasetName> =
            self.subtree(top).into_iter().filter(|name| self.mounted_at(name).is_some()).collect();
        for name in mounted.iter().rev() {
            let path = self.mounted_at(name).unwrap_or_default();
            let foreign =
                self.mounts.iter().any(|other| below(&other.path, path) && !mounted.contains(&other.dataset));
            if self.hidden(name) {
                // Another file system was mounted over it, and its path no longer leads to it.
                return refuse(1, format!("cannot unmount '{path}': no such pool or dataset"));
            }
            if foreign || self.busy.contains(name) {
                return refuse(1, format!("cannot unmount '{path}': pool or dataset is busy"));
            }
        }
        self.mounts.retain(|mount| !mounted.contains(&mount.dataset));
        Ok(())
    }

    /// Mounts everything that mounts by itself, of one pool or of all, parents first, as the boot does.
    pub fn mount_all(&mut self, only: Option<&PoolName>) {
        let mut due: Vec<(Box<str>, DatasetName)> = self
            .datasets
            .keys()
            .filter(|name| only.is_none_or(|pool| name.pool() == *pool))
            .filter(|name| self.imported(&name.pool()) && self.mounts_by_itself(name))
            .filter(|name| self.mounted_at(name).is_none())
            .filter_map(|name| Some((self.mountpoint(name)?, name.clone())))
            .collect();
        due.sort();
        for (_, name) in due {
            // One that cannot be mounted does not keep the others from it.
            let _ = self.mount(&name);
        }
    }

    /// Changes a dataset's own settings, and moves mounts where `mountpoint` or `canmount` is the one.
    pub fn change<T>(
        &mut self,
        name: &DatasetName,
        property: &PropertyName,
        edit: impl FnOnce(&mut BTreeMap<PropertyName, Box<str>>) -> T,
    ) -> Result<(), Refusal> {
        match property.as_str() {
            "mountpoint" => self.remount(name, edit),
            "canmount" => {
                if let Some(state) = self.datasets.get_mut(name) {
                    edit(&mut state.settings);
                }
                if self.canmount(name) == "off" && self.mounted_at(name).is_some() {
                    self.unmount_tree(name)?;
                }
                Ok(())
            }
            _ => {
                if let Some(state) = self.datasets.get_mut(name) {
                    edit(&mut state.settings);
                }
                Ok(())
            }
        }
    }

    /// A new mount point: everything that follows it is unmounted, and mounted again at its new place.
    fn remount<T>(
        &mut self,
        name: &DatasetName,
        edit: impl FnOnce(&mut BTreeMap<PropertyName, Box<str>>) -> T,
    ) -> Result<(), Refusal> {
        let before: BTreeMap<DatasetName, Option<Box<str>>> = self
            .subtree(name)
            .into_iter()
            .filter(|child| child == name || self.follows(child, name))
            .map(|child| (child.clone(), self.mounted_at(&child).map(Into::into)))
            .collect();
        if self.mounted_at(name).is_some() || before.values().any(Option::is_some) {
            self.unmount_tree(name)?;
            for (child, path) in &before {
                if let Some(path) = path
                    && child != name
                {
                    self.remove_folder(path);
                }
            }
        }
        if let Some(state) = self.datasets.get_mut(name) {
            edit(&mut state.settings);
        }
        let mut due: Vec<(Box<str>, DatasetName)> = before
            .into_iter()
            .filter(|(child, path)| path.is_some() || (child == name && self.mounts_by_itself(child)))
            .filter_map(|(child, _)| Some((self.mountpoint(&child)?, child)))
            .collect();
        due.sort();
        for (_, child) in due {
            self.mount(&child)?;
        }
        Ok(())
    }

    /// Returns whether a dataset's mount point comes from `top` or from above it.
    fn follows(&self, name: &DatasetName, top: &DatasetName) -> bool {
        match self.effective(name, "mountpoint").map(|setting| setting.source) {
            Some(Source::Inherited(from)) => {
                DatasetName::new(&from).is_ok_and(|from| from == *top || top.is_below(&from))
            }
            Some(Source::Default) => true,
            _ => false,
        }
    }

    /// Finds the file system that a path lies in: the one mounted last over it. Nothing is the root file system.
    pub fn covering(&self, path: &str) -> Option<&Mount> {
        self.mounts.iter().rev().find(|mount| &*mount.path == path || below(path, &mount.path))
    }

    /// Returns whether a mounted file system cannot be reached, since another was mounted over it.
    pub fn hidden(&self, name: &DatasetName) -> bool {
        self.mounted_at(name)
            .is_some_and(|path| self.covering(path).is_some_and(|mount| mount.dataset != *name))
    }

    /// Makes a folder where it is missing, in whatever file system its path lies.
    pub fn make_folder(&mut self, path: &str) {
        let Some(mount) = self.covering(path) else {
            self.folders.insert(path.into());
            return;
        };
        let (inside, dataset) = (inside(path, &mount.path), mount.dataset.clone());
        if let (false, Some(state)) = (inside.is_empty(), self.datasets.get_mut(&dataset)) {
            state.folders.insert(inside.into());
        }
    }

    /// Removes an empty folder.
    pub fn remove_folder(&mut self, path: &str) {
        let Some(mount) = self.covering(path) else {
            self.folders.remove(path);
            return;
        };
        let (inside, dataset) = (inside(path, &mount.path), mount.dataset.clone());
        if let Some(state) = self.datasets.get_mut(&dataset) {
            state.folders.remove(inside);
        }
    }

    /// Returns whether a folder of the root file system has anything in it.
    pub fn holds_something(&self, path: &str) -> bool {
        self.folders
            .iter()
            .map(|folder| &**folder)
            .chain(self.mounts.iter().map(|mount| &*mount.path))
            .any(|other| below(other, path))
            || self.mounts.iter().any(|mount| &*mount.path == path)
    }

    /// Returns whether a path leads to a folder.
    pub fn folder_exists(&self, path: &str) -> bool {
        match self.covering(path) {
            None => path == "/" || self.folders.contains(path),
            Some(mount) if &*mount.path == path => true,
            Some(mount) => {
                let inside = inside(path, &mount.path);
                self.datasets.get(&mount.dataset).is_some_and(|state| {
                    state.folders.contains(inside)
                        || state.folders.iter().any(|folder| below(folder, inside))
                        || state.files.keys().any(|file| below(file, inside))
                })
            }
        }
    }
}

/// Returns whether a path lies below another; it does not lie below itself.
pub fn below(path: &str, above: &str) -> bool {
    if above == "/" {
        return path.len() > 1;
    }
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

fn inside<'a>(path: &'a str, mount: &str) -> &'a str {
    path.strip_prefix(mount).unwrap_or(path).trim_start_matches('/')
}
