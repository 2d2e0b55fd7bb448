//! What a spec comes to, counted before any of it is written out: a few lines of profiles that use each other,
//! or of repetitions in repetitions, can come to more than any machine holds.
//!
//! Each profile is counted once, however often it is used. Nothing is counted that may not come to be: of a
//! name that is only known on the way (`use=(param)"x"`), and of what a profile lays under every node of a
//! word, the count is too small, and [`Resolver::take`](super::resolver::Resolver::take) ends what it lets through.

use super::{
    grammar::{Args, TOP, WORDS},
    limits::MAX_BLOCKS,
    scope::{Found, PROFILE, Scope, find, first_text},
};
use crate::{
    diagnostic::{Diagnostic, code},
    source::Place,
    syntax::{entry_place, head_place, load::Files},
};
use kdl::{KdlEntry, KdlNode, KdlValue};
use std::collections::HashMap;

/// A profile, as file and index.
type Id = (usize, usize);

/// What a text comes to by itself, and the profiles that it uses: each with how often, and where first.
#[derive(Default)]
struct Part {
    own: u64,
    uses: HashMap<Id, (u64, Place)>,
    /// The repetition that comes to the most by itself.
    each: Option<(u64, Place)>,
}

/// What `each` binds around a node, the innermost last: the name, and the entries with the values.
type Bound<'a> = Vec<(&'a str, &'a [KdlEntry])>;

/// Returns what is wrong where a spec comes to too many nodes and settings.
pub fn excess(files: &Files, scopes: &[Scope<'_>]) -> Option<Diagnostic> {
    let count = Count { files, scopes };
    let mut all = Part::default();
    for (file, loaded) in files.files.iter().enumerate() {
        for node in loaded.document.iter().flat_map(|document| document.nodes()) {
            if !TOP.contains(&node.name().value()) || node.name().value() == "host" {
                count.node(file, node, 1, &mut Vec::new(), &mut all);
            }
        }
    }
    let weights = count.weights(all.uses.keys().copied());
    let of = |id: &Id, times: u64| times.saturating_mul(weights.get(id).copied().unwrap_or(0));
    let used = all.uses.iter().map(|(id, (times, place))| (of(id, *times), *place, *id));
    let total = used.clone().fold(all.own, |total, (count, ..)| total.saturating_add(count));
    if total <= MAX_BLOCKS as u64 {
        return None;
    }
    let most = used.max_by_key(|(count, place, _)| (*count, std::cmp::Reverse(place.start)));
    let said = |what: String, number: u64| {
        format!("{what} to {}, profiles and repetitions written out", counted(number))
    };
    let (place, label) = match most {
        Some((count, place, (file, at))) if count >= all.own => {
            (place, said(format!("the profile `{}` comes here", scopes[file].profiles[at].name), count))
        }
        _ => match all.each {
            Some((count, place)) => (place, said("this comes".to_owned(), count)),
            None => (
                Place { file: files.files.first()?.id, start: 0, end: 0 },
                said("it comes".to_owned(), total),
            ),
        },
    };
    Some(
        Diagnostic::new(code::TOO_LARGE, "the spec comes to too many nodes")
            .at(place, label)
            .help(format!(
                "a spec has {MAX_BLOCKS} nodes and settings at most. A profile that uses another one twice doubles it, and an `each` inside an `each` multiplies: repeat less, or make several specs"
            )),
    )
}

fn counted(number: u64) -> String {
    let more = if number == u64::MAX { "more than " } else { "" };
    format!("{more}{number} nodes and settings")
}

struct Count<'a> {
    files: &'a Files,
    scopes: &'a [Scope<'a>],
}

impl<'a> Count<'a> {
    /// Adds what a node comes to that stands so many times.
    fn node(&self, file: usize, node: &'a KdlNode, times: u64, bound: &mut Bound<'a>, part: &mut Part) {
        let entries = node.entries();
        match node.name().value() {
            "allow" | "with" | "param" => return,
            "use" => {
                for entry in entries {
                    self.used(file, entry, times, bound, part);
                }
                return;
            }
            "options" => {
                part.add(times.saturating_mul(entries.len() as u64));
                return;
            }
            "each" => {
                let (Some(name), Some((_, values))) = (first_text(node), entries.split_first()) else {
                    return;
                };
                let before = part.own;
                let times = times.saturating_mul(values.len() as u64);
                part.add(times);
                bound.push((name, values));
                self.children(file, node, times, bound, part);
                bound.pop();
                let count = part.own - before;
                if part.each.is_none_or(|(most, _)| most < count) {
                    part.each = Some((count, head_place(self.files.files[file].id, node)));
                }
                return;
            }
            _ => {}
        }
        part.add(times);
        self.settings(file, node, times, bound, part);
        self.children(file, node, times, bound, part);
    }

