//! The resolved spec: names replaced by their values, repetitions written out, profiles laid under
//! the nodes that use them. Every value still knows where it came from.

use super::grammar::Kind;
use crate::{
    diagnostic::{Diagnostic, code},
    source::Place,
    syntax::Gap,
};
use std::borrow::Cow;

/// All hosts of a spec.
#[derive(Debug)]
pub struct Spec<'a> {
    pub hosts: Vec<Block<'a>>,
    /// The ways that values took.
    pub vias: Vias<'a>,
}

/// A plain value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    Text(Cow<'a, str>),
    Integer(i128),
    /// A number with a fraction, as it was written.
    Decimal(f64),
    /// `#true` or `#false`.
    Bool(bool),
    /// `#null`
    Null,
}

/// A value with its place and the way it took from there.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    pub value: Scalar<'a>,
    /// Where it stands as it is.
    pub place: Place,
    /// How it came from there to the node that has it.
    pub via: Option<ViaId>,
}

/// A setting of a block: a name with one value or several.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    pub name: Cow<'a, str>,
    /// Where the name stands.
    pub place: Place,
    pub first: Option<Said<'a>>,
    pub rest: Vec<Said<'a>>,
    /// How the setting came to the block.
    pub via: Option<ViaId>,
    /// The settings of profiles that this one overrode, the nearest first.
    pub over: Vec<Setting<'a>>,
    /// The settings of further profiles that say the same.
    pub also: Vec<Setting<'a>>,
}

impl<'a> Setting<'a> {
    /// Returns all values.
    pub fn values(&self) -> impl Iterator<Item = &Said<'a>> {
        self.first.iter().chain(&self.rest)
    }

    /// Returns the place of the whole: the name with its values, where they stand together.
    #[must_use]
    pub fn whole(&self) -> Place {
        match self.rest.last().or(self.first.as_ref()) {
            Some(said) if said.place.file == self.place.file && said.place.start >= self.place.start => {
                self.place.to(said.place)
            }
            _ => self.place,
        }
    }
}

/// A node with everything that holds for it.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// What the node is.
    pub kind: Kind,
    /// Where its word and first argument stand.
    pub place: Place,
    /// Its first argument: the name, id, path or client.
    pub arg: Option<Said<'a>>,
    /// Its settings, each name once.
    pub settings: Vec<Setting<'a>>,
    pub blocks: Vec<Block<'a>>,
    /// The lints that it allows, for itself and what is inside.
    pub allow: Vec<&'a str>,
    /// How the block came to its parent; nothing where it stands there itself.
    pub via: Option<ViaId>,
    /// Whether it stands in the spec at this place, and not only in a profile.
    pub own: bool,
    /// Whether something inside was in error and is missing.
    pub broken: bool,
    /// The settings whose values were in error and are missing.
    pub unread: Vec<&'a str>,
    /// What could not be read of its text.
    pub lost: Option<&'a Gap>,
}

impl<'a> Block<'a> {
    /// Begins a block.
    #[must_use]
    pub fn new(kind: Kind, place: Place, via: Option<ViaId>) -> Self {
        Self {
            kind,
            place,
            arg: None,
            settings: Vec::new(),
            blocks: Vec::new(),
            allow: Vec::new(),
            via,
            own: true,
            broken: false,
            unread: Vec::new(),
            lost: None,
        }
    }

    /// Finds a setting.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Setting<'a>> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// Returns the first argument where it is a text.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.arg {
            Some(Said { value: Scalar::Text(text), .. }) => Some(text),
            _ => None,
        }
    }

    /// Remembers what could not be read of the block's text.
    pub fn lose(&mut self, lost: Option<&'a Gap>) {
        let Some(gap) = lost else { return };
        self.broken = true;
        self.lost = Some(gap);
        if gap.may_say("allow") {
            self.allow.extend(code::lints().map(|lint| lint.name));
        }
    }

    /// Returns whether what could not be read may have said one of these words, or have used a profile.
    #[must_use]
    pub fn may_say(&self, words: &[&str]) -> bool {
        let may = |gap: &Gap| gap.may_say("use") || words.iter().any(|word| gap.may_say(word));
        self.lost.is_some_and(may) || words.iter().any(|word| self.unread.contains(word))
    }

    /// Returns whether a setting may be missing because of an error that was told.
    #[must_use]
    pub fn may_miss(&self, setting: &str) -> bool {
        self.broken || self.unread.contains(&setting)
    }

    /// Returns whether it was guessed what stands inside, so that something may stand in the wrong node.
    #[must_use]
    pub fn guessed(&self) -> bool {
        self.lost.is_some_and(|gap| gap.unsure)
    }

    /// Returns the blocks of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Block<'a>> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }
}

/// Names a step on the way of a value, by its index in [`Vias`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViaId(u32);

/// What brought a value on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// `(let)"NAME"`, or a name in `(fmt)`
    Let(&'a str),
    /// `(param)"NAME"`
    Param(&'a str),
    /// `use "NAME"`
    Profile(&'a str),
    /// One round of `each`
    Each(&'a str),
    /// `(let)"NAME"` of a name that `each` binds
    Bound(&'a str),
}

/// A step on the way of a value.
#[derive(Debug, Clone, Copy)]
pub struct Via<'a> {
    /// What brought it on.
    pub step: Step<'a>,
    /// Where that stands.
    pub place: Place,
    /// The step after this one, nearer to the node.
    pub next: Option<ViaId>,
}

/// The ways of all values, each way shared by what took it.
#[derive(Debug, Default)]
pub struct Vias<'a>(Vec<Via<'a>>);

impl<'a> Vias<'a> {
    /// Adds a step.
    pub fn add(&mut self, step: Step<'a>, place: Place, next: Option<ViaId>) -> ViaId {
        let id = ViaId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Via { step, place, next });
        id
    }

    /// Lets the part of a way before `until` go on to `onto` instead.
    pub fn lead_on(&mut self, via: Option<ViaId>, until: Option<ViaId>, onto: ViaId) -> ViaId {
        let mut steps = Vec::new();
        let mut at = via;
        while let Some(id) = at.filter(|_| at != until) {
            let Some(via) = self.0.get(id.0 as usize) else { break };
            steps.push(*via);
            at = via.next;
        }
        steps.iter().rev().fold(onto, |next, via| self.add(via.step, via.place, Some(next)))
    }

    /// Adds a label for each step of a way to a diagnostic.
    #[must_use]
    pub fn label(&self, mut diagnostic: Diagnostic, via: Option<ViaId>) -> Diagnostic {
        for via in self.way(via).take(8) {
            let text = match via.step {
                Step::Let(name) => format!("by way of the let `{name}`"),
                Step::Param(name) => format!("by way of the param `{name}`"),
                Step::Profile(name) => format!("by way of the profile `{name}`"),
                Step::Each(name) => format!("with this as `{name}`"),
                Step::Bound(name) => format!("by way of `{name}`"),
            };
            if !diagnostic.labels.iter().any(|label| label.place == via.place) {
                diagnostic = diagnostic.at(via.place, text);
            }
        }
        diagnostic
    }

    /// Returns the steps of a way, from the value outwards.
    pub fn way(&self, via: Option<ViaId>) -> impl Iterator<Item = &Via<'a>> {
        let mut at = via;
        std::iter::from_fn(move || {
            let step = self.0.get(at?.0 as usize)?;
            at = step.next;
            Some(step)
        })
    }
}
