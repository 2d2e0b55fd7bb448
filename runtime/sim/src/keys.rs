//! Encryption: which dataset's key is whose, whether it is loaded, and what is refused without it. What is
//! kept of a key is its hash: enough to know it again.

use crate::{
    given::{Given, Roots},
    state::{Dataset, Lock, Refusal, State, refuse},
};
use phoenix_graph::{DatasetName, ObjectId, PropertyName};
use phoenix_host::{
    HostError,
    observed::{KeyFile, Observed, Query, Setting, Source},
    op::Op,
    secret::{Keys, PROMPT},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A dataset's own properties.
type Settings = BTreeMap<PropertyName, Box<str>>;

/// Looks at the files that keys are to be in.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    seen.key_files = state.key_files(query);
    Ok(())
}

/// Loads, tries and unloads keys.
pub fn perform(state: &mut State, Given { keys, .. }: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let done = match op {
        Op::KeyLoad { dataset, location } => state.key_load(dataset, location.as_deref(), keys),
        Op::KeyCheck { dataset, location } => state.key_check(dataset, location, keys),
        Op::KeyUnload { dataset } => state.key_unload(dataset),
        _ => return None,
    };
    Some(done.map_err(|refusal| refusal.of(op)))
}

/// No key is loaded.
pub fn boot(state: &mut State, _: &Roots) {
    state.forget_keys(|_| true);
}

impl State {
    /// Returns the dataset that another's key comes from; nothing where it is not encrypted.
    pub fn encryption_root(&self, name: &DatasetName) -> Option<DatasetName> {
        let encrypted = |name: &DatasetName| {
            self.datasets
                .get(name)
                .and_then(|state| state.settings.get("encryption"))
                .is_some_and(|word| &**word != "off")
        };
        std::iter::successors(Some(name.clone()), DatasetName::parent)
            .take_while(encrypted)
            .find(|above| self.datasets.get(above).is_some_and(|state| state.lock.is_some()))
    }

    /// Returns whether a dataset is encrypted and its key is not loaded.
    pub fn is_locked(&self, name: &DatasetName) -> bool {
        let root = self.encryption_root(name).and_then(|root| self.datasets.get(&root)?.lock.as_ref());
        root.is_some_and(|lock| !lock.loaded)
    }

    /// Returns whether a dataset would leave its encryption root under another name.
    pub fn leaves_its_root(&self, from: &DatasetName, to: &DatasetName) -> bool {
        let Some(root) = self.encryption_root(from).filter(|root| root != from) else { return false };
        to.parent().and_then(|parent| self.encryption_root(&parent)) != Some(root)
    }

    /// Tells what OpenZFS reports of a dataset's encryption; nothing for any other property.
    pub fn encryption_setting(&self, name: &DatasetName, property: &str) -> Option<Option<Setting>> {
        let state = self.datasets.get(name)?;
        let none = |raw: &str| Some(Setting { raw: raw.into(), source: Source::None });
        let root = self.encryption_root(name);
        Some(match property {
            "encryptionroot" => root.and_then(|root| none(root.as_str())),
            "keystatus" => {
                root.and_then(|_| none(if self.is_locked(name) { "unavailable" } else { "available" }))
            }
            "encryption" | "keyformat" => match state.settings.get(property).filter(|raw| &***raw != "off") {
                Some(raw) => none(raw),
                None => {
                    let raw = if property == "encryption" { "off" } else { "none" };
                    Some(Setting { raw: raw.into(), source: Source::Default })
                }
            },
            _ => return None,
        })
    }

