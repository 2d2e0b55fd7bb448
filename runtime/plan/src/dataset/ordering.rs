//! In which order datasets come where names are passed on and exchanged: as they need each other, but for what has to go
//! from a name before another takes it. Where that leads around in a circle, one steps aside first.

use crate::{
    dataset::{moving, retire, staying},
    draft::Draft,
};
use phoenix_graph::{DatasetName, graph::Node};
use phoenix_host::area;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    iter::successors,
};

/// Lists what the spec has in the order in which it comes.
pub fn order<'a>(draft: &Draft<'a>) -> Vec<&'a Node> {
    let nodes = draft.inputs.desired.nodes();
    if draft.found.moves.any_renames() { Ordering::of(draft).ordered } else { nodes.iter().collect() }
}

/// Lists the names that are taken before what has them could go to its own, and what that is called now.
pub fn circles(draft: &Draft<'_>) -> Vec<(DatasetName, DatasetName)> {
    Ordering::of(draft).circles
}

/// The datasets of the spec, one after the other, each once its name is free.
struct Ordering<'a> {
    by_name: BTreeMap<&'a DatasetName, &'a Node>,
    /// What is still to be renamed: by where it is by then, its name after, and its name now.
    left: BTreeMap<DatasetName, (DatasetName, DatasetName)>,
    /// The same by the name after: where it is by then.
    at: BTreeMap<DatasetName, DatasetName>,
    /// What comes home by itself, with what it holds: by its name, where it is until then.
    homes: BTreeMap<&'a DatasetName, &'a DatasetName>,
    /// The names that wait until they are free.
    waiting: BTreeSet<&'a DatasetName>,
    seen: HashSet<&'a DatasetName>,
    ordered: Vec<&'a Node>,
    circles: Vec<(DatasetName, DatasetName)>,
}

impl<'a> Ordering<'a> {
    fn of(draft: &Draft<'a>) -> Self {
        let nodes = draft.inputs.desired.nodes();
        let named = nodes.iter().filter_map(|node| Some((node.resource.dataset_name()?, node)));
        let mut ordering = Self {
            by_name: named.collect(),
            left: BTreeMap::new(),
            at: BTreeMap::new(),
            homes: BTreeMap::new(),
            waiting: BTreeSet::new(),
            seen: HashSet::new(),
            ordered: Vec::new(),
            circles: Vec::new(),
        };
        for (to, from) in draft.found.moves.renamed() {
            ordering.put(from.clone(), to.clone(), from.clone());
        }
        // What is put away goes before everything else, with what it holds.
        for (number, gone) in retire::leaving(draft).into_iter().enumerate() {
            if let Some(away) = aside(gone, "away", number) {
                ordering.take_along(gone, &away);
            }
        }
        ordering.homes = staying::homes(draft);
        for node in nodes {
            match node.resource.dataset_name() {
                Some(name) => ordering.visit(name, node),
                None => ordering.ordered.push(node),
            }
        }
        ordering
    }

    fn visit(&mut self, name: &'a DatasetName, node: &'a Node) {
        if !self.seen.insert(name) {
            return;
        }
        self.waiting.insert(name);
        self.clear(name);
        self.waiting.remove(name);
        if let Some(at) = self.at.remove(name) {
            self.left.remove(&at);
            self.take_along(&at, name);
        } else if let Some(home) = self.homes.remove(name) {
            self.take_along(home, name);
        }
        self.ordered.push(node);
    }

    /// Has what has a name renamed first. Where that waits for this one, it has to step aside.
    fn clear(&mut self, name: &'a DatasetName) {
        let Some((to, now)) = self.left.get(name).cloned() else { return };
        if !self.waits(&to) {
            let above: Vec<DatasetName> = successors(Some(to.clone()), DatasetName::parent).collect();
            for above in above.iter().rev() {
                let found = self.by_name.get_key_value(above).map(|(name, node)| (*name, *node));
                if let Some((name, node)) = found {
                    self.visit(name, node);
                }
            }
        }
        if self.left.remove(name).is_some() {
            // With all that it holds by then.
            if let Some(aside) = aside(name, "aside", self.circles.len()) {
                self.take_along(name, &aside);
                self.put(aside, to, now.clone());
            }
            self.circles.push((name.clone(), now));
        }
    }

    /// Returns whether a name, or one that contains it, waits until it is free.
    fn waits(&self, name: &DatasetName) -> bool {
        successors(Some(name.clone()), DatasetName::parent).any(|above| self.waiting.contains(&above))
    }

    /// Has what is still to be renamed, and lies in what was, be where that has brought it.
    fn take_along(&mut self, from: &DatasetName, to: &DatasetName) {
        let alike = self.left.range(from.clone()..).map(|(at, _)| at);
        let inside: Vec<DatasetName> = moving::inside(alike, from).cloned().collect();
        for at in inside {
            let moved = moving::moved(&at, from, to);
            if let (Some((after, now)), Some(moved)) = (self.left.remove(&at), moved) {
                self.put(moved, after, now);
            }
        }
    }

    fn put(&mut self, at: DatasetName, to: DatasetName, now: DatasetName) {
        self.at.insert(to.clone(), at.clone());
        self.left.insert(at, (to, now));
    }
}

/// Returns a name for where one stands aside, which is none that a dataset has.
fn aside(name: &DatasetName, folder: &str, number: usize) -> Option<DatasetName> {
    let root = DatasetName::seen(name.pool().as_str()).ok()?;
    area::top(&root)?.child(folder).ok()?.child(&number.to_string()).ok()
}
