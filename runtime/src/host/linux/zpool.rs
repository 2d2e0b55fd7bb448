//! Reads `zpool status -P` (the vdevs of each pool) and `zpool import` (the pools that could be imported).

use super::properties::unreadable;
use crate::host::HostError;
use phoenix_graph::{Class, PoolName, Redundancy};
use std::collections::{BTreeMap, BTreeSet};

/// A top-level vdev as `zpool status -P` shows it: what it is, and the paths of its disks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// The paths of its disks.
    pub disks: Vec<Box<str>>,
}

/// Reads the layout of every pool.
///
/// # Errors
/// A pool's name or a vdev's that cannot be read.
pub fn layouts(text: &str) -> Result<BTreeMap<PoolName, Vec<Shown>>, HostError> {
    let mut found = BTreeMap::new();
    let mut pool = None;
    let mut config: Option<Vec<&str>> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("  pool: ") {
            finish(&mut found, pool.take(), config.take())?;
            pool = Some(name);
        } else if line.starts_with("config:") {
            config = Some(Vec::new());
        } else if let (Some(lines), Some(line)) = (config.as_mut(), line.strip_prefix('\t')) {
            lines.push(line);
        } else if line.starts_with("errors:") {
            finish(&mut found, pool.take(), config.take())?;
        }
    }
    finish(&mut found, pool, config)?;
    Ok(found)
}

fn finish(
    found: &mut BTreeMap<PoolName, Vec<Shown>>,
    pool: Option<&str>,
    config: Option<Vec<&str>>,
) -> Result<(), HostError> {
    let (Some(pool), Some(config)) = (pool, config) else { return Ok(()) };
    let name = PoolName::new(pool)
        .map_err(|error| unreadable("zpool status", &format!("a pool's name: {error}"), pool))?;
    found.insert(name, layout(&config)?);
    Ok(())
}

/// A line of the tree: how deep it is, its first word, and the path that a lost disk had.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    depth: usize,
    word: &'a str,
    was: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let rest = text.trim_start_matches(' ');
        let word = rest.split_whitespace().next()?;
        let was = rest.split_once("  was ").map(|(_, path)| path.trim());
        Some(Line { depth: (text.len() - rest.len()) / 2, word, was })
    }

    /// The disk's path: of a disk that is lost only its GUID is shown, and then the path that it had.
    fn path(&self) -> Box<str> {
        self.was.unwrap_or(self.word).into()
    }
}

/// Reads the tree below `config:`: heads of columns, the pool, its vdevs, then sections by class.
fn layout(config: &[&str]) -> Result<Vec<Shown>, HostError> {
    let lines: Vec<Line<'_>> = config.iter().filter_map(|line| Line::read(line)).collect();
    let mut class = Class::Data;
    let mut found: Vec<Shown> = Vec::new();
    // The first line is `NAME STATE …`, the second the pool itself.
    let mut rest = lines.get(2..).unwrap_or_default();
    while let Some((line, below)) = rest.split_first() {
        let count = below.iter().take_while(|child| child.depth > line.depth).count();
        let (children, after) = below.split_at(count);
        if line.depth == 0 {
            class = class_of(line.word)?;
            // The vdevs of a class stand below its head, one step deeper.
            rest = below;
            continue;
        }
        rest = after;
        if let Some(redundancy) = redundancy(line.word) {
            found.push(Shown { class, redundancy, disks: leaves(children) });
        } else if children.is_empty() && !is_group(line.word) {
            found.push(Shown { class, redundancy: Redundancy::None, disks: vec![line.path()] });
        } else if line.word.starts_with("replacing-") || line.word.starts_with("spare-") {
            found.push(Shown {
                class,
                redundancy: Redundancy::None,
                disks: leaves(&rest_of(line, children)),
            });
        } else if !is_group(line.word) {
            return Err(unreadable("zpool status", "an unknown kind of vdev", line.word));
        }
    }
    Ok(found)
}

