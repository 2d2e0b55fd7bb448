//! `phoenix fmt`

use crate::{
    exit::Exit,
    failure::Failure,
    spec::{NAME, read_bounded},
    terminal::Terminal,
};
use clap::Args;
use phoenix_compiler::fmt::format;
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::chown,
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
        let mut files = Vec::new();
        for file in &self.files {
            below(file, true, &mut files).map_err(|error| failed(file, &error))?;
        }
        let mut exit = Exit::Done;
        for file in &files {
            let text = read(file).map_err(|error| failed(file, &error))?;
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
            if is_input(file) && !self.check {
                terminal.print(made);
            } else if made != text {
                terminal.print(format_args!("{}\n", file.display()));
                if !self.check {
                    replace(file, &made).map_err(|error| failed(file, &error))?;
                } else if exit == Exit::Done {
                    exit = Exit::Differences;
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

fn is_input(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Finds the specs below a folder; what was named is taken whatever it is called. Links and hidden
/// folders are not followed.
fn below(path: &Path, named: bool, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        if named || path.extension().is_some_and(|end| end == "kdl") {
            found.push(path.to_owned());
        }
        return Ok(());
    }
    let mut entries =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && !entry.is_symlink() {
            below(&entry, false, found)?;
        }
    }
    Ok(())
}

fn read(file: &Path) -> io::Result<String> {
    if is_input(file) { read_bounded(io::stdin()) } else { read_bounded(fs::File::open(file)?) }
}

/// Replaces a file in one rename; its owner and rights stay.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let file = file.canonicalize()?;
    let was = fs::metadata(&file)?;
    let mut fresh = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(Path::new("/")))?;
    fresh.write_all(text.as_bytes())?;
    let now = fresh.as_file().metadata()?;
    if (now.uid(), now.gid()) != (was.uid(), was.gid()) {
        chown(fresh.path(), Some(was.uid()), Some(was.gid()))?;
    }
    fresh.as_file().set_permissions(was.permissions())?;
    fresh.as_file().sync_all()?;
    fresh.persist(&file)?;
    Ok(())
}
