//! How an NFS mount is made: the options of `nfs(5)` that a spec can say, and when it is mounted.

use crate::Seconds;
use serde::{Deserialize, Serialize};
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// How many connections a client can have to a server.
pub const CONNECTIONS: RangeInclusive<u8> = 1..=16;

/// How long a mount may be waited for, or stay unused, in seconds: a week at most.
pub const TIMEOUT: RangeInclusive<u64> = 1..=604_800;

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    #[serde(rename = "3")]
    V3,
    #[serde(rename = "4")]
    V4,
    #[serde(rename = "4.1")]
    V41,
    #[serde(rename = "4.2")]
    V42,
}

impl Version {
    /// All versions, the oldest first.
    pub const ALL: [Self; 4] = [Self::V3, Self::V4, Self::V41, Self::V42];
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V3 => "3",
            Self::V4 => "4",
            Self::V41 => "4.1",
            Self::V42 => "4.2",
        })
    }
}

/// Says that a text is no version of NFS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is \"3\", \"4\", \"4.1\" or \"4.2\"")]
pub struct VersionError;

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::ALL.into_iter().find(|version| version.to_string() == text).ok_or(VersionError)
    }
}

/// A security flavour (`nfs(5)`, `sec=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    Sys,
    Krb5,
    Krb5i,
    Krb5p,
}

impl Flavour {
    /// All flavours, the weakest first.
    pub const ALL: [Self; 4] = [Self::Sys, Self::Krb5, Self::Krb5i, Self::Krb5p];
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sys => "sys",
            Self::Krb5 => "krb5",
            Self::Krb5i => "krb5i",
            Self::Krb5p => "krb5p",
        })
    }
}

/// Says that a text is no security flavour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a flavour is `sys`, `krb5`, `krb5i` or `krb5p`")]
pub struct FlavourError;

impl FromStr for Flavour {
    type Err = FlavourError;

    fn from_str(text: &str) -> Result<Self, FlavourError> {
        Self::ALL.into_iter().find(|flavour| flavour.to_string() == text).ok_or(FlavourError)
    }
}

/// That something is mounted when it is first used, and not at boot (`systemd.automount(5)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Automount {
    /// After how many seconds without use it is unmounted; nothing where it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<u64>,
}

/// Says why no spec says when something is mounted, and how long that may take.
pub(crate) fn check_when(automount: Option<Automount>, mount_timeout: Option<u64>) -> Result<(), String> {
    let idle = automount.and_then(|automount| automount.idle_timeout);
    match idle.into_iter().chain(mount_timeout).find(|seconds| !TIMEOUT.contains(seconds)) {
        Some(seconds) => Err(format!("{seconds} seconds are not 1s to 1w")),
        None => Ok(()),
    }
}

/// Lists what is told of when something is mounted, by name.
pub(crate) fn when_facts(
    automount: Option<Automount>,
    mount_timeout: Option<u64>,
) -> [(&'static str, Option<String>); 3] {
    let duration = |seconds: u64| Seconds(seconds).to_string();
    let idle = automount.and_then(|automount| automount.idle_timeout);
    [
        ("automount", Some(if automount.is_some() { "on" } else { "off" }.to_owned())),
        ("idle-timeout", idle.map(duration)),
        ("mount-timeout", mount_timeout.map(duration)),
    ]
}

/// Says a switch of a mount where it is on.
pub(crate) fn on(switch: bool) -> Option<String> {
    switch.then(|| "on".to_owned())
}

/// How an NFS mount is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NfsOptions {
    pub vers: Version,
    /// How many connections to the server there are, 1 to 16; nothing for what the client does by itself, which is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nconnect: Option<u8>,
    /// The security flavour; nothing where client and server agree on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sec: Option<Flavour>,
    #[serde(default, skip_serializing_if = "is_off")]
    pub ro: bool,
    /// Whether programs get an error where the server does not answer; else they wait.
    #[serde(default, skip_serializing_if = "is_off")]
    pub soft: bool,
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
pub(crate) fn is_off(switch: &bool) -> bool {
    !switch
}

impl Default for NfsOptions {
    /// What holds where a spec says nothing.
    fn default() -> Self {
        Self {
            vers: Version::V42,
            nconnect: None,
            sec: None,
            ro: false,
            soft: false,
            noatime: false,
            automount: Some(Automount::default()),
            mount_timeout: None,
        }
    }
}

impl NfsOptions {
    /// Says why no spec says them.
    ///
    /// # Errors
    /// The number that is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if let Some(connections) = self.nconnect.filter(|number| !CONNECTIONS.contains(number)) {
            return Err(format!("{connections} is no number of connections: there are 1 to 16"));
        }
        check_when(self.automount, self.mount_timeout)
    }

    /// Lists the options of the mount itself, as `nfs(5)` and `mount(8)` write them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![format!("vers={}", self.vers)];
        words.push(if self.soft { "soft" } else { "hard" }.to_owned());
        words.extend(self.ro.then(|| "ro".to_owned()));
        words.extend(self.noatime.then(|| "noatime".to_owned()));
        words.extend(self.nconnect.map(|number| format!("nconnect={number}")));
        words.extend(self.sec.map(|flavour| format!("sec={flavour}")));
        words
    }

    /// Lists what is told of them, by name.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let own = [
            ("nconnect", self.nconnect.map(|number| number.to_string())),
            ("noatime", on(self.noatime)),
            ("ro", on(self.ro)),
            ("sec", self.sec.map(|flavour| flavour.to_string())),
            ("soft", on(self.soft)),
            ("vers", Some(self.vers.to_string())),
        ];
        let when = when_facts(self.automount, self.mount_timeout);
        when.into_iter().chain(own).filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Reads one of the options of the mount itself; nothing where it is none that is written.
    pub(crate) fn read(&mut self, word: &str) -> Option<()> {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "vers" => self.vers = value.parse().ok()?,
            "nconnect" => self.nconnect = Some(value.parse().ok()?),
            "sec" => self.sec = Some(value.parse().ok()?),
            "hard" | "soft" => self.soft = name == "soft",
            "ro" => self.ro = true,
            "noatime" => self.noatime = true,
            _ => return None,
        }
        Some(())
    }

    /// What a reader begins with: nothing that has to be said is said yet.
    pub(crate) fn unread() -> Self {
        Self { automount: None, ..Self::default() }
    }
}
