//! What a schedule of snapshots may say: a row for each key of `sanoid.conf` that a spec sets.

use super::row::{Of, Row};

const fn row(name: &'static str, of: Of, default: &'static str, doc: &'static str) -> Row {
    Row { name, of, default, doc }
}

const fn count(name: &'static str, doc: &'static str) -> Row {
    row(name, Of::Count, "0", doc)
}

const fn number(name: &'static str, least: u16, most: u16, default: &'static str, doc: &'static str) -> Row {
    row(name, Of::Number { least, most }, default, doc)
}

/// How many of each type are kept, from those that are taken most often.
pub const COUNTS: &[&str] = &["frequently", "hourly", "daily", "weekly", "monthly", "yearly"];

/// All rows, in the order in which they are written and listed. Defaults are those of sanoid, but for the counts: what
/// no spec says is not taken.
pub const TABLE: &[Row] = &[
    count("frequently", "How many are kept of those that are taken each `frequent_period`."),
    count("hourly", "How many hourly ones are kept."),
    count("daily", "How many daily ones are kept."),
    count("weekly", "How many weekly ones are kept."),
    count("monthly", "How many monthly ones are kept; a month is 31 days."),
    count("yearly", "How many yearly ones are kept."),
    row("frequent_period", Of::Period, "15", "The minutes between frequent ones, a part of an hour."),
    number("hourly_min", 0, 59, "0", "The minute of hourly ones."),
    number("daily_hour", 0, 23, "23", "The hour of daily ones, in UTC."),
    number("daily_min", 0, 59, "59", "The minute of daily ones."),
    number("weekly_wday", 0, 6, "1", "The day of weekly ones, from 0 for Sunday."),
    number("weekly_hour", 0, 23, "23", "The hour of weekly ones, in UTC."),
    number("weekly_min", 0, 59, "30", "The minute of weekly ones."),
    number("monthly_mday", 1, 28, "1", "The day of monthly ones."),
    number("monthly_hour", 0, 23, "0", "The hour of monthly ones, in UTC."),
    number("monthly_min", 0, 59, "0", "The minute of monthly ones."),
    number("yearly_mon", 1, 12, "1", "The month of yearly ones."),
    number("yearly_mday", 1, 28, "1", "The day of yearly ones."),
    number("yearly_hour", 0, 23, "0", "The hour of yearly ones, in UTC."),
    number("yearly_min", 0, 59, "0", "The minute of yearly ones."),
    number(
        "prune_defer",
        0,
        100,
        "0",
        "How full the pool has to be, in percent, before old ones are destroyed; 0 for always.",
    ),
    row(
        "pre_snapshot_script",
        Of::Program,
        "",
        "The program that is run before snapshots are taken, by its absolute path: a database's flush. The names are in `SANOID_TARGETS` and `SANOID_SNAPNAMES`.",
    ),
    row("post_snapshot_script", Of::Program, "", "The program that is run after, by its absolute path."),
    row(
        "pruning_script",
        Of::Program,
        "",
        "The program that is run after a snapshot was destroyed, by its absolute path.",
    ),
    row(
        "no_inconsistent_snapshot",
        Of::Switch,
        "no",
        "Whether no snapshot is taken where `pre_snapshot_script` failed.",
    ),
    row(
        "force_post_snapshot_script",
        Of::Switch,
        "no",
        "Whether `post_snapshot_script` is run though `pre_snapshot_script` failed.",
    ),
];
