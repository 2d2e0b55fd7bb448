//! A schedule of snapshots: how many of which type are kept, and when and how they are taken.
//!
//! The words are those of `sanoid.conf`, whose engine carries it out. Kept is what is said and differs from the
//! default, each value in the one form that has one id.

mod row;
mod table;

pub use row::{MOST, Of, Row};
pub use table::{COUNTS, TABLE};

use crate::check::Reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A schedule of snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schedule(BTreeMap<Box<str>, Box<str>>);

/// Finds a row by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

impl Schedule {
    /// Says a setting, with its value in canonical form.
    pub fn say(&mut self, row: &Row, value: Box<str>) {
        if *value == *row.default {
            self.0.remove(row.name);
        } else {
            self.0.insert(row.name.into(), value);
        }
    }

    /// Returns whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what holds for a row.
    #[must_use]
    pub fn value<'a>(&'a self, row: &'a Row) -> &'a str {
        self.0.get(row.name).map_or(row.default, |value| value)
    }

    /// Lists what is said otherwise than the default, by name.
    pub fn said(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns what holds for a setting that is a number; 0 where it is none.
    #[must_use]
    pub fn number(&self, name: &str) -> u16 {
        find(name).and_then(|row| self.value(row).parse().ok()).unwrap_or(0)
    }

    /// Lists how many of each type are kept, in the order of [`COUNTS`].
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u16)> {
        COUNTS.iter().map(|name| (*name, self.number(name)))
    }

    /// Returns whether any are taken.
    #[must_use]
    pub fn takes_any(&self) -> bool {
        self.counts().any(|(_, count)| count > 0)
    }

    /// Says why no spec can say it.
    ///
    /// # Errors
    /// [`Reason::Spelling`] for what no row has, or has otherwise.
    pub fn check(&self) -> Result<(), Reason> {
        for (name, value) in &self.0 {
            let is_legal = find(name).is_some_and(|row| row.is_canonical(value) && **value != *row.default);
            if !is_legal {
                return Err(Reason::Spelling(format!("{name}={value}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<String, String> {
        find(name).unwrap().read(text).map(String::from)
    }

    #[test]
    fn every_default_is_canonical_and_every_count_stands_first() {
        for row in TABLE {
            assert!(row.default.is_empty() || row.is_canonical(row.default), "{}", row.name);
        }
        let counts: Vec<_> = TABLE.iter().filter(|row| row.is_count()).map(|row| row.name).collect();
        assert_eq!(counts, COUNTS);
    }

    #[test]
    fn values_have_one_form() {
        assert_eq!(read("hourly", "024").unwrap(), "24");
        assert_eq!(read("frequent_period", "5").unwrap(), "5");
        assert_eq!(read("pre_snapshot_script", "/usr/local/sbin/flush").unwrap(), "/usr/local/sbin/flush");
        for (name, text) in [
            ("hourly", "10000"),
            ("hourly", "-1"),
            ("hourly", "+1"),
            ("hourly", "many"),
            ("daily_hour", "24"),
            ("monthly_mday", "29"),
            ("monthly_mday", "0"),
            ("frequent_period", "7"),
            ("frequent_period", "60"),
            ("prune_defer", "101"),
            ("pre_snapshot_script", "flush"),
            ("pre_snapshot_script", "/bin/sh -c x"),
            ("pre_snapshot_script", "/a/../b"),
            ("pre_snapshot_script", "/a;b"),
            ("pre_snapshot_script", "/"),
        ] {
            assert!(read(name, text).is_err(), "{name}={text}");
        }
    }

    #[test]
    fn what_is_the_default_is_not_kept() {
        let mut schedule = Schedule::default();
        let daily = find("daily").unwrap();
        schedule.say(daily, "7".into());
        assert!(schedule.takes_any() && schedule.check().is_ok());
        schedule.say(daily, "0".into());
        assert!(schedule.is_empty() && !schedule.takes_any());
    }

    #[test]
    fn what_no_row_says_is_refused() {
        for (name, value) in [("daily", "07"), ("daily", "0"), ("dayly", "7")] {
            let schedule = Schedule([(name.into(), value.into())].into());
            assert!(schedule.check().is_err(), "{name}={value}");
        }
    }
}
