//! Files that are written into a folder of the person's: all, or none where one that is there is to be left. No link in the
//! folder is followed.

use crate::{beside::Beside, exit::Exit, failure::Failure};
use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};

/// Files that are about to be written into a folder.
pub struct Writing<'f> {
    folder: PathBuf,
    beside: Beside,
    /// The names of all, those among them that stand there so already.
    names: Vec<String>,
    /// Each that is written: its name, its text, and what is known of the one that it is written over.
    write: Vec<(&'f str, &'f str, Option<Metadata>)>,
}

/// A folder into which files were written.
pub struct Written {
    folder: PathBuf,
    beside: Beside,
    names: Vec<String>,
}

impl<'f> Writing<'f> {
    /// Looks whether files, each a name and a text, can be written into a folder, or into one of this name in it. One that is
    /// there and differs is written over only where that is asked for.
    ///
    /// # Errors
    /// Where a folder cannot be made or a file not be read; or where one that differs is to be left.
    pub fn into(
        folder: &Path,
        inner: Option<&str>,
        files: &[(&'f str, &'f str)],
        overwrite: bool,
    ) -> Result<Self, Failure> {
        let whole = inner.map_or_else(|| folder.to_owned(), |inner| folder.join(inner));
        let doing = || format!("cannot write into {}", whole.display());
        let failed = |error: io::Error| Failure::new(Exit::Failed, doing()).because(error);
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(failed(error).help("it makes one folder: make the one above first"));
            }
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let outer = Beside::open(folder).map_err(failed)?;
        let beside = match inner {
            Some(inner) => outer.make_folder(inner).map_err(failed)?,
            None => outer,
        };
        let mut write = Vec::new();
        let mut differ = Vec::new();
        for (name, text) in files {
            let found = beside.read(name).map_err(|error| {
                Failure::new(Exit::Failed, format!("cannot read {}", whole.join(name).display()))
                    .because(error)
                    .help("look what stands there and move it away, or name another folder")
            })?;
            match found {
                Some((there, _)) if there == *text => {}
                Some(_) if !overwrite => differ.push(*name),
                found => write.push((*name, *text, found.map(|(_, about)| about))),
            }
        }
        if !differ.is_empty() {
            return Err(Failure::new(Exit::Refused, doing())
                .because(format!("what is there differs: {}", differ.join(", ")))
                .help("look at it; `--overwrite` writes over it"));
        }
        let names = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        Ok(Self { folder: whole, beside, names, write })
    }

    /// Writes them.
    ///
    /// # Errors
    /// Where one cannot be written.
    pub fn write(self) -> Result<Written, Failure> {
        let Self { folder, beside, names, write } = self;
        for (name, text, was) in write {
            beside.write(name, text, was.as_ref()).map_err(|error| {
                Failure::new(Exit::Failed, format!("cannot write into {}", folder.display())).because(error)
            })?;
        }
        Ok(Written { folder, beside, names })
    }
}

impl Written {
    /// Lists further files in the folder that begin with a line, as those of an earlier run do.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn others(&self, head: &str) -> Result<Vec<String>, Failure> {
        let failed = |error: io::Error| {
            Failure::new(Exit::Failed, format!("cannot look into {}", self.folder.display())).because(error)
        };
        let is_ours = |name: &str| {
            let text = || self.beside.read(name).ok().flatten();
            !self.names.iter().any(|written| written == name)
                && text().is_some_and(|(text, _)| text.lines().next() == Some(head))
        };
        let names = self.beside.names().map_err(failed)?;
        let names = names.into_iter().filter_map(|(name, _)| name.into_string().ok());
        Ok(names.filter(|name| is_ours(name)).collect())
    }
}
