//! Looks through a whole store and says what is wrong in it, and how that is put right. It changes
//! nothing.

use super::{Outcome, Store, StoreError, io_error, journal::TransactionId, objects, whole};
use phoenix_graph::{FORMAT, ObjectId};
use std::{
    collections::BTreeSet,
    fs::{self, DirEntry},
    io::ErrorKind,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// What a look through a store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many objects have the hash of their name.
    pub objects: usize,
    /// How many generations are whole: readable, with their system, its steps and their spec.
    pub generations: usize,
    /// How many journals can be read.
    pub journals: usize,
    /// How many writes were cut off before anything counted on them. They are no damage, and `gc` removes
    /// them.
    pub leftovers: usize,
    /// The generations of which nothing tells what their files in `etc/` and `machines/` are to be: an earlier
    /// version wrote them.
    pub unproved: BTreeSet<u64>,
    /// What is wrong, in the order of the paths.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong in a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, link or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
    /// How that is put right.
    pub repair: String,
}

impl Store {
    /// Looks at every object, generation, journal and link of the store.
    ///
    /// # Errors
    /// [`StoreError::Io`] where a folder cannot be read; what stands in it is then unknown.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        let mut look = Look {
            store: self,
            found: Verified::default(),
            sound: BTreeSet::new(),
            whole: BTreeSet::new(),
            ended: BTreeSet::new(),
        };
        if !self.root().exists() {
            return Ok(look.found);
        }
        look.access(self.root());
        look.objects()?;
        look.generations()?;
        look.links()?;
        look.journals()?;
        look.remembered();
        look.found.findings.sort();
        Ok(look.found)
    }
}

struct Look<'s> {
    store: &'s Store,
    found: Verified,
    /// The objects that have the hash of their name.
    sound: BTreeSet<ObjectId>,
    /// The systems that are whole; several generations may name one.
    whole: BTreeSet<ObjectId>,
    /// The attempts that ended well: each has a journal.
    ended: BTreeSet<u64>,
}

