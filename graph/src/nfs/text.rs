//! What may be written in an NFS mount. What would end a line or a word of a file that it is written into is refused
//! here, or escaped there.

use crate::{
    export::{canonical_client, is_host_name},
    plain::is_hidden,
    unit_name,
};
use std::net::IpAddr;

/// The longest name that systemd lets a unit have, in bytes (`systemd.unit(5)`).
const LONGEST: usize = 255;

/// Reads the address or host name of a server and returns its one spelling.
///
/// # Errors
/// Why it is none.
pub fn server(text: &str) -> Result<Box<str>, &'static str> {
    let canonical = canonical_client(text).map_err(|_| NO_SERVER)?;
    if address(&canonical).is_ok() || is_host_name(text) { Ok(canonical.into()) } else { Err(NO_SERVER) }
}

const NO_SERVER: &str = "it is an address or a host name, such as \"10.0.0.1\" or \"nas.lan\"";

/// Returns whether a server is whoever asks for it: an address of the loopback device, or none at all.
#[must_use]
pub fn is_itself(server: &str) -> bool {
    match server.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => server.eq_ignore_ascii_case("localhost"),
    }
}

/// Reads the address of a machine.
///
/// # Errors
/// Why it is none.
pub fn address(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "it is an address, such as \"10.0.0.21\" or \"fd00::21\"")
}

/// Reads the path at which a machine has a mount and returns its one spelling.
///
/// # Errors
/// Why it is none, or none that a unit can be written for.
pub fn at(text: &str) -> Result<Box<str>, &'static str> {
    if !text.starts_with('/') {
        return Err("it is an absolute path");
    }
    let parts = parts(text)?;
    if parts.is_empty() {
        return Err("the root of the machine is its own disk");
    }
    let path = format!("/{}", parts.join("/"));
    if unit_name::of(&path, "automount").len() > LONGEST {
        return Err(
            "it is too long: the unit of systemd that is named after it would have more than 255 characters",
        );
    }
    Ok(path.into())
}

/// Reads a path inside of what is exported and returns its one spelling, without slashes around it.
///
/// # Errors
/// Why it is none.
pub fn subdirectory(text: &str) -> Result<Box<str>, &'static str> {
    if text.starts_with('/') {
        return Err("it is a path inside of the dataset: it begins without a slash");
    }
    let parts = parts(text)?;
    if parts.is_empty() {
        return Err("it is the path of a directory inside of the dataset");
    }
    Ok(parts.join("/").into())
}

/// Checks the path that a server is asked for.
///
/// # Errors
/// Why it cannot be.
pub fn what(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("it is an absolute path");
    }
    written(path)
}

/// Splits a path into its parts.
fn parts(text: &str) -> Result<Vec<&str>, &'static str> {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err("it is a path without `.` and `..`");
    }
    if parts.iter().any(|part| part.len() > LONGEST) {
        return Err("a name in it is longer than 255 bytes");
    }
    parts.last().map_or(Ok(()), |last| written(last))?;
    written(text)?;
    Ok(parts)
}

/// Checks that a path can be written at the end of a line, and is read there as it was.
fn written(path: &str) -> Result<(), &'static str> {
    if path.chars().any(is_hidden) {
        return Err("it has a character that does not show, such as the end of a line");
    }
    if path.ends_with(|c: char| c.is_whitespace() || c == '\\') {
        return Err("a blank or a backslash at its end would be lost, or join the next line to it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_itself;

    #[test]
    fn whoever_asks_these_asks_itself() {
        for server in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "Localhost"] {
            assert!(is_itself(server), "{server}");
        }
        for server in ["10.0.0.1", "128.0.0.1", "fd00::1", "::ffff:10.0.0.1", "nas.lan", "localhost.lan"] {
            assert!(!is_itself(server), "{server}");
        }
    }
}
