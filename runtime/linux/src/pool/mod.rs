//! Pools: their vdevs and properties, those that can be imported, and the disks that are asked for.

mod disks;
mod importing;
mod layout;
pub mod properties;
mod status;

use crate::{look::Look, reach::Reach, run::Runner};
use phoenix_graph::PoolName;
use phoenix_host::{
    HostError,
    observed::{ImportObstacle, Observed, PoolState, Query},
    op::{Op, render::DISK_LINKS},
    text::complaints::Complaint,
};
use properties::PoolSettings;
use std::collections::{BTreeMap, BTreeSet};

/// Looks at pools and disks.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let (query, paths, runner) = (look.query, &look.reach.paths, &look.reach.runner);
    (seen.importable, seen.obstacles) = importable(runner, query, &look.pools)?;
    let (mut statuses, disks) = layout::layouts(paths, runner, query, &look.pools, &look.status)?;
    for (name, settings) in &look.pools {
        let status = statuses.remove(name).unwrap_or_default();
        let layout = disks.vdevs(paths, &status.layout);
        let (work, checkpoint) = (status.work, status.checkpoint);
        let state = properties::state(query, settings.clone())?;
        seen.pools.insert(name.clone(), PoolState { work, checkpoint, layout, ..state });
    }
    (seen.disks, seen.written) = (disks.states, disks.written);
    seen.disk_names = if query.everything { disks::names(paths)? } else { BTreeMap::new() };
    Ok(())
}

/// Carries out what is done to a pool and takes more than its command.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    Some(match op {
        Op::PoolDestroy { .. } | Op::PoolExport { .. } => {
            reach.settle();
            reach.change(op)
        }
        Op::LabelClear { disk } => {
            let disk = disks::label_place(&reach.paths, disk).into();
            reach.change(&Op::LabelClear { disk })
        }
        _ => return None,
    })
}

/// The exported pools that were found, and what keeps some from being imported.
type Importable = (BTreeSet<PoolName>, BTreeMap<PoolName, Vec<ImportObstacle>>);

/// Looks for exported pools, where one that is asked for is not there.
fn importable(
    runner: &Runner,
    query: &Query,
    there: &BTreeMap<PoolName, PoolSettings>,
) -> Result<Importable, HostError> {
    if query.pools.keys().all(|pool| there.contains_key(pool)) {
        return Ok((BTreeSet::new(), BTreeMap::new()));
    }
    let (mut found, mut obstacles) = match runner.look_lossy(&["zpool", "import", "-d", DISK_LINKS]) {
        Ok(text) => (importing::importable(&text), importing::obstacles(&text)),
        // Some versions end in an error where there are none, and where there is no folder of links.
        Err(error) if error.complains_of(Complaint::NoPools) || error.complains_of(Complaint::NoFile) => {
            (BTreeSet::new(), BTreeMap::new())
        }
        Err(error) => return Err(error),
    };
    found.retain(|pool| query.pools.contains_key(pool) && !there.contains_key(pool));
    obstacles.retain(|pool, _| found.contains(pool));
    Ok((found, obstacles))
}
