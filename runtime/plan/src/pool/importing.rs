//! Pools on disks that are not imported by their names alone: phoenix forces nothing, and tells what a person
//! may do, and what that risks.

use crate::{code, why::Why};
use phoenix_graph::PoolName;
use phoenix_host::{observed::ImportObstacle, op::render::DISK_LINKS};

/// Says why a pool is not imported, and the way out.
pub fn told(pool: &PoolName, obstacle: &ImportObstacle) -> Why {
    let import = |option: &str| format!("`zpool import -d {DISK_LINKS} {option} {pool}`");
    let by_hand = "then plan again";
    match obstacle {
        ImportObstacle::Unavailable { status } => Why::new(
            code::POOL_UNAVAILABLE,
            format!("the pool is on disks, and cannot be imported: {status}"),
            format!(
                "`zpool import -d {DISK_LINKS}` shows what is missing: bring those disks back, {by_hand}"
            ),
        ),
        ImportObstacle::OtherSystem => Why::new(
            code::POOL_ELSEWHERE,
            "another system used the pool last, and did not export it",
            format!(
                "export it there. Where that system is surely off, or this one under another hostid: {}, {by_hand}. Imported by two systems at once, a pool is destroyed",
                import("-f")
            ),
        ),
        ImportObstacle::InUse => Why::new(
            code::POOL_ELSEWHERE,
            "another system has the pool imported now",
            "export it there (`zpool export`), then plan again; never import it by force: that destroys it",
        ),
        ImportObstacle::Log { devices } => Why::new(
            code::LOG_DEVICE_MISSING,
            format!("a device of the pool's intent log is not there: {}", devices.join(", ")),
            format!(
                "bring it back, or import without it: {}, {by_hand}. What was synced in the last seconds before the pool stopped, and stands in that log alone, is lost by that",
                import("-m")
            ),
        ),
        ImportObstacle::ReadOnly => Why::new(
            code::POOL_TOO_NEW,
            "the pool has features that this version of OpenZFS does not know: it can be imported to be read alone",
            format!("use a newer OpenZFS; or copy the data off: {}", import("-o readonly=on")),
        ),
        ImportObstacle::Other { action } => Why::new(
            code::IMPORT_BY_HAND,
            format!("the pool is not imported by its name alone: {action}"),
            format!("see what `zpool import -d {DISK_LINKS}` says, import it by hand, {by_hand}"),
        ),
        ImportObstacle::Several { ids } => Why::new(
            code::IMPORT_BY_HAND,
            format!("{} pools of this name are on the disks, with the ids {}", ids.len(), ids.join(" and ")),
            format!(
                "import the right one by its id (`zpool import -d {DISK_LINKS} {}`), {by_hand}",
                ids.first().map_or("ID", |id| id)
            ),
        ),
    }
}
