//! Who uses a file system or a volume: read from `/proc` and `/sys`, without a process of our own.
//!
//! A file system is in use by whoever has its working folder, its root, its program, an open file or a
//! mapped one on it; by another mount namespace that has it mounted; and by NFS clients with files open
//! on it. A volume is in use by whoever has its device open, by what is mounted or swapped from it, and
//! by devices that lie over it. What the kernel itself holds open is told by `backing`.

use crate::{
    LinuxPaths,
    backing::backing,
    mountinfo::{self, Device, MountEntry, numbers},
    paths::entries,
};
use phoenix_graph::{DatasetName, plain::plain};
use phoenix_host::{HostError, text::complaints::Complaint};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The most users of one dataset that are named.
const MOST: usize = 8;

/// Who uses some datasets; those that nobody uses are left out.
pub struct Users {
    /// All of them, in words for people.
    pub all: BTreeMap<DatasetName, Vec<String>>,
    /// The addresses of NFS clients among them.
    pub nfs: BTreeMap<DatasetName, BTreeSet<Box<str>>>,
}

/// Says who uses these datasets. What cannot be read (a process that has just ended, or another user's) counts as no
/// use: this only ever adds to what the system says.
pub fn users<'a>(paths: &LinuxPaths, datasets: impl IntoIterator<Item = (&'a DatasetName, bool)>) -> Users {
    let mut search = Search::new(paths);
    let (volumes, systems): (Vec<_>, Vec<_>) = datasets.into_iter().partition(|(_, volume)| *volume);
    let own = mounts(&paths.proc.join("self/mountinfo"));
    let here: BTreeMap<&str, &MountEntry> =
        own.iter().filter(|mount| mount.kind == "zfs").map(|mount| (&*mount.source, mount)).collect();
    for (name, _) in systems {
        match here.get(name.as_str()) {
            Some(mount) => {
                search.devices.insert(mount.device, name.clone());
                search.groups.extend(mount.shared.clone());
            }
            None => drop(search.elsewhere.insert(name.clone())),
        }
    }
    for (name, _) in volumes {
        search.volume(name, &own);
    }
    if !search.devices.is_empty() || !search.blocks.is_empty() || !search.elsewhere.is_empty() {
        search.processes();
        search.nfs_clients();
        search.kernel(&own);
    }
    let all = search.found.into_iter().map(|(name, users)| (name, told(users))).collect();
    Users { all, nfs: search.nfs }
}

/// Names who uses a dataset that is busy. Where nobody shows, the error stays as it is.
pub fn named(paths: &LinuxPaths, dataset: &DatasetName, volume: bool, error: HostError) -> HostError {
    if !error.complains_of(Complaint::Busy) {
        return error;
    }
    match users(paths, [(dataset, volume)]).all.remove(dataset) {
        Some(users) => HostError::Busy { error: Box::new(error), users },
        None => error,
    }
}

/// Lists each user once; of very many the first ones, and how many more there are.
fn told(users: BTreeSet<String>) -> Vec<String> {
    let more = users.len().saturating_sub(MOST);
    let mut told: Vec<String> = users.into_iter().take(MOST).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told
}

struct Search<'p> {
    paths: &'p LinuxPaths,
    /// The file systems that are mounted, by the device number that their files have.
    devices: BTreeMap<Device, DatasetName>,
    /// The file systems that are not mounted here: another mount namespace may have them.
    elsewhere: BTreeSet<DatasetName>,
    /// The groups that the mounts here propagate to.
    groups: BTreeSet<String>,
    /// The volumes, by the numbers of their devices and of the partitions on them.
    blocks: BTreeMap<Device, DatasetName>,
    found: BTreeMap<DatasetName, BTreeSet<String>>,
    /// The addresses of NFS clients.
    nfs: BTreeMap<DatasetName, BTreeSet<Box<str>>>,
}

impl<'p> Search<'p> {
    fn new(paths: &'p LinuxPaths) -> Self {
        Self {
            paths,
            devices: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
            groups: BTreeSet::new(),
            blocks: BTreeMap::new(),
            found: BTreeMap::new(),
            nfs: BTreeMap::new(),
        }
    }

    fn tell(&mut self, name: &DatasetName, user: String) {
        self.found.entry(name.clone()).or_default().insert(user);
    }

