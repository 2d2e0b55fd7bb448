//! A mount point as `pct` is given it: read by Proxmox's schema, and written in its order.

use crate::json_schema::{PropertyString, UNKNOWN, switch};
use phoenix_graph::{check::guest::MOUNT_OPTIONS, id_map::MountMap};
use phoenix_host::text::{
    mount_point::{LATER, SWITCHES},
    package_version::PackageVersion,
};

const OTHERS: &[&str] = &["idmap", "mountoptions", "mp", "size", "volume"];

/// Reads a value, and returns it as it is kept: the volume, then the path, then what else there is, in the order of
/// the names.
///
/// # Errors
/// What is wrong with it, in Proxmox's words.
pub fn read(key: &str, text: &str, version: PackageVersion) -> Result<String, String> {
    let check = |name: &str, value: &str| check(name, value, version);
    let form = PropertyString { default: Some("volume"), required: &["mp", "volume"], check: &check };
    let mut said = form.read(key, text)?;
    let mut taken = |name: &str| said.remove(name).unwrap_or_default();
    let first = format!("{},mp={}", taken("volume"), taken("mp"));
    Ok(said.iter().fold(first, |text, (name, value)| format!("{text},{name}={value}")))
}

fn check(name: &str, value: &str, version: PackageVersion) -> Result<String, String> {
    if LATER.iter().any(|(later, since)| *later == name && version < *since) {
        return Err(UNKNOWN.to_owned());
    }
    if SWITCHES.contains(&name) {
        return switch(value);
    }
    match name {
        "mp" | "volume" if value.split('/').any(|part| matches!(part, "." | "..")) => {
            Err(format!("invalid format - {value} contains illegal character sequences\n"))
        }
        "mountoptions" if !value.split(';').all(|word| MOUNT_OPTIONS.contains(&word)) => {
            Err("value does not match the regex pattern".to_owned())
        }
        // What maps a number twice is in the schema, and is refused all the same.
        "idmap" => MountMap::read(value)
            .map(|_| value.to_owned())
            .map_err(|_| "value does not match the regex pattern".to_owned()),
        name if OTHERS.contains(&name) => Ok(value.to_owned()),
        _ => Err(UNKNOWN.to_owned()),
    }
}
