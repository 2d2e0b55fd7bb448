//! What a person named for a verb that takes many files: files, whole folders, standard input.

use crate::{beside::Beside, show::line, site::SIM_STATE, terminal::Terminal};
use phoenix_sim::SimHost;
use phoenix_store::Store;
use rustix::fs::FileType;
use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    rc::Rc,
};

/// A spec that was found: how it is named, and where it lies; standard input lies nowhere.
pub struct Named {
    /// How it is named.
    pub file: PathBuf,
    /// Its folder, and its name there.
    pub place: Option<(Rc<Beside>, OsString)>,
}

/// What was found of what was named.
#[derive(Default)]
pub struct Found {
    /// The specs.
    pub specs: Vec<Named>,
    /// State folders that were passed by: what lies in one are copies, each under the hash of its bytes.
    pub states: Vec<PathBuf>,
}

/// Something that cannot be looked at.
pub struct Unread {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Finds what was named: a file whatever it is called, also through a link; all specs below a folder.
///
/// # Errors
/// Where it is not there, or a folder cannot be read.
pub fn find(path: &Path, found: &mut Found) -> Result<(), Unread> {
    let unread = |error| Unread { path: path.to_owned(), error };
    if path.as_os_str() == "-" {
        found.specs.push(Named { file: path.to_owned(), place: None });
        return Ok(());
    }
    if path.is_dir() {
        return below(path, &Rc::new(Beside::open(path).map_err(unread)?), found);
    }
    let real = path.canonicalize().map_err(unread)?;
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
        return Err(unread(ErrorKind::NotFound.into()));
    };
    let place = Some((Rc::new(Beside::open(folder).map_err(unread)?), name.to_owned()));
    found.specs.push(Named { file: path.to_owned(), place });
    Ok(())
}

/// Finds the specs below a folder. Links and hidden folders are not followed, also where a link takes the
/// place of what was found; state folders are passed by.
fn below(path: &Path, folder: &Rc<Beside>, found: &mut Found) -> Result<(), Unread> {
    let unread = |path: &Path, error| Unread { path: path.to_owned(), error };
    let names = folder.names().map_err(|error| unread(path, error))?;
    if is_state(&names) {
        found.states.push(path.to_owned());
        return Ok(());
    }
    let simulated = names.iter().any(|(name, _)| SimHost::FILES.iter().any(|file| name == file));
    for (name, kind) in names {
        // What is in the folder that one is in needs no `./` before it.
        let file = if path == Path::new(".") { PathBuf::from(&name) } else { path.join(&name) };
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind == FileType::Directory {
            // It may be one that only its owner can look into.
            if simulated && name == SIM_STATE {
                found.states.push(file);
            } else if let Some(folder) = folder.folder(&name).map_err(|error| unread(&file, error))? {
                below(&file, &Rc::new(folder), found)?;
            }
        } else if file.extension().is_some_and(|end| end == "kdl") {
            found.specs.push(Named { file, place: Some((folder.clone(), name)) });
        }
    }
    Ok(())
}

/// Returns whether a folder is a state folder, by the folders that each of them has.
fn is_state(names: &[(OsString, FileType)]) -> bool {
    let has = |folder: &str| names.iter().any(|(name, kind)| name == folder && *kind == FileType::Directory);
    Store::FOLDERS.iter().all(|folder| has(folder))
}

/// Says which folders were passed by.
pub fn tell_states(states: &[PathBuf], terminal: &Terminal) {
    for state in states {
        terminal
            .note(format_args!("{} is a state folder: what it holds is no spec\n", line(&state.display())));
    }
}
