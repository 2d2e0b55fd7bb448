//! Links to rendered files, and the text files of the root file system: those below the state folder are real, all
//! others are simulated.

use crate::{
    given::{Given, Roots},
    image::HostImage,
    mapping::DIRECTORY_CFG,
    state::State,
};
use phoenix_host::{
    HostError,
    error::failed,
    links,
    observed::{LinkState, Observed, Query},
    op::Op,
};
use std::{
    io,
    path::{Component, Path, PathBuf},
};

/// Looks at the links that are asked for.
pub fn look(state: &State, roots: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    for path in &query.links {
        seen.links.insert(path.clone(), state.link_state(roots, path)?);
    }
    Ok(())
}

/// Makes and removes links.
pub fn perform(state: &mut State, given: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    match op {
        Op::Link { path, target } => Some(state.link(given.roots, path, target)),
        Op::Unlink { path } => Some(state.unlink(given.roots, path)),
        _ => None,
    }
}

/// Adds links and files to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    image.links.clone_from(&state.links);
    image.files.clone_from(&state.files);
    // An empty one is as good as none, and stays once something stood in it.
    image.files.retain(|path, text| !(path.as_os_str() == DIRECTORY_CFG && text.is_empty()));
}

impl State {
    /// Makes a symbolic link, over an older link in one rename.
    fn link(&mut self, roots: &Roots, path: &Path, target: &Path) -> Result<(), HostError> {
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
    fn unlink(&mut self, roots: &Roots, path: &Path) -> Result<(), HostError> {
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
    fn link_state(&self, roots: &Roots, path: &Path) -> Result<LinkState, HostError> {
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
