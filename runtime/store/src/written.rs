//! What a generation has beside its record: the rendered files in `etc/`, and what is carried into machines in
//! `machines/`. `files.json` has the hash of each, so that what was changed, lost or added since is seen. Earlier
//! versions wrote none: their files are held against what the system says, which this version may write otherwise.

use super::{Generation, Store, StoreError, durable, io_error, json, regular, verify::Finding};
use phoenix_graph::{FORMAT, ObjectId};
use phoenix_plan::{MachineFiles, machine_files, rendered};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The folders that are proved.
const FOLDERS: [&str; 2] = ["etc", "machines"];

/// The hash of each file, by its path in the generation.
type Hashes = BTreeMap<PathBuf, ObjectId>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    files: Hashes,
}

/// What came of a look at the files of one generation.
#[derive(Debug, Default)]
pub struct Written {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// How many writes were cut off.
    pub leftovers: usize,
    /// Whether nothing tells what they are to be.
    pub unproved: bool,
}

impl Store {
    /// Forgets what proves the files of a generation, before they are written anew.
    ///
    /// # Errors
    /// [`StoreError::Io`] where it cannot be removed.
    pub fn forget_hashes(&self, number: u64) -> Result<(), StoreError> {
        durable::remove(&self.hashes_file(number))
    }

    /// Writes what proves the files of a generation, once all of them are there.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn put_hashes(
        &self,
        number: u64,
        rendered: &BTreeMap<Box<str>, String>,
        machines: &MachineFiles,
    ) -> Result<(), StoreError> {
        json::write(&self.hashes_file(number), &File { format: FORMAT, files: hashes(rendered, machines) })
    }

    /// Returns whether these files lie in a generation, with what proves them.
    ///
    /// # Errors
    /// [`StoreError::Io`] where a folder cannot be read.
    pub fn has_files(
        &self,
        number: u64,
        rendered: &BTreeMap<Box<str>, String>,
        machines: &MachineFiles,
    ) -> Result<bool, StoreError> {
        let wanted = hashes(rendered, machines);
        if self.hashes(number).ok().flatten().is_none_or(|known| known != wanted) {
            return Ok(false);
        }
        let there = self.beside(number, &mut Written::default())?;
        Ok(wanted.iter().all(|(path, id)| there.get(path) == Some(&Ok(*id))))
    }

    /// Holds the files of a generation against what it wrote.
    ///
    /// # Errors
    /// [`StoreError::Io`] where a folder cannot be read.
    pub(super) fn written(&self, generation: &Generation) -> Result<Written, StoreError> {
        let number = generation.number;
        let folder = self.generation_folder(number);
        let mut found = Written::default();
        let there = self.beside(number, &mut found)?;
        let again = self.written_anew(number);
        let known = match self.hashes(number) {
            Ok(known) => known,
            Err(error) => {
                let repair = format!("move it away, then: {again}");
                found.findings.push(Finding {
                    path: self.hashes_file(number),
                    problem: error.to_string(),
                    repair,
                });
                return Ok(found);
            }
        };
        let Some(known) = known else {
            found.unproved = !there.is_empty() && !self.follows(generation, &there);
            return Ok(found);
        };
        let tell = |path: &Path, problem: &str, repair: String| Finding {
            path: folder.join(path),
            problem: problem.to_owned(),
            repair,
        };
        for (path, id) in &known {
            let problem = match there.get(path) {
                Some(Ok(found)) if found == id => continue,
                Some(Ok(_)) => "its bytes are not those that the generation wrote",
                Some(Err(why)) => why,
                None => "it is missing, and the generation wrote it",
            };
            found.findings.push(tell(path, problem, again.clone()));
        }
        for path in there.keys().filter(|path| !known.contains_key(*path)) {
            let problem = "the generation did not write it";
            found.findings.push(tell(path, problem, "look what it is, and move it away".to_owned()));
        }
        Ok(found)
    }

    /// Says how the files of a generation are written anew.
    fn written_anew(&self, number: u64) -> String {
        if self.current_number().ok().flatten() == Some(number) {
            "switch to the current spec: it is written anew".to_owned()
        } else if self.in_force_number().ok().flatten() == Some(number) {
            format!(
                "switch to the current spec, which puts its own in force; `phoenix rollback {number}` writes it anew"
            )
        } else {
            format!("`phoenix rollback {number}` writes it anew; until then nothing reads it")
        }
    }

    /// Lists what lies beside the record of a generation.
    fn beside(&self, number: u64, found: &mut Written) -> Result<Found, StoreError> {
        let mut there = Found::new();
        for name in FOLDERS {
            files(&self.generation_folder(number), Path::new(name), &mut there, found)?;
        }
        Ok(there)
    }

    fn hashes(&self, number: u64) -> Result<Option<Hashes>, StoreError> {
        let path = self.hashes_file(number);
        let Some(file) = json::read::<File>(&path)? else { return Ok(None) };
        json::refuse_newer(file.format, &path)?;
        Ok(Some(file.files))
    }

    /// Returns whether files are what this version writes for the generation's system.
    fn follows(&self, generation: &Generation, there: &Found) -> bool {
        let Ok(graph) = self.graph(&generation.system) else { return false };
        let (Ok(rendered), Ok(machines)) = (rendered(&graph), machine_files(&graph)) else { return false };
        let wanted = hashes(&rendered, &machines);
        wanted.len() == there.len() && wanted.iter().all(|(path, id)| there.get(path) == Some(&Ok(*id)))
    }

    fn hashes_file(&self, number: u64) -> PathBuf {
        self.generation_folder(number).join("files.json")
    }
}

/// What stands at each path in a generation: the hash of its bytes, or why it has none.
type Found = BTreeMap<PathBuf, Result<ObjectId, String>>;

fn hashes(rendered: &BTreeMap<Box<str>, String>, machines: &MachineFiles) -> Hashes {
    let hash = |text: &String| ObjectId::of(text.as_bytes());
    let etc = rendered.iter().map(|(name, text)| (Path::new("etc").join(&**name), hash(text)));
    let of_machines = machines.iter().flat_map(|(machine, files)| {
        let folder = Path::new("machines").join(machine.to_string());
        files.iter().map(move |(name, text)| (folder.join(&**name), hash(text)))
    });
    etc.chain(of_machines).collect()
}

/// Lists what lies in a folder of a generation, at any depth.
fn files(root: &Path, folder: &Path, there: &mut Found, found: &mut Written) -> Result<(), StoreError> {
    let path = root.join(folder);
    let failed = || io_error("read the folder", &path);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed()(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed())?;
        let at = folder.join(entry.file_name());
        if entry.file_name().to_string_lossy().starts_with(".new-") {
            found.leftovers += 1;
        } else if entry.file_type().map_err(failed())?.is_dir() {
            files(root, &at, there, found)?;
        } else {
            let read = regular::read(&entry.path());
            there.insert(at, read.map(|bytes| ObjectId::of(&bytes)).map_err(|error| error.to_string()));
        }
    }
    Ok(())
}
