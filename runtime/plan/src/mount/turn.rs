//! A turn of the mounts: from what is mounted now to what is to be, over the whole host and by path.
//!
//! First everything goes that has to, the last mounted first; then, after what is between, everything comes,
//! the outermost path first. What only stands in the way goes and comes back. What is not ZFS's to mount again
//! is never taken away: it is told, and then nothing is done.

use crate::{code, why::Why};
use phoenix_graph::{Code, DatasetName};
use phoenix_host::observed::mount::{Mounts, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// Where a file system is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Mounted at this path, and seen there.
    At(Box<str>),
    /// Not mounted.
    Nowhere,
    /// As it is now, whatever that is.
    AsNow,
}

/// What becomes of a file system that is there.
#[derive(Debug, Clone)]
pub struct Fate {
    /// The path that its mount point comes to now; nothing for `none` and `legacy`.
    pub now: Option<Box<str>>,
    /// Where it is to be.
    pub after: After,
    /// What bears its name afterwards is another one, or it another name: it cannot stay mounted meanwhile.
    pub moves: bool,
    /// Whether it may be unmounted for a moment where it stands in the way.
    pub yields: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn {
    /// What is unmounted, in this order, and where from.
    pub unmounts: Vec<(DatasetName, Box<str>)>,
    /// What is mounted, in this order, and where.
    pub mounts: Vec<(DatasetName, Box<str>)>,
    /// Why it cannot be done.
    pub blocked: Vec<Blocked>,
}

/// Why a file system cannot be brought where it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Which it is.
    pub dataset: DatasetName,
    /// Why.
    pub why: Why,
}

/// Works a turn out. `fresh` is what is mounted anew: not there yet, or not under that name.
#[must_use]
pub fn turn(
    table: &Mounts,
    fates: &BTreeMap<DatasetName, Fate>,
    fresh: &BTreeMap<DatasetName, Box<str>>,
) -> Turn {
    let mut turning = Turning {
        tree: Tree::new(table),
        fates,
        out: BTreeSet::new(),
        due: BTreeMap::new(),
        left: Vec::new(),
        turn: Turn::default(),
    };
    for (name, fate) in fates {
        turning.begin(name, fate);
    }
    for (name, path) in fresh {
        turning.mount(name, path);
    }
    turning.close();
    turning.finish()
}

/// Something whose consequences are still to be found.
enum Left<'a> {
    /// A mount goes, for the sake of this file system.
    Gone(usize, &'a DatasetName),
    /// A file system is mounted at this path.
    Comes(&'a DatasetName, &'a str),
}

struct Turning<'a> {
    tree: Tree<'a>,
    fates: &'a BTreeMap<DatasetName, Fate>,
    /// The mounts that go.
    out: BTreeSet<usize>,
    /// What is mounted after, and where.
    due: BTreeMap<&'a DatasetName, &'a str>,
    left: Vec<Left<'a>>,
    turn: Turn,
}

impl<'a> Turning<'a> {
    fn begin(&mut self, name: &'a DatasetName, fate: &'a Fate) {
        match &fate.after {
            After::AsNow if !fate.moves => {}
            After::AsNow | After::Nowhere => self.take_away(name, fate),
            After::At(path) => {
                let place = self.tree.resolve(path);
                let there = self.tree.of(name).iter().rev().copied();
                let there = there.into_iter().find(|&at| *self.tree.mount(at).place == *place);
                match there.filter(|_| !fate.moves) {
                    Some(_) if self.tree.is_seen(name, path) => return,
                    Some(at) => {
                        self.uncover(name, at);
                        self.unmount(name, at);
                    }
                    None => self.take_away(name, fate),
                }
                self.mount(name, path);
            }
        }
    }

    /// Has a file system unmounted from where it is.
    fn take_away(&mut self, name: &'a DatasetName, fate: &'a Fate) {
        let there = self.tree.of(name).to_vec();
        let Some(&last) = there.last() else { return };
        let Some(now) = &fate.now else {
            let place = &self.tree.mount(last).place;
            return self.block(
                name,
                code::MOUNTED_BY_HAND,
                format!("it is mounted at {place}, but not by ZFS"),
                format!("unmount it first: `umount {place}`"),
            );
        };
        let place = self.tree.resolve(now);
        let (own, others): (Vec<usize>, Vec<usize>) =
            there.into_iter().partition(|&at| *self.tree.mount(at).place == *place);
        if own.is_empty() {
            // Somebody moved it: it goes from wherever it is.
            for at in others {
                self.uncover(name, at);
                self.unmount(name, at);
            }
            return;
        }
        if let Some(&other) = others.first() {
            let place = &self.tree.mount(other).place;
            return self.block(
                name,
                code::MOUNT_IN_THE_WAY,
                format!("it is also mounted at {place}"),
                format!("unmount it there first: `umount {place}`"),
            );
        }
        for at in own.into_iter().rev() {
            self.uncover(name, at);
            self.unmount(name, at);
        }
    }

