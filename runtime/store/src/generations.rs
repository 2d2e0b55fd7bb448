//! Generations: each switch, whatever came of it, under a number of its own.

use super::{Store, StoreError, durable, io_error, json, regular};
use phoenix_graph::{Key, ObjectId};
use phoenix_plan::{MachineFiles, Places};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// One attempt to change the host, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// The format of this file, [`phoenix_graph::FORMAT`].
    pub format: u32,
    /// Its number, from 1; numbers are never used again.
    pub number: u64,
    /// The generation that was current when this one was made.
    pub parent: Option<u64>,
    /// The system that it was to bring about.
    pub system: ObjectId,
    /// The spec that it came from: file names and the ids of their texts.
    pub sources: Vec<Source>,
    /// When it was begun, in seconds since 1970-01-01 UTC.
    pub time: u64,
    /// Who asked for it.
    pub who: String,
    /// The verb: `switch`, `rollback`.
    pub verb: String,
    /// What somebody said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// What was there before phoenix and was adopted, in this generation or before: never retired.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub adopted: BTreeSet<Key>,
}

/// A source file of a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file's name, relative to the spec's root folder.
    pub name: String,
    /// The id of its text.
    pub id: ObjectId,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is under way, or was cut off.
    Open,
    /// Every step held: it may be gone back to.
    Committed,
    /// It brought this generation back; it is no place to go to itself.
    WentTo {
        /// The generation that is current since.
        generation: u64,
    },
    /// It failed, and was undone.
    Failed { reason: String },
    /// It failed, and could not be undone wholly: `recover` is needed.
    Degraded {
        /// What stands.
        reason: String,
    },
}

