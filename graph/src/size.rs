//! Sizes in bytes, read the way `zfs(8)` reads them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A size in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// The largest size that a spec may declare: 8P, 2^53 bytes. Canonical JSON (RFC 8785) carries
    /// whole numbers exactly only up to here, and two sizes must never share an id.
    pub const LARGEST: Self = Self(1 << 53);
}

/// The suffixes in the order of their powers of 1024.
const SUFFIXES: &[u8; 8] = b"BKMGTPEZ";

/// Says why a text is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Nothing was written.
    #[error("a size is missing; write a number with B, K, M, G, T, P or E, such as 800G")]
    Empty,
    /// It starts with a minus.
    #[error("{0:?} is negative; a size cannot be")]
    Negative(Box<str>),
    /// It starts with neither a digit nor a point.
    #[error("{0:?} is no size; write a number with B, K, M, G, T, P or E, such as 800G")]
    NotANumber(Box<str>),
    /// What follows the number is no suffix that OpenZFS knows.
    #[error(
        "{suffix:?} in {text:?} is no suffix of a size; those are B, K, M, G, T, P, E (G, GB and GiB are the same)"
    )]
    Suffix {
        /// The whole text.
        text: Box<str>,
        /// What follows the number.
        suffix: Box<str>,
    },
    /// It needs more than 64 bits.
    #[error("{0:?} is too large; a size is below 16E")]
    TooLarge(Box<str>),
}

/// Reads a size exactly as libzfs does (`zfs_nicestrtonum`): powers of 1024 in any case, `G`, `GB`
/// and `GiB` alike; whole numbers are exact, decimals are computed in double precision and
/// truncated, so `1.4T` is 1539316278886.
impl FromStr for Bytes {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let first = *text.as_bytes().first().ok_or(SizeError::Empty)?;
        if first == b'-' {
            return Err(SizeError::Negative(text.into()));
        }
        if !first.is_ascii_digit() && first != b'.' {
            return Err(SizeError::NotANumber(text.into()));
        }
        let too_large = || SizeError::TooLarge(text.into());
        let digits = digits(text);
        let whole = match &text[..digits] {
            "" => 0,
            whole => whole.parse::<u64>().map_err(|_| too_large())?,
        };
        if text.as_bytes().get(digits) != Some(&b'.') {
            let shift = shift(text, &text[digits..])?;
            let bytes = whole.checked_mul(1u64.checked_shl(shift).ok_or_else(too_large)?);
            return bytes.map(Self).ok_or_else(too_large);
        }
        let end = decimal(text);
        let suffix = &text[end..];
        // A lone point is no number to `strtod(3)`: all of it is left over.
        let number: f64 = text[..end]
            .parse()
            .map_err(|_| SizeError::Suffix { text: text.into(), suffix: suffix.into() })?;
        let bytes = number * 2f64.powi(shift(text, suffix)?.cast_signed());
        // 2^64, the first double that does not fit; infinity is above it too.
        if bytes >= 18_446_744_073_709_551_616.0 {
            return Err(too_large());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "libzfs truncates; the range was checked"
        )]
        Ok(Self(bytes as u64))
    }
}

/// Counts the digits that the text starts with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Returns how far `strtod(3)` reads: digits, a point, digits, and an exponent if it has digits.
fn decimal(text: &str) -> usize {
    let point = digits(text) + 1;
    let end = point + digits(&text[point..]);
    let rest = &text[end..];
    let Some(rest) = rest.strip_prefix(['e', 'E']) else { return end };
    let sign = usize::from(rest.starts_with(['+', '-']));
    match digits(&rest[sign..]) {
        0 => end,
        exponent => end + 1 + sign + exponent,
    }
}

/// Returns the power of two that a suffix stands for.
fn shift(text: &str, suffix: &str) -> Result<u32, SizeError> {
    let wrong = || SizeError::Suffix { text: text.into(), suffix: suffix.into() };
    let upper = suffix.to_ascii_uppercase();
    let Some(&letter) = upper.as_bytes().first() else { return Ok(0) };
    let power = SUFFIXES.iter().position(|known| *known == letter).ok_or_else(wrong)?;
    match &upper.as_bytes()[1..] {
        b"" => {}
        b"B" | b"IB" if letter != b'B' => {}
        _ => return Err(wrong()),
    }
    u32::try_from(power * 10).map_err(|_| wrong())
}