fn rest_of<'a>(line: &Line<'a>, children: &[Line<'a>]) -> Vec<Line<'a>> {
    std::iter::once(*line).chain(children.iter().copied()).collect()
}

/// Finds the disks below a vdev. Of a disk being replaced the new one counts, of a disk that a spare
/// stands in for the disk itself.
fn leaves(children: &[Line<'_>]) -> Vec<Box<str>> {
    let mut found = Vec::new();
    let mut rest = children;
    while let Some((line, below)) = rest.split_first() {
        let count = below.iter().take_while(|child| child.depth > line.depth).count();
        let (inner, after) = below.split_at(count);
        rest = after;
        if inner.is_empty() {
            found.push(line.path());
        } else if line.word.starts_with("spare-") {
            found.extend(leaves(inner).into_iter().next());
        } else {
            found.extend(leaves(inner).pop());
        }
    }
    found
}

fn class_of(word: &str) -> Result<Class, HostError> {
    match word {
        "special" => Ok(Class::Special),
        "dedup" => Ok(Class::Dedup),
        "logs" | "log" => Ok(Class::Log),
        "cache" => Ok(Class::Cache),
        "spares" | "spare" => Ok(Class::Spare),
        _ => Err(unreadable("zpool status", "an unknown class of vdevs", word)),
    }
}

/// Reads `mirror-0`, `raidz2-1`, `draid2:4d:8c:1s-0`.
fn redundancy(word: &str) -> Option<Redundancy> {
    let (kind, number) = word.rsplit_once('-')?;
    number.parse::<u32>().ok()?;
    match kind {
        "mirror" => Some(Redundancy::Mirror),
        "raidz1" => Some(Redundancy::Raidz(1)),
        "raidz2" => Some(Redundancy::Raidz(2)),
        "raidz3" => Some(Redundancy::Raidz(3)),
        draid if draid.starts_with("draid") && draid.contains(':') => Some(Redundancy::Draid(draid.into())),
        _ => None,
    }
}

/// Says whether a word is no disk and no vdev that a spec names: what is left of a removed vdev
/// (`indirect-1`), and the distributed spare of a draid (`draid1-0-0`).
fn is_group(word: &str) -> bool {
    !word.starts_with('/') && (word.starts_with("indirect-") || word.starts_with("draid"))
}

/// Reads the names of the pools that could be imported.
#[must_use]
pub fn importable(text: &str) -> BTreeSet<PoolName> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("pool: "))
        .filter_map(|name| PoolName::new(name.trim_end()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATUS: &str = include_str!("../../../tests/fixtures/zpool-status-P.txt");
    const IMPORT: &str = include_str!("../../../tests/fixtures/zpool-import.txt");

    fn by_id(names: &[&str]) -> Vec<Box<str>> {
        names.iter().map(|name| format!("/dev/disk/by-id/virtio-{name}-part1").into()).collect()
    }

    #[test]
    fn a_pool_with_every_class_of_vdev_is_read() {
        let found = layouts(STATUS).unwrap();
        let shown = |class, redundancy, names: &[&str]| Shown { class, redundancy, disks: by_id(names) };
        assert_eq!(
            found[&PoolName::new("big").unwrap()],
            [
                shown(Class::Data, Redundancy::Mirror, &["m0", "m1"]),
                shown(Class::Data, Redundancy::None, &["solo"]),
                shown(Class::Data, Redundancy::Raidz(2), &["r0", "r1", "r2", "r3"]),
                shown(Class::Special, Redundancy::Mirror, &["s0", "s1"]),
                shown(Class::Log, Redundancy::None, &["slog"]),
                shown(Class::Cache, Redundancy::None, &["l2arc"]),
                shown(Class::Spare, Redundancy::None, &["sp0"]),
            ]
        );
    }

    #[test]
    fn lost_replaced_and_spared_disks_keep_their_places() {
        let text = "  pool: a b\n state: DEGRADED\nstatus: One or more devices\n\tcould not be opened.\nconfig:\n\n\
            \tNAME                     STATE     READ WRITE CKSUM\n\
            \ta b                      DEGRADED     0     0     0\n\
            \t  mirror-0               DEGRADED     0     0     0\n\
            \t    /dev/x1              ONLINE       0     0     0\n\
            \t    12345678901234567    UNAVAIL      0     0     0  was /dev/x2\n\
            \t  raidz1-1               ONLINE       0     0     0\n\
            \t    replacing-0          ONLINE       0     0     0\n\
            \t      /dev/old           OFFLINE      0     0     0\n\
            \t      /dev/new           ONLINE       0     0     0  (resilvering)\n\
            \t    spare-1              DEGRADED     0     0     0\n\
            \t      /dev/x3            FAULTED      0     0     0\n\
            \t      /dev/sp            ONLINE       0     0     0\n\
            \t    /dev/x4              ONLINE       0     0     0\n\
            \t  indirect-2             ONLINE       0     0     0\n\
            \tspares\n\
            \t  /dev/sp                INUSE     currently in use\n\nerrors: No known data errors\n";
        let found = layouts(text).unwrap();
        let disks: Vec<Vec<&str>> = found[&PoolName::new("a b").unwrap()]
            .iter()
            .map(|vdev| vdev.disks.iter().map(|disk| &**disk).collect())
            .collect();
        assert_eq!(
            disks,
            [vec!["/dev/x1", "/dev/x2"], vec!["/dev/new", "/dev/x3", "/dev/x4"], vec!["/dev/sp"]]
        );
    }

    #[test]
    fn no_pools_are_no_layouts() {
        assert!(layouts("no pools available\n").unwrap().is_empty());
    }

    #[test]
    fn importable_pools_are_named() {
        let names: Vec<String> = importable(IMPORT).into_iter().map(String::from).collect();
        assert_eq!(names, ["expool"]);
        assert!(importable("no pools available to import\n").is_empty());
    }

    proptest! {
        #[test]
        fn no_output_makes_the_readers_panic(text in "((  pool: |config:|errors:|\t {0,6}|mirror-1|/dev/a|spares|spare-1| was |[a-z]{0,3}| |\n)){0,60}") {
            let _ = layouts(&text);
            let _ = importable(&text);
        }
    }
}
