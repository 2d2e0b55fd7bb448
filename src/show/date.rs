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

/// Says how long ago a time was: `3 hours ago`, `12 days ago`. What lies in the future is told by its date.
#[must_use]
pub fn ago(seconds: u64, now: u64) -> String {
    let Some(hours) = now.checked_sub(seconds).map(|age| age / 3600) else { return utc(seconds) };
    match hours {
        0 => "within the last hour".to_owned(),
        1..48 => format!("{} ago", super::count(usize::try_from(hours).unwrap_or_default(), "hour")),
        _ => format!("{} days ago", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ages_are_in_hours_and_days() {
        let ago = |age: u64| super::ago(1_770_091_506 - age, 1_770_091_506);
        assert_eq!(ago(0), "within the last hour");
        assert_eq!(ago(3600), "1 hour ago");
        assert_eq!(ago(47 * 3600), "47 hours ago");
        assert_eq!(ago(48 * 3600), "2 days ago");
        assert_eq!(super::ago(1_770_091_506, 5), "2026-02-03 04:05:06 UTC");
    }

    #[test]
    fn dates_are_utc_and_never_fail() {
        assert_eq!(super::utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(super::utc(1_770_091_506), "2026-02-03 04:05:06 UTC");
        assert_eq!(super::utc(u64::MAX), "18446744073709551615 s after 1970");
    }
}
