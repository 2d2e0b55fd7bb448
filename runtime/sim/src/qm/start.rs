//! What a start of a machine says of its virtiofs devices (`PVE::QemuServer::Memory`, `PVE::QemuServer::Virtiofs`).

use super::{RULES, device};
use crate::{
    guest::conf::Conf,
    json_schema::list,
    pvesh::{self, Site},
};

/// Says whether a machine starts with the virtiofs devices that are in force in its configuration. `site` has the
/// mappings and the folders; `has_virtiofsd` is whether `/usr/libexec/virtiofsd` is a file.
///
/// # Errors
/// What Proxmox says where it does not. The first thing in its order.
pub fn startable(text: &str, site: &mut dyn Site, has_virtiofsd: bool) -> Result<(), String> {
    let keys = Conf::read(text, &RULES).now.keys;
    let get = |key: &str| keys.get(key).map(String::as_str);
    let mut devices = Vec::new();
    for (key, value) in &keys {
        if device::number(key).is_some() {
            devices.push(device::read(key, value)?);
        }
    }
    if devices.is_empty() {
        return Ok(());
    }
    let numa = get("numa") == Some("1");
    if get("hotplug").is_some_and(|words| list(words).any(|word| word == "memory")) {
        let why = if numa {
            "Memory hotplug does not work in combination with virtio-fs."
        } else {
            "NUMA needs to be enabled for memory hotplug"
        };
        return Err(why.to_owned());
    }
    let mappings = site.read()?;
    for device in &devices {
        let id = device.get("dirid").map_or("", String::as_str);
        let path = pvesh::find(mappings.as_deref(), id, &site.node())?;
        if device.get("expose-acl").is_some_and(|word| word == "1") && is_windows(get("ostype")) {
            return Err("Please disable ACLs for virtiofs on Windows VMs, otherwise the virtiofs shared \
                        directory cannot be mounted."
                .to_owned());
        }
        pvesh::check_path(&path, site).map_err(|why| format!("directory mapping invalid: {why}\n"))?;
    }
    if !has_virtiofsd {
        return Err("start failed: virtiofsd is not installed. To use virtio-fs, install virtiofsd via apt."
            .to_owned());
    }
    // Without NUMA, QEMU is told the size of the shared memory as it stands in the file, of digits or not.
    let is_size = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !numa && !get("memory").is_some_and(is_size) {
        return Err("start failed: QEMU exited with code 1".to_owned());
    }
    Ok(())
}

/// Returns whether the system of a machine is a Windows (`windows_version`).
fn is_windows(ostype: Option<&str>) -> bool {
    let Some(word) = ostype else { return false };
    let version = word.strip_prefix("win").and_then(|version| version.parse::<u32>().ok());
    ["wxp", "w2k3", "w2k", "w2k8", "wvista"].contains(&word) || version.is_some_and(|version| version > 0)
}