    /// Has gone what lies over a mount, at its place or above.
    fn uncover(&mut self, name: &'a DatasetName, at: usize) {
        let place = &self.tree.mount(at).place;
        let mut over: BTreeSet<usize> = BTreeSet::new();
        while let Some(top) = self.tree.leads_to(place, &|gone| over.contains(&gone)) {
            if top == at || !over.insert(top) {
                return;
            }
            if self.out.contains(&top) {
                continue;
            }
            if !self.give_way(top) {
                let (told, top) = (self.tree.mount(top).told(), &self.tree.mount(top).place);
                return self.block(
                    name,
                    code::MOUNT_IN_THE_WAY,
                    format!("it is mounted at {place}, but hidden by {told}"),
                    format!("take that away first: `umount {top}`"),
                );
            }
            self.unmount(name, top);
        }
    }

    fn unmount(&mut self, name: &'a DatasetName, at: usize) {
        if &*self.tree.mount(at).place == "/" {
            return self.block(
                name,
                code::ROOT_FILE_SYSTEM,
                "it is the host's root file system",
                "leave its name, its mount point and `canmount` as they are",
            );
        }
        if self.out.insert(at) {
            self.left.push(Left::Gone(at, name));
        }
    }

    fn mount(&mut self, name: &'a DatasetName, path: &'a str) {
        if path == "/" {
            return self.block(
                name,
                code::ROOT_FILE_SYSTEM,
                "nothing can be mounted at / on a host that runs",
                "give it another mount point, or `canmount=\"noauto\"` where the next boot is to mount it",
            );
        }
        if self.due.insert(name, path) != Some(path) {
            self.left.push(Left::Comes(name, path));
        }
    }

    /// Finds what follows from what goes and comes, until nothing more does.
    fn close(&mut self) {
        while let Some(left) = self.left.pop() {
            match left {
                Left::Gone(at, name) => {
                    for inner in self.tree.on(at).to_vec() {
                        if self.out.contains(&inner) {
                            continue;
                        }
                        if self.give_way(inner) {
                            self.unmount(name, inner);
                            continue;
                        }
                        let (told, place) = (self.tree.mount(inner).told(), &self.tree.mount(inner).place);
                        self.block(
                            name,
                            code::MOUNT_IN_THE_WAY,
                            format!("it would be unmounted, and inside it there is {told}"),
                            format!("unmount that first: `umount {place}`; mount it again after"),
                        );
                    }
                }
                Left::Comes(name, path) => {
                    let place = self.tree.resolve(path);
                    let hidden: Vec<usize> =
                        self.tree.within(place).filter(|&at| self.tree.is_on_top(at, &|_| false)).collect();
                    for at in hidden {
                        if self.out.contains(&at) {
                            continue;
                        }
                        if self.give_way(at) {
                            self.unmount(name, at);
                            continue;
                        }
                        let (told, place) = (self.tree.mount(at).told(), &self.tree.mount(at).place);
                        self.block(
                            name,
                            code::MOUNT_IN_THE_WAY,
                            format!("mounted at {path}, it would hide {told}"),
                            format!("unmount that first: `umount {place}`; mount it again after"),
                        );
                    }
                }
            }
        }
    }

    /// Returns whether a mount may go for a moment; what is to stay mounted then comes back.
    fn give_way(&mut self, at: usize) -> bool {
        let mount = self.tree.mount(at);
        let found = DatasetName::seen(&mount.source).ok().filter(|name| mount.is_of(name));
        let Some((name, fate)) = found.and_then(|name| self.fates.get_key_value(&name)) else { return false };
        let Some(now) = fate.now.as_deref() else { return false };
        if *mount.place != *self.tree.resolve(now) {
            return false;
        }
        match &fate.after {
            After::AsNow if fate.yields => self.mount(name, now),
            After::AsNow => return false,
            After::At(path) => self.mount(name, path),
            After::Nowhere => {}
        }
        true
    }

    fn block(&mut self, name: &DatasetName, code: Code, reason: impl Into<String>, help: impl Into<String>) {
        let blocked = Blocked { dataset: name.clone(), why: Why::new(code, reason, help) };
        if !self.turn.blocked.contains(&blocked) {
            self.turn.blocked.push(blocked);
        }
    }

