//! Proxmox's cluster file system: whether it is there, how its files are read, and the locks of its tools.
//!
//! `/etc/pve` is served by pmxcfs. Where that does not run the folder is an empty one: what is not there
//! then is unknown, not absent.

use crate::{LinuxPaths, reach::Reach};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Members, Unknown},
    op::Op,
    text::complaints::Complaint,
};
use sha1::{Digest, Sha1};
use std::{
    collections::BTreeSet,
    fmt::Write,
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::PoisonError,
    thread,
    time::Duration,
};

/// The most that pmxcfs keeps in one file: 1 MiB.
const LARGEST: u64 = 1 << 20;

/// How long is waited before a lock is tried again, each time: the tool itself has waited 10 s by then.
const WAITS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Has one of Proxmox's tools change something: one at a time, and again where it could not get its lock.
pub fn locked(reach: &Reach, change: impl Fn() -> Result<(), HostError>) -> Result<(), HostError> {
    let _one = reach.proxmox.lock().unwrap_or_else(PoisonError::into_inner);
    for wait in WAITS {
        match change() {
            // It could not get its lock, which somebody else holds, and has done nothing.
            Err(error) if error.complains_of(Complaint::Locked) => thread::sleep(wait),
            other => return other,
        }
    }
    change()
}

/// What pmxcfs says of itself.
pub struct Cluster {
    /// The name of this node.
    pub node: Box<str>,
    /// The other nodes; none where this one is alone.
    others: BTreeSet<Box<str>>,
    /// Whether it takes changes: a node alone always does.
    quorate: bool,
}

impl Cluster {
    /// Says why nothing is written, where that is so.
    pub fn blocked(&self) -> Option<String> {
        let why = "this node is in no quorum of its cluster, so nothing in /etc/pve can be written";
        (!self.quorate).then(|| why.to_owned())
    }

    /// Names the nodes that have the same files, where there are others.
    pub fn members(&self) -> Option<Members> {
        let members = || Members { node: self.node.clone(), others: self.others.clone() };
        (!self.others.is_empty()).then(members)
    }
}

/// Asks pmxcfs how it is. It alone serves `.members`, below a mount of its own.
pub fn cluster(paths: &LinuxPaths) -> Result<Cluster, Unknown> {
    let unknown = |reason: String| Unknown {
        reason: format!(
            "{reason}: Proxmox's cluster file system does not seem to run, so nobody can tell what it holds"
        ),
        help: "see `systemctl status pve-cluster`, bring it to run, then try again".to_owned(),
    };
    let mountinfo = paths.proc.join("self/mountinfo");
    let mounts = fs::read(&mountinfo)
        .map_err(|error| unknown(format!("{} cannot be read ({error})", mountinfo.display())))?;
    let mounted = mounts
        .split(|&byte| byte == b'\n')
        .any(|line| line.split(|&byte| byte == b' ').nth(4) == Some(b"/etc/pve"));
    if !mounted {
        return Err(unknown("nothing is mounted at /etc/pve".to_owned()));
    }
    let members = contents(&paths.pve.join(".members"))
        .map_err(|error| unknown(format!("/etc/pve/.members cannot be read ({error})")))?;
    let members: serde_json::Value = serde_json::from_slice(&members)
        .map_err(|_| unknown("/etc/pve/.members says nothing that can be read".to_owned()))?;
    let node = members.get("nodename").and_then(serde_json::Value::as_str).unwrap_or_default();
    let quorate = members.pointer("/cluster/quorate").and_then(serde_json::Value::as_i64);
    let count = members.pointer("/cluster/nodes").and_then(serde_json::Value::as_u64);
    // A node alone has neither.
    let list = members.get("nodelist").and_then(serde_json::Value::as_object);
    let mut others: BTreeSet<Box<str>> =
        list.into_iter().flat_map(|list| list.keys()).map(|name| name.as_str().into()).collect();
    let is_among = others.remove(node);
    let named = others.len() as u64 + u64::from(is_among);
    if (!others.is_empty() && !is_among) || count.is_some_and(|count| count > 1 && count != named) {
        return Err(unknown("/etc/pve/.members does not name all nodes of the cluster".to_owned()));
    }
    Ok(Cluster { node: node.into(), others, quorate: quorate != Some(0) })
}

