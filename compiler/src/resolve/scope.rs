//! What a file's names stand for: its own lets and profiles, and those of the files it imports.
//! A name of the file itself stands before an imported one, so a new name in an imported file
//! never changes what a spec means.

use super::{limits::MAX_PARAMS, spec::Scalar};
use crate::{
    diagnostic::{Diagnostic, Sink, code, list},
    source::Place,
    syntax::{
        Lost, entry_place, head_place,
        load::{File, Files},
    },
};
use kdl::{KdlEntry, KdlNode, KdlValue};
use std::collections::HashMap;

/// The names of one file.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    pub lets: Vec<Let<'a>>,
    pub profiles: Vec<Profile<'a>>,
    /// The lints that the file allows.
    pub allow: Vec<&'a str>,
    lets_by_name: HashMap<&'a str, usize>,
    profiles_by_name: HashMap<&'a str, usize>,
}

/// `let NAME value`
#[derive(Debug)]
pub struct Let<'a> {
    pub name: &'a str,
    pub place: Place,
    pub node: &'a KdlNode,
    pub entry: &'a KdlEntry,
    pub used: bool,
    /// The value, once it was needed; nothing inside where it is in error.
    pub value: Option<Option<(Scalar<'a>, Place)>>,
}

/// `profile NAME { … }`
#[derive(Debug)]
pub struct Profile<'a> {
    pub name: &'a str,
    pub place: Place,
    pub node: &'a KdlNode,
    pub params: Vec<Param<'a>>,
    pub used: bool,
    /// The lints that the profile allows.
    pub allow: Vec<&'a str>,
    /// Whether a param may be missing, since something inside could not be read.
    pub lost: bool,
}

/// `param NAME default=… type=…`
#[derive(Debug)]
pub struct Param<'a> {
    pub name: &'a str,
    pub place: Place,
    pub node: &'a KdlNode,
    pub default: Option<&'a KdlEntry>,
    pub kind: Option<&'a str>,
    pub used: bool,
    /// Whether something of it could not be read.
    pub lost: bool,
}

/// Reads the names of all files.
pub fn scopes<'a>(files: &'a Files, sink: &mut Sink) -> Vec<Scope<'a>> {
    files
        .files
        .iter()
        .map(|file| {
            let mut scope = Scope::default();
            for node in file.document.iter().flat_map(|document| document.nodes()) {
                match node.name().value() {
                    "let" => scope.add_let(file, node, sink),
                    "profile" => scope.add_profile(file, node, sink),
                    _ => {}
                }
            }
            scope
        })
        .collect()
}

fn defined_twice(what: &str, name: &str, place: Place, first: Place) -> Diagnostic {
    Diagnostic::new(code::DUPLICATE_DEFINITION, format!("the {what} `{name}` stands twice"))
        .at(place, "here again")
        .at(first, "here first")
}

impl<'a> Scope<'a> {
    fn add_let(&mut self, file: &'a File, node: &'a KdlNode, sink: &mut Sink) {
        if file.lost.in_node(node).is_some() {
            return;
        }
        let place = head_place(file.id, node);
        let (Some(name), [_, entry], None) = (first_text(node), node.entries(), node.children()) else {
            sink.push(
                Diagnostic::new(code::MISSING_ARGUMENT, "a let has a name and one value")
                    .at(place, "`let NAME value`"),
            );
            return;
        };
        if let Some(&first) = self.lets_by_name.get(name) {
            sink.push(defined_twice("let", name, place, self.lets[first].place));
            return;
        }
        self.lets_by_name.insert(name, self.lets.len());
        self.lets.push(Let { name, place, node, entry, used: false, value: None });
    }

    fn add_profile(&mut self, file: &'a File, node: &'a KdlNode, sink: &mut Sink) {
        let place = head_place(file.id, node);
        let Some(name) = first_text(node) else {
            if file.lost.in_node(node).is_some() {
                return;
            }
            sink.push(
                Diagnostic::new(code::MISSING_ARGUMENT, "a profile has a name")
                    .at(place, "`profile NAME { … }`"),
            );
            return;
        };
        if let Some(&first) = self.profiles_by_name.get(name) {
            sink.push(defined_twice("profile", name, place, self.profiles[first].place));
            return;
        }
        let (params, lost) = params(file, node, sink);
        self.profiles_by_name.insert(name, self.profiles.len());
        let inside = node.children().map_or(&[][..], |children| children.nodes());
        let allow = inside.iter().filter(|node| node.name().value() == "allow");
        let allow = allow.flat_map(|node| node.entries()).filter_map(|entry| entry.value().as_string());
        let allow = allow.collect();
        self.profiles.push(Profile { name, place, node, params, used: false, allow, lost });
    }
}

