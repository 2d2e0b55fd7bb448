//! A directory of the host that a machine mounts by its tag (virtiofs).

use crate::{
    check::guest,
    nfs::{Automount, check_when, is_off, on, spelt, text, when_facts},
};
use serde::{Deserialize, Serialize};

/// The type of file system.
pub const VIRTIOFS: &str = "virtiofs";

/// One mount by virtiofs: all that the machine has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagMount {
    /// What the host calls the directory.
    pub tag: Box<str>,
    /// The absolute path at which the machine has it.
    pub at: Box<str>,
    /// How it is mounted.
    pub options: TagOptions,
}

/// How a mount by virtiofs is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TagOptions {
    #[serde(default, skip_serializing_if = "is_off")]
    pub ro: bool,
    #[serde(default, skip_serializing_if = "is_off")]
    pub noatime: bool,
    /// Nothing where it is mounted at boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automount: Option<Automount>,
    /// How many seconds mounting may take; nothing for what systemd has, 90 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount_timeout: Option<u64>,
}

impl TagMount {
    /// Says why it is no mount in its one spelling, which can be written down.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn check(&self) -> Result<(), String> {
        guest::mapping_id(&self.tag).map_err(|reason| format!("{:?}: {reason}", self.tag))?;
        spelt(&self.at, text::at(&self.at))?;
        check_when(self.options.automount, self.options.mount_timeout)
    }
}

impl TagOptions {
    /// Lists the options of the mount itself, as `mount(8)` writes them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![if self.ro { "ro" } else { "rw" }.to_owned()];
        words.extend(self.noatime.then(|| "noatime".to_owned()));
        words
    }

    /// Lists what is told of them, by name.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let own = [("noatime", on(self.noatime)), ("ro", on(self.ro))];
        let when = when_facts(self.automount, self.mount_timeout);
        when.into_iter().chain(own).filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Reads one of the options of the mount itself; nothing where it is none that is written.
    pub(super) fn read(&mut self, word: &str) -> Option<()> {
        match word {
            "rw" | "ro" => self.ro = word == "ro",
            "noatime" => self.noatime = true,
            _ => return None,
        }
        Some(())
    }

    /// What a reader begins with.
    pub(super) fn unread() -> Self {
        Self { ro: false, noatime: false, automount: None, mount_timeout: None }
    }
}
