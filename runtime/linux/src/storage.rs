//! Proxmox VE: whether its cluster file system is there, its registrations, what its guests name, and `pvesm`.
//!
//! `/etc/pve` is served by pmxcfs. Where that does not run the folder is an empty one: what is not there
//! then is unknown, not absent.

use crate::{LinuxPaths, look::Look, reach::Reach};
use phoenix_host::{
    HostError,
    observed::{Guest, GuestKind, Guests, Observed, Storages, Unknown},
    op::Op,
    text::{complaints::Complaint, guest_conf, storage_cfg},
};
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::Path,
    sync::PoisonError,
    thread,
    time::Duration,
};

/// The most that pmxcfs keeps in one file: 1 MiB.
const LARGEST: u64 = 1 << 20;

/// How often a look that sees guests come and go is begun anew.
const TRIES: usize = 5;

/// How long is waited before a lock is tried again, each time: `pvesm` itself has waited 10 s by then.
const WAITS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Reads the registrations and what guests name, as far as they are asked for. No process is started.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    let query = look.query;
    let asked = query.storages || query.foreign;
    if !asked && !query.guests {
        return Ok(());
    }
    let storages = |storages| if asked { storages } else { Storages::NotAsked };
    let guests = |guests| if query.guests { guests } else { Guests::NotAsked };
    (seen.storages, seen.guests) = match look.reach.runner.tool("pvesm") {
        Err(HostError::NoTool { .. }) => (storages(Storages::NoProxmox), guests(Guests::NoProxmox)),
        Err(error) => return Err(error),
        Ok(_) => match cluster(&look.reach.paths) {
            Err(unknown) => (storages(Storages::Unknown(unknown.clone())), guests(Guests::Unknown(unknown))),
            Ok(cluster) => {
                let pve = &look.reach.paths.pve;
                let named = if query.guests { named(pve) } else { Guests::NotAsked };
                (storages(registrations(&pve.join("storage.cfg"), &cluster)), named)
            }
        },
    };
    Ok(())
}

/// Changes registrations. `pvesm` runs one at a time: its lock lasts 10 s, and several at once starve.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    matches!(op, Op::StorageAdd { .. } | Op::StorageSet { .. } | Op::StorageRemove { .. }).then(|| {
        let _one = reach.pvesm.lock().unwrap_or_else(PoisonError::into_inner);
        for wait in WAITS {
            match reach.change(op) {
                // It could not get its lock, which somebody else holds, and has done nothing.
                Err(error) if error.complains_of(Complaint::Locked) => thread::sleep(wait),
                other => return other,
            }
        }
        reach.change(op)
    })
}

/// What pmxcfs says of itself.
struct Cluster {
    /// Whether it takes changes: a node alone always does.
    quorate: bool,
}

/// Asks pmxcfs how it is. It alone serves `.members`, below a mount of its own.
fn cluster(paths: &LinuxPaths) -> Result<Cluster, Unknown> {
    let unknown = |reason: String| Unknown {
        reason: format!(
            "{reason}: Proxmox's cluster file system does not seem to run, so nobody can tell what it holds"
        ),
        help: "see `systemctl status pve-cluster`, bring it to run, then try again".to_owned(),
    };
    let mountinfo = paths.proc.join("self/mountinfo");
    let mounts = fs::read(&mountinfo)
        .map_err(|error| unknown(format!("{} cannot be read ({error})", mountinfo.display())))?;
    let mounted = mounts
        .split(|&byte| byte == b'\n')
        .any(|line| line.split(|&byte| byte == b' ').nth(4) == Some(b"/etc/pve"));
    if !mounted {
        return Err(unknown("nothing is mounted at /etc/pve".to_owned()));
    }
    let members = contents(&paths.pve.join(".members"))
        .map_err(|error| unknown(format!("/etc/pve/.members cannot be read ({error})")))?;
    let members: serde_json::Value = serde_json::from_slice(&members)
        .map_err(|_| unknown("/etc/pve/.members says nothing that can be read".to_owned()))?;
    let quorate = members.pointer("/cluster/quorate").and_then(serde_json::Value::as_i64);
    Ok(Cluster { quorate: quorate != Some(0) })
}

fn registrations(path: &Path, cluster: &Cluster) -> Storages {
    let mut found = match contents(path) {
        Ok(bytes) => storage_cfg::storages(&bytes),
        // Before the first write there is no such file.
        Err(error) if error.kind() == ErrorKind::NotFound => storage_cfg::storages(b""),
        Err(error) => return Storages::Unknown(unreadable(path, &error)),
    };
    if let (Storages::Found(found), false) = (&mut found, cluster.quorate) {
        found.blocked = Some(
            "this node is in no quorum of its cluster, so nothing in /etc/pve can be written".to_owned(),
        );
    }
    found
}

fn unreadable(path: &Path, error: &io::Error) -> Unknown {
    Unknown {
        reason: format!("{} cannot be read: {error}", path.display()),
        help: "see that root can read it, and `systemctl status pve-cluster`; then try again".to_owned(),
    }
}

/// Reads a file of pmxcfs's, which keeps none that is larger than 1 MiB.
fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(bytes)
}

/// Reads what the guests of all nodes name. One that moves while it is read may be missed: then all is read anew.
fn named(pve: &Path) -> Guests {
    let mut last = None;
    for _ in 0..TRIES {
        match guests(pve) {
            Ok(found) => return found,
            Err((path, error)) if error.kind() == ErrorKind::NotFound => last = Some((path, error)),
            Err((path, error)) => return Guests::Unknown(unreadable(&path, &error)),
        }
    }
    last.map_or(Guests::NotAsked, |(path, error)| Guests::Unknown(unreadable(&path, &error)))
}

type Failed = (std::path::PathBuf, io::Error);

fn guests(pve: &Path) -> Result<Guests, Failed> {
    let shared = {
        let path = pve.join("mapping/directory.cfg");
        match contents(&path) {
            Ok(bytes) => guest_conf::directories(&bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err((path, error)),
        }
    };
    let mut found = Vec::new();
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
                let guest = Guest { kind, id, node: node.as_str().into() };
                found.extend(guest_conf::uses(&guest, &bytes, &shared));
            }
        }
    }
    found.sort();
    Ok(Guests::Found(found))
}

fn names(folder: &Path) -> Result<Vec<String>, Failed> {
    let failed = |error| (folder.to_owned(), error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}
