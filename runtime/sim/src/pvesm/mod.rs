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
mod said;
mod schema;
mod secrets;
mod site;
mod status;
mod values;
mod verbs;

pub use site::{Site, Space};

use said::{Refused, Said};

/// How a run ended, and what it said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code: 0, or something else.
    pub status: u8,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error, one message a line.
    pub stderr: String,
}

/// Runs `pvesm` with these arguments (without the program's name).
pub fn run(arguments: &[String], site: &mut dyn Site) -> Outcome {
    let mut said = Said::default();
    let status = match verbs::run(arguments, site, &mut said) {
        Ok(()) => 0,
        Err(Refused { message, status }) => {
            said.warn(message);
            status
        }
    };
    Outcome { status, stdout: said.out, stderr: said.err }
}
