//! Secrets of Proxmox's registrations: files of the user's own that hold them, and what Proxmox keeps below
//! `/etc/pve/priv`.

use crate::state::State;
use phoenix_host::{observed::Secrets, text::kept_secret};
use std::{borrow::Cow, path::Path};
use zeroize::Zeroizing;

/// The folder of Proxmox's cluster file system.
pub const PVE: &str = "/etc/pve";

impl State {
    /// Reads a file of the user's own that holds a secret.
    ///
    /// # Errors
    /// The system's reason.
    pub fn secret_at(&self, path: &str) -> Result<String, &'static str> {
        let made_up = || self.plug_everything.then(|| format!("{{\"data\": \"simulated {path}\"}}\n"));
        let text = self.files.get(Path::new(path)).cloned().or_else(made_up);
        text.ok_or("No such file or directory (os error 2)")
    }
}

impl Secrets for State {
    fn kept(&self, place: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        Ok(self.files.get(&Path::new(PVE).join(place)).map(|text| text.clone().into_bytes().into()))
    }

    fn file(&self, path: &str, secret: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        let text = self.secret_at(path)?;
        let read = kept_secret::read(secret, text.as_bytes()).map_err(Cow::into_owned)?;
        Ok(read.to_vec().into())
    }
}
