//! Secrets of Proxmox's registrations: files of the user's own that hold them, and what Proxmox keeps below
//! `/etc/pve/priv`.

use crate::state::{Refusal, State, refuse};
use phoenix_graph::{
    StorageId,
    storage::{StorageProperty, StorageType},
};
use phoenix_host::{observed::Secrets, text::kept_secret};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// A property with its value.
type Property = (Box<str>, Box<str>);

/// What secrets are, by property.
type Texts = BTreeMap<Box<str>, String>;

/// The folder of Proxmox's cluster file system.
const PVE: &str = "/etc/pve";

/// Lists where the secrets of a registration are kept.
pub fn places(kind: &StorageType, id: &StorageId) -> Vec<(&'static str, PathBuf)> {
    let place = |secret: &'static StorageProperty| kept_secret::place(kind.name, secret.name, id);
    kind.secrets().filter_map(|secret| Some((secret.name, Path::new(PVE).join(place(secret)?)))).collect()
}

/// Returns what `storage.cfg` says of a secret that is kept.
pub fn mark(secret: &str) -> Option<&'static str> {
    matches!(secret, "encryption-key" | "master-pubkey").then_some("1")
}

impl State {
    /// Takes secrets and properties apart: what the files hold, and what stands on the command line.
    pub fn apart(
        &self,
        kind: &StorageType,
        said: &[Property],
        files: &[Property],
    ) -> Result<(Texts, Vec<Property>), Refusal> {
        let (typed, properties): (Vec<_>, Vec<_>) =
            said.iter().cloned().partition(|(name, _)| kind.secrets().any(|secret| *secret.name == **name));
        let mut kept: Texts = typed.into_iter().map(|(name, value)| (name, value.into())).collect();
        for (name, path) in files {
            if !kind.secrets().any(|secret| *secret.name == **name) {
                return refuse(255, format!("unexpected property '{name}'"));
            }
            match self.secret(path, name) {
                Ok(text) => _ = kept.insert(name.clone(), text),
                Err(reason) => return refuse(2, format!("can't open '{path}' - {reason}")),
            }
        }
        Ok((kept, properties))
    }

    /// Reads a secret from a file.
    fn secret(&self, path: &str, name: &str) -> Result<String, String> {
        let made_up = || self.plug_everything.then(|| format!("{{\"data\": \"simulated {path}\"}}\n"));
        let text = self.files.get(Path::new(path)).cloned().or_else(made_up);
        let text = text.ok_or("No such file or directory (os error 2)")?;
        let read = kept_secret::read(name, text.as_bytes()).map_err(Cow::into_owned)?;
        Ok(String::from_utf8_lossy(read).into_owned())
    }

    /// Keeps secrets as Proxmox does.
    pub fn keep_secrets(&mut self, kind: &StorageType, id: &StorageId, kept: Texts) {
        for (secret, place) in places(kind, id) {
            if let Some(text) = kept.get(secret) {
                let written = kept_secret::written(kind.name, text.as_bytes());
                self.files.insert(place, String::from_utf8_lossy(&written).into_owned());
            }
        }
    }

    /// Drops what is kept for a registration.
    pub fn drop_secrets(&mut self, kind: &StorageType, id: &StorageId) {
        for (_, place) in places(kind, id) {
            self.files.remove(&place);
        }
    }
}

impl Secrets for State {
    fn kept(&self, place: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        Ok(self.files.get(&Path::new(PVE).join(place)).map(|text| text.clone().into_bytes().into()))
    }

    fn file(&self, path: &str, secret: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        self.secret(path, secret).map(|text| text.into_bytes().into())
    }
}
