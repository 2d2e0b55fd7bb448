//! Files and devices that the kernel itself holds open, which no process shows: what lies behind loop
//! devices, and what is handed out by the kernel's iSCSI and NVMe targets.

use super::{LinuxPaths, paths::entries};
use std::{
    ffi::OsString,
    fs,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

/// Lists who holds what: a user's name, and the path of what it has open.
pub fn backing(paths: &LinuxPaths) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut add = |user: String, attribute: &Path| {
        found.extend(path_in(attribute).map(|path| (user, path)));
    };
    let blocks = paths.sys.join("block");
    for device in entries(&blocks) {
        add(format!("the loop device {device}"), &blocks.join(&device).join("loop/backing_file"));
    }
    // LIO, which also serves Fibre Channel and vhost: core/KIND_NUMBER/NAME/udev_path
    let core = paths.sys.join("kernel/config/target/core");
    for adapter in entries(&core) {
        for object in entries(&core.join(&adapter)) {
            let folder = core.join(&adapter).join(&object);
            if is_enabled(&folder) {
                let user = format!("the iSCSI target's storage object {object} ({adapter})");
                add(user, &folder.join("udev_path"));
            }
        }
    }
    let subsystems = paths.sys.join("kernel/config/nvmet/subsystems");
    for subsystem in entries(&subsystems) {
        let spaces = subsystems.join(&subsystem).join("namespaces");
        for space in entries(&spaces) {
            let folder = spaces.join(&space);
            if is_enabled(&folder) {
                let user = format!("the NVMe target's namespace {space} of {subsystem}");
                add(user, &folder.join("device_path"));
            }
        }
    }
    found
}

/// Says whether what a target hands out is open: until it is enabled, it is only described.
fn is_enabled(folder: &Path) -> bool {
    fs::read(folder.join("enable")).is_ok_and(|text| text.starts_with(b"1"))
}

/// Reads an attribute that is a path; none where it is not there or not set.
fn path_in(attribute: &Path) -> Option<PathBuf> {
    let mut text = fs::read(attribute).ok()?;
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    text.starts_with(b"/").then(|| PathBuf::from(OsString::from_vec(text)))
}
