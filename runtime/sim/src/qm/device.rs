//! A virtiofs device as `qm` is given it: checked by Proxmox's schema, and kept as it was given.

use crate::json_schema::{PropertyString, UNKNOWN, config_id, switch};
use std::collections::BTreeMap;

/// How many a machine can have.
const MOST: u8 = 10;

const CACHE: [&str; 4] = ["auto", "always", "metadata", "never"];

const FORM: PropertyString<'static> =
    PropertyString { default: Some("dirid"), required: &["dirid"], check: &check };

/// Reads the number of a device's key: `virtiofs0` to `virtiofs9`.
pub fn number(key: &str) -> Option<u8> {
    let digits = key.strip_prefix("virtiofs")?;
    digits.parse().ok().filter(|number: &u8| *number < MOST && number.to_string() == digits)
}

/// Reads a device: its properties as Proxmox understands them.
///
/// # Errors
/// What is wrong with it, in Proxmox's words.
pub fn read(key: &str, text: &str) -> Result<BTreeMap<String, String>, String> {
    FORM.read(key, text)
}

fn check(name: &str, value: &str) -> Result<String, String> {
    match name {
        "dirid" => config_id(value).map_err(|why| format!("invalid format - {why}"))?,
        "cache" if CACHE.contains(&value) => {}
        "cache" => {
            let known = CACHE.join(", ");
            return Err(format!("value '{value}' does not have a value in the enumeration '{known}'"));
        }
        "direct-io" | "expose-xattr" | "expose-acl" => return switch(value),
        _ => return Err(UNKNOWN.to_owned()),
    }
    Ok(value.to_owned())
}
