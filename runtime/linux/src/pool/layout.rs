//! The vdevs of pools, and what the disks that are asked for have on them.

use super::{
    disks::{self, Findings},
    properties::PoolSettings,
    status::{self, Leaf, Shown, Status},
};
use crate::{LinuxPaths, run::Runner};
use phoenix_graph::{Disk, PoolName};
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{DiskState, Found, Label, Query, VdevDisk, VdevState},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// How often a pool's layout is read again that changes while it is read.
const TRIES: usize = 5;

/// Reads the layouts of all pools and finds the disks. Where something may be changed, each is named by its
/// GUID, since a path may lead elsewhere by then. A replacement that ends between the two commands changes
/// the tree, and then both are run again.
pub fn layouts(
    paths: &LinuxPaths,
    runner: &Runner,
    query: &Query,
    settings: &BTreeMap<PoolName, PoolSettings>,
    status: &str,
) -> Result<(BTreeMap<PoolName, Status>, Disks), HostError> {
    let mut status = Cow::from(status);
    for left in (0..TRIES).rev() {
        let statuses = status::statuses(&status, None)?;
        let asked = |pool: &PoolName| query.everything || query.pools.contains_key(pool);
        let mut unread = statuses.iter().filter(|(pool, _)| asked(pool));
        if let Some((pool, reason)) = unread.find_map(|(pool, status)| Some((pool, status.unread.as_ref()?)))
        {
            return Err(unreadable("zpool status", &format!("the layout of {pool}: {reason}"), ""));
        }
        let disks = Disks::look(paths, runner, query, &statuses, settings)?;
        if !disks.differ(paths, query, &statuses) {
            return Ok((statuses, disks));
        }
        let numbers = runner.look(&["zpool", "status", "-g"])?;
        match status::statuses(&status, Some(&numbers)) {
            Ok(statuses) => return Ok((statuses, disks)),
            Err(error) if left == 0 => return Err(error),
            Err(_) => status = runner.look_lossy(&["zpool", "status", "-P"])?.into(),
        }
    }
    Err(unreadable("zpool status", "the pools change faster than they can be looked at", ""))
}

/// The disks that were asked for.
pub struct Disks {
    pub states: BTreeMap<Disk, DiskState>,
    /// Those of the blank ones that have bytes other than zero at their beginning or end.
    pub written: BTreeSet<Disk>,
    /// The devices that the paths asked for lead to.
    named: BTreeSet<Box<str>>,
}

impl Disks {
    /// Finds every disk, and looks into those that are in no imported pool.
    fn look(
        paths: &LinuxPaths,
        runner: &Runner,
        query: &Query,
        statuses: &BTreeMap<PoolName, Status>,
        settings: &BTreeMap<PoolName, PoolSettings>,
    ) -> Result<Self, HostError> {
        let found: Vec<_> = query
            .pools
            .iter()
            .flat_map(|(pool, disks)| disks.iter().map(move |disk| (pool, disk, disks::device(&disk.0))))
            .collect();
        let named: BTreeSet<Box<str>> = found.iter().filter_map(|(_, _, device)| device.clone()).collect();
        let members = members(paths, statuses, &named);
        let strange: BTreeSet<Box<str>> =
            named.iter().filter(|device| !members.contains_key(*device)).cloned().collect();
        let findings = if strange.is_empty() {
            Findings::default()
        } else {
            let probed = disks::probed(paths, &strange);
            let mut argv = vec!["wipefs", "--no-act", "--json", "--"];
            argv.extend(probed.iter().map(|device| &**device));
            disks::findings(paths, &runner.look_lossy(&argv)?)?
        };
        let guid = |pool: &PoolName| settings.get(pool)?.get("guid")?.raw.parse::<u64>().ok();
        let mut looked = Disks { states: BTreeMap::new(), written: BTreeSet::new(), named };
        for (pool, disk, device) in found {
            let state = match device {
                None => DiskState::Missing,
                Some(device) => match members.get(&device) {
                    Some(owner) if *owner == pool => DiskState::Device(device),
                    Some(owner) => {
                        let words = format!("a disk of the imported pool \"{owner}\"");
                        DiskState::Holds(device, vec![Found::other(words)])
                    }
                    None if let Some(label) =
                        guid(pool).and_then(|guid| findings.label_alone(paths, &device, guid)) =>
                    {
                        // Where that cannot be read, `zpool` refuses the disk itself.
                        let said = runner.look_lossy(&["zdb", "-l", "--", &label]).unwrap_or_default();
                        if disks::is_exported(&said) {
                            let label = Found::label(Label::Of(pool.as_str().into()));
                            let words = label.words.clone() + ", as exported";
                            DiskState::Holds(device, vec![Found { words, ..label }])
                        } else {
                            DiskState::Left(device)
                        }
                    }
                    None => match findings.on(paths, &device) {
                        things if things.is_empty() => {
                            if disks::is_written(paths, &device) {
                                looked.written.insert(disk.clone());
                            }
                            DiskState::Blank(device)
                        }
                        things => DiskState::Holds(device, things),
                    },
                },
            };
            looked.states.insert(disk.clone(), state);
        }
        Ok(looked)
    }

