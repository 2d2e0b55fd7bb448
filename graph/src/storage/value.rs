//! Canonical values of storage properties.

use super::{StorageError, StorageKind as Kind, StorageProperty, StorageType};
use crate::{name::DatasetName, size::Bytes};
use std::{collections::BTreeMap, net::IpAddr};

/// What `prune-backups` counts, beside `keep-all`.
const KEEPS: &[&str] =
    &["keep-daily", "keep-hourly", "keep-last", "keep-monthly", "keep-weekly", "keep-yearly"];
/// What `bwlimit` limits.
const OPERATIONS: &[&str] = &["clone", "default", "migration", "move", "restore"];

/// Reads a value and returns its canonical form.
pub(super) fn canonical(
    kind: &StorageType,
    property: &'static StorageProperty,
    text: &str,
) -> Result<String, StorageError> {
    let wrong = |reason: Box<str>| StorageError::Value { property: property.name, text: text.into(), reason };
    let value = match property.kind {
        Kind::Content => return content(kind, property, text),
        Kind::Secret => return Err(StorageError::Secret { property: property.name }),
        Kind::BaseVolume => {
            Err("Proxmox would make a volume group of it, over whatever is on that disk".into())
        }
        Kind::Nodes => nodes(text),
        Kind::Boolean => {
            boolean(text).map(|on| if on { "1" } else { "0" }.to_owned()).ok_or_else(|| "it is 1 or 0".into())
        }
        Kind::Dataset => DatasetName::new(text)
            .map(|name| name.to_string())
            .map_err(|error| error.to_string().into_boxed_str()),
        Kind::DirectoryPath => absolute(text).and_then(|path| match path.chars().all(in_directory) {
            true if path != "/" => Ok(path),
            true => Err("the root directory is no storage".into()),
            false => Err("Proxmox takes letters, digits and - _ . @ / in it".into()),
        }),
        Kind::AbsolutePath => absolute(text),
        Kind::RelativePath => relative(text).ok_or_else(|| "it is a path without .. and spaces".into()),
        Kind::BlockSize => block_size(text),
        Kind::IsMountpoint => match boolean(text) {
            Some(true) => Ok("yes".to_owned()),
            Some(false) => Ok("no".to_owned()),
            None => absolute(text).map_err(|_| "it is yes, no, or an absolute path".into()),
        },
        Kind::PruneBackups => prune_backups(text),
        Kind::Bandwidth => bandwidth(text),
        Kind::ContentDirs => content_dirs(kind, text),
        Kind::Integer { min, max } => match text.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
            _ if max == i64::MAX => Err(format!("it is a whole number from {min}").into()),
            _ => Err(format!("it is a whole number from {min} to {max}").into()),
        },
        Kind::Words(words) if words.contains(&text) => Ok(text.to_owned()),
        Kind::Words(words) => Err(format!("it is one of {}", words.join(", ")).into()),
        Kind::Server => server(text).ok_or_else(|| "it is a host name or an address".into()),
        Kind::Portal => portal(text),
        Kind::Portals => portals(text),
        Kind::LvmName => lvm_name(text),
        Kind::MountOptions => one_word(text),
        Kind::Fingerprint => {
            fingerprint(text).ok_or_else(|| "it is 32 hexadecimal pairs, joined by colons".into())
        }
        Kind::Text => line(text).map(|()| text.to_owned()),
    };
    value.map_err(wrong)
}

/// Reads a list as Proxmox does: split at commas, semicolons and white space.
fn list(text: &str) -> Vec<&str> {
    let mut words: Vec<_> = text.split([',', ';', ' ', '\t', '\n']).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn content(
    kind: &StorageType,
    property: &'static StorageProperty,
    text: &str,
) -> Result<String, StorageError> {
    let words = list(text);
    if words.is_empty() {
        let reason = format!("it needs one of {}", kind.contents.join(", ")).into();
        return Err(StorageError::Value { property: property.name, text: text.into(), reason });
    }
    match words.iter().find(|word| !kind.contents.contains(word)) {
        Some(content) => Err(StorageError::Content {
            kind: kind.name,
            content: (*content).into(),
            contents: kind.contents,
        }),
        None => Ok(words.join(",")),
    }
}

fn nodes(text: &str) -> Result<String, Box<str>> {
    let words = list(text);
    if words.is_empty() {
        return Err("it needs the name of a node".into());
    }
    match words.iter().find(|word| !is_label(word)) {
        Some(word) => Err(format!("{word:?} is no node's name: it has letters, digits and -").into()),
        None => Ok(words.join(",")),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "on" | "true" => Some(true),
        "0" | "no" | "off" | "false" => Some(false),
        _ => None,
    }
}

fn in_directory(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.@/".contains(c)
}

fn line(text: &str) -> Result<(), Box<str>> {
    match text.trim() {
        "" => Err("it is empty".into()),
        trimmed if trimmed != text => Err("it starts or ends with a space".into()),
        _ if text.chars().any(char::is_control) => Err("it has a control character".into()),
        _ => Ok(()),
    }
}

fn one_word(text: &str) -> Result<String, Box<str>> {
    line(text)?;
    match text.chars().any(char::is_whitespace) {
        true => Err("it has a space; options are joined by commas alone".into()),
        false => Ok(text.to_owned()),
    }
}

/// Reads an absolute path and returns it without doubled or trailing slashes.
pub(super) fn absolute(text: &str) -> Result<String, Box<str>> {
    line(text)?;
    if !text.starts_with('/') {
        return Err("it is an absolute path, which starts with /".into());
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err("a path has no . and .. in it".into());
    }
    Ok(format!("/{}", parts.join("/")))
}

fn relative(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    let fine =
        |part: &&str| !matches!(*part, "." | "..") && part.chars().all(|c| in_directory(c) && c != '/');
    (!parts.is_empty() && parts.iter().all(fine)).then(|| parts.join("/"))
}

/// Reads `16384`, `16k` or `1m` and returns it with the largest exact suffix.
fn block_size(text: &str) -> Result<String, Box<str>> {
    const REASON: &str = "it is a power of two from 512 to 16m, such as 16k";
    let digits = text.strip_suffix(['k', 'K', 'm', 'M']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(REASON.into());
    }
    match text.parse::<Bytes>() {
        Ok(Bytes(bytes @ 512..=0x0100_0000)) if bytes.is_power_of_two() => {
            Ok(Bytes(bytes).to_string().to_ascii_lowercase())
        }
        _ => Err(REASON.into()),
    }
}

/// Reads `name=value` pairs joined by commas, each name once.
fn pairs(text: &str) -> Result<BTreeMap<&str, &str>, Box<str>> {
    let mut pairs = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} has no = and value"))?;
        if pairs.insert(name, value).is_some() {
            return Err(format!("{name} is there twice").into());
        }
    }
    if pairs.is_empty() { Err("it is empty".into()) } else { Ok(pairs) }
}

