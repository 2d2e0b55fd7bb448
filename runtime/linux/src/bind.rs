//! What Proxmox's guests name, its containers with their mount points, and `pct`.

use crate::{
    LinuxPaths,
    cluster::{Cluster, cluster, contents, locked},
    guests,
    look::Look,
    reach::Reach,
};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Configured, ContainerState, Containers, Guest, GuestKind, Guests, Observed, Unknown},
    op::Op,
    text::{container_conf::container, guest_conf, mount_point::MountPoint, pct_version::PctVersion},
};
use sha1::{Digest, Sha1};
use std::{
    collections::BTreeSet,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Reads what guests name, and the containers, where they are asked for, or what nobody declares is. A process is started only where the version of
/// `pve-container` matters.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    if !look.query.guests && !look.query.foreign {
        return Ok(());
    }
    (seen.guests, seen.containers) = match look.reach.runner.tool("pvesm") {
        Err(HostError::NoTool { .. }) => (Guests::NoProxmox, Containers::NoProxmox),
        Err(error) => return Err(error),
        Ok(_) => read(&look.reach.paths)
            .unwrap_or_else(|unknown| (Guests::Unknown(unknown.clone()), Containers::Unknown(unknown))),
    };
    if let (true, Containers::Found(found)) = (look.query.pct_version, &mut seen.containers) {
        found.version = version(look.reach);
    }
    Ok(())
}

/// Asks which version of `pve-container` is installed. Where nobody can tell, `pct` itself says what it does not know.
fn version(reach: &Reach) -> Option<PctVersion> {
    let told = reach.runner.look(&["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", "pve-container"]);
    PctVersion::read(told.ok()?.strip_prefix("installed ")?)
}

fn read(paths: &LinuxPaths) -> Result<(Guests, Containers), Unknown> {
    let cluster = cluster(paths)?;
    let found = guests::read(paths)?;
    let uses = found.guests.iter().flat_map(|(guest, bytes)| guest_conf::uses(guest, bytes, &found.shared));
    let mut uses: Vec<_> = uses.collect();
    uses.sort();
    Ok((Guests::Found(uses), containers(paths, &cluster, &found)))
}

fn containers(paths: &LinuxPaths, cluster: &Cluster, found: &guests::Found) -> Containers {
    let up = match running(paths) {
        Ok(up) => up,
        Err(unknown) => return Containers::Unknown(unknown),
    };
    let containers = found.guests.iter().filter(|(guest, _)| guest.kind == GuestKind::Container);
    let state = |(guest, bytes): &(Guest, Vec<u8>)| {
        let here = guest.node == cluster.node;
        let running = here && up.contains(&guest.id);
        (guest.id, ContainerState { node: guest.node.clone(), here, running, ..container(bytes) })
    };
    let machines = found.guests.iter().filter(|(guest, _)| guest.kind == GuestKind::Machine);
    Containers::Found(Configured {
        by_id: containers.map(state).collect(),
        machines: machines.map(|(guest, _)| guest.id).collect(),
        blocked: cluster.blocked(),
        version: None,
    })
}

/// Lists the containers that run: LXC has a socket for each, which is in no file system.
fn running(paths: &LinuxPaths) -> Result<BTreeSet<u32>, Unknown> {
    let sockets = paths.proc.join("net/unix");
    let text = fs::read(&sockets).map_err(|error| Unknown {
        reason: format!(
            "{} cannot be read ({error}), so nobody can tell which containers run",
            sockets.display()
        ),
        help: "see that root can read it, then try again".to_owned(),
    })?;
    let id = |line: &str| {
        let name = line.split_whitespace().last()?;
        name.strip_prefix("@/var/lib/lxc/")?.strip_suffix("/command")?.parse().ok()
    };
    Ok(String::from_utf8_lossy(&text).lines().filter_map(id).collect())
}

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
    let path = conf(&reach.paths, id)?;
    let (before, digest) = now(&path)?;
    before.expects(op).map_err(|why| failed("change", &path, io::Error::other(why)))?;
    // Whoever writes to it in between is told by Proxmox.
    let mut argv = op.argv().unwrap_or_default();
    argv.extend(["--digest".to_owned(), digest]);
    reach.runner.change(&argv)?;
    let (after, _) = now(&path)?;
    let wanted = after.wanted().get(&number).copied().map(MountPoint::read);
    let holds = match op {
        Op::MountPointSet { point, .. } => wanted == Some(MountPoint::read(point)),
        Op::MountPointRemove { .. } => wanted.is_none(),
        _ => !after.pending.contains_key(&number),
    };
    if holds {
        return Ok(());
    }
    let other = format!("mp{number} of container {id} is not what `pct` was given, though it said nothing");
    Err(failed("change", &path, io::Error::other(other)))
}

/// How often it is looked whether a container runs again once `pct reboot` has stopped it, and after how long each time:
/// for 120 s in all.
const LOOKS: u32 = 480;
const BETWEEN: Duration = Duration::from_millis(250);

/// Has a container stop and start, and sees that it runs and nothing waits any more. `pct reboot` stops it; what starts it
/// is a hook of LXC, which nobody waits for.
fn restart(reach: &Reach, op: &Op, id: u32) -> Result<(), HostError> {
    let path = conf(&reach.paths, id)?;
    reach.runner.change(&op.argv().unwrap_or_default())?;
    let told = |why: String| failed("restart the container of", &path, io::Error::other(why));
    let mut runs = false;
    for _ in 0..LOOKS {
        runs = running(&reach.paths).map_err(|unknown| told(unknown.reason))?.contains(&id);
        if runs && now(&path)?.0.pending.is_empty() {
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

/// Reads a container's configuration, with the digest that Proxmox has of it.
fn now(path: &Path) -> Result<(ContainerState, String), HostError> {
    let bytes = contents(path).map_err(|error| failed("read", path, error))?;
    let digest = Sha1::digest(&bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Ok((container(&bytes), digest))
}

/// Returns where the configuration of a container of this node is.
fn conf(paths: &LinuxPaths, id: u32) -> Result<PathBuf, HostError> {
    let node = cluster(paths).map_err(|unknown| {
        failed("read", &paths.pve, io::Error::other(format!("{}; {}", unknown.reason, unknown.help)))
    })?;
    Ok(paths.pve.join("nodes").join(&*node.node).join("lxc").join(format!("{id}.conf")))
}
