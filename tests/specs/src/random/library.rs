//! What the hosts of a random spec draw on: profiles in files of their own, those of the standard
//! library, and lets.

use super::{
    choices::Choices,
    settings::{self, fitting, param_type, property, value},
    spec::{File, Node, Piece, Same, Setting, Spec, Value, text},
};
use kdl::{KdlDocument, KdlNode};
use phoenix_compiler::stdlib;
use phoenix_graph::{Property, Target, property as schema, storage::find_type};
use std::{collections::BTreeSet, sync::LazyLock};

/// What is known of a profile without reading it again.
#[derive(Debug, Clone)]
pub struct Profile {
    pub name: String,
    pub target: Target,
    /// All settings that it says, by itself or by what it uses.
    pub says: BTreeSet<String>,
    /// The words of the blocks that it lays under a node's own.
    pub blocks: BTreeSet<&'static str>,
    /// Whether it lays a dataset below the node.
    pub holds: bool,
    /// The type that its registrations have.
    pub storage: Option<String>,
    pub params: Vec<Param>,
}

/// A param: its name, the property that it is the value of, its type, whether it must be given.
#[derive(Debug, Clone)]
pub struct Param {
    name: String,
    row: &'static Property,
    kind: Option<&'static str>,
    needed: bool,
}

/// The profiles of the standard library for pools and datasets, with the files to import; none of their params need be given.
pub static STANDARD: LazyLock<Vec<(String, Profile)>> = LazyLock::new(|| {
    let profile = |file: &str, profile: stdlib::Profile| {
        let node = KdlDocument::parse_v2(&profile.text).unwrap();
        (format!("std/{file}"), read(&node.nodes()[0], profile.name))
    };
    let files = stdlib::FILES.iter().map(|(file, _)| *file);
    let all = files.flat_map(|file| stdlib::profiles(file).into_iter().map(move |one| profile(file, one)));
    // What a guest has says nothing of a pool or a dataset, and fits under none.
    all.filter(|(_, profile)| !profile.says.is_empty() || !profile.blocks.is_empty()).collect()
});

/// Returns the profiles of the standard library.
pub fn standard() -> impl Iterator<Item = Profile> {
    STANDARD.iter().map(|(_, profile)| profile.clone())
}

fn read(node: &KdlNode, name: String) -> Profile {
    let nodes = node.children().map_or(&[][..], |children| children.nodes());
    let word = |node: &KdlNode| node.name().value().to_owned();
    let pool = nodes
        .iter()
        .any(|node| schema::find(Target::Filesystem, &word(node)).is_none() && word(node) == "ashift");
    let target = if pool { Target::Pool } else { Target::Filesystem };
    let says = nodes.iter().map(word).filter(|word| schema::find(target, word).is_some()).collect();
    let blocks = ["export", "proxmox", "root"]
        .into_iter()
        .filter(|block| nodes.iter().any(|node| word(node) == *block));
    let registration = nodes.iter().find(|node| word(node) == "proxmox");
    let storage = registration.and_then(|node| Some(node.get("type")?.as_string()?.to_owned()));
    Profile { name, target, says, blocks: blocks.collect(), holds: false, storage, params: Vec::new() }
}

/// Lays some profiles for a kind of node under it, and returns what they say together.
pub fn lay_under(node: &mut Node, target: Target, known: &[Profile], choices: &mut Choices) -> Profile {
    let mut all = Profile {
        name: String::new(),
        target,
        says: BTreeSet::new(),
        blocks: BTreeSet::new(),
        holds: false,
        storage: None,
        params: Vec::new(),
    };
    let fits = |profile: &&Profile| profile.target == target && !(profile.holds && node.word == "root");
    let fitting: Vec<&Profile> = known.iter().filter(fits).collect();
    if fitting.is_empty() {
        return all;
    }
    let mut used: Vec<&Profile> = Vec::new();
    for _ in 0..choices.below(3) {
        let profile = choices.of(&fitting);
        let again = used.iter().any(|known| known.name == profile.name);
        if again || !all.blocks.is_disjoint(&profile.blocks) {
            continue;
        }
        // Where two may disagree, the node settles it.
        for name in all.says.intersection(&profile.says) {
            if node.setting(name).is_none() {
                let row = schema::find(target, name).unwrap();
                node.set(name, vec![value(row, choices)]);
            }
        }
        all.says.extend(profile.says.iter().cloned());
        all.blocks.extend(&profile.blocks);
        all.holds |= profile.holds;
        all.storage = all.storage.or_else(|| profile.storage.clone());
        used.push(profile);
    }
    let mut given: Vec<Setting> = Vec::new();
    for param in used.iter().flat_map(|profile| &profile.params) {
        if param.needed || choices.one_in(2) {
            let same = settings::fitting(value(param.row, choices), param.kind);
            given.push(Setting { name: param.name.clone(), values: vec![same] });
        }
    }
    if !given.is_empty() {
        node.inside.push(Node { settings: given, ..Node::new("with", Vec::new()) });
    }
    if !used.is_empty() {
        node.inside.push(Node::new("use", used.iter().map(|profile| text(&profile.name)).collect()));
    }
    all
}

