//! Disks: what a path leads to, what is on it, and the labels that pools leave.

use crate::state::{Content, Refusal, State, refuse};
use phoenix_graph::PoolName;
use phoenix_host::observed::{DiskState, Found, Label};

impl State {
    /// Plugs blank devices in, one for each path that leads nowhere yet.
    pub fn add_blank_disks<'a>(&mut self, paths: impl IntoIterator<Item = &'a str>) {
        for path in paths {
            if !self.disks.contains_key(path) {
                self.disks.insert(path.into(), device_of(path));
                self.devices.entry(device_of(path)).or_insert(Content::Blank);
            }
        }
    }

    /// Finds the device that a path leads to. Where the host takes everything, any path below `/dev` leads to one.
    fn device(&self, path: &str) -> Option<Box<str>> {
        let plugged = || (self.plug_everything && path.starts_with("/dev/")).then(|| device_of(path));
        self.disks.get(path).cloned().or_else(plugged)
    }

    /// Says what a disk's path leads to. `own` is the pool that asks: its own devices are not looked into.
    pub fn disk(&self, path: &str, own: &PoolName) -> DiskState {
        let Some(device) = self.device(path) else { return DiskState::Missing };
        let holds = |thing| DiskState::Holds(device.clone(), vec![thing]);
        let label = |pool: &PoolName| holds(Found::label(Label::Of(pool.as_str().into())));
        match self.devices.get(&device) {
            None | Some(Content::Blank) => DiskState::Blank(device.clone()),
            Some(Content::Foreign(things)) => {
                let things = things.iter().cloned().map(Found::other).collect();
                DiskState::Holds(device.clone(), things)
            }
            Some(Content::Label { pool, destroyed: true, .. }) => label(pool),
            Some(Content::Former { pool, guid, nameless }) => {
                let own = self.pools.get(own).is_some_and(|state| state.guid == *guid && !state.exported);
                match nameless {
                    true => holds(Found::label(Label::Nameless)),
                    false if own => DiskState::Left(device.clone()),
                    false => label(pool),
                }
            }
            Some(Content::Label { pool, guid, .. }) => match self.pools.get(pool) {
                Some(state) if state.guid == *guid && !state.exported && pool == own => {
                    DiskState::Device(device.clone())
                }
                Some(state) if state.guid == *guid && !state.exported => {
                    holds(Found::other(format!("a disk of the imported pool \"{pool}\"")))
                }
                _ => label(pool),
            },
        }
    }

    /// Refuses a disk that a pool cannot be made on, with the words of `zpool create`.
    pub fn check_free(&self, path: &str) -> Result<Box<str>, Refusal> {
        let Some(device) = self.device(path) else {
            return refuse(1, format!("cannot resolve path '{path}'"));
        };
        let forcible = |text: String| {
            refuse(
                1,
                format!("invalid vdev specification\nuse '-f' to override the following errors:\n{text}"),
            )
        };
        match self.devices.get(&device) {
            None | Some(Content::Blank | Content::Former { .. } | Content::Label { destroyed: true, .. }) => {
                Ok(device)
            }
            // A partition table alone does not trouble OpenZFS: it is for phoenix to refuse it.
            Some(Content::Foreign(things))
                if things.iter().all(|thing| thing.starts_with("a partition table")) =>
            {
                Ok(device)
            }
            Some(Content::Foreign(things)) => forcible(format!("{path} contains {}", things.join(", "))),
            // A whole disk cannot even be opened; of a partition the label is read.
            Some(Content::Label { pool, .. }) if self.imported(pool) && path.contains("-part") => {
                forcible(format!("{path} is part of active pool '{pool}'"))
            }
            Some(Content::Label { pool, .. }) if self.imported(pool) => {
                refuse(1, format!("{path} is in use and contains a unknown filesystem."))
            }
            Some(Content::Label { pool, .. }) => {
                forcible(format!("{path} is part of exported pool '{pool}'"))
            }
        }
    }

    /// `zpool labelclear`.
    pub fn label_clear(&mut self, path: &str) -> Result<(), Refusal> {
        let Some(device) = self.device(path) else {
            return refuse(1, format!("failed to open {path}: No such file or directory"));
        };
        match self.devices.get(&device) {
            Some(Content::Label { pool, destroyed: false, .. }) if self.imported(pool) => {
                refuse(1, format!("{path} is a member (ACTIVE) of pool \"{pool}\""))
            }
            Some(Content::Label { pool, destroyed: false, .. }) => refuse(
                1,
                format!(
                    "use '-f' to override the following error:\n{path} is a member of exported pool \"{pool}\""
                ),
            ),
            Some(Content::Label { .. } | Content::Former { .. }) => {
                self.devices.insert(device, Content::Blank);
                Ok(())
            }
            _ => refuse(1, format!("failed to check state for {path}")),
        }
    }
}

/// Names the device behind a path, from the path alone: a path right below `/dev` is its own device.
fn device_of(path: &str) -> Box<str> {
    match path.strip_prefix("/dev/") {
        Some(rest) if !rest.contains('/') => path.into(),
        _ => format!("/dev/sim{}", path.strip_prefix("/dev").unwrap_or(path).replace('/', "-")).into(),
    }
}
