//! Lays profiles under the nodes that use them. The node's own word wins over any profile; two
//! profiles that disagree are an error, unless the node says the setting itself. Which block goes under which is found
//! in [`super::targets`].

use super::{
    Binding, Env, Resolver,
    grammar::Kind,
    limits::MAX_SETTINGS,
    scope::Param,
    spec::{Block, Said, Scalar, Setting, Step},
    targets::{About, MARKS, Templates, brought, in_order, is_template, name, targets},
};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    source::Place,
    syntax::entry_place,
};
use kdl::{KdlEntry, KdlNode};
use phoenix_graph::Bytes;

/// The longest chain of profiles that use each other.
const MAX_PROFILES: usize = 32;

impl<'a> Resolver<'a, '_> {
    /// Lays the profiles that a node names under its block.
    pub(super) fn lay_under(
        &mut self,
        block: &mut Block<'a>,
        uses: &[&'a KdlEntry],
        withs: &[&'a KdlNode],
        env: &Env<'a>,
    ) {
        let values = withs.iter().map(|node| node.entries().len()).sum::<usize>();
        if uses.len().max(values) > MAX_SETTINGS {
            block.broken = true;
            self.tell(
                env.via,
                Diagnostic::new(code::TOO_LARGE, "too many profiles of one node, or values for them")
                    .at(block.place, format!("a node has {MAX_SETTINGS} at most"))
                    .help("make one profile that uses the others"),
            );
            return;
        }
        let given = self.given(withs, env);
        let mut found: Vec<(&'a str, (usize, usize), Place)> = Vec::new();
        let mut failed = false;
        for entry in uses {
            let place = entry_place(self.files.files[env.file].id, entry);
            let name = match self.value(entry, env) {
                Some(Said { value: Scalar::Text(std::borrow::Cow::Borrowed(name)), .. }) => name,
                Some(_) => {
                    block.broken = true;
                    self.tell(
                        env.via,
                        Diagnostic::new(code::WRONG_TYPE, "`use` names a profile by a text")
                            .at(place, "this is none"),
                    );
                    continue;
                }
                None => {
                    block.broken = true;
                    continue;
                }
            };
            match self.find_profile(env, name, place) {
                Some(at) if found.iter().any(|(_, known, _)| *known == at) => {
                    self.tell(
                        env.via,
                        Diagnostic::new(code::SAID_TWICE, format!("the profile `{name}` is used twice"))
                            .at(place, "here again"),
                    );
                }
                Some(at) => found.push((name, at, place)),
                None => failed = true,
            }
        }
        block.broken |= failed;
        let lost = |(file, at): (usize, usize)| self.scopes[file].profiles[at].lost;
        failed |= block.lost.is_some() || found.iter().any(|(_, at, _)| lost(*at));
        if !failed {
            self.check_given(&given, &found, env);
        }
        let mut layers = Vec::with_capacity(found.len());
        for (name, at, place) in found {
            layers.extend(self.layer(block, name, at, place, &given, env));
        }
        self.merge(block, layers);
    }

    /// Reads one profile as a layer for a block.
    fn layer(
        &mut self,
        block: &Block<'a>,
        name: &'a str,
        (file, at): (usize, usize),
        place: Place,
        given: &[Given<'a>],
        env: &Env<'a>,
    ) -> Option<Block<'a>> {
        self.scopes[file].profiles[at].used = true;
        if env.profiles.contains(&(file, at)) || env.profiles.len() >= MAX_PROFILES {
            let defined = self.scopes[file].profiles[at].place;
            let diagnostic = if env.profiles.len() >= MAX_PROFILES {
                Diagnostic::new(code::TOO_DEEP, "profiles use each other in too long a chain")
            } else {
                Diagnostic::new(code::CIRCULAR, format!("the profile `{name}` uses itself"))
            };
            self.tell(env.via, diagnostic.at(place, "this use comes back").at(defined, "to here"));
            return None;
        }
        if !self.take(place) {
            return None;
        }
        let via = self.vias.add(Step::Profile(name), place, env.via);
        let bindings = self.bind((file, at), place, given, env, block.broken);
        let mut profiles = env.profiles.clone();
        profiles.push((file, at));
        let inner = Env { file, bindings, via: Some(via), profiles };
        let node = self.scopes[file].profiles[at].node;
        let mut layer = Block::new(block.kind, self.scopes[file].profiles[at].place, Some(via));
        layer.own = false;
        layer.lose(self.files.files[file].lost.in_node(node));
        self.profile_body(&mut layer, node, &inner);
        Some(layer)
    }

    /// Reads what `with NAME=…` gives.
    fn given(&mut self, withs: &[&'a KdlNode], env: &Env<'a>) -> Vec<Given<'a>> {
        let mut given: Vec<Given<'a>> = Vec::new();
        let file = self.files.files[env.file].id;
        for entry in withs.iter().flat_map(|node| node.entries()) {
            let place = entry_place(file, entry);
            let Some(name) = entry.name().map(|name| name.value()) else {
                self.tell(
                    env.via,
                    Diagnostic::new(code::UNEXPECTED_ARGUMENT, "`with` gives values by name")
                        .at(place, "a value without a name")
                        .help("`with NAME=…`"),
                );
                continue;
            };
            if let Some(first) = given.iter().find(|given| given.name == name) {
                self.tell(
                    env.via,
                    Diagnostic::new(code::SAID_TWICE, format!("`{name}` is given twice"))
                        .at(place, "here again")
                        .at(first.place, "here first"),
                );
                continue;
            }
            let value = self.value(entry, env).filter(|said| self.take_text(said));
            given.push(Given { name, place, value });
        }
        given
    }

    /// Tells of values for which no profile has a param.
    fn check_given(
        &mut self,
        given: &[Given<'a>],
        found: &[(&'a str, (usize, usize), Place)],
        env: &Env<'a>,
    ) {
        for value in given {
            let params: Vec<&str> = found
                .iter()
                .flat_map(|(_, (file, at), _)| &self.scopes[*file].profiles[*at].params)
                .map(|param| param.name)
                .collect();
            if params.contains(&value.name) {
                continue;
            }
            let help = match did_you_mean(value.name, params.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if params.is_empty() => "the profiles used here take no params".to_owned(),
                None => format!("the profiles used here take {}", list(params)),
            };
            self.tell(
                env.via,
                Diagnostic::new(code::UNKNOWN_PARAM, format!("no profile here has a param `{}`", value.name))
                    .at(value.place, "given to nobody")
                    .help(help),
            );
        }
    }

    /// Binds a profile's params to what the node gives, or to their defaults.
    fn bind(
        &mut self,
        (file, at): (usize, usize),
        place: Place,
        given: &[Given<'a>],
        env: &Env<'a>,
        broken: bool,
    ) -> Vec<Binding<'a>> {
        let mut bindings = Vec::new();
        for index in 0..self.scopes[file].profiles[at].params.len() {
            let Param { name, default, kind, place: declared, lost, .. } =
                self.scopes[file].profiles[at].params[index];
            if !self.take(place) {
                break;
            }
            // The default is read even where it is not needed: what it names is used, and is there.
            let outside = Env { file, bindings: Vec::new(), via: env.via, profiles: Vec::new() };
            let default = default.map(|default| self.value(default, &outside));
            let default = default.map(|value| value.filter(|said| self.take_text(said)));
            let value = if let Some(given) = given.iter().find(|given| given.name == name) {
                given.value.clone()
            } else if let Some(default) = default {
                default
            } else if broken || lost {
                None
            } else {
                self.tell(
                    env.via,
                    Diagnostic::new(code::MISSING_PARAM, format!("the param `{name}` is given no value"))
                        .at(place, "used here without it")
                        .at(declared, "it has no default")
                        .help(format!("add `with {name}=…` to the node")),
                );
                None
            };
            let value = value.filter(|said| self.param_type(said, kind, declared));
            bindings.push(Binding { name, value, base: env.via, param: true });
        }
        bindings
    }

    fn param_type(&mut self, said: &Said<'a>, kind: Option<&str>, declared: Place) -> bool {
        let fits = match (kind, &said.value) {
            (Some("text"), Scalar::Text(_))
            | (Some("number"), Scalar::Integer(_))
            | (Some("boolean"), Scalar::Bool(_))
            | (Some("size"), Scalar::Integer(_))
            | (None, _) => true,
            (Some("size"), Scalar::Text(text)) => &**text == "none" || text.parse::<Bytes>().is_ok(),
            _ => false,
        };
        if !fits {
            let kind = kind.unwrap_or_default();
            let diagnostic = Diagnostic::new(code::WRONG_TYPE, format!("the param asks for a {kind}"))
                .at(said.place, format!("this is no {kind}"))
                .at(declared, "declared here");
            self.tell(said.via, diagnostic);
        }
        fits
    }

    /// Lays layers of equal rank under a block.
    pub(super) fn merge(&mut self, block: &mut Block<'a>, layers: Vec<Block<'a>>) {
        let own = block.settings.len();
        let mut below = Vec::new();
        for mut layer in layers {
            for setting in std::mem::take(&mut layer.settings) {
                self.merge_setting(block, own, setting);
            }
            block.allow.append(&mut layer.allow);
            block.broken |= layer.broken;
            block.unread.append(&mut layer.unread);
            below.append(&mut layer.blocks);
        }
        if !below.is_empty() {
            self.merge_blocks(block, below);
        }
    }

    fn merge_setting(&mut self, block: &mut Block<'a>, own: usize, setting: Setting<'a>) {
        let Some(at) = block.settings.iter().position(|known| known.name == setting.name) else {
            // The node may have said it otherwise.
            if block.lost.is_some_and(|gap| gap.may_say(&setting.name)) {
                return;
            }
            if block.settings.len() >= MAX_SETTINGS {
                self.too_many_settings(block.place, setting.place, setting.via);
            } else {
                block.settings.push(setting);
            }
            return;
        };
        let known = &mut block.settings[at];
        if at >= own && !same(known, &setting) {
            if block.unread.contains(&&*setting.name) {
                return;
            }
            let name = &setting.name;
            let diagnostic =
                Diagnostic::new(code::PROFILE_CONFLICT, format!("two profiles disagree about `{name}`"))
                    .at(block.place, "this node uses both")
                    .at(known.whole(), "here is one")
                    .at(setting.whole(), "here is the other")
                    .help(format!("say `{name}` in the node itself"));
            self.tell(block.via, diagnostic);
            return;
        }
        if at < own {
            known.over.push(setting);
        } else {
            known.also.push(setting);
        }
    }

    fn merge_blocks(&mut self, block: &mut Block<'a>, below: Vec<Block<'a>>) {
        if self.left == 0 {
            return;
        }
        join_binds(block);
        let (of_all, mut of_one): (Vec<_>, Vec<_>) = below.into_iter().partition(is_template);
        in_order(&mut of_one);
        let abouts = self.spread(block, &of_one);
        let below: Vec<Block<'a>> = of_one.into_iter().chain(of_all.iter().cloned()).collect();
        let targets = targets(&block.blocks, abouts, &below);
        let mut laid: Vec<Vec<Block<'a>>> = Vec::new();
        laid.resize_with(block.blocks.len(), Vec::new);
        for (layer, target) in below.into_iter().zip(targets) {
            let at = match target {
                Ok(at) => at,
                Err(at) => {
                    block.broken = true;
                    self.unclear(&layer, &block.blocks[at]);
                    // The other may say what this one lacks.
                    block.blocks[at].broken = true;
                    continue;
                }
            };
            // A block that only profiles have gets an empty one to be laid under, so that what two
            // profiles say of it is compared the same way.
            if at == block.blocks.len() {
                let mut empty = Block::new(layer.kind, layer.place, layer.via);
                empty.arg.clone_from(&layer.arg);
                empty.own = layer.own;
                block.blocks.push(empty);
                laid.push(Vec::new());
            }
            laid[at].push(layer);
        }
        let templates = Templates::new(&of_all);
        for (target, layers) in block.blocks.iter_mut().zip(laid) {
            if !layers.is_empty() {
                self.merge(target, layers);
            }
            // What is said of this very block stands above what is said of all of its word.
            let copies: usize = templates.over(target).iter().map(|template| weight(template)).sum();
            if copies > 0 {
                if !self.take_all(copies, target.place) {
                    return;
                }
                let general = templates.over(target).iter().map(|template| (*template).clone()).collect();
                self.merge(target, general);
            }
        }
    }

    /// Has a node that is about all mounts of its guest stand above each that profiles bring, as a copy for each. In a
    /// profile it stays, too: others may come. Returns which mounts the nodes of guests are about then.
    fn spread(&mut self, block: &mut Block<'a>, layers: &[Block<'a>]) -> Vec<About> {
        let mut abouts = Vec::new();
        if block.kind != Kind::Bind {
            return abouts;
        }
        let there = std::mem::take(&mut block.blocks);
        let brought = brought(&there, layers);
        for known in &there {
            let about = About::of(known);
            let over = brought.get(&name(known)).filter(|_| about == About::All);
            let over = over.map_or(&[][..], Vec::as_slice);
            let stays = over.is_empty() || !known.own;
            for marks in over {
                if self.take_all(weight(known), known.place) {
                    abouts.push(About::One(marks.clone()));
                    block.blocks.push(known.clone());
                }
            }
            if stays {
                abouts.push(about);
                block.blocks.push(known.clone());
            }
        }
        abouts
    }

    /// Tells that nobody knows whether a profile's node is about the same mount of a guest as another.
    fn unclear(&mut self, layer: &Block<'a>, other: &Block<'a>) {
        // The one says what the other does not.
        let [at, virtiofs] = MARKS;
        let (here, there) = if layer.setting(at).is_some() { (at, virtiofs) } else { (virtiofs, at) };
        let guest = format!("{} {}", layer.kind.word().word, layer.name().unwrap_or_default());
        let message = format!(
            "it cannot be told whether two `{guest}` are one: the one says `{here}`, the other `{there}`"
        );
        let diagnostic = Diagnostic::new(code::UNCLEAR_GUEST, message)
            .at(layer.place, format!("`{here}` alone"))
            .at(other.place, format!("`{there}` alone"))
            .help("where they are one, say `at` and `virtiofs` in one of them; where they are two, give each an `at` of its own");
        self.tell(layer.via, diagnostic);
    }

    /// Takes as many blocks and settings, unless there are too many.
    fn take_all(&mut self, count: usize, place: Place) -> bool {
        (0..count).all(|_| self.take(place))
    }
}

/// Puts the guests of several `bind` into the first: what a profile says of a guest is about all of them.
fn join_binds(block: &mut Block<'_>) {
    if block.of(Kind::Bind).count() < 2 {
        return;
    }
    let (mut binds, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut block.blocks).into_iter().partition(|inner| inner.kind == Kind::Bind);
    for bind in &mut binds {
        // What one allowed, it allowed for its own.
        let allowed = std::mem::take(&mut bind.allow);
        bind.blocks.iter_mut().for_each(|guest| guest.allow.extend(&allowed));
    }
    block.blocks = others;
    let joined = binds.into_iter().reduce(|mut first, mut bind| {
        first.blocks.append(&mut bind.blocks);
        first.settings.append(&mut bind.settings);
        first.unread.append(&mut bind.unread);
        first.broken |= bind.broken;
        first.lost = first.lost.or(bind.lost);
        first
    });
    block.blocks.extend(joined);
}

/// Counts the blocks and settings of a block, itself and all inside.
fn weight(block: &Block<'_>) -> usize {
    1 + block.settings.len() + block.blocks.iter().map(weight).sum::<usize>()
}

/// A value that a node gives to a param.
struct Given<'a> {
    name: &'a str,
    place: Place,
    value: Option<Said<'a>>,
}

/// Returns whether two settings say the same, whatever their spelling.
fn same(a: &Setting<'_>, b: &Setting<'_>) -> bool {
    a.values().count() == b.values().count()
        && a.values().zip(b.values()).all(|(a, b)| a.value == b.value || normal(&a.value) == normal(&b.value))
}

fn normal(value: &Scalar<'_>) -> String {
    match value {
        Scalar::Text(text) => match text.parse::<Bytes>() {
            Ok(bytes) => bytes.0.to_string(),
            Err(_) => text.to_string(),
        },
        Scalar::Integer(number) => number.to_string(),
        Scalar::Decimal(number) => number.to_string(),
        Scalar::Bool(true) => "on".to_owned(),
        Scalar::Bool(false) => "off".to_owned(),
        Scalar::Null => String::new(),
    }
}
