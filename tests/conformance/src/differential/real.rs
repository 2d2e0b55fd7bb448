//! The real side: phoenix's own host on this very machine, and a look at it in few processes.

use super::{
    act::{Act, Outcome},
    picture::{self, Depth, PROPERTIES, Picture},
    world::{EXPORTS, PROXMOX, PoolOf},
};
use phoenix_graph::{DatasetName, Disk, Mode};
use phoenix_host::{Host, observed::Directory};
use phoenix_linux::{LinuxHost, LinuxPaths, acl};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Read},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// This machine.
pub struct Real {
    host: LinuxHost,
    open: Vec<File>,
}

impl Real {
    /// Makes it.
    pub fn new() -> Self {
        // What does not end within a minute, even on a slow machine, waits for something.
        let (look, change) = (Duration::from_secs(120), Duration::from_secs(60));
        Real { host: LinuxHost::new(LinuxPaths::default()).with_limits(look, change), open: Vec::new() }
    }

    /// Does something.
    pub fn act(&mut self, act: &Act) -> Outcome {
        match act {
            Act::Op(op) => Outcome::of(self.host.perform(op)),
            Act::Write { path, kib } => {
                let written = incompressible(*kib).and_then(|bytes| fs::write(&**path, bytes));
                // What a quota is compared with is counted when the transaction group is written.
                let synced = written.and_then(|()| run("zpool", &["sync"]).map(drop));
                told(synced)
            }
            Act::Folder { path } => told(fs::create_dir(&**path)),
            Act::Exports { text } => told(write_exports(text)),
            Act::Use { path } => match File::open(&**path) {
                Ok(file) => {
                    self.open.push(file);
                    Outcome::Done
                }
                Err(error) => told(Err(error)),
            },
            Act::UseVolume { dataset } => match open_volume(dataset.as_str()) {
                Ok(file) => {
                    self.open.push(file);
                    Outcome::Done
                }
                Err(error) => told(Err(error)),
            },
            Act::DestroyLater { snapshot } => destroy_later(&snapshot.to_string()),
            Act::Receive { from, to } => receive(from.to_string().as_str(), to.as_str()),
            Act::LetGo => {
                self.open.clear();
                Outcome::Done
            }
        }
    }

    /// Takes a picture.
    pub fn picture(
        &self,
        pools: &[PoolOf],
        directories: &BTreeSet<DatasetName>,
        depth: Depth,
    ) -> Result<Picture, String> {
        let mut picture = Picture::new();
        add_mounts(&mut picture).map_err(|error| format!("the mounts cannot be read: {error}"))?;
        add_tree(&mut picture, Path::new("/"), |name| name.starts_with('q'))
            .map_err(|error| format!("the folders cannot be read: {error}"))?;
        if depth >= Depth::Datasets {
            add_datasets(&mut picture).map_err(|error| format!("the datasets cannot be read: {error}"))?;
        }
        if depth >= Depth::Pools {
            // Of the datasets this finds what is known already, or phoenix's look is wrong.
            let seen =
                self.host.observe(&picture::query(pools, directories)).map_err(|error| error.to_string())?;
            picture::add_datasets(&mut picture, &seen);
            picture::add_pools(&mut picture, &seen);
            picture::add_directories(&mut picture, &seen);
            picture::add_lists(&mut picture, &seen);
            picture::add_shares(&mut picture, &seen);
        }
        Ok(picture)
    }

    /// Partitions disks the way OpenZFS does, and returns the partitions: a pool is made on those much
    /// sooner than on whole disks, and each life makes two.
    pub fn partition(&self, disks: &[Disk; 3]) -> Result<[Disk; 3], String> {
        let told = |error: io::Error| format!("the disks cannot be partitioned: {error}");
        let parts = disks.clone().map(|disk| Disk(format!("{}-part1", disk.0).into()));
        if parts.iter().all(|part| Path::new(&*part.0).exists()) {
            return Ok(parts);
        }
        for disk in disks {
            run("zpool", &["create", "-f", "-m", "none", "--", "qparts", &disk.0]).map_err(told)?;
            run("zpool", &["destroy", "--", "qparts"]).map_err(told)?;
        }
        run("udevadm", &["settle", "--timeout=10"]).map_err(told)?;
        Ok(parts)
    }

