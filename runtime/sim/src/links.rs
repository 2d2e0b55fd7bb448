//! Symbolic links and text files: those below the state folder are real, all others are simulated.

use super::state::State;
use phoenix_host::{HostError, error::failed, links, observed::LinkState};
use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// Which paths are real.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The folder below which links and files are those of the real file system.
    pub real: PathBuf,
}

impl Roots {
    /// Returns whether a path is one of the real file system.
    pub fn is_real(&self, path: &Path) -> bool {
        path.starts_with(&self.real)
    }
}

impl State {
    /// Makes a symbolic link, over an older link in one rename.
    pub fn link(&mut self, roots: &Roots, path: &Path, target: &Path) -> Result<(), HostError> {
        if roots.is_real(path) {
            return links::link(path, target);
        }
        if self.files.contains_key(path) {
            return Err(links::in_the_way("link", path));
        }
        self.links.insert(path.to_owned(), target.to_owned());
        Ok(())
    }

    /// Removes a symbolic link; anything else is left and refused.
    pub fn unlink(&mut self, roots: &Roots, path: &Path) -> Result<(), HostError> {
        if roots.is_real(path) {
            return links::unlink(path);
        }
        if self.files.contains_key(path) {
            return Err(links::in_the_way("unlink", path));
        }
        match self.links.remove(path) {
            Some(_) => Ok(()),
            None => Err(failed("unlink", path, io::Error::other("No such file or directory"))),
        }
    }

    /// Tells what stands where a link is to stand.
    pub fn link_state(&self, roots: &Roots, path: &Path) -> Result<LinkState, HostError> {
        if roots.is_real(path) {
            return links::look(path);
        }
        Ok(match self.links.get(path) {
            Some(target) => LinkState::Link(target.clone()),
            None if self.files.contains_key(path) => LinkState::Other,
            None => LinkState::Missing,
        })
    }

    /// Reads a text file, through simulated links and then through real ones.
    pub fn read_text(&self, roots: &Roots, path: &Path) -> Option<String> {
        let mut path = path.to_owned();
        // As many steps as the kernel takes before it says ELOOP.
        for _ in 0..40 {
            if roots.is_real(&path) {
                return std::fs::read_to_string(&path).ok();
            }
            match self.links.get(&path) {
                Some(target) => path = resolve(&path, target),
                None => return self.files.get(&path).cloned(),
            }
        }
        None
    }
}

/// Resolves a link's target from the folder that the link stands in, without looking at any disk.
fn resolve(link: &Path, target: &Path) -> PathBuf {
    let mut path = link.parent().unwrap_or(Path::new("/")).to_owned();
    for part in target.components() {
        match part {
            Component::RootDir => path = PathBuf::from("/"),
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    path
}
