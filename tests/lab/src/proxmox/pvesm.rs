//! A stand-in for Proxmox VE's `pvesm`, as far as phoenix uses it: the simulator's rules, which recorded cases of the
//! real tool are held against, on real pools, folders and mounts.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use phoenix_sim::pvesm::{self, Outcome, Site, Space};

use super::kept;

const PVE: &str = "/etc/pve";
const FILE: &str = "/etc/pve/storage.cfg";
const MEMBERS: &str = "/etc/pve/.members";
const LOCK: &str = "/run/pvesm.lock";

/// Runs `pvesm` with these arguments (without the program's name).
#[must_use]
pub fn run(words: &[String]) -> Outcome {
    pvesm::run(words, &mut Machine::default())
}

/// This machine.
#[derive(Debug, Default)]
struct Machine {
    lock: Option<File>,
}

impl Site for Machine {
    fn node(&self) -> String {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        name.trim().to_string()
    }

    fn lock(&mut self) -> Result<(), String> {
        self.lock = kept::lock(LOCK).map_err(text)?;
        let held = "error during cfs-locked 'file-storage_cfg' operation: got lock request timeout";
        if self.lock.is_some() { Ok(()) } else { Err(held.into()) }
    }

    fn read(&mut self) -> Result<Option<String>, String> {
        // Without the cluster file system nothing goes.
        if !Path::new(MEMBERS).exists() {
            return Err("ipcc_send_rec[1] failed: Connection refused".into());
        }
        match fs::read_to_string(FILE) {
            Ok(text) => Ok(Some(text)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(text(e)),
        }
    }

    fn write(&mut self, content: &str) -> Result<(), String> {
        kept::replace(Path::new(FILE), content).map_err(text)
    }

    fn digest(&mut self, content: &str) -> Result<String, String> {
        kept::digest(content).map_err(text)
    }

    fn shuffle(&mut self, words: &mut Vec<String>) {
        let seed = RandomState::new();
        words.sort_by_key(|word| seed.hash_one(word));
    }

    fn is_dataset_mounted(&self, dataset: &str) -> bool {
        let within = |source: &str| Path::new(source).starts_with(dataset);
        mounts().iter().any(|(source, _, kind)| kind == "zfs" && within(source))
    }

    fn pool(&mut self, pool: &str) -> Result<(), String> {
        ran("zpool", &["list", "-Ho", "name", pool], &[]).map(drop)
    }

    fn import(&mut self, pool: &str) -> Result<(), String> {
        let flags = ["import", "-d", "/dev/disk/by-id/", "-o", "cachefile=none", pool];
        ran("zpool", &flags, &[]).map(drop)
    }

    fn mount_all(&mut self) -> Result<(), String> {
        ran("zfs", &["mount", "-a"], &[]).map(drop)
    }

    fn mountpoint(&mut self, dataset: &str) -> Result<String, String> {
        let flags = ["get", "-Ho", "value", "mountpoint", dataset];
        ran("zfs", &flags, &[]).map(|said| said.trim().to_string())
    }

    fn dataset_space(&mut self, dataset: &str) -> Result<Space, String> {
        let said = ran("zfs", &["list", "-Hpo", "used,available", dataset], &[])?;
        let mut numbers = said.split_whitespace().filter_map(|n| n.parse().ok());
        let (used, available): (u64, u64) =
            (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        Ok(Space { total: used + available, used, available })
    }

    fn has_thin_pool(&mut self, group: &str, pool: &str) -> bool {
        ran("lvs", &[&format!("{group}/{pool}")], &[]).is_ok()
    }

    fn is_folder(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }

    fn make_folder(&mut self, path: &str) -> Result<(), String> {
        fs::create_dir_all(path).map_err(text)
    }

    fn folder_space(&mut self, path: &str) -> Result<Space, String> {
        let stat = rustix::fs::statvfs(path).map_err(|e| e.to_string())?;
        let total = stat.f_blocks * stat.f_frsize;
        let used = total - stat.f_bfree * stat.f_frsize;
        let available = stat.f_bavail * stat.f_frsize;
        Ok(Space { total, used, available })
    }

    fn is_mounted(&self, path: &str) -> bool {
        mounts().iter().any(|(_, at, _)| at == path)
    }

    fn is_btrfs(&self, path: &str) -> bool {
        let mounts = mounts();
        let over = mounts.iter().filter(|(_, at, _)| Path::new(path).starts_with(at));
        over.max_by_key(|(_, at, _)| at.len()).is_some_and(|(_, _, kind)| kind == "btrfs")
    }

    fn answers(&mut self, kind: &str, server: &str, options: Option<&str>) -> Result<bool, String> {
        let four = options.is_some_and(|o| o.contains("vers=4"));
        Ok(match kind {
            "nfs" if four => ran("rpcinfo", &["-T", "tcp", server, "nfs", "4"], &[]).is_ok(),
            "nfs" => ran("showmount", &["--no-headers", "--exports", server], &[]).is_ok(),
            // No other server is in the lab.
            _ => false,
        })
    }

    fn mount(&mut self, kind: &str, source: &str, path: &str, options: Option<&str>) -> Result<(), String> {
        let mut words = vec!["-t", kind, source, path];
        if let Some(options) = options {
            words.extend(["-o", options]);
        }
        ran("mount", &words, &[]).map(drop)
    }

    fn password(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match std::io::stdin().read_line(&mut line).map_err(text)? {
            0 => Err("EOF while reading password".into()),
            _ => Ok(line.trim_end_matches('\n').into()),
        }
    }

    fn file(&mut self, path: &str) -> Result<String, String> {
        fs::read_to_string(path).map_err(|error| format!("can't open '{path}' - {error}"))
    }

    fn is_kept(&self, place: &str) -> bool {
        Path::new(PVE).join(place).exists()
    }

    fn keep(&mut self, place: &str, written: &str) -> Result<(), String> {
        let path = Path::new(PVE).join(place);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(text)?;
        fs::write(path, written).map_err(text)
    }

    fn drop_kept(&mut self, place: &str) -> Result<(), String> {
        match fs::remove_file(Path::new(PVE).join(place)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(text(e)),
            _ => Ok(()),
        }
    }
}

/// Lists what is mounted: source, place, kind.
fn mounts() -> Vec<(String, String, String)> {
    let text = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut words = line.split(' ').map(|w| w.replace("\\040", " "));
        Some((words.next()?, words.next()?, words.next()?))
    };
    text.lines().filter_map(mount).collect()
}

/// Runs a tool, and returns what it says; or what it says against it.
fn ran(tool: &str, words: &[&str], input: &[u8]) -> Result<String, String> {
    let mut child = Command::new(tool)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{tool}: {e}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input).map_err(text)?;
    }
    let output = child.wait_with_output().map_err(text)?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(said(&output.stdout)),
        false => Err(said(&output.stderr).trim_end().to_string()),
    }
}

/// Says an error as Perl would: the system's words, without Rust's number.
fn text(error: std::io::Error) -> String {
    let said = error.to_string();
    said.split(" (os error").next().unwrap_or_default().to_string()
}