fn joined<V: std::fmt::Display>(pairs: impl IntoIterator<Item = (impl std::fmt::Display, V)>) -> String {
    pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

fn prune_backups(text: &str) -> Result<String, Box<str>> {
    let text = if text == "keep-all" { "keep-all=1" } else { text };
    let mut pairs = pairs(text)?;
    if let Some(all) = pairs.remove("keep-all") {
        let all = boolean(all).ok_or("keep-all is 1 or 0")?;
        return match all {
            true if pairs.values().any(|number| *number != "0") => {
                Err("keep-all stands alone: there is nothing to count".into())
            }
            true => Ok("keep-all=1".to_owned()),
            false if pairs.is_empty() => Ok("keep-all=0".to_owned()),
            false => numbers(pairs, KEEPS),
        };
    }
    numbers(pairs, KEEPS)
}

fn numbers(pairs: BTreeMap<&str, &str>, names: &[&str]) -> Result<String, Box<str>> {
    let mut read = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        if !names.contains(&name) {
            return Err(format!("{name:?} is none of {}", names.join(", ")).into());
        }
        let number: u64 = value.parse().map_err(|_| format!("{name} takes a whole number"))?;
        read.push((name, number));
    }
    Ok(joined(read))
}

fn bandwidth(text: &str) -> Result<String, Box<str>> {
    // A lone number is the default.
    match text.parse::<u64>() {
        Ok(number) => Ok(format!("default={number}")),
        Err(_) => numbers(pairs(text)?, OPERATIONS),
    }
}

fn content_dirs(kind: &StorageType, text: &str) -> Result<String, Box<str>> {
    let mut read = Vec::new();
    for (content, folder) in pairs(text)? {
        if !kind.contents.contains(&content) {
            return Err(format!("{content:?} is none of {}", kind.contents.join(", ")).into());
        }
        let folder = relative(folder).ok_or_else(|| format!("{folder:?} is no path below the storage"))?;
        read.push((content, folder));
    }
    Ok(joined(read))
}

fn is_label(text: &str) -> bool {
    let dash = text.starts_with('-') || text.ends_with('-');
    !text.is_empty() && !dash && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn server(text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (!digits && text.split('.').all(is_label)).then(|| text.to_ascii_lowercase())
}

/// Reads a server with or without a port; the address of an IPv6 one stands in brackets where a port follows.
fn portal(text: &str) -> Result<String, Box<str>> {
    let wrong = || "it is a host name or an address, and perhaps a port: 10.0.0.5:3260".into();
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) if host.contains(':') => (host, None),
        Some((host, rest)) if host.contains(':') => (host, Some(rest.strip_prefix(':').ok_or_else(wrong)?)),
        Some(_) => return Err(wrong()),
        None if text.parse::<IpAddr>().is_ok() => (text, None),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let host = server(host).ok_or_else(wrong)?;
    let Some(port) = port else { return Ok(host) };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse::<u16>().ok().filter(|port| digits && *port > 0).ok_or("a port is 1 to 65535")?;
    Ok(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

fn portals(text: &str) -> Result<String, Box<str>> {
    let mut read = list(text).into_iter().map(portal).collect::<Result<Vec<_>, _>>()?;
    read.sort_unstable();
    read.dedup();
    if read.is_empty() { Err("it is empty".into()) } else { Ok(read.join(",")) }
}

fn lvm_name(text: &str) -> Result<String, Box<str>> {
    let ends = |c: char| c.is_ascii_alphanumeric();
    let inside = text.chars().all(|c| ends(c) || "-_.".contains(c));
    match text.len() >= 2 && inside && text.starts_with(ends) && text.ends_with(ends) {
        true => Ok(text.to_owned()),
        false => Err("it has letters, digits and - _ . inside, two characters at least".into()),
    }
}

fn fingerprint(text: &str) -> Option<String> {
    let pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    (text.split(':').count() == 32 && text.split(':').all(pair)).then(|| text.to_ascii_lowercase())
}
