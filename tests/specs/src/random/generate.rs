//! Random valid specs: hosts with pools, datasets, volumes, exports and registrations, in which every
//! name is the only one of its kind and every limit fits the one above it.

mod cluster;
mod shares;

use super::{
    choices::Choices,
    library::{self, Profile, allow, lay_under},
    settings::{number, property, size, user_property, value},
    spec::{File, Node, Piece, Spec, Value, text},
};
use phoenix_graph::Target;
use std::collections::{BTreeMap, BTreeSet};

/// Returns what each may reserve below a quota so that all of them together fit: a spec here has fewer
/// datasets than this divides by.
fn fits(quota: Option<u64>) -> u64 {
    quota.map_or(PLENTY, |quota| quota >> 13)
}

/// The quota where nothing is said, for what has to fit.
const PLENTY: u64 = 1 << 40;

/// Makes a spec of one to three hosts.
pub fn spec(list: Vec<u16>) -> Spec {
    let mut choices = Choices::new(list);
    let (profiles, mut known): (Vec<Node>, Vec<Profile>) =
        library::profiles(&mut choices).into_iter().unzip();
    known.extend(library::standard());
    let mut maker = Maker { choices, known, bound: Vec::new(), count: 0 };
    let hosts: Vec<Node> = (0..maker.choices.between(1, 3)).map(|at| maker.host(at)).collect();
    let mut choices = maker.choices;
    let mut spec = Spec::default();
    // Profiles lie in files in the order in which they use each other.
    let mut file = 0;
    for profile in library::reached(&profiles, &hosts) {
        file += usize::from(choices.one_in(2));
        let name = format!("lib/profiles-{file}.kdl");
        match spec.files.last_mut().filter(|last| last.name == name) {
            Some(last) => last.nodes.push(profile),
            None => spec.files.push(File { name, nodes: vec![profile] }),
        }
    }
    let mut nodes = Vec::new();
    let alone = hosts.len() == 1 && choices.one_in(3);
    for (at, host) in hosts.into_iter().enumerate() {
        if alone {
            nodes.extend(host.inside);
        } else if choices.one_in(3) {
            spec.files.push(File { name: format!("hosts/h{at}.kdl"), nodes: vec![host] });
        } else {
            nodes.push(host);
        }
    }
    spec.files.push(File { name: "spec.kdl".to_owned(), nodes });
    library::lets(&mut spec, &mut choices);
    finish(&mut spec);
    spec
}

/// Makes a spec of one host that tells a cluster of Kubernetes something.
pub fn cluster(list: Vec<u16>) -> Spec {
    let mut maker = Maker { choices: Choices::new(list), known: Vec::new(), bound: Vec::new(), count: 0 };
    let host = Node::named("host", "pve1").holding(maker.cluster().into());
    let mut spec = Spec { files: vec![File { name: "spec.kdl".to_owned(), nodes: vec![host] }] };
    finish(&mut spec);
    spec
}

/// Gives every file its edition and its imports.
fn finish(spec: &mut Spec) {
    // Where each let and profile stands, and the names of profiles that lets stand for.
    let mut home: BTreeMap<String, String> = BTreeMap::new();
    home.extend(library::STANDARD.iter().map(|(file, profile)| (profile.name.clone(), file.clone())));
    let mut stands_for = BTreeMap::new();
    for file in &spec.files {
        for node in file.nodes.iter().filter(|node| ["let", "profile"].contains(&node.word)) {
            home.insert(node.name().unwrap().to_owned(), file.name.clone());
            if let [Value::Text(name), Value::Text(value)] = &node.args[..] {
                stands_for.insert(name.clone(), value.clone());
            }
        }
    }
    let hosts: Vec<String> =
        spec.files.iter().map(|file| file.name.clone()).filter(|name| name.starts_with("hosts/")).collect();
    for file in &mut spec.files {
        let mut names = BTreeSet::new();
        for node in &file.nodes {
            node.values(&mut |value| match value {
                Value::Let(name) => {
                    names.extend([Some(name), stands_for.get(name)].into_iter().flatten().cloned())
                }
                Value::Format(pieces) => names.extend(pieces.iter().filter_map(|piece| match piece {
                    Piece::Name(name) => Some(name.clone()),
                    Piece::Said(_) => None,
                })),
                _ => {}
            });
            node.visit(&mut |node| {
                let used = node.args.iter().filter(|_| node.word == "use");
                names.extend(
                    used.filter_map(
                        |arg| if let Value::Text(name) = arg { Some(name.clone()) } else { None },
                    ),
                );
            });
        }
        let mut wanted: BTreeSet<String> = names.iter().filter_map(|name| home.get(name).cloned()).collect();
        if file.name == "spec.kdl" {
            wanted.extend(hosts.iter().cloned());
        }
        wanted.remove(&file.name);
        let up = if file.name.contains('/') { "../" } else { "" };
        let path = |name: String| if name.starts_with("std/") { name } else { format!("{up}{name}") };
        let imports: Vec<Node> = wanted.into_iter().map(|name| Node::named("import", path(name))).collect();
        let edition = Node::new("edition", vec![Value::Number(1)]);
        file.nodes.splice(0..0, std::iter::once(edition).chain(imports));
    }
}

