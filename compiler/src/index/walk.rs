//! Walks the syntax trees once and marks what stands where. Names are found by the resolver's own
//! rules: what `each` binds around here, else the file's own let, else an imported one.

use super::{
    Definition, FileIndex, Item, Mark, NameKind, Region, SettingRow, What,
    setting::{directive, profile_kinds},
};
use crate::{
    code,
    resolve::{
        grammar::{Args, Kind, Meaning, WORDS},
        scope::{self, Found, LET, PROFILE, Scope, first_text},
        value::{Part, parts},
    },
    source::Place,
    syntax::{line, load::Files, name_place, place, word_place},
};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};
use std::collections::{HashMap, HashSet};

/// Marks everything in all files. Returns the definitions too, which the marks name by their index.
pub fn walk(files: &Files, scopes: &[Scope<'_>]) -> (Vec<FileIndex>, Vec<Definition>) {
    let mut walker = Walker {
        files,
        scopes,
        file: 0,
        out: files.files.iter().map(|_| FileIndex::default()).collect(),
        definitions: Vec::new(),
        lets: HashMap::new(),
        profiles: HashMap::new(),
        bound: Vec::new(),
    };
    for file in 0..files.files.len() {
        walker.define(file);
    }
    for file in 0..files.files.len() {
        walker.visible(file);
        walker.file(file);
    }
    for file in &mut walker.out {
        file.marks.sort_by_key(|mark| (mark.item.place.start, mark.item.place.end));
    }
    for definition in &mut walker.definitions {
        definition.uses.sort_unstable();
        definition.uses.dedup();
    }
    (walker.out, walker.definitions)
}

struct Walker<'f> {
    files: &'f Files,
    scopes: &'f [Scope<'f>],
    /// The file that is walked.
    file: usize,
    out: Vec<FileIndex>,
    definitions: Vec<Definition>,
    /// The definitions of lets and profiles, by file and index in its scope.
    lets: HashMap<(usize, usize), usize>,
    profiles: HashMap<(usize, usize), usize>,
    /// What `each` and params bind around here, the innermost last.
    bound: Vec<usize>,
}

impl<'f> Walker<'f> {
    /// Makes the definitions of a file's lets and profiles.
    fn define(&mut self, file: usize) {
        self.file = file;
        let scope = &self.scopes[file];
        for (at, item) in scope.lets.iter().enumerate() {
            let definition = self.definition(NameKind::Let, item.name, item.node);
            self.lets.insert((file, at), definition);
        }
        for (at, profile) in scope.profiles.iter().enumerate() {
            let definition = self.definition(NameKind::Profile, profile.name, profile.node);
            for param in &profile.params {
                let param = self.definition(NameKind::Param, param.name, param.node);
                self.definitions[definition].params.push(param);
            }
            self.profiles.insert((file, at), definition);
        }
    }

    /// Defines the name that is a node's first argument, and marks it.
    fn definition(&mut self, kind: NameKind, name: &str, node: &KdlNode) -> usize {
        let place = match node.entries().first() {
            Some(entry) => self.text_place(entry),
            None => word_place(self.files.files[self.file].id, node),
        };
        let definition = Definition { kind, name: name.into(), place, params: Vec::new(), uses: Vec::new() };
        self.definitions.push(definition);
        let at = self.definitions.len() - 1;
        self.mark(place, What::Name { kind, name: name.into(), defines: true }, Some(at));
        at
    }

    /// Notes which lets and profiles a file can use: its own names stand before imported ones.
    fn visible(&mut self, file: usize) {
        let imports = self.files.files[file].imports.iter().map(|(import, _)| *import);
        let mut known = HashSet::new();
        for from in std::iter::once(file).chain(imports) {
            for at in 0..self.scopes[from].lets.len() {
                let found = self.lets[&(from, at)];
                self.add_visible(file, found, &mut known);
            }
            for at in 0..self.scopes[from].profiles.len() {
                let found = self.profiles[&(from, at)];
                self.add_visible(file, found, &mut known);
            }
        }
    }

    fn add_visible(&mut self, file: usize, definition: usize, known: &mut HashSet<(NameKind, Box<str>)>) {
        let Definition { kind, name, .. } = &self.definitions[definition];
        let index = &mut self.out[file];
        let list = if *kind == NameKind::Let { &mut index.lets } else { &mut index.profiles };
        if known.insert((*kind, name.clone())) {
            list.push(definition);
        }
    }

