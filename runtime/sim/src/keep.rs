//! Where a simulated host is kept: `host.json`, a picture of its whole state, and `host.log`, what changed
//! since, one line an operation. So an operation costs what it changes, in one write, and whatever ends
//! the process, all that was done before is there.
//!
//! The log's first line names the picture that it goes on from, by its hash: one of another picture is over.
//! Each process that ends as it should leaves a picture alone. The folder may be moved and copied: links
//! into it are written from its root on.

use super::state::{Dataset, Export, FORMAT, Mount, State};
use phoenix_graph::{DatasetName, ObjectId};
use phoenix_host::{HostError, error::failed};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    mem,
    path::{Path, PathBuf},
};

/// Where one host is kept.
#[derive(Debug)]
pub struct Keep {
    folder: PathBuf,
    /// What the picture and the log come to.
    kept: State,
    /// The hash of the picture.
    picture: ObjectId,
    /// How long the picture is, in bytes.
    length: u64,
    /// The log, once this process writes to it.
    log: Option<File>,
    /// How long the log is, in bytes.
    logged: u64,
    /// How many times something was written, and how many bytes.
    written: (u64, u64),
}

/// The first line of a log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// The hash of the picture.
    on: ObjectId,
}

/// What an operation changed.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delta {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    datasets: BTreeMap<DatasetName, Option<Dataset>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mounts: Option<Splice<Mount>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exports: Option<Splice<Export>>,
    made: u64,
    /// Everything else, where any of it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest: Option<Box<State>>,
}

/// What is small, and changes with nearly every operation.
#[derive(Debug, Default)]
struct Bulk {
    datasets: BTreeMap<DatasetName, Dataset>,
    mounts: Vec<Mount>,
    exports: Vec<Export>,
    made: u64,
}

/// A change within a list: its beginning and its end stay.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Splice<T> {
    begin: usize,
    middle: Vec<T>,
    end: usize,
}

/// How a link into the folder begins where it is written.
const HERE: &str = "sim:";
/// A log longer than this, and than so many pictures, is replaced by a picture.
const LONG: u64 = 1 << 20;
const PICTURES: u64 = 4;

impl Keep {
    /// Reads the host that is kept in a folder; a blank one where there is none, and nothing is written.
    ///
    /// # Errors
    /// Where a file is there and cannot be read, or is none of a host.
    pub fn read(folder: &Path, blank: State) -> Result<(Self, State), HostError> {
        // The log first: a picture that is made meanwhile has all that was in it.
        let (log, picture) = (folder.join("host.log"), folder.join("host.json"));
        let lines = read(&log)?.unwrap_or_default();
        let bytes = read(&picture)?;
        let mut state = match &bytes {
            Some(bytes) => from_here(state(bytes, &picture)?, folder),
            None => blank,
        };
        let bytes = bytes.unwrap_or_default();
        let on = ObjectId::of(&bytes);
        let mut logged = 0;
        // What comes after the last end of a line was torn.
        let mut whole = lines.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
        if let Some(head) = whole.next()
            && parsed::<Head>(head, &log)?.on == on
        {
            logged = head.len() as u64;
            for line in whole {
                parsed::<Delta>(line, &log)?.apply(&mut state, folder);
                logged += line.len() as u64;
            }
        }
        let keep = Self {
            folder: folder.to_owned(),
            kept: state.clone(),
            picture: on,
            length: bytes.len() as u64,
            log: None,
            logged,
            written: (0, 0),
        };
        Ok((keep, state))
    }

    /// Keeps what changed since.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&mut self, state: &mut State) -> Result<(), HostError> {
        let Some(delta) = self.delta(state) else { return Ok(()) };
        if self.logged > LONG.max(PICTURES * self.length) {
            return self.picture(state);
        }
        let log = self.folder.join("host.log");
        self.append(&delta).map_err(|error| failed("write", &log, error))?;
        delta.apply(&mut self.kept, &self.folder);
        Ok(())
    }

    /// Writes a picture of the whole, in one rename, and ends the log.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn picture(&mut self, state: &mut State) -> Result<(), HostError> {
        let file = self.folder.join("host.json");
        let write = |text: &[u8]| -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut fresh = tempfile::NamedTempFile::new_in(&self.folder)?;
            fresh.write_all(text)?;
            fresh.as_file().sync_all()?;
            fresh.persist(&file)?;
            File::open(&self.folder)?.sync_all()
        };
        let here = to_here(&state.links, &self.folder);
        let links = mem::replace(&mut state.links, here);
        let text = serde_json::to_vec_pretty(state);
        state.links = links;
        let mut text = text.map_err(|error| failed("write", &file, error))?;
        text.push(b'\n');
        write(&text).map_err(|error| failed("write", &file, error))?;
        self.written = (self.written.0 + 1, self.written.1 + text.len() as u64);
        (self.picture, self.length) = (ObjectId::of(&text), text.len() as u64);
        (self.log, self.logged) = (None, 0);
        self.kept = state.clone();
        // One that stays is of another picture.
        let _ = fs::remove_file(self.folder.join("host.log"));
        Ok(())
    }

    /// Leaves a picture alone, where this process wrote to the log and nobody else did since.
    pub fn end(&mut self, state: &mut State) {
        let Some(log) = &self.log else { return };
        if log.metadata().is_ok_and(|about| about.len() == self.logged) {
            // Where it fails the log has it all.
            let _ = self.picture(state);
        }
    }

    /// Returns how many times something was written, and how many bytes.
    pub fn written(&self) -> (u64, u64) {
        self.written
    }

    fn append(&mut self, delta: &Delta) -> io::Result<()> {
        let mut line = serde_json::to_vec(delta)?;
        line.push(b'\n');
        let log = match &mut self.log {
            Some(log) => log,
            none => {
                fs::create_dir_all(&self.folder)?;
                let path = self.folder.join("host.log");
                let log = OpenOptions::new().append(true).create(true).open(path)?;
                // One of another picture, and a torn last line.
                log.set_len(self.logged)?;
                none.insert(log)
            }
        };
        if self.logged == 0 {
            let mut head = serde_json::to_vec(&Head { on: self.picture })?;
            head.push(b'\n');
            head.append(&mut line);
            line = head;
        }
        if let Err(error) = log.write_all(&line) {
            let _ = log.set_len(self.logged);
            return Err(error);
        }
        self.logged += line.len() as u64;
        self.written = (self.written.0 + 1, self.written.1 + line.len() as u64);
        Ok(())
    }

    /// Tells what changed; nothing where nothing did.
    fn delta(&mut self, state: &mut State) -> Option<Delta> {
        let (now, before) = (Bulk::take(state), Bulk::take(&mut self.kept));
        let rest = (*state != self.kept)
            .then(|| Box::new(State { links: to_here(&state.links, &self.folder), ..state.clone() }));
        let delta = Delta {
            datasets: changed(&before.datasets, &now.datasets),
            mounts: Splice::between(&before.mounts, &now.mounts),
            exports: Splice::between(&before.exports, &now.exports),
            made: now.made,
            rest,
        };
        let same = now.made == before.made
            && delta.rest.is_none()
            && delta.datasets.is_empty()
            && delta.mounts.is_none()
            && delta.exports.is_none();
        now.put_back(state);
        before.put_back(&mut self.kept);
        (!same).then_some(delta)
    }
}

