//! Permission bits.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Permission bits of a directory (`chmod(1)`), 0 to 0o7777; written as four octal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mode(u16);

impl Mode {
    /// The mode of a new file system's root directory.
    pub const NEW: Mode = Mode(0o755);

    /// Takes the permission bits of what `stat(2)` says; those of the file's type are left off.
    #[must_use]
    pub const fn of(bits: u32) -> Self {
        Self((bits & 0o7777) as u16)
    }

    /// Returns the bits.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// Says that a text is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no mode: it is three or four octal digits, such as \"0750\"")]
pub struct ModeError(pub String);

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        let bits = if octal { u16::from_str_radix(text, 8).ok() } else { None };
        bits.map(Self).ok_or_else(|| ModeError(text.to_owned()))
    }
}

impl TryFrom<String> for Mode {
    type Error = ModeError;
    fn try_from(text: String) -> Result<Self, ModeError> {
        text.parse()
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> String {
        mode.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal_digits_and_nothing_else() {
        for (text, shown) in [("750", "0750"), ("0750", "0750"), ("2770", "2770"), ("000", "0000")] {
            assert_eq!(text.parse::<Mode>().map(|mode| mode.to_string()), Ok(shown.to_owned()));
        }
        for bad in ["", "7", "75", "0o750", "758", "00750", "+75", "rwx"] {
            assert!(bad.parse::<Mode>().is_err(), "{bad}");
        }
    }
}
