//! What NFS clients tell an exported file system by, where somebody says so: `fsid=`.
//!
//! The server looks a file handle up by the client and by what is said here (mountd's `nfsd.fh` channel): of two paths
//! that one client may have under one `fsid`, it serves one under the handles of both.

use super::ExportOptions;
use std::fmt;

/// What file handles of an export begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fsid {
    /// A number; 0 is the root of all that version 4 sees.
    Number(u32),
    /// A UUID, by its digits alone.
    Uuid(u128),
}

impl Fsid {
    /// The root of all that version 4 sees.
    pub const ROOT: Self = Self::Number(0);

    /// Returns what options say; nothing where they leave it to the server.
    #[must_use]
    pub fn of(options: &ExportOptions) -> Option<Self> {
        options.iter().find_map(|word| Self::read(word.strip_prefix("fsid=")?))
    }

    /// Reads a value as nfs-utils does: `root`, a number (also octal, `012`, or hexadecimal, `0xa`), or 32 hexadecimal
    /// digits, whatever stands between them.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        if value == "root" {
            return Some(Self::ROOT);
        }
        number(value).map(Self::Number).or_else(|| uuid(value).map(Self::Uuid))
    }
}

impl fmt::Display for Fsid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "fsid={number}"),
            Self::Uuid(digits) => {
                let digits = format!("{digits:032x}");
                let (a, b, c, d, e) =
                    (&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
                write!(f, "fsid={a}-{b}-{c}-{d}-{e}")
            }
        }
    }
}

/// Reads a number as `strtoul(3)` does with base 0, of which nfs-utils keeps 32 bits.
fn number(value: &str) -> Option<u32> {
    let (negative, digits) = match value.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.strip_prefix('+').unwrap_or(value)),
    };
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, digits.starts_with('0')) {
        (Some(digits), _) => (digits, 16),
        (None, true) => (digits, 8),
        (None, false) => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // What is too large is the largest of 64 bits.
    let read = u64::from_str_radix(digits, radix).ok();
    let number = read.map_or(u64::MAX, |number| if negative { number.wrapping_neg() } else { number });
    Some((number & u64::from(u32::MAX)) as u32)
}

fn uuid(value: &str) -> Option<u128> {
    let digits: String = value.chars().filter(char::is_ascii_hexdigit).collect();
    (digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fsid_is_the_same_in_any_spelling() {
        for (one, other) in [
            ("root", "0"),
            ("12", "0xc"),
            ("12", "0XC"),
            ("12", "014"),
            ("4294967295", "-1"),
            ("4294967295", "99999999999999999999999"),
            ("0f0e0d0c-0b0a-0908-0706-050403020100", "0F0E0D0C:0B0A0908:07060504:03020100"),
            ("0f0e0d0c-0b0a-0908-0706-050403020100", "0f0e0d0c0b0a09080706050403020100"),
        ] {
            assert!(Fsid::read(one).is_some(), "{one}");
            assert_eq!(Fsid::read(one), Fsid::read(other), "{one} {other}");
        }
        for (one, other) in [("10", "010"), ("1", "2"), ("7", "07000000-0000-0000-0000-000000000000")] {
            assert_ne!(Fsid::read(one), Fsid::read(other), "{one} {other}");
        }
        for none in ["", "x", "0x", "09", "1a", "-", "0f0e0d0c"] {
            assert_eq!(Fsid::read(none), None, "{none}");
        }
    }

    #[test]
    fn options_say_it_or_leave_it_to_the_server() {
        let of = |words: &str| Fsid::of(&ExportOptions::from_etab(words));
        assert_eq!(of("rw,fsid=0"), Some(Fsid::ROOT));
        assert_eq!(of("rw,fsid=0x0"), Some(Fsid::ROOT));
        assert_eq!(of("rw"), None);
        // The server has drawn it by itself.
        assert_eq!(of("rw,fsid=3,reexport=auto-fsidnum"), None);
    }

    #[test]
    fn it_is_shown_as_exports_have_it() {
        for text in ["fsid=0", "fsid=12", "fsid=0f0e0d0c-0b0a-0908-0706-050403020100"] {
            let read = text.strip_prefix("fsid=").and_then(Fsid::read);
            assert_eq!(read.map(|read| read.to_string()).as_deref(), Some(text));
        }
    }
}
