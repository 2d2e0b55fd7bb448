//! Objects: steps, systems and spec sources, each stored once under the hash of its bytes.

use super::{Store, StoreError, durable, io_error, json, regular};
use phoenix_graph::{Graph, HostName, Key, ObjectId, Step, System, graph::Node};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

/// The most bytes of an object: the text of a spec has no more, and a system of as many resources as it may
/// have comes to half of it.
const MOST: u64 = 64 << 20;
/// The most bytes of all steps of a closure.
const MOST_OF_A_CLOSURE: u64 = 512 << 20;

/// The dates of a file that is counted as written now.
const WRITTEN_NOW: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
};

impl Store {
    /// Stores a graph whole: every step, and the system that names them. What is there is left as it is.
    /// Returns the path of the system object.
    ///
    /// # Errors
    /// [`StoreError::Io`] where an object cannot be written.
    pub fn put_graph(&self, graph: &Graph) -> Result<PathBuf, StoreError> {
        let have = self.object_names()?;
        let mut fresh = false;
        for node in graph.nodes() {
            if have.contains_key(&node.id) {
                continue;
            }
            let bytes = graph.step(node).to_bytes().map_err(phoenix_graph::GraphError::Encode)?;
            let path = self.object_path(&node.id, &step_name(node));
            durable::write_unsynced(&path, &bytes, 0o444, false)?;
            fresh = true;
        }
        let path = self.object_path(&graph.id(), &system_name(graph.host()));
        if fresh {
            // One sync of the file system stands for one of each file: the system object, which
            // makes the closure whole, is written only after it.
            self.sync_file_system()?;
        }
        if !have.contains_key(&graph.id()) {
            let bytes = graph.system().to_bytes().map_err(phoenix_graph::GraphError::Encode)?;
            durable::write(&path, &bytes, 0o444)?;
        }
        Ok(path)
    }

    /// Returns the path of a host's system object, as [`Store::put_graph`] does, where its closure is
    /// whole: the object has its hash, and each step that it names is among `have`, by name.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`].
    pub fn closure(
        &self,
        have: &BTreeMap<ObjectId, PathBuf>,
        host: &HostName,
        system: &ObjectId,
    ) -> Result<PathBuf, StoreError> {
        let missing = |id: &ObjectId| StoreError::Missing { id: *id, store: self.root().to_owned() };
        let path = self.object_path(system, &system_name(host));
        // What is linked is this very path, whatever else bears the id.
        if have.get(system) != Some(&path) {
            return Err(missing(system));
        }
        let bytes = self.read_object(have, system)?;
        let stored: System = json::parse(&bytes, &path)?;
        match stored.needs.iter().find(|id| !have.contains_key(id)) {
            None => Ok(path),
            Some(id) => Err(missing(id)),
        }
    }

    /// Returns whether [`Store::put_source`] would find this text here.
    #[must_use]
    pub fn has_source(&self, name: &str, text: &str) -> bool {
        self.source_path(&ObjectId::of(text.as_bytes()), name).exists()
    }

