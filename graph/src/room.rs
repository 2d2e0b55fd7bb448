//! Room in a name: OpenZFS takes 255 bytes, and phoenix makes longer names of a dataset's: those of its
//! snapshots (`@phoenix-<n>`), and of the place where it is put away (`<pool>/.phoenix/<n>/<leaf>`), with
//! everything below it.

use crate::{DatasetName, name::MAX_DATASET_NAME as LONGEST};

/// What a snapshot's name adds: `@phoenix-`, a number, and a part.
pub const SNAPSHOT: usize = "@phoenix-".len() + NUMBER;
/// The digits of an attempt's number that room is left for, with the count of a part or a place (`12345678.1`).
const NUMBER: usize = 10;
/// A leaf that would be too long is told by so many digits.
pub const SHORT_LEAF: usize = 12;

/// Returns the longest that a dataset's whole name may be, so that it can be snapshot, and put away with
/// whatever it lies in.
#[must_use]
pub fn longest(name: &DatasetName) -> usize {
    let plain = LONGEST - SNAPSHOT;
    let below = name.below_pool();
    // What is put away is at most what lies right in the pool, and goes by a short leaf then.
    let Some((top, _)) = below.split_once('/') else { return plain };
    let longer = ("/.phoenix/".len() + NUMBER + "/".len() + SHORT_LEAF).saturating_sub("/".len() + top.len());
    plain - longer
}

/// Returns whether a snapshot of phoenix's fits behind a name.
#[must_use]
pub fn has_room(name: &str) -> bool {
    name.len() + SNAPSHOT <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(top: usize, rest: usize) -> DatasetName {
        let rest = if rest == 0 { String::new() } else { format!("/{}", "b".repeat(rest)) };
        DatasetName::new(&format!("tank/{}{rest}", "a".repeat(top))).unwrap()
    }

    #[test]
    fn a_name_of_the_longest_can_be_snapshot_and_put_away() {
        for (top, rest) in [(1, 0), (200, 0), (1, 1), (5, 100), (40, 100)] {
            let name = name(top, rest);
            let longest = longest(&name);
            assert!(longest + "@phoenix-99999999.9".len() <= LONGEST, "{name}");
            if rest > 0 {
                let kept = longest - "tank/".len() - top;
                let place = "tank/.phoenix/99999999.9/".len() + SHORT_LEAF + kept;
                assert!(place + "@phoenix-99999999.9".len() <= LONGEST, "{name}: {place}");
            }
        }
    }
}