    /// Makes the machine blank again. This is the test's own cleaning, of the lab's disks: it may force.
    pub fn clean(&mut self, pools: &[PoolOf]) -> Result<(), String> {
        self.open.clear();
        let told = |error: io::Error| format!("cleaning failed: {error}");
        // One that lies hidden is reached once what hides it is gone.
        let mut left = usize::MAX;
        loop {
            let mounts = mounts().map_err(told)?;
            let done = mounts.iter().rev().map(|mount| run("umount", &["--", &mount.path]));
            let errors: Vec<io::Error> = done.filter_map(Result::err).collect();
            match errors.into_iter().next() {
                Some(error) if mounts.len() >= left => return Err(told(error)),
                Some(_) => left = mounts.len(),
                None => break,
            }
        }
        let _ = run("udevadm", &["settle", "--timeout=10"]);
        for pool in pools {
            let name = pool.name.as_str();
            if run("zpool", &["list", "--", name]).is_err() {
                let imported = run("zpool", &["import", "-N", "-d", "/dev/disk/by-id", "--", name]);
                if imported.is_err() {
                    continue;
                }
            }
            run("zpool", &["destroy", "--", name]).map_err(told)?;
        }
        for entry in fs::read_dir("/").map_err(told)? {
            let entry = entry.map_err(told)?;
            if entry.file_name().to_string_lossy().starts_with('q') {
                fs::remove_dir_all(entry.path()).map_err(told)?;
            }
        }
        for (path, text) in PROXMOX {
            fs::write(path, text).map_err(told)?;
        }
        write_exports("").map_err(told)?;
        // Where nothing is exported, the tool may be away.
        let etab = fs::read("/var/lib/nfs/etab").unwrap_or_default();
        if etab.is_empty() { Ok(()) } else { run("exportfs", &["-ra"]).map(drop).map_err(told) }
    }
}

fn write_exports(text: &str) -> io::Result<()> {
    let path = Path::new(EXPORTS);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if text.is_empty() { Ok(()) } else { fs::write(path, text) }
}

/// Returns for how many milliseconds the machine has run.
pub fn uptime() -> u64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let hundredths: String = text.chars().take_while(|c| *c != ' ').filter(char::is_ascii_digit).collect();
    hundredths.parse::<u64>().unwrap_or(0) * 10
}

fn told(done: io::Result<()>) -> Outcome {
    match done {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Refused(words(error.raw_os_error()).to_owned()),
    }
}

/// Bytes that no compression makes fewer.
fn incompressible(kib: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open("/dev/urandom")?.take(kib << 10).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The system's words without its numbers.
fn words(errno: Option<i32>) -> &'static str {
    match errno {
        Some(2) => "No such file or directory",
        Some(17) => "File exists",
        Some(20) => "Not a directory",
        Some(21) => "Is a directory",
        Some(28) => "No space left on device",
        Some(30) => "Read-only file system",
        Some(122) => "Disk quota exceeded",
        _ => "another error",
    }
}

