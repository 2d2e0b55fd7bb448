//! What Proxmox's `pvesm` does to `/etc/pve/storage.cfg`, to the secrets beside it and around it: `add`, `set`, `remove`
//! and `status`, the way pve-storage 9.1 was seen to do it, surprises included. The simulated host goes by it, and so
//! does the stand-in on a real one; recorded cases of the real tool are held against both.
//!
//! An argument vector is read against the [`schema`] (`arguments`), its values are checked (`values`), the file is read
//! (`config`), secrets are kept apart (`secrets`), the storage is activated on a [`Site`] (`activate`), and the file is
//! written anew. Nothing here goes by what phoenix knows of Proxmox: both are held against each other.

mod activate;
mod arguments;
mod config;
mod schema;
mod secrets;
mod site;
mod status;
mod values;
mod verbs;

pub use crate::said::Outcome;
pub use site::{Site, Space};

use crate::said::{Refused, Said};

/// Runs `pvesm` with these arguments (without the program's name).
pub fn run(arguments: &[String], site: &mut dyn Site) -> Outcome {
    Outcome::of(|said| verbs::run(arguments, site, said))
}
