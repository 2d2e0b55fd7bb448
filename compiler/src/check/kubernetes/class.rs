//! Classes of volumes, and classes of attributes.

use super::Checker;
use crate::{
    diagnostic::{Diagnostic, code},
    resolve::{
        grammar::find_own,
        spec::{Block, Setting},
    },
    source::Place,
};
use phoenix_graph::{
    Key, KubernetesAttributes, KubernetesClass, Resource, StorageId,
    kind::Reclaim,
    kubernetes::{ATTRIBUTES_SINCE, Of, Parameter, mount_option, name, parameter},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the classes of a host have in common.
pub(super) struct Classes<'b, 'a> {
    pub host: &'b Block<'a>,
    /// The name of the host in the cluster of Proxmox.
    pub zone: Option<Box<str>>,
    /// Where the class is that claims have which name none.
    pub default: Option<Place>,
}

impl<'b, 'a> Checker<'b, 'a, '_> {
    /// Reads a `class`.
    pub(super) fn class_of_volumes(&mut self, block: &'b Block<'a>, classes: &mut Classes<'b, 'a>) {
        let before = self.sink.errors();
        let name = self.named(block, name::class);
        let parameters = self.parameters(block, |_| true);
        let found = self.lies_on(block, classes.host);
        let zones = self.zones(block, classes, found.as_ref().map(|(_, at)| *at));
        let is_default = block.setting("default").is_some_and(|setting| self.switch(setting));
        let reclaim = self.reclaim(block);
        let mount_options = self.options_of_class(block);
        let encryption_secret =
            self.word_of(block, "encryption-secret", |text| name::secret(text).map(|_| ()));
        if is_default {
            self.only_default(block, classes);
        }
        if self.sink.errors() == before && !block.broken {
            self.look_at_discard(block, &parameters);
        }
        let (Some(name), Some((on, _)), Some(zones)) = (name, found, zones) else { return };
        let what = format!("the class `{name}`");
        let class = KubernetesClass {
            name,
            on,
            zones,
            default: is_default,
            reclaim,
            mount_options,
            encryption_secret,
            parameters,
        };
        self.add(Resource::KubernetesClass(class), block, code::SAID_TWICE, &what);
    }

    /// Reads an `attributes`.
    pub(super) fn attributes(&mut self, block: &Block<'a>, version: Option<u32>, cluster: &Block<'a>) {
        let name = self.named(block, name::class);
        let parameters = self.parameters(block, |row| row.mutable);
        if let Some(version) = version.filter(|version| *version < ATTRIBUTES_SINCE) {
            let message = format!("Kubernetes 1.{version} has no classes of attributes");
            let said = cluster.setting("version").map_or(cluster.place, Setting::whole);
            let diagnostic = Diagnostic::new(code::ATTRIBUTES_TOO_EARLY, message)
                .at(block.place, format!("they are of 1.{ATTRIBUTES_SINCE} and later"))
                .at(said, "the version is said here")
                .help("say the limits in the `class`, or use a newer Kubernetes");
            self.tell(block.via, diagnostic);
            return;
        }
        if block.settings.is_empty() && !block.broken && block.unread.is_empty() {
            let diagnostic = Diagnostic::new(code::KUBERNETES_INCOMPLETE, "`attributes` says nothing")
                .at(block.place, "no limit in here")
                .help("`attributes \"…\" mbps=200 iops=2000`");
            self.tell(block.via, diagnostic);
        }
        let Some(name) = name.filter(|_| !parameters.is_empty()) else { return };
        let what = format!("the attributes `{name}`");
        let attributes = KubernetesAttributes { name, parameters };
        self.add(Resource::KubernetesAttributes(attributes), block, code::SAID_TWICE, &what);
    }

    /// Reads parameters of the plugin, by its names.
    fn parameters(&mut self, block: &Block<'a>, may: fn(&Parameter) -> bool) -> BTreeMap<Box<str>, Box<str>> {
        let mut parameters = BTreeMap::new();
        for setting in &block.settings {
            if find_own(block.kind, &setting.name).is_some() {
                continue;
            }
            let Some(row) = parameter::find(&setting.name).filter(|row| may(row)) else {
                self.not_here(block.kind, setting);
                continue;
            };
            if let Some(value) = self.parameter(row, setting) {
                parameters.insert(row.plugin.into(), value);
            }
        }
        parameters
    }

    fn parameter(&mut self, row: &Parameter, setting: &Setting<'a>) -> Option<Box<str>> {
        if row.of == Of::Switch {
            return Some(if self.switch(setting) { "true" } else { "false" }.into());
        }
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        match row.read(&text) {
            Ok(value) => Some((&*value).into()),
            Err(reason) => {
                self.bad_value(setting, said, &reason, None);
                None
            }
        }
    }

    /// Finds the registration that a class lies on, and tells where it can lie on none of that kind.
    fn lies_on(&mut self, block: &Block<'a>, host: &Block<'a>) -> Option<(StorageId, usize)> {
        let Some(setting) = block.setting("on") else {
            if !block.may_miss("on") && block.setting("pool").is_none() && block.setting("storage").is_none()
            {
                let message = format!("the class `{}` lies on nothing", block.name().unwrap_or_default());
                let diagnostic = Diagnostic::new(code::CLASS_WITHOUT_STORAGE, message)
                    .at(block.place, "`on` is missing")
                    .help("`on=\"…\"`: the id of a registration of this host, a `zfspool` with `images`");
                self.tell(block.via, diagnostic);
            }
            return None;
        };
        let (id, at) = self.registration(host, setting)?;
        let Some(Resource::Storage(storage)) = self.resources.get(at) else { return None };
        if storage.holds_disks() {
            return Some((id, at));
        }
        let (label, help) = if &*storage.kind == "zfspool" {
            ("it holds no `images`", "say `content \"images\"` in it, beside what it holds now")
        } else {
            (
                "no volumes of ZFS lie on it",
                "register a dataset as `type=\"zfspool\"` with `content=\"images\"`, and name that",
            )
        };
        let place = self.places.get(&Key::Storage(id.clone())).copied();
        let diagnostic = Diagnostic::new(code::CLASS_WITHOUT_STORAGE, format!("no disk can lie on `{id}`"))
            .at(setting.whole(), "the class lies on it");
        let diagnostic = match place {
            Some(place) => diagnostic.at(place, label),
            None => diagnostic,
        };
        self.push(diagnostic.help(help), setting.via);
        None
    }

    /// Reads which nodes have the registration: those that it says, or this one.
    fn zones(
        &mut self,
        block: &Block<'a>,
        classes: &Classes<'b, 'a>,
        storage: Option<usize>,
    ) -> Option<BTreeSet<Box<str>>> {
        if let Some(setting) = block.setting("zones") {
            let zones: Vec<_> =
                setting.values().filter_map(|said| self.by_rule(setting, said, name::topology)).collect();
            return (zones.len() == setting.values().count()).then(|| zones.into_iter().collect());
        }
        let said = match storage.and_then(|at| self.resources.get(at)) {
            Some(Resource::Storage(storage)) => storage.properties.get("nodes"),
            _ => None,
        };
        match said {
            Some(nodes) => Some(nodes.split(',').map(Into::into).collect()),
            None => classes.zone.clone().map(|zone| BTreeSet::from([zone])),
        }
    }

    fn reclaim(&mut self, block: &Block<'a>) -> Reclaim {
        let words = [Reclaim::Delete, Reclaim::Retain];
        let rule = |text: &str| match words.iter().any(|one| one.word() == text) {
            true => Ok(()),
            false => Err("it is `Delete` or `Retain`"),
        };
        let said = self.word_of(block, "reclaim", rule);
        words.into_iter().find(|one| said.as_deref() == Some(one.word())).unwrap_or(Reclaim::Delete)
    }

    fn options_of_class(&mut self, block: &Block<'a>) -> BTreeSet<Box<str>> {
        let Some(setting) = block.setting("mountoptions") else { return BTreeSet::new() };
        setting.values().filter_map(|said| self.by_rule(setting, said, mount_option)).collect()
    }

    fn only_default(&mut self, block: &Block<'a>, classes: &mut Classes<'b, 'a>) {
        if let Some(first) = classes.default {
            let diagnostic = Diagnostic::new(code::SECOND_DEFAULT_CLASS, "two classes are the default one")
                .at(block.place, "this one, too")
                .at(first, "this one first")
                .help("say `default` in one of them");
            self.tell(block.via, diagnostic);
        }
        classes.default.get_or_insert(block.place);
    }

    /// Tells of a class whose volumes give nothing back.
    fn look_at_discard(&mut self, block: &Block<'a>, parameters: &BTreeMap<Box<str>, Box<str>>) {
        if parameters.get("ssd").is_some_and(|word| &**word == "true") {
            return;
        }
        let name = block.name().unwrap_or_default();
        let diagnostic =
            Diagnostic::new(code::CLASS_WITHOUT_DISCARD, format!("volumes of `{name}` never shrink again"))
                .at(block.place, "without `ssd` nothing is discarded")
                .help("say `ssd=#true`: on ZFS it costs nothing, whatever the disks are");
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }
}
