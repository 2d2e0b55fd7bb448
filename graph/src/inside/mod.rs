//! What a machine mounts, whatever it comes by, as values.
//!
//! Each way to write a mount down for a machine is a module, with its strict reader: [`units`] of systemd, a line of
//! [`fstab`], and [`cloud_init`]. They take any mount that [`MachineMount::check`] lets through, and no text in one of
//! those ends a line, a word or a value.

pub mod cloud_init;
pub mod files;
pub mod fstab;
mod tag;
pub mod units;

pub use tag::{TagMount, TagOptions, VIRTIOFS};

use crate::nfs::{Automount, NfsMount, NfsOptions, source};

/// One mount of a machine: all that it has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineMount {
    /// Over NFS, from a server.
    Nfs(NfsMount),
    /// By virtiofs, from the host that it runs on.
    Tag(TagMount),
}

impl MachineMount {
    /// Says why it is no mount in its one spelling, which can be written down.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Nfs(mount) => mount.check(),
            Self::Tag(mount) => mount.check(),
        }
    }

    /// Returns the source of the mount, as `mount(8)` takes it.
    #[must_use]
    pub fn source(&self) -> String {
        match self {
            Self::Nfs(mount) => mount.source(),
            Self::Tag(mount) => mount.tag.to_string(),
        }
    }

    /// Returns the absolute path in the machine.
    #[must_use]
    pub fn at(&self) -> &str {
        match self {
            Self::Nfs(mount) => &mount.at,
            Self::Tag(mount) => &mount.at,
        }
    }

    /// Returns the type of file system that mounts it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nfs(mount) => mount.kind(),
            Self::Tag(_) => VIRTIOFS,
        }
    }

    /// Returns whether it needs the network.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Nfs(_))
    }

    /// Lists the options of the mount itself, as `mount(8)` writes them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        match self {
            Self::Nfs(mount) => mount.options.words(),
            Self::Tag(mount) => mount.options.words(),
        }
    }

    /// Returns how it is mounted when it is first used; nothing where that is at boot.
    #[must_use]
    pub fn automount(&self) -> Option<Automount> {
        match self {
            Self::Nfs(mount) => mount.options.automount,
            Self::Tag(mount) => mount.options.automount,
        }
    }

    /// Returns how many seconds mounting may take; nothing for what systemd has.
    #[must_use]
    pub fn mount_timeout(&self) -> Option<u64> {
        match self {
            Self::Nfs(mount) => mount.options.mount_timeout,
            Self::Tag(mount) => mount.options.mount_timeout,
        }
    }

    /// Begins to read one of this type: nothing that has to be said of how it is mounted is said yet.
    fn unread(kind: &str, from: &str, at: &str) -> Option<Self> {
        if kind == VIRTIOFS {
            let options = TagOptions::unread();
            return Some(Self::Tag(TagMount { tag: from.into(), at: at.into(), options }));
        }
        let (server, what) = source(from)?;
        let options = NfsOptions::unread();
        Some(Self::Nfs(NfsMount { server: server.into(), what: what.into(), at: at.into(), options }))
    }

    /// Reads one of the options of the mount itself; nothing where it is none that is written.
    fn read_word(&mut self, word: &str) -> Option<()> {
        match self {
            Self::Nfs(mount) => mount.options.read(word),
            Self::Tag(mount) => mount.options.read(word),
        }
    }

    /// Says when it is mounted, and how long that may take.
    fn set_when(&mut self, automount: Option<Automount>, mount_timeout: Option<u64>) {
        let (how, long) = match self {
            Self::Nfs(mount) => (&mut mount.options.automount, &mut mount.options.mount_timeout),
            Self::Tag(mount) => (&mut mount.options.automount, &mut mount.options.mount_timeout),
        };
        (*how, *long) = (automount, mount_timeout);
    }
}

#[cfg(test)]
mod tests;
