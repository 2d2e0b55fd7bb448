//! What is mounted where, and which mount a path leads to. That a file system is mounted does not say that
//! it is seen: whatever was mounted over it later, at its place or above, is what its path leads to.

use phoenix_graph::DatasetName;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

/// A mount, as `proc_pid_mountinfo(5)` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountState {
    /// Its number.
    pub id: u32,
    /// The number of the mount that it lies on.
    pub parent: u32,
    /// The directory of the file system that is its root: `/` but for a part of one.
    pub root: Box<str>,
    pub place: Box<str>,
    /// The kind of file system.
    pub kind: Box<str>,
    /// What is mounted: of `zfs` the dataset.
    pub source: Box<str>,
}

impl MountState {
    /// Returns whether the whole of a dataset is mounted here.
    #[must_use]
    pub fn is_of(&self, dataset: &DatasetName) -> bool {
        &*self.kind == "zfs" && &*self.root == "/" && *self.source == *dataset.as_str()
    }

    /// Names it for people: `tank/a at /srv`, `tmpfs at /srv`.
    #[must_use]
    pub fn told(&self) -> String {
        let what = if matches!(&*self.source, "" | "none") { &self.kind } else { &self.source };
        format!("{what} at {}", self.place)
    }
}

/// Everything that is mounted, in the order of mounting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounts {
    /// The mounts.
    pub all: Vec<MountState>,
    /// Mount points that lead through symbolic links, with the paths that they lead to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<Box<str>, Box<str>>,
}

impl Mounts {
    /// Makes a table of a root file system and of datasets that were mounted in it in this order.
    #[must_use]
    pub fn of<'a>(datasets: impl IntoIterator<Item = (&'a DatasetName, &'a str)>) -> Self {
        let root = MountState {
            id: 1,
            parent: 0,
            root: "/".into(),
            place: "/".into(),
            kind: "ext4".into(),
            source: "/dev/root".into(),
        };
        let mut all = vec![root];
        let mut last: HashMap<Box<str>, u32> = [("/".into(), 1)].into();
        for (id, (dataset, place)) in (2..).zip(datasets) {
            let above = upwards(place).filter_map(|path| last.get(path).copied()).max();
            all.push(MountState {
                id,
                // What was mounted last over any of the paths above is what the path led to.
                parent: above.unwrap_or(1),
                root: "/".into(),
                place: place.into(),
                kind: "zfs".into(),
                source: dataset.as_str().into(),
            });
            last.insert(place.into(), id);
        }
        Self { all, links: BTreeMap::new() }
    }

    /// Returns where a mount point leads to: itself, but for symbolic links.
    #[must_use]
    pub fn resolve<'a>(&'a self, path: &'a str) -> &'a str {
        self.links.get(path).map_or(path, |place| place)
    }
}

/// The table, with its mounts found by where they lie.
#[derive(Debug)]
pub struct Tree<'a> {
    table: &'a Mounts,
    /// By the number of a mount and a path, what lies on it there.
    on: HashMap<(u32, &'a str), usize>,
    children: HashMap<u32, Vec<usize>>,
    by_source: HashMap<&'a str, Vec<usize>>,
    by_place: BTreeMap<&'a str, Vec<usize>>,
    root: Option<usize>,
}

impl<'a> Tree<'a> {
    /// Puts a table in order.
    #[must_use]
    pub fn new(table: &'a Mounts) -> Self {
        let ids: HashSet<u32> = table.all.iter().map(|mount| mount.id).collect();
        let mut tree = Tree {
            table,
            on: HashMap::new(),
            children: HashMap::new(),
            by_source: HashMap::new(),
            by_place: BTreeMap::new(),
            root: None,
        };
        for (at, mount) in table.all.iter().enumerate() {
            let is_top = mount.parent == mount.id || !ids.contains(&mount.parent);
            if is_top && &*mount.place == "/" {
                tree.root = Some(at);
            } else {
                tree.on.insert((mount.parent, &mount.place), at);
                tree.children.entry(mount.parent).or_default().push(at);
            }
            if &*mount.kind == "zfs" && &*mount.root == "/" {
                tree.by_source.entry(&mount.source).or_default().push(at);
            }
            tree.by_place.entry(&mount.place).or_default().push(at);
        }
        tree
    }

