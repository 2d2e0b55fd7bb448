//! Which number an account inside of a container has outside (`user_namespaces(7)`), as Proxmox has LXC map them, and on
//! disk, where a mount point has numbers of its own (`pct(1)`, `idmap`).

use serde::{Deserialize, Serialize};
use std::fmt;

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

    /// Returns whether it is that of a privileged container, which has the numbers of the host.
    #[must_use]
    pub fn is_same(&self) -> bool {
        *self == Self::of(false, &[])
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

/// What a mount point says of numbers: what an account inside has on disk (`idmap`, pve-container 6.1.6 and later).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountMap {
    /// Every number is the same on disk.
    Passthrough,
    /// These are; all others are as the container maps them. Sorted, and none overlaps another.
    Pieces(Vec<Piece>),
}

/// So many numbers from one inside on are those from another on disk on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    what: What,
    inside: u32,
    disk: u32,
    count: u32,
}

/// Whose numbers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Users,
    Groups,
}

impl What {
    fn letter(self) -> char {
        match self {
            What::Users => 'u',
            What::Groups => 'g',
        }
    }

    fn name(self) -> &'static str {
        match self {
            What::Users => "user",
            What::Groups => "group",
        }
    }
}

/// The number that no account has (`(uid_t) -1`).
const NOBODY: u64 = u32::MAX as u64;

impl MountMap {
    /// Reads a map as Proxmox has it: `passthrough`, or pieces `u:INSIDE:DISK:COUNT` and `g:INSIDE:DISK:COUNT` joined by `;`.
    ///
    /// # Errors
    /// Why Proxmox does not take it: the piece that cannot be read, or that maps again what another one maps.
    pub fn read(text: &str) -> Result<Self, String> {
        if text == "passthrough" {
            return Ok(Self::Passthrough);
        }
        if text.split(';').any(|piece| piece == "passthrough") {
            return Err("`passthrough` stands alone: it maps every number".to_owned());
        }
        let mut pieces = text.split(';').map(Piece::read).collect::<Result<Vec<Piece>, String>>()?;
        pieces.sort_unstable();
        for side in [|piece: &Piece| piece.inside, |piece: &Piece| piece.disk] {
            let mut by_side = pieces.clone();
            by_side.sort_by_key(|piece| (piece.what, side(piece)));
            let twice = |two: &&[Piece]| {
                let [first, second] = two else { return false };
                first.what == second.what
                    && u64::from(side(first)) + u64::from(first.count) > u64::from(side(second))
            };
            if let Some([first, second]) = by_side.windows(2).find(twice) {
                let what = second.what.name();
                return Err(format!("`{first}` and `{second}` both map the {what} {}", side(second)));
            }
        }
        Ok(Self::Pieces(pieces))
    }

    /// Returns what numbers a container with a map of its own has through the mount point.
    #[must_use]
    pub fn over(&self, container: &IdMap) -> IdMap {
        let users = self.ranges(What::Users, &container.users);
        IdMap { users, groups: self.ranges(What::Groups, &container.groups) }
    }

    fn ranges(&self, what: What, container: &Ranges) -> Ranges {
        let Self::Pieces(pieces) = self else {
            let same = |range: &Range| Range { outside: range.inside, ..*range };
            return Ranges(container.0.iter().map(same).collect());
        };
        let mut found = Vec::new();
        for range in &container.0 {
            let end = u64::from(range.inside) + u64::from(range.count);
            let mut at = u64::from(range.inside);
            // What no piece has is as the container maps it, up to where the next one begins.
            let own = |from: u64, to: u64| {
                let outside = u64::from(range.outside) + from - u64::from(range.inside);
                Range::of(from, outside, to.saturating_sub(from))
            };
            for piece in pieces.iter().filter(|piece| piece.what == what) {
                let from = u64::from(piece.inside).max(at);
                let to = (u64::from(piece.inside) + u64::from(piece.count)).min(end);
                if from >= to {
                    continue;
                }
                found.extend(own(at, from));
                found.extend(Range::of(
                    from,
                    u64::from(piece.disk) + from - u64::from(piece.inside),
                    to - from,
                ));
                at = to;
            }
            found.extend(own(at, end));
        }
        Ranges(found)
    }

