//! Which number an account inside of a container has outside (`user_namespaces(7)`), as Proxmox has LXC map them.

use serde::{Deserialize, Serialize};

/// The numbers of users, or of groups, as ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges(Vec<Range>);

/// So many numbers from one inside on are those from another outside on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Range {
    inside: u32,
    outside: u32,
    count: u32,
}

/// What a container maps users and groups to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap {
    pub users: Ranges,
    pub groups: Ranges,
}

/// What an unprivileged container has where nothing else is said: fixed in Proxmox's code, whatever `/etc/subuid` says.
const UNPRIVILEGED: Range = Range { inside: 0, outside: 100_000, count: 65_536 };

/// A privileged container has the numbers of the host.
const SAME: Range = Range { inside: 0, outside: 0, count: u32::MAX };

impl Ranges {
    /// Returns the number outside, where there is one.
    #[must_use]
    pub fn outside(&self, inside: u32) -> Option<u32> {
        let of = |range: &Range| {
            let at = inside.checked_sub(range.inside).filter(|at| *at < range.count)?;
            range.outside.checked_add(at)
        };
        self.0.iter().find_map(of)
    }

    /// Returns the number inside; without one it is nobody there.
    #[must_use]
    pub fn inside(&self, outside: u32) -> Option<u32> {
        let turned =
            |range: &Range| Range { inside: range.outside, outside: range.inside, count: range.count };
        Ranges(self.0.iter().map(turned).collect()).outside(outside)
    }
}

impl IdMap {
    /// Returns the map of a container. With any line of `lxc.idmap` what it would have otherwise is dropped as a whole.
    #[must_use]
    pub fn of(unprivileged: bool, lines: &[&str]) -> Self {
        if lines.is_empty() {
            let all = Ranges(vec![if unprivileged { UNPRIVILEGED } else { SAME }]);
            return IdMap { users: all.clone(), groups: all };
        }
        let mut map = IdMap::default();
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            map.add(&words);
        }
        map
    }

    /// Returns the map of one mount point, by its option `idmap`: what a number inside is on disk. Nothing where it says
    /// none, or what is not known here.
    #[must_use]
    pub fn of_mount(option: &str) -> Option<Self> {
        if option == "passthrough" {
            return Some(Self::of(false, &[]));
        }
        let mut map = IdMap::default();
        for part in option.split(';').filter(|part| !part.is_empty()) {
            let words: Vec<&str> = part.split(':').collect();
            map.add(&words).then_some(())?;
        }
        Some(map)
    }

    /// Adds a piece: `u 0 100000 65536`. Says whether it is one.
    fn add(&mut self, words: &[&str]) -> bool {
        let [kind, inside, outside, count] = words else { return false };
        let (Ok(inside), Ok(outside), Ok(count)) = (inside.parse(), outside.parse(), count.parse()) else {
            return false;
        };
        let ranges = match *kind {
            "u" => &mut self.users,
            "g" => &mut self.groups,
            _ => return false,
        };
        ranges.0.push(Range { inside, outside, count });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number inside, and what it is outside as a user's and as a group's.
    type Number = (u32, Option<u32>, Option<u32>);

    /// Ten maps: whether the container is unprivileged, its lines, and numbers.
    const TABLE: &[(bool, &[&str], &[Number])] = &[
        (
            true,
            &[],
            &[
                (0, Some(100_000), Some(100_000)),
                (33, Some(100_033), Some(100_033)),
                (65_535, Some(165_535), Some(165_535)),
                (65_536, None, None),
            ],
        ),
        (
            false,
            &[],
            &[(0, Some(0), Some(0)), (33, Some(33), Some(33)), (100_000, Some(100_000), Some(100_000))],
        ),
        // The user 1000 is the host's.
        (
            true,
            &["u 0 100000 1000", "u 1000 1000 1", "u 1001 101001 64535", "g 0 100000 65536"],
            &[
                (999, Some(100_999), Some(100_999)),
                (1000, Some(1000), Some(101_000)),
                (1001, Some(101_001), Some(101_001)),
                (65_535, Some(165_535), Some(165_535)),
            ],
        ),
        // Only the first 1000, and what is not said is nobody.
        (
            true,
            &["u 0 100000 1000", "g 0 100000 1000"],
            &[(999, Some(100_999), Some(100_999)), (1000, None, None)],
        ),
        // Users alone: no group is mapped.
        (true, &["u 0 100000 65536"], &[(33, Some(100_033), None)]),
        (
            true,
            &["g 33 33 1", "g 34 100034 100", "u 0 200000 65536"],
            &[(33, Some(200_033), Some(33)), (34, Some(200_034), Some(100_034)), (0, Some(200_000), None)],
        ),
        // A range of its own.
        (
            true,
            &["u 0 1000000 65536", "g 0 2000000 65536"],
            &[(0, Some(1_000_000), Some(2_000_000)), (1000, Some(1_001_000), Some(2_001_000))],
        ),
        // A privileged one that maps all the same.
        (false, &["u 0 0 65536", "g 0 0 65536"], &[(33, Some(33), Some(33)), (70_000, None, None)]),
        // What is no line of a map maps nothing.
        (true, &["u 0 100000", "x 0 1 2", "g a b c"], &[(0, None, None)]),
        // Up to the last number there is.
        (
            true,
            &["u 0 4294967290 10", "g 5 0 5"],
            &[(5, Some(u32::MAX), Some(0)), (6, None, Some(1)), (4, Some(4_294_967_294), None)],
        ),
    ];

    #[test]
    fn numbers_are_computed_by_the_container_s_own_map() {
        assert_eq!(TABLE.len(), 10);
        for (unprivileged, lines, numbers) in TABLE {
            let map = IdMap::of(*unprivileged, lines);
            for (inside, user, group) in *numbers {
                assert_eq!(
                    (map.users.outside(*inside), map.groups.outside(*inside)),
                    (*user, *group),
                    "{lines:?} {inside}"
                );
                for (ranges, outside) in [(&map.users, user), (&map.groups, group)] {
                    if let Some(outside) = outside {
                        assert_eq!(ranges.inside(*outside), Some(*inside), "{lines:?} {outside}");
                    }
                }
            }
        }
        assert_eq!(IdMap::of(true, &[]).users.inside(0), None);
    }

    #[test]
    fn a_mount_has_a_map_of_its_own() {
        let map = IdMap::of_mount("u:0:0:1;g:33:33:1;u:1000:5000:10").unwrap();
        assert_eq!(
            (map.users.outside(1001), map.groups.outside(33), map.groups.outside(0)),
            (Some(5001), Some(33), None)
        );
        assert_eq!(IdMap::of_mount("passthrough").unwrap().users.outside(77), Some(77));
        for odd in ["x:0:0:1", "u:0:0", "all"] {
            assert_eq!(IdMap::of_mount(odd), None, "{odd}");
        }
    }
}
