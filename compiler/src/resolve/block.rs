//! Nodes → blocks: each word read by what it means where it stands.

use super::{
    Binding, Env, Resolver,
    grammar::{Args, Kind, Meaning, TOP, WORDS, Word, find_flag, option_group},
    limits::MAX_SETTINGS,
    scope::first_text,
    spec::{Block, Said, Scalar, Setting, Step},
};
use crate::{
    diagnostic::{Diagnostic, article, code, did_you_mean, list},
    source::Place,
    syntax::{entry_place, head_place, name_place, word_place},
};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};
use std::borrow::Cow;

impl<'a> Resolver<'a, '_> {
    /// Reads the nodes that stand straight in a file: its hosts, or the one host left unsaid.
    pub(super) fn file_nodes(
        &mut self,
        document: &'a KdlDocument,
        env: &Env<'a>,
        first: bool,
        hosts: &mut Vec<Block<'a>>,
    ) {
        let file = self.files.files[env.file].id;
        let mut unsaid: Option<Block<'a>> = None;
        // What stands straight in the file is allowed for all of it.
        let mut all = Block::new(Kind::Host, Place { file, start: 0, end: 0 }, None);
        let lost = self.files.files[env.file].lost.in_file();
        all.lose(lost);
        let guessed = all.guessed();
        for node in document.nodes().iter().filter(|node| node.name().value() == "allow") {
            self.child(&mut all, node, env);
        }
        self.scopes[env.file].allow.append(&mut all.allow);
        let named = document.nodes().iter().rfind(|node| node.name().value() == "host");
        for node in document.nodes() {
            let word = node.name().value();
            let place = word_place(file, node);
            if word == "host" {
                let host = self.block(&WORDS[Kind::Host as usize], node, env);
                hosts.extend(host.map(|host| self.allowed_by_file(host, env)));
            } else if TOP.contains(&word) || word == "allow" {
                // Read before, by what it is.
            } else if guessed && !matches!(Kind::Host.meaning(word), Meaning::Block(_)) {
                // It may stand in a node whose brace was lost.
            } else if matches!(Kind::Host.meaning(word), Meaning::Setting) {
                self.unknown_at_the_top(word, place);
            } else if matches!(Kind::Host.meaning(word), Meaning::Elsewhere(_)) {
                self.child(&mut all, node, env);
            } else if !first {
                self.sink.push(
                    Diagnostic::new(code::MISPLACED_NODE, format!("{} in an imported file", article(word)))
                        .at(place, "no host around it")
                        .help("imports bring profiles, lets and hosts: put this into a `host` node"),
                );
            } else if let Some(named) = named {
                if !guessed {
                    self.sink.push(
                        Diagnostic::new(code::MISPLACED_NODE, format!("{} beside the hosts", article(word)))
                            .at(place, "which host is this for?")
                            .at(word_place(file, named), "the spec names its hosts")
                            .help("put it into the `host` node that it belongs to"),
                    );
                }
            } else {
                let host = unsaid.get_or_insert_with(|| {
                    let mut host = Block::new(Kind::Host, place, None);
                    host.lose(lost);
                    host
                });
                self.child(host, node, env);
            }
        }
        hosts.extend(unsaid.map(|host| self.allowed_by_file(host, env)));
    }

    fn unknown_at_the_top(&mut self, word: &str, place: Place) {
        let words = || TOP.iter().copied().chain(Kind::Host.words_within());
        let help = match did_you_mean(word, words()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if word == "param" => "a param stands in the profile that takes it".to_owned(),
            None => match WORDS.iter().find(|row| row.word == word) {
                Some(row) => {
                    format!("it stands in {}", list(row.within.iter().map(|kind| kind.word().word)))
                }
                None => format!("here may stand {}", list(words())),
            },
        };
        self.sink.push(
            Diagnostic::new(code::UNKNOWN_NODE, format!("`{word}` means nothing straight in a file"))
                .at(place, "unknown")
                .help(help),
        );
    }

    fn allowed_by_file(&self, mut host: Block<'a>, env: &Env<'a>) -> Block<'a> {
        host.allow.extend(&self.scopes[env.file].allow);
        host
    }

    /// Reads one node that is a block.
    fn block(&mut self, word: &'static Word, node: &'a KdlNode, env: &Env<'a>) -> Option<Block<'a>> {
        let file = self.files.files[env.file].id;
        let mut block = Block::new(word.kind, head_place(file, node), env.via);
        block.own = env.profiles.is_empty();
        block.lose(self.files.files[env.file].lost.in_node(node));
        if !self.take(block.place) {
            return None;
        }
        let mut arguments = node.entries().iter().filter(|entry| entry.name().is_none());
        let what = match word.args {
            Args::None => None,
            Args::One(what) | Args::Words(what) | Args::Number(what) | Args::Then(what, _) => Some(what),
        };
        if let Some(what) = what {
            match arguments.next() {
                Some(entry) => {
                    let mut said = self.value(entry, env)?;
                    if let (Args::Number(_), Scalar::Integer(number)) = (word.args, &said.value) {
                        said.value = Scalar::Text(Cow::Owned(number.to_string()));
                    }
                    if !matches!(said.value, Scalar::Text(_)) {
                        let is = if matches!(word.args, Args::Number(_)) { "whole number" } else { "text" };
                        let diagnostic = Diagnostic::new(code::WRONG_TYPE, format!("a {what} is a {is}"))
                            .at(said.place, "this is none");
                        self.tell(said.via, diagnostic);
                        return None;
                    }
                    if !self.take_text(&said) {
                        return None;
                    }
                    block.arg = Some(said);
                }
                None if block.lost.is_some() => return None,
                None if word.template && !env.profiles.is_empty() => {}
                None => {
                    self.tell(
                        env.via,
                        Diagnostic::new(
                            code::MISSING_ARGUMENT,
                            format!("{} has a {what}", article(word.word)),
                        )
                        .at(block.place, format!("the {what} is missing"))
                        .help(match word.args {
                            Args::Number(_) => format!("`{} 101`", word.word),
                            _ => format!("`{} \"…\"`", word.word),
                        }),
                    );
                    // What stands inside is told of all the same.
                    self.body(&mut block, node, env);
                    return None;
                }
            }
        }
        if let Args::Then(_, setting) = word.args {
            self.following(&mut block, setting, arguments, env);
        } else if matches!(word.args, Args::Words(_)) {
            for entry in arguments {
                self.option(&mut block, entry, env);
            }
        } else {
            for entry in arguments {
                self.tell(
                    env.via,
                    Diagnostic::new(
                        code::UNEXPECTED_ARGUMENT,
                        format!("{} takes no further value", article(word.word)),
                    )
                    .at(entry_place(file, entry), "not expected")
                    .help(match entry.value() {
                        KdlValue::String(value) if block.kind.words_within().any(|word| word == value) => {
                            format!("`{value}` is a node of its own: write it inside the braces")
                        }
                        _ => "settings are written `name=value`, or as nodes of their own inside".to_owned(),
                    }),
                );
            }
        }
        self.body(&mut block, node, env);
        Some(block)
    }

    /// Reads what follows a node's argument, as the values of a setting.
    fn following(
        &mut self,
        block: &mut Block<'a>,
        setting: &'static str,
        entries: impl Iterator<Item = &'a KdlEntry>,
        env: &Env<'a>,
    ) {
        let file = self.files.files[env.file].id;
        let mut place: Option<Place> = None;
        let mut values = Vec::new();
        for entry in entries {
            let at = entry_place(file, entry);
            place = Some(place.map_or(at, |first| first.to(at)));
            match self.value(entry, env) {
                Some(said) => values.push(said),
                None => return block.unread.push(setting),
            }
        }
        if let Some(place) = place {
            self.set(block, Cow::Borrowed(setting), place, values, env);
        }
    }

    /// Reads a node's properties and children into a block, and lays the profiles that it uses under it.
    fn body(&mut self, block: &mut Block<'a>, node: &'a KdlNode, env: &Env<'a>) {
        let mut uses: Vec<&'a KdlEntry> = Vec::new();
        let mut withs: Vec<&'a KdlNode> = Vec::new();
        for entry in node.entries() {
            let Some(name) = entry.name() else { continue };
            match name.value() {
                "use" => uses.push(entry),
                "allow" => self.allow(block, entry, env),
                _ if matches!(block.kind, Kind::Client | Kind::Flavour) => self.option(block, entry, env),
                name_text => {
                    let file = self.files.files[env.file].id;
                    let place = name_place(file, name);
                    if matches!(block.kind.meaning(name_text), Meaning::NotYet) {
                        self.not_yet(name_text, place, env);
                    } else if let Some(said) = self.value(entry, env) {
                        self.set(block, Cow::Borrowed(name_text), place, vec![said], env);
                    } else {
                        block.unread.push(name_text);
                    }
                }
            }
        }
        let lost = &self.files.files[env.file].lost;
        for child in node.children().map_or(&[][..], |children| children.nodes()) {
            block.broken |= lost.in_node(child).is_some() && self.directive(block.kind, child.name().value());
            match child.name().value() {
                "use" if self.directive(block.kind, "use") => {
                    self.no_children(child, env);
                    uses.extend(child.entries());
                }
                "with" if self.directive(block.kind, "with") => withs.push(child),
                _ => self.child(block, child, env),
            }
        }
        if !uses.is_empty() || !withs.is_empty() {
            self.lay_under(block, &uses, &withs, env);
        }
        // Most nodes have one setting or block, and there may be many nodes.
        block.settings.shrink_to_fit();
        block.blocks.shrink_to_fit();
    }

    fn directive(&self, kind: Kind, word: &str) -> bool {
        matches!(kind.meaning(word), Meaning::Directive(_))
    }

    /// Reads one child into its block.
    pub(super) fn child(&mut self, block: &mut Block<'a>, node: &'a KdlNode, env: &Env<'a>) {
        let file = self.files.files[env.file].id;
        let word = node.name().value();
        if let Some(ty) = node.ty() {
            block.broken = true;
            self.tell(
                env.via,
                Diagnostic::new(code::UNEXPECTED_TYPE, "a node has no annotation")
                    .at(name_place(file, ty), "means nothing here"),
            );
            return;
        }
        match block.kind.meaning(word) {
            Meaning::Block(word) => match self.block(word, node, env) {
                Some(inner) => block.blocks.push(inner),
                None => block.broken = true,
            },
            Meaning::Directive("allow") => {
                self.no_children(node, env);
                if self.files.files[env.file].lost.in_node(node).is_some() {
                    block.allow.extend(code::lints().map(|lint| lint.name));
                }
                for entry in node.entries() {
                    self.allow(block, entry, env);
                }
            }
            Meaning::Directive("options") => {
                self.no_children(node, env);
                for entry in node.entries() {
                    self.option(block, entry, env);
                }
            }
            Meaning::Directive("each") => self.each(block, node, env),
            // What was guessed wrongly is no mistake of its own.
            Meaning::Directive(_) | Meaning::Elsewhere(_) | Meaning::Top if block.guessed() => {
                block.broken = true;
            }
            Meaning::Directive(_) => {
                let place = word_place(file, node);
                self.tell(
                    env.via,
                    Diagnostic::new(code::MISPLACED_NODE, format!("`{word}` cannot stand here"))
                        .at(place, "inside `each`, it would belong to no node"),
                );
            }
            Meaning::NotYet => {
                block.broken = true;
                self.not_yet(word, word_place(file, node), env);
            }
            Meaning::Elsewhere(kinds) => {
                block.broken = true;
                let within = list(kinds.iter().map(|kind| kind.word().word));
                let here = block.kind.word().word;
                let place = word_place(file, node);
                let help = match (block.kind, word) {
                    (Kind::Root, "dataset" | "volume") => "put it into the pool, beside `root`".to_owned(),
                    _ => format!("it stands in {within}"),
                };
                self.tell(
                    env.via,
                    Diagnostic::new(
                        code::MISPLACED_NODE,
                        format!("`{word}` cannot stand in {}", article(here)),
                    )
                    .at(place, "not here")
                    .help(help),
                );
            }
            Meaning::Top => {
                // A param belongs to the profile around it and was read with it.
                self.tell(
                    env.via,
                    Diagnostic::new(code::MISPLACED_NODE, format!("`{word}` stands straight in a file"))
                        .at(word_place(file, node), "not inside a node"),
                );
            }
            Meaning::Setting if word == "param" && !env.profiles.is_empty() => {}
            Meaning::Setting => self.setting_node(block, node, env),
        }
    }

    fn not_yet(&mut self, word: &str, place: Place, env: &Env<'a>) {
        self.tell(
            env.via,
            Diagnostic::new(code::NOT_SUPPORTED, format!("`{word}` is not supported by this version yet"))
                .at(place, "cannot be carried out")
                .help("take it out, and do by hand what it asks for"),
        );
    }

    fn no_children(&mut self, node: &'a KdlNode, env: &Env<'a>) -> bool {
        let Some(child) = node.children().and_then(|children| children.nodes().first()) else { return true };
        let file = self.files.files[env.file].id;
        let word = node.name().value();
        self.tell(
            env.via,
            Diagnostic::new(code::UNEXPECTED_CHILDREN, format!("`{word}` holds values only"))
                .at(word_place(file, child), "no node can stand inside")
                .at(word_place(file, node), "of this"),
        );
        false
    }

    /// Reads a node that is no word of the language: a setting in its longer spelling.
    fn setting_node(&mut self, block: &mut Block<'a>, node: &'a KdlNode, env: &Env<'a>) {
        let file = self.files.files[env.file].id;
        let word = node.name().value();
        let place = word_place(file, node);
        if self.files.files[env.file].lost.in_node(node).is_some() {
            block.unread.push(word);
            if crate::check::is_setting(block.kind, word) {
                return;
            }
            block.broken = true;
            return self.unknown_node(block, word, place, env);
        }
        if node.entries().is_empty() && node.children().is_none() && find_flag(block.kind, word).is_some() {
            let said = Said { value: Scalar::Bool(true), place, via: env.via };
            return self.set(block, Cow::Borrowed(word), place, vec![said], env);
        }
        // What is no setting at all is told by name, whatever its values are.
        if node.children().is_some_and(|children| !children.nodes().is_empty()) || node.entries().is_empty() {
            if crate::check::is_setting(block.kind, word) {
                if self.no_children(node, env) {
                    self.tell(
                        env.via,
                        Diagnostic::new(code::MISSING_ARGUMENT, format!("`{word}` has a value"))
                            .at(place, "the value is missing"),
                    );
                }
            } else {
                block.broken = true;
                self.unknown_node(block, word, place, env);
            }
            return;
        }
        let mut values = Vec::with_capacity(node.entries().len());
        for entry in node.entries() {
            if let Some(name) = entry.name() {
                if !crate::check::is_setting(block.kind, word) {
                    return self.unknown_node(block, word, place, env);
                }
                self.tell(
                    env.via,
                    Diagnostic::new(code::UNEXPECTED_ARGUMENT, format!("`{word}` holds values only"))
                        .at(entry_place(file, entry), format!("`{}` is no part of it", name.value())),
                );
                return;
            }
            match self.value(entry, env) {
                Some(said) => values.push(said),
                None => {
                    block.unread.push(word);
                    return;
                }
            }
        }
        self.set(block, Cow::Borrowed(word), place, values, env);
    }

    fn unknown_node(&mut self, block: &Block<'a>, word: &str, place: Place, env: &Env<'a>) {
        if block.guessed() {
            return;
        }
        let kind = block.kind;
        let words = kind.words_within().chain(crate::check::settings_of(kind));
        let near = did_you_mean(word, words);
        let here = kind.word().word;
        self.tell(
            env.via,
            Diagnostic::new(code::UNKNOWN_NODE, format!("`{word}` means nothing in {}", article(here)))
                .at(place, "unknown")
                .help(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("here may stand {}, and settings", list(kind.words_within())),
                }),
        );
    }

    /// Adds a setting to a block, once.
    fn set(
        &mut self,
        block: &mut Block<'a>,
        name: Cow<'a, str>,
        place: Place,
        values: Vec<Said<'a>>,
        env: &Env<'a>,
    ) {
        if !self.take(place) || !values.iter().all(|said| self.take_text(said)) {
            return;
        }
        if block.settings.len() == MAX_SETTINGS {
            return self.too_many_settings(block.place, place, env.via);
        }
        if let Some(first) = block.setting(&name) {
            self.tell(
                env.via,
                Diagnostic::new(code::SAID_TWICE, format!("`{name}` is said twice"))
                    .at(place, "here again")
                    .at(first.place, "here first")
                    .help("on the node's line or as a child node: both mean the same, keep one"),
            );
            return;
        }
        let mut values = values.into_iter();
        let first = values.next();
        let rest = values.collect();
        block.settings.push(Setting {
            name,
            place,
            first,
            rest,
            via: env.via,
            over: Vec::new(),
            also: Vec::new(),
        });
    }

    /// Reads a word of `exports(5)`: an argument, or `name=value`. It is a setting named by its group.
    fn option(&mut self, block: &mut Block<'a>, entry: &'a KdlEntry, env: &Env<'a>) {
        let file = self.files.files[env.file].id;
        let place = entry_place(file, entry);
        let Some(mut said) = self.value(entry, env) else {
            block.broken = true;
            return;
        };
        if let Some(name) = entry.name() {
            let name = name.value();
            said.place = place;
            said.value = match &said.value {
                Scalar::Bool(true) => Scalar::Text(Cow::Borrowed(name)),
                Scalar::Text(text) => Scalar::Text(Cow::Owned(format!("{name}={text}"))),
                Scalar::Integer(number) => Scalar::Text(Cow::Owned(format!("{name}={number}"))),
                other => other.clone(),
            };
        }
        let group = match &said.value {
            Scalar::Text(Cow::Borrowed(text)) => Cow::Borrowed(option_group(text)),
            Scalar::Text(Cow::Owned(text)) => Cow::Owned(option_group(text).to_owned()),
            _ => {
                self.tell(
                    env.via,
                    Diagnostic::new(code::WRONG_TYPE, "an option of an export is a word")
                        .at(place, "this is none"),
                );
                return;
            }
        };
        self.set(block, group, place, vec![said], env);
    }

    fn allow(&mut self, block: &mut Block<'a>, entry: &'a KdlEntry, env: &Env<'a>) {
        let place = entry_place(self.files.files[env.file].id, entry);
        let Some(text) = entry.value().as_string().filter(|_| entry.ty().is_none()) else {
            self.tell(
                env.via,
                Diagnostic::new(code::WRONG_TYPE, "`allow` names a lint by a text").at(place, "this is none"),
            );
            return;
        };
        if code::lints().any(|lint| lint.name == text) {
            block.allow.push(text);
            return;
        }
        let diagnostic = Diagnostic::new(code::UNKNOWN_LINT, format!("there is no lint `{text}`"));
        let error = code::find(text).is_some();
        let near = did_you_mean(text, code::lints().map(|lint| lint.name));
        self.tell(
            env.via,
            diagnostic.at(place, "unknown").help(match near {
                _ if error => format!("`{text}` is an error, which nothing silences"),
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the lints are {}", list(code::lints().map(|lint| lint.name))),
            }),
        );
    }

    /// Repeats the body of `each NAME v1 v2 … { … }` with its name bound.
    fn each(&mut self, block: &mut Block<'a>, node: &'a KdlNode, env: &Env<'a>) {
        let file = self.files.files[env.file].id;
        let place = head_place(file, node);
        let (Some(name), Some(body)) = (first_text(node), node.children()) else {
            if self.files.files[env.file].lost.in_node(node).is_some() {
                return;
            }
            self.tell(
                env.via,
                Diagnostic::new(code::MISSING_ARGUMENT, "`each` has a name, values and a body")
                    .at(place, "`each NAME \"a\" \"b\" { … }`"),
            );
            return;
        };
        let mut inner = env.clone();
        for entry in &node.entries()[1..] {
            let Some(value) = self.value(entry, env) else { continue };
            if !self.take(place) {
                return;
            }
            let via = self.vias.add(Step::Each(name), value.place, env.via);
            inner.via = Some(via);
            inner.bindings.truncate(env.bindings.len());
            inner.bindings.push(Binding { name, value: Some(value), base: env.via, param: false });
            for child in body.nodes() {
                self.child(block, child, &inner);
            }
        }
    }

    /// Reads a profile's body as a block of the kind that uses it.
    pub(super) fn profile_body(&mut self, block: &mut Block<'a>, node: &'a KdlNode, env: &Env<'a>) {
        let file = self.files.files[env.file].id;
        for entry in node.entries().iter().skip(1).filter(|entry| entry.name().is_none()) {
            self.tell(
                env.via,
                Diagnostic::new(code::UNEXPECTED_ARGUMENT, "a profile has one name")
                    .at(entry_place(file, entry), "not expected"),
            );
        }
        self.body(block, node, env);
    }
}
