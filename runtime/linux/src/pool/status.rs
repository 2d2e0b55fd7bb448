//! Reads `zpool status -P`: the vdevs of each pool, and what it is busy with.

use phoenix_graph::{Class, PoolName, Redundancy};
use phoenix_host::{
    HostError,
    error::unreadable,
    observed::{Work, WorkKind},
};
use std::collections::BTreeMap;

/// What `zpool status -P` shows of a pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Its top-level vdevs.
    pub layout: Vec<Shown>,
    /// Why those cannot be read, where they cannot: a kind of vdev that this version does not know.
    pub unread: Option<String>,
    /// What it is busy with.
    pub work: Vec<Work>,
    /// Whether it has a checkpoint that it can be returned to.
    pub checkpoint: bool,
}

/// A top-level vdev as `zpool status -P` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it is for.
    pub class: Class,
    /// How its disks protect each other.
    pub redundancy: Redundancy,
    /// The word that `zpool` finds it by.
    pub name: Box<str>,
    /// Whether it is being emptied.
    pub leaving: bool,
    /// Its disks.
    pub disks: Vec<Leaf>,
}

/// A disk as `zpool status -P` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its path; of a disk that is lost the one that it had.
    pub path: Box<str>,
    /// The word that `zpool` finds it by.
    pub name: Box<str>,
    /// Its state.
    pub state: Box<str>,
    /// Whether the pool cannot open it.
    pub lost: bool,
    /// The disk whose place it is taking.
    pub replaces: Option<Box<Leaf>>,
}

impl Shown {
    /// Returns all its disks, those that are being replaced among them.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.disks.iter().flat_map(|leaf| std::iter::once(leaf).chain(leaf.replaces.as_deref()))
    }
}

/// Reads what `zpool status -P` says of every pool. `guids`, what `zpool status -g` says, gives vdevs
/// and disks their GUIDs for names: it shows the same lines, with GUIDs in their first column.
///
/// # Errors
/// A pool's name that cannot be read, or outputs that do not belong together.
pub fn statuses(text: &str, guids: Option<&str>) -> Result<BTreeMap<PoolName, Status>, HostError> {
    let numbers = guids.map(|text| sections(text)).transpose()?;
    let mut found = BTreeMap::new();
    for (pool, section) in sections(text)? {
        let mut lines: Vec<Line<'_>> = section.config.iter().filter_map(|line| Line::read(line)).collect();
        if let Some(numbers) = &numbers {
            let other = numbers.get(&pool).map(|section| &section.config[..]).unwrap_or_default();
            number(&mut lines, other)?;
        }
        // Another's pool may be of a kind to come: that is nobody's error until it is asked for.
        let (mut layout, unread) = match layout(&lines) {
            Ok(layout) => (layout, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        mark_leaving(&mut layout, &section.said);
        let status = Status {
            layout,
            unread,
            work: section.said.iter().filter_map(|said| work(said)).collect(),
            checkpoint: section.said.iter().any(|said| said.key == "checkpoint" && !is_discarding(said)),
        };
        found.insert(pool, status);
    }
    Ok(found)
}

/// What is said of one pool.
#[derive(Default)]
struct Section<'a> {
    said: Vec<Said<'a>>,
    config: Vec<&'a str>,
}

/// A line `scan: …` with those that go on with it.
struct Said<'a> {
    key: &'a str,
    lines: Vec<&'a str>,
}

fn sections(text: &str) -> Result<BTreeMap<PoolName, Section<'_>>, HostError> {
    let mut found: BTreeMap<PoolName, Section<'_>> = BTreeMap::new();
    let mut pool: Option<(PoolName, Section<'_>)> = None;
    let mut in_config = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("  pool: ") {
            found.extend(pool.take());
            let name = PoolName::seen(name)
                .map_err(|error| unreadable("zpool status", &format!("a pool's name: {error}"), name))?;
            pool = Some((name, Section::default()));
            in_config = false;
            continue;
        }
        let Some((_, section)) = pool.as_mut() else { continue };
        match (line.strip_prefix('\t'), line.split_once(": ")) {
            (Some(line), _) if in_config => section.config.push(line),
            (Some(line), _) => {
                if let Some(said) = section.said.last_mut() {
                    said.lines.push(line.trim());
                }
            }
            (None, Some((key, rest))) => {
                in_config = false;
                section.said.push(Said { key: key.trim(), lines: vec![rest.trim()] });
            }
            (None, None) => in_config = line.starts_with("config:") || (in_config && line.is_empty()),
        }
    }
    found.extend(pool);
    Ok(found)
}

/// Tells a checkpoint that is given up, `checkpoint: discarding, 1.2M remaining.`, from one that stands.
fn is_discarding(said: &Said<'_>) -> bool {
    said.key == "checkpoint" && said.lines.first().is_some_and(|line| line.starts_with("discarding"))
}

/// Reads what a pool is busy with.
fn work(said: &Said<'_>) -> Option<Work> {
    let first = said.lines.first()?;
    if is_discarding(said) {
        return Some(Work { kind: WorkKind::Discard, done: "".into() });
    }
    let kind = match said.key {
        "scan" if first.starts_with("resilver") => WorkKind::Resilver,
        "scan" if first.starts_with("scrub") => WorkKind::Scrub,
        "remove" => WorkKind::Removal,
        "expand" => WorkKind::Expansion,
        _ => return None,
    };
    // What has ended is told, too: `resilvered 20M in 00:00:11`, `Removal of vdev 1 …, completed`.
    if !first.contains("in progress") && !first.contains("paused since") {
        return None;
    }
    let done = said.lines.iter().find_map(|line| {
        let (before, _) = line.split_once("% done")?;
        Some(format!("{}%", before.rsplit([' ', ',']).next()?))
    });
    Some(Work { kind, done: done.unwrap_or_default().into() })
}