    fn children(&self, file: usize, node: &'a KdlNode, times: u64, bound: &mut Bound<'a>, part: &mut Part) {
        for child in node.children().map_or(&[][..], |children| children.nodes()) {
            self.node(file, child, times, bound, part);
        }
    }

    /// Adds what stands on a node's own line.
    fn settings(&self, file: usize, node: &'a KdlNode, times: u64, bound: &Bound<'a>, part: &mut Part) {
        let word = WORDS.iter().find(|word| word.word == node.name().value());
        let words = word.is_some_and(|word| matches!(word.args, Args::Words(_)));
        let mut unnamed = 0u64;
        for entry in node.entries() {
            match entry.name().map(|name| name.value()) {
                Some("use") => self.used(file, entry, times, bound, part),
                Some("allow") => {}
                Some(_) => part.add(times),
                None => unnamed += 1,
            }
        }
        if words {
            part.add(times.saturating_mul(unnamed.saturating_sub(1)));
        }
        if unnamed > 1 && word.is_some_and(|word| matches!(word.args, Args::Then(..))) {
            part.add(times);
        }
    }

    /// Adds the use of a profile.
    fn used(&self, file: usize, entry: &'a KdlEntry, times: u64, bound: &Bound<'a>, part: &mut Part) {
        let KdlValue::String(text) = entry.value() else { return };
        let place = entry_place(self.files.files[file].id, entry);
        match entry.ty().map(|ty| ty.value()) {
            None => self.name(file, text, times, place, part),
            Some("let") => match bound.iter().rev().find(|(name, _)| name == text) {
                Some((_, values)) => {
                    let each = times / (values.len() as u64).max(1);
                    for name in values.iter().filter_map(plain) {
                        self.name(file, name, each, place, part);
                    }
                }
                None => {
                    if let Some(name) = self.said(file, text) {
                        self.name(file, name, times, place, part);
                    }
                }
            },
            Some(_) => {}
        }
    }

    /// Returns the text that a let stands for, by way of others.
    fn said(&self, file: usize, name: &'a str) -> Option<&'a str> {
        let (mut file, mut name) = (file, name);
        for _ in 0..64 {
            let Found::At((at, index)) = find(self.files, self.scopes, file, name, &super::scope::LET) else {
                return None;
            };
            let entry = self.scopes[at].lets[index].entry;
            if let Some(text) = plain(entry) {
                return Some(text);
            }
            let KdlValue::String(next) = entry.value() else { return None };
            if entry.ty().is_none_or(|ty| ty.value() != "let") {
                return None;
            }
            (file, name) = (at, next);
        }
        None
    }

    fn name(&self, file: usize, name: &str, times: u64, place: Place, part: &mut Part) {
        if let Found::At(id) = find(self.files, self.scopes, file, name, &PROFILE) {
            let (count, _) = part.uses.entry(id).or_insert((0, place));
            *count = count.saturating_add(times);
        }
    }

    /// Counts profiles, and all that they use. One that uses itself is told where it is read.
    fn weights(&self, wanted: impl Iterator<Item = Id>) -> HashMap<Id, u64> {
        let mut parts: HashMap<Id, Part> = HashMap::new();
        let mut weights: HashMap<Id, u64> = HashMap::new();
        // A profile stays here until all that it uses is counted.
        let mut open: Vec<Id> = wanted.collect();
        while let Some(&id) = open.last() {
            if weights.contains_key(&id) {
                open.pop();
                continue;
            }
            if let Some(part) = parts.get(&id) {
                let of = |(id, (times, _)): (&Id, &(u64, Place))| {
                    times.saturating_mul(weights.get(id).copied().unwrap_or(0))
                };
                let weight = part.uses.iter().map(of).fold(part.own, u64::saturating_add);
                weights.insert(id, weight);
                continue;
            }
            let part = self.profile(id);
            open.extend(part.uses.keys().filter(|id| !parts.contains_key(id)));
            parts.insert(id, part);
        }
        weights
    }

    /// Counts what a profile comes to where it is used: itself, its params, and what stands in it.
    fn profile(&self, (file, at): Id) -> Part {
        let profile = &self.scopes[file].profiles[at];
        let mut part = Part { own: 1 + profile.params.len() as u64, ..Part::default() };
        self.settings(file, profile.node, 1, &Vec::new(), &mut part);
        self.children(file, profile.node, 1, &mut Vec::new(), &mut part);
        part
    }
}

impl Part {
    fn add(&mut self, count: u64) {
        self.own = self.own.saturating_add(count);
    }
}

/// Returns a text that stands for itself.
fn plain(entry: &KdlEntry) -> Option<&str> {
    match entry.value() {
        KdlValue::String(text) if entry.ty().is_none() => Some(text),
        _ => None,
    }
}
