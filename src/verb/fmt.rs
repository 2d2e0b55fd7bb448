//! `phoenix fmt`

use crate::{
    beside::Beside,
    exit::Exit,
    failure::Failure,
    spec::{NAME, read_bounded},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::fmt::format;
use rustix::fs::FileType;
use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    rc::Rc,
};

/// Lay specs out in the one way
///
/// Four spaces a level, one blank line at most; what stands on one line stays there where it fits. The
/// order of everything and all comments are kept, and what a spec means never changes. A file is
/// replaced as a whole or left as it is.
#[derive(Debug, Args)]
pub struct Fmt {
    /// Files, folders for all .kdl files below them, or - for standard input
    #[arg(default_value = NAME)]
    files: Vec<PathBuf>,
    /// Change nothing; name the files that are not laid out so, and exit with 2
    #[arg(long)]
    check: bool,
}

impl Fmt {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let mut files = Vec::new();
        for file in &self.files {
            find(file, &mut files).map_err(|error| failed(file, &error))?;
        }
        let mut exit = Exit::Done;
        for Found { file, place } in &files {
            let (text, was) = match place {
                None => (read_bounded(io::stdin()).map_err(|error| failed(file, &error))?, None),
                Some((folder, name)) => {
                    let read = folder.read(name).and_then(|read| read.ok_or(ErrorKind::NotFound.into()));
                    let (text, about) = read.map_err(|error| failed(file, &error))?;
                    (text, Some(about))
                }
            };
            let made = match format(&file.display().to_string(), &text) {
                Ok(made) => made,
                Err(refused) => {
                    for diagnostic in &refused.diagnostics {
                        terminal.report(&diagnostic.report(&refused.sources));
                        terminal.note("\n");
                    }
                    exit = Exit::BadSpec;
                    continue;
                }
            };
            match place {
                None if !self.check => terminal.print_file(&made),
                _ if made == text => {}
                Some((folder, name)) if !self.check => {
                    folder.write(name, &made, was.as_ref()).map_err(|error| failed(file, &error))?;
                    terminal.print(format_args!("{}\n", file.display()));
                }
                _ => {
                    terminal.print(format_args!("{}\n", file.display()));
                    if exit == Exit::Done {
                        exit = Exit::Differences;
                    }
                }
            }
        }
        Ok(exit)
    }
}

fn failed(file: &Path, error: &io::Error) -> Failure {
    let (exit, help) = match error.kind() {
        io::ErrorKind::NotFound => (Exit::Usage, "name files, folders, or - for standard input"),
        io::ErrorKind::InvalidData => (Exit::Failed, "specs are UTF-8 text"),
        io::ErrorKind::FileTooLarge => (Exit::BadSpec, "a spec is not so large: is this one?"),
        _ => (Exit::Failed, "the file was left as it is"),
    };
    Failure::new(exit, format!("cannot lay out {}", file.display())).because(error).help(help)
}

/// A spec that was found: how it is named, and where it lies; standard input lies nowhere.
struct Found {
    file: PathBuf,
    place: Option<(Rc<Beside>, OsString)>,
}

/// Finds what was named: a file whatever it is called, also through a link; all specs below a folder.
fn find(path: &Path, found: &mut Vec<Found>) -> io::Result<()> {
    if path.as_os_str() == "-" {
        found.push(Found { file: path.to_owned(), place: None });
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
    found.push(Found { file: path.to_owned(), place });
    Ok(())
}

/// Finds the specs below a folder. Links and hidden folders are not followed, also where a link takes the
/// place of what was found.
fn below(path: &Path, folder: &Rc<Beside>, found: &mut Vec<Found>) -> io::Result<()> {
    for (name, kind) in folder.names()? {
        let file = path.join(&name);
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind == FileType::Directory {
            if let Some(folder) = folder.folder(&name)? {
                below(&file, &Rc::new(folder), found)?;
            }
        } else if file.extension().is_some_and(|end| end == "kdl") {
            found.push(Found { file, place: Some((folder.clone(), name)) });
        }
    }
    Ok(())
}
