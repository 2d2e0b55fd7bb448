//! What Proxmox's guests are configured to have, on all nodes, and which of them run.

use crate::{
    LinuxPaths,
    cluster::{Cluster, Failed, cluster, contents, names, unreadable, written},
    look::Look,
    reach::Reach,
};
use phoenix_host::{
    HostError,
    observed::{
        Configured, ContainerState, Containers, Guest, GuestKind, Guests, MachineState, Observed, Unknown,
    },
    text::{
        container_conf::container,
        directory_cfg::{self, DirectoryCfg},
        guest_conf,
        machine_conf::machine,
        package_version::PackageVersion,
    },
};
use std::{collections::BTreeSet, fs, io::ErrorKind, path::Path};

/// Where it says what the ids of directories stand for, below `/etc/pve`.
pub const MAPPINGS: &str = "mapping/directory.cfg";

/// How often a look that sees guests come and go is begun anew.
const TRIES: usize = 5;

/// Reads what guests name, and what they are given, where that is asked for, or what nobody declares is. A process is started only where the
/// version of Proxmox's tools matters.
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
    if let Containers::Found(found) = &mut seen.containers {
        found.version = look.query.pct_version.then(|| version(look.reach, "pve-container")).flatten();
        found.qemu = look.query.qemu_version.then(|| version(look.reach, "qemu-server")).flatten();
    }
    Ok(())
}

/// Asks which version of a package is installed. Where nobody can tell, its tool itself says what it does not know.
fn version(reach: &Reach, package: &str) -> Option<PackageVersion> {
    let told = reach.runner.look(&["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package]);
    PackageVersion::read(told.ok()?.strip_prefix("installed ")?)
}

fn read(paths: &LinuxPaths) -> Result<(Guests, Containers), Unknown> {
    let cluster = cluster(paths)?;
    let found = all(paths)?;
    let uses =
        found.guests.iter().flat_map(|(guest, bytes)| guest_conf::uses(guest, bytes, &found.shared.paths));
    let mut uses: Vec<_> = uses.collect();
    uses.sort();
    Ok((Guests::Found(uses), configured(paths, &cluster, found)))
}

fn configured(paths: &LinuxPaths, cluster: &Cluster, found: Found) -> Containers {
    let up = match Running::find(paths) {
        Ok(up) => up,
        Err(unknown) => return Containers::Unknown(unknown),
    };
    let mut configured = Configured {
        mappings: found.shared.mappings.into(),
        node: cluster.node.clone(),
        virtiofsd: paths.virtiofsd.is_file(),
        blocked: cluster.blocked(),
        ..Configured::default()
    };
    configured.mappings.look(&cluster.node, |path| Path::new(path).is_dir());
    for (Guest { kind, id, node }, bytes) in found.guests {
        let here = node == cluster.node;
        match kind {
            GuestKind::Container => {
                let running = here && up.containers.contains(&id);
                let state = ContainerState { node, here, running, ..container(&bytes) };
                configured.by_id.insert(id, state);
            }
            GuestKind::Machine => {
                let running = here && up.machines.contains(&id);
                let state = MachineState { node, here, running, ..machine(&bytes) };
                configured.machines.insert(id, state);
            }
        }
    }
    Containers::Found(configured)
}

/// The guests that run on this host.
struct Running {
    containers: BTreeSet<u32>,
    machines: BTreeSet<u32>,
}

impl Running {
    /// Finds them: LXC has a socket for each container, which is in no file system, and QEMU one that its machine is
    /// spoken to by. Both are gone with the process that listens.
    fn find(paths: &LinuxPaths) -> Result<Self, Unknown> {
        let sockets = paths.proc.join("net/unix");
        let text = fs::read(&sockets).map_err(|error| Unknown {
            reason: format!(
                "{} cannot be read ({error}), so nobody can tell which guests run",
                sockets.display()
            ),
            help: "see that root can read it, then try again".to_owned(),
        })?;
        let text = String::from_utf8_lossy(&text);
        let names = text.lines().filter_map(|line| line.split_whitespace().last());
        let id =
            |name: &str, start: &str, end: &str| name.strip_prefix(start)?.strip_suffix(end)?.parse().ok();
        let machine = |name| {
            ["/var/run", "/run"].into_iter().find_map(|run| id(name, &format!("{run}/qemu-server/"), ".qmp"))
        };
        Ok(Self {
            containers: names.clone().filter_map(|name| id(name, "@/var/lib/lxc/", "/command")).collect(),
            machines: names.filter_map(machine).collect(),
        })
    }
}

/// Lists the containers that run.
pub fn running_containers(paths: &LinuxPaths) -> Result<BTreeSet<u32>, Unknown> {
    Ok(Running::find(paths)?.containers)
}

/// The guests, each with its configuration, and the folders that machines may see by an id.
pub struct Found {
    pub guests: Vec<(Guest, Vec<u8>)>,
    shared: DirectoryCfg,
}

/// Reads them. One that moves while it is read may be missed: then all is read anew.
pub fn all(paths: &LinuxPaths) -> Result<Found, Unknown> {
    let mut tries = 1;
    loop {
        match once(paths) {
            Ok(found) => return Ok(found),
            Err((_, error)) if error.kind() == ErrorKind::NotFound && tries < TRIES => tries += 1,
            Err((path, error)) => return Err(unreadable(&path, &error)),
        }
    }
}

fn once(paths: &LinuxPaths) -> Result<Found, Failed> {
    let pve = &paths.pve;
    let shared = {
        let path = pve.join(MAPPINGS);
        let bytes = written(&path).map_err(|error| (path, error))?;
        directory_cfg::read(&bytes)
    };
    let mut guests = Vec::new();
    for node in names(&pve.join("nodes"))? {
        for (folder, kind) in [("lxc", GuestKind::Container), ("qemu-server", GuestKind::Machine)] {
            let folder = pve.join("nodes").join(&node).join(folder);
            let files = match names(&folder) {
                Ok(files) => files,
                // A node that was never started has none.
                Err((_, error)) if error.kind() == ErrorKind::NotFound => continue,
                Err(failed) => return Err(failed),
            };
            for file in files {
                let Some(id) = file.strip_suffix(".conf").and_then(|id| id.parse().ok()) else { continue };
                let path = folder.join(&file);
                let bytes = contents(&path).map_err(|error| (path, error))?;
                guests.push((Guest { kind, id, node: node.as_str().into() }, bytes));
            }
        }
    }
    Ok(Found { guests, shared })
}