/// Opens a volume's device, whose link udev makes a moment after the volume.
fn open_volume(name: &str) -> io::Result<File> {
    run("udevadm", &["settle", "--timeout=10"])?;
    let path = format!("/dev/zvol/{}", name.replace(' ', "+"));
    for _ in 0..20 {
        match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
    File::open(&path)
}

#[expect(clippy::disallowed_methods, reason = "the driver looks in the machine by itself, beside phoenix")]
fn run(tool: &str, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(tool).args(arguments).env("LC_ALL", "C.UTF-8").current_dir("/").output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{tool} {}: {}", arguments.join(" "), said.trim_end())))
}

/// Has a snapshot destroyed as soon as nothing keeps it.
#[expect(clippy::disallowed_methods, reason = "the driver does here what a user of the machine does")]
fn destroy_later(snapshot: &str) -> Outcome {
    match Command::new("zfs").args(["destroy", "-d", "--", snapshot]).env("LC_ALL", "C.UTF-8").output() {
        Ok(output) if output.status.success() => Outcome::Done,
        Ok(output) => Outcome::refused(&String::from_utf8_lossy(&output.stderr)),
        Err(error) => told(Err(error)),
    }
}

/// Sends a snapshot with properties, and receives it.
#[expect(clippy::disallowed_methods, reason = "the driver does here what a user of the machine does")]
fn receive(from: &str, to: &str) -> Outcome {
    let both = || {
        let mut sending =
            Command::new("zfs").args(["send", "-p", "--", from]).stdout(Stdio::piped()).spawn()?;
        let stream = sending.stdout.take().map_or_else(Stdio::null, Stdio::from);
        let received = Command::new("zfs").args(["receive", "-u", "--", to]).stdin(stream).output()?;
        sending.wait()?;
        Ok::<_, io::Error>(received)
    };
    match both() {
        Ok(received) if received.status.success() => Outcome::Done,
        Ok(received) => Outcome::refused(&String::from_utf8_lossy(&received.stderr)),
        Err(error) => told(Err(error)),
    }
}

struct Mount {
    number: String,
    above: String,
    device: (u32, u32),
    path: String,
    dataset: String,
}

/// Reads the ZFS mounts, in order (`proc_pid_mountinfo(5)`).
fn mounts() -> io::Result<Vec<Mount>> {
    let text = fs::read_to_string("/proc/self/mountinfo")?;
    let mount = |line: &str| {
        let (head, tail) = line.split_once(" - ")?;
        let head: Vec<&str> = head.split(' ').collect();
        let mut tail = tail.split(' ');
        let (kind, dataset) = (tail.next()?, tail.next()?);
        let (major, minor) = head.get(2)?.split_once(':')?;
        (kind == "zfs").then_some(())?;
        Some(Mount {
            number: (*head.first()?).to_owned(),
            above: (*head.get(1)?).to_owned(),
            device: (major.parse().ok()?, minor.parse().ok()?),
            path: head.get(4)?.replace("\\040", " "),
            dataset: dataset.replace("\\040", " "),
        })
    };
    Ok(text.lines().filter_map(mount).collect())
}

fn add_mounts(picture: &mut Picture) -> io::Result<()> {
    let mounts = mounts()?;
    let by_number: BTreeMap<&str, &Mount> = mounts.iter().map(|mount| (&*mount.number, mount)).collect();
    for mount in &mounts {
        let on = by_number.get(&*mount.above).map_or("the root", |above| &*above.dataset);
        let root = fs::metadata(&mount.path)
            .ok()
            .filter(|data| (rustix::fs::major(data.dev()), rustix::fs::minor(data.dev())) == mount.device);
        let seen = if root.is_some() { "seen" } else { "hidden" };
        if let Some(root) = root {
            let text = format!("{}:{} {:04o}", root.uid(), root.gid(), root.mode() & 0o7777);
            picture.insert(format!("{} directory", mount.dataset), text);
        }
        let key = format!("mount of {}", mount.dataset);
        picture.insert(key, format!("at {}, on {on}, {seen}", mount.path));
    }
    Ok(())
}

fn add_tree(picture: &mut Picture, folder: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
    let mut due: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if wanted(&entry.file_name().to_string_lossy()) {
            due.push(entry.path());
        }
    }
    while let Some(path) = due.pop() {
        let about = fs::symlink_metadata(&path)?;
        let is_folder = about.is_dir();
        let has = if is_folder {
            let acl = acl::read(File::open(&path)?.as_fd())?;
            let (owner, group, mode) = (about.uid(), about.gid(), Mode::of(about.mode()));
            picture::folder(&Directory { owner, group, mode, acl })
        } else {
            format!("file of {}:{}", about.uid(), about.gid())
        };
        picture.insert(format!("path {}", path.display()), has);
        if is_folder {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                // It is shown or not by `snapdir`, and is no folder that anyone made.
                if entry.file_name() != ".zfs" {
                    due.push(entry.path());
                }
            }
        }
    }
    Ok(())
}

/// Reads all datasets and snapshots in one process, and one more for the holds where there are any.
fn add_datasets(picture: &mut Picture) -> io::Result<()> {
    let properties = format!("type,mounted,userrefs,{}", PROPERTIES.join(","));
    let kinds = "filesystem,volume,snapshot";
    let text = run("zfs", &["get", "-Hp", "-t", kinds, "-o", "name,property,value,source", &properties])?;
    let mut held = vec!["holds", "-H"];
    let mut kind = "";
    for line in text.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        let [name, property, value, source] = words[..] else {
            return Err(io::Error::other(format!("a line of `zfs get` has not four columns: {line}")));
        };
        match (name.contains('@'), property) {
            (true, "userrefs") => {
                picture.insert(name.to_owned(), "held: []".to_owned());
                if value != "0" {
                    held.push(name);
                }
            }
            (true, _) | (false, "userrefs") => {}
            (false, "type") => kind = value,
            (false, "mounted") => {
                picture.insert(name.to_owned(), format!("{kind}, mounted: {}", value == "yes"));
            }
            _ if value == "-" && source == "-" => {}
            _ => {
                picture.insert(format!("{name} {property}"), format!("{value}, {source}"));
            }
        }
    }
    if held.len() > 2 {
        let mut tags: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in run("zfs", &held)?.lines() {
            let mut words = line.split('\t');
            if let (Some(name), Some(tag)) = (words.next(), words.next()) {
                tags.entry(name.to_owned()).or_default().push(tag.to_owned());
            }
        }
        for (name, mut tags) in tags {
            tags.sort();
            picture.insert(name, format!("held: {tags:?}"));
        }
    }
    Ok(())
}