    /// Finds a number on disk that would be two accounts of a container. The kernel refuses such a map, so that the
    /// container does not start with it (`user_namespaces(7)`).
    #[must_use]
    pub fn clash(&self, container: &IdMap) -> Option<String> {
        let map = self.over(container);
        [(What::Users, map.users), (What::Groups, map.groups)].into_iter().find_map(|(what, ranges)| {
            let mut ranges = ranges.0;
            ranges.sort_by_key(|range| range.outside);
            let twice = ranges.windows(2).find_map(|two| {
                let [first, second] = two else { return None };
                let reaches = u64::from(first.outside) + u64::from(first.count) > u64::from(second.outside);
                reaches.then_some((first.inside + (second.outside - first.outside), *second))
            });
            let (inside, second) = twice?;
            let (one, other) = (inside.min(second.inside), inside.max(second.inside));
            Some(format!(
                "the {} {} on disk would be both {one} and {other} inside",
                what.name(),
                second.outside
            ))
        })
    }

    /// Lists the pieces of which a container has not every number inside: for those they mean nothing.
    #[must_use]
    pub fn beyond(&self, container: &IdMap) -> Vec<String> {
        let Self::Pieces(pieces) = self else { return Vec::new() };
        let has = |piece: &&Piece| {
            let ranges = match piece.what {
                What::Users => &container.users,
                What::Groups => &container.groups,
            };
            let held: u64 = ranges.0.iter().map(|range| range.holds(piece.inside, piece.count)).sum();
            held < u64::from(piece.count)
        };
        pieces.iter().filter(has).map(Piece::to_string).collect()
    }
}

impl fmt::Display for MountMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Pieces(pieces) = self else { return f.write_str("passthrough") };
        let pieces: Vec<String> = pieces.iter().map(Piece::to_string).collect();
        f.write_str(&pieces.join(";"))
    }
}

impl Range {
    /// Counts the numbers inside that it has of so many from one on.
    fn holds(&self, inside: u32, count: u32) -> u64 {
        let end = |from: u32, count: u32| u64::from(from) + u64::from(count);
        end(inside, count).min(end(self.inside, self.count)).saturating_sub(inside.max(self.inside).into())
    }

    /// Makes a range, as far as there are numbers; nothing where it has none.
    fn of(inside: u64, outside: u64, count: u64) -> Option<Self> {
        let count = count.min(NOBODY.saturating_sub(outside));
        let [inside, outside, count] = [inside, outside, count].map(|number| u32::try_from(number).ok());
        Some(Range { inside: inside?, outside: outside?, count: count.filter(|count| *count > 0)? })
    }
}

impl Piece {
    fn read(text: &str) -> Result<Self, String> {
        let number = |word: &str| {
            let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
            word.parse::<u32>().ok().filter(|_| digits)
        };
        let words: Vec<&str> = text.split(':').collect();
        let read = match words[..] {
            [what, inside, disk, count] => {
                let what = match what {
                    "u" => Some(What::Users),
                    "g" => Some(What::Groups),
                    _ => None,
                };
                let numbers = (what, number(inside), number(disk), number(count));
                let (Some(what), Some(inside), Some(disk), Some(count)) = numbers else {
                    return Err(no_piece(text));
                };
                Piece { what, inside, disk, count }
            }
            _ => return Err(no_piece(text)),
        };
        let last = u64::from(read.inside.max(read.disk)) + u64::from(read.count);
        if read.count == 0 {
            return Err(format!("`{text}` maps no number: the last word is how many"));
        }
        if last > NOBODY {
            return Err(format!("`{text}` has a number beyond 4294967294"));
        }
        Ok(read)
    }
}