    fn file(&mut self, file: usize) {
        self.file = file;
        let Some(document) = &self.files.files[file].document else { return };
        let end = self.text().len();
        self.out[file].regions.push(Region { end: end + 1, ..Region::default() });
        for node in document.nodes() {
            match node.name().value() {
                "edition" => self.directive(node),
                "import" => self.import(node),
                "let" => {
                    self.directive(node);
                    for entry in node.entries().iter().skip(1) {
                        self.value(entry);
                    }
                }
                "profile" => self.profile(node),
                "host" => self.block(Kind::Host, node),
                _ => self.child(node, &[Kind::Host]),
            }
        }
    }

    fn import(&mut self, node: &KdlNode) {
        self.directive(node);
        let imports = &self.files.files[self.file].imports;
        for entry in node.entries() {
            let place = crate::syntax::entry_place(self.files.files[self.file].id, entry);
            if let Some((file, _)) = imports.iter().find(|(_, from)| *from == place) {
                let target = self.files.files[*file].id;
                let place = self.text_place(entry);
                self.mark(place, What::Import(target), None);
            }
        }
    }

    fn profile(&mut self, node: &'f KdlNode) {
        self.directive(node);
        let scope = &self.scopes[self.file];
        let at = first_text(node).and_then(|name| (PROFILE.look)(scope, name));
        // A second one of the name is defined nowhere.
        let at = at.filter(|at| std::ptr::eq(scope.profiles[*at].node, node));
        let definition = at.map(|at| self.profiles[&(self.file, at)]);
        self.bound = definition.map(|at| self.definitions[at].params.clone()).unwrap_or_default();
        self.body(node, &profile_kinds(), true);
        self.bound.clear();
    }

    fn block(&mut self, kind: Kind, node: &'f KdlNode) {
        let place = word_place(self.files.files[self.file].id, node);
        self.mark(place, What::Node(kind.word()), None);
        let mut values = node.entries().iter().filter(|entry| entry.name().is_none());
        if kind.word().args != Args::None {
            values.next().into_iter().for_each(|entry| self.value(entry));
        }
        if matches!(kind.word().args, Args::Words(_)) {
            values.for_each(|entry| self.option(entry));
        } else {
            values.for_each(|entry| self.value(entry));
        }
        self.body(node, &[kind], false);
    }

    /// Walks what is said of a node: the settings on its line, and what is inside.
    fn body(&mut self, node: &'f KdlNode, kinds: &[Kind], profile: bool) {
        let mut uses: Vec<&KdlEntry> = Vec::new();
        for entry in node.entries() {
            let Some(name) = entry.name() else { continue };
            match name.value() {
                "use" => uses.push(entry),
                "allow" => self.lint(entry),
                _ if matches!(kinds, [Kind::Client | Kind::Flavour]) => {
                    self.option(entry);
                    continue;
                }
                _ => self.value(entry),
            }
            self.word(name_place(self.files.files[self.file].id, name), name.value(), kinds);
        }
        let children = node.children().map_or(&[][..], |children| children.nodes());
        for child in children.iter().filter(|child| child.name().value() == "use") {
            uses.extend(child.entries());
        }
        let uses: Vec<usize> = uses.into_iter().filter_map(|entry| self.used(entry)).collect();
        let Some(document) = node.children() else { return };
        self.region(node, document, kinds, uses.clone(), profile);
        for child in children {
            match child.name().value() {
                "use" => self.directive(child),
                "with" => self.with(child, &uses),
                "param" if profile => {
                    self.directive(child);
                    child.entries().iter().skip(1).for_each(|entry| self.outside(entry));
                }
                _ => self.child(child, kinds),
            }
        }
    }

    /// Walks a value that sees no names bound here.
    fn outside(&mut self, entry: &KdlEntry) {
        let bound = std::mem::take(&mut self.bound);
        self.value(entry);
        self.bound = bound;
    }

    /// Notes the inside of a node: from behind its opening brace to behind its closing one.
    fn region(
        &mut self,
        node: &KdlNode,
        document: &KdlDocument,
        kinds: &[Kind],
        uses: Vec<usize>,
        profile: bool,
    ) {
        let text = self.text();
        let head = node.entries().iter().map(|entry| entry.span()).chain([node.name().span()]);
        let head = head.map(|span| span.offset() + span.len()).max().unwrap_or_default();
        let first = document.span().offset().clamp(head, text.len());
        let start = line::opening(text, head, first).unwrap_or(first);
        let end = (node.span().offset() + node.span().len()).min(text.len());
        let last = document.span().offset() + document.span().len();
        let closed =
            text.get(..end).map(str::trim_end).filter(|text| text.ends_with('}') && text.len() > last);
        let end = match closed {
            Some(text) => text.len(),
            // Who writes at the end of the file writes inside.
            None => end + usize::from(end == text.len()),
        };
        self.out[self.file].regions.push(Region {
            start,
            end,
            kinds: kinds.to_vec(),
            bound: self.bound.clone(),
            uses,
            profile,
        });
    }

