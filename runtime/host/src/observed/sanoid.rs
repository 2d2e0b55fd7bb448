//! sanoid, which takes and destroys snapshots by the clock, as it is seen.

use crate::text::sanoid_conf::{Covered, covered};
use phoenix_graph::{DatasetName, SnapshotName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many snapshots of each type there are that sanoid counts as its own.
pub type Taken = BTreeMap<Box<str>, u64>;

/// What there is of sanoid on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanoid {
    /// Whether it is installed, as Debian's package does.
    pub installed: bool,
    /// What the configuration that is not phoenix's covers, `/etc/sanoid/sanoid.conf`.
    pub others: Vec<Covered>,
    /// Why that cannot be read, where it cannot.
    pub unread: Option<Box<str>>,
    /// Its snapshots of the file systems and volumes asked for that are there, also of those that have none.
    pub taken: BTreeMap<DatasetName, Taken>,
}

impl Sanoid {
    /// Takes in what others have it do, by the text of their configuration.
    #[must_use]
    pub fn beside(mut self, text: &str) -> Self {
        match covered(text) {
            Ok(others) => self.others = others,
            Err(why) => self.unread = Some(why.into()),
        }
        self
    }
}

/// The configuration of sanoid that is not phoenix's.
pub const OTHERS: &str = "/etc/sanoid/sanoid.conf";

/// Returns the type of a snapshot that sanoid counts as its own, by what follows the `@`: whatever begins with
/// `autosnap` and ends in `ly`, by the last word behind a `_` that has `ly` in it (`/.*_(\w*ly)/`).
#[must_use]
pub fn type_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("autosnap").filter(|rest| rest.ends_with("ly"))?;
    rest.match_indices('_').rev().find_map(|(at, _)| {
        let word = &rest[at + 1..];
        let end = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
        let ly = word[..end].rfind("ly")?;
        Some(&word[..ly + 2])
    })
}

/// Counts the snapshots that sanoid counts as its own, of all that was looked at: what has none has an empty count.
#[must_use]
pub fn taken<'a>(
    looked_at: impl IntoIterator<Item = &'a DatasetName>,
    snapshots: impl IntoIterator<Item = &'a SnapshotName>,
) -> BTreeMap<DatasetName, Taken> {
    let mut counts: BTreeMap<DatasetName, Taken> =
        looked_at.into_iter().map(|name| (name.clone(), Taken::new())).collect();
    for snapshot in snapshots {
        if let Some(kind) = type_of(snapshot.name()) {
            let taken = counts.entry(snapshot.dataset().clone()).or_default();
            *taken.entry(kind.into()).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sanoid_owns_what_begins_and_ends_as_it_names_them() {
        assert_eq!(type_of("autosnap_2026-11-30_21:00:00_hourly"), Some("hourly"));
        assert_eq!(type_of("autosnap_2026-10-25_02:00:00dst_hourly"), Some("hourly"));
        assert_eq!(type_of("autosnap_mine_daily"), Some("daily"));
        for name in
            ["phoenix-3", "autosnap_2026-11-30_21:00:00_mine", "syncoid_x_hourly", "autosnap", "daily"]
        {
            assert_eq!(type_of(name), None, "{name}");
        }
    }
}
