//! Secrets of Proxmox's registrations: files of the user's own that hold them, and what Proxmox keeps below
//! `/etc/pve/priv`.

use crate::state::{Refusal, State, refuse};
use phoenix_graph::{
    StorageId,
    storage::{StorageProperty, StorageType},
};
use phoenix_host::{
    observed::{Kept, Query, Registrations},
    text::kept_secret,
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A property with its value.
type Property = (Box<str>, Box<str>);

/// What secrets are, by property.
type Secrets = BTreeMap<Box<str>, String>;

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
    ) -> Result<(Secrets, Vec<Property>), Refusal> {
        let (typed, properties): (Vec<_>, Vec<_>) =
            said.iter().cloned().partition(|(name, _)| kind.secrets().any(|secret| *secret.name == **name));
        let mut kept: Secrets = typed.into_iter().map(|(name, value)| (name, value.into())).collect();
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

    /// Tells which secrets are kept, and in which of the files asked for each stands.
    pub fn look_at_secrets(&self, query: &Query, found: &mut Registrations) -> BTreeMap<Box<str>, Box<str>> {
        let mut unusable = BTreeMap::new();
        let mut read = Vec::new();
        for (file, name) in &query.secret_files {
            match self.secret(file, name) {
                Ok(text) => read.push((file, name, text)),
                Err(reason) => _ = unusable.insert(file.clone(), reason.into()),
            }
        }
        for (id, state) in &mut found.by_id {
            for (secret, place) in state.secret_places(id) {
                let Some(kept) = self.files.get(&Path::new(PVE).join(place)) else { continue };
                let same = read.iter().filter(|(_, name, text)| {
                    ***name == *secret && kept_secret::is_same(&state.kind, kept.as_bytes(), text.as_bytes())
                });
                let files = same.map(|(file, ..)| (*file).clone()).collect();
                state.secrets.entry(secret.into()).or_insert(Kept::In(files));
            }
            let place = kept_secret::configuration(&state.kind, id);
            let own = place.and_then(|place| self.files.get(&Path::new(PVE).join(place)));
            if own.is_some_and(|own| kept_secret::is_own_configuration(own.as_bytes(), id)) {
                let kept = Kept::Unread(kept_secret::OWN_CONFIGURATION.into());
                state.secrets.insert(kept_secret::CONFIGURATION.into(), kept);
            }
        }
        unusable
    }

    /// Keeps secrets as Proxmox does.
    pub fn keep_secrets(&mut self, kind: &StorageType, id: &StorageId, kept: Secrets) {
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