    /// Says whether a pool has other disks than those that are asked for, or is not whole: then something
    /// may be changed in it.
    fn differ(&self, paths: &LinuxPaths, query: &Query, statuses: &BTreeMap<PoolName, Status>) -> bool {
        query.pools.iter().any(|(pool, asked)| {
            let (Some(status), false) = (statuses.get(pool), asked.is_empty()) else { return false };
            let leaves = || status.layout.iter().flat_map(Shown::leaves);
            let there: BTreeSet<Box<str>> =
                leaves().map(|leaf| disks::vdev_device(paths, &leaf.path, &self.named)).collect();
            let wanted: BTreeSet<Box<str>> = asked
                .iter()
                .map(|disk| self.states.get(disk).and_then(DiskState::device).unwrap_or(&disk.0).into())
                .collect();
            there != wanted || leaves().any(|leaf| leaf.lost || leaf.replaces.is_some())
        })
    }

    pub fn vdevs(&self, paths: &LinuxPaths, layout: &[Shown]) -> Vec<VdevState> {
        let vdev = |vdev: &Shown| VdevState {
            class: vdev.class,
            redundancy: vdev.redundancy.clone(),
            disks: vdev.disks.iter().map(|leaf| self.disk(paths, leaf)).collect(),
            name: vdev.name.clone(),
            leaving: vdev.leaving,
        };
        layout.iter().map(vdev).collect()
    }

    fn disk(&self, paths: &LinuxPaths, leaf: &Leaf) -> VdevDisk {
        let device = disks::vdev_device(paths, &leaf.path, &self.named);
        VdevDisk {
            given: disks::given(&leaf.path, &device),
            path: leaf.path.clone(),
            device,
            name: leaf.name.clone(),
            state: leaf.state.clone(),
            lost: leaf.lost,
            replaces: leaf.replaces.as_ref().map(|old| Box::new(self.disk(paths, old))),
        }
    }
}

/// Lists the devices that are in imported pools. What is at the path of a disk that its pool has lost is
/// no disk of it.
fn members<'a>(
    paths: &LinuxPaths,
    statuses: &'a BTreeMap<PoolName, Status>,
    named: &BTreeSet<Box<str>>,
) -> BTreeMap<Box<str>, &'a PoolName> {
    let mut members: BTreeMap<Box<str>, &PoolName> = BTreeMap::new();
    for (pool, status) in statuses {
        for leaf in status.layout.iter().flat_map(Shown::leaves).filter(|leaf| !leaf.lost) {
            members.insert(disks::vdev_device(paths, &leaf.path, named), pool);
            let device = disks::shown_device(&leaf.path);
            // The whole disk is no other's either, where a pool has but a partition of it.
            members.extend(disks::whole_disk(paths, &device).map(|disk| (disk, pool)));
            members.insert(device, pool);
        }
    }
    members
}
