//! Who has what lies in a dataset: clients, guests, Proxmox, and owners.

use super::{
    super::{
        library::Profile,
        settings::{contents, options, storage_property},
        spec::{Node, Value, text},
    },
    Maker,
};
use phoenix_graph::storage::{FILE, STANDALONE, StorageProperty, StorageType, find_type};

/// Entries of access control lists.
const ENTRIES: &[&str] = &["user:33:rwx", "group:101:r-x", "default:user:33:rwx", "default:group:101:r-x"];

impl Maker {
    pub(super) fn snapshots(&mut self, children: bool) -> Node {
        let mut node = Node::new("snapshots", Vec::new());
        for (name, most) in [("hourly", 24), ("daily", 7), ("frequently", 4)] {
            if self.choices.one_in(2) {
                let count = 1 + self.choices.below(most) as u64;
                node.set(name, vec![vec![Value::Number(count), text(format!("0{count}"))]]);
            }
        }
        // It says when, and how many; or neither.
        let keeps = !node.settings.is_empty();
        if keeps && self.choices.one_in(3) {
            node.set("frequent_period", vec![vec![Value::Number(5), text("05")]]);
        }
        if keeps && self.choices.one_in(3) {
            node.set("pre_snapshot_script", vec![vec![text("/usr/local/sbin/flush")]]);
        }
        if children && self.choices.one_in(2) {
            node.set("children", vec![vec![Value::Bool(true), text("on")]]);
        }
        let lints = ["snapshots-of-guests", "snapshots-without-guests"].map(text).to_vec();
        node.inside.push(Node::new("allow", lints));
        node
    }

    /// Says who may write to a dataset; entries of an access control list need a type of list.
    pub(super) fn permissions(&mut self, dataset: &mut Node) -> Node {
        let mut node = Node::new("permissions", Vec::new());
        node.set("mode", vec![self.choices.of(&[["750", "0750"], ["1777", "1777"]]).map(text).to_vec()]);
        if self.choices.one_in(2) {
            node.set("owner", vec![self.choices.of(&[["root", "root"], ["33", "0033"]]).map(text).to_vec()]);
        }
        if self.choices.one_in(2) {
            node.set("group", vec![vec![Value::Number(100), text("100")]]);
        }
        let owned = node.setting("owner").is_some() || node.setting("group").is_some();
        if owned && self.choices.one_in(4) {
            node.set("recursive", vec![vec![Value::Bool(true), text("on")]]);
        }
        if dataset.setting("acltype").is_none() && self.choices.one_in(3) {
            dataset.set("acltype", vec![vec![text("posix"), text("posixacl")]]);
            let most = self.choices.between(1, ENTRIES.len());
            node.set("acl", ENTRIES[..most].iter().map(|entry| vec![text(*entry)]).collect());
        }
        node
    }

    pub(super) fn container(&mut self) -> Node {
        let id = 100 + self.choices.below(5) as u64;
        let at = self.unique("/mnt/b");
        let mut node = Node::new("lxc", vec![Value::Number(id)]);
        node.set("at", vec![vec![at]]);
        if self.choices.one_in(3) {
            node.set("ro", vec![vec![Value::Bool(true), text("on")]]);
        }
        if self.choices.one_in(3) {
            node.set("mountoptions", vec![vec![text("noatime")], vec![text("discard")]]);
        }
        if self.choices.one_in(4) {
            node.set("idmap", vec![vec![text("u:33:33:1"), text("u:033:33:1")], vec![text("g:33:1033:2")]]);
        }
        if self.choices.one_in(3) {
            node.set(
                "subdirectory",
                vec![self.choices.of(&[["a/b", "a//b/"], ["a", "a/"]]).map(text).to_vec()],
            );
        }
        if self.choices.one_in(5) {
            node.set("keepattrs", vec![vec![Value::Bool(false), text("off")]]);
        }
        node
    }

    pub(super) fn machine(&mut self) -> Node {
        let id = 200 + self.choices.below(3) as u64;
        let at = self.unique("/srv/my data");
        let mut node = Node::new("vm", vec![Value::Number(id)]);
        node.set("at", vec![vec![at]]);
        node.set(
            "server",
            vec![self.choices.of(&[["10.0.0.1", "10.0.0.1"], ["NAS.lan", "nas.lan"]]).map(text).to_vec()],
        );
        if self.choices.one_in(3) {
            node.set("vers", vec![vec![text("3")]]);
        }
        if self.choices.one_in(3) {
            node.set("nconnect", vec![vec![Value::Number(4), text("4")]]);
        }
        if self.choices.one_in(3) {
            node.set("mount-timeout", vec![vec![text("60s"), text("1m")]]);
        }
        for word in ["soft", "ro", "noatime", "automount"] {
            if self.choices.one_in(4) {
                let on = self.choices.one_in(2);
                node.set(word, vec![vec![Value::Bool(on), text(if on { "on" } else { "off" })]]);
            }
        }
        if self.choices.one_in(3) {
            node.set("subdirectory", vec![vec![text("a/b"), text("a//b/")]]);
        }
        node
    }

