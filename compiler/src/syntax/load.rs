//! Reads a spec's files: the first one, and what it imports, each once.

use super::{
    Lost, Parsed, entry_place, head_place,
    limits::{Budget, MAX_BYTES},
    parse,
};
use crate::{
    diagnostic::{Diagnostic, Sink, code, did_you_mean, list},
    source::{FileId, Place, Sources},
    stdlib,
    world::{ROOT, SourceError, SpecPath, World},
};
use kdl::{KdlDocument, KdlNode, KdlValue};
use std::collections::HashMap;

/// The most files of one spec.
pub const MAX_FILES: usize = 1024;
/// The longest chain of imports.
pub const MAX_IMPORTS: usize = 32;
/// The edition that this version reads.
pub const EDITION: i128 = 1;

/// One file of a spec.
#[derive(Debug)]
pub struct File {
    /// Its source.
    pub id: FileId,
    /// Whether it belongs to the standard library.
    pub std: bool,
    /// Its nodes, as far as they could be read; nothing where none could.
    pub document: Option<KdlDocument>,
    /// What is missing from its nodes.
    pub lost: Lost,
    /// The files that it imports, as indices, with the places that say so.
    pub imports: Vec<(usize, Place)>,
    /// Whether something that it imports could not be read, so that names may be missing.
    pub incomplete: bool,
}

/// All files of a spec. The first is the spec itself; a file's index is its [`FileId`].
#[derive(Debug, Default)]
pub struct Files {
    pub files: Vec<File>,
    pub sources: Sources,
}

impl Files {
    /// Returns whether the spec itself has a let or a profile.
    pub fn defines_names(&self) -> bool {
        let document = self.files.first().and_then(|file| file.document.as_ref());
        let nodes = document.map_or(&[][..], |document| document.nodes());
        nodes.iter().any(|node| matches!(node.name().value(), "let" | "profile"))
    }

    /// Returns for each file the first import that brings it in; nothing for the spec itself.
    pub fn imported(&self) -> Vec<Option<Place>> {
        let mut found = vec![None; self.files.len()];
        for (at, place) in self.files.iter().flat_map(|file| &file.imports) {
            if let Some(import) = found.get_mut(*at).filter(|_| *at > 0) {
                import.get_or_insert(*place);
            }
        }
        found
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Origin {
    Spec(SpecPath),
    Std(Box<str>),
}

/// Reads a spec and what it imports.
pub fn load(world: &dyn World, root: &SpecPath, sink: &mut Sink) -> Files {
    let mut loader = Loader {
        world,
        sink,
        files: Files::default(),
        known: HashMap::new(),
        chain: Vec::new(),
        budget: Budget::default(),
    };
    loader.file(&Origin::Spec(root.clone()), None);
    loader.files
}

struct Loader<'w> {
    world: &'w dyn World,
    sink: &'w mut Sink,
    files: Files,
    known: HashMap<Origin, usize>,
    /// The files that are being read, each importing the next, with the places that say so.
    chain: Vec<(usize, Place)>,
    /// How much may still be read.
    budget: Budget,
}

impl Loader<'_> {
    /// Reads one file; `from` is the place that imports it.
    fn file(&mut self, origin: &Origin, from: Option<Place>) -> Option<usize> {
        if let Some(&at) = self.known.get(origin) {
            self.cycle(at, from?);
            return Some(at);
        }
        if self.files.files.len() >= MAX_FILES || self.chain.len() >= MAX_IMPORTS {
            self.sink.push(
                Diagnostic::new(code::TOO_LARGE, "too many imports")
                    .at(from?, format!("{MAX_FILES} files, {MAX_IMPORTS} deep, are read at most")),
            );
            return None;
        }
        let (name, text, std) = match origin {
            Origin::Std(name) => (format!("std/{name}.kdl"), stdlib::text(name)?.into(), true),
            Origin::Spec(path) => match self.world.source(path) {
                Ok(text) => (path.to_string(), text, false),
                Err(error) => {
                    let code =
                        if error == SourceError::TooLarge { code::TOO_LARGE } else { code::UNREADABLE };
                    let diagnostic = Diagnostic::new(code, format!("cannot read {path}: {error}"));
                    let diagnostic = diagnostic.help_maybe((code == code::TOO_LARGE).then(|| {
                        format!(
                            "a spec has {MAX_BYTES} bytes at most, with all that it imports: is this one?"
                        )
                    }));
                    self.sink.push(match from {
                        Some(place) => diagnostic.at(place, "imported here"),
                        None => diagnostic,
                    });
                    return None;
                }
            },
        };
        let id = self.files.sources.add(&name, text.clone(), std);
        let at = id.0 as usize;
        self.known.insert(origin.clone(), at);
        let parsed = parse(id, &text, &mut self.budget, self.sink);
        self.files.files.push(File {
            id,
            std,
            document: None,
            lost: Lost::default(),
            imports: Vec::new(),
            incomplete: false,
        });
        let start = Place { file: id, start: 0, end: 0 };
        self.chain.push((at, from.unwrap_or(start)));
        if let Some(parsed) = parsed {
            edition(id, &parsed, self.sink);
            let (imports, incomplete) = self.imports(id, origin, &parsed);
            let file = &mut self.files.files[at];
            file.document = Some(parsed.document);
            file.lost = parsed.lost;
            file.imports = imports;
            file.incomplete = incomplete;
        }
        self.chain.pop();
        Some(at)
    }