    fn finish(mut self) -> Turn {
        // Whatever lies on or over another mount was mounted after it.
        let goes = self.out.iter().rev().filter_map(|&at| {
            let mount = self.tree.mount(at);
            Some((DatasetName::seen(&mount.source).ok()?, mount.place.clone()))
        });
        self.turn.unmounts = goes.collect();
        let mut comes: Vec<_> = self.due.into_iter().collect();
        comes.sort_by_key(|(name, path)| (*path, *name));
        self.turn.mounts = comes.into_iter().map(|(name, path)| (name.clone(), path.into())).collect();
        self.turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DatasetName {
        DatasetName::new(text).unwrap()
    }

    /// Mounts datasets in this order, and says where each is to be after: a path, `-` or `=`.
    fn turned(now: &[(&str, &str)], after: &[&str]) -> Turn {
        let names: Vec<(DatasetName, &str)> = now.iter().map(|(text, path)| (name(text), *path)).collect();
        let table = Mounts::of(names.iter().map(|(name, path)| (name, *path)));
        let fates = names.iter().zip(after).map(|((name, path), after)| {
            let after = match *after {
                "-" => After::Nowhere,
                "=" => After::AsNow,
                path => After::At(path.into()),
            };
            (name.clone(), Fate { now: Some((*path).into()), after, moves: false, yields: true })
        });
        turn(&table, &fates.collect(), &BTreeMap::new())
    }

    fn words(turn: &Turn) -> String {
        let all = |list: &[(DatasetName, Box<str>)]| {
            list.iter().map(|(name, path)| format!("{name} {path}")).collect::<Vec<_>>().join(", ")
        };
        format!("{} | {}", all(&turn.unmounts), all(&turn.mounts))
    }

    #[test]
    fn what_is_as_it_is_to_be_stays() {
        assert_eq!(turned(&[("t/a", "/n"), ("t/b", "/n/b")], &["/n", "/n/b"]), Turn::default());
    }

    #[test]
    fn nested_places_are_exchanged_from_the_inside_out_and_back_from_the_outside_in() {
        let turn = turned(&[("t/a", "/n"), ("t/b", "/n/b")], &["/n/b", "/n"]);
        assert_eq!(words(&turn), "t/b /n/b, t/a /n | t/b /n, t/a /n/b");
        assert!(turn.blocked.is_empty());
    }

    #[test]
    fn what_stands_in_the_way_goes_and_comes_back() {
        let turn = turned(&[("t/a", "/n"), ("t/b", "/n/b")], &["/k", "="]);
        assert_eq!(words(&turn), "t/b /n/b, t/a /n | t/a /k, t/b /n/b");
        let turn = turned(&[("t/b", "/n/b"), ("t/a", "/k")], &["=", "/n"]);
        assert_eq!(words(&turn), "t/a /k, t/b /n/b | t/a /n, t/b /n/b");
    }

    #[test]
    fn what_is_hidden_is_seen_after() {
        let turn = turned(&[("t/b", "/n/b"), ("t/a", "/n")], &["/n/b", "/n"]);
        assert_eq!(words(&turn), "t/a /n, t/b /n/b | t/a /n, t/b /n/b");
    }

    #[test]
    fn what_is_not_zfs_s_to_mount_again_is_told_and_stays() {
        let (a, b) = (name("t/a"), name("t/b"));
        let mut table = Mounts::of([(&a, "/n"), (&b, "/n/tmp")]);
        table.all[2].kind = "tmpfs".into();
        table.all[2].source = "none".into();
        let fate = |after| Fate { now: Some("/n".into()), after, moves: false, yields: true };
        let fates = [(a.clone(), fate(After::At("/k".into())))].into();
        let told = turn(&table, &fates, &BTreeMap::new());
        assert_eq!(
            told.blocked[0].why.reason,
            "it would be unmounted, and inside it there is tmpfs at /n/tmp"
        );
        let fates = [(a, fate(After::AsNow))].into();
        let told = turn(&table, &fates, &[(b, "/n/tmp".into())].into());
        assert_eq!(told.blocked[0].why.reason, "mounted at /n/tmp, it would hide tmpfs at /n/tmp");
    }

    #[test]
    fn the_root_file_system_is_never_unmounted_and_nothing_is_mounted_over_it() {
        let turn = turned(&[("r/ROOT/pve-1", "/"), ("r/data", "/data")], &["/x", "="]);
        assert!(turn.blocked.iter().any(|blocked| blocked.why.reason.contains("root file system")));
        let turn = turned(&[("r/ROOT/pve-1", "/"), ("r/data", "/data")], &["=", "/"]);
        assert!(
            turn.blocked.iter().any(|blocked| blocked.why.reason.contains("nothing can be mounted at /"))
        );
        assert_eq!(turned(&[("r/ROOT/pve-1", "/")], &["/"]), Turn::default());
    }
}