    /// Looks at a volume's device: what is mounted from it, swapped to it, and what lies over it.
    fn volume(&mut self, name: &DatasetName, own: &[MountEntry]) {
        let link = self.paths.dev.join("zvol").join(name.as_str());
        let Some(device) = fs::canonicalize(link)
            .ok()
            .and_then(|path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned))
        else {
            return;
        };
        let swaps = lossy(&self.paths.proc.join("swaps"));
        let folder = self.paths.sys.join("block").join(&device);
        let partitions = entries(&folder).into_iter().filter(|part| part.starts_with(&device));
        let places = partitions.map(|part| (folder.join(&part), part)).collect::<Vec<_>>();
        for (place, device) in std::iter::once((folder, device)).chain(places) {
            if let Some(number) = number_in(&place.join("dev")) {
                self.blocks.insert(number, name.clone());
                for mount in own.iter().filter(|mount| mount.device == number) {
                    self.tell(name, format!("mounted at {}", mount.place.display()));
                }
            }
            for holder in entries(&place.join("holders")) {
                let mapped = fs::read_to_string(place.join("holders").join(&holder).join("dm/name"));
                let mapped = mapped.map_or_else(|_| String::new(), |name| format!(" ({})", name.trim()));
                self.tell(name, format!("the device {holder}{mapped} over it"));
            }
            let path = format!("/dev/{device}");
            if swaps.lines().any(|line| line.split_whitespace().next() == Some(&path)) {
                self.tell(name, "swap space on it".to_owned());
            }
        }
    }

    /// Looks at every process.
    fn processes(&mut self) {
        // Processes share mount namespaces: each is read once.
        let mut namespaces: BTreeMap<PathBuf, Vec<(PathBuf, DatasetName)>> = BTreeMap::new();
        let own = fs::read_link(self.paths.proc.join("self/ns/mnt")).ok();
        for entry in entries(&self.paths.proc) {
            let Ok(pid) = entry.parse::<u32>() else { continue };
            let process = Process { folder: self.paths.proc.join(&entry), pid };
            let Ok(namespace) = fs::read_link(process.folder.join("ns/mnt")) else { continue };
            if !namespaces.contains_key(&namespace) {
                let other = own.as_ref().is_some_and(|own| *own != namespace);
                let places = self.namespace(&process, other);
                namespaces.insert(namespace.clone(), places);
            }
            let places = namespaces.get(&namespace).map(Vec::as_slice).unwrap_or_default();
            let used = self.used_by(&process, places);
            if !used.is_empty() && !process.is_passing() {
                let user = process.told();
                for name in used {
                    self.tell(&name, user.clone());
                }
            }
        }
    }

    /// Returns where a mount namespace has the file systems that are searched for.
    fn namespace(&mut self, process: &Process, other: bool) -> Vec<(PathBuf, DatasetName)> {
        let mut places = Vec::new();
        for mount in mounts(&process.folder.join("mountinfo")) {
            let here = self.devices.get(&mount.device).cloned();
            let unmounted = || {
                let name = DatasetName::seen(&mount.source).ok().filter(|_| mount.kind == "zfs")?;
                self.elsewhere.contains(&name).then_some(name)
            };
            let Some(name) = here.clone().or_else(unmounted) else { continue };
            // What was propagated from here goes along when it is unmounted here; services of systemd
            // have such mounts of everything.
            let goes_along =
                mount.is_slave || mount.shared.as_ref().is_some_and(|group| self.groups.contains(group));
            if other && !(here.is_some() && goes_along) {
                let place = mount.place.display();
                self.tell(
                    &name,
                    format!("{}, in whose mount namespace it is mounted at {place}", process.told()),
                );
            }
            self.devices.entry(mount.device).or_insert_with(|| name.clone());
            places.push((mount.place, name));
        }
        places
    }

    /// Says what a process uses: by its folder, root, program, open files and maps.
    fn used_by(&self, process: &Process, places: &[(PathBuf, DatasetName)]) -> BTreeSet<DatasetName> {
        let mut used = BTreeSet::new();
        let files = entries(&process.folder.join("fd")).into_iter().map(|file| format!("fd/{file}"));
        for link in ["cwd", "root", "exe"].map(str::to_owned).into_iter().chain(files) {
            let link = process.folder.join(link);
            let Ok(target) = fs::read_link(&link) else { continue };
            // Only what lies where one of the file systems is mounted, or among the devices, is asked for
            // more: a file on a server that does not answer would be waited for without end.
            let device = !self.blocks.is_empty() && target.starts_with("/dev");
            if !device && !places.iter().any(|(place, _)| target.starts_with(place)) {
                continue;
            }
            let Ok(found) = fs::metadata(&link) else { continue };
            used.extend(self.devices.get(&split(found.dev())).cloned());
            if device {
                used.extend(self.blocks.get(&split(found.rdev())).cloned());
            }
        }
        if !places.is_empty() {
            let maps = lossy(&process.folder.join("maps"));
            let mapped = maps.lines().filter_map(|line| numbers(line.split_whitespace().nth(3)?, 16));
            used.extend(mapped.filter_map(|device| self.devices.get(&device).cloned()));
        }
        used
    }

    /// Looks at what the kernel itself holds open. Where a file lies is told by the mounts alone: it may
    /// have been deleted since.
    fn kernel(&mut self, own: &[MountEntry]) {
        for (user, path) in backing(self.paths) {
            let found = if path.starts_with("/dev") {
                fs::metadata(&path).ok().and_then(|found| self.blocks.get(&split(found.rdev())))
            } else {
                let around = own.iter().filter(|mount| path.starts_with(&mount.place));
                // Of mounts at one place the last lies on top.
                let mount = around.max_by_key(|mount| mount.place.components().count());
                mount.and_then(|mount| self.devices.get(&mount.device))
            };
            if let Some(name) = found.cloned() {
                self.tell(&name, user);
            }
        }
    }

    /// Looks at the files that NFS clients have open (`/proc/fs/nfsd/clients`, Linux 5.3 and later).
    fn nfs_clients(&mut self) {
        let folder = self.paths.proc.join("fs/nfsd/clients");
        for client in entries(&folder) {
            let client = folder.join(client);
            let states = lossy(&client.join("states"));
            let info = lossy(&client.join("info"));
            let address = info.lines().find_map(|line| line.strip_prefix("address: ")).unwrap_or("?");
            let address = plain(address.trim_matches('"'));
            for state in states.lines() {
                // superblock: "00:1b:34", the inode last; all but the inode in hexadecimal digits
                let Some(superblock) = state.split("superblock: \"").nth(1) else { continue };
                let mut parts = superblock.split(['"', ':']);
                let device =
                    [parts.next(), parts.next()].map(|part| u32::from_str_radix(part.unwrap_or(""), 16));
                let [Ok(major), Ok(minor)] = device else { continue };
                if let Some(name) = self.devices.get(&(major, minor)).cloned() {
                    self.tell(&name, format!("the NFS client {address}"));
                    self.nfs.entry(name).or_default().insert(address.as_ref().into());
                }
            }
        }
    }
}