fn params<'a>(File { id, lost, .. }: &'a File, node: &'a KdlNode, sink: &mut Sink) -> (Vec<Param<'a>>, bool) {
    let file = *id;
    let mut missing = lost.in_node(node).is_some_and(|gap| gap.may_say("param"));
    let mut found: Vec<Param<'a>> = Vec::new();
    let nodes = node.children().map_or(&[][..], |children| children.nodes());
    for node in nodes.iter().filter(|node| node.name().value() == "param") {
        let place = head_place(file, node);
        let lost = lost.in_node(node).is_some();
        let Some(name) = first_text(node) else {
            if lost {
                missing = true;
                continue;
            }
            sink.push(
                Diagnostic::new(code::MISSING_ARGUMENT, "a param has a name")
                    .at(place, "`param NAME default=…`"),
            );
            continue;
        };
        if found.len() == MAX_PARAMS {
            sink.push(
                Diagnostic::new(code::TOO_LARGE, "too many params of one profile")
                    .at(place, format!("a profile has {MAX_PARAMS} at most"))
                    .help("make several profiles of it"),
            );
            missing = true;
            break;
        }
        if let Some(first) = found.iter().find(|param| param.name == name) {
            sink.push(defined_twice("param", name, place, first.place));
            continue;
        }
        let mut param = Param { name, place, node, default: None, kind: None, used: false, lost };
        for entry in &node.entries()[1..] {
            let kind = entry.value().as_string();
            match entry.name().map(|name| name.value()) {
                Some("default") => param.default = Some(entry),
                Some("type") if kind.is_some_and(|kind| PARAM_TYPES.contains(&kind)) => param.kind = kind,
                Some("type") => sink.push(
                    Diagnostic::new(code::BAD_VALUE, "no such type of param")
                        .at(entry_place(file, entry), "not a type")
                        .help(format!("the types are {}", list(PARAM_TYPES.iter().copied()))),
                ),
                _ => sink.push(
                    Diagnostic::new(code::UNKNOWN_SETTING, "a param has no such setting")
                        .at(entry_place(file, entry), "neither `default` nor `type`"),
                ),
            }
        }
        found.push(param);
    }
    (found, missing)
}

/// The types that a param may ask for.
pub const PARAM_TYPES: &[&str] = &["text", "size", "number", "boolean"];

/// Returns a node's first argument where it is a plain text.
pub fn first_text(node: &KdlNode) -> Option<&str> {
    let entry = node.entries().first()?;
    match (entry.value(), entry.name(), entry.ty()) {
        (KdlValue::String(text), None, None) => Some(text),
        _ => None,
    }
}

/// A kind of names: what it is called, where it is looked up, and whether a definition may be among
/// what could not be read.
pub struct Names {
    pub what: &'static str,
    pub look: for<'s, 'a, 'n> fn(&'s Scope<'a>, &'n str) -> Option<usize>,
    may: for<'l, 'n> fn(&'l Lost, &'n str) -> bool,
}

/// The lets.
pub const LET: Names = Names {
    what: "let",
    look: |scope, name| scope.lets_by_name.get(name).copied(),
    may: |lost, name| lost.may_let(name),
};

/// The profiles.
pub const PROFILE: Names = Names {
    what: "profile",
    look: |scope, name| scope.profiles_by_name.get(name).copied(),
    may: |lost, name| lost.may_profile(name),
};

/// What became of looking for a name.
#[derive(Debug)]
pub enum Found {
    /// It stands here, as file and index.
    At((usize, usize)),
    /// Two imports have it: the first is here; and the places of both imports.
    Ambiguous((usize, usize), Place, Place),
    /// It may stand in what could not be read.
    Lost,
    /// There is none.
    Nothing,
}

/// Finds a name: in the file itself, else in what it imports.
pub fn find(files: &Files, scopes: &[Scope<'_>], file: usize, name: &str, names: &Names) -> Found {
    let Names { look, may, .. } = names;
    if let Some(at) = look(&scopes[file], name) {
        return Found::At((file, at));
    }
    // The file's own definition would stand before any other.
    if may(&files.files[file].lost, name) {
        return Found::Lost;
    }
    let mut lost = false;
    let mut found: Option<(usize, usize, Place)> = None;
    for &(import, from) in &files.files[file].imports {
        let Some(at) = look(&scopes[import], name) else {
            lost |= may(&files.files[import].lost, name);
            continue;
        };
        match found {
            Some((first, at, first_from)) if first != import => {
                return Found::Ambiguous((first, at), first_from, from);
            }
            Some(_) => {}
            None => found = Some((import, at, from)),
        }
    }
    match found {
        Some((import, at, _)) => Found::At((import, at)),
        None if lost => Found::Lost,
        None => Found::Nothing,
    }
}
