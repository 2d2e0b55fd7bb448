//! Which node each node of a profile goes under: by its word and first argument. Of a guest's mounts it is the one at
//! the same path, or of the same directory mapping; a node that says neither is about all mounts of its guest.

use super::{
    grammar::Kind,
    spec::{Block, Scalar},
};
use phoenix_graph::check::guest;
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

/// The settings by which a guest's mounts are told apart.
pub const MARKS: [&str; 2] = ["at", "virtiofs"];

/// Which of its guest's mounts a node is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// All of them: it says neither a path nor a mapping.
    All,
    /// One.
    One(Marks),
    /// What it says could not be read.
    Unread,
}

/// What one mount says of itself, in the order of [`MARKS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks([Option<String>; 2]);

impl About {
    /// Reads what a node of a guest says.
    pub fn of(block: &Block<'_>) -> Self {
        if MARKS.iter().any(|name| block.may_say(&[name]) && block.setting(name).is_none()) {
            return Self::Unread;
        }
        let mut marks = [None, None];
        for (mark, name) in marks.iter_mut().zip(MARKS) {
            let Some(setting) = block.setting(name) else { continue };
            let Some(Scalar::Text(text)) = setting.first.as_ref().map(|said| &said.value) else {
                return Self::Unread;
            };
            // What is no path is told where it is checked, and is compared as it stands.
            let path = guest::path_inside(text).ok().filter(|_| name == "at");
            *mark = Some(path.map_or_else(|| text.to_string(), String::from));
        }
        if marks.iter().all(Option::is_none) { Self::All } else { Self::One(Marks(marks)) }
    }
}

impl Marks {
    /// Takes what another node says of the same mount.
    fn join(&mut self, other: &Self) {
        for (mark, other) in self.0.iter_mut().zip(&other.0) {
            if mark.is_none() {
                mark.clone_from(other);
            }
        }
    }
}

/// Returns whether a node is a guest's.
pub fn is_guest(block: &Block<'_>) -> bool {
    matches!(block.kind, Kind::Lxc | Kind::Vm)
}

/// Returns whether a node of a profile goes under every node of its word, or of its guest.
pub fn is_template(block: &Block<'_>) -> bool {
    let of_word = block.arg.is_none() && block.kind.word().template;
    of_word || (is_guest(block) && About::of(block) == About::All)
}

/// The nodes of profiles that go under every node of a word, or of a guest.
pub struct Templates<'b, 'a>(HashMap<Name<'b>, Vec<&'b Block<'a>>>);

impl<'b, 'a> Templates<'b, 'a> {
    /// Takes all of them.
    pub fn new(all: &'b [Block<'a>]) -> Self {
        let mut found: HashMap<Name<'b>, Vec<&'b Block<'a>>> = HashMap::new();
        for template in all {
            found.entry(name(template)).or_default().push(template);
        }
        Self(found)
    }

    /// Lists those that go under a node. Under one that is itself about all mounts of a guest another is laid as under
    /// any of its key.
    pub fn over<'c>(&'c self, block: &'c Block<'_>) -> &'c [&'c Block<'a>] {
        let found = match name(block) {
            name if is_guest(block) && About::of(block) != About::All => self.0.get(&name),
            (kind, Some(_)) => self.0.get(&(kind, None)),
            _ => None,
        };
        found.map_or(&[], Vec::as_slice)
    }
}

