//! Random trees of datasets, and the same datasets in another tree: names are given, passed on, exchanged, taken out of
//! each other and put into each other, and what lies over the datasets goes with them.

use super::{examples, scenario::Pair};
use phoenix_specs::random::choices::Choices;
use proptest::{
    prelude::Rng,
    test_runner::{RngAlgorithm, TestRng},
};
use std::{collections::BTreeMap, fmt::Write};

/// The leaves of names: so few that names meet.
const LEAVES: [&str; 4] = ["a", "b", "c", "d"];

/// A dataset in a tree.
#[derive(Clone)]
struct Place {
    /// Where its parent stands in the tree, if it has one.
    parent: Option<usize>,
    name: String,
    /// What it is called in the tree before, if it is there.
    was: Option<String>,
    said: Said,
}

/// What is said of a dataset: its settings, and what lies over it.
#[derive(Clone)]
struct Said {
    settings: String,
    over: String,
}

/// The pairs of a seed, one after another; the same each time.
pub struct Trees {
    rng: TestRng,
    count: usize,
    /// Whether anything is said of the datasets but their names.
    said: bool,
}

impl Trees {
    pub fn new(seed: u8) -> Self {
        Self { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]), count: 0, said: true }
    }

    /// Those of which nothing is said but their names.
    pub fn bare(seed: u8) -> Self {
        Self { said: false, ..Self::new(seed) }
    }

    /// Returns a tree, and the same rearranged.
    pub fn next(&mut self) -> Pair {
        loop {
            let mut choices = Choices::new((0..200).map(|_| (self.rng.next_u32() >> 16) as u16).collect());
            let first = tree(&mut choices);
            let Some(second) = rearranged(&first, &mut choices) else { continue };
            let text = |tree: &[Place]| text(&if self.said { tree.to_vec() } else { bare(tree) }, None);
            let graph = |tree: &[Place]| examples::graph(&examples::spec(&text(tree)));
            self.count += 1;
            return Pair {
                name: format!("tree {}", self.count),
                first: graph(&first),
                second: graph(&second),
                clustered: false,
            };
        }
    }
}

fn bare(tree: &[Place]) -> Vec<Place> {
    let said = || Said { settings: String::new(), over: String::new() };
    tree.iter().map(|place| Place { said: said(), ..place.clone() }).collect()
}

fn tree(choices: &mut Choices) -> Vec<Place> {
    let mut tree: Vec<Place> = Vec::new();
    for number in 0..choices.between(2, 6) {
        let said = said(number, choices);
        put(&mut tree, &[], None, said, choices);
    }
    tree
}

/// Puts a dataset somewhere into a tree, under a name that is free, and is none of the names that others leave.
fn put(tree: &mut Vec<Place>, others: &[Place], was: Option<String>, said: Said, choices: &mut Choices) {
    let parent = choices.below(tree.len() + 1).checked_sub(1);
    let above = parent.map_or("tank", |parent| tree[parent].name.as_str()).to_owned();
    let names = LEAVES.map(|leaf| format!("{above}/{leaf}"));
    let is_free = |name: &&String| tree.iter().chain(others).all(|place| place.name != **name);
    let free: Vec<&String> = names.iter().filter(is_free).collect();
    if !free.is_empty() {
        let name = choices.of(&free).clone();
        tree.push(Place { parent, name, was, said });
    }
}

/// Has most of a tree's datasets somewhere else, and some new ones among them. Nothing where one would keep its name
/// though what it lies in loses it: that cannot be said.
fn rearranged(first: &[Place], choices: &mut Choices) -> Option<Vec<Place>> {
    let mut order: Vec<usize> = (0..first.len()).collect();
    choices.shuffle(&mut order);
    let mut second: Vec<Place> = Vec::new();
    for number in order {
        if choices.one_in(6) {
            let said = said(10 + number, choices);
            put(&mut second, first, None, said, choices);
        }
        let place = &first[number];
        let said = if choices.one_in(2) { said(number, choices) } else { place.said.clone() };
        let stays = place.parent.is_none() && second.iter().all(|other| other.name != place.name);
        if stays && choices.one_in(4) {
            let (name, was) = (place.name.clone(), Some(place.name.clone()));
            second.push(Place { parent: None, name, was, said });
        } else if !choices.one_in(6) {
            put(&mut second, &[], Some(place.name.clone()), said, choices);
        }
    }
    let after: BTreeMap<&str, &str> =
        second.iter().filter_map(|place| Some((place.was.as_deref()?, place.name.as_str()))).collect();
    let moves_along = |name: &str| {
        let mut above = name;
        while let Some((parent, _)) = above.rsplit_once('/') {
            if after.get(parent).is_some_and(|after| *after != parent) {
                return true;
            }
            above = parent;
        }
        false
    };
    let can_be_said = after.iter().all(|(was, name)| was != name || !moves_along(was));
    can_be_said.then_some(second)
}

fn said(number: usize, choices: &mut Choices) -> Said {
    let (mut settings, mut over) = (String::new(), String::new());
    if choices.one_in(3) {
        write!(settings, " mountpoint=\"/srv/m{number}\"").unwrap();
    }
    if choices.one_in(4) {
        write!(settings, " refquota=\"{}G\"", number + 1).unwrap();
    }
    if choices.one_in(5) {
        over.push_str("export { client \"10.0.0.0/24\" }\n");
    }
    if choices.one_in(5) {
        over.push_str("permissions mode=\"0750\"\n");
    }
    if choices.one_in(5) {
        writeln!(over, "proxmox \"st{number}\" type=\"dir\" {{ content \"iso\" }}").unwrap();
    }
    // What lies over it would lie over nothing.
    if over.is_empty() && choices.one_in(4) {
        settings.push_str(" canmount=\"off\"");
    }
    Said { settings, over }
}

/// Writes what lies in a place of a tree, or at its top.
fn text(tree: &[Place], parent: Option<usize>) -> String {
    let mut written = String::new();
    for (number, place) in tree.iter().enumerate().filter(|(_, place)| place.parent == parent) {
        let Place { name, was, said: Said { settings, over }, .. } = place;
        let leaf = name.rsplit('/').next().unwrap_or_default();
        let was = was.as_ref().filter(|was| *was != name);
        let was = was.map(|was| format!(" was=\"{was}\"")).unwrap_or_default();
        let inside = text(tree, Some(number));
        writeln!(written, "dataset \"{leaf}\"{was}{settings} {{\n{over}{inside}}}").unwrap();
    }
    written
}
