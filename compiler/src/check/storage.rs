//! Registrations with Proxmox VE: ids, types, contents, and what follows from the dataset.

use super::{
    About, Checker, Mounted,
    settings::{DERIVED, settings_of},
};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    resolve::{
        grammar::Kind,
        spec::{Block, Scalar, Setting},
    },
};
use phoenix_graph::{
    DatasetName, Resource, Storage, StorageId,
    kind::folders,
    mounts::Mount,
    storage::{
        ELSEWHERE, ON_DATASETS, STANDALONE, StorageError, StorageKind, StorageType, WITH_SECRETS, find_type,
        types,
    },
};
use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

impl<'a> Checker<'_, 'a, '_> {
    /// Reads a `proxmox` inside a dataset.
    pub(super) fn storage(&mut self, about: &About<'_, 'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let About { dataset, of, block, .. } = about;
        let Some(id) = self.storage_id(block) else { return self.template(block) };
        let text = block.name().unwrap_or_default();
        let Some(kind) = self.storage_type(block, of, text) else { return };
        let mut properties = self.storage_properties(block, kind, true);
        if !self.derive(&mut properties, kind, about, mounts) {
            return;
        }
        if kind.name == "zfspool" {
            self.lint_exported(of, block);
        }
        let Some(id) = id else { return };
        let what = format!("the storage `{id}`");
        let lifecycle = self.lifecycle(block);
        let dataset = Some(dataset.clone());
        let storage = Storage { id, kind: kind.name.into(), dataset, properties, lifecycle };
        self.add(Resource::Storage(storage), block, code::DUPLICATE_STORAGE, &what);
    }

    /// Reads a `proxmox` that stands in a host: what lies on no dataset of it.
    pub(super) fn standalone(&mut self, block: &Block<'a>, mounts: &BTreeMap<DatasetName, Mount>) {
        let Some(id) = self.storage_id(block) else { return self.template(block) };
        let text = block.name().unwrap_or_default();
        let Some(kind) = self.standalone_type(block, text) else { return };
        let before = self.sink.errors();
        let properties = self.storage_properties(block, kind, false);
        if self.sink.errors() > before || block.broken {
            return;
        }
        if let Some(missing) = kind.missing(&properties) {
            let message = format!("the `{}` storage `{text}` has no `{missing}`", kind.name);
            let diagnostic = Diagnostic::new(code::STORAGE_INCOMPLETE, message)
                .at(block.place, format!("`{missing}` is missing"))
                .help(format!("`{missing} \"…\"` in it"));
            self.tell(block.via, diagnostic);
            return;
        }
        if self.lies_on_a_dataset(block, properties.get("path").map(|path| &**path), mounts) {
            return;
        }
        self.look_at_the_server(block, &properties);
        let Some(id) = id else { return };
        let what = format!("the storage `{id}`");
        let lifecycle = self.lifecycle(block);
        let storage = Storage { id, kind: kind.name.into(), dataset: None, properties, lifecycle };
        self.add(Resource::Storage(storage), block, code::DUPLICATE_STORAGE, &what);
    }

    /// Tells where a folder is a dataset's, or lies in one.
    fn lies_on_a_dataset(
        &mut self,
        block: &Block<'a>,
        path: Option<&str>,
        mounts: &BTreeMap<DatasetName, Mount>,
    ) -> bool {
        let Some(path) = path else { return false };
        let over = folders(path).find_map(|folder| {
            let at =
                |(_, mount): &(&DatasetName, &Mount)| mount.mounted && mount.path.as_deref() == Some(folder);
            mounts.iter().find(at)
        });
        let over = over.map(|(dataset, mount)| (dataset.clone(), mount.path.as_deref() == Some(path)));
        let Some((dataset, is_it)) = over.or_else(|| self.in_a_root(path, mounts)) else { return false };
        let place = block.setting("path").map_or(block.place, |setting| setting.place);
        let help = if is_it {
            format!("say the `proxmox` in `{dataset}`, without `path`")
        } else {
            format!("make a dataset of that folder, and say the `proxmox` in it; or say it in `{dataset}`")
        };
        let diagnostic = Diagnostic::new(code::BAD_STORAGE_PROPERTY, format!("{path} lies in `{dataset}`"))
            .at(place, "on a dataset of this spec")
            .help(help);
        self.tell(block.via, diagnostic);
        true
    }