impl Delta {
    fn apply(self, state: &mut State, folder: &Path) {
        let mut bulk = Bulk::take(state);
        if let Some(rest) = self.rest {
            *state = from_here(*rest, folder);
        }
        for (name, dataset) in self.datasets {
            match dataset {
                Some(mut dataset) => {
                    dataset.settle();
                    bulk.datasets.insert(name, dataset)
                }
                None => bulk.datasets.remove(&name),
            };
        }
        if let Some(splice) = self.mounts {
            splice.apply(&mut bulk.mounts);
        }
        if let Some(splice) = self.exports {
            splice.apply(&mut bulk.exports);
        }
        bulk.made = self.made;
        bulk.put_back(state);
    }
}

impl Bulk {
    fn take(state: &mut State) -> Self {
        Self {
            datasets: mem::take(&mut state.datasets),
            mounts: mem::take(&mut state.mounts),
            exports: mem::take(&mut state.exports),
            made: mem::take(&mut state.made),
        }
    }

    fn put_back(self, state: &mut State) {
        (state.datasets, state.mounts) = (self.datasets, self.mounts);
        (state.exports, state.made) = (self.exports, self.made);
    }
}

impl<T: Clone + PartialEq> Splice<T> {
    fn between(before: &[T], now: &[T]) -> Option<Self> {
        if before == now {
            return None;
        }
        let same = |(a, b): &(&T, &T)| a == b;
        let begin = before.iter().zip(now).take_while(same).count();
        let (old, new) = (&before[begin..], &now[begin..]);
        let end = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
        Some(Self { begin, middle: new[..new.len() - end].to_vec(), end })
    }

    fn apply(self, list: &mut Vec<T>) {
        let end = list.len().saturating_sub(self.end);
        list.splice(self.begin.min(end)..end, self.middle);
    }
}

fn changed(
    before: &BTreeMap<DatasetName, Dataset>,
    now: &BTreeMap<DatasetName, Dataset>,
) -> BTreeMap<DatasetName, Option<Dataset>> {
    // Both are in order, and most of both is the same: they are gone through side by side.
    let mut old = before.iter().peekable();
    let mut changed: BTreeMap<_, _> = BTreeMap::new();
    for (name, dataset) in now {
        while let Some((gone, _)) = old.next_if(|(other, _)| *other < name) {
            changed.insert(gone.clone(), None);
        }
        let was = old.next_if(|(other, _)| *other == name).map(|(_, was)| was);
        if was != Some(dataset) {
            changed.insert(name.clone(), Some(dataset.clone()));
        }
    }
    changed.extend(old.map(|(gone, _)| (gone.clone(), None)));
    changed
}

/// Writes links into the folder from its root on.
fn to_here(links: &BTreeMap<PathBuf, PathBuf>, folder: &Path) -> BTreeMap<PathBuf, PathBuf> {
    let here = |target: &PathBuf| match target.strip_prefix(folder) {
        Ok(inside) => Path::new(HERE).join(inside),
        Err(_) => target.clone(),
    };
    links.iter().map(|(path, target)| (path.clone(), here(target))).collect()
}

fn from_here(mut state: State, folder: &Path) -> State {
    state.datasets.values_mut().for_each(Dataset::settle);
    for target in state.links.values_mut() {
        if let Ok(inside) = target.strip_prefix(HERE) {
            *target = folder.join(inside);
        }
    }
    state
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, HostError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, error)),
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, HostError> {
    serde_json::from_slice(bytes).map_err(|error| failed("read", path, error))
}

fn state(bytes: &[u8], path: &Path) -> Result<State, HostError> {
    let mut state: State = parsed(bytes, path)?;
    for name in state.datasets.keys().cloned().collect::<Vec<_>>() {
        state.number(&name);
    }
    if state.format == FORMAT {
        return Ok(state);
    }
    let reason = format!("its format is {}, and this version knows {FORMAT}", state.format);
    Err(failed("read", path, io::Error::other(reason)))
}
