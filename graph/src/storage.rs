//! The vocabulary of Proxmox storages: types, their properties, content types.
//!
//! Seen on pve-storage 9.1 and 8.3. A text that a person wrote becomes canonical by
//! [`StorageType::canonical`]; a line of `storage.cfg` by [`StorageType::observed`]; the two compare.

mod row;
mod table;
mod value;

use std::collections::BTreeMap;

pub use row::{StorageError, StorageKind, StorageProperty, StorageType};

/// The types of storage that lie on a dataset of this host.
pub const ON_DATASETS: &[&str] = &["zfspool", "dir"];

/// The types that a spec can say: those of [`ON_DATASETS`] and [`STANDALONE`], and all of [`types`].
pub const SAID: &[&str] =
    &["zfspool", "dir", "nfs", "cifs", "btrfs", "pbs", "lvm", "lvmthin", "iscsi", "cephfs", "rbd", "esxi"];

/// The types that a spec registers on no dataset: of another machine, or of another file system of this host.
pub const STANDALONE: &[&str] =
    &["dir", "nfs", "cifs", "btrfs", "pbs", "lvm", "lvmthin", "iscsi", "cephfs", "rbd", "esxi"];

/// The other types that Proxmox VE has, and that no spec registers.
pub const ELSEWHERE: &[&str] = &["iscsidirect", "glusterfs", "zfs"];

/// The folder of Proxmox's cluster file system.
const PROXMOX: &str = "/etc/pve/";

/// What stands behind the name of a secret where a spec names the file that holds it: `password-file`.
pub const FILE: &str = "-file";

/// The settings that name files of secrets.
pub const SECRET_FILES: &[&str] =
    &["encryption-key-file", "keyring-file", "master-pubkey-file", "password-file"];

/// Finds a storage type by its name.
#[must_use]
pub fn find_type(name: &str) -> Option<&'static StorageType> {
    types().iter().find(|known| known.name == name)
}

/// Returns all storage types that a spec can name.
#[must_use]
pub fn types() -> &'static [StorageType] {
    table::TYPES
}

impl StorageType {
    /// Finds a property of this type.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static StorageProperty> {
        self.properties().find(|property| property.name == name)
    }

    /// Returns the type's properties, the required ones first.
    pub fn properties(&self) -> impl Iterator<Item = &'static StorageProperty> + use<> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// Lists the secrets of this type: Proxmox drops them with the registration.
    pub fn secrets(&self) -> impl Iterator<Item = &'static StorageProperty> + use<> {
        self.properties().filter(|property| property.kind == StorageKind::Secret)
    }

    /// Finds the secret that a setting such as `password-file` names the file of.
    #[must_use]
    pub fn secret(&self, setting: &str) -> Option<&'static StorageProperty> {
        let name = setting.strip_suffix(FILE)?;
        self.secrets().find(|secret| secret.name == name)
    }

    /// Reads the path of the file that holds a secret and returns its canonical form.
    ///
    /// # Errors
    /// Where the type has no such secret, or the path is not absolute, or that of no file.
    pub fn secret_file(&self, secret: &str, text: &str) -> Result<String, StorageError> {
        let known = self
            .secrets()
            .find(|known| known.name == secret)
            .ok_or_else(|| StorageError::Property { kind: self.name, property: secret.into() })?;
        let path = match value::absolute(text) {
            Ok(path) if path == "/" => Err("it is the path of a file".into()),
            Ok(path) if path.starts_with(PROXMOX) => {
                Err("Proxmox's own files go with the registration".into())
            }
            other => other,
        };
        let setting = SECRET_FILES.iter().find(|setting| setting.strip_suffix(FILE) == Some(known.name));
        let property = setting.copied().unwrap_or(known.name);
        path.map_err(|reason| StorageError::Value { property, text: text.into(), reason })
    }

    /// Finds what a secret is said without, though it is none without that: a property, or another secret.
    #[must_use]
    pub fn alone(
        &self,
        secret: &str,
        properties: &BTreeMap<Box<str>, Box<str>>,
        files: &BTreeMap<Box<str>, Box<str>>,
    ) -> Option<&'static str> {
        let beside = self.secrets().find(|known| known.name == secret)?.beside?;
        (!properties.contains_key(beside) && !files.contains_key(beside)).then_some(beside)
    }

    /// Finds a property without which Proxmox takes no registration of this type.
    #[must_use]
    pub fn missing(&self, said: &BTreeMap<Box<str>, Box<str>>) -> Option<&'static str> {
        let required = self.properties().filter(|property| property.required).map(|property| property.name);
        required.into_iter().find(|name| !said.contains_key(*name))
    }

    /// Returns what holds where a property is left out, in canonical form.
    #[must_use]
    pub fn default(&self, property: &str) -> Option<&'static str> {
        match property {
            "content" => Some(self.default_content),
            _ => self.property(property).and_then(|known| known.default),
        }
    }

    /// Reads a value as a person writes it and returns its canonical form: lists sorted, each word
    /// once, joined by commas; booleans as `1` and `0`; paths without doubled slashes.
    ///
    /// # Errors
    /// Where the type has no such property, the value is not legal, or it is a secret.
    pub fn canonical(&self, property: &str, text: &str) -> Result<String, StorageError> {
        let known = self
            .property(property)
            .ok_or_else(|| StorageError::Property { kind: self.name, property: property.into() })?;
        value::canonical(self, known, text)
    }

    /// Returns whether a legal value has a secret in it, which no spec holds: `vers=3.0,password=word` among the options of a
    /// mount, `name%word` for a user (`mount.cifs(8)`, `mount.ceph(8)`).
    #[must_use]
    pub fn holds_secret(&self, property: &str, value: &str) -> bool {
        let is_user = |name: &str, word: &str| matches!(name, "user" | "username") && word.contains('%');
        if self.property(property).is_none_or(|known| known.kind != StorageKind::MountOptions) {
            return is_user(property, value);
        }
        value.split(',').filter_map(|option| option.split_once('=')).any(|(name, word)| {
            let name = name.trim().to_ascii_lowercase();
            matches!(&*name, "pass" | "password" | "password2" | "passwd" | "secret") || is_user(&name, word)
        })
    }

    /// Reads a value from `storage.cfg` and returns its canonical form. What a spec could not say
    /// (`content none`, a property of a newer version) is kept as it stands.
    #[must_use]
    pub fn observed(&self, property: &str, raw: &str) -> String {
        let boolean = self.property(property).is_some_and(|known| known.kind == StorageKind::Boolean);
        match raw.trim() {
            // `disable` stands bare.
            "" if boolean => "1".to_owned(),
            raw => self.canonical(property, raw).unwrap_or_else(|_| raw.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