    /// Stores a source text of a spec under its hash.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn put_source(&self, name: &str, text: &str) -> Result<ObjectId, StoreError> {
        let id = ObjectId::of(text.as_bytes());
        let path = self.source_path(&id, name);
        match fs::File::open(&path) {
            // It counts as written now: `gc` leaves what may be about to be needed. Who may not say so
            // may not collect either.
            Ok(file) => drop(futimens(&file, &WRITTEN_NOW)),
            Err(_) => durable::write(&path, text.as_bytes(), 0o444)?,
        }
        Ok(id)
    }

    /// Reads an object and proves it against its hash.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`].
    pub fn object(&self, id: &ObjectId) -> Result<Vec<u8>, StoreError> {
        self.read_object(&self.object_names()?, id)
    }

    /// Reads a whole graph that is to be carried out: every object proven against its hash, and held
    /// against what a spec may say, whoever made it.
    ///
    /// # Errors
    /// As [`Store::recorded`], and [`StoreError::Illegal`].
    pub fn graph(&self, system: &ObjectId) -> Result<Graph, StoreError> {
        let graph = self.recorded(system)?;
        match graph.check() {
            Ok(()) => Ok(graph),
            Err(fault) => {
                let object = graph.get(&fault.key).map_or(*system, |node| node.id);
                Err(StoreError::Illegal { object, fault: Box::new(fault) })
            }
        }
    }

    /// Reads a whole graph that this state folder's own record says was carried out, every object proven
    /// against its hash. What a spec may say is asked no more: it is what the host is at, though an
    /// earlier version of phoenix took what this one refuses.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Damaged`], or what keeps the steps from being a graph.
    pub fn recorded(&self, system: &ObjectId) -> Result<Graph, StoreError> {
        let names = self.object_names()?;
        let bytes = self.read_object(&names, system)?;
        let path = |id: &ObjectId| self.root().join("store").join(id.to_string());
        let stored: System = json::parse(&bytes, &path(system))?;
        let mut steps = BTreeMap::new();
        let mut left = MOST_OF_A_CLOSURE;
        for id in &stored.needs {
            let bytes = self.read_object(&names, id)?;
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                let why =
                    format!("its steps have more than {MOST_OF_A_CLOSURE} bytes, which no spec comes to");
                StoreError::unreadable(path(system), why)
            })?;
            let step: Step = json::parse(&bytes, &path(id))?;
            steps.insert(*id, step);
        }
        let named = stored.needs.clone();
        let graph = Graph::restore(stored, |id| steps.remove(id))?;
        if graph.id() == *system { Ok(graph) } else { Err(self.inconsistent(system, &named, &graph)) }
    }

    /// Says which object is not what its steps come to, put in order again.
    fn inconsistent(&self, system: &ObjectId, named: &[ObjectId], graph: &Graph) -> StoreError {
        let made: BTreeSet<ObjectId> = graph.nodes().iter().map(|node| node.id).collect();
        let odd = named.iter().find(|id| !made.contains(id)).unwrap_or(system);
        let why = format!(
            "it is no object as phoenix writes them: the steps of system {}, put in order again, do not come to \
             its id",
            system.short()
        );
        StoreError::unreadable(self.root().join("store").join(odd.to_string()), why)
    }

    fn read_object(&self, names: &BTreeMap<ObjectId, PathBuf>, id: &ObjectId) -> Result<Vec<u8>, StoreError> {
        let path =
            names.get(id).ok_or_else(|| StoreError::Missing { id: *id, store: self.root().to_owned() })?;
        let bytes = read(path).map_err(|error| match error.kind() {
            ErrorKind::InvalidData | ErrorKind::FileTooLarge => StoreError::unreadable(path, error),
            _ => io_error("read", path)(error),
        })?;
        if ObjectId::of(&bytes) == *id { Ok(bytes) } else { Err(StoreError::Damaged(path.clone())) }
    }

    /// Lists the objects by id.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the folder cannot be read.
    pub fn object_names(&self) -> Result<BTreeMap<ObjectId, PathBuf>, StoreError> {
        let folder = self.root().join("store");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(io_error("read the folder", &folder)(error)),
        };
        let mut names = BTreeMap::new();
        for entry in entries {
            let entry = entry.map_err(io_error("read the folder", &folder))?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.get(..64)).and_then(|id| id.parse().ok());
            if let Some(id) = id {
                names.insert(id, entry.path());
            }
        }
        Ok(names)
    }

    fn object_path(&self, id: &ObjectId, name: &str) -> PathBuf {
        self.root().join("store").join(format!("{id}-{name}"))
    }

    fn source_path(&self, id: &ObjectId, name: &str) -> PathBuf {
        self.object_path(id, &format!("spec-{}", plain(name)))
    }

    fn sync_file_system(&self) -> Result<(), StoreError> {
        let folder = self.root().join("store");
        let file = fs::File::open(&folder).map_err(io_error("open", &folder))?;
        rustix::fs::syncfs(&file).map_err(|error| io_error("sync", &folder)(error.into()))
    }
}

/// Reads an object, which another user may have made: no link is followed, nothing but a regular file is
/// waited for, and no more of it is read than the largest object has.
///
/// # Errors
/// Where it cannot be read; [`ErrorKind::InvalidData`] where it is no regular file, and
/// [`ErrorKind::FileTooLarge`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = regular::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MOST)).unwrap_or_default());
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let why = format!("it has more than {MOST} bytes, which no object has");
        return Err(io::Error::new(ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

fn system_name(host: &HostName) -> String {
    format!("system-{host}")
}

fn step_name(node: &Node) -> String {
    match &node.key {
        Key::Export(path) => format!("export{}", plain(path)),
        key => plain(&key.to_string()),
    }
}

/// Makes a text fit for a file name, and short; it is for people alone, the id is the name.
fn plain(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    text.chars().map(keep).take(100).collect()
}