/// Writes the size with the largest suffix that needs no more than a half or a quarter to be exact
/// (`800G`, `1.5T`, `1.25G`), else in plain bytes. What it writes reads back to the same size.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = |power: &usize| 1u64 << (10 * power);
        // With a point in it, a size is read as a double (as `zfs(8)` does): that is exact up to here.
        let read = |power: &usize| self.0.is_multiple_of(unit(power)) || self.0 < 1 << 52;
        let exact =
            |power: &usize| self.0 >= unit(power) && self.0.is_multiple_of(unit(power) / 4) && read(power);
        let Some(power) = (1..=6).rev().find(exact) else { return write!(f, "{}", self.0) };
        let quarters = self.0 / (unit(&power) / 4);
        let rest = ["", ".25", ".5", ".75"][(quarters % 4) as usize];
        write!(f, "{}{rest}{}", quarters / 4, char::from(SUFFIXES[power]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(text: &str) -> Result<u64, SizeError> {
        text.parse::<Bytes>().map(|bytes| bytes.0)
    }

    #[test]
    fn sizes_are_read_as_zfs_reads_them() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512B", 512),
            ("1k", 1024),
            ("800G", 858_993_459_200),
            ("800GB", 858_993_459_200),
            ("800gib", 858_993_459_200),
            ("1.4T", 1_539_316_278_886),
            ("1.5G", 1_610_612_736),
            (".5M", 524_288),
            ("1.", 1),
            ("2.K", 2048),
            ("0.0001K", 0),
            ("1.5e3", 1500),
            ("1.5E", 1_729_382_256_910_270_464),
            ("15E", 15 << 60),
            ("18446744073709551615", u64::MAX),
            ("0.001Z", 1_180_591_620_717_411_328),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["16E", "1Z", "0Z", "18446744073709551616", "16.0E", "1.0e400", "99999999999999999999.5"]
        {
            assert_eq!(size(text), Err(SizeError::TooLarge(text.into())), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_says_why() {
        assert_eq!(size(""), Err(SizeError::Empty));
        assert_eq!(size("-1G"), Err(SizeError::Negative("-1G".into())));
        assert_eq!(size("big"), Err(SizeError::NotANumber("big".into())));
        assert_eq!(size(" 1G"), Err(SizeError::NotANumber(" 1G".into())));
        for (text, suffix) in [
            ("1 G", " G"),
            ("1BB", "BB"),
            ("1BiB", "BiB"),
            ("1Gi", "Gi"),
            ("1GBs", "GBs"),
            ("0x10", "x10"),
            ("1é", "é"),
            ("1.5e+", "e+"),
            ("1.2.3", ".3"),
            (".", ""),
        ] {
            let error = SizeError::Suffix { text: text.into(), suffix: suffix.into() };
            assert_eq!(size(text), Err(error), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_with_the_largest_exact_suffix() {
        for (bytes, text) in [
            (0, "0"),
            (858_993_459_200, "800G"),
            (131_072, "128K"),
            (1_649_267_441_664, "1.5T"),
            (1_342_177_280, "1.25G"),
            (1_099_780_063_232, "1024.25G"),
            (768, "768"),
            // A double cannot read this one with a point in it.
            (3_711_157_164_807_257_856, "3711157164807257856"),
            (1_539_316_278_886, "1539316278886"),
            (1 << 60, "1E"),
            (u64::MAX, "18446744073709551615"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(number: u64, shift in 0u32..64) {
            let bytes = Bytes(number >> shift << (shift / 2));
            prop_assert_eq!(bytes.to_string().parse(), Ok(bytes));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<Bytes>();
        }

        #[test]
        fn no_text_like_a_size_panics(text in "[0-9]{0,22}[.]?[0-9]{0,22}([eE][+-]?[0-9]{0,4})?[a-zA-Zé]{0,4}") {
            let _ = text.parse::<Bytes>();
        }
    }
}
