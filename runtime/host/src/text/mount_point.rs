//! Reads and writes a mount point of a container as its configuration has it: `/tank/media,mp=/media,ro=1`.
//!
//! The part without a name is the volume, whatever stands before it, and the others are `name=value` in any order.
//! Proxmox writes them back in an order of its own, so that only what was read can be compared.

use super::package_version::PackageVersion;
use crate::observed::mount::plain;
use phoenix_graph::{check::guest, id_map::MountMap};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A mount point of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountPoint {
    /// A path of the host, or a volume of a storage.
    pub volume: Box<str>,
    /// The path inside of the container, in its one spelling.
    pub at: Box<str>,
    /// What else is said: booleans as `0` and `1`, mount options sorted; nothing that holds anyway.
    pub options: BTreeMap<Box<str>, Box<str>>,
}

/// What holds of a bind mount point where nothing is said. Its size is told nowhere, and means nothing.
const DEFAULTS: &[(&str, &str)] =
    &[("backup", "0"), ("keepattrs", "0"), ("quota", "0"), ("replicate", "1"), ("ro", "0"), ("shared", "0")];

/// The options that are on or off.
pub const SWITCHES: &[&str] = &["acl", "backup", "keepattrs", "quota", "replicate", "ro", "shared"];

/// The options that came later, each with the first version of `pve-container` that knows it.
pub const LATER: &[(&str, PackageVersion)] =
    &[("idmap", PackageVersion(6, 1, 6)), ("keepattrs", PackageVersion(6, 1, 2))];

/// How many mount points a container can have.
pub const MOST: u16 = 256;

/// Reads the number of a mount point's key, as Proxmox writes it: `mp0` to `mp255`.
#[must_use]
pub fn number(key: &str) -> Option<u16> {
    let digits = key.strip_prefix("mp")?;
    let number = digits.parse::<u16>().ok().filter(|number| number.to_string() == digits)?;
    (number < MOST).then_some(number)
}

/// Reads what is on or off, in any of Proxmox's words; returns `1` or `0`.
#[must_use]
pub fn switch(word: &str) -> Option<&'static str> {
    match word {
        "1" | "on" | "yes" | "true" => Some("1"),
        "0" | "off" | "no" | "false" => Some("0"),
        _ => None,
    }
}

impl MountPoint {
    /// Makes a mount point of what is said of it.
    #[must_use]
    pub fn new(volume: &str, at: &str, options: &BTreeMap<Box<str>, Box<str>>) -> Self {
        let mut options = options.clone();
        options.retain(|name, value| !DEFAULTS.contains(&(&**name, &**value)));
        MountPoint { volume: one_spelling(volume), at: one_spelling(at), options }
    }

    /// Reads one; nothing where it is none that Proxmox takes.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut said: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
        for part in text.split(',') {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) if !name.is_empty() && !value.is_empty() => (name, value),
                Some(_) => return None,
                None if part.is_empty() => return None,
                None => ("volume", part),
            };
            if said.insert(name.into(), canonical(name, value)?).is_some() {
                return None;
            }
        }
        let (volume, at) = (said.remove("volume")?, said.remove("mp")?);
        said.remove("size");
        Some(Self::new(&volume, &at, &said))
    }

    /// Returns whether it is a folder of the host, and no device and no volume of a storage.
    #[must_use]
    pub fn is_bind(&self) -> bool {
        self.volume.starts_with('/') && !self.volume.starts_with("/dev/")
    }
}

impl fmt::Display for MountPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},mp={}", self.volume, self.at)?;
        self.options.iter().try_for_each(|(name, value)| write!(f, ",{name}={value}"))
    }
}

fn canonical(name: &str, value: &str) -> Option<Box<str>> {
    if SWITCHES.contains(&name) {
        return switch(value).map(Box::from);
    }
    if name == "idmap" {
        // One that is not read here is Proxmox's to judge.
        return Some(MountMap::read(value).map_or_else(|_| value.into(), |map| map.to_string().into()));
    }
    if name == "mountoptions" {
        return Some(guest::mount_options(value.split(';')).into());
    }
    Some(value.into())
}

/// Proxmox takes a path as it is given: `/data/`, `//data` and, inside, `data` are all the same folder.
fn one_spelling(path: &str) -> Box<str> {
    if path.contains(':') && !path.starts_with('/') {
        return path.into();
    }
    plain(path).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> MountPoint {
        MountPoint::read(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn the_order_the_spelling_and_what_holds_anyway_make_no_difference() {
        let whole =
            "ro=yes,shared=0,mp=data/,replicate=on,mountoptions=nosuid;noatime,backup=0,volume=/a//b/";
        let point = read(whole);
        assert_eq!(point.to_string(), "/a/b,mp=/data,mountoptions=noatime;nosuid,ro=1");
        assert_eq!(read(&point.to_string()), point);
        assert_eq!(read("/a/b,mp=/data,size=1G"), read("/a/b,mp=/data"));
        assert_eq!(
            read("/a,mp=/b,idmap=u:0:5:1;g:33:33:01;u:7:7:1"),
            read("/a,mp=/b,idmap=u:0:5:1;u:7:7:1;g:33:33:1")
        );
        assert_ne!(read("/a/b,mp=/data,acl=0"), read("/a/b,mp=/data"));
    }

    #[test]
    fn what_proxmox_does_not_take_is_none() {
        for text in
            ["", "/a", "mp=/x", "/a,mp=/x,ro=1,ro=0", "/a,/b,mp=/x", "/a,mp=/x,", "/a,mp=", "/a,mp=/x,ro=2"]
        {
            assert_eq!(MountPoint::read(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_folder_of_the_host_is_a_bind() {
        let is = |text: &str| read(text).is_bind();
        assert!(
            is("/tank/a,mp=/a")
                && !is("/dev/zvol/tank/a,mp=/a")
                && !is("vms:subvol-101-disk-1,mp=/a,size=1G")
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            volume in "(/[a-zA-Z0-9 :._-]{1,8}){1,3}",
            at in "(/[a-zA-Z0-9 ._-]{1,8}){1,3}",
            ro in any::<bool>(),
            words in proptest::sample::subsequence(phoenix_graph::check::guest::MOUNT_OPTIONS, 1..3),
        ) {
            let mut options: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
            options.insert("ro".into(), if ro { "1" } else { "0" }.into());
            options.insert("mountoptions".into(), words.join(";").into());
            let point = MountPoint::new(&volume, &at, &options);
            prop_assert_eq!(MountPoint::read(&point.to_string()), Some(point));
        }
    }
}
