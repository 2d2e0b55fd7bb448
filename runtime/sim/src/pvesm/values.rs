//! Checks of single values, with the words that Proxmox refuses them in.

use phoenix_host::text::perl::is_blank;
use std::collections::BTreeSet;

use super::schema::Form;

/// The content types that exist anywhere.
pub(super) const CONTENT: &[&str] =
    &["images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none", "import"];

const KEEP: &[&str] =
    &["keep-all", "keep-last", "keep-hourly", "keep-daily", "keep-weekly", "keep-monthly", "keep-yearly"];

const LIMITS: &[&str] = &["clone", "default", "migration", "move", "restore"];

/// Checks a value's form and returns it as it is kept; or what Proxmox says after `name: `.
pub(super) fn check(form: Form, value: &str) -> Result<String, String> {
    let ok = || Ok(value.to_string());
    let wrong = |why: String| Err(format!("invalid format - {why}"));
    match form {
        Form::Text | Form::Secret => ok(),
        Form::Boolean => match value.to_ascii_lowercase().as_str() {
            "1" | "on" | "yes" | "true" => Ok("1".into()),
            "0" | "off" | "no" | "false" => Ok("0".into()),
            _ => Err(format!("type check ('boolean') failed - got '{value}'")),
        },
        Form::Integer(least, most) => match value.parse::<i64>() {
            Err(_) => Err(format!("type check ('integer') failed - got '{value}'")),
            Ok(n) if n < least => Err(format!("value must have a minimum value of {least}")),
            Ok(n) if n > most => Err(format!("value must have a maximum value of {most}")),
            Ok(_) => ok(),
        },
        Form::Path if !is_path(value) => wrong("value does not look like a valid absolute path".into()),
        Form::Path => ok(),
        Form::Server if !is_server(value) => {
            wrong("value does not look like a valid server name or IP address".into())
        }
        Form::Server => ok(),
        Form::Portal if !is_portal(value) => wrong("value does not look like a valid portal address".into()),
        Form::Portal => ok(),
        Form::Portals => match list(value).iter().all(|portal| is_portal(portal)) {
            true => ok(),
            false => wrong("value does not look like a valid portal address".into()),
        },
        Form::LvmName if !is_lvm_name(value) => {
            wrong(format!("lvm name '{value}' contains illegal characters"))
        }
        Form::LvmName => ok(),
        Form::Volume => match value.split_once(':') {
            Some((storage, volume)) if id(storage).is_ok() && !volume.is_empty() => ok(),
            _ => wrong(format!("unable to parse volume ID '{value}'")),
        },
        Form::Name if !is_name(value) => wrong(format!("invalid configuration ID '{value}'")),
        Form::Name => ok(),
        Form::Fingerprint if !is_fingerprint(value) => Err("value does not match the regex pattern".into()),
        Form::Fingerprint => ok(),
        Form::MountOptions if value.contains(is_blank) => wrong(format!("invalid options '{value}'")),
        Form::MountOptions => ok(),
        Form::Blocksize if !is_blocksize(value) => wrong(format!(
            "value '{value}' is not a valid ZFS blocksize. Must be a power of 2 between 512B and \
             16MiB (e.g., 4k, 8k, 16k, 64k, 1m)."
        )),
        Form::Blocksize => ok(),
        Form::Word(words) if !words.contains(&value) => {
            Err(format!("value '{value}' does not have a value in the enumeration '{}'", words.join(", ")))
        }
        Form::Word(_) => ok(),
        Form::Nodes => match list(value).iter().find(|n| !is_node(n)) {
            Some(node) => wrong(format!("value '{node}' does not look like a valid node name")),
            None => ok(),
        },
        Form::Content => match list(value).iter().find(|c| !CONTENT.contains(c)) {
            Some(bad) => wrong(format!("invalid content type '{bad}'")),
            None => ok(),
        },
        Form::ContentDirs => content_dirs(value).or_else(wrong),
        Form::Prune => prune(value).or_else(wrong),
        Form::Bandwidth => bandwidth(value).or_else(wrong),
    }
}

/// Splits a list as Proxmox does: at commas, semicolons, blanks and zeros.
pub(super) fn list(value: &str) -> Vec<&str> {
    let between = |c: char| c == ',' || c == ';' || c == '\0' || is_blank(c);
    value.split(between).filter(|w| !w.is_empty()).collect()
}

