//! NFS mounts as a client makes them (`nfs(5)`): what is mounted where, and how, as values; [`text`] has the rules of
//! what is written in them.

mod options;
pub mod text;

pub use options::{Automount, CONNECTIONS, Flavour, NfsOptions, TIMEOUT, Version};
pub(crate) use options::{check_when, is_off, on, when_facts};

use serde::{Deserialize, Serialize};
use std::net::Ipv6Addr;

/// One NFS mount: all that a client has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NfsMount {
    /// The address or the host name of the server, as the client reaches it.
    pub server: Box<str>,
    /// The path that the client asks the server for.
    pub what: Box<str>,
    /// The absolute path at which the client has it.
    pub at: Box<str>,
    /// How it is mounted.
    pub options: NfsOptions,
}

impl NfsMount {
    /// Says why it is no mount in its one spelling, which can be written down.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn check(&self) -> Result<(), String> {
        spelt(&self.server, text::server(&self.server))?;
        spelt(&self.at, text::at(&self.at))?;
        spelt(&self.what, text::what(&self.what).map(|()| self.what.clone()))?;
        self.options.check()
    }

    /// Returns the source of the mount, as `mount.nfs(8)` takes it: `10.0.0.1:/tank/a`, `[fd00::1]:/tank/a`.
    #[must_use]
    pub fn source(&self) -> String {
        let Self { server, what, .. } = self;
        if server.parse::<Ipv6Addr>().is_ok() {
            format!("[{server}]:{what}")
        } else {
            format!("{server}:{what}")
        }
    }

    /// Returns the type of file system that mounts it: `nfs` for version 3, else `nfs4`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        if self.options.vers == Version::V3 { "nfs" } else { "nfs4" }
    }
}

/// Says why a text is not in its one spelling, by what was read of it.
pub(crate) fn spelt(text: &str, one: Result<Box<str>, &'static str>) -> Result<(), String> {
    match one {
        Ok(one) if *one == *text => Ok(()),
        Ok(_) => Err(format!("{text:?} is not how this is kept")),
        Err(reason) => Err(format!("{text:?}: {reason}")),
    }
}

/// Reads the source of a mount; returns the server and the path there.
pub(crate) fn source(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:"),
        None => text.split_once(':'),
    }
}
