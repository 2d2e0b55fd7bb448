//! Copies of a host and of its store, to begin from again.

use crate::World;
use phoenix_sim::State;
use std::{
    fs,
    path::{Path, PathBuf},
};

impl World {
    /// Takes a copy of the store alone, as a backup of the state folder does.
    pub fn save_store(&self) -> Saved {
        self.save()
    }

    /// Puts the store back to what it was, on a host that has lived on.
    pub fn restore_store(&self, saved: &Saved) {
        let now = self.host.state();
        self.restore(saved);
        self.host.edit(|state| *state = now);
    }

    /// Takes a copy of the host and of its store, but for the objects: those never change.
    pub fn save(&self) -> Saved {
        let mut files = Vec::new();
        for name in KEPT {
            walk(&self.root().join(name), &mut files);
        }
        Saved { state: self.host.state(), files }
    }

    /// Puts the host and its store back to what they were, with power and without faults.
    pub fn restore(&self, saved: &Saved) {
        for name in KEPT {
            let path = self.root().join(name);
            match fs::symlink_metadata(&path) {
                Ok(about) if about.is_dir() => fs::remove_dir_all(&path).unwrap(),
                Ok(_) => fs::remove_file(&path).unwrap(),
                Err(_) => {}
            }
        }
        for (path, kept) in &saved.files {
            match kept {
                Kept::Folder => fs::create_dir(path).unwrap(),
                Kept::Link(target) => std::os::unix::fs::symlink(target, path).unwrap(),
                Kept::File(bytes) => fs::write(path, bytes).unwrap(),
            }
        }
        self.host.clear_faults();
        self.host.power_on();
        self.host.edit(|state| *state = saved.state.clone());
        self.host.forget_events();
    }
}

/// What of a store changes, besides its objects.
const KEPT: [&str; 8] =
    ["generations", "txn", "current", "etc", "pending", "record.json", "past.json", "released.json"];

/// A copy of a host and of what of its store changes.
pub struct Saved {
    state: State,
    files: Vec<(PathBuf, Kept)>,
}

enum Kept {
    Folder,
    Link(PathBuf),
    File(Vec<u8>),
}

fn walk(path: &Path, found: &mut Vec<(PathBuf, Kept)>) {
    let Ok(about) = fs::symlink_metadata(path) else { return };
    if about.is_symlink() {
        found.push((path.to_owned(), Kept::Link(fs::read_link(path).unwrap())));
    } else if about.is_dir() {
        found.push((path.to_owned(), Kept::Folder));
        fs::read_dir(path).unwrap().for_each(|entry| walk(&entry.unwrap().path(), found));
    } else {
        found.push((path.to_owned(), Kept::File(fs::read(path).unwrap())));
    }
}
