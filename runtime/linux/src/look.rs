//! A look at the whole host: what OpenZFS tells of all pools and datasets at once, side by side. From there on each
//! kind adds what is seen of it.

use crate::{
    LinuxPaths,
    dataset::properties as datasets,
    grid::{self, Cells, Table},
    pool::properties::{self as pools, PoolSettings},
    reach::Reach,
    run::Runner,
};
use phoenix_graph::PoolName;
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{Observed, Query},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, thread,
};

/// A look, with what every kind may go by.
pub struct Look<'a> {
    pub reach: &'a Reach,
    pub query: &'a Query,
    /// The properties of the imported pools.
    pub pools: BTreeMap<PoolName, PoolSettings>,
    /// What `zpool status -P` said.
    pub status: String,
}

impl<'a> Look<'a> {
    /// Asks for what is told in tables. The datasets are seen then.
    pub fn begin(reach: &'a Reach, query: &'a Query) -> Result<(Self, Observed), HostError> {
        let runner = &reach.runner;
        let known = version(&reach.paths).ok();
        let (pools, status, datasets) = thread::scope(|scope| {
            let pools = scope.spawn(|| {
                let features = pools::features(runner, query)?;
                let asked = pools::asked(query, known, &features);
                pools::pools(&table(runner, Table::Pools, query, asked)?)
            });
            let status = scope.spawn(|| runner.look_lossy(&["zpool", "status", "-P"]));
            let datasets = table(runner, Table::Datasets, query, datasets::asked(query, known))
                .and_then(|cells| datasets::datasets(&cells));
            (join(pools), join(status), datasets)
        });
        let datasets = datasets?;
        let look = Self { reach, query, pools: pools?, status: status? };
        // The tools load the module where it was not.
        let zfs = known.map_or_else(|| version(&reach.paths), Ok)?;
        Ok((look, Observed { zfs, datasets, ..Observed::default() }))
    }
}

/// Reads these properties of all pools or datasets; where everything is asked for, first which there are.
fn table(runner: &Runner, table: Table, query: &Query, asked: BTreeSet<&str>) -> Result<Cells, HostError> {
    let all = if query.everything { grid::sources(runner, table, &[])? } else { BTreeMap::new() };
    let there = all.values().flatten().map(|(property, _)| property.as_str());
    let properties: BTreeSet<&str> = asked.into_iter().chain(there).collect();
    grid::get(runner, table, &properties, &[])
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T, HostError>>) -> Result<T, HostError> {
    thread.join().unwrap_or_else(|_| Err(unreadable("phoenix", "a thread that looked has ended", "")))
}

/// Reads the module's version: `2.3.2-1~bpo12+1`.
fn version(paths: &LinuxPaths) -> Result<(u32, u32), HostError> {
    let path = paths.sys.join("module/zfs/version");
    let text = fs::read_to_string(&path).map_err(|error| HostError::NoTool {
        tool: "zfs kernel module".to_owned(),
        looked: format!("{}: {error}", path.display()),
        help: "install it for the running kernel (`zfs-dkms`; Proxmox VE has it), then `modprobe zfs`"
            .to_owned(),
    })?;
    let mut numbers = text.trim().split(['.', '-', '~']).map(|part| part.parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => Ok((major, minor)),
        _ => Err(unreadable("zfs", "the module's version", &text)),
    }
}
