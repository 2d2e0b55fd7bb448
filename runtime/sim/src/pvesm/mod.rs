//! What Proxmox's `pvesm` does, as far as phoenix uses it: it keeps `/etc/pve/storage.cfg` the way pve-storage 9 was
//! seen to, surprises included.
//!
//! An argument vector is read against the [`schema`] (`arguments`), its values are checked
//! (`values`), the file is read (`config`), the storage is activated on a [`Site`]
//! (`activate`), and the file is written anew. The lab's machine is such a site; the
//! tests have one of their own and compare with the recorded cases.

mod activate;
mod arguments;
mod config;
mod said;
pub mod schema;
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
    let result = verbs::run(arguments, site, &mut said);
    let status = match result {
        Ok(()) => 0,
        Err(Refused { message, status }) => {
            said.warn(message);
            status
        }
    };
    Outcome { status, stdout: said.out, stderr: said.err }
}