    fn child(&mut self, node: &'f KdlNode, kinds: &[Kind]) {
        let word = node.name().value();
        let meanings = || kinds.iter().map(|kind| kind.meaning(word));
        if let Some(row) = meanings().find_map(|meaning| match meaning {
            Meaning::Block(row) => Some(row),
            _ => None,
        }) {
            return self.block(row.kind, node);
        }
        let place = word_place(self.files.files[self.file].id, node);
        match word {
            "allow" => {
                self.directive(node);
                node.entries().iter().for_each(|entry| self.lint(entry));
            }
            "options" => {
                self.directive(node);
                node.entries().iter().for_each(|entry| self.option(entry));
            }
            "each" => self.each(node, kinds),
            _ => {
                let known = WORDS.iter().find(|row| row.word == word);
                // A node that cannot stand here is still one that an editor asks about.
                if let Some(row) = known.filter(|_| SettingRow::find(kinds, word).is_none()) {
                    return self.block(row.kind, node);
                }
                self.word(place, word, kinds);
                node.entries().iter().for_each(|entry| self.value(entry));
            }
        }
    }

    fn each(&mut self, node: &'f KdlNode, kinds: &[Kind]) {
        self.directive(node);
        node.entries().iter().skip(1).for_each(|entry| self.value(entry));
        let Some(name) = first_text(node) else { return };
        let definition = self.definition(NameKind::Each, name, node);
        self.bound.push(definition);
        if let Some(document) = node.children() {
            self.region(node, document, kinds, Vec::new(), false);
            document.nodes().iter().for_each(|child| self.child(child, kinds));
        }
        self.bound.pop();
    }

    /// Marks a profile's name where it is used, and returns its definition.
    fn used(&mut self, entry: &KdlEntry) -> Option<usize> {
        let KdlValue::String(name) = entry.value() else { return None };
        if entry.ty().is_some() {
            self.value(entry);
            return None;
        }
        let found = match scope::find(self.files, self.scopes, self.file, name, &PROFILE) {
            Found::At(at) | Found::Ambiguous(at, ..) => self.profiles.get(&at).copied(),
            Found::Lost | Found::Nothing => None,
        };
        let place = self.text_place(entry);
        self.mark_use(place, NameKind::Profile, name, found);
        found
    }

    fn with(&mut self, node: &KdlNode, uses: &[usize]) {
        self.directive(node);
        for entry in node.entries() {
            self.value(entry);
            let Some(name) = entry.name() else { continue };
            let params = uses.iter().flat_map(|profile| &self.definitions[*profile].params);
            let found = params.copied().find(|param| *self.definitions[*param].name == *name.value());
            let place = name_place(self.files.files[self.file].id, name);
            self.mark_use(place, NameKind::Param, name.value(), found);
        }
    }

    fn lint(&mut self, entry: &KdlEntry) {
        if let Some(lint) = entry.value().as_string().and_then(code::find) {
            let place = self.text_place(entry);
            self.mark(place, What::Lint(lint), None);
        }
    }

    fn option(&mut self, entry: &KdlEntry) {
        self.value(entry);
        let file = self.files.files[self.file].id;
        let (place, word) = match (entry.name(), entry.value(), entry.ty()) {
            (Some(name), ..) => (name_place(file, name), name.value()),
            (None, KdlValue::String(word), None) => (self.text_place(entry), &**word),
            _ => return,
        };
        let known = SettingRow::find(&[Kind::Export], word);
        let known = known.or_else(|| SettingRow::find(&[Kind::Export], word.split('=').next()?));
        if let Some(row) = known {
            self.mark(place, What::Setting(row), None);
        }
    }

