//! What may leave the store once some generations are not kept: their folders and journals, and the
//! objects that nothing needs any more.
//!
//! An object is needed by a kept generation, by a closure that a root leads to ([`Store::add_root`]), and
//! by a closure that was written within the last day, since somebody may be about to link or to switch
//! to it. A date in the future counts as within the last day.

use super::{Store, StoreError, TransactionId, durable, io_error, regular};
use phoenix_graph::{ObjectId, System};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// How long an object stays that nothing needs, in seconds.
const YOUNG: u64 = 24 * 60 * 60;

/// What leaves the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leavings {
    /// Numbers of the generations whose folders go.
    pub generations: Vec<u64>,
    /// The journals that tell of them, and those that were cut off before they began.
    pub journals: Vec<TransactionId>,
    /// Objects that nothing needs, systems first, and what writes that were cut off left behind.
    pub objects: Vec<PathBuf>,
    /// How many bytes the objects have.
    pub bytes: u64,
}

impl Leavings {
    /// Returns whether nothing leaves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.generations.is_empty() && self.journals.is_empty() && self.objects.is_empty()
    }
}

/// The right to count on objects, or to remove some, until it is dropped.
#[derive(Debug)]
pub struct ObjectsLock(#[expect(dead_code, reason = "it is held, and let go when it is dropped")] File);

/// The record of a closure's sources, as far as it matters here.
#[derive(Deserialize)]
struct Record {
    sources: Vec<super::Source>,
}

impl Store {
    /// Says what leaves where only these generations are kept. `now` is in seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot be read.
    pub fn leavings(&self, kept: &BTreeSet<u64>, now: u64) -> Result<Leavings, StoreError> {
        let mut leavings = Leavings {
            generations: self.numbers()?.into_iter().filter(|number| !kept.contains(number)).collect(),
            ..Leavings::default()
        };
        leavings.journals.extend(self.never_begun()?);
        for id in self.transactions()? {
            // A journal that cannot be read says nothing about its generation: `verify` tells of it.
            if self.transaction(id.clone()).is_ok_and(|one| !kept.contains(&one.number)) {
                leavings.journals.push(id);
            }
        }
        let needed = self.needed(kept, now)?;
        let mut objects: Vec<Entry> = self.entries()?;
        objects.retain(|entry| match entry.id {
            Some(id) => !needed.contains(&id),
            None => entry.is_cut_off() && !entry.is_young(now),
        });
        objects.sort_by_key(|entry| (!entry.is_system(), entry.path.clone()));
        leavings.bytes = objects.iter().map(|entry| entry.bytes).sum();
        leavings.objects = objects.into_iter().map(|entry| entry.path).collect();
        Ok(leavings)
    }

    /// Keeps objects from being removed while a closure is written and linked; it waits for a `gc` that
    /// removes some. Nothing where the store may not be written: then nobody collects in it either.
    #[must_use]
    pub fn share_objects(&self) -> Option<ObjectsLock> {
        let file = self.objects_file().ok()?;
        file.lock_shared().ok()?;
        Some(ObjectsLock(file))
    }

    /// Waits until nobody writes or links a closure, and keeps everybody from it.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the lock's file cannot be used.
    pub fn own_objects(&self) -> Result<ObjectsLock, StoreError> {
        let file = self.objects_file()?;
        let path = self.root().join("objects.lock");
        file.lock().map_err(io_error("lock", &path))?;
        Ok(ObjectsLock(file))
    }

    fn objects_file(&self) -> Result<File, StoreError> {
        let path = self.root().join("objects.lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.open(&path).map_err(io_error("open", &path))
    }

    /// Makes a link to a closure a root: as long as it leads there, `gc` keeps what the closure needs.
    /// `link` is absolute.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn add_root(&self, link: &Path) -> Result<(), StoreError> {
        let folder = self.root().join("roots");
        let name = ObjectId::of(link.as_os_str().as_encoded_bytes()).to_string();
        let root = folder.join(name);
        if fs::read_link(&root).is_ok_and(|there| there == link) {
            return Ok(());
        }
        durable::private_folder(&folder)?;
        durable::link(&root, link)
    }

    /// Puts a generation's folder aside, in one rename; [`Store::empty_aside`] removes it.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be moved.
    pub fn put_generation_aside(&self, number: u64) -> Result<(), StoreError> {
        let folder = self.root().join("generations").join(number.to_string());
        self.put_aside(&folder, &format!("generation-{number}"))
    }

    /// Puts a journal aside, in one rename; [`Store::empty_aside`] removes it.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be moved.
    pub fn put_journal_aside(&self, id: &TransactionId) -> Result<(), StoreError> {
        self.put_aside(&self.root().join("txn").join(id.to_string()), &format!("journal-{id}"))
    }

    fn put_aside(&self, folder: &Path, name: &str) -> Result<(), StoreError> {
        let aside = self.root().join("aside");
        durable::private_folder(&aside)?;
        let to = aside.join(name);
        // Of an earlier run that was cut off: a rename goes over no folder that has something in it.
        remove_folder(&to)?;
        match fs::rename(folder, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(io_error("rename", folder)(error)),
        }
        durable::sync_parent(folder)?;
        durable::sync_parent(&to)
    }

    /// Removes all that was put aside.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be removed.
    pub fn empty_aside(&self) -> Result<(), StoreError> {
        let aside = self.root().join("aside");
        if !aside.exists() {
            return Ok(());
        }
        remove_folder(&aside)?;
        durable::sync_parent(&aside)
    }

    /// Returns whether something was put aside and is still there.
    #[must_use]
    pub fn has_aside(&self) -> bool {
        self.root().join("aside").exists()
    }

    /// Removes an object, or what a write left behind.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be removed.
    pub fn remove_object(&self, path: &Path) -> Result<(), StoreError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error("remove", path)(error)),
            _ => Ok(()),
        }
    }

    /// Removes roots whose links are gone or lead elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Io`] where one cannot be removed.
    pub fn remove_stale_roots(&self) -> Result<(), StoreError> {
        for (root, link) in self.roots()? {
            if self.led_to(&link).is_none() {
                durable::remove(&root)?;
            }
        }
        Ok(())
    }

    /// Lists what the kept generations, the roots and the young closures need.
    fn needed(&self, kept: &BTreeSet<u64>, now: u64) -> Result<BTreeSet<ObjectId>, StoreError> {
        let entries = self.entries()?;
        let names: BTreeMap<ObjectId, &Entry> =
            entries.iter().filter_map(|entry| Some((entry.id?, entry))).collect();
        let mut needed = BTreeSet::new();
        let mut systems = BTreeSet::new();
        for number in kept {
            let Ok(generation) = self.generation(*number) else { continue };
            systems.insert(generation.system);
            needed.extend(generation.sources.iter().map(|source| source.id));
        }
        systems.extend(self.roots()?.iter().filter_map(|(_, link)| self.led_to(link)));
        for (id, entry) in names.iter().filter(|(_, entry)| entry.is_young(now)) {
            needed.insert(*id);
            if entry.is_system() {
                systems.insert(*id);
            }
            needed.extend(entry.sources());
        }
        for system in &systems {
            needed.insert(*system);
            let stored = names.get(system).and_then(|entry| entry.read::<System>());
            needed.extend(stored.into_iter().flat_map(|stored| stored.needs));
            let end = format!("-spec-{}", sources_name(system));
            for (id, entry) in names.iter().filter(|(_, entry)| entry.name.ends_with(&end)) {
                needed.insert(*id);
                needed.extend(entry.sources());
            }
        }
        Ok(needed)
    }

    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let folder = self.root().join("store");
        let read = match fs::read_dir(&folder) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error("read the folder", &folder)(error)),
        };
        let mut entries = Vec::new();
        for entry in read {
            let entry = entry.map_err(io_error("read the folder", &folder))?;
            let path = entry.path();
            let found = match entry.metadata() {
                Ok(found) => found,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(io_error("look at", &path)(error)),
            };
            let Ok(name) = entry.file_name().into_string() else { continue };
            let written = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            entries.push(Entry {
                id: name.get(..64).and_then(|id| id.parse().ok()).filter(|_| found.is_file()),
                name,
                path,
                bytes: found.len(),
                written: written.map_or(0, |since| since.as_secs()),
            });
        }
        Ok(entries)
    }

    /// Lists the roots: each with the link that it names.
    fn roots(&self) -> Result<Vec<(PathBuf, PathBuf)>, StoreError> {
        let folder = self.root().join("roots");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error("read the folder", &folder)(error)),
        };
        let mut roots = Vec::new();
        for entry in entries {
            let root = entry.map_err(io_error("read the folder", &folder))?.path();
            if let Ok(link) = fs::read_link(&root) {
                roots.push((root, link));
            }
        }
        Ok(roots)
    }

    /// Returns the system of this store that a link leads to.
    fn led_to(&self, link: &Path) -> Option<ObjectId> {
        let target = fs::read_link(link).ok()?;
        let name = target.file_name()?.to_str()?;
        let own = target.parent()?.canonicalize().ok()? == self.root().join("store").canonicalize().ok()?;
        name.get(..64)?.parse().ok().filter(|_| own)
    }
}