fn no_piece(text: &str) -> String {
    format!(
        "`{text}` is no piece of a map, such as `u:33:33:1`: whose (`u` or `g`), inside, on disk, how many"
    )
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.what.letter(), self.inside, self.disk, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_that_a_container_has_not_are_found() {
        let container = IdMap::of(false, &["u 0 100000 1000", "u 1000 1000 1", "g 0 100000 10"]);
        let beyond = |text: &str| MountMap::read(text).unwrap().beyond(&container).join(" ");
        assert_eq!(beyond("u:33:33:1;u:999:5:2;g:9:9:1"), "");
        assert_eq!(beyond("u:33:33:1;u:1000:5:2;g:10:10:1"), "u:1000:5:2 g:10:10:1");
        assert_eq!(beyond("passthrough"), "");
    }

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

    /// What a mount point says, of which container, and what a user and a group are on disk.
    type Mounted = (&'static str, bool, &'static [&'static str], &'static [Number]);

    const MOUNTED: &[Mounted] = &[
        // What is not said is as the container maps it.
        (
            "g:33:33:1;u:0:0:1",
            true,
            &[],
            &[
                (0, Some(0), Some(100_000)),
                (1, Some(100_001), Some(100_001)),
                (32, Some(100_032), Some(100_032)),
                (33, Some(100_033), Some(33)),
                (34, Some(100_034), Some(100_034)),
                (65_535, Some(165_535), Some(165_535)),
                (65_536, None, None),
            ],
        ),
        ("passthrough", true, &[], &[(77, Some(77), Some(77)), (65_536, None, None)]),
        // A piece over the end of a range, and over two of them.
        (
            "u:65530:5000:100;g:999:50:3",
            true,
            &["u 0 100000 65536", "g 0 100000 1000", "g 1000 1000 1", "g 1001 101001 64535"],
            &[
                (65_535, Some(5005), Some(165_535)),
                (65_536, None, None),
                (998, Some(100_998), Some(100_998)),
                (999, Some(100_999), Some(50)),
                (1000, Some(101_000), Some(51)),
                (1001, Some(101_001), Some(52)),
                (1002, Some(101_002), Some(101_002)),
            ],
        ),
        // What the container does not map is nobody, whatever the mount point says.
        ("u:70000:70000:1", true, &[], &[(70_000, None, None)]),
    ];

    #[test]
    fn a_mount_point_has_numbers_of_its_own_over_those_of_its_container() {
        for (text, unprivileged, lines, numbers) in MOUNTED {
            let map = MountMap::read(text).unwrap().over(&IdMap::of(*unprivileged, lines));
            for (inside, user, group) in *numbers {
                assert_eq!(
                    (map.users.outside(*inside), map.groups.outside(*inside)),
                    (*user, *group),
                    "{text} {inside}"
                );
            }
        }
    }

    #[test]
    fn a_map_of_a_mount_point_has_one_spelling() {
        let map = MountMap::read("g:33:33:1;u:1000:5000:010;u:0:0:1").unwrap();
        assert_eq!(map.to_string(), "u:0:0:1;u:1000:5000:10;g:33:33:1");
        assert_eq!(MountMap::read(&map.to_string()), Ok(map));
        for odd in [
            "x:0:0:1",
            "u:0:0",
            "all",
            "",
            "u:0:0:0",
            "u:+1:0:1",
            "u:0:0:1;",
            "u: 0:0:1",
            "u:0:4294967294:2",
            "u:0:0:10;u:9:100:1",
            "g:0:50:10;g:100:59:2",
            "u:0:0:99999999999",
        ] {
            assert!(MountMap::read(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_number_on_disk_that_would_be_two_accounts_is_found() {
        let default = IdMap::of(true, &[]);
        let clash = |text: &str| MountMap::read(text).unwrap().clash(&default);
        for fine in ["passthrough", "u:33:33:1", "u:33:100034:1;u:34:100033:1", "u:0:0:65536"] {
            assert_eq!(clash(fine), None, "{fine}");
        }
        assert_eq!(clash("u:33:100034:1").unwrap(), "the user 100034 on disk would be both 33 and 34 inside");
        assert_eq!(clash("g:5:99999:3").unwrap(), "the group 100000 on disk would be both 0 and 6 inside");
    }
}