/// Allows what the node's own settings are warned of.
pub fn allow(node: &mut Node) {
    let said = |name: &str| node.setting(name).map(|setting| setting.values[0][0].clone());
    let mut lints = Vec::new();
    if said("sync") == Some(text("disabled")) {
        lints.push(text("sync-disabled"));
    }
    if said("dedup").is_some_and(|value| value != text("off")) {
        lints.push(text("dedup-without-special"));
    }
    if !lints.is_empty() {
        node.inside.push(Node::new("allow", lints));
    }
}

/// Makes profiles, each of which may use those before it. Returns their nodes in pairs with what is
/// known of them.
pub fn profiles(choices: &mut Choices) -> Vec<(Node, Profile)> {
    let mut known: Vec<Profile> = standard().collect();
    let mut made: Vec<(Node, Profile)> = Vec::new();
    for at in 0..choices.below(5) {
        let target = choices.of(&[Target::Filesystem, Target::Filesystem, Target::Pool, Target::Volume]);
        let mut node = Node::named("profile", format!("p{at}"));
        let mut params = Vec::new();
        for _ in 0..choices.below(4) {
            let (row, name) = property(target, choices);
            if node.setting(&name).is_some() {
                continue;
            }
            let mut same = value(row, choices);
            if choices.one_in(3) && !["sync", "dedup"].contains(&row.name) {
                let param = Param {
                    name: format!("p{at}-{}", params.len()),
                    row,
                    kind: param_type(row, choices),
                    needed: choices.one_in(2),
                };
                node.inside.push(declared(&param, same));
                same = vec![Value::Param(param.name.clone())];
                params.push(param);
            }
            node.set(&name, vec![same]);
        }
        let under = lay_under(&mut node, target, &known, choices);
        hand_on(&mut node, &mut params, &known, at, choices);
        allow(&mut node);
        let mut profile = Profile { name: format!("p{at}"), params, ..under };
        profile.says.extend(node.settings.iter().map(|setting| setting.name.clone()));
        if target == Target::Filesystem {
            blocks(&mut node, &mut profile, at, choices);
        }
        known.push(profile.clone());
        made.push((node, profile));
    }
    made
}

/// Lets a profile take from its own params what it gives to those that it uses.
fn hand_on(node: &mut Node, params: &mut Vec<Param>, known: &[Profile], at: usize, choices: &mut Choices) {
    let mut declare = Vec::new();
    for given in
        node.inside.iter_mut().filter(|inner| inner.word == "with").flat_map(|with| &mut with.settings)
    {
        let of = known.iter().flat_map(|profile| &profile.params).find(|param| param.name == given.name);
        let Some(of) = of.filter(|_| choices.one_in(2)) else { continue };
        let name = format!("p{at}-{}", params.len());
        let param = Param { name: name.clone(), needed: choices.one_in(2), ..of.clone() };
        let same = std::mem::replace(&mut given.values[0], vec![Value::Param(name)]);
        declare.push(declared(&param, same));
        params.push(param);
    }
    node.inside.extend(declare);
}

fn declared(param: &Param, same: Same) -> Node {
    let mut node = Node::named("param", &param.name);
    if !param.needed {
        node.set("default", vec![fitting(same, param.kind)]);
    }
    if let Some(kind) = param.kind {
        node.set("type", vec![vec![text(kind)]]);
    }
    node
}