    /// Gives a dataset that is made the key that its properties say, or has it share its parent's.
    pub fn lock_of(
        &self,
        name: &DatasetName,
        settings: &mut Settings,
        keys: &Keys,
    ) -> Result<Option<Lock>, Refusal> {
        let own = |settings: &Settings, name: &str| settings.get(name).cloned();
        let cannot = |text: String| Refusal { code: 1, text: format!("cannot create '{name}': {text}") };
        let above = name.parent().filter(|parent| self.encryption_root(parent).is_some());
        let format = own(settings, "keyformat");
        match (own(settings, "encryption").as_deref(), &above) {
            (Some("off"), _) => {
                settings.remove("encryption");
                return Ok(None);
            }
            (None, None) => {
                let word = ["keyformat", "keylocation"].into_iter().find(|word| settings.contains_key(*word));
                return match word {
                    Some(_) => Err(cannot("Encryption required to set encryption properties.".to_owned())),
                    None => Ok(None),
                };
            }
            _ => {}
        }
        let inherited = |word: &str| {
            let above = self.datasets.get(above.as_ref()?)?;
            above.settings.get(word).cloned()
        };
        if !settings.contains_key("encryption")
            && let Some(cipher) = inherited("encryption")
        {
            settings.insert(PropertyName::new("encryption"), cipher);
        }
        let Some(format) = format else {
            let Some(above) = &above else {
                return Err(cannot("Keyformat required for new encryption root.".to_owned()));
            };
            if self.is_locked(above) {
                return Err(cannot("encryption root's key is not loaded or provided".to_owned()));
            }
            if let Some(format) = inherited("keyformat") {
                settings.insert(PropertyName::new("keyformat"), format);
            }
            return Ok(None);
        };
        let location = settings.entry(PropertyName::new("keylocation")).or_insert_with(|| PROMPT.into());
        let hash = self.key(name, location, &format, keys).map_err(cannot)?;
        Ok(Some(Lock { hash, loaded: true }))
    }

    /// `zfs load-key`.
    pub fn key_load(
        &mut self,
        name: &DatasetName,
        location: Option<&str>,
        keys: &Keys,
    ) -> Result<(), Refusal> {
        let lock = self.lock(name, "load", "loaded")?;
        let failed = |text: String| Refusal { code: 255, text: format!("Key load error: {text}") };
        if lock.loaded {
            return Err(failed(format!("Key already loaded for '{name}'.")));
        }
        let own = || self.datasets.get(name)?.settings.get("keylocation").map(|word| word.to_string());
        let from = location.map(str::to_owned).or_else(own).unwrap_or_default();
        self.key_check(name, &from, keys)?;
        self.turn(name, true);
        Ok(())
    }

    /// `zfs load-key -n -L`: tries a key, whether one is loaded or not.
    pub fn key_check(&self, name: &DatasetName, location: &str, keys: &Keys) -> Result<(), Refusal> {
        let lock = self.lock(name, "load", "loaded")?;
        let failed = |text: String| Refusal { code: 255, text: format!("Key load error: {text}") };
        let format = self.datasets.get(name).and_then(|state| state.settings.get("keyformat"));
        let format = format.map(|word| word.to_string()).unwrap_or_default();
        let hash = self.key(name, location, &format, keys).map_err(failed)?;
        if hash != lock.hash {
            return Err(failed(format!("Incorrect key provided for '{name}'.")));
        }
        Ok(())
    }

    /// `zfs unload-key`: refused while something of it is mounted.
    pub fn key_unload(&mut self, name: &DatasetName) -> Result<(), Refusal> {
        let lock = self.lock(name, "unload", "unloaded")?;
        let failed = |text: String| Refusal { code: 255, text: format!("Key unload error: {text}") };
        if !lock.loaded {
            return Err(failed(format!("Key already unloaded for '{name}'.")));
        }
        let used = |one: &DatasetName| {
            let busy = self.mounted_at(one).is_some() || self.busy.contains(one) || self.is_held(one);
            busy && self.encryption_root(one).as_ref() == Some(name)
        };
        if self.subtree(name).iter().any(used) {
            return Err(failed(format!("'{name}' is busy.")));
        }
        self.turn(name, false);
        Ok(())
    }

