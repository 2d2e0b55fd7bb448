//! Where file systems are mounted, and the folders and files that a user sees.

mod folders;
mod followers;
mod made;
mod mounting;
mod remembered;

pub use followers::Follower;
pub use mounting::{inside, plain};

use crate::{
    given::{Given, Roots},
    state::{Mount, State},
};
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    observed::{Mounts, Observed, Query},
    op::Op,
};
use std::{collections::BTreeMap, path::Path};

/// Looks at what is mounted, and at the links that mount points pass.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    seen.mounts = state.mount_table();
    seen.links_passed = state.links_passed(query);
    Ok(())
}

/// Mounts and unmounts.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let done = match op {
        Op::DatasetMount { dataset } if state.is_seen(dataset) => Ok(()),
        Op::DatasetMount { dataset } => state.mount(dataset),
        Op::MountAll { .. } => state.mount_all(),
        Op::Unmount { dataset, place } => state.umount(dataset, place),
        Op::DatasetUnmount { dataset } => state.unmount(dataset),
        _ => return None,
    };
    Some(done.map_err(|refusal| match op {
        Op::Unmount { dataset, .. } | Op::DatasetUnmount { dataset } => {
            state.remembered(dataset, refusal.of(op))
        }
        _ => refusal.of(op),
    }))
}

/// Returns the first half of an operation that has several parts.
pub fn half(op: &Op) -> Option<Op> {
    match op {
        Op::MountAll { datasets } if datasets.len() > 1 => {
            datasets.first().map(|dataset| Op::DatasetMount { dataset: dataset.clone() })
        }
        _ => None,
    }
}

/// Everything with `canmount=on` and a path is mounted in order. What cannot be mounted is in the boot's log.
pub fn boot(state: &mut State, _: &Roots) {
    state.mounts.clear();
    state.remembered.clear();
    let _ = state.mount_all();
}

impl State {
    /// Finds the links that mount points pass.
    fn links_passed(&self, query: &Query) -> BTreeMap<Box<str>, (Box<str>, Box<str>)> {
        let passed = |path: &str| {
            let (link, target) = self.links.iter().find(|(link, _)| Path::new(path).starts_with(link))?;
            Some((link.to_str()?.into(), target.to_str()?.into()))
        };
        query.mountpoints.iter().filter_map(|path| Some((path.clone(), passed(path)?))).collect()
    }

    /// Lists what is mounted as `/proc/self/mountinfo` does.
    fn mount_table(&self) -> Mounts {
        let altroot = |name: &DatasetName| {
            let raw = self.pools.get(&name.pool())?.settings.get("altroot")?;
            raw.starts_with('/').then(|| raw.to_string())
        };
        let placed: Vec<(&Mount, Box<str>)> = self
            .mounts
            .iter()
            .map(|mount| {
                let before = altroot(&mount.dataset).unwrap_or_default();
                (mount, format!("{before}{}", mount.path).into())
            })
            .collect();
        let mut table = Mounts::of(placed.iter().map(|(mount, place)| (&mount.dataset, &**place)));
        // A pool below another folder is mounted there; its mount points do not say so.
        let moved = placed.into_iter().filter(|(mount, place)| mount.path != *place);
        table.links = moved.map(|(mount, place)| (mount.path.clone(), place)).collect();
        table
    }
}