/// Adds what a profile lays under blocks of the node: options, a registration's settings, a dataset.
fn blocks(node: &mut Node, profile: &mut Profile, at: usize, choices: &mut Choices) {
    if !profile.blocks.contains("export") && choices.one_in(3) {
        let words = settings::options(3, &[], choices);
        if !words.is_empty() {
            let options = Node::new("options", words.into_iter().map(Value::Text).collect());
            node.inside.push(Node::new("export", Vec::new()).holding(vec![options]));
            profile.blocks.insert("export");
        }
    }
    if !profile.blocks.contains("proxmox") && choices.one_in(3) {
        let kind = find_type(choices.of(&["zfspool", "dir"])).unwrap();
        let mut inner = Node::new("proxmox", Vec::new()).with("type", text(kind.name));
        inner.set("content", settings::contents(kind, choices));
        node.inside.push(inner);
        profile.blocks.insert("proxmox");
        profile.storage = Some(kind.name.to_owned());
    }
    if choices.one_in(4) {
        let (row, name) = property(Target::Filesystem, choices);
        let mut inner = Node::named("dataset", format!("below-{at}"));
        inner.set(&name, vec![value(row, choices)]);
        allow(&mut inner);
        node.inside.push(inner);
        profile.holds = true;
    }
}

/// Gives values names by lets, in the value's own file or in one for all.
pub fn lets(spec: &mut Spec, choices: &mut Choices) {
    let mut shared = File { name: "lib/lets.kdl".to_owned(), nodes: Vec::new() };
    let mut count = 0;
    for file in &mut spec.files {
        let mut own = Vec::new();
        let mut outline = |value: &mut Value, format: bool| {
            if !choices.one_in(12) {
                return;
            }
            count += 1;
            let name = format!("l{count}");
            let (said, put) = match value {
                Value::Text(whole) if format && choices.one_in(2) => {
                    let at =
                        whole.char_indices().map(|(at, _)| at).nth(choices.below(4)).unwrap_or(whole.len());
                    let (start, rest) = whole.split_at(at);
                    (
                        text(start),
                        Value::Format(vec![Piece::Name(name.clone()), Piece::Said(rest.to_owned())]),
                    )
                }
                Value::Text(_) | Value::Number(_) | Value::Bool(_) => {
                    (value.clone(), Value::Let(name.clone()))
                }
                _ => return,
            };
            *value = put;
            let mut add = |name: &str, said: Value, here: bool| {
                let node = Node::new("let", vec![text(name), said]);
                if here { own.push(node) } else { shared.nodes.push(node) }
            };
            if format && choices.one_in(4) {
                // A let of a let.
                let base = format!("{name}-base");
                add(&name, Value::Let(base.clone()), true);
                add(&base, said, false);
            } else {
                add(&name, said, choices.one_in(2));
            }
        };
        file.nodes.iter_mut().for_each(|node| outline_all(node, &mut outline));
        file.nodes.extend(own);
    }
    if !shared.nodes.is_empty() {
        spec.files.insert(0, shared);
    }
}

fn outline_all(node: &mut Node, outline: &mut impl FnMut(&mut Value, bool)) {
    let from = match node.word {
        "edition" | "import" | "let" | "allow" => return,
        "profile" | "param" | "each" => 1,
        _ => 0,
    };
    let format = node.word != "use";
    node.args.iter_mut().skip(from).for_each(|value| outline(value, format));
    for setting in node.settings.iter_mut().filter(|setting| setting.name != "type" || node.word != "param") {
        for same in &mut setting.values {
            // Other spellings would be chosen instead.
            let mut value = same[0].clone();
            outline(&mut value, node.word != "with" && node.word != "param");
            if value != same[0] {
                *same = vec![value];
            }
        }
    }
    node.inside.iter_mut().for_each(|inner| outline_all(inner, outline));
}

/// Takes out the profiles that no host reaches: they would be warned of.
pub fn reached(profiles: &[Node], hosts: &[Node]) -> Vec<Node> {
    let mut wanted = BTreeSet::new();
    hosts.iter().for_each(|host| used(host, &mut wanted));
    let mut kept = Vec::new();
    // A profile uses only those before it.
    for profile in profiles.iter().rev() {
        if profile.name().is_some_and(|name| wanted.contains(name)) {
            used(profile, &mut wanted);
            kept.insert(0, profile.clone());
        }
    }
    kept
}

fn used(node: &Node, wanted: &mut BTreeSet<String>) {
    node.visit(&mut |node| {
        for arg in node.args.iter().filter(|_| node.word == "use") {
            match arg {
                Value::Text(name) => wanted.insert(name.clone()),
                other => panic!("{other:?} as the name of a profile"),
            };
        }
    });
}
