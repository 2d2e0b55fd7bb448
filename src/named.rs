//! What a person named for a verb that takes many files: files, whole folders, standard input.

use crate::beside::Beside;
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

/// Finds what was named: a file whatever it is called, also through a link; all specs below a folder.
///
/// # Errors
/// Where it is not there, or a folder cannot be read.
pub fn find(path: &Path, found: &mut Vec<Named>) -> io::Result<()> {
    if path.as_os_str() == "-" {
        found.push(Named { file: path.to_owned(), place: None });
        return Ok(());
    }
    if path.is_dir() {
        return below(path, &Rc::new(Beside::open(path)?), found);
    }
    let real = path.canonicalize()?;
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
        return Err(ErrorKind::NotFound.into());
    };
    let place = Some((Rc::new(Beside::open(folder)?), name.to_owned()));
    found.push(Named { file: path.to_owned(), place });
    Ok(())
}

/// Finds the specs below a folder. Links and hidden folders are not followed, also where a link takes the
/// place of what was found.
fn below(path: &Path, folder: &Rc<Beside>, found: &mut Vec<Named>) -> io::Result<()> {
    for (name, kind) in folder.names()? {
        // What is in the folder that one is in needs no `./` before it.
        let file = if path == Path::new(".") { PathBuf::from(&name) } else { path.join(&name) };
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind == FileType::Directory {
            if let Some(folder) = folder.folder(&name)? {
                below(&file, &Rc::new(folder), found)?;
            }
        } else if file.extension().is_some_and(|end| end == "kdl") {
            found.push(Named { file, place: Some((folder.clone(), name)) });
        }
    }
    Ok(())
}
