//! Proxmox registrations: `storage.cfg`, the secrets beside it, and `pvesm`.

use crate::{
    LinuxPaths,
    cluster::{Cluster, cluster, contents, digest, locked, takes_digest, unreadable, written},
    look::Look,
    reach::Reach,
    secret_file,
};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Observed, Secrets, Storages},
    op::Op,
    text::storage_cfg,
};
use std::{
    io::{self, ErrorKind},
    path::Path,
    sync::PoisonError,
};
use zeroize::Zeroizing;

/// Where they are kept, below `/etc/pve`.
const STORAGE_CFG: &str = "storage.cfg";

/// Reads the registrations, as far as they are asked for. No process is started.
pub fn look(look: &Look<'_>, seen: &mut Observed) -> Result<(), HostError> {
    if !look.query.storages && !look.query.foreign {
        return Ok(());
    }
    seen.storages = match look.reach.runner.tool("pvesm") {
        Err(HostError::NoTool { .. }) => Storages::NoProxmox,
        Err(error) => return Err(error),
        Ok(_) => match cluster(&look.reach.paths) {
            Err(unknown) => Storages::Unknown(unknown),
            Ok(cluster) => registrations(look.reach, &cluster),
        },
    };
    if let Storages::Found(found) = &mut seen.storages {
        seen.unusable_secrets = found.look_at_secrets(&look.query.secret_files, &Files(&look.reach.paths));
    }
    Ok(())
}

/// The files of a host with secrets.
struct Files<'p>(&'p LinuxPaths);

impl Secrets for Files<'_> {
    fn kept(&self, place: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let path = self.0.pve.join(place);
        match contents(&path) {
            Ok(kept) => Ok(Some(Zeroizing::new(kept))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error).reason),
        }
    }

    fn file(&self, path: &str, secret: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        secret_file::read(Path::new(path), secret)
    }
}

/// Changes registrations. `pvesm` runs one at a time: its lock lasts 10 s, and several at once starve.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    op.is_registration().then(|| locked(reach, || change(reach, op)))
}

/// Changes a registration: only where the file of all of them is as it was looked at, since a change writes it whole.
fn change(reach: &Reach, op: &Op) -> Result<(), HostError> {
    let path = reach.paths.pve.join(STORAGE_CFG);
    let now = || written(&path).map(|bytes| digest(&bytes)).map_err(|error| failed("read", &path, error));
    let before = now()?;
    let mut seen = reach.registry.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.as_ref().is_some_and(|seen| *seen != before) {
        let why = "somebody has changed it since it was looked at; nothing was written";
        return Err(failed("change", &path, io::Error::other(why)));
    }
    let mut argv = op.argv().unwrap_or_default();
    if takes_digest(op) {
        // Whoever writes to it in between is told by Proxmox.
        argv.extend(["--digest".to_owned(), before]);
    }
    let done = reach.change_as(op, &argv);
    match now() {
        Ok(after) => {
            *seen = Some(after);
            done
        }
        // What the tool said comes first.
        Err(unread) => done.and(Err(unread)),
    }
}

fn registrations(reach: &Reach, cluster: &Cluster) -> Storages {
    let path = &reach.paths.pve.join(STORAGE_CFG);
    let mut found = match written(path) {
        Ok(bytes) => {
            *reach.registry.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest(&bytes));
            storage_cfg::storages(&bytes)
        }
        Err(error) => return Storages::Unknown(unreadable(path, &error)),
    };
    if let Storages::Found(found) = &mut found {
        found.blocked = cluster.blocked().or(found.blocked.take());
        found.members = cluster.members();
    }
    found
}
