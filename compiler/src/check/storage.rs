//! Registrations with Proxmox VE: ids, types, contents, and what follows from the dataset.

use super::{
    About, Checker, Mounted,
    settings::{DERIVED, settings_of},
};
use crate::{
    diagnostic::{Diagnostic, code, did_you_mean, list},
    resolve::{
        grammar::Kind,
        spec::{Block, Said, Scalar, Setting},
    },
};
use phoenix_graph::{
    DatasetName, Resource, Storage, StorageId,
    mounts::Mount,
    storage::{ELSEWHERE, FILE, ON_DATASETS, StorageError, StorageKind, StorageType, find_type, types},
};
use std::{borrow::Cow, collections::BTreeMap};

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
        let secret_files = BTreeMap::new();
        let storage = Storage { id, kind: kind.name.into(), dataset, properties, secret_files, lifecycle };
        self.add(Resource::Storage(storage), block, code::DUPLICATE_STORAGE, &what);
    }

    /// Reads the id of a registration: nothing where none stands there, and no id where it is none.
    pub(super) fn storage_id(&mut self, block: &Block<'a>) -> Option<Option<StorageId>> {
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

    /// Looks at what a profile says of the registrations that the dataset has: without an id, and so
    /// perhaps without a type, but of things that some type has.
    pub(super) fn template(&mut self, block: &Block<'a>) {
        for setting in &block.settings {
            let mut known = settings_of(Kind::Proxmox).chain(DERIVED.iter().copied());
            if !known.any(|word| word == setting.name) {
                self.unknown_setting(Kind::Proxmox, setting);
            }
        }
    }

    fn storage_type(&mut self, block: &Block<'a>, of: &Block<'a>, id: &str) -> Option<&'static StorageType> {
        // A profile of the dataset may have said it.
        let missing = !of.broken;
        let (kind, said) = self.said_type(block, id, missing, ON_DATASETS)?;
        let on_volume = of.kind == Kind::Volume;
        let (message, help) = match kind {
            Ok(kind) if ON_DATASETS.contains(&kind.name) && !on_volume => return Some(kind),
            Ok(kind) if on_volume => {
                (format!("a `{}` storage does not lie on a volume", kind.name), "put it on a dataset")
            }
            Ok(kind) => (
                format!("a `{}` storage does not lie on a dataset", kind.name),
                "say the `proxmox` straight in the host; on a dataset lie `zfspool` and `dir`",
            ),
            Err(text) => (
                format!("phoenix registers no `{text}` storage: it does not lie on a dataset"),
                "what `storage.cfg` has of it stays as it is; on a dataset lie `zfspool` and `dir`",
            ),
        };
        self.bad_type(said, message, help);
        None
    }

    /// Reads the type of a registration, where `here` may stand: one that phoenix knows, or the name of another of
    /// Proxmox's; and tells where none is said, which may be `missing`, or one that nobody knows.
    pub(super) fn said_type<'c>(
        &mut self,
        block: &'c Block<'a>,
        id: &str,
        missing: bool,
        here: &[&'static str],
    ) -> Option<(Result<&'static StorageType, Cow<'c, str>>, &'c Said<'a>)> {
        let stand = || list(here.iter().copied());
        let Some(setting) = block.setting("type") else {
            if missing && !block.may_miss("type") {
                let message = format!("the storage `{id}` has no type");
                let diagnostic = Diagnostic::new(code::STORAGE_WITHOUT_TYPE, message)
                    .at(block.place, "the type is missing")
                    .help(format!("`type=\"…\"`, here or in a profile: {}", stand()));
                self.tell(block.via, diagnostic);
            }
            return None;
        };
        let said = self.one(setting)?;
        let text = self.text(setting, said)?;
        if let Some(kind) = find_type(&text) {
            return Some((Ok(kind), said));
        }
        if ELSEWHERE.contains(&&*text) {
            return Some((Err(text), said));
        }
        let help = match did_you_mean(&text, types().iter().map(|kind| kind.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("here may stand {}", stand()),
        };
        let message = format!("no storage of Proxmox's own has the type {text:?}");
        let diagnostic =
            Diagnostic::new(code::UNKNOWN_STORAGE_TYPE, message).at(said.place, "unknown").help(help);
        self.push(diagnostic, said.via);
        None
    }

    /// Tells of a type that does not stand here.
    pub(super) fn bad_type(&mut self, said: &Said<'a>, message: String, help: &str) {
        let diagnostic =
            Diagnostic::new(code::BAD_STORAGE_TYPE, message).at(said.place, "not here").help(help);
        self.push(diagnostic, said.via);
    }

    pub(super) fn storage_properties(
        &mut self,
        block: &Block<'a>,
        kind: &'static StorageType,
        on_dataset: bool,
    ) -> BTreeMap<Box<str>, Box<str>> {
        let mut properties = BTreeMap::new();
        let own = |setting: &&Setting<'_>| {
            !matches!(&*setting.name, "type" | "adopt") && kind.secret(&setting.name).is_none()
        };
        for setting in block.settings.iter().filter(own) {
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
        let words = words.join(",");
        if kind.holds_secret(name, &words) {
            let diagnostic = Diagnostic::new(code::SECRET_IN_SPEC, format!("a secret stands in `{name}`"))
                .at(setting.place, "a spec is kept and shared: no secret stands in it")
                .help(format!(
                    "name a file that holds it, where its type takes one: `password{FILE}=\"/root/…\"`"
                ));
            self.push(diagnostic, setting.via);
            return None;
        }
        match kind.canonical(name, &words) {
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
        let elsewhere = |kind: &'static StorageType| kind.property(name).or_else(|| kind.secret(name));
        match types().iter().find_map(|kind| Some((kind, elsewhere(kind)?))) {
            Some((_, property)) if property.kind == StorageKind::Secret && property.name == name => {
                self.storage_secret(setting);
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

    /// Tells of a secret of a registration: its file is named instead.
    fn storage_secret(&mut self, setting: &Setting<'a>) {
        let name = &setting.name;
        self.sink.push(
            Diagnostic::new(code::SECRET_IN_SPEC, format!("`{name}` is a secret"))
                .at(setting.place, "a spec is kept and shared: no secret stands in it")
                .help(format!(
                    "write it into a file that root alone may read, and name that: `{name}{FILE}=\"/root/…\"`"
                )),
        );
    }

    pub(super) fn bad_storage_value(&mut self, setting: &Setting<'a>, error: &StorageError) {
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
            StorageError::Secret { .. } => return self.storage_secret(setting),
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
