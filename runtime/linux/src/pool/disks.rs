//! Devices: what a path leads to, which disk a partition is part of, and what is on it.
//!
//! A disk is blank where libblkid knows no signature on it and it has no partition table, but for the
//! one that ZFS makes: partitions 1 and 9, the latter of 8 MiB, and nothing on either. That is what
//! `zpool labelclear` and a refused `zpool create` leave.

use crate::{LinuxPaths, backing::backing, paths::entries};
use phoenix_host::{
    HostError,
    error::{failed, unreadable},
    observed::{Found, Label},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::Path,
};

/// The size of the ninth partition that ZFS makes on a whole disk, in sectors of 512 bytes (8 MiB).
const RESERVED_SECTORS: &str = "16384";

/// Finds the device that a path leads to; nothing where there is none.
pub fn device(path: &str) -> Option<Box<str>> {
    let found = Path::new(path).canonicalize().ok()?;
    Some(found.to_str()?.into())
}

/// Finds the device of a path that `zpool status -P` shows. udev takes a moment to link new partitions,
/// so a partition's link that is not there yet is found by its disk's.
pub fn shown_device(path: &str) -> Box<str> {
    device(path).or_else(|| device(path.strip_suffix("-part1")?)).unwrap_or_else(|| path.into())
}

/// Lists the stable names of all devices: the links in `/dev/disk/by-id`, by what they lead to.
///
/// # Errors
/// Where the folder is there and cannot be read.
pub fn names(paths: &LinuxPaths) -> Result<BTreeMap<Box<str>, BTreeSet<Box<str>>>, HostError> {
    let entries = match fs::read_dir(&paths.disk_links) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed("read", &paths.disk_links, error)),
    };
    let mut found: BTreeMap<Box<str>, BTreeSet<Box<str>>> = BTreeMap::new();
    for link in entries.flatten().filter_map(|entry| Some(entry.path().to_str()?.to_owned())) {
        if let Some(device) = device(&link) {
            found.entry(device).or_default().insert(link.into());
        }
    }
    Ok(found)
}

/// Returns the kernel's name of a device: `vdb1` of `/dev/vdb1`.
fn kernel_name(device: &str) -> &str {
    device.rsplit('/').next().unwrap_or(device)
}

/// The partitions of a disk: each with its number.
fn partitions(paths: &LinuxPaths, device: &str) -> BTreeMap<u32, Box<str>> {
    let folder = paths.sys.join("class/block").join(kernel_name(device));
    entries(&folder)
        .into_iter()
        .filter_map(|name| {
            let number = fs::read_to_string(folder.join(&name).join("partition")).ok()?;
            Some((number.trim().parse().ok()?, format!("/dev/{name}").into()))
        })
        .collect()
}

/// Returns the disk that a partition is part of; nothing where the device is no partition.
pub fn whole_disk(paths: &LinuxPaths, device: &str) -> Option<Box<str>> {
    let folder = paths.sys.join("class/block").join(kernel_name(device));
    fs::metadata(folder.join("partition")).ok()?;
    let name = folder.canonicalize().ok()?.parent()?.file_name()?.to_str()?.to_owned();
    Some(format!("/dev/{name}").into())
}

/// Returns whether a disk has exactly the partitions that ZFS makes when it is given the whole disk.
pub fn has_zfs_partitions(paths: &LinuxPaths, disk: &str) -> bool {
    let found = partitions(paths, disk);
    let numbers: Vec<u32> = found.keys().copied().collect();
    let reserved = found.get(&9).and_then(|device| {
        fs::read_to_string(paths.sys.join("class/block").join(kernel_name(device)).join("size")).ok()
    });
    numbers == [1, 9] && reserved.is_some_and(|sectors| sectors.trim() == RESERVED_SECTORS)
}

/// Returns the device that a vdev's disk is to be compared by: the partition where a spec names it
/// (`named` holds the devices that a spec's paths lead to), else the whole disk where ZFS was given it.
pub fn vdev_device(paths: &LinuxPaths, shown: &str, named: &BTreeSet<Box<str>>) -> Box<str> {
    let device = shown_device(shown);
    if named.contains(&device) {
        return device;
    }
    match whole_disk(paths, &device) {
        Some(disk) if has_zfs_partitions(paths, &disk) => disk,
        _ => device,
    }
}

