//! What a cluster of Kubernetes is told, beside a pool of its own whose datasets its volumes lie in.

use super::{
    super::{
        settings::{number, size},
        spec::{Node, Value, text},
    },
    Maker,
};
use phoenix_graph::kubernetes::{Of, PARAMETERS};

/// Names that YAML would read as something else, were they not quoted.
const ODD: &[&str] = &["a", "yes", "on", "null", "1e3", "0x1f", "12", "y", "off", "0o7", "1-1"];
/// The same, and what only names of people may have.
const PEOPLE: &[&str] = &[
    "developers",
    "null",
    "~",
    "- a",
    "a: b",
    "# no",
    "'",
    "\"",
    "{{ x }}",
    "@home",
    "é",
    "oidc:devs",
    "%a",
    "*",
    "&a",
    "!x",
    "1_000",
    "2001-01-01",
    "190:20:30",
    "[a]",
    "a, b",
    "true",
    "<<",
    "=",
    "|",
    "a\\nb",
];
/// Lints of what is chosen at random.
const LINTS: &[&str] = &[
    "class-without-discard",
    "claims-over-quota",
    "claim-never-fits",
    "claim-rounded-up",
    "claims-over-attachments",
    "nodes-over-quota",
    "snapshots-need-root",
];

impl Maker {
    /// Makes a pool with registrations for disks, and a cluster whose classes lie on them.
    pub(super) fn cluster(&mut self) -> [Node; 2] {
        let at = self.next();
        let mut pool = Node::named("pool", format!("kube{at}"));
        pool.inside.push(Node::named("disk", format!("/dev/disk/by-id/kube{at}")));
        pool.inside.push(Node::new("allow", vec![text("no-redundancy"), text("tiny-quota")]));
        let storages: Vec<String> =
            (0..self.choices.between(1, 2)).map(|of| format!("kube{at}-{of}")).collect();
        for id in &storages {
            let mut dataset = Node::named("dataset", id.as_str());
            dataset.set("quota", vec![size(1 << (30 + self.choices.below(12)))]);
            let proxmox = Node::named("proxmox", id.as_str()).with("type", text("zfspool"));
            dataset.inside.push(proxmox.with("content", text("images")));
            pool.inside.push(dataset);
        }
        let mut node = Node::new("kubernetes", Vec::new());
        let regions = ["home", "yes", "1.5", "Region_1"];
        node.set("region", vec![vec![text(self.choices.of(&regions))]]);
        node.set("zone", vec![vec![text(self.choices.of(&["pve1", "on", "12"]))]]);
        let versions = ["1.34", "1.37", "1.33", "1.30"];
        let version = self.choices.of(&versions);
        node.set("version", vec![vec![text(version)]]);
        if self.choices.one_in(3) {
            node.set("controller-vmid", vec![number(9000 + at as u64)]);
        }
        if self.choices.one_in(3) {
            node.set("kubelet-dir", vec![vec![text("/var/lib/k0s/kubelet")]]);
        }
        node.inside.push(Node::new("allow", LINTS.iter().copied().map(text).collect()));
        let mut classes: Vec<String> = Vec::new();
        for of in 0..self.choices.between(1, 4) {
            let name = format!("{}.{of}", self.choices.of(ODD));
            let class = self.class(&name, &storages, of == 0);
            node.inside.push(class);
            classes.push(name);
        }
        if version >= "1.34" && self.choices.one_in(2) {
            let mut attributes = Node::named("attributes", self.choices.of(ODD));
            attributes.set("iops", vec![number(1 + self.choices.below(10_000) as u64)]);
            self.parameters(&mut attributes, true);
            node.inside.push(attributes);
        }
        if self.choices.one_in(2) {
            let mut nodes = Node::new("nodes", Vec::new());
            nodes.set("count", vec![number(1 + self.choices.below(9) as u64)]);
            nodes.set("system", vec![size(20 << 30)]);
            nodes.set("on", vec![vec![text(storages[0].as_str())]]);
            node.inside.push(nodes);
        }
        for of in 0..self.choices.below(4) {
            let odd = self.choices.of(ODD);
            // The first is called so alone.
            let name = if of == 0 { odd.to_owned() } else { format!("{odd}-{of}") };
            let namespace = self.namespace(&name, &classes);
            node.inside.push(namespace);
        }
        [pool, node]
    }

