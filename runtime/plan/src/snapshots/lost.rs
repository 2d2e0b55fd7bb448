//! What becomes of snapshots that were taken by the clock, where other schedules hold after a plan than before.

use phoenix_graph::Key;
use std::collections::BTreeMap;

/// What becomes of snapshots, by the keys of the schedules.
#[derive(Debug, Default)]
pub struct Lost {
    /// What sanoid destroys by and by, in words for people, by the schedule that has it do so.
    pub destroyed: BTreeMap<Key, Vec<String>>,
    /// How many stay that nothing destroys any more, by the schedule that did.
    pub staying: BTreeMap<Key, u64>,
}