/// Returns the path that a pool was given, of the one that `zpool status -P` shows: where the device is
/// the whole disk, the path of that.
pub fn given(shown: &str, device: &str) -> Box<str> {
    let whole = [shown.strip_suffix("-part1"), shown.strip_suffix("p1"), shown.strip_suffix('1')];
    let is_whole = |path: &str| self::device(path).as_deref() == Some(device);
    if is_whole(shown) {
        return shown.into();
    }
    let gone = shown.strip_suffix("-part1").filter(|_| self::device(shown).is_none());
    whole.into_iter().flatten().find(|path| is_whole(path)).or(gone).unwrap_or(shown).into()
}

/// Returns where the label of a pool is that was given a disk: on its first partition, where ZFS made that.
pub fn label_place(paths: &LinuxPaths, disk: &str) -> String {
    let whole = device(disk).filter(|device| has_zfs_partitions(paths, device));
    let Some(first) = whole.and_then(|device| partitions(paths, &device).remove(&1)) else {
        return disk.to_owned();
    };
    let link = format!("{disk}-part1");
    if device(&link).is_some_and(|device| device == first) { link } else { first.into() }
}

/// One signature as `wipefs --no-act --json` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Signature {
    device: Box<str>,
    #[serde(rename = "type")]
    kind: Box<str>,
    uuid: Option<Box<str>>,
    label: Option<Box<str>>,
}

#[derive(Deserialize)]
struct Wipefs {
    signatures: Vec<Signature>,
}

/// How much of a device's beginning and end is read, in bytes.
const EDGE: u64 = 1 << 20;

/// Returns whether a device without partitions has bytes other than zero at its beginning or its end. One
/// that cannot be read has none that are known.
pub fn is_written(paths: &LinuxPaths, device: &str) -> bool {
    let edges = || -> std::io::Result<bool> {
        let mut file = fs::File::open(device)?;
        let size = file.seek(SeekFrom::End(0))?;
        let mut written = false;
        for start in [0, size.saturating_sub(EDGE)] {
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            (&file).take(EDGE).read_to_end(&mut bytes)?;
            written |= bytes.iter().any(|byte| *byte != 0);
        }
        Ok(written)
    };
    partitions(paths, device).is_empty() && edges().unwrap_or(false)
}

/// What is to be asked `wipefs` for a set of devices: themselves and their partitions.
pub fn probed(paths: &LinuxPaths, devices: &BTreeSet<Box<str>>) -> Vec<Box<str>> {
    let parts = devices.iter().flat_map(|device| partitions(paths, device).into_values());
    let all: BTreeSet<Box<str>> = devices.iter().cloned().chain(parts).collect();
    all.into_iter().collect()
}

/// What was found on devices.
#[derive(Debug, Default)]
pub struct Findings {
    signatures: Vec<Signature>,
    /// Devices in use, each with the way it is: `mounted at /srv`.
    used: Vec<(Box<str>, String)>,
}

/// Reads what `wipefs` said.
///
/// # Errors
/// Where it is not the JSON that it should be.
pub fn findings(paths: &LinuxPaths, wipefs: &str) -> Result<Findings, HostError> {
    // Without a single signature some versions print nothing at all.
    let signatures = if wipefs.trim().is_empty() {
        Vec::new()
    } else {
        serde_json::from_str::<Wipefs>(wipefs)
            .map_err(|error| unreadable("wipefs", &error.to_string(), wipefs))?
            .signatures
    };
    let read = |name: &str| {
        let bytes = fs::read(paths.proc.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut used = in_use(&read("self/mounts"), &read("swaps"));
    let held = backing(paths).into_iter().filter(|(_, path)| path.starts_with("/dev"));
    used.extend(held.filter_map(|(user, path)| Some((real(path.to_str()?), format!("in use by {user}")))));
    Ok(Findings { signatures, used })
}

/// Reads `/proc/self/mounts` and `/proc/swaps` for devices.
fn in_use(mounts: &str, swaps: &str) -> Vec<(Box<str>, String)> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (source, target, kind) = (words.next()?, words.next()?, words.next()?);
        // Any user may mount by FUSE, and say that it is any device.
        let claimed = kind == "fuse" || kind.starts_with("fuse.");
        (source.starts_with('/') && !claimed).then(|| (real(source), format!("mounted at {target}")))
    });
    let swap = swaps.lines().skip(1).filter_map(|line| {
        let source = line.split_whitespace().next()?;
        source.starts_with('/').then(|| (real(source), "in use as swap".to_owned()))
    });
    mounted.chain(swap).collect()
}