    fn imports(
        &mut self,
        id: FileId,
        origin: &Origin,
        Parsed { document, lost }: &Parsed,
    ) -> (Vec<(usize, Place)>, bool) {
        let mut found = Vec::new();
        let mut incomplete = false;
        for node in document.nodes().iter().filter(|node| node.name().value() == "import") {
            if lost.in_node(node).is_some() {
                incomplete = true;
                continue;
            }
            let target = self.target(id, origin, node);
            match target.and_then(|(target, place)| Some((self.file(&target, Some(place))?, place))) {
                Some(import) => {
                    incomplete |= self.files.files[import.0].document.is_none()
                        && !self.chain.iter().any(|(at, _)| *at == import.0);
                    found.push(import);
                }
                None => incomplete = true,
            }
        }
        (found, incomplete)
    }

    /// Reads the path of an `import`.
    fn target(&mut self, id: FileId, origin: &Origin, node: &KdlNode) -> Option<(Origin, Place)> {
        let head = head_place(id, node);
        let [entry] = node.entries() else {
            self.sink.push(
                Diagnostic::new(code::MISSING_ARGUMENT, "an import names one file")
                    .at(head, "one path, and nothing else, stands here")
                    .help("`import \"std/proxmox\"`, or a path relative to this file"),
            );
            return None;
        };
        let place = entry_place(id, entry);
        let (KdlValue::String(path), None, None) = (entry.value(), entry.name(), entry.ty()) else {
            self.sink.push(
                Diagnostic::new(code::WRONG_TYPE, "an import's path is a text").at(place, "this is none"),
            );
            return None;
        };
        if let Some(name) = path.strip_prefix("std/") {
            let name = name.strip_suffix(".kdl").unwrap_or(name);
            if stdlib::text(name).is_some() {
                return Some((Origin::Std(name.into()), place));
            }
            let names = || stdlib::FILES.iter().map(|(name, _)| *name);
            let help = match did_you_mean(name, names()) {
                Some(near) => format!("did you mean `std/{near}`?"),
                None => format!("the standard library has {}", list(names())),
            };
            self.sink.push(
                Diagnostic::new(code::UNKNOWN_IMPORT, format!("the standard library has no `{name}`"))
                    .at(place, "not there")
                    .help(help),
            );
            return None;
        }
        let joined = match origin {
            Origin::Spec(from) => from.join(path),
            Origin::Std(_) => Err(crate::world::OutsideError),
        };
        match joined {
            Ok(path) => Some((Origin::Spec(path), place)),
            Err(error) => {
                self.sink.push(
                    Diagnostic::new(code::IMPORT_OUTSIDE, format!("cannot import {path:?}: {error}"))
                        .at(place, "imports stay inside the spec's folder")
                        .help(format!(
                            "an empty file `{ROOT}` in a folder above opens it to the specs below; paths are relative to this file"
                        )),
                );
                None
            }
        }
    }

    fn cycle(&mut self, at: usize, from: Place) {
        let Some(start) = self.chain.iter().position(|(known, _)| *known == at) else { return };
        let mut diagnostic = Diagnostic::new(code::IMPORT_CYCLE, "files import each other in a circle")
            .at(from, "this import comes back to the beginning");
        for (_, place) in &self.chain[start + 1..] {
            diagnostic = diagnostic.at(*place, "by way of this import");
        }
        self.sink.push(diagnostic);
    }
}

fn edition(id: FileId, Parsed { document, lost }: &Parsed, sink: &mut Sink) {
    let Some(node) = document.nodes().iter().find(|node| node.name().value() == "edition") else {
        if lost.in_file().is_some_and(|gap| gap.unsure || gap.may_say("edition")) {
            return;
        }
        sink.push(
            Diagnostic::new(code::MISSING_EDITION, "the file does not say its edition")
                .at(Place { file: id, start: 0, end: 0 }, "expected here")
                .help(format!("begin the file with `edition {EDITION}`")),
        );
        return;
    };
    let known = match node.entries() {
        _ if lost.in_node(node).is_some() => true,
        [entry] => entry.name().is_none() && entry.value() == &KdlValue::Integer(EDITION),
        _ => false,
    };
    if !known {
        sink.push(
            Diagnostic::new(code::UNKNOWN_EDITION, "this edition is not known")
                .at(head_place(id, node), format!("this version of phoenix reads edition {EDITION}"))
                .help(format!("write `edition {EDITION}`, or take a newer phoenix for a newer edition")),
        );
    }
}
