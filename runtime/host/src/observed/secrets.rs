//! Secrets of Proxmox's registrations: which Proxmox keeps, and in which of the user's own files each stands, too. The
//! same for a real host and a simulated one, but for how files are read.

use super::{Kept, Registrations, StorageState};
use crate::text::kept_secret::{
    CONFIGURATION, OWN_CONFIGURATION, configuration, is_own_configuration, is_same,
};
use phoenix_graph::StorageId;
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// How files are read.
pub trait Secrets {
    /// Reads what Proxmox keeps at a path below `/etc/pve`; nothing where nothing is there.
    ///
    /// # Errors
    /// Why it cannot be read, in words for people.
    fn kept(&self, place: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String>;

    /// Reads a file of the user's own as the secret that it is to be.
    ///
    /// # Errors
    /// Why it cannot be used, in words for people that tell nothing of it.
    fn file(&self, path: &str, secret: &str) -> Result<Zeroizing<Vec<u8>>, String>;
}

impl Registrations {
    /// Looks at the secrets, with the files that are asked for, each with the property that it is to be. Returns those that
    /// cannot be used, with the reason.
    pub fn look_at_secrets(
        &mut self,
        asked: &BTreeSet<(Box<str>, Box<str>)>,
        read: &impl Secrets,
    ) -> BTreeMap<Box<str>, Box<str>> {
        let mut unusable = BTreeMap::new();
        let mut files = Vec::new();
        for (path, secret) in asked {
            match read.file(path, secret) {
                Ok(bytes) => files.push((path, &**secret, bytes)),
                Err(why) => _ = unusable.insert(path.clone(), why.into()),
            }
        }
        for (id, state) in &mut self.by_id {
            for (secret, place) in state.secret_places(id) {
                let kept = match read.kept(&place) {
                    Ok(None) => continue,
                    Ok(Some(kept)) => {
                        let same = files
                            .iter()
                            .filter(|(_, of, bytes)| *of == secret && is_same(&state.kind, &kept, bytes));
                        Kept::In(same.map(|(path, ..)| (*path).clone()).collect())
                    }
                    Err(why) => Kept::Unread(why.into()),
                };
                // What stands in `storage.cfg` itself goes with it, too.
                state.secrets.entry(secret.into()).or_insert(kept);
            }
            if let Some(why) = own_configuration(id, state, read) {
                state.secrets.insert(CONFIGURATION.into(), Kept::Unread(why.into()));
            }
        }
        unusable
    }
}

/// Says why what a registration of Ceph's images is configured by could not be given back, where that is so.
fn own_configuration(id: &StorageId, state: &StorageState, read: &impl Secrets) -> Option<String> {
    match read.kept(&configuration(&state.kind, id)?) {
        Ok(kept) => kept.filter(|kept| is_own_configuration(kept, id)).map(|_| OWN_CONFIGURATION.to_owned()),
        Err(why) => Some(why),
    }
}
