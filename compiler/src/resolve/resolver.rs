//! What the stages of resolving work on together: what is read, what is left of the limits, and what names
//! mean at a node.

use super::{
    limits::{MAX_BLOCKS, MAX_SETTINGS, MAX_TEXTS},
    scope::Scope,
    spec::{Said, Scalar, ViaId, Vias},
};
use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::Place,
    syntax::load::Files,
};

/// What the stages of resolving share.
pub struct Resolver<'a, 's> {
    pub files: &'a Files,
    pub scopes: Vec<Scope<'a>>,
    pub sink: &'s mut Sink,
    pub vias: Vias<'a>,
    /// How many more blocks and settings may be made.
    pub left: usize,
    /// How many more bytes of text they may hold.
    pub texts: usize,
    /// The lets that are being evaluated, as file and index, to find circles.
    pub evaluating: Vec<(usize, usize)>,
}

/// What names mean at a node: its file's, and those bound around it.
#[derive(Debug, Clone)]
pub struct Env<'a> {
    /// The file, as an index.
    pub file: usize,
    /// Names bound by `each` and by a profile's params, the innermost last.
    pub bindings: Vec<Binding<'a>>,
    /// How what is said here comes to its block.
    pub via: Option<ViaId>,
    /// The profiles around, the innermost last, as file and index.
    pub profiles: Vec<(usize, usize)>,
}

/// A name that `each` or a param binds.
#[derive(Debug, Clone)]
pub struct Binding<'a> {
    pub name: &'a str,
    /// Nothing where the value was in error: told already.
    pub value: Option<Said<'a>>,
    /// The way of whatever stands where the value was given: `value` takes it too, and leaves it
    /// for the way of the profile.
    pub base: Option<ViaId>,
    /// Whether it is a param; otherwise `each` bound it.
    pub param: bool,
}

impl<'a> Resolver<'a, '_> {
    /// Tells what is wrong, with the way of what stands there: who used the profile, or said the value.
    pub fn tell(&mut self, via: Option<ViaId>, diagnostic: Diagnostic) {
        let diagnostic = self.vias.label(diagnostic, via);
        self.sink.push(diagnostic);
    }

    /// Takes one more block or setting, unless there are too many.
    pub fn take(&mut self, place: Place) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if self.left == 0 {
            self.sink.push(
                Diagnostic::new(code::TOO_LARGE, "the spec comes to too many nodes")
                    .at(place, format!("this is number {MAX_BLOCKS}, profiles and repetitions written out"))
                    .help("an `each` inside an `each` multiplies: repeat less, or make several specs"),
            );
        }
        self.left > 0
    }

    /// Takes a text into a block or setting, unless there is too much.
    pub fn take_text(&mut self, said: &Said<'a>) -> bool {
        let Scalar::Text(text) = &said.value else { return self.left > 0 };
        if self.left > 0 && text.len() > self.texts {
            self.left = 0;
            self.sink.push(
                Diagnostic::new(code::TOO_LARGE, "the texts of the spec come to too much")
                    .at(
                        said.place,
                        format!("more than {MAX_TEXTS} bytes, profiles and repetitions written out"),
                    )
                    .help(
                        "a long text is held by each node that has it: say it on fewer, or make it shorter",
                    ),
            );
        }
        self.texts = self.texts.saturating_sub(text.len());
        self.left > 0
    }

    /// Tells that a node has more settings than any may have.
    pub fn too_many_settings(&mut self, node: Place, place: Place, via: Option<ViaId>) {
        self.tell(
            via,
            Diagnostic::new(code::TOO_LARGE, "too many settings of one node")
                .at(node, format!("a node has {MAX_SETTINGS} at most"))
                .at(place, "this is one more")
                .help("a user property for each of many things belongs elsewhere: take some out"),
        );
    }
}
