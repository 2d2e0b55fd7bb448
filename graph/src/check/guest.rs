//! What guests are given: mount points of containers (`pct(1)`) and directories of machines (`qm(1)`): ids, paths and
//! options.

use crate::nfs::text;

/// The ids that Proxmox gives to guests.
pub const IDS: std::ops::RangeInclusive<u32> = 100..=999_999_999;

/// Checks the id of a guest, which is called so: a container or a machine.
///
/// # Errors
/// That it is none.
pub fn id(id: u32, what: &str) -> Result<(), String> {
    if IDS.contains(&id) { Ok(()) } else { Err(format!("{id} is no id of a {what}")) }
}

/// Options of a mount that `pct(1)` takes.
pub const MOUNT_OPTIONS: &[&str] = &["discard", "lazytime", "noatime", "nodev", "noexec", "nosuid"];

/// Options of a mount that Proxmox applies where the container can only read; it drops the others without a word.
pub const READ_ONLY_OPTIONS: &[&str] = &["nodev", "noexec", "nosuid"];

/// Options of a mount point that are on or off.
pub const SWITCHES: &[&str] = &["acl", "backup", "keepattrs", "replicate", "ro", "shared"];

/// How a directory is shared with a machine (`qm(1)`, `virtiofsN`): each option with its values, that which holds unless
/// another is said first.
pub const SHARING: &[(&str, &[&str])] = &[
    ("cache", &["auto", "always", "metadata", "never"]),
    ("direct-io", &["0", "1"]),
    ("expose-acl", &["0", "1"]),
    ("expose-xattr", &["0", "1"]),
];

/// The longest tag that a virtual device has, in bytes.
const LONGEST_TAG: usize = 36;

/// Returns whether Proxmox takes a text for an id of its configuration files.
#[must_use]
pub fn is_config_id(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    id.len() >= 2 && id.starts_with(|c: char| c.is_ascii_alphabetic()) && id.chars().all(legal)
}

/// Checks the id of a directory mapping, which is the tag in the machine, too.
///
/// # Errors
/// Why it is none.
pub fn mapping_id(id: &str) -> Result<(), &'static str> {
    if !is_config_id(id) {
        return Err("an id has two or more letters, digits, `-` and `_`, and begins with a letter");
    }
    if id.len() > LONGEST_TAG {
        return Err("an id is the tag in the machine, too, which has 36 characters at most");
    }
    Ok(())
}

/// Checks a path on the host that machines are given.
///
/// # Errors
/// Why Proxmox does not take it.
pub fn path_mapped(path: &str) -> Result<(), &'static str> {
    written(path)?;
    if path.contains([';', '=', '(', ')']) {
        return Err("Proxmox takes no path of a mapping with one of `;,=()`");
    }
    if path.len() < 2 || !path.starts_with('/') {
        return Err("it is an absolute path, and not the root");
    }
    Ok(())
}

/// Reads a path inside of a container and returns its one spelling.
///
/// # Errors
/// Why it is none.
pub fn path_inside(text: &str) -> Result<Box<str>, &'static str> {
    if !text.starts_with('/') {
        return Err("it is an absolute path");
    }
    written(text)?;
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err("it is a path without `.` and `..`");
    }
    if parts.is_empty() {
        return Err("the root of the container is its own disk");
    }
    Ok(format!("/{}", parts.join("/")).into())
}

/// The folder in which OpenZFS shows the snapshots of a file system.
const SNAPSHOTS: &str = ".zfs";

/// Reads a folder inside of a file system that containers are given, and returns its one spelling.
///
/// # Errors
/// Why it is none.
pub fn folder(text: &str) -> Result<Box<str>, &'static str> {
    let folder = text::subdirectory(text)?;
    if folder.split('/').next() == Some(SNAPSHOTS) {
        return Err("in `.zfs` are the snapshots of the dataset, and no folder of it");
    }
    Ok(folder)
}

/// Lists a folder with all that it lies in, the outermost first, by their paths in the file system.
pub fn folder_parts(folder: &str) -> impl Iterator<Item = &str> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    ends.map(|end| &folder[..end])
}

/// Checks a path on the host that containers are given.
///
/// # Errors
/// Why Proxmox does not take it.
pub fn path_outside(path: &str) -> Result<(), &'static str> {
    written(path)?;
    if path.contains('=') {
        return Err("Proxmox takes no path of the host with an equals sign");
    }
    if path.starts_with("/dev/") {
        return Err("Proxmox takes what lies below /dev for a device");
    }
    Ok(())
}

/// Checks that a path can be written into a container's configuration, and is read there as it was.
fn written(path: &str) -> Result<(), &'static str> {
    if path.contains(|c: char| c == ',' || c.is_control()) {
        return Err("Proxmox takes no path with a comma or a control character");
    }
    // It is kept as Latin-1, as far as that goes.
    if !path.is_ascii() {
        return Err("Proxmox keeps no path with a character beyond ASCII as it is");
    }
    if path.ends_with(' ') {
        return Err("Proxmox drops a blank at the end of a line");
    }
    Ok(())
}

/// Returns the first word of mount options that `pct(1)` does not take.
#[must_use]
pub fn foreign_mount_option(word: &str) -> bool {
    !MOUNT_OPTIONS.contains(&word)
}

/// Writes mount options in their one spelling: sorted, each once, joined by `;`.
#[must_use]
pub fn mount_options<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    words.sort_unstable();
    words.dedup();
    words.join(";")
}
