//! Dates: always UTC, so that they mean the same wherever they are read.

use jiff::Timestamp;

/// Writes a time, in seconds since 1970-01-01 UTC, as `2026-02-03 04:05:06 UTC`.
#[must_use]
pub fn utc(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(
        || format!("{seconds} s after 1970"),
        |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_utc_and_never_fail() {
        assert_eq!(super::utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(super::utc(1_770_091_506), "2026-02-03 04:05:06 UTC");
        assert_eq!(super::utc(u64::MAX), "18446744073709551615 s after 1970");
    }
}
