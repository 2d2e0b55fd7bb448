//! Mount points of containers: `pct`.

use crate::{
    cluster::{Kept, conf, contents, locked},
    guests::running_containers,
    reach::Reach,
};
use phoenix_host::{
    HostError,
    error::failed,
    observed::ContainerState,
    op::Op,
    text::{container_conf::container, mount_point::MountPoint},
};
use std::{io, thread, time::Duration};

/// Changes a mount point: only where just that stands there which was planned for, and what stands there then is
/// read again. Or has a container start anew.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    let (container, number) = match op {
        Op::ContainerRestart { container } => return Some(locked(reach, || restart(reach, op, *container))),
        Op::MountPointSet { container, number, .. }
        | Op::MountPointRemove { container, number, .. }
        | Op::MountPointRevert { container, number } => (*container, *number),
        _ => return None,
    };
    Some(locked(reach, || change(reach, op, container, number)))
}

fn change(reach: &Reach, op: &Op, id: u32, number: u16) -> Result<(), HostError> {
    let path = conf(&reach.paths, "lxc", id)?;
    let holds = |after: &ContainerState| {
        let wanted = after.wanted().get(&number).copied().map(MountPoint::read);
        match op {
            Op::MountPointSet { point, .. } => wanted == Some(MountPoint::read(point)),
            Op::MountPointRemove { .. } => wanted.is_none(),
            _ => !after.pending.contains_key(&number),
        }
    };
    Kept { path: &path, bytes: contents, read: &container }.change(
        reach,
        op,
        |before| before.expects(op),
        holds,
    )
}

/// How often it is looked whether a container runs again once `pct reboot` has stopped it, and after how long each time:
/// for 120 s in all.
const LOOKS: u32 = 480;
const BETWEEN: Duration = Duration::from_millis(250);

/// Has a container stop and start, and sees that it runs and nothing waits any more. `pct reboot` stops it; what starts it
/// is a hook of LXC, which nobody waits for.
fn restart(reach: &Reach, op: &Op, id: u32) -> Result<(), HostError> {
    let path = conf(&reach.paths, "lxc", id)?;
    let kept = Kept { path: &path, bytes: contents, read: &container };
    reach.runner.change(&op.argv().unwrap_or_default())?;
    let told = |why: String| failed("restart the container of", &path, io::Error::other(why));
    let mut runs = false;
    for _ in 0..LOOKS {
        runs = running_containers(&reach.paths).map_err(|unknown| told(unknown.reason))?.contains(&id);
        if runs && kept.now()?.0.pending.is_empty() {
            return Ok(());
        }
        thread::sleep(BETWEEN);
    }
    Err(told(if runs {
        "it runs, and what waited for its start still waits".to_owned()
    } else {
        format!("it does not run 2 minutes after `pct reboot`: `pct start {id}` says why")
    }))
}
