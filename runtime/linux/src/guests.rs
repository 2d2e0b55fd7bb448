//! The configuration of Proxmox's guests, of all nodes.

use crate::{
    LinuxPaths,
    cluster::{Failed, contents, names, unreadable},
};
use phoenix_host::{
    observed::{Guest, GuestKind, Unknown},
    text::guest_conf,
};
use std::io::ErrorKind;

/// How often a look that sees guests come and go is begun anew.
const TRIES: usize = 5;

/// The guests, each with its configuration, and the folders that machines may see by an id.
pub struct Found {
    pub guests: Vec<(Guest, Vec<u8>)>,
    pub shared: Vec<(Box<str>, Box<str>)>,
}

/// Reads them. One that moves while it is read may be missed: then all is read anew.
pub fn read(paths: &LinuxPaths) -> Result<Found, Unknown> {
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
        let path = pve.join("mapping/directory.cfg");
        match contents(&path) {
            Ok(bytes) => guest_conf::directories(&bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err((path, error)),
        }
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