struct Process {
    folder: PathBuf,
    pid: u32,
}

impl Process {
    /// Names the process: its number and its command.
    fn told(&self) -> String {
        const LONGEST: usize = 60;
        let line = fs::read(self.folder.join("cmdline")).unwrap_or_default();
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let mut command = words.join(" ");
        if command.is_empty() {
            command = self.command();
        }
        if command.chars().count() > LONGEST {
            command = command.chars().take(LONGEST).chain(['…']).collect();
        }
        format!("process {} ({})", self.pid, plain(&command))
    }

    fn command(&self) -> String {
        lossy(&self.folder.join("comm")).trim().to_owned()
    }

    /// udev opens a new device for a moment, to probe it, and lets go by itself.
    fn is_passing(&self) -> bool {
        ["(udev-worker)", "systemd-udevd", "udevadm"].contains(&self.command().as_str())
    }
}

/// What is mounted; nothing where the process has just ended.
fn mounts(path: &Path) -> Vec<MountEntry> {
    mountinfo::read(path).unwrap_or_default()
}

/// Reads a file's text, with whatever is none replaced: one strange path hides no other line.
fn lossy(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

fn number_in(path: &Path) -> Option<Device> {
    numbers(&fs::read_to_string(path).ok()?, 10)
}

fn split(device: u64) -> Device {
    (rustix::fs::major(device), rustix::fs::minor(device))
}

#[cfg(test)]
mod tests;
