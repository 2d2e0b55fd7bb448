//! `phoenix fmt`

use crate::{
    exit::Exit,
    failure::Failure,
    named::{Found, Named, Unread, find, tell_states},
    spec::{NAME, read_bounded},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::fmt::format;
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
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
        let mut found = Found::default();
        for file in &self.files {
            find(file, &mut found).map_err(|Unread { path, error }| failed(&path, error))?;
        }
        tell_states(&found.states, terminal);
        let mut exit = Exit::Done;
        for Named { file, place } in &found.specs {
            let (text, was) = match place {
                None => (read_bounded(io::stdin()).map_err(|error| failed(file, error))?, None),
                Some((folder, name)) => {
                    let read = folder.read(name).and_then(|read| read.ok_or(ErrorKind::NotFound.into()));
                    let (text, about) = read.map_err(|error| failed(file, error))?;
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
                    folder.write(name, &made, was.as_ref()).map_err(|error| failed(file, error))?;
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

fn failed(file: &Path, error: io::Error) -> Failure {
    let (exit, help) = match error.kind() {
        io::ErrorKind::NotFound => (Exit::Usage, "name files, folders, or - for standard input"),
        io::ErrorKind::InvalidData => (Exit::Failed, "specs are UTF-8 text"),
        io::ErrorKind::FileTooLarge => (Exit::BadSpec, "a spec is not so large: is this one?"),
        _ => (Exit::Failed, "the file was left as it is"),
    };
    Failure::new(exit, format!("cannot lay out {}", file.display())).because(error).help(help)
}
