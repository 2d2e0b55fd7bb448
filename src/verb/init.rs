//! `phoenix init`

use crate::{exit::Exit, failure::Failure, spec::NAME, terminal::Terminal};
use clap::Args;
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::PathBuf,
};

/// Write a spec to begin with
///
/// The spec has comments that explain it, and builds once your disks stand in place of those it names. A file
/// that is there already is never written over.
#[derive(Debug, Args)]
pub struct Init {
    /// The folder to write phoenix.kdl into
    #[arg(default_value = ".")]
    folder: PathBuf,
}

const STARTER: &str = include_str!("starter.kdl");

impl Init {
    /// Runs the verb.
    pub fn run(&self, terminal: &Terminal) -> Result<Exit, Failure> {
        let path = self.folder.join(NAME);
        let failed = |error: std::io::Error| {
            let failure = match error.kind() {
                ErrorKind::AlreadyExists => {
                    Failure::new(Exit::Refused, format!("cannot write {}", path.display()))
                        .because("it is there already")
                        .help("name another folder, or move the file away")
                }
                _ => Failure::new(Exit::Failed, format!("cannot write {}", path.display())).because(error),
            };
            Err(failure)
        };
        if let Err(error) = fs::create_dir_all(&self.folder) {
            return failed(error);
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        if let Err(error) = file.and_then(|mut file| file.write_all(STARTER.as_bytes())) {
            return failed(error);
        }
        terminal.print(format_args!(
            "Wrote {}. Put your disks' names in (`ls /dev/disk/by-id`), then try it on a simulated host:\n\n    \
             phoenix switch --sim demo {}\n",
            path.display(),
            path.display(),
        ));
        Ok(Exit::Done)
    }
}
