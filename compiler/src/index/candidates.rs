//! What may stand at a position. The line before it is read as far as it goes, since it is often
//! half-written; what stands around is known from the tree.

use super::{
    FileIndex, Index, NameKind, Region, SettingRow,
    setting::{directive, options, profile_kinds},
};
use crate::{
    check, code,
    resolve::{
        grammar::{Args, DIRECTIVES, Kind, Meaning, TOP, WORDS, Word},
        scope::PARAM_TYPES,
    },
    source::{FileId, Place},
    stdlib,
    syntax::line,
};
use std::collections::HashSet;

/// What may stand at a position.
#[derive(Debug, Clone)]
pub struct Candidates {
    /// What stands there now, from its beginning to the position: what a candidate takes the place of.
    pub place: Place,
    /// All that may stand there, not only what goes on as it was begun.
    pub list: Vec<Candidate>,
}

/// One that may stand at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The text, without quotation marks.
    pub text: String,
    pub kind: CandidateKind,
    /// What it is for, in one line; may be empty.
    pub doc: String,
    /// The values that it takes, in one line; may be empty.
    pub legal: String,
}

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CandidateKind {
    /// The word of a node.
    Node,
    /// Another word of the language.
    Word,
    /// A setting, or an option of an export.
    Setting,
    Value,
    Name(NameKind),
    /// A file of the standard library.
    File,
    Lint,
}

/// Finds what may stand at a position.
pub fn candidates(index: &Index, file: FileId, byte: u32) -> Candidates {
    let text = index.sources.get(file).map_or("", |source| &*source.text);
    let at = text.floor_char_boundary((byte as usize).min(text.len()));
    let byte = u32::try_from(at).unwrap_or(byte);
    let none = Candidates { place: Place { file, start: byte, end: byte }, list: Vec::new() };
    let Some(marks) = index.files.get(file.0 as usize) else { return none };
    let before = &text[..at];
    let Some(line) = Line::read(before) else { return none };
    let inside = marks.regions.iter().rfind(|region| (region.start..region.end).contains(&line.start));
    let empty = Region::default();
    let mut found = Finder {
        index,
        file: marks,
        region: inside.unwrap_or(&empty),
        list: Vec::new(),
        known: HashSet::new(),
    };
    found.line(&line);
    let start = u32::try_from(at - line.typed.len()).unwrap_or(byte);
    Candidates { place: Place { start, ..none.place }, list: found.list }
}

/// A line up to a position, as far as its node goes.
struct Line<'t> {
    /// The first byte of the node.
    start: usize,
    /// The parts that stand before the one that is being written.
    parts: Vec<&'t str>,
    /// `NAME` of `NAME=…`, where that is being written.
    name: Option<&'t str>,
    /// `TYPE` of `(TYPE)…`, and whether its bracket is closed.
    ty: Option<(&'t str, bool)>,
    /// What was written of it so far, without its quotation mark.
    typed: &'t str,
}

impl<'t> Line<'t> {
    /// Reads the line that a text ends with; nothing inside a comment.
    fn read(text: &'t str) -> Option<Self> {
        let start = line::last(text)?;
        let mut parts = line::parts(text, start, text.len());
        let current = match parts.last() {
            Some(&(at, end)) if end == text.len() || text[at..end].ends_with('=') => {
                parts.pop();
                &text[at..]
            }
            _ => "",
        };
        let parts = parts.into_iter().map(|(at, end)| &text[at..end]).collect();
        let quote = current.find('"').unwrap_or(current.len());
        let (name, value) = match current[..quote].find('=') {
            Some(equals) => (Some(current[..equals].trim_end()), current[equals + 1..].trim_start()),
            None => (None, current),
        };
        let (ty, value) = match value.strip_prefix('(') {
            Some(rest) => match rest.split_once(')') {
                Some((ty, value)) => (Some((ty, true)), value.trim_start()),
                None => (Some((rest, false)), rest),
            },
            None => (None, value),
        };
        let value = value.trim_start_matches('#');
        let typed = value.strip_prefix("\"\"\"").or_else(|| value.strip_prefix('"')).unwrap_or(value);
        Some(Self { start, parts, name, ty, typed })
    }
}