    fn class(&mut self, name: &str, storages: &[String], may_be_default: bool) -> Node {
        let mut node = Node::named("class", name);
        let on = storages[self.choices.below(storages.len())].as_str();
        node.set("on", vec![vec![text(on)]]);
        if may_be_default && self.choices.one_in(2) {
            node.set("default", vec![vec![Value::Bool(true), text("on")]]);
        }
        if self.choices.one_in(3) {
            node.set("reclaim", vec![vec![text("Retain")]]);
        }
        if self.choices.one_in(3) {
            node.set("mountoptions", vec![vec![text("noatime")], vec![text("commit=30")]]);
        }
        if self.choices.one_in(3) {
            node.set("zones", vec![vec![text("no")], vec![text("0x2")]]);
        }
        if self.choices.one_in(4) {
            node.set("encryption-secret", vec![vec![text("csi-proxmox/yes")]]);
        }
        self.parameters(&mut node, false);
        node
    }

    /// Adds parameters of the plugin that nothing said yet.
    fn parameters(&mut self, node: &mut Node, mutable: bool) {
        for row in PARAMETERS.iter().filter(|row| row.mutable || !mutable) {
            if node.setting(row.name).is_some() || !self.choices.one_in(3) {
                continue;
            }
            let same = match row.of {
                Of::Switch => vec![Value::Bool(true), text("on")],
                Of::Number { least, .. } => number(least + self.choices.below(1000) as u64),
                Of::PowerOfTwo { least, .. } => number(least << self.choices.below(3)),
                Of::Word(words) => vec![text(self.choices.of(words))],
            };
            node.set(row.name, vec![same]);
        }
    }

    fn namespace(&mut self, name: &str, classes: &[String]) -> Node {
        let mut node = Node::named("namespace", name);
        if self.choices.one_in(2) {
            node.set("pod-security", vec![vec![text(self.choices.of(&["baseline", "restricted"]))]]);
        }
        if self.choices.one_in(2) {
            let mut inner = Node::new("per-claim", Vec::new());
            inner.set("max", vec![quantity((1 + self.choices.below(200) as u64) << 29)]);
            if self.choices.one_in(2) {
                inner.set("min", vec![quantity(1 + self.choices.below(1 << 20) as u64)]);
            }
            node.inside.push(inner);
        }
        if self.choices.one_in(2) {
            let mut inner = self.total("total", Vec::new());
            if self.choices.one_in(2) {
                inner.set("snapshots", vec![number(self.choices.below(30) as u64)]);
            }
            node.inside.push(inner);
        }
        if self.choices.one_in(2) {
            let class = classes[self.choices.below(classes.len())].as_str();
            let inner = self.total("of-class", vec![text(class)]);
            node.inside.push(inner);
        }
        let mut people: Vec<&str> = PEOPLE.to_vec();
        self.choices.shuffle(&mut people);
        for name in people.into_iter().take(self.choices.below(4)) {
            let mut args = vec![text(name), text(self.choices.of(&["read", "claim", "snapshot"]))];
            if self.choices.one_in(3) {
                args.push(text(self.choices.of(&["read", "claim"])));
            }
            let mut inner = Node::new("access", args);
            if self.choices.one_in(3) {
                inner.set("subject", vec![vec![text("user")]]);
            }
            node.inside.push(inner);
        }
        if self.choices.one_in(3) {
            let account = Node::new("access", vec![text(self.choices.of(ODD)), text("claim")]);
            node.inside.push(account.with("subject", text("serviceaccount")));
        }
        node
    }

    fn total(&mut self, word: &'static str, args: Vec<Value>) -> Node {
        let mut node = Node::new(word, args);
        node.set("storage", vec![quantity(self.choices.below(1 << 16) as u64 * 12_345_678)]);
        if self.choices.one_in(2) {
            node.set("claims", vec![number(self.choices.below(100) as u64)]);
        }
        node
    }
}

/// Lists the spellings of a size of claims: also in units of Kubernetes.
fn quantity(bytes: u64) -> Vec<Value> {
    let mut same = size(bytes);
    let units = [(10, "Ki"), (20, "Mi"), (30, "Gi")];
    let whole = units.into_iter().filter(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    same.extend(whole.map(|(shift, unit)| text(format!("{}{unit}", bytes >> shift))));
    same
}