pub fn unreadable(path: &Path, error: &io::Error) -> Unknown {
    Unknown {
        reason: format!("{} cannot be read: {error}", path.display()),
        help: "see that root can read it, and `systemctl status pve-cluster`; then try again".to_owned(),
    }
}

/// Reads a file of pmxcfs's, which keeps none that is larger than 1 MiB.
pub fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::new(ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(bytes)
}

/// Reads a file of pmxcfs's that is not there before the first write: it is an empty one.
pub fn written(path: &Path) -> io::Result<Vec<u8>> {
    match contents(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

/// Returns the digest that Proxmox has of a file.
pub fn digest(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A file of Proxmox's that one of its tools changes, with how it is read.
pub struct Kept<'a, T> {
    pub path: &'a Path,
    /// How its bytes are had: [`contents`], or [`written`] where it may not be there yet.
    pub bytes: fn(&Path) -> io::Result<Vec<u8>>,
    pub read: &'a dyn Fn(&[u8]) -> T,
}

/// Returns whether the tool of an operation takes a digest: what is made or removed takes none.
pub fn takes_digest(op: &Op) -> bool {
    match op {
        Op::StorageAdd { .. } | Op::StorageRemove { .. } => false,
        Op::DirectoryMap { over, maps, .. } => !over.is_empty() && !maps.is_empty(),
        _ => true,
    }
}

impl<T> Kept<'_, T> {
    /// Has a tool change it: only where just that stands there which was planned for, and not where somebody writes to it
    /// in between, of whom Proxmox tells by the digest where it takes one. What stands there then is read again.
    pub fn change(
        &self,
        reach: &Reach,
        op: &Op,
        expects: impl Fn(&T) -> Result<(), String>,
        holds: impl Fn(&T) -> bool,
    ) -> Result<(), HostError> {
        let told = |why: String| failed("change", self.path, io::Error::other(why));
        let (before, digest) = self.now()?;
        expects(&before).map_err(told)?;
        let mut argv = op.argv().unwrap_or_default();
        if takes_digest(op) {
            argv.extend(["--digest".to_owned(), digest]);
        }
        reach.runner.change(&argv)?;
        if holds(&self.now()?.0) {
            return Ok(());
        }
        let tool = argv.first().map_or("", String::as_str);
        Err(told(format!("it does not say what `{tool}` was given, though that said nothing")))
    }

    /// Reads it, with the digest that Proxmox has of it.
    pub fn now(&self) -> Result<(T, String), HostError> {
        let bytes = (self.bytes)(self.path).map_err(|error| failed("read", self.path, error))?;
        Ok(((self.read)(&bytes), digest(&bytes)))
    }
}

/// Returns where the configuration of a guest of this node is, in the folder of its kind.
pub fn conf(paths: &LinuxPaths, kind: &str, id: u32) -> Result<PathBuf, HostError> {
    let node = here(paths)?.node;
    Ok(paths.pve.join("nodes").join(&*node).join(kind).join(format!("{id}.conf")))
}

/// Asks pmxcfs how it is, where nothing goes on without that.
pub fn here(paths: &LinuxPaths) -> Result<Cluster, HostError> {
    cluster(paths).map_err(|unknown| {
        failed("read", &paths.pve, io::Error::other(format!("{}; {}", unknown.reason, unknown.help)))
    })
}

/// A path, and why it cannot be read.
pub type Failed = (PathBuf, io::Error);

/// Lists the names in a folder.
pub fn names(folder: &Path) -> Result<Vec<String>, Failed> {
    let failed = |error| (folder.to_owned(), error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}