impl Look<'_> {
    fn tell(&mut self, path: &Path, problem: impl Into<String>, repair: impl Into<String>) {
        let (problem, repair) = (problem.into(), repair.into());
        self.found.findings.push(Finding { path: path.to_owned(), problem, repair });
    }

    /// Nobody but its owner, who runs phoenix, may write here, and nobody else need read.
    fn access(&mut self, path: &Path) {
        let Ok(found) = fs::symlink_metadata(path) else { return };
        if !found.is_dir() {
            self.tell(path, "it is no folder", "move it away: phoenix makes the folder anew");
            return;
        }
        let owner = rustix::process::geteuid().as_raw();
        if found.uid() != owner {
            let problem = format!("it belongs to the user {}, not to {owner}, who runs phoenix", found.uid());
            self.tell(
                path,
                problem,
                format!("run phoenix as its owner, or `chown -R {owner} {}`", path.display()),
            );
        }
        if found.permissions().mode() & 0o022 != 0 {
            let problem =
                format!("others may write into it (mode {:04o})", found.permissions().mode() & 0o7777);
            self.tell(path, problem, format!("`chmod 700 {}`", path.display()));
        }
    }

    fn objects(&mut self) -> Result<(), StoreError> {
        let folder = self.store.root().join("store");
        for entry in entries(&folder)? {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_cut_off(&name) {
                self.found.leftovers += 1;
                continue;
            }
            let Some(id) = name.get(..64).and_then(|id| id.parse::<ObjectId>().ok()) else {
                self.tell(&path, "it is no object: its name has no id", "move it away");
                continue;
            };
            if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                self.tell(&path, "it is no regular file", "remove it, and build its spec again");
                continue;
            }
            match objects::read(&path) {
                Ok(bytes) if ObjectId::of(&bytes) == id => {
                    self.sound.insert(id);
                    self.found.objects += 1;
                }
                Ok(_) => self.tell(
                    &path,
                    "its bytes do not have the BLAKE3 hash of its name",
                    "remove it, and build the spec that it came from again: the same bytes come back",
                ),
                Err(error) => self.tell(&path, format!("it cannot be read: {error}"), "see to the disk"),
            }
        }
        Ok(())
    }

    fn generations(&mut self) -> Result<(), StoreError> {
        let folder = self.store.root().join("generations");
        for entry in entries(&folder)? {
            let path = entry.path();
            let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok()) else {
                self.tell(&path, "it is no generation: its name is no number", "move it away");
                continue;
            };
            if !path.join("generation.json").exists() && path.is_dir() && !whole::holds_something(&path) {
                self.found.leftovers += 1;
                continue;
            }
            match self.generation(number, &path) {
                Ok(()) => self.found.generations += 1,
                Err((problem, repair)) => self.tell(&path, problem, repair),
            }
            self.written(number)?;
        }
        Ok(())
    }

    fn generation(&mut self, number: u64, path: &Path) -> Result<(), (String, String)> {
        const LOST: &str = "the number stays taken; other generations are not touched by it";
        let file = path.join("generation.json");
        if !file.exists() {
            let problem = "it has no generation.json, and was a generation";
            let repair = "restore the file from a backup of the state folder: until then `phoenix gc` destroys nothing";
            return Err((problem.to_owned(), repair.to_owned()));
        }
        let generation =
            self.store.generation(number).map_err(|error| (error.to_string(), LOST.to_owned()))?;
        if generation.format > FORMAT {
            let problem =
                format!("it has format {}, and this version reads up to {FORMAT}", generation.format);
            return Err((problem, "use a newer phoenix".to_owned()));
        }
        if generation.number != number {
            return Err((format!("it says that it is generation {}", generation.number), LOST.to_owned()));
        }
        if matches!(generation.outcome, Outcome::Committed | Outcome::WentTo { .. }) {
            self.ended.insert(number);
        }
        let again = "build the spec that it came from again: the same objects come back";
        if !self.whole.contains(&generation.system) {
            self.store
                .graph(&generation.system)
                .map_err(|error| (format!("its system is not whole: {error}"), again.to_owned()))?;
            self.whole.insert(generation.system);
        }
        for source in &generation.sources {
            if !self.sound.contains(&source.id) {
                let problem = format!("the text of its spec {} is not in the store", source.name);
                return Err((problem, again.to_owned()));
            }
        }
        if let Err(error) = self.store.before(number) {
            let problem = format!("what stood before its settings is not known: {error}");
            return Err((
                problem,
                "move before.json away: what it would give back stays as it is".to_owned(),
            ));
        }
        if generation.outcome == Outcome::Committed && !path.join("etc").is_dir() {
            let problem = "its rendered files are missing".to_owned();
            return Err((problem, "switch to its spec: they are written again".to_owned()));
        }
        Ok(())
    }

    /// Looks at what a generation has beside its record. One that cannot be read was told.
    fn written(&mut self, number: u64) -> Result<(), StoreError> {
        let Ok(generation) = self.store.generation(number) else { return Ok(()) };
        let mut written = self.store.written(&generation)?;
        self.found.leftovers += written.leftovers;
        self.found.findings.append(&mut written.findings);
        if written.unproved {
            self.found.unproved.insert(number);
        }
        Ok(())
    }

    fn links(&mut self) -> Result<(), StoreError> {
        let current = self.store.root().join("current");
        match self.store.current() {
            Ok(None) => {}
            Ok(Some(generation)) if generation.outcome == Outcome::Committed => {}
            Ok(Some(generation)) => self.tell(
                &current,
                format!("it leads to generation {}, which was not committed", generation.number),
                "`phoenix recover`, or `phoenix rollback --to` a generation that was",
            ),
            Err(StoreError::NotWhole { problem, repair, .. }) => self.tell(&current, problem, repair),
            Err(error) => self.tell(
                &current,
                error.to_string(),
                "`ln -sfn generations/N current`, where N is the generation that the host is at",
            ),
        }
        // What is told of the link is not told again.
        if let Err(StoreError::NotWhole { path, problem, repair }) = self.store.whole()
            && path != current
            && !self.found.findings.iter().any(|told| path.starts_with(&told.path))
        {
            self.tell(&path, problem, repair);
        }
        let etc = self.store.etc_link();
        let leads = match fs::read_link(&etc) {
            Ok(target) => Some(target),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(io_error("read the link", &etc)(error)),
        };
        if let Some(target) = leads.filter(|_| !etc.is_dir()) {
            self.tell(
                &etc,
                format!("it leads to {}, which is not there", target.display()),
                "switch to the current spec: the rendered files are written again",
            );
        }
        Ok(())
    }

    /// Pins, and what is remembered of generations that are gone.
    fn remembered(&mut self) {
        let store = self.store;
        let errors = [
            (
                store.record().err(),
                "restore it from a backup; or move it away: then what bears this host's mark, and is named by the \
                 current generation or put away from a name on record, is taken for phoenix's at the next switch",
            ),
            (store.pins().err(), "move it away, and pin the generation again"),
            (
                store.past().err(),
                "restore it from a backup; without it `phoenix gc` leaves what older generations retired",
            ),
            (
                store.released().err(),
                "move it away: snapshots that it names stay, and are told by `phoenix gc`",
            ),
            (
                store.taken().err(),
                "move it away: what a switch took and somebody renamed is told by `phoenix gc`, and stays",
            ),
        ];
        for (error, repair) in errors {
            if let Some(error) = error {
                let path = match &error {
                    StoreError::Io { path, .. } | StoreError::Unreadable { path, .. } => path.clone(),
                    _ => store.root().to_owned(),
                };
                self.tell(&path, error.to_string(), repair);
            }
        }
    }

    fn journals(&mut self) -> Result<(), StoreError> {
        let mut unread = false;
        let folder = self.store.root().join("txn");
        for entry in entries(&folder)? {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == "open" {
                match self.store.open_transaction() {
                    Ok(Some(open)) => self.tell(
                        &path,
                        format!("the switch to generation {} was interrupted", open.number),
                        "`phoenix recover`",
                    ),
                    Ok(None) => {}
                    Err(error) => self.tell(
                        &path,
                        error.to_string(),
                        "a switch was interrupted, and its journal is lost: compare the host with `phoenix status` after moving this link away",
                    ),
                }
                continue;
            }
            if is_cut_off(&name) || self.store.never_began(&TransactionId::named(&name))? {
                self.found.leftovers += 1;
                continue;
            }
            match self.store.transaction(TransactionId::named(&name)) {
                Ok(transaction) => {
                    self.found.journals += 1;
                    self.ended.remove(&transaction.number);
                }
                Err(error) => {
                    unread = true;
                    self.tell(&path, error.to_string(), "it tells of the past alone: move it away");
                }
            }
        }
        // `gc` forgets a generation first, then its journal. One that cannot be read was told, and may be any's.
        let gone = self.store.past().unwrap_or_default();
        let lost = std::mem::take(&mut self.ended).into_iter();
        for number in lost.filter(|number| !unread && !gone.contains_key(number)) {
            self.tell(
                &self.store.root().join("generations").join(number.to_string()),
                "it ended well, and its journal is lost or empty",
                "it tells of the past alone; restore the folder txn from a backup of the state folder, where there is one",
            );
        }
        Ok(())
    }
}

/// Returns whether a name is that of a write that was not finished.
fn is_cut_off(name: &str) -> bool {
    name.starts_with(".new-")
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, StoreError> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error("read the folder", folder)(error)),
    };
    let mut entries: Vec<DirEntry> =
        read.collect::<Result<_, _>>().map_err(io_error("read the folder", folder))?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}