    /// Says why a key's location cannot be set on a dataset.
    pub fn location_refusal(&self, name: &DatasetName, word: &str) -> Option<&'static str> {
        match self.encryption_root(name) {
            None if word != "none" => Some("keylocation must be 'none' for unencrypted datasets"),
            Some(root) if root != *name => Some("keylocation may only be set on encryption roots"),
            _ => None,
        }
    }

    /// Takes the keys of these datasets out of memory, as a boot and an export do.
    pub fn forget_keys(&mut self, of: impl Fn(&DatasetName) -> bool) {
        let datasets = self.datasets.iter_mut().filter(|(name, _)| of(name));
        for lock in datasets.filter_map(|(_, state)| state.lock.as_mut()) {
            lock.loaded = false;
        }
    }

    /// Looks at the files that keys are to be in.
    pub fn key_files(&self, query: &Query) -> BTreeMap<Box<str>, KeyFile> {
        let locked =
            self.datasets.iter().filter(|(name, _)| self.imported(&name.pool()) && self.is_locked(name));
        let own = locked.filter_map(|(_, state)| state.settings.get("keylocation")?.strip_prefix("file://"));
        let paths: BTreeSet<&str> = query.key_files.iter().map(|path| &**path).chain(own).collect();
        paths.into_iter().map(|path| (path.into(), self.key_file(path))).collect()
    }

    /// Reads the file at a path: of the file system that is mounted last over it, else of the root file system.
    fn text_at(&self, path: &str) -> Option<&String> {
        let over = self.mounts.iter().rev().find_map(|mount| {
            let rest = path.strip_prefix(&*mount.path)?.strip_prefix('/')?;
            Some((&mount.dataset, rest))
        });
        match over {
            Some((dataset, rest)) => self.datasets.get(dataset)?.files.get(rest),
            None => self.files.get(Path::new(path)),
        }
    }

    fn key_file(&self, path: &str) -> KeyFile {
        match self.text_at(path) {
            Some(text) => KeyFile::Bytes(text.len() as u64),
            // A host that takes every disk as plugged in has every key, too.
            None if self.plug_everything => KeyFile::Bytes(32),
            None => KeyFile::Missing,
        }
    }

    /// Returns the hash of the key that is found at a location, or says in the words of the tools what is
    /// wrong with it.
    fn key(&self, name: &DatasetName, location: &str, format: &str, keys: &Keys) -> Result<Box<str>, String> {
        let typed = keys.get(name).filter(|_| location == PROMPT);
        let found = match (typed, location.strip_prefix("file://")) {
            (Some(key), _) => key.expose().to_vec(),
            (None, Some(path)) => match self.text_at(path) {
                Some(text) => text.clone().into_bytes(),
                None if self.plug_everything => return Ok(ObjectId::of(path.as_bytes()).short().into()),
                None => return Err("Failed to open key material file: No such file or directory".to_owned()),
            },
            // Nothing comes on standard input, and nothing from the network.
            (None, None) => return Err("encryption failure".to_owned()),
        };
        let length = found.len();
        match format {
            "raw" if length < 32 => return Err("Raw key too short (expected 32).".to_owned()),
            "raw" if length > 32 => return Err("Raw key too long (expected 32).".to_owned()),
            "passphrase" if length < 8 => return Err("Passphrase too short (min 8).".to_owned()),
            _ => {}
        }
        Ok(ObjectId::of(&found).to_string().into())
    }

    fn lock(&self, name: &DatasetName, doing: &str, done: &str) -> Result<Lock, Refusal> {
        self.need(name)?;
        if let Some(lock) = self.datasets.get(name).and_then(|state: &Dataset| state.lock.clone()) {
            return Ok(lock);
        }
        let text = match self.encryption_root(name) {
            None => format!("Key {doing} error: '{name}' is not encrypted."),
            Some(root) => {
                format!("Key {doing} error: Keys must be {done} for encryption root of '{name}' ({root}).")
            }
        };
        refuse(255, text)
    }

    fn turn(&mut self, name: &DatasetName, loaded: bool) {
        if let Some(lock) = self.datasets.get_mut(name).and_then(|state| state.lock.as_mut()) {
            lock.loaded = loaded;
        }
    }
}