fn real(path: &str) -> Box<str> {
    device(path).unwrap_or_else(|| path.into())
}

impl Findings {
    /// Tells all that is on a device and its partitions, in words for people. Nothing is a blank device.
    pub fn on(&self, paths: &LinuxPaths, device: &str) -> Vec<Found> {
        self.besides(paths, device, |_| false)
    }

    /// Returns where a device has the label of this pool, by its GUID, if it has that and nothing else.
    pub fn label_alone(&self, paths: &LinuxPaths, device: &str, pool: u64) -> Option<Box<str>> {
        let guid = pool.to_string();
        let own = |found: &Signature| &*found.kind == "zfs_member" && found.uuid.as_deref() == Some(&*guid);
        let parts = partitions(paths, device);
        let place = std::iter::once(device)
            .chain(parts.values().map(|part| &**part))
            .find(|part| self.signatures_on(part).any(own))?;
        self.besides(paths, device, own).is_empty().then(|| place.into())
    }

    fn besides(&self, paths: &LinuxPaths, device: &str, known: impl Fn(&Signature) -> bool) -> Vec<Found> {
        let parts = partitions(paths, device);
        let mut things = Vec::new();
        for part in std::iter::once(device).chain(parts.values().map(|part| &**part)) {
            let place = if part == device {
                String::new()
            } else {
                format!(" on its partition {}", kernel_name(part))
            };
            let used = self.used.iter().filter(|(used, _)| **used == *part);
            things.extend(used.map(|(_, how)| Found::other(format!("{how}{place}"))));
            let held = holders(paths, part).into_iter();
            things.extend(held.map(|holder| Found::other(format!("in use by {holder}{place}"))));
            let found: BTreeSet<Found> = self
                .signatures_on(part)
                .filter(|found| !found.is_table() && !known(found))
                .map(Signature::describe)
                .collect();
            things.extend(found.into_iter().map(|thing| Found { words: thing.words + &place, ..thing }));
        }
        let tables: BTreeSet<&str> = self
            .signatures_on(device)
            .filter(|found| found.is_table() && &*found.kind != "PMBR")
            .map(|found| &*found.kind)
            .collect();
        let zfs = tables.iter().all(|kind| *kind == "gpt") && has_zfs_partitions(paths, device);
        if things.is_empty() && !zfs {
            things.extend(tables.into_iter().map(|kind| Found::other(format!("a partition table ({kind})"))));
            if things.is_empty() && !parts.is_empty() {
                things.push(Found::other("a partition table".to_owned()));
            }
        }
        things
    }

    fn signatures_on<'a>(&'a self, device: &'a str) -> impl Iterator<Item = &'a Signature> {
        self.signatures.iter().filter(move |found| *found.device == *kernel_name(device))
    }
}

/// Reads what `zdb -l` says of a device and returns whether its label is that of an exported pool. `zpool`
/// takes no such disk, also where that pool is imported since and the disk is none of its own any more: as
/// after a return to a checkpoint.
pub fn is_exported(zdb: &str) -> bool {
    zdb.lines().any(|line| line == "    state: 1")
}

/// Who holds a device open in the kernel: `dm-0`, `md127`.
fn holders(paths: &LinuxPaths, device: &str) -> Vec<String> {
    entries(&paths.sys.join("class/block").join(kernel_name(device)).join("holders"))
}

impl Signature {
    fn is_table(&self) -> bool {
        matches!(&*self.kind, "gpt" | "dos" | "PMBR" | "mac" | "sun" | "bsd" | "sgi" | "atari")
    }

    fn describe(&self) -> Found {
        let label = self.label.as_deref().filter(|label| !label.is_empty());
        let named = label.map_or_else(String::new, |label| format!(" \"{label}\""));
        Found::other(match &*self.kind {
            "zfs_member" => {
                return Found::label(label.map_or(Label::Nameless, |label| Label::Of(label.into())));
            }
            "swap" => format!("swap space{named}"),
            "linux_raid_member" => format!("a part of a RAID array (md){named}"),
            "LVM2_member" => format!("an LVM physical volume{named}"),
            "crypto_LUKS" => format!("an encrypted volume (LUKS){named}"),
            "bcache" | "ceph_bluestore" | "drbd" => format!("data of {}{named}", self.kind),
            kind => {
                let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                format!("{article} {kind} file system{named}")
            }
        })
    }
}

#[cfg(test)]
mod tests;