/// Gives lines their GUIDs.
fn number<'a>(lines: &mut [Line<'a>], numbers: &[&'a str]) -> Result<(), HostError> {
    let numbers: Vec<Line<'_>> = numbers.iter().filter_map(|line| Line::read(line)).collect();
    let same = |(one, other): (&Line<'_>, &Line<'_>)| one.depth == other.depth;
    if lines.len() != numbers.len() || !lines.iter().zip(&numbers).all(same) {
        let reason = "the pools were changed while they were looked at; look again";
        return Err(unreadable("zpool status", reason, ""));
    }
    for (line, number) in lines.iter_mut().zip(numbers) {
        line.guid = number.word.parse::<u64>().is_ok().then_some(number.word);
    }
    Ok(())
}

/// Marks what is being emptied where no line does: OpenZFS before 2.2 tells it above the tree alone, a disk by
/// its path and a mirror by this word only. Of several mirrors none is marked.
fn mark_leaving(layout: &mut [Shown], said: &[Said<'_>]) {
    if layout.iter().any(|vdev| vdev.leaving) {
        return;
    }
    let told = said.iter().filter(|said| said.key == "remove").filter_map(|said| said.lines.first());
    let mut names =
        told.filter_map(|line| Some(line.strip_prefix("Evacuation of ")?.split_once(" in progress")?.0));
    let Some(name) = names.next() else { return };
    let is_it = |vdev: &&mut Shown| match vdev.redundancy {
        _ if !vdev.class.holds_data() => false,
        Redundancy::None => vdev.disks.iter().any(|disk| &*disk.path == name),
        Redundancy::Mirror => name == "mirror",
        _ => false,
    };
    let mut found: Vec<&mut Shown> = layout.iter_mut().filter(is_it).collect();
    if let [only] = &mut found[..] {
        only.leaving = true;
    }
}

/// A line of the tree: how deep it is, its first word and its state, and the path that a lost disk had.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    depth: usize,
    word: &'a str,
    state: &'a str,
    was: Option<&'a str>,
    /// Whether it is being emptied, to be removed. The words above the tree name no mirror by its number.
    leaving: bool,
    guid: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let rest = text.trim_start_matches(' ');
        let mut words = rest.split_whitespace();
        let word = words.next()?;
        let was = rest.split_once("  was ").map(|(_, path)| path.trim());
        let state = words.next().unwrap_or_default();
        let leaving = rest.trim_end().ends_with("(removing)");
        Some(Line { depth: (text.len() - rest.len()) / 2, word, state, was, leaving, guid: None })
    }

    fn name(&self) -> &'a str {
        self.guid.unwrap_or(self.word)
    }

    /// The disk: of one that is lost only its GUID is shown, and then the path that it had.
    fn leaf(&self) -> Leaf {
        let lost = self.was.is_some() || matches!(self.state, "UNAVAIL" | "REMOVED");
        Leaf {
            path: self.was.unwrap_or(self.word).into(),
            name: self.name().into(),
            state: self.state.into(),
            lost,
            replaces: None,
        }
    }
}

/// Reads the tree below `config:`: heads of columns, the pool, its vdevs, then sections by class.
fn layout(lines: &[Line<'_>]) -> Result<Vec<Shown>, HostError> {
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
        let name: Box<str> = line.name().into();
        let leaving = line.leaving;
        let shown = |redundancy, disks| Shown { class, redundancy, name, leaving, disks };
        if let Some(redundancy) = redundancy(line.word) {
            found.push(shown(redundancy, leaves(children)));
        } else if children.is_empty() && !is_group(line.word) {
            found.push(shown(Redundancy::None, vec![line.leaf()]));
        } else if line.word.starts_with("replacing-") || line.word.starts_with("spare-") {
            let whole: Vec<Line<'_>> = std::iter::once(*line).chain(children.iter().copied()).collect();
            found.push(shown(Redundancy::None, leaves(&whole)));
        } else if !is_group(line.word) {
            return Err(unreadable("zpool status", "an unknown kind of vdev", line.word));
        }
    }
    Ok(found)
}

/// Finds the disks below a vdev. Of a disk being replaced the new one counts, of a disk that a spare
/// stands in for the disk itself.
fn leaves(children: &[Line<'_>]) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut rest = children;
    while let Some((line, below)) = rest.split_first() {
        let count = below.iter().take_while(|child| child.depth > line.depth).count();
        let (inner, after) = below.split_at(count);
        rest = after;
        if inner.is_empty() {
            found.push(line.leaf());
        } else if line.word.starts_with("spare-") {
            found.extend(leaves(inner).into_iter().next());
        } else {
            let mut both = leaves(inner).into_iter();
            let (first, last) = (both.next(), both.next_back());
            found.extend(match (first, last) {
                (Some(old), Some(new)) => Some(Leaf { replaces: Some(Box::new(old)), ..new }),
                (one, _) => one,
            });
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

#[cfg(test)]
mod tests;