struct Finder<'i> {
    index: &'i Index,
    file: &'i FileIndex,
    region: &'i Region,
    list: Vec<Candidate>,
    known: HashSet<String>,
}

impl Finder<'_> {
    fn line(&mut self, line: &Line<'_>) {
        match line.ty {
            Some((_, false)) => {
                for (ty, doc) in TYPES {
                    self.add(ty, CandidateKind::Word, doc, "");
                }
            }
            Some(("let", true)) => self.names(false),
            Some(("param", true)) => self.params(),
            Some(("fmt", true)) => {
                let open = line.typed.rfind('{').filter(|at| !line.typed[*at..].contains('}'));
                if open.is_some() {
                    self.names(true);
                }
            }
            Some(_) => {}
            None => match line.parts.first() {
                None if line.name.is_none() => self.words(),
                None => {}
                Some(word) => self.behind(line, word.trim_matches('"')),
            },
        }
    }

    /// Finds what may stand behind the first word of a line.
    fn behind(&mut self, line: &Line<'_>, word: &str) {
        let kinds = self.kinds();
        let row = if word == "host" { Some(Kind::Host.word()) } else { block(&kinds, word) };
        match (word, row) {
            ("import", _) => self.imports(),
            ("profile" | "param", _) if line.name == Some("use") => self.profiles(),
            ("profile", _) => self.settings(&profile_kinds()),
            ("use", _) => self.profiles(),
            ("allow", _) => self.lints(),
            ("with", _) if line.name.is_none() => {
                for profile in &self.region.uses {
                    for param in &self.index.definitions[*profile].params {
                        self.name(*param);
                    }
                }
            }
            ("param", _) if self.region.profile => match line.name {
                Some("type") => self.values(PARAM_TYPES),
                Some(_) => {}
                None => {
                    self.add("default", CandidateKind::Word, "The value where none is given.", "");
                    self.add(
                        "type",
                        CandidateKind::Word,
                        "What the value has to be.",
                        &PARAM_TYPES.join(", "),
                    );
                }
            },
            ("options", _) => self.options(),
            (_, Some(row)) => self.on_node(line, row),
            _ => {
                if let Some(row) = SettingRow::find(&kinds, word) {
                    self.values(&row.values());
                }
            }
        }
    }

    /// Finds what may stand on the line of a node.
    fn on_node(&mut self, line: &Line<'_>, row: &Word) {
        match line.name {
            Some("use") => self.profiles(),
            Some("allow") => self.lints(),
            Some(name) => {
                if let Some(row) = SettingRow::find(&[row.kind], name) {
                    self.values(&row.values());
                }
            }
            // The first value names the node: nobody knows it beforehand.
            None if row.args != Args::None && line.parts.len() == 1 => {}
            None if matches!(row.args, Args::Words(_)) => self.options(),
            None if let Args::Then(_, setting) = row.args => {
                if let Some(row) = SettingRow::find(&[row.kind], setting) {
                    self.values(&row.values());
                }
                self.settings(&[row.kind]);
            }
            None => self.settings(&[row.kind]),
        }
    }

    /// Finds what a line may begin with.
    fn words(&mut self) {
        let kinds = self.kinds();
        if self.region.kinds.is_empty() {
            for word in TOP {
                let doc = directive(word).map_or("", |(_, doc)| doc);
                if *word != "host" {
                    self.add(word, CandidateKind::Word, doc, "");
                }
            }
            self.add("host", CandidateKind::Node, Kind::Host.word().doc, "");
        }
        if self.region.profile {
            let doc = directive("param").map_or("", |(_, doc)| doc);
            self.add("param", CandidateKind::Word, doc, "");
        }
        for row in WORDS.iter().filter(|row| row.within.iter().any(|kind| kinds.contains(kind))) {
            self.add(row.word, CandidateKind::Node, row.doc, "");
        }
        for (word, _) in
            DIRECTIVES.iter().filter(|(_, within)| within.iter().any(|kind| kinds.contains(kind)))
        {
            let doc = directive(word).map_or("", |(_, doc)| doc);
            self.add(word, CandidateKind::Word, doc, "");
        }
        // The options of an export stand behind `options`.
        let kinds: Vec<Kind> = kinds
            .into_iter()
            .filter(|kind| !matches!(kind, Kind::Export | Kind::Client | Kind::Flavour))
            .collect();
        self.rows(&kinds);
    }

    /// Finds what may be said by `name=…` on a node's line.
    fn settings(&mut self, kinds: &[Kind]) {
        for word in ["use", "allow"] {
            if kinds.iter().any(|kind| matches!(kind.meaning(word), Meaning::Directive(_))) {
                let doc = directive(word).map_or("", |(_, doc)| doc);
                self.add(word, CandidateKind::Word, doc, "");
            }
        }
        self.rows(kinds);
    }

    fn rows(&mut self, kinds: &[Kind]) {
        for kind in kinds {
            for name in check::settings_of(*kind) {
                if let Some(row) = SettingRow::find(&[*kind], name) {
                    self.add(name, CandidateKind::Setting, row.doc(), &row.legal());
                }
            }
        }
    }

    fn options(&mut self) {
        for row in options() {
            self.add(row.name(), CandidateKind::Setting, row.doc(), "");
        }
    }

    fn values(&mut self, values: &[&str]) {
        for value in values {
            self.add(value, CandidateKind::Value, "", "");
        }
    }

    fn imports(&mut self) {
        for (name, _) in stdlib::FILES {
            let titles: Vec<String> =
                stdlib::profiles(name).into_iter().map(|profile| profile.name).collect();
            self.add(&format!("std/{name}"), CandidateKind::File, &titles.join(", "), "");
        }
    }

    fn lints(&mut self) {
        for lint in code::lints() {
            self.add(lint.name, CandidateKind::Lint, lint.title, "");
        }
    }

    fn profiles(&mut self) {
        for profile in &self.file.profiles {
            self.name(*profile);
        }
    }

    /// Adds what `(let)` finds, the innermost first; and with params what `(fmt)` does.
    fn names(&mut self, params: bool) {
        for bound in self.region.bound.iter().rev() {
            if params || self.index.definitions[*bound].kind == NameKind::Each {
                self.name(*bound);
            }
        }
        for item in &self.file.lets {
            self.name(*item);
        }
    }

    fn params(&mut self) {
        for bound in self.region.bound.iter().rev() {
            if self.index.definitions[*bound].kind == NameKind::Param {
                self.name(*bound);
            }
        }
    }

    fn name(&mut self, definition: usize) {
        let definition = &self.index.definitions[definition];
        let from = self.index.sources.get(definition.place.file).map_or("", |source| &source.name);
        self.add(&definition.name, CandidateKind::Name(definition.kind), &format!("Defined in {from}."), "");
    }

    /// Adds a candidate, each text once.
    fn add(&mut self, text: &str, kind: CandidateKind, doc: &str, legal: &str) {
        if self.known.insert(text.to_owned()) {
            self.list.push(Candidate {
                text: text.to_owned(),
                kind,
                doc: doc.to_owned(),
                legal: legal.to_owned(),
            });
        }
    }

    /// Returns what the node around may be; straight in a file, the host that is left unsaid.
    fn kinds(&self) -> Vec<Kind> {
        if self.region.kinds.is_empty() { vec![Kind::Host] } else { self.region.kinds.clone() }
    }
}

const TYPES: &[(&str, &str)] = &[
    ("let", "The value of a let, or of a name that `each` binds."),
    ("param", "The value of a param of the profile around."),
    ("fmt", "A text with names in braces."),
];

fn block(kinds: &[Kind], word: &str) -> Option<&'static Word> {
    kinds.iter().find_map(|kind| match kind.meaning(word) {
        Meaning::Block(row) => Some(row),
        _ => None,
    })
}