    /// A machine that is given the dataset by virtiofs.
    pub(super) fn shared(&mut self) -> Node {
        let id = 200 + self.choices.below(3) as u64;
        let mut node = Node::new("vm", vec![Value::Number(id)]);
        let tag = self.unique("m");
        node.set("virtiofs", vec![vec![tag]]);
        if self.choices.one_in(2) {
            let at = self.unique("/srv/by tag");
            node.set("at", vec![vec![at]]);
            if self.choices.one_in(3) {
                node.set("mount-timeout", vec![vec![text("60s"), text("1m")]]);
            }
        }
        if self.choices.one_in(3) {
            node.set("cache", vec![vec![text("never")]]);
        }
        for word in ["direct-io", "expose-acl", "expose-xattr"] {
            if self.choices.one_in(4) {
                let on = self.choices.one_in(2);
                node.set(word, vec![vec![Value::Bool(on), text(if on { "on" } else { "off" })]]);
            }
        }
        node
    }

    pub(super) fn export(&mut self) -> Node {
        let words = options(3, &[], &mut self.choices);
        let mut node = Node::new("export", Vec::new());
        if !words.is_empty() {
            node.inside.push(Node::new("options", words.into_iter().map(Value::Text).collect()));
        }
        let first = self.client();
        let more = self.several(2, &mut Self::client);
        node.inside.push(first);
        node.holding(more)
    }

    fn client(&mut self) -> Node {
        let name = if self.bound.is_empty() && self.choices.one_in(2) {
            let at = self.next();
            let (high, low) = (at / 250, at % 250);
            text(match self.choices.below(4) {
                0 => format!("10.{high}.{low}.0/24"),
                1 => format!("10.{high}.{low}.1"),
                2 => format!("@group{at}"),
                _ => format!("fd00:{at:x}::/64"),
            })
        } else {
            self.unique("host")
        };
        let words = options(3, &[], &mut self.choices);
        Node::new("client", std::iter::once(name).chain(words.into_iter().map(Value::Text)).collect())
    }

    /// Registers a dataset with Proxmox, by a type of its own or that of a profile.
    pub(super) fn register(&mut self, dataset: &mut Node, mounted: bool, exported: bool, under: &Profile) {
        let own = match under.storage {
            Some(_) => None,
            None => Some(self.choices.of(&["zfspool", "dir"])),
        };
        let kind = find_type(own.or(under.storage.as_deref()).unwrap()).unwrap();
        // Proxmox takes fewer characters for a path than OpenZFS for a name: a mount point of its own.
        if kind.name == "dir" && !mounted {
            return;
        }
        if kind.name == "dir" && dataset.setting("mountpoint").is_none() {
            let path = self.unique("/srv/d");
            dataset.set("mountpoint", vec![vec![path]]);
        }
        let mut node = Node::new("proxmox", vec![self.unique("st")]);
        if let Some(own) = own {
            node.set("type", vec![vec![text(own)]]);
            if self.choices.one_in(2) {
                node.set("content", contents(kind, &mut self.choices));
            }
        }
        self.properties(&mut node, kind);
        if node.setting("shared").is_some_and(|said| said.values[0][0] == Value::Bool(true)) {
            node.inside.push(Node::named("allow", "shared-local-storage"));
        }
        if kind.name == "zfspool" && exported {
            node.inside.push(Node::named("allow", "guest-disks-exported"));
        }
        dataset.inside.push(node);
    }

    /// Makes a registration that lies on no dataset.
    pub(super) fn outside(&mut self) -> Node {
        let kind = find_type(self.choices.of(STANDALONE)).unwrap();
        let mut node = Node::new("proxmox", vec![self.unique("out")]);
        node.set("type", vec![vec![text(kind.name)]]);
        for row in kind.properties().filter(|row| row.required) {
            let values = match row.name {
                "server" | "portal" => vec![text(self.choices.of(&["10.0.0.5", "nas.lan"]))],
                "export" => vec![text("/srv/out"), text("/srv//out")],
                "path" => vec![self.unique("/mnt/out")],
                name => vec![text(self.choices.of(&[&format!("{name}-1"), &format!("{name}-2")]).clone())],
            };
            node.set(row.name, vec![values]);
        }
        for secret in kind.secrets() {
            if secret.needed || self.choices.one_in(2) {
                self.secret(&mut node, kind, secret);
            }
        }
        if self.choices.one_in(2) {
            node.set("content", contents(kind, &mut self.choices));
        }
        self.properties(&mut node, kind);
        node
    }

    /// Names a file that holds a secret, with what that needs beside it.
    fn secret(&mut self, node: &mut Node, kind: &'static StorageType, secret: &'static StorageProperty) {
        let setting = format!("{}{FILE}", secret.name);
        if node.setting(&setting).is_some() {
            return;
        }
        let file = format!("/secrets/{}-{}", secret.name, self.choices.below(2));
        node.set(&setting, vec![vec![text(file)]]);
        let Some(beside) = secret.beside else { return };
        if let Some(other) = kind.secrets().find(|other| other.name == beside) {
            self.secret(node, kind, other);
        } else if node.setting(beside).is_none() {
            node.set(beside, vec![vec![text("someone")]]);
        }
    }

    /// Adds properties that the type of a registration has.
    fn properties(&mut self, node: &mut Node, kind: &'static StorageType) {
        for _ in 0..self.choices.below(3) {
            if let Some((name, values)) = storage_property(kind, &mut self.choices)
                && node.setting(name).is_none()
            {
                node.set(name, values);
            }
        }
    }
}