/// What holds inside a dataset.
#[derive(Clone, Copy)]
struct Above {
    /// The nearest quota.
    quota: Option<u64>,
    encrypted: bool,
    /// Whether what is inside gets a mount point from above.
    mounted: bool,
    depth: usize,
    /// Whether it may have snapshots by the clock: no replica is above, and no name with a blank.
    snapped: bool,
    /// Whether something above may have them taken of all below: nothing replicates to there.
    deep: bool,
}

struct Maker {
    choices: Choices,
    known: Vec<Profile>,
    /// The names that `each` binds around here.
    bound: Vec<String>,
    count: usize,
}

impl Maker {
    /// Returns a number that nothing else has.
    fn next(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    /// Returns a text that nothing else has, in any round of any `each` around here.
    fn unique(&mut self, start: &str) -> Value {
        let start = format!("{start}{}", self.next());
        if self.bound.is_empty() {
            return Value::Text(start);
        }
        let mut pieces = vec![Piece::Said(start)];
        for name in &self.bound {
            pieces.extend([Piece::Said("-".to_owned()), Piece::Name(name.clone())]);
        }
        Value::Format(pieces)
    }

    /// Makes nodes, some of them in an `each`.
    fn several(&mut self, most: usize, make: &mut impl FnMut(&mut Self) -> Node) -> Vec<Node> {
        let mut made = Vec::new();
        for _ in 0..self.choices.below(most + 1) {
            if self.bound.len() < 2 && self.choices.one_in(5) {
                let name = format!("n{}", self.next());
                let mut args = vec![text(&name)];
                for at in 0..self.choices.between(1, 3) {
                    args.push(if self.choices.one_in(2) {
                        Value::Number(at as u64)
                    } else {
                        text(format!("r{at}"))
                    });
                }
                self.bound.push(name);
                let inside = (0..self.choices.between(1, 2)).map(|_| make(self)).collect();
                self.bound.pop();
                made.push(Node::new("each", args).holding(inside));
            } else {
                made.push(make(self));
            }
        }
        made
    }

    fn host(&mut self, at: usize) -> Node {
        let mut node = Node::named("host", format!("h{at}"));
        if self.choices.one_in(3) {
            let mut arc = Node::new("arc", Vec::new());
            arc.set("max", vec![size((64 << 20) << self.choices.below(10))]);
            node.inside.push(arc);
        }
        // Before the pools, which take all choices that there are.
        let outside = self.several(2, &mut Self::outside);
        let cluster = if self.choices.one_in(4) { self.cluster().into() } else { Vec::new() };
        let first = self.pool();
        node.inside.push(first);
        let more = self.several(1, &mut Self::pool);
        node.holding(more).holding(outside).holding(cluster)
    }

    fn pool(&mut self) -> Node {
        let mut node = Node::new("pool", vec![self.unique("tank")]);
        let layout = self.layout();
        node.inside.extend(layout);
        self.free(&mut node, Target::Pool);
        let mut above =
            Above { quota: None, encrypted: false, mounted: true, depth: 0, snapped: true, deep: false };
        if self.choices.one_in(3) {
            let mut root = Node::new("root", Vec::new());
            above = self.filesystem(&mut root, above);
            node.inside.push(root);
        }
        let inside = self.several(3, &mut |maker| maker.below(above));
        node.holding(inside)
    }

    /// Adds settings that stand for themselves, and profiles.
    fn free(&mut self, node: &mut Node, target: Target) -> Profile {
        for _ in 0..self.choices.below(4) {
            let (row, name) = property(target, &mut self.choices);
            if node.setting(&name).is_none() {
                node.set(&name, vec![value(row, &mut self.choices)]);
            }
        }
        if target != Target::Pool && self.choices.one_in(4) {
            let at = self.next();
            let (name, same) = user_property(at, &mut self.choices);
            node.set(&name, vec![same]);
        }
        let under = lay_under(node, target, &self.known, &mut self.choices);
        allow(node);
        under
    }

    fn below(&mut self, above: Above) -> Node {
        if self.choices.one_in(4) { self.volume(above) } else { self.dataset(above) }
    }

    fn dataset(&mut self, above: Above) -> Node {
        let start = self.choices.of(&["data", "vm.disks_", "a:b ", "1-"]);
        let mut node = Node::new("dataset", vec![self.unique(start)]);
        self.life(&mut node, above);
        let snapped = above.snapped && !start.contains(' ') && node.setting("replica").is_none();
        let inside = self.filesystem(&mut node, Above { snapped, ..above });
        if inside.depth < 3 {
            let below = self.several(2, &mut |maker| maker.below(inside));
            node.inside.extend(below);
        }
        node
    }

    /// Says everything of a file system; returns what holds inside.
    fn filesystem(&mut self, node: &mut Node, above: Above) -> Above {
        let mut inside = Above { depth: above.depth + 1, ..above };
        if self.choices.one_in(3) {
            let quota = self.share(above.quota.unwrap_or(PLENTY));
            node.set("quota", vec![size(quota)]);
            inside.quota = Some(quota);
        } else if self.choices.one_in(8) {
            node.set("quota", vec![vec![text("none"), Value::Number(0)]]);
        }
        let most = fits(inside.quota);
        if most > 0 && self.choices.one_in(5) {
            let share = self.share(most);
            node.set("reservation", vec![size(share)]);
        }
        let mut referred = most;
        if self.choices.one_in(5) {
            referred = self.share(PLENTY);
            node.set("refquota", vec![size(referred)]);
        }
        if most > 0 && self.choices.one_in(5) {
            let share = self.share(most.min(referred));
            node.set("refreservation", vec![size(share)]);
        }
        self.encryption(node, &mut inside);
        let mounted = self.mount(node, &mut inside);
        let under = self.free(node, Target::Filesystem);
        let exported = mounted && self.choices.one_in(3);
        if exported {
            let export = self.export();
            node.inside.push(export);
        }
        if self.choices.one_in(3) {
            self.register(node, mounted, exported, &under);
        }
        if inside.snapped && self.choices.one_in(5) {
            let snapshots = self.snapshots(node.word != "root");
            inside.deep |= snapshots.setting("children").is_some();
            node.inside.push(snapshots);
        }
        if mounted && self.choices.one_in(5) {
            let permissions = self.permissions(node);
            node.inside.push(permissions);
        }
        if mounted && self.choices.one_in(5) {
            let first = self.container();
            let more = self.several(2, &mut Self::container);
            node.inside.push(Node::new("bind", Vec::new()).holding(vec![first]).holding(more));
        } else if mounted && self.choices.one_in(6) {
            let first = self.shared();
            let more = self.several(1, &mut Self::shared);
            node.inside.push(Node::new("bind", Vec::new()).holding(vec![first]).holding(more));
        } else if exported && self.choices.one_in(2) {
            let first = self.machine();
            let more = self.several(1, &mut Self::machine);
            node.inside.push(Node::new("bind", Vec::new()).holding(vec![first]).holding(more));
        }
        inside
    }

    /// Says something about its life.
    fn life(&mut self, node: &mut Node, above: Above) {
        for word in ["adopt", "protect", "replica"] {
            if word == "replica" && above.deep {
                continue;
            }
            if self.choices.one_in(8) {
                let on = self.choices.one_in(2);
                node.set(word, vec![vec![Value::Bool(on), text(if on { "on" } else { "off" })]]);
            }
        }
    }

    /// Returns a part of a limit, 1 at least.
    fn share(&mut self, of: u64) -> u64 {
        (of >> self.choices.below(12)).max(1)
    }

    fn encryption(&mut self, node: &mut Node, inside: &mut Above) {
        if !self.choices.one_in(8) {
            return;
        }
        node.set("encryption", vec![vec![text("on"), text("aes-256-gcm"), Value::Bool(true)]]);
        if !inside.encrypted || self.choices.one_in(2) {
            node.set("keyformat", vec![vec![text(self.choices.of(&["raw", "hex", "passphrase"]))]]);
            node.set("keylocation", vec![vec![text("file:///etc/zfs/keys/one")]]);
        }
        inside.encrypted = true;
    }

    /// Says where it is mounted, and returns whether it is.
    fn mount(&mut self, node: &mut Node, inside: &mut Above) -> bool {
        let path = inside.mounted;
        match self.choices.below(10) {
            9 => {
                let value = match self.unique("/srv/m") {
                    Value::Text(path) => vec![text(&path), text(format!("{path}/"))],
                    other => vec![other],
                };
                node.set("mountpoint", vec![value]);
                inside.mounted = true;
                true
            }
            8 => {
                node.set("mountpoint", vec![vec![text(self.choices.of(&["none", "legacy"]))]]);
                inside.mounted = false;
                false
            }
            7 => {
                let same = match self.choices.below(2) {
                    0 => vec![text("off")],
                    _ => vec![text("noauto")],
                };
                node.set("canmount", vec![same]);
                false
            }
            _ => path,
        }
    }

    fn volume(&mut self, above: Above) -> Node {
        let mut node = Node::new("volume", vec![self.unique("vol")]);
        self.life(&mut node, above);
        let block = 512u64 << self.choices.below(10);
        let bytes = block << self.choices.below(20);
        let word = self.choices.of(&["size", "size", "volsize"]);
        node.set(word, vec![size(bytes)]);
        if block != 512 || self.choices.one_in(2) {
            node.set("volblocksize", vec![size(block)]);
        }
        let most = fits(above.quota);
        if most < bytes || self.choices.one_in(3) {
            node.set("sparse", vec![vec![Value::Bool(true), text("on")]]);
        }
        if most > 0 && self.choices.one_in(5) {
            let share = self.share(most);
            node.set("reservation", vec![size(share)]);
        }
        if above.encrypted && self.choices.one_in(4) {
            node.set("encryption", vec![vec![text("on")]]);
        }
        self.free(&mut node, Target::Volume);
        node
    }

    fn disks(&mut self, least: usize, path: &str) -> Vec<Node> {
        let name = format!("n{}", self.next());
        if least > 1 && self.choices.one_in(4) {
            let values = std::iter::once(text(&name)).chain((0..least as u64).map(Value::Number)).collect();
            self.bound.push(name);
            let disk = Node::new("disk", vec![self.unique(path)]);
            self.bound.pop();
            return vec![Node::new("each", values).holding(vec![disk])];
        }
        (0..least).map(|_| Node::new("disk", vec![self.unique(path)])).collect()
    }

    fn layout(&mut self) -> Vec<Node> {
        let by_id = "/dev/disk/by-id/disk";
        let mut made = Vec::new();
        // What the settings of datasets come to together is not chosen.
        let mut lints = vec!["overcommitted-quota", "refquota-over-quota", "tiny-quota"];
        // Nor which datasets guests are given.
        lints.extend(["bind-shows-empty", "mount-option-without-effect", "soft-mount", "read-only-export"]);
        lints.push("kerberos-unsaid");
        // Nor which of them lie in one that is exported.
        lints.push("export-shows-empty");
        match self.choices.below(7) {
            // A mirror first: the plainest pool that nothing is said of.
            0 => {
                for _ in 0..self.choices.between(1, 2) {
                    let width = self.choices.between(2, 3);
                    made.push(Node::new("mirror", Vec::new()).holding(self.disks(width, by_id)));
                }
            }
            1 => {
                lints.push("no-redundancy");
                for _ in 0..self.choices.between(1, 3) {
                    made.extend(self.disks(1, by_id));
                }
            }
            2 => {
                lints.extend(["no-redundancy", "unstable-disk"]);
                made.extend(self.disks(1, "/dev/sda"));
            }
            3 => {
                lints.push("mixed-redundancy");
                made.push(Node::new("raidz1", Vec::new()).holding(self.disks(3, by_id)));
                made.push(Node::new("raidz2", Vec::new()).holding(self.disks(4, by_id)));
            }
            4 => {
                let (word, parity) = self.choices.of(&[("raidz1", 1), ("raidz2", 2), ("raidz3", 3)]);
                for _ in 0..self.choices.between(1, 2) {
                    let width = parity + self.choices.between(1, 3);
                    made.push(Node::new(word, Vec::new()).holding(self.disks(width, by_id)));
                }
            }
            _ => made.push(self.draid(by_id)),
        }
        for (word, mirrored) in
            [("special", true), ("log", true), ("cache", false), ("spare", false), ("dedup", true)]
        {
            if self.choices.one_in(6) {
                let inside = if mirrored {
                    vec![Node::new("mirror", Vec::new()).holding(self.disks(2, by_id))]
                } else {
                    self.disks(1, by_id)
                };
                made.push(Node::new(word, Vec::new()).holding(inside));
            }
        }
        made.push(Node::new("allow", lints.into_iter().map(text).collect()));
        made
    }

    fn draid(&mut self, path: &str) -> Node {
        let (parity, data, spares) =
            (self.choices.between(1, 3), self.choices.between(1, 3), self.choices.below(2));
        let mut node = Node::new("draid", Vec::new());
        for (name, count, usual) in [("parity", parity, 1), ("data", data, usize::MAX), ("spares", spares, 0)]
        {
            if count != usual || self.choices.one_in(2) {
                node.set(name, vec![number(count as u64)]);
            }
        }
        let width = parity + data + spares + self.choices.below(3);
        node.holding(self.disks(width, path))
    }
}