/// Lists the mounts of guests that nodes of profiles are about, and none of the nodes that are there.
pub fn brought<'b>(there: &'b [Block<'_>], layers: &'b [Block<'_>]) -> HashMap<Name<'b>, Vec<Marks>> {
    let mut known: HashMap<Name<'b>, Mounts> = HashMap::new();
    for (at, block) in there.iter().enumerate() {
        known.entry(name(block)).or_default().add(at, About::of(block));
    }
    let mut found: HashMap<Name<'b>, Vec<Marks>> = HashMap::new();
    for layer in layers {
        let About::One(marks) = About::of(layer) else { continue };
        let known = known.entry(name(layer)).or_default();
        let found = found.entry(name(layer)).or_default();
        match known.find(&About::One(marks.clone())) {
            Place::At(at) if at >= there.len() => found[at - there.len()].join(&marks),
            Place::At(_) | Place::Unclear(_) => {}
            Place::Nowhere => {
                known.add(there.len() + found.len(), About::One(marks.clone()));
                found.push(marks);
            }
        }
    }
    found
}

/// Puts those first that say both a path and a mapping: they tell which path and which mapping are one.
pub fn in_order(layers: &mut [Block<'_>]) {
    let said = |block: &Block<'_>| MARKS.iter().filter(|name| block.setting(name).is_some()).count();
    layers.sort_by_key(|block| Reverse(if is_guest(block) { said(block) } else { 0 }));
}

/// Finds under which node each of a profile's goes, by index: the first of its key, else one that is made at the end; or
/// the one of which nobody can tell whether it is about the same mount. `abouts` says which mounts the nodes of guests
/// that are there are about.
pub fn targets(
    there: &[Block<'_>],
    abouts: impl IntoIterator<Item = About>,
    layers: &[Block<'_>],
) -> Vec<Result<usize, usize>> {
    let mut targets = Targets::default();
    let mut abouts = abouts.into_iter();
    for block in there {
        targets.add(block, is_guest(block).then(|| abouts.next()).flatten());
    }
    layers.iter().map(|layer| targets.find(layer)).collect()
}

/// A word and its first argument.
pub type Name<'b> = (Kind, Option<&'b str>);

/// Returns the word and the first argument of a node.
pub fn name<'b>(block: &'b Block<'_>) -> Name<'b> {
    (block.kind, block.name())
}

/// The nodes that there are, and those that are made on the way.
#[derive(Default)]
struct Targets<'b> {
    named: HashMap<Name<'b>, usize>,
    guests: HashMap<Name<'b>, Mounts>,
    count: usize,
}

impl<'b> Targets<'b> {
    /// Adds a node. Of a guest's it is said which mount it is about.
    fn add(&mut self, block: &'b Block<'_>, about: Option<About>) -> usize {
        let at = self.count;
        self.count += 1;
        if let Some(about) = about {
            self.guests.entry(name(block)).or_default().add(at, about);
        } else if !block.kind.word().apart {
            self.named.entry(name(block)).or_insert(at);
        }
        at
    }

    fn find(&mut self, layer: &'b Block<'_>) -> Result<usize, usize> {
        if !is_guest(layer) {
            let known = self.named.get(&name(layer)).copied();
            return Ok(known.unwrap_or_else(|| self.add(layer, None)));
        }
        let about = About::of(layer);
        match self.guests.entry(name(layer)).or_default().find(&about) {
            Place::At(at) => Ok(at),
            Place::Unclear(at) => Err(at),
            Place::Nowhere => Ok(self.add(layer, Some(about))),
        }
    }
}

/// The nodes of one guest, by what they say of themselves.
#[derive(Default)]
struct Mounts {
    /// By each of [`MARKS`].
    marked: [HashMap<String, usize>; 2],
    /// Those that say one of [`MARKS`] alone.
    alone: [BTreeSet<usize>; 2],
    all: Option<usize>,
    unread: Option<usize>,
    first: Option<usize>,
}

/// Where a node goes.
enum Place {
    At(usize),
    /// Nobody can tell whether it goes there.
    Unclear(usize),
    Nowhere,
}

impl Mounts {
    fn add(&mut self, at: usize, about: About) {
        self.first.get_or_insert(at);
        match about {
            About::All => _ = self.all.get_or_insert(at),
            About::Unread => _ = self.unread.get_or_insert(at),
            About::One(Marks(marks)) => {
                if let [Some(_), None] | [None, Some(_)] = marks {
                    self.alone[usize::from(marks[0].is_none())].insert(at);
                }
                for (known, mark) in self.marked.iter_mut().zip(marks) {
                    mark.map(|mark| known.entry(mark).or_insert(at));
                }
            }
        }
    }

    /// Finds the node that another one goes under. What is unread may be about any mount: that was told.
    fn find(&mut self, about: &About) -> Place {
        let place = |at: Option<usize>| at.map_or(Place::Nowhere, Place::At);
        let marks = match about {
            About::All => return place(self.all),
            About::Unread => return place(self.first),
            About::One(marks) => marks,
        };
        let said = || self.marked.iter().zip(&marks.0).filter_map(|(known, mark)| known.get(mark.as_ref()?));
        if let Some(at) = said().next().copied() {
            self.join(at, marks);
            return Place::At(at);
        }
        if self.unread.is_some() {
            return place(self.unread);
        }
        // Of those that say the other alone.
        let other = match marks.0 {
            [Some(_), None] => self.alone[1].first(),
            [None, Some(_)] => self.alone[0].first(),
            _ => None,
        };
        other.map_or(Place::Nowhere, |at| Place::Unclear(*at))
    }

    /// Has a node be known by what another says of the same mount, too.
    fn join(&mut self, at: usize, marks: &Marks) {
        for (which, mark) in marks.0.iter().enumerate() {
            let Some(mark) = mark else { continue };
            self.alone[1 - which].remove(&at);
            self.marked[which].entry(mark.clone()).or_insert(at);
        }
    }
}
