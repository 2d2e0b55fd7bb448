//! Syntax trees → resolved spec. [`grammar`] tells what a word means where it stands, [`scope`]
//! reads a file's names, [`names`] finds them, [`count`] what they come to, [`value`] evaluates values, [`block`]
//! reads nodes, and [`merge`] lays profiles under them, each node under its own ([`targets`]). The outcome is a [`spec::Spec`].

mod block;
mod count;
pub mod grammar;
mod limits;
mod merge;
mod names;
mod resolver;
pub mod scope;
pub mod spec;
pub mod targets;
pub mod value;

use crate::{
    diagnostic::{Diagnostic, Sink, code},
    source::Place,
    syntax::load::Files,
};
use limits::{MAX_BLOCKS, MAX_TEXTS};
use resolver::{Binding, Env, Resolver};
use spec::{Block, Spec, Vias};

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

impl<'a> Resolver<'a, '_> {
    /// Reads the hosts of one file.
    fn hosts(&mut self, file: usize, hosts: &mut Vec<Block<'a>>) {
        let Some(document) = self.files.files[file].document.as_ref() else { return };
        let env = Env { file, bindings: Vec::new(), via: None, profiles: Vec::new() };
        self.file_nodes(document, &env, file == 0, hosts);
    }
}
