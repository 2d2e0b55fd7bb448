//! Reads the configuration of Proxmox's guests (`/etc/pve/nodes/NODE/{lxc,qemu-server}/ID.conf`): which
//! volumes and which paths of the host it names, in every section, also in those of snapshots.
//!
//! A line is `key: value`. What users write into it (names, notes, tags) is passed over: only the keys that
//! Proxmox keeps disks, mounts and free text under are looked at.

use crate::observed::{
    Guest, GuestUse, Named,
    mount::{plain, plain_paths},
};
use std::borrow::Cow;

/// Keys that name one volume, device or path first, or as `file=` or `volume=`; most have a number behind.
const DISKS: &[&str] = &[
    "rootfs",
    "mp",
    "unused",
    "ide",
    "sata",
    "scsi",
    "virtio",
    "efidisk",
    "tpmstate",
    "vmstate",
    "hookscript",
    "dev",
];

/// Keys whose parts may each name a volume.
const LISTS: &[&str] = &["cicustom", "fleecing-images", "fleecing"];

/// Lists what a guest's configuration names. `shared` are the host's folders that machines may see by an
/// id: the id with its paths.
#[must_use]
pub fn uses(guest: &Guest, bytes: &[u8], shared: &[(Box<str>, Box<str>)]) -> Vec<GuestUse> {
    let text = decode(bytes);
    let mut found = Vec::new();
    let mut section: Option<Box<str>> = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = Some(name.into());
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        // Lines of LXC's own may be written `lxc.KEY = value`.
        let raw = line.starts_with("lxc.");
        let Some((key, value)) = line.split_once(if raw { &[':', '='][..] } else { &[':'][..] }) else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        for named in named(key, value, shared) {
            found.push(GuestUse { guest: guest.clone(), section: section.clone(), key: key.into(), named });
        }
    }
    found
}

fn named(key: &str, value: &str, shared: &[(Box<str>, Box<str>)]) -> Vec<Named> {
    if key == "args" || key.starts_with("lxc.") {
        return vec![Named::Text(plain_paths(value).into())];
    }
    let stem = key.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem == "virtiofs" {
        let first = value.split(',').next().unwrap_or_default();
        let id = first.strip_prefix("dirid=").unwrap_or(first);
        let paths = shared.iter().filter(|(known, _)| &**known == id);
        return paths.map(|(_, path)| Named::Path(plain(path).into())).collect();
    }
    if LISTS.contains(&key) {
        let parts = value.split([',', ';', ' ']);
        return parts.filter_map(|part| volume(part.rsplit('=').next().unwrap_or(part))).collect();
    }
    if !DISKS.contains(&stem) {
        return Vec::new();
    }
    // It may stand behind the options.
    let first = value.split(',').find(|part| !is_option(part));
    let by_name = || {
        value
            .split(',')
            .find_map(|part| ["file=", "volume=", "path="].iter().find_map(|name| part.strip_prefix(name)))
    };
    let Some(source) = first.or_else(by_name) else { return Vec::new() };
    match source.starts_with('/') {
        true => vec![Named::Path(plain(source).into())],
        false => volume(source).into_iter().collect(),
    }
}

/// Returns whether a part is `key=value`, and no path or volume that has an `=` in it.
fn is_option(part: &str) -> bool {
    part.split_once('=').is_some_and(|(key, _)| {
        !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}

fn volume(text: &str) -> Option<Named> {
    let (storage, volume) = text.split_once(':')?;
    let named = !storage.is_empty() && !volume.is_empty();
    named.then(|| Named::Volume { storage: storage.into(), volume: volume.into() })
}

/// Reads a text. Proxmox writes what is not ASCII as Latin-1 where it can.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

#[cfg(test)]
mod tests;
