//! Durations as people write them: `90s`, `15m`, `12h`, `30d`, `2w`.

use std::{fmt, str::FromStr};

/// A duration in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

/// The units, the largest first, each with its length in seconds.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no duration: write a whole number and a unit, such as 90s, 15m, 12h, 30d or 2w"
            )
        };
        let mut ends = text.chars();
        let unit = ends.next_back().ok_or_else(wrong)?;
        let (_, length) = UNITS.into_iter().find(|(letter, _)| *letter == unit).ok_or_else(wrong)?;
        let digits = ends.as_str();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let number: u64 = digits.parse().map_err(|_| format!("{text:?} is too long"))?;
        number.checked_mul(length).map(Self).ok_or_else(|| format!("{text:?} is too long"))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, length) = UNITS
            .into_iter()
            .find(|(_, length)| self.0 > 0 && self.0.is_multiple_of(*length))
            .unwrap_or(('s', 1));
        write!(f, "{}{letter}", self.0 / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)]
        {
            assert_eq!(text.parse(), Ok(Seconds(seconds)));
        }
        for (seconds, text) in [(0, "0s"), (60, "1m"), (90, "90s"), (86_400, "1d"), (604_800, "1w")] {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_duration_is_told() {
        for text in
            ["", "s", "10", "1.5h", "-5s", "5 s", "5µ", "99999999999999999999s", "18446744073709551615w"]
        {
            assert!(text.parse::<Seconds>().unwrap_err().contains(&format!("{text:?}")), "{text}");
        }
    }
}