/// Checks a storage's id, and returns what Proxmox says against it.
pub(super) fn id(id: &str) -> Result<(), String> {
    if id.chars().count() < 2 {
        return Err(format!("storage ID '{id}' cannot be shorter than 2 characters"));
    }
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = id.starts_with(|c: char| c.is_ascii_alphabetic());
    let ends = id.ends_with(|c: char| c.is_ascii_alphanumeric());
    match starts && ends && id.chars().all(inner) {
        true => Ok(()),
        false => Err(format!("storage ID '{id}' contains illegal characters")),
    }
}

/// Checks the path of a folder of this host more strictly than its form does, and makes it canonical.
pub(super) fn folder_path(path: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-/_.@".contains(c);
    if path.len() < 2 || !path.chars().all(fits) {
        return Err(format!("illegal path for directory storage: {path}"));
    }
    let parts: Vec<_> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    Ok(format!("/{}", parts.join("/")))
}

fn is_path(value: &str) -> bool {
    value.strip_prefix('/').is_some_and(|rest| rest.starts_with(|c: char| !";()".contains(c)))
}

fn is_portal(value: &str) -> bool {
    let (host, port) = match value.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').or((!port.is_empty()).then_some("no port"))),
        None => match value.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (value, None),
        },
    };
    is_server(host) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_lvm_name(value: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let edge = |c: char| c.is_ascii_alphanumeric();
    value.len() > 1 && value.starts_with(edge) && value.ends_with(edge) && value.chars().all(inner)
}

fn is_name(value: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    value.len() > 1 && value.starts_with(|c: char| c.is_ascii_alphabetic()) && value.chars().all(inner)
}

fn is_fingerprint(value: &str) -> bool {
    let pair = |part: &str| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
    value.split(':').count() == 32 && value.split(':').all(pair)
}

fn is_server(value: &str) -> bool {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let address = value.parse::<std::net::IpAddr>().is_ok();
    address || (!value.is_empty() && value.chars().all(name) && !value.starts_with(['-', '.']))
}

fn is_node(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.chars().all(fits) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_blocksize(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let (digits, unit) = match lower.as_bytes().last() {
        Some(b'k') => (&lower[..lower.len() - 1], 1 << 10),
        Some(b'm') => (&lower[..lower.len() - 1], 1 << 20),
        _ => (lower.as_str(), 1),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
    bytes.is_some_and(|b| b.is_power_of_two() && (512..=16 << 20).contains(&b))
}

fn content_dirs(value: &str) -> Result<String, String> {
    let mut parts = list(value);
    for part in &parts {
        let fits = part.split_once('=').is_some_and(|(content, folder)| {
            let plain = !folder.is_empty() && !folder.starts_with('/');
            CONTENT.contains(&content) && plain && folder.split('/').all(|p| p != "..")
        });
        if !fits {
            return Err(format!("invalid override '{part}'"));
        }
    }
    let folders: BTreeSet<_> =
        parts.iter().filter_map(|part| part.split_once('=')).map(|(_, to)| to).collect();
    if folders.len() < parts.len() {
        return Err("two contents cannot be in one folder".into());
    }
    parts.sort_unstable();
    Ok(parts.join(","))
}

fn prune(value: &str) -> Result<String, String> {
    let mut parts = list(value);
    let mut all = false;
    for part in &parts {
        let Some((name, number)) = part.split_once('=') else {
            return Err("format error".into());
        };
        if !KEEP.contains(&name) {
            return Err(format!(
                "format error\nprune-backups.{name}: property is not defined in schema and the \
                 schema does not allow additional properties"
            ));
        }
        if number.parse::<u32>().is_err() {
            return Err(format!(
                "format error\nprune-backups.{name}: type check ('integer') failed - got '{number}'"
            ));
        }
        all |= name == "keep-all" && number != "0";
    }
    if all && parts.len() > 1 {
        return Err("keep-all cannot be set together with other options.".into());
    }
    parts.sort_unstable();
    Ok(parts.join(","))
}

fn bandwidth(value: &str) -> Result<String, String> {
    let mut parts = Vec::new();
    for part in list(value) {
        let (name, limit) = part.split_once('=').unwrap_or(("default", part));
        if !LIMITS.contains(&name) {
            return Err(format!(
                "format error\nbwlimit.{name}: property is not defined in schema and the schema \
                 does not allow additional properties"
            ));
        }
        parts.push(format!("{name}={limit}"));
    }
    Ok(parts.join(","))
}