    /// Finds the pool whose root dataset a folder lies in, where the spec says nothing of that: it is at its default place.
    fn in_a_root(&self, path: &str, mounts: &BTreeMap<DatasetName, Mount>) -> Option<(DatasetName, bool)> {
        let roots = self.resources.iter().filter_map(|resource| match resource {
            Resource::Pool(pool) => DatasetName::new(pool.name.as_str()).ok(),
            _ => None,
        });
        roots.filter(|root| !mounts.contains_key(root)).find_map(|root| {
            let rest = path.strip_prefix('/')?.strip_prefix(root.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then_some((root, rest.is_empty()))
        })
    }

    /// Tells of an NFS server that is this very host.
    fn look_at_the_server(&mut self, block: &Block<'a>, properties: &BTreeMap<Box<str>, Box<str>>) {
        let Some(server) = properties.get("server") else { return };
        let loopback = server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !loopback && &**server != "localhost" {
            return;
        }
        let place = block.setting("server").map_or(block.place, |setting| setting.place);
        let diagnostic = Diagnostic::new(code::LOOPBACK_STORAGE, format!("{server} is this host itself"))
            .at(place, "mounted over NFS from itself")
            .help("say `proxmox` with `type=\"dir\"` in the dataset: no NFS is needed");
        let diagnostic = self.vias.label(diagnostic, block.via);
        self.lint(diagnostic);
    }

    /// Reads the id of a registration: nothing where none stands there, and no id where it is none.
    fn storage_id(&mut self, block: &Block<'a>) -> Option<Option<StorageId>> {
        let arg = block.arg.as_ref()?;
        let text = block.name().unwrap_or_default();
        match StorageId::new(text) {
            Ok(id) => Some(Some(id)),
            Err(error) => {
                let diagnostic =
                    Diagnostic::new(code::BAD_NAME, format!("{text:?} is no storage id: {error}"))
                        .at(arg.place, "not a legal id");
                self.push(diagnostic, arg.via);
                // What is said of it is held against its type all the same.
                Some(None)
            }
        }
    }

    /// Reads the type of a registration that lies on no dataset.
    fn standalone_type(&mut self, block: &Block<'a>, id: &str) -> Option<&'static StorageType> {
        let Some(setting) = block.setting("type") else {
            if !block.may_miss("type") {
                let message = format!("the storage `{id}` has no type");
                let diagnostic = Diagnostic::new(code::STORAGE_WITHOUT_TYPE, message)
                    .at(block.place, "the type is missing")
                    .help(format!("in a host stand {}", list(STANDALONE.iter().copied())));
                self.tell(block.via, diagnostic);
            }
            return None;
        };
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        if let Some(kind) = find_type(&text).filter(|kind| STANDALONE.contains(&kind.name)) {
            return Some(kind);
        }
        let (message, help) = match &*text {
            "zfspool" => (
                "a `zfspool` storage lies on a dataset".to_owned(),
                "say the `proxmox` in the dataset or the pool's `root`",
            ),
            text if WITH_SECRETS.contains(&text) => (
                format!(
                    "phoenix registers no `{text}` storage yet: Proxmox drops its password with it, and a rollback could not give that back"
                ),
                "register it by hand: what `storage.cfg` has of it stays as it is",
            ),
            text if ELSEWHERE.contains(&text) => (
                format!("phoenix registers no `{text}` storage"),
                "what `storage.cfg` has of it stays as it is",
            ),
            _ => {
                let help = match did_you_mean(&text, STANDALONE.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("in a host stand {}", list(STANDALONE.iter().copied())),
                };
                let message = format!("no storage of Proxmox's own has the type {text:?}");
                let diagnostic =
                    Diagnostic::new(code::UNKNOWN_STORAGE_TYPE, message).at(said.place, "unknown").help(help);
                self.push(diagnostic, said.via);
                return None;
            }
        };
        let diagnostic =
            Diagnostic::new(code::BAD_STORAGE_TYPE, message).at(said.place, "not here").help(help);
        self.push(diagnostic, said.via);
        None
    }

    /// Looks at what a profile says of the registrations that the dataset has: without an id, and so
    /// perhaps without a type, but of things that some type has.
    fn template(&mut self, block: &Block<'a>) {
        for setting in &block.settings {
            let mut known = settings_of(Kind::Proxmox).chain(DERIVED.iter().copied());
            if !known.any(|word| word == setting.name) {
                self.unknown_setting(Kind::Proxmox, setting);
            }
        }
    }

    fn storage_type(&mut self, block: &Block<'a>, of: &Block<'a>, id: &str) -> Option<&'static StorageType> {
        let Some(setting) = block.setting("type") else {
            // A profile of the dataset may have said it.
            if block.may_miss("type") || of.broken {
                return None;
            }
            self.tell(
                block.via,
                Diagnostic::new(code::STORAGE_WITHOUT_TYPE, format!("the storage `{id}` has no type"))
                    .at(block.place, "the type is missing")
                    .help("`type=\"zfspool\"` or `type=\"dir\"`, here or in a profile"),
            );
            return None;
        };
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        if ELSEWHERE.contains(&&*text) {
            let diagnostic = Diagnostic::new(
                code::BAD_STORAGE_TYPE,
                format!("phoenix registers no `{text}` storage: it does not lie on a dataset"),
            )
            .at(said.place, "not here")
            .help("what `storage.cfg` has of it stays as it is; on a dataset lie `zfspool` and `dir`");
            self.push(diagnostic, said.via);
            return None;
        }
        let Some(kind) = find_type(&text) else {
            let names = || types().iter().map(|kind| kind.name);
            let help = match did_you_mean(&text, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("on a dataset lie {}", list(ON_DATASETS.iter().copied())),
            };
            let diagnostic = Diagnostic::new(
                code::UNKNOWN_STORAGE_TYPE,
                format!("no storage of Proxmox's own has the type {text:?}"),
            )
            .at(said.place, "unknown")
            .help(help);
            self.push(diagnostic, said.via);
            return None;
        };
        if !ON_DATASETS.contains(&kind.name) || of.kind == Kind::Volume {
            let (message, help) = if of.kind == Kind::Volume {
                (format!("a `{}` storage does not lie on a volume", kind.name), "put it on a dataset")
            } else {
                (
                    format!("a `{}` storage does not lie on a dataset", kind.name),
                    "on a dataset lie `zfspool` and `dir`",
                )
            };
            let diagnostic =
                Diagnostic::new(code::BAD_STORAGE_TYPE, message).at(said.place, "not here").help(help);
            self.push(diagnostic, said.via);
            return None;
        }
        Some(kind)
    }

    fn storage_properties(
        &mut self,
        block: &Block<'a>,
        kind: &'static StorageType,
        on_dataset: bool,
    ) -> BTreeMap<Box<str>, Box<str>> {
        let mut properties = BTreeMap::new();
        for setting in block.settings.iter().filter(|setting| !matches!(&*setting.name, "type" | "adopt")) {
            if let Some((name, value)) = self.storage_property(kind, setting, on_dataset) {
                properties.insert(name.into(), value.into());
            }
        }
        properties
    }

    fn storage_property(
        &mut self,
        kind: &'static StorageType,
        setting: &Setting<'a>,
        on_dataset: bool,
    ) -> Option<(&'static str, String)> {
        let name = &*setting.name;
        if on_dataset && DERIVED.contains(&name) {
            let diagnostic =
                Diagnostic::new(code::BAD_STORAGE_PROPERTY, format!("`{name}` follows from the dataset"))
                    .at(setting.place, "phoenix says this by itself")
                    .help("take it away");
            self.push(diagnostic, setting.via);
            return None;
        }
        let Some(property) = kind.property(name) else {
            self.no_storage_property(kind, setting);
            return None;
        };
        let mut words: Vec<Cow<'_, str>> = Vec::new();
        for said in setting.values() {
            words.push(match said.value {
                Scalar::Bool(on) => if on { "1" } else { "0" }.into(),
                _ => self.text(setting, said)?,
            });
        }
        if name == "content" && self.bad_contents(kind, setting, &words) {
            return None;
        }
        match kind.canonical(name, &words.join(",")) {
            Ok(value) => {
                if on_dataset && name == "shared" && value == "1" {
                    let diagnostic = Diagnostic::new(
                        code::SHARED_LOCAL_STORAGE,
                        "this storage is seen by this host alone",
                    )
                    .at(setting.whole(), "marked as shared")
                    .help("take `shared` away: other nodes do not have this dataset");
                    let diagnostic = self.vias.label(diagnostic, setting.via);
                    self.lint(diagnostic);
                }
                Some((property.name, value))
            }
            Err(error) => {
                self.bad_storage_value(setting, &error);
                None
            }
        }
    }

    /// Tells every content that the type does not take, each at its word. Returns whether there is one.
    fn bad_contents(
        &mut self,
        kind: &'static StorageType,
        setting: &Setting<'a>,
        words: &[Cow<'_, str>],
    ) -> bool {
        let words = words.iter().flat_map(|words| words.split(','));
        let errors: Vec<StorageError> =
            words.filter_map(|word| kind.canonical("content", word.trim()).err()).collect();
        errors.iter().for_each(|error| self.bad_storage_value(setting, error));
        !errors.is_empty()
    }

    fn no_storage_property(&mut self, kind: &'static StorageType, setting: &Setting<'a>) {
        let name = &*setting.name;
        let elsewhere = types().iter().find_map(|kind| Some((kind, kind.property(name)?)));
        match elsewhere {
            Some((_, property)) if property.kind == StorageKind::Secret => {
                self.secret(setting.place, &format!("`{name}`"))
            }
            Some((other, _)) => {
                let diagnostic = Diagnostic::new(
                    code::BAD_STORAGE_PROPERTY,
                    format!("`{name}` is a property of {}, not of {}", other.name, kind.name),
                )
                .at(setting.place, "of another type");
                self.push(diagnostic, setting.via);
            }
            None => self.unknown_setting(Kind::Proxmox, setting),
        }
    }

    fn bad_storage_value(&mut self, setting: &Setting<'a>, error: &StorageError) {
        // The word that is wrong, where it stands as a value of its own.
        let word = match error {
            StorageError::Content { content, .. } => Some(content),
            _ => None,
        };
        let said = setting
            .values()
            .find(|said| matches!((&said.value, word), (Scalar::Text(text), Some(word)) if **text == **word))
            .or(setting.first.as_ref());
        let (place, via) = said.map_or((setting.place, setting.via), |said| (said.place, said.via));
        let (code, help) = match error {
            StorageError::Secret { .. } => return self.secret(setting.place, &format!("`{}`", setting.name)),
            StorageError::Content { content, contents, .. } => {
                let near = did_you_mean(content, contents.iter().copied());
                (code::BAD_CONTENT, near.map(|near| format!("did you mean `{near}`?")))
            }
            _ => (code::BAD_STORAGE_PROPERTY, None),
        };
        let diagnostic = Diagnostic::new(code, error.to_string()).at(place, "not taken").help_maybe(help);
        self.push(diagnostic, via);
    }

    /// Adds what follows from the dataset and where it is mounted.
    fn derive(
        &mut self,
        properties: &mut BTreeMap<Box<str>, Box<str>>,
        kind: &'static StorageType,
        about: &About<'_, 'a>,
        mounts: &BTreeMap<DatasetName, Mount>,
    ) -> bool {
        let About { dataset, of, block, .. } = about;
        let mounted = self.mounted(about, mounts);
        if kind.name == "zfspool" {
            properties.insert("pool".into(), dataset.as_str().into());
            if let Mounted::At(path) = mounted {
                // Proxmox writes it by itself when the storage is added.
                properties.insert("mountpoint".into(), path);
            }
            return true;
        }
        let path = match mounted {
            Mounted::At(path) => path,
            Mounted::Never => {
                self.tell(
                    block.via,
                    Diagnostic::new(
                        code::STORAGE_UNMOUNTED,
                        format!("`{dataset}` holds a directory storage, but is never mounted"),
                    )
                    .at(block.place, "nothing to write into")
                    .at(of.place, "this dataset has no mount"),
                );
                return false;
            }
            Mounted::Unknown => return false,
        };
        for (name, text) in [("path", &*path), ("is_mountpoint", "yes")] {
            match kind.canonical(name, text) {
                Ok(value) => {
                    properties.insert(name.into(), value.into());
                }
                Err(error) => {
                    self.tell(
                        block.via,
                        Diagnostic::new(code::BAD_STORAGE_PROPERTY, error.to_string())
                            .at(of.place, format!("mounted at {path}"))
                            .at(block.place, "Proxmox does not take this path"),
                    );
                    return false;
                }
            }
        }
        true
    }

    fn lint_exported(&mut self, of: &Block<'a>, block: &Block<'a>) {
        let exported = of.of(Kind::Export).find(|export| export.of(Kind::Client).next().is_some());
        let Some(export) = exported else { return };
        self.lint(
            Diagnostic::new(code::GUEST_DISKS_EXPORTED, "guests' disks are exported")
                .at(export.place, "clients see what Proxmox makes here")
                .at(block.place, "Proxmox keeps disks of guests here")
                .help("share a dataset of its own"),
        );
    }
}
