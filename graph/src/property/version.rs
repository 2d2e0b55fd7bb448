//! Versions of OpenZFS.

use std::{fmt, str::FromStr};

/// A version of OpenZFS. The oldest that the table tells apart is 0.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
}

impl Version {
    /// Makes a version.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

/// Says that a text names no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version of OpenZFS; one looks like 2.3.2 or zfs-2.3.2-1")]
pub struct VersionError(pub Box<str>);

/// Reads a line of `zfs version` (`zfs-2.3.2-1`, `zfs-kmod-2.2.8-pve1`) or a plain version; what
/// comes after the first two numbers is passed over.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let wrong = || VersionError(text.into());
        let plain = text.trim();
        let plain = plain.strip_prefix("zfs-").unwrap_or(plain);
        let plain = plain.strip_prefix("kmod-").unwrap_or(plain);
        let mut numbers = plain.split(['.', '-', '_']).map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
