//! The version of a package of Proxmox's, as Debian tells it: which options `pct` and `qm` know depends on it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A version of `pve-container` or `qemu-server`, whose tool knows more or fewer options: `6.1.10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageVersion(pub u32, pub u32, pub u32);

impl PackageVersion {
    /// Reads one as Debian writes it: a number or more before a dot or anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let upstream = text.trim().split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
        let mut numbers = upstream.split('.').map(str::parse);
        let first = numbers.next()?.ok()?;
        let mut further = || numbers.next().map_or(Some(0), Result::ok);
        Some(PackageVersion(first, further()?, further()?))
    }
}

impl fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_pve_container_are_read_and_compared() {
        assert_eq!(PackageVersion::read("6.1.10\n"), Some(PackageVersion(6, 1, 10)));
        assert_eq!(PackageVersion::read("5.0-3~bpo12"), Some(PackageVersion(5, 0, 0)));
        assert!(PackageVersion::read("6.1.10") > PackageVersion::read("6.1.6"));
        for odd in ["", "unknown", ".", "6..1", "99999999999.1"] {
            assert_eq!(PackageVersion::read(odd), None, "{odd}");
        }
    }
}
