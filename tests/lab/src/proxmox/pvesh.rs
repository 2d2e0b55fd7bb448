//! A stand-in for Proxmox VE's `pvesh`, as far as phoenix uses it: mappings of folders, by the simulator's rules, with
//! real folders.

use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::Path;

use phoenix_sim::pvesh::{self, Outcome, Site};

use super::kept;

const FILE: &str = "/etc/pve/mapping/directory.cfg";
const MEMBERS: &str = "/etc/pve/.members";
const LOCK: &str = "/run/pvesh.lock";

/// Runs `pvesh` with these arguments (without the program's name).
#[must_use]
pub fn run(words: &[String]) -> Outcome {
    pvesh::run(words, &mut Machine::default())
}

/// This machine.
#[derive(Debug, Default)]
pub(super) struct Machine {
    lock: Option<File>,
}

impl Site for Machine {
    fn node(&self) -> String {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        name.trim().to_owned()
    }

    fn lock(&mut self) -> Result<(), String> {
        self.lock = kept::lock(LOCK).map_err(text)?;
        let held = "error during cfs-locked 'file-mapping_directory_cfg' operation: got lock request timeout";
        if self.lock.is_some() { Ok(()) } else { Err(held.to_owned()) }
    }

    fn read(&mut self) -> Result<Option<String>, String> {
        // Without the cluster file system nothing goes.
        if !Path::new(MEMBERS).exists() {
            return Err("ipcc_send_rec[1] failed: Connection refused".to_owned());
        }
        match fs::read_to_string(FILE) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(text(error)),
        }
    }

    fn write(&mut self, content: &str) -> Result<(), String> {
        kept::replace(Path::new(FILE), content).map_err(text)
    }

    fn digest(&mut self, content: &str) -> Result<String, String> {
        kept::digest(content).map_err(text)
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }

    fn is_folder(&self, path: &str) -> bool {
        Path::new(path).is_dir()
    }
}

fn text(error: Error) -> String {
    error.to_string()
}
