//! Proxmox registrations: `storage.cfg`, the secrets beside it, and `pvesm`.

use crate::{
    LinuxPaths,
    cluster::{Cluster, cluster, contents, locked, unreadable},
    look::Look,
    reach::Reach,
    secret_file,
};
use phoenix_host::{
    HostError,
    observed::{Observed, Secrets, Storages},
    op::Op,
    text::storage_cfg,
};
use std::{io::ErrorKind, path::Path};
use zeroize::Zeroizing;

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
            Ok(cluster) => registrations(&look.reach.paths.pve.join("storage.cfg"), &cluster),
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
    op.is_registration().then(|| locked(reach, || reach.change(op)))
}

fn registrations(path: &Path, cluster: &Cluster) -> Storages {
    let mut found = match contents(path) {
        Ok(bytes) => storage_cfg::storages(&bytes),
        // Before the first write there is no such file.
        Err(error) if error.kind() == ErrorKind::NotFound => storage_cfg::storages(b""),
        Err(error) => return Storages::Unknown(unreadable(path, &error)),
    };
    if let Storages::Found(found) = &mut found {
        found.blocked = cluster.blocked().or(found.blocked.take());
    }
    found
}