impl Store {
    /// Lists the generations by number. A number that was taken but never written is left out.
    ///
    /// # Errors
    /// [`StoreError`] where the folder or a generation cannot be read.
    pub fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        let mut all = Vec::new();
        for number in self.numbers()? {
            if self.generation_file(number).exists() {
                all.push(self.generation(number)?);
            }
        }
        Ok(all)
    }

    /// Reads a generation.
    ///
    /// # Errors
    /// [`StoreError::NoGeneration`], or where it cannot be read.
    pub fn generation(&self, number: u64) -> Result<Generation, StoreError> {
        json::read(&self.generation_file(number))?.ok_or(StoreError::NoGeneration(number))
    }

    /// Reads the current generation, where there is one.
    ///
    /// # Errors
    /// [`StoreError`] where the link or the generation cannot be read; [`StoreError::NotWhole`] where one of
    /// them is missing.
    pub fn current(&self) -> Result<Option<Generation>, StoreError> {
        let Some(number) = self.current_number()? else { return Ok(None) };
        match self.generation(number) {
            Err(StoreError::NoGeneration(_)) => Err(self.dangling(number)),
            other => other.map(Some),
        }
    }

    /// Returns the number of the current generation.
    ///
    /// # Errors
    /// [`StoreError`] where the link is none of phoenix's; [`StoreError::NotWhole`] where it is missing though
    /// there was a current generation.
    pub fn current_number(&self) -> Result<Option<u64>, StoreError> {
        let path = self.root().join("current");
        let target = match fs::read_link(&path) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return self.nothing_current().map(|()| None);
            }
            Err(error) => return Err(io_error("read the link", &path)(error)),
        };
        let number = target.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        let reason = || format!("it points to {}, which is no generation", target.display());
        number.map(Some).ok_or_else(|| StoreError::unreadable(path, reason()))
    }

    /// Returns the number that the next attempt will have.
    ///
    /// # Errors
    /// [`StoreError`] where the folder, or what is remembered of those that are gone, cannot be read.
    pub fn next_number(&self) -> Result<u64, StoreError> {
        let gone = self.past()?.into_keys().next_back();
        let last = self.numbers()?.into_iter().next_back().max(gone);
        Ok(last.unwrap_or(0) + 1)
    }

    /// Writes a generation with its rendered files, or writes it again with another outcome.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be written.
    pub fn put_generation(&self, generation: &Generation) -> Result<(), StoreError> {
        let folder = self.generation_folder(generation.number);
        durable::private_folder(&folder)?;
        json::write_pretty(&self.generation_file(generation.number), generation)
    }

    /// Writes the rendered files of a generation.
    ///
    /// # Errors
    /// [`StoreError::Io`] where one cannot be written.
    pub fn put_rendered(&self, number: u64, files: &BTreeMap<Box<str>, String>) -> Result<(), StoreError> {
        self.put_files(&Self::rendered_target(number), files)
    }

    /// Writes the files that are in force while an attempt puts exports away.
    ///
    /// # Errors
    /// [`StoreError::Io`] where one cannot be written.
    pub fn put_between(&self, number: u64, files: &BTreeMap<Box<str>, String>) -> Result<(), StoreError> {
        self.put_files(&Self::between_target(number), files)
    }

    /// Writes what a generation has to be carried into machines: a folder for each machine, by its id. What stands in one
    /// by another name stays.
    ///
    /// # Errors
    /// [`StoreError::Io`] where one cannot be written.
    pub fn put_machine_files(&self, number: u64, files: &MachineFiles) -> Result<(), StoreError> {
        let folder = Path::new("generations").join(number.to_string()).join("machines");
        // Each level by itself: so each is on disk.
        if !files.is_empty() {
            durable::private_folder(&self.root().join(&folder))?;
        }
        files.iter().try_for_each(|(machine, files)| self.put_files(&folder.join(machine.to_string()), files))
    }

    fn put_files(&self, folder: &Path, files: &BTreeMap<Box<str>, String>) -> Result<(), StoreError> {
        let folder = self.root().join(folder);
        durable::private_folder(&folder)?;
        for (name, text) in files {
            durable::write(&folder.join(&**name), text.as_bytes(), 0o644)?;
        }
        Ok(())
    }

    /// Reads the rendered files in force, by name; none where nothing was ever put in force.
    ///
    /// # Errors
    /// [`StoreError::Io`] where one cannot be read.
    pub fn rendered_in_force(&self) -> Result<BTreeMap<Box<str>, String>, StoreError> {
        Self::files_in(&self.etc_link())
    }

    /// Reads the rendered files of a generation, by name; none where they are not there.
    ///
    /// # Errors
    /// [`StoreError::Io`] where one cannot be read.
    pub fn rendered_of(&self, number: u64) -> Result<BTreeMap<Box<str>, String>, StoreError> {
        Self::files_in(&self.root().join(Self::rendered_target(number)))
    }

    /// Puts the rendered files of a generation in force, in one rename. For files that are the same as
    /// those in force: others need the services that read them.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the link cannot be moved.
    pub fn set_in_force(&self, number: u64) -> Result<(), StoreError> {
        durable::link(&self.etc_link(), &Self::rendered_target(number))
    }

    fn files_in(folder: &Path) -> Result<BTreeMap<Box<str>, String>, StoreError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(io_error("read the folder", folder)(error)),
        };
        let mut files = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(io_error("read the folder", folder))?.path();
            let text = regular::text(&path).map_err(io_error("read", &path))?;
            if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
                files.insert(name.into(), text);
            }
        }
        Ok(files)
    }

    /// Returns the number of the generation whose rendered files are in force.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the link cannot be read.
    pub fn in_force_number(&self) -> Result<Option<u64>, StoreError> {
        let path = self.etc_link();
        match fs::read_link(&path) {
            // generations/<n>/etc
            Ok(target) => {
                let folder = target.parent().and_then(Path::file_name).and_then(|name| name.to_str());
                Ok(folder.and_then(|name| name.parse().ok()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error("read the link", &path)(error)),
        }
    }

    /// Points `current` to a generation, in one rename.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the link cannot be moved.
    pub fn set_current(&self, number: u64) -> Result<(), StoreError> {
        let target = Path::new("generations").join(number.to_string());
        durable::link(&self.root().join("current"), &target)
    }

    /// Says where the record is, and what the link to the rendered files points to while an attempt is under way,
    /// and after it, when those of the generation `to` are in force.
    #[must_use]
    pub fn places(&self, number: u64, to: u64) -> Places {
        Places {
            state: self.root().to_owned(),
            etc: self.etc_link(),
            after: Self::rendered_target(to),
            between: Self::between_target(number),
        }
    }

    /// Returns the folder of a generation's rendered files, relative to the state folder.
    #[must_use]
    fn rendered_target(number: u64) -> PathBuf {
        Path::new("generations").join(number.to_string()).join("etc")
    }

    /// Returns the folder of the files in force while an attempt puts exports away, relative to the state
    /// folder.
    #[must_use]
    fn between_target(number: u64) -> PathBuf {
        Path::new("generations").join(number.to_string()).join("between")
    }

    pub(super) fn generation_folder(&self, number: u64) -> PathBuf {
        self.root().join("generations").join(number.to_string())
    }

    pub(super) fn generation_file(&self, number: u64) -> PathBuf {
        self.generation_folder(number).join("generation.json")
    }

    /// Lists the numbers that are taken, also those that were never written.
    pub(super) fn numbers(&self) -> Result<BTreeSet<u64>, StoreError> {
        let folder = self.root().join("generations");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(error) => return Err(io_error("read the folder", &folder)(error)),
        };
        let mut numbers = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(io_error("read the folder", &folder))?;
            numbers.extend(entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        Ok(numbers)
    }
}
