//! What Kubernetes and the Proxmox CSI plugin take: names ([`name`]), parameters of classes ([`parameter`]), and what people
//! may do in a namespace ([`access`]).
//!
//! The plugin passes what it does not know over in silence, and takes a word that is no boolean for false: so every word and
//! value is held against tables here.

pub mod access;
pub mod name;
pub mod parameter;

pub use access::{Right, Subject};
pub use parameter::{Of, PARAMETERS, Parameter};

/// The name of the driver, which cannot be changed: the provisioner of every class.
pub const DRIVER: &str = "csi.proxmox.sinextra.dev";

/// The id of the guest that owns the disks unless something else is said.
pub const CONTROLLER_VMID: u32 = 9999;

/// How many volumes the driver announces for a node.
pub const VOLUMES_OF_A_NODE: u64 = 24;

/// Sizes of volumes are multiples of this, in bytes.
pub const BLOCK: u64 = 512 << 20;

/// The version of Kubernetes, of 1, that is taken unless one is said.
pub const VERSION: u32 = 34;
/// The oldest one that what is rendered is held against.
pub const OLDEST: u32 = 25;
/// The first with classes of attributes that need no gate.
pub const ATTRIBUTES_SINCE: u32 = 34;

/// Reads a version, such as `1.34`: the number after the point.
///
/// # Errors
/// With what it is instead.
pub fn version(text: &str) -> Result<u32, String> {
    let minor = text.strip_prefix("1.").filter(|rest| !rest.starts_with('0') && rest.len() <= 3);
    let minor = minor.and_then(|rest| rest.bytes().all(|b| b.is_ascii_digit()).then(|| rest.parse().ok())?);
    match minor {
        Some(minor) if minor >= OLDEST => Ok(minor),
        _ => Err(format!("it is a version such as \"1.{VERSION}\", 1.{OLDEST} or later")),
    }
}

/// Reads an option of a mount.
///
/// # Errors
/// With what it is instead.
pub fn mount_option(text: &str) -> Result<(), &'static str> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-=.:+".contains(&b);
    let is_one = !text.is_empty() && text.len() <= 64 && text.bytes().all(legal) && !text.starts_with('-');
    if is_one { Ok(()) } else { Err("it is one option of `mount(8)`, such as `noatime`") }
}

/// Reads a folder of kubelet.
///
/// # Errors
/// With what it is instead.
pub fn kubelet_dir(text: &str) -> Result<(), &'static str> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-./".contains(&b);
    let parts = || text.split('/').skip(1);
    let is_one = text.starts_with('/')
        && text.len() <= 200
        && text.bytes().all(legal)
        && parts().all(|part| !part.is_empty() && part != "." && part != "..");
    if is_one { Ok(()) } else { Err("it is an absolute path, such as \"/var/lib/k0s/kubelet\"") }
}

/// Returns a size as Kubernetes writes it, exactly: `200Gi`.
#[must_use]
pub fn quantity(bytes: u64) -> String {
    let units = [("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let whole = units.into_iter().find(|(_, power)| bytes > 0 && bytes.is_multiple_of(1 << power));
    whole.map_or_else(|| bytes.to_string(), |(unit, power)| format!("{}{unit}", bytes >> power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_nothing_like_them() {
        assert_eq!(version("1.34"), Ok(34));
        assert_eq!(version("1.25"), Ok(25));
        for text in ["1.24", "1.034", "v1.34", "1.34.1", "2.34", "1.", "1", "", "1.3é", "1.9999"] {
            assert!(version(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_written_exactly() {
        for (bytes, text) in [
            (0, "0"),
            (10 << 30, "10Gi"),
            (1536 << 20, "1536Mi"),
            (2 << 40, "2Ti"),
            (1_539_316_278_886, "1539316278886"),
            (1 << 53, "8Pi"),
        ] {
            assert_eq!(quantity(bytes), text);
        }
    }

    #[test]
    fn paths_and_options_that_others_would_read_otherwise_are_none() {
        assert!(kubelet_dir("/var/lib/k0s/kubelet").is_ok());
        for text in ["var/lib", "/var//lib", "/var/../etc", "/var/lib/", "/var/a b", "/"] {
            assert!(kubelet_dir(text).is_err(), "{text}");
        }
        assert!(mount_option("commit=30").is_ok());
        for text in ["", "a,b", "-o", "a b", "a\n"] {
            assert!(mount_option(text).is_err(), "{text}");
        }
    }
}
