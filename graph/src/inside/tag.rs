//! A directory of the host that a machine mounts by its tag (virtiofs).

use crate::{
    Seconds,
    check::guest,
    nfs::{Automount, TIMEOUT, text},
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_off(switch: &bool) -> bool {
    !switch
}

impl TagMount {
    /// Says why it is no mount in its one spelling, which can be written down.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn check(&self) -> Result<(), String> {
        guest::mapping_id(&self.tag).map_err(|reason| format!("{:?}: {reason}", self.tag))?;
        match text::at(&self.at) {
            Ok(one) if one == self.at => {}
            Ok(_) => return Err(format!("{:?} is not how this is kept", self.at)),
            Err(reason) => return Err(format!("{:?}: {reason}", self.at)),
        }
        let idle = self.options.automount.and_then(|automount| automount.idle_timeout);
        match idle.into_iter().chain(self.options.mount_timeout).find(|seconds| !TIMEOUT.contains(seconds)) {
            Some(seconds) => Err(format!("{seconds} seconds are not 1s to 1w")),
            None => Ok(()),
        }
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
        let on = |on: bool| if on { "on" } else { "off" }.to_owned();
        let duration = |seconds: u64| Seconds(seconds).to_string();
        let idle = self.automount.and_then(|automount| automount.idle_timeout);
        let said = [
            ("automount", Some(on(self.automount.is_some()))),
            ("idle-timeout", idle.map(duration)),
            ("mount-timeout", self.mount_timeout.map(duration)),
            ("noatime", self.noatime.then(|| on(true))),
            ("ro", self.ro.then(|| on(true))),
        ];
        said.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
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
