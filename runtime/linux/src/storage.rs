//! Proxmox registrations: `storage.cfg`, the secrets beside it, and `pvesm`.

use crate::{
    cluster::{Cluster, cluster, contents, locked, unreadable},
    look::Look,
    reach::Reach,
    secret_file,
};
use phoenix_graph::StorageId;
use phoenix_host::{
    HostError,
    observed::{Kept, Observed, Registrations, StorageState, Storages},
    op::Op,
    text::{kept_secret, storage_cfg},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::ErrorKind,
    path::Path,
};

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
        seen.unusable_secrets = secrets(&look.reach.paths.pve, &look.query.secret_files, found);
    }
    Ok(())
}

/// Looks which secrets Proxmox keeps, and in which of the files asked for each stands, too. Returns the files that cannot
/// be used, with the reason.
fn secrets(
    pve: &Path,
    asked: &BTreeSet<(Box<str>, Box<str>)>,
    found: &mut Registrations,
) -> BTreeMap<Box<str>, Box<str>> {
    let mut unusable = BTreeMap::new();
    let mut read = Vec::new();
    for (file, secret) in asked {
        match secret_file::read(Path::new(&**file), secret) {
            Ok(bytes) => read.push((file, secret, bytes)),
            Err(reason) => _ = unusable.insert(file.clone(), reason.into()),
        }
    }
    for (id, state) in &mut found.by_id {
        for (secret, place) in state.secret_places(id) {
            let path = pve.join(place);
            let kept = match contents(&path) {
                Ok(kept) => {
                    let same = read.iter().filter(|(_, of, bytes)| {
                        ***of == *secret && kept_secret::is_same(&state.kind, &kept, bytes)
                    });
                    Kept::In(same.map(|(file, ..)| (*file).clone()).collect())
                }
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => Kept::Unread(unreadable(&path, &error).reason.into()),
            };
            state.secrets.entry(secret.into()).or_insert(kept);
        }
        own_configuration(pve, id, state);
    }
    unusable
}

/// Changes registrations. `pvesm` runs one at a time: its lock lasts 10 s, and several at once starve.
pub fn perform(reach: &Reach, op: &Op) -> Option<Result<(), HostError>> {
    op.is_registration().then(|| locked(reach, || reach.change(op)))
}

/// Adds what a registration of Ceph's images has of a configuration that somebody wrote.
fn own_configuration(pve: &Path, id: &StorageId, state: &mut StorageState) {
    let Some(place) = kept_secret::configuration(&state.kind, id) else { return };
    let path = pve.join(place);
    let why = match contents(&path) {
        Ok(bytes) if kept_secret::is_own_configuration(&bytes, id) => kept_secret::OWN_CONFIGURATION.into(),
        Ok(_) => return,
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) => unreadable(&path, &error).reason,
    };
    state.secrets.insert(kept_secret::CONFIGURATION.into(), Kept::Unread(why.into()));
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