    /// Marks the names in an argument or the value of a property.
    fn value(&mut self, entry: &KdlEntry) {
        let (Some(ty), KdlValue::String(text)) = (entry.ty(), entry.value()) else { return };
        let place = self.text_place(entry);
        match ty.value() {
            "let" => {
                let found = self.named(text);
                self.mark_use(
                    place,
                    found.map_or(NameKind::Let, |at| self.definitions[at].kind),
                    text,
                    found,
                );
            }
            "param" => {
                let found = self.param(text);
                self.mark_use(place, NameKind::Param, text, found);
            }
            "fmt" => self.format(place),
            _ => {}
        }
    }

    /// Marks the names in braces. An escape for a character has braces of its own and is left alone.
    fn format(&mut self, place: Place) {
        let source = self.text();
        let Some(text) = source.get(place.start as usize..place.end as usize) else { return };
        if text.contains("\\u{") {
            return;
        }
        let names: Vec<(usize, &str)> = parts(text)
            .filter_map(|part| match part {
                Part::Name(at, name) => Some((at, name)),
                _ => None,
            })
            .collect();
        for (at, name) in names {
            let innermost = self.bound.iter().rev().find(|at| *self.definitions[**at].name == *name);
            let found = innermost.copied().or_else(|| self.named(name));
            let kind = found.map_or(NameKind::Let, |at| self.definitions[at].kind);
            let start = place.start as usize + at;
            self.mark_use(self.place(start, start + name.len()), kind, name, found);
        }
    }

    /// Finds what `(let)"NAME"` means here.
    fn named(&self, name: &str) -> Option<usize> {
        let bound = |at: &&usize| {
            let definition = &self.definitions[**at];
            definition.kind == NameKind::Each && *definition.name == *name
        };
        if let Some(at) = self.bound.iter().rev().find(bound) {
            return Some(*at);
        }
        match scope::find(self.files, self.scopes, self.file, name, &LET) {
            Found::At(at) | Found::Ambiguous(at, ..) => self.lets.get(&at).copied(),
            Found::Lost | Found::Nothing => None,
        }
    }

    fn param(&self, name: &str) -> Option<usize> {
        let bound = |at: &&usize| {
            let definition = &self.definitions[**at];
            definition.kind == NameKind::Param && *definition.name == *name
        };
        self.bound.iter().rev().find(bound).copied()
    }

    /// Marks a word that is no node of its own.
    fn word(&mut self, place: Place, word: &str, kinds: &[Kind]) {
        let what = match SettingRow::find(kinds, word) {
            Some(row) => What::Setting(row),
            None => match directive(word) {
                Some((word, doc)) => What::Directive(word, doc),
                None => return,
            },
        };
        self.mark(place, what, None);
    }

    fn directive(&mut self, node: &KdlNode) {
        if let Some((word, doc)) = directive(node.name().value()) {
            let place = word_place(self.files.files[self.file].id, node);
            self.mark(place, What::Directive(word, doc), None);
        }
    }

    fn mark_use(&mut self, place: Place, kind: NameKind, name: &str, found: Option<usize>) {
        if let Some(definition) = found {
            self.definitions[definition].uses.push(place);
        }
        self.mark(place, What::Name { kind, name: name.into(), defines: false }, found);
    }

    fn mark(&mut self, place: Place, what: What, definition: Option<usize>) {
        self.out[self.file].marks.push(Mark { item: Item { place, what }, definition });
    }

    fn text(&self) -> &'f str {
        self.files.sources.get(self.files.files[self.file].id).map_or("", |source| &source.text)
    }

    fn place(&self, start: usize, end: usize) -> Place {
        place(self.files.files[self.file].id, (start, end.saturating_sub(start)).into())
    }

    /// Returns the place of a value's text: what stands between its quotation marks.
    fn text_place(&self, entry: &KdlEntry) -> Place {
        let whole = entry.span();
        let (mut start, end) = (whole.offset(), whole.offset() + whole.len());
        let source = self.text();
        for name in entry.name().into_iter().chain(entry.ty()) {
            start = start.max(name.span().offset() + name.span().len());
        }
        let Some(text) = source.get(start..end) else { return self.place(whole.offset(), end) };
        let value = text.trim_start_matches([')', '=', ' ', '\t']);
        let quoted = value.trim_start_matches('#');
        let inside = quoted.strip_prefix("\"\"\"").or_else(|| quoted.strip_prefix('"'));
        let Some(inside) = inside.filter(|_| entry.value().is_string()) else {
            return self.place(end - value.len(), end);
        };
        let start = end - inside.len();
        self.place(start, start + inside.trim_end_matches('#').trim_end_matches('"').len())
    }
}
