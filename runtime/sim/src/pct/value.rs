//! A mount point as `pct` is given it: read by Proxmox's schema, and written in its order.

use phoenix_graph::{check::guest::MOUNT_OPTIONS, id_map::MountMap};
use phoenix_host::text::{
    mount_point::{LATER, SWITCHES, switch},
    pct_version::PctVersion,
};
use std::collections::BTreeMap;

const OTHERS: &[&str] = &["idmap", "mountoptions", "mp", "size", "volume"];

/// Reads a value, and returns it as it is kept: the volume, then the path, then what else there is, in the order of
/// the names.
///
/// # Errors
/// What is wrong with it, in Proxmox's words.
pub fn read(key: &str, text: &str, version: PctVersion) -> Result<String, String> {
    let mut said: BTreeMap<&str, String> = BTreeMap::new();
    for part in text.split(',') {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => (name, value),
            Some(_) => return Err("missing key in comma-separated list property\n".to_owned()),
            None => ("volume", part),
        };
        if said.insert(name, value.to_owned()).is_some() {
            return Err(format!("duplicate key in comma-separated list property: {name}\n"));
        }
    }
    let mut wrong: Vec<String> = Vec::new();
    for (name, value) in &mut said {
        match check(name, value, version) {
            Ok(canonical) => *value = canonical,
            Err(why) => wrong.push(format!("{key}.{name}: {why}\n")),
        }
    }
    for name in ["mp", "volume"].into_iter().filter(|name| !said.contains_key(name)) {
        wrong.push(format!("{key}.{name}: property is missing and it is not optional\n"));
    }
    if !wrong.is_empty() {
        return Err(format!("format error\n{}", wrong.concat()));
    }
    let mut taken = |name: &str| said.remove(name).unwrap_or_default();
    let first = format!("{},mp={}", taken("volume"), taken("mp"));
    Ok(said.iter().fold(first, |text, (name, value)| format!("{text},{name}={value}")))
}

fn check(name: &str, value: &str, version: PctVersion) -> Result<String, String> {
    let unknown = "property is not defined in schema and the schema does not allow additional properties";
    if LATER.iter().any(|(later, since)| *later == name && version < *since) {
        return Err(unknown.to_owned());
    }
    if SWITCHES.contains(&name) {
        let word = switch(value).map(str::to_owned);
        return word.ok_or_else(|| format!("type check ('boolean') failed - got '{value}'"));
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
        _ => Err(unknown.to_owned()),
    }
}