    /// Returns a mount.
    #[must_use]
    pub fn mount(&self, at: usize) -> &'a MountState {
        &self.table.all[at]
    }

    /// Lists where the whole of a dataset is mounted, in the order of mounting.
    #[must_use]
    pub fn of(&self, dataset: &DatasetName) -> &[usize] {
        self.by_source.get(dataset.as_str()).map_or(&[], Vec::as_slice)
    }

    /// Lists what lies directly on a mount.
    #[must_use]
    pub fn on(&self, at: usize) -> &[usize] {
        self.children.get(&self.mount(at).id).map_or(&[], Vec::as_slice)
    }

    /// Lists what is mounted at a path or below it, seen or not.
    pub fn within(&self, path: &'a str) -> impl Iterator<Item = usize> {
        let inside = move |place: &str| place == path || is_below(place, path);
        let alike = self.by_place.range(path..).take_while(move |(place, _)| place.starts_with(path));
        alike.filter(move |(place, _)| inside(place)).flat_map(|(_, all)| all.iter().copied())
    }

    /// Returns the mount that a path leads to once some are gone; nothing where the table does not say.
    #[must_use]
    pub fn leads_to(&self, path: &str, gone: &impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = self.root.filter(|root| !gone(*root))?;
        let path = self.table.resolve(path);
        // From the root down: at each folder, what lies over it there, and over that.
        let mut folders: Vec<&str> = upwards(path).collect();
        folders.reverse();
        for folder in folders {
            while let Some(next) =
                self.on.get(&(self.mount(at).id, folder)).copied().filter(|next| !gone(*next))
            {
                at = next;
            }
        }
        Some(at)
    }

    /// Returns whether a path leads to the top of a dataset.
    #[must_use]
    pub fn is_seen(&self, dataset: &DatasetName, path: &str) -> bool {
        let place = self.table.resolve(path);
        self.leads_to(path, &|_| false).is_some_and(|at| {
            let mount = self.mount(at);
            mount.is_of(dataset) && *mount.place == *place
        })
    }

    /// Returns whether a mount is seen at its own place.
    #[must_use]
    pub fn is_on_top(&self, at: usize, gone: &impl Fn(usize) -> bool) -> bool {
        self.leads_to(&self.mount(at).place, gone) == Some(at)
    }

    /// Returns where a mount point leads to.
    #[must_use]
    pub fn resolve(&self, path: &'a str) -> &'a str {
        self.table.resolve(path)
    }
}

/// Lists a path and those above it, up to `/`.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        let (above, _) = path.rsplit_once('/')?;
        match above {
            "" if *path == "/" => None,
            "" => Some("/"),
            above => Some(above),
        }
    })
}

/// Returns whether a path lies below another; it does not lie below itself.
#[must_use]
pub fn is_below(path: &str, above: &str) -> bool {
    if above == "/" {
        return path.len() > 1;
    }
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns whether a path is another one, or lies below it, however they are spelled.
#[must_use]
pub fn is_at_or_below(path: &str, above: &str) -> bool {
    let (path, above) = (spelled(path), spelled(above));
    path == above || is_below(&path, &above)
}

/// Returns an absolute path in its one spelling, as the kernel tells it: without doubled or trailing slashes, `.` and
/// `..`. Whether links are passed on the way is not looked at.
#[must_use]
pub fn plain(path: &str) -> String {
    spelled(path).into_owned()
}

fn spelled(path: &str) -> Cow<'_, str> {
    let is_odd = |part: &str| matches!(part, "" | "." | "..");
    if path.strip_prefix('/').is_some_and(|rest| !rest.split('/').any(is_odd)) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    Cow::Owned(format!("/{}", parts.join("/")))
}

/// Returns a text in which every absolute path has its one spelling.
#[must_use]
pub fn plain_paths(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || ",;:=\"'()[]".contains(c);
    let words = text.split_inclusive(ends).map(|word| {
        let path = word.trim_end_matches(ends);
        if path.starts_with('/') { plain(path) + &word[path.len()..] } else { word.to_owned() }
    });
    words.collect()
}

/// Reads `/proc/self/mountinfo`. A line that cannot be read makes the whole unknown: it may hide anything.
///
/// # Errors
/// The line.
pub fn read(text: &str) -> Result<Mounts, String> {
    let line = |line: &str| {
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ');
        let (id, parent, _device) = (mount.next()?, mount.next()?, mount.next()?);
        let (root, place) = (mount.next()?, mount.next()?);
        let mut system = system.split(' ');
        let (kind, source) = (system.next()?, system.next()?);
        Some(MountState {
            id: id.parse().ok()?,
            parent: parent.parse().ok()?,
            root: unescape(root)?,
            place: unescape(place)?,
            kind: unescape(kind)?,
            source: unescape(source)?,
        })
    };
    let all = text.lines().map(|text| line(text).ok_or_else(|| text.to_owned())).collect::<Result<_, _>>()?;
    Ok(Mounts { all, links: BTreeMap::new() })
}

