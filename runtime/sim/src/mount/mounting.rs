//! Mounts: what is mounted where and in which order, what hides what, and how changes move mounts.
//! The rules are those of libzfs (`libzfs_changelist.c`, `libzfs_mount.c`) and of `umount2(2)`.

use crate::state::{Mount, Refusal, State, refuse};
use phoenix_graph::{DatasetName, Mode, PoolName};
use phoenix_host::observed::{Setting, Source};
use std::collections::BTreeMap;

impl State {
    /// Returns where a file system is to be mounted; nothing for `none`, `legacy` and volumes.
    pub fn mountpoint(&self, name: &DatasetName) -> Option<Box<str>> {
        self.set_mountpoint(name).map(|raw| plain(&raw).into())
    }

    /// Returns the same path as it was set, which may have doubled slashes: complaints tell that one.
    fn set_mountpoint(&self, name: &DatasetName) -> Option<Box<str>> {
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

    /// Returns the property `canmount`.
    pub fn canmount(&self, name: &DatasetName) -> &str {
        self.datasets.get(name).and_then(|state| state.own("canmount")).unwrap_or("on")
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
        let Some(path) = self.set_mountpoint(name) else {
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
        if self.is_locked(name) {
            return cannot("encryption key not loaded");
        }
        self.mount_on(name, &path)
    }

    /// Mounts a file system that is not mounted yet and may be.
    pub(super) fn mount_at_its_place(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        match self.set_mountpoint(name) {
            Some(path) => self.mount_on(name, &path),
            None => Ok(()),
        }
    }

    /// Mounts, and makes the folder before; without `overlay` only where it is empty.
    fn mount_on(&mut self, name: &DatasetName, told: &str) -> Result<(), Refusal> {
        let cannot = |text: &str| refuse(1, format!("cannot mount '{told}': {text}"));
        let path: Box<str> = plain(told).into();
        if self.occupied.contains(&path) {
            return refuse(1, format!("cannot mount '{name}': Not a directory"));
        }
        if !self.folder_exists(&path)
            && let Err(reason) = self.make_folder(&path, Mode::NEW)
        {
            return cannot(&format!("failed to create mountpoint: {reason}"));
        }
        let overlay = self.effective(name, "overlay").is_none_or(|setting| &*setting.raw == "on");
        if !overlay && self.holds_something(&path) {
            return cannot("directory is not empty");
        }
        if let Some(state) = self.datasets.get_mut(name) {
            state.touched = true;
        }
        let options = self.mount_options(name);
        self.mounts.push(Mount { path, dataset: name.clone(), options });
        Ok(())
    }

    /// Returns whether a file system is mounted, and its mount point leads to it.
    pub fn is_seen(&self, name: &DatasetName) -> bool {
        self.mountpoint(name)
            .and_then(|path| self.covering(&path))
            .is_some_and(|top| top.dataset == *name && self.mountpoint(name).as_ref() == Some(&top.path))
    }

    /// `umount`, where a file system is mounted; elsewhere there is nothing to do.
    pub fn umount(&mut self, name: &DatasetName, place: &str) -> Result<(), Refusal> {
        self.need(name)?;
        if !self.mounts.iter().any(|mount| mount.dataset == *name && &*mount.path == place) {
            return Ok(());
        }
        let Some(index) = self.top_at(place).filter(|index| self.mounts[*index].dataset == *name) else {
            let over = self.covering(place).map(|over| format!("{} at {}", over.dataset, over.path));
            let over = over.unwrap_or_default();
            return refuse(32, format!("{name} is mounted at {place}, but hidden by {over}"));
        };
        let parent = (0..self.mounts.len()).any(|above| self.parent(above) == Some(index));
        if parent || self.is_held_open(name) {
            return refuse(32, format!("umount: {place}: target is busy."));
        }
        self.mounts.remove(index);
        Ok(())
    }

    /// `zfs unmount`: takes along what is mounted below, by its own mount point or another's; what is
    /// mounted by hand (`legacy`) stays.
    pub fn unmount(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        self.need(name)?;
        if self.datasets.get(name).is_some_and(|state| state.volume) {
            return refuse(
                1,
                format!("cannot open '{name}': operation not applicable to datasets of this type"),
            );
        }
        if self.effective(name, "mountpoint").is_some_and(|setting| &*setting.raw == "legacy") {
            return refuse(1, format!("cannot unmount '{name}': legacy mountpoint"));
        }
        if self.mounted_at(name).is_none() {
            return refuse(1, format!("cannot unmount '{name}': not currently mounted"));
        }
        let mut due = self.in_order(self.subtree(name));
        due.retain(|follower| follower.mounted && &*follower.place != "legacy");
        self.unmount_followers(&due, false)
    }

    /// Unmounts one file system the way OpenZFS does: by the path where it is mounted, whatever is seen
    /// there. Where another file system was mounted over that path, that one is unmounted.
    pub fn unmount_one(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        let Some(path) = self.mounted_at(name).map(Box::<str>::from) else { return Ok(()) };
        self.unmount_path(&path)
    }

    /// Unmounts what is seen at a path.
    pub fn unmount_path(&mut self, path: &str) -> Result<(), Refusal> {
        let cannot = |text: &str| refuse(1, format!("cannot unmount '{path}': {text}"));
        let Some(index) = self.top_at(path).filter(|index| &*self.mounts[*index].path == path) else {
            // Another file system lies over a folder above.
            let there = self.folder_exists(path);
            return cannot(if there { "unmount failed" } else { "no such pool or dataset" });
        };
        let parent = (0..self.mounts.len()).any(|above| self.parent(above) == Some(index));
        if parent || self.is_held_open(&self.mounts[index].dataset) {
            return cannot("pool or dataset is busy");
        }
        self.mounts.remove(index);
        Ok(())
    }

    /// `zfs mount -a`: mounts everything that mounts by itself, as the boot does.
    pub fn mount_all(&mut self) -> Result<(), Refusal> {
        let due: Vec<DatasetName> = self
            .datasets
            .keys()
            .filter(|name| self.imported(&name.pool()) && self.mounts_by_itself(name))
            .filter(|name| !self.is_locked(name))
            .cloned()
            .collect();
        self.mount_in_order(due)
    }

    /// Mounts what an import mounts. Unlike `zfs mount -a` it passes over what lies below a file system
    /// with `canmount=noauto`, and mounts the pool's root dataset with it.
    pub fn mount_pool(&mut self, pool: &PoolName) {
        let mut due = self.subtree(&pool.root());
        due.retain(|name| {
            let mut above = Some(name.clone()).filter(|name| !name.is_root());
            while let Some(now) = above {
                if self.canmount(&now) == "noauto" {
                    return false;
                }
                above = now.parent().filter(|name| !name.is_root());
            }
            self.is_mountable(name) && !self.is_locked(name)
        });
        // What cannot be mounted is told by the tool, and does not fail the import.
        let _ = self.mount_in_order(due);
    }

    /// Mounts by path, the first first. One that cannot be mounted keeps those below its path from it too,
    /// and no others; the first refusal is told.
    fn mount_in_order(&mut self, names: Vec<DatasetName>) -> Result<(), Refusal> {
        let unmounted = names.into_iter().filter(|name| self.mounted_at(name).is_none());
        let mut due: Vec<(Box<str>, DatasetName)> =
            unmounted.filter_map(|name| Some((self.mountpoint(&name)?, name))).collect();
        due.sort();
        let mut refusal = None;
        let mut failed: Vec<Box<str>> = Vec::new();
        for (path, name) in due {
            if failed.iter().any(|above| below(&path, above)) {
                continue;
            }
            if let Err(why) = self.mount_at_its_place(&name) {
                refusal.get_or_insert(why);
                failed.push(path);
            }
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Mounts a mounted file system again where it is to be, for options that the kernel keeps with the
    /// mount. Where it is mounted elsewhere, that fails.
    pub fn remount(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        let Some(told) = self.set_mountpoint(name).filter(|_| self.is_mountable(name)) else { return Ok(()) };
        let path = plain(&told);
        if !self.folder_exists(&path)
            && let Err(reason) = self.make_folder(&path, Mode::NEW)
        {
            return refuse(1, format!("cannot mount '{told}': failed to create mountpoint: {reason}"));
        }
        let options = self.mount_options(name);
        // It goes by the path: where another file system was mounted over it, that one gets the options.
        match self.top_at(&path).and_then(|index| self.mounts.get_mut(index)).filter(|top| *top.path == *path)
        {
            Some(top) => {
                top.options = options;
                Ok(())
            }
            None => refuse(1, format!("cannot mount '{name}': Invalid argument")),
        }
    }

    /// Returns the options that the kernel shows with a mount that is made now.
    fn mount_options(&self, name: &DatasetName) -> BTreeMap<Box<str>, bool> {
        let is = |property: &str, word: &str| {
            self.setting_of(name, property).is_some_and(|setting| &*setting.raw == word)
        };
        let mut options: BTreeMap<Box<str>, bool> = ["atime", "devices", "exec", "setuid"]
            .into_iter()
            .filter(|property| is(property, "off"))
            .map(|property| (property.into(), false))
            .collect();
        options.insert("readonly".into(), is("readonly", "on"));
        if is("atime", "on") && is("relatime", "on") {
            options.insert("relatime".into(), true);
        }
        options
    }

    /// Tells where the option of a mount is another than the property says: then it is the option that
    /// `zfs get` tells, as temporary. `readonly=on` reaches what is mounted at once.
    pub fn temporary(&self, name: &DatasetName, property: &str, raw: &str) -> Option<Setting> {
        if (property, raw) == ("readonly", "on") {
            return None;
        }
        let mount = self.mounts.iter().find(|mount| mount.dataset == *name)?;
        let word = if *mount.options.get(property)? { "on" } else { "off" };
        (word != raw).then(|| Setting { raw: word.into(), source: Source::Temporary })
    }

    /// Returns whether a file system has a place and may be mounted there.
    pub(super) fn is_mountable(&self, name: &DatasetName) -> bool {
        self.mountpoint(name).is_some() && self.canmount(name) != "off"
    }

    /// Finds the mount that lies on top of a path: the one mounted last over it.
    fn top_at(&self, path: &str) -> Option<usize> {
        self.mounts.iter().rposition(|mount| &*mount.path == path || below(path, &mount.path))
    }

    /// Finds the mount that another lies on; nothing is the root file system.
    fn parent(&self, index: usize) -> Option<usize> {
        let path = &self.mounts.get(index)?.path;
        self.mounts[..index].iter().rposition(|mount| mount.path == *path || below(path, &mount.path))
    }

    /// Returns the file system that a mounted one lies on; nothing is the root file system.
    pub fn lies_on(&self, name: &DatasetName) -> Option<&DatasetName> {
        let index = self.mounts.iter().position(|mount| mount.dataset == *name)?;
        self.parent(index).map(|above| &self.mounts[above].dataset)
    }

    /// Finds the file system that a path lies in: the one mounted last over it. Nothing is the root file system.
    pub fn covering(&self, path: &str) -> Option<&Mount> {
        self.top_at(path).map(|index| &self.mounts[index])
    }

    /// Returns whether a mounted file system cannot be reached, since another was mounted over it.
    pub fn hidden(&self, name: &DatasetName) -> bool {
        self.mounted_at(name)
            .is_some_and(|path| self.covering(path).is_some_and(|mount| mount.dataset != *name))
    }
}

/// Returns whether a path lies below another; it does not lie below itself.
pub fn below(path: &str, above: &str) -> bool {
    if above == "/" {
        return path.len() > 1;
    }
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns an absolute path without doubled or trailing slashes, as the kernel tells it.
pub fn plain(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

/// Returns a path as seen from the root of the mount that it lies in.
pub fn inside<'a>(path: &'a str, mount: &str) -> &'a str {
    path.strip_prefix(mount).unwrap_or(path).trim_start_matches('/')
}
