//! Syntax trees → resolved spec. [`grammar`] tells what a word means where it stands, [`scope`]
//! finds what a file's names stand for, [`count`] what they come to, [`value`] evaluates values, [`block`]
//! reads nodes, and [`merge`] lays profiles under them. The outcome is a [`spec::Spec`].

mod block;
mod count;
pub mod grammar;
mod merge;
pub mod scope;
pub mod spec;
pub mod value;

use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::Place,
    syntax::load::Files,
};
use scope::Scope;
use spec::{Block, Said, Scalar, Spec, Vias};

/// The most blocks and settings that a spec may come to, profiles and repetitions written out.
pub const MAX_BLOCKS: usize = 1_000_000;
/// The longest text that `(fmt)` may make, in bytes.
pub const MAX_TEXT: usize = 64 << 10;
/// The most text that the names and settings of a spec may come to, in bytes.
pub const MAX_TEXTS: usize = 64 << 20;
/// The most settings, profiles and values for them of one node: each is held against all others.
pub const MAX_SETTINGS: usize = 1024;
/// The most params of one profile.
pub const MAX_PARAMS: usize = 256;

/// Resolves all hosts of a spec.
pub fn resolve<'a>(files: &'a Files, sink: &mut Sink) -> Spec<'a> {
    let scopes = scope::scopes(files, sink);
    if let Some(excess) = count::excess(files, &scopes) {
        // What is too large to be written out is too large to be checked.
        sink.push(excess);
        return Spec { hosts: Vec::new(), vias: Vias::default() };
    }
    let mut resolver = Resolver {
        files,
        scopes,
        sink,
        vias: Vias::default(),
        left: MAX_BLOCKS,
        texts: MAX_TEXTS,
        evaluating: Vec::new(),
    };
    let mut hosts = Vec::new();
    for file in 0..files.files.len() {
        resolver.hosts(file, &mut hosts);
    }
    resolver.unused();
    if resolver.left == 0 {
        // What is too large to be written out is too large to be checked.
        hosts.clear();
    }
    if hosts.is_empty() && resolver.sink.errors() == 0 {
        let diagnostic = Diagnostic::new(code::NO_HOST, "the spec describes no host")
            .help("begin with `host \"NAME\" { pool … }`");
        let start = files.files.first().map(|file| Place { file: file.id, start: 0, end: 0 });
        resolver.sink.push(match start {
            Some(place) => diagnostic.at(place, "no host and no pool in here"),
            None => diagnostic,
        });
    }
    Spec { hosts, vias: resolver.vias }
}

struct Resolver<'a, 's> {
    files: &'a Files,
    scopes: Vec<Scope<'a>>,
    sink: &'s mut Sink,
    vias: Vias<'a>,
    /// How many more blocks and settings may be made.
    left: usize,
    /// How many more bytes of text they may hold.
    texts: usize,
    /// The lets that are being evaluated, as file and index, to find circles.
    evaluating: Vec<(usize, usize)>,
}

/// What names mean at a node: its file's, and those bound around it.
#[derive(Debug, Clone)]
struct Env<'a> {
    /// The file, as an index.
    file: usize,
    /// Names bound by `each` and by a profile's params, the innermost last.
    bindings: Vec<Binding<'a>>,
    /// How what is said here comes to its block.
    via: Option<spec::ViaId>,
    /// The profiles around, the innermost last, as file and index.
    profiles: Vec<(usize, usize)>,
}

#[derive(Debug, Clone)]
struct Binding<'a> {
    name: &'a str,
    /// Nothing where the value was in error: told already.
    value: Option<Said<'a>>,
    /// The way of whatever stands where the value was given: `value` takes it too, and leaves it
    /// for the way of the profile.
    base: Option<spec::ViaId>,
    /// Whether it is a param; otherwise `each` bound it.
    param: bool,
}

impl<'a> Resolver<'a, '_> {
    /// Tells what is wrong, with the way of what stands there: who used the profile, or said the value.
    fn tell(&mut self, via: Option<spec::ViaId>, diagnostic: Diagnostic) {
        let diagnostic = self.vias.label(diagnostic, via);
        self.sink.push(diagnostic);
    }

    /// Takes one more block or setting, unless there are too many.
    fn take(&mut self, place: Place) -> bool {
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
    fn take_text(&mut self, said: &Said<'a>) -> bool {
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

    fn too_many_settings(&mut self, node: Place, place: Place, via: Option<spec::ViaId>) {
        self.tell(
            via,
            Diagnostic::new(code::TOO_LARGE, "too many settings of one node")
                .at(node, format!("a node has {MAX_SETTINGS} at most"))
                .at(place, "this is one more")
                .help("a user property for each of many things belongs elsewhere: take some out"),
        );
    }

    /// Reads the hosts of one file.
    fn hosts(&mut self, file: usize, hosts: &mut Vec<Block<'a>>) {
        let Some(document) = self.files.files[file].document.as_ref() else { return };
        let env = Env { file, bindings: Vec::new(), via: None, profiles: Vec::new() };
        self.file_nodes(document, &env, file == 0, hosts);
    }
}
