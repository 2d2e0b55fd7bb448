//! What follows a change of a mount point: what is unmounted for it, in which order, and mounted again.

use super::mounting::plain;
use crate::state::{Refusal, State};
use phoenix_graph::DatasetName;
use phoenix_host::observed::Source;

/// A file system that a change of a mount point reaches, as it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// Which it is.
    pub name: DatasetName,
    /// Whether it was mounted.
    pub mounted: bool,
    /// Its mount point: a path, `none` or `legacy`.
    pub place: Box<str>,
    /// Whether OpenZFS takes its folder for its own: its mount point is set above it, and it may be mounted.
    pub folder: bool,
}

impl State {
    /// Lists a file system with those whose mount point follows its own, in the order in which OpenZFS
    /// unmounts them: by path, the last first.
    pub fn followers(&self, top: &DatasetName) -> Vec<Follower> {
        let follow = |name: &DatasetName| name == top || self.follows(name, top);
        self.in_order(self.subtree(top).into_iter().filter(follow).collect())
    }

    /// Puts file systems in the order in which OpenZFS unmounts them.
    pub fn in_order(&self, names: Vec<DatasetName>) -> Vec<Follower> {
        let mut found: Vec<Follower> = names
            .into_iter()
            .filter_map(|name| {
                let setting = self.effective(&name, "mountpoint")?;
                let theirs = matches!(setting.source, Source::Inherited(_) | Source::Default);
                let folder = theirs && self.is_mountable(&name);
                Some(Follower { mounted: self.mounted_at(&name).is_some(), place: setting.raw, folder, name })
            })
            .collect();
        found.sort_by(|a, b| b.place.cmp(&a.place).then_with(|| b.name.cmp(&a.name)));
        found
    }

    /// Unmounts followers, all or none: those before one that cannot be unmounted are mounted again, by the
    /// rule of [`State::mount_followers`], so that some may be mounted that were not. The folder of the
    /// first one above is removed then, too, as after a change that was made.
    pub fn unmount_followers(&mut self, followers: &[Follower], all: bool) -> Result<(), Refusal> {
        for (index, follower) in followers.iter().enumerate() {
            if let Err(refusal) = self.unmount_one(&follower.name) {
                if let Some(last) = followers.last() {
                    self.remove_place(last);
                }
                self.mount_followers(&followers[..index], all);
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// Mounts followers again after a change: those that were mounted; and where the mount point itself
    /// was changed, `all` that mount by themselves. One that cannot be mounted leaves the change done.
    pub fn mount_followers(&mut self, followers: &[Follower], all: bool) {
        for follower in followers.iter().rev() {
            let name = &follower.name;
            let due = follower.mounted || (all && self.canmount(name) == "on");
            if due && self.mounted_at(name).is_none() && self.is_mountable(name) && !self.is_locked(name) {
                let _ = self.mount_at_its_place(name);
            }
        }
    }

    /// Removes the folder that OpenZFS made for a file system, where its mount point is not its own.
    pub fn remove_place(&mut self, follower: &Follower) {
        if follower.folder {
            self.remove_folder(&plain(&follower.place));
        }
    }

    /// Returns whether the mount point of a dataset below `top` comes from `top` or from above it.
    fn follows(&self, name: &DatasetName, top: &DatasetName) -> bool {
        // One with a mount point of its own keeps it, and so does all that follows it.
        let mut at = Some(name.clone());
        while let Some(now) = at {
            if now == *top {
                return true;
            }
            if self.datasets.get(&now).is_some_and(|state| state.own("mountpoint").is_some()) {
                return false;
            }
            at = now.parent();
        }
        false
    }
}