/// Reads a word in which the kernel writes blanks, line ends and backslashes as three octal digits.
fn unescape(word: &str) -> Option<Box<str>> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'\\' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let digits = after.get(..3)?;
        let value = digits.iter().try_fold(0_u32, |value, digit| {
            (b'0'..=b'7').contains(digit).then(|| value * 8 + u32::from(digit - b'0'))
        })?;
        bytes.push(u8::try_from(value).ok()?);
        rest = &after[3..];
    }
    Some(String::from_utf8_lossy(&bytes).into())
}

/// Finds the mount points that lead through symbolic links, of what is mounted somewhere else than its mount
/// point says. `real` finds where a path leads.
#[must_use]
pub fn links<'a>(
    table: &Mounts,
    mounted: impl IntoIterator<Item = (&'a DatasetName, &'a str)>,
    real: impl Fn(&Path) -> Option<Box<str>>,
) -> BTreeMap<Box<str>, Box<str>> {
    let tree = Tree::new(table);
    let mut links = BTreeMap::new();
    for (dataset, path) in mounted {
        let path = plain(path);
        let places = tree.of(dataset);
        if places.is_empty() || places.iter().any(|&at| *tree.mount(at).place == *path) {
            continue;
        }
        if let Some(place) = real(Path::new(&path)).filter(|place| **place != *path) {
            links.insert(path.into(), place);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    fn told(table: &Mounts, path: &str) -> String {
        let tree = Tree::new(table);
        tree.mount(tree.leads_to(path, &|_| false).unwrap()).told()
    }

    #[test]
    fn a_path_leads_to_what_was_mounted_last_over_it_or_above_it() {
        let (a, b, c) = (name("t/a"), name("t/b"), name("t/c"));
        let right = Mounts::of([(&a, "/n"), (&b, "/n/b")]);
        assert_eq!(told(&right, "/n/b/x"), "t/b at /n/b");
        assert_eq!(told(&right, "/n/bc"), "t/a at /n");
        assert_eq!(told(&right, "/other"), "/dev/root at /");
        let wrong = Mounts::of([(&b, "/n/b"), (&a, "/n")]);
        assert_eq!(told(&wrong, "/n/b"), "t/a at /n");
        let tree = Tree::new(&wrong);
        assert!(!tree.is_seen(&b, "/n/b") && tree.is_seen(&a, "/n"));
        // Once what covers it is gone, it is seen again.
        let at = tree.of(&a)[0];
        assert_eq!(tree.leads_to("/n/b", &|gone| gone == at), Some(tree.of(&b)[0]));
        let over = Mounts::of([(&a, "/n"), (&c, "/n")]);
        assert_eq!(told(&over, "/n"), "t/c at /n");
    }

    #[test]
    fn a_part_of_a_dataset_is_not_the_dataset() {
        let text = "1 0 0:1 / / rw - ext4 /dev/sda rw\n7 1 0:9 /inner /srv rw shared:3 - zfs t/a rw,xattr\n";
        let table = read(text).unwrap();
        assert!(!Tree::new(&table).is_seen(&name("t/a"), "/srv"));
        let table = read(&text.replace("/inner", "/")).unwrap();
        assert!(Tree::new(&table).is_seen(&name("t/a"), "/srv"));
    }

    #[test]
    fn blanks_and_line_ends_in_a_path_are_read_and_a_line_that_is_none_makes_all_unknown() {
        let table = read("9 1 0:9 / /a\\040b\\012c\\134d rw - zfs t/a rw\n").unwrap();
        assert_eq!(&*table.all[0].place, "/a b\nc\\d");
        for bad in ["x", "1 2 3 4 5 6", "9 1 0:9 / /a\\04 rw - zfs t/a rw", "9 1 0:9 / /a\\777 rw - zfs t rw"]
        {
            assert_eq!(read(&format!("1 0 0:1 / / rw - ext4 d rw\n{bad}\n")), Err(bad.to_owned()));
        }
    }

    #[test]
    fn a_root_that_was_mounted_over_the_first_one_is_the_root() {
        let text = "1 1 0:1 / / rw - rootfs none rw\n5 1 0:2 / / rw - zfs r/ROOT/pve-1 rw\n6 5 0:3 / /data rw - zfs r/data rw\n";
        let table = read(text).unwrap();
        assert_eq!(told(&table, "/"), "r/ROOT/pve-1 at /");
        assert_eq!(told(&table, "/data/x"), "r/data at /data");
    }

    #[test]
    fn a_mount_point_behind_a_link_leads_where_the_link_does() {
        let a = name("t/a");
        let mut table = Mounts::of([(&a, "/disk/srv")]);
        assert!(!Tree::new(&table).is_seen(&a, "/srv"));
        table.links = links(&table, [(&a, "/srv/")], |_| Some("/disk/srv".into()));
        assert!(Tree::new(&table).is_seen(&a, "/srv"));
    }
}
