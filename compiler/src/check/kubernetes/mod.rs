//! What a cluster of Kubernetes is told: the cluster itself, its classes ([`class`]) and namespaces ([`namespace`]), what of
//! the plugin or of Kubernetes cannot be had ([`hints`]), and whether what is promised is there ([`claims`]).

mod claims;
mod class;
mod hints;
mod namespace;

use super::{Checker, UNSAID_HOST};
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::{Kind, find_own},
        spec::{Block, Said, Setting},
    },
};
use phoenix_graph::{
    Bytes, KubernetesCluster, Resource, StorageId,
    check::guest,
    kind::Nodes,
    kubernetes::{self, CONTROLLER_VMID, VERSION, name},
};

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Reads the `kubernetes` of a host.
    pub(super) fn kubernetes(&mut self, host: &'b Block<'a>) {
        let mut blocks = host.of(Kind::Kubernetes);
        let Some(block) = blocks.next() else { return };
        if let Some(second) = blocks.next() {
            let diagnostic = Diagnostic::new(code::SAID_TWICE, "`kubernetes` stands twice")
                .at(second.place, "here again")
                .at(block.place, "here first")
                .help("the machines of a host are of one cluster: say all of it in one `kubernetes`");
            self.tell(second.via, diagnostic);
        }
        self.allowing(&block.allow, |checker| checker.cluster(host, block));
    }

    fn cluster(&mut self, host: &'b Block<'a>, block: &'b Block<'a>) {
        self.no_others(block);
        let region = self.region(block);
        let zone = self.zone(host, block);
        let version = self.version(block);
        let controller_vmid = self.controller(block);
        let kubelet_dir = self.word_of(block, "kubelet-dir", kubernetes::kubelet_dir);
        let nodes = self.only(block, Kind::Nodes).and_then(|nodes| self.nodes(host, nodes));
        let mut classes = class::Classes { host, zone: zone.clone(), default: None };
        for class in block.of(Kind::Class) {
            self.allowing(&class.allow, |checker| checker.class_of_volumes(class, &mut classes));
        }
        for attributes in block.of(Kind::Attributes) {
            self.allowing(&attributes.allow, |checker| checker.attributes(attributes, version, block));
        }
        for namespace in block.of(Kind::Namespace) {
            self.allowing(&namespace.allow, |checker| checker.namespace(namespace, block));
        }
        if let (Some(region), Some(zone), Some(version), Some(controller_vmid)) =
            (region, zone, version, controller_vmid)
        {
            let cluster = KubernetesCluster { region, zone, version, controller_vmid, kubelet_dir, nodes };
            self.add(Resource::KubernetesCluster(cluster), block, code::SAID_TWICE, "`kubernetes`");
            self.no_guest(block, controller_vmid);
        }
        self.look_at_claims(block);
    }

    /// Returns the one node of a word, and tells of a second.
    fn only<'c>(&mut self, block: &'c Block<'a>, kind: Kind) -> Option<&'c Block<'a>> {
        let mut found = block.of(kind);
        let first = found.next()?;
        if let Some(second) = found.next() {
            let message = format!("`{}` stands twice", kind.word().word);
            let diagnostic = Diagnostic::new(code::SAID_TWICE, message)
                .at(second.place, "here again")
                .at(first.place, "here first");
            self.tell(second.via, diagnostic);
        }
        Some(first)
    }

    /// Tells of settings that the node has not.
    fn no_others(&mut self, block: &Block<'a>) {
        for setting in &block.settings {
            if find_own(block.kind, &setting.name).is_none() {
                self.not_here(block.kind, setting);
            }
        }
    }

    fn region(&mut self, block: &Block<'a>) -> Option<Box<str>> {
        if block.setting("region").is_none() && !block.may_miss("region") {
            let diagnostic = Diagnostic::new(code::KUBERNETES_INCOMPLETE, "`kubernetes` has no region")
                .at(block.place, "the region is missing")
                .help("`region=\"…\"`: that of the plugin's configuration, and of the nodes' label `topology.kubernetes.io/region`");
            self.tell(block.via, diagnostic);
        }
        self.word_of(block, "region", name::topology)
    }

    fn zone(&mut self, host: &Block<'a>, block: &Block<'a>) -> Option<Box<str>> {
        if block.setting("zone").is_some() || block.may_miss("zone") {
            return self.word_of(block, "zone", name::topology);
        }
        let own = host.name().unwrap_or(UNSAID_HOST);
        if own != UNSAID_HOST && name::topology(own).is_ok() {
            return Some(own.into());
        }
        let diagnostic = Diagnostic::new(code::KUBERNETES_INCOMPLETE, "`kubernetes` has no zone")
            .at(block.place, "nothing says what this host is called in the cluster of Proxmox")
            .help("`zone=\"…\"`, or name the host: `host \"…\" { … }`");
        self.tell(block.via, diagnostic);
        None
    }

    fn version(&mut self, block: &Block<'a>) -> Option<u32> {
        let Some(setting) = block.setting("version") else {
            return (!block.may_miss("version")).then_some(VERSION);
        };
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        match kubernetes::version(&text) {
            Ok(version) => Some(version),
            Err(reason) => {
                self.bad_value(setting, said, &reason, None);
                None
            }
        }
    }

    fn controller(&mut self, block: &Block<'a>) -> Option<u32> {
        let Some(setting) = block.setting("controller-vmid") else {
            return (!block.may_miss("controller-vmid")).then_some(CONTROLLER_VMID);
        };
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        match text.parse().ok().filter(|id| guest::id(*id, "guest").is_ok()) {
            Some(id) => Some(id),
            None => {
                self.bad_value(setting, said, "an id is a number from 100 to 999999999", None);
                None
            }
        }
    }

    /// Tells of a guest that has the id which the volumes are said to be of.
    fn no_guest(&mut self, block: &Block<'a>, controller: u32) {
        let mut places: Vec<_> = self
            .places
            .iter()
            .filter(|(key, _)| key.guest() == Some(controller))
            .map(|(_, place)| *place)
            .collect();
        places.sort_unstable_by_key(|place| (place.file.0, place.start));
        let Some(place) = places.first() else { return };
        let diagnostic = Diagnostic::new(
            code::GUEST_OF_VOLUMES,
            format!("the guest {controller} owns the volumes of the cluster, and never may be"),
        )
        .at(*place, "a guest of this id")
        .at(block.place, "the volumes are disks of it")
        .help("give the guest another id, or say another one that no guest has: `controller-vmid=…`");
        self.tell(block.via, diagnostic);
    }

    fn nodes(&mut self, host: &Block<'a>, block: &'b Block<'a>) -> Option<Nodes> {
        self.no_others(block);
        let count = match block.setting("count") {
            Some(setting) => self.whole(setting, 1, Nodes::MOST.into()),
            None if block.may_miss("count") => None,
            None => {
                let diagnostic =
                    Diagnostic::new(code::KUBERNETES_INCOMPLETE, "`nodes` says not how many there are")
                        .at(block.place, "`count` is missing")
                        .help("`nodes count=3 …`");
                self.tell(block.via, diagnostic);
                None
            }
        };
        let mut size = |name: &str| {
            let setting = block.setting(name)?;
            let said = self.one(setting)?;
            self.quantity(setting, said)
        };
        let (system, containers, volumes) = (size("system"), size("containers"), size("volumes"));
        let on = block.setting("on").and_then(|setting| self.registration(host, setting));
        let on = on.map(|(id, _)| id);
        let count = u32::try_from(count?).ok()?;
        Some(Nodes { count, on, system, containers, volumes })
    }

    /// Finds the registration of this host that a setting names, by its place among the resources.
    fn registration(&mut self, host: &Block<'a>, setting: &Setting<'a>) -> Option<(StorageId, usize)> {
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        let found = self.resources.iter().enumerate().find_map(|(at, resource)| match resource {
            Resource::Storage(storage) if storage.id.as_str() == &*text => Some((storage.id.clone(), at)),
            _ => None,
        });
        // One that is in error was told.
        if found.is_none() && !names_storage(host, &text) {
            let there = self.resources.iter().filter_map(|resource| match resource {
                Resource::Storage(storage) if storage.holds_disks() => Some(storage.id.as_str()),
                _ => None,
            });
            let there: Vec<&str> = there.collect();
            let help = match there.as_slice() {
                [] => "register a dataset for it: `proxmox \"…\" type=\"zfspool\" content=\"images\"`"
                    .to_owned(),
                there => format!("here disks lie on {}", crate::diagnostic::list(there.iter().copied())),
            };
            let message = format!("this host registers no storage {text:?}");
            let diagnostic =
                Diagnostic::new(code::CLASS_WITHOUT_STORAGE, message).at(said.place, "unknown").help(help);
            self.push(diagnostic, said.via);
        }
        found
    }

    /// Reads a setting's one text by a rule.
    fn word_of(
        &mut self,
        block: &Block<'a>,
        name: &str,
        rule: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Option<Box<str>> {
        let setting = block.setting(name)?;
        let said = self.one(setting)?;
        self.by_rule(setting, said, rule)
    }

    fn by_rule(
        &mut self,
        setting: &Setting<'a>,
        said: &Said<'a>,
        rule: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Option<Box<str>> {
        let text = self.text(setting, said)?;
        match rule(&text) {
            Ok(()) => Some((&*text).into()),
            Err(reason) => {
                self.bad_value(setting, said, reason, None);
                None
            }
        }
    }

    /// Reads a name that stands right after a node's word.
    fn named(
        &mut self,
        block: &Block<'a>,
        rule: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Option<Box<str>> {
        let arg = block.arg.as_ref()?;
        let text = block.name()?;
        if let Err(reason) = rule(text) {
            let what = block.kind.word().word;
            let diagnostic =
                Diagnostic::new(code::BAD_NAME, format!("{text:?} is no name of a {what}: {reason}"))
                    .at(arg.place, "not a legal name");
            self.push(diagnostic, arg.via);
            return None;
        }
        Some(text.into())
    }

    /// Reads a whole number between two others.
    fn whole(&mut self, setting: &Setting<'a>, least: u64, most: u64) -> Option<u64> {
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        match text.parse().ok().filter(|number| digits && (least..=most).contains(number)) {
            Some(number) => Some(number),
            None => {
                let reason = format!("it is a whole number from {least} to {most}");
                self.bad_value(setting, said, &reason, None);
                None
            }
        }
    }

    /// Reads a size of claims.
    fn claim_size(&mut self, block: &Block<'a>, name: &str) -> Option<Bytes> {
        let setting = block.setting(name)?;
        let said = self.one(setting)?;
        self.quantity(setting, said)
    }
}

/// Returns whether something in a host is a registration of this id.
fn names_storage(block: &Block<'_>, id: &str) -> bool {
    block.blocks.iter().any(|inner| match inner.kind {
        Kind::Proxmox => inner.name() == Some(id),
        _ => names_storage(inner, id),
    })
}