/// Returns the name of the record that says what a system was built from.
#[must_use]
pub fn sources_name(system: &ObjectId) -> String {
    format!("sources-of-{}", system.short())
}

/// A file in the folder of objects.
struct Entry {
    id: Option<ObjectId>,
    name: String,
    path: PathBuf,
    bytes: u64,
    /// When it was written, in seconds since 1970-01-01 UTC.
    written: u64,
}

impl Entry {
    fn is_young(&self, now: u64) -> bool {
        self.written.saturating_add(YOUNG) > now
    }

    fn is_system(&self) -> bool {
        self.name.get(64..).is_some_and(|rest| rest.starts_with("-system-"))
    }

    fn is_cut_off(&self) -> bool {
        self.name.starts_with(".new-")
    }

    /// Lists the texts that a record of sources names; none of anything else.
    fn sources(&self) -> Vec<ObjectId> {
        if !self.name.get(64..).is_some_and(|rest| rest.starts_with("-spec-sources-of-")) {
            return Vec::new();
        }
        let record: Option<Record> = self.read();
        record.into_iter().flat_map(|record| record.sources).map(|source| source.id).collect()
    }

    fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&regular::read(&self.path).ok()?).ok()
    }
}

fn remove_folder(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error("remove", path)(error)),
        _ => Ok(()),
    }
}
