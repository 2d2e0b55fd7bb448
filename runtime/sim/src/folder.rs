//! Folders of simulated file systems that guests are given.

use crate::{
    given::{Given, Roots},
    state::{Refusal, State, refuse},
};
use phoenix_graph::{
    DatasetName, Mode,
    check::guest::folder_parts,
    kind::{acl::Acl, source_path},
};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Directory, FolderState, Instead, Observed, Query},
    op::Op,
};
use std::{io, path::Path};

/// Looks at the folders that are asked for, of what is mounted and seen.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    for (dataset, folder) in &query.folders {
        let path = state.mounted_at(dataset).filter(|_| !state.hidden(dataset));
        if let Some(path) = path {
            let found = state.way(dataset, path, folder);
            seen.folders.entry(dataset.clone()).or_default().insert(folder.clone(), found);
        }
    }
    Ok(())
}

/// Makes a folder, or removes it where it is empty.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let (path, done) = match op {
        Op::FolderMake { dataset, path, folder } => (path, state.make_way(dataset, path, folder)),
        Op::FolderRemove { dataset, path, folder, stay } => {
            (path, state.remove_way(dataset, path, folder, *stay))
        }
        _ => return None,
    };
    Some(done.map_err(|refusal| failed("change", Path::new(&**path), io::Error::other(refusal.text))))
}

/// Returns the first half of an operation that has several parts: the folder itself is not reached yet.
pub fn half(op: &Op) -> Option<Op> {
    match op {
        Op::FolderMake { dataset, path, folder } => {
            let (above, _) = folder.rsplit_once('/')?;
            Some(Op::FolderMake { dataset: dataset.clone(), path: path.clone(), folder: above.into() })
        }
        Op::FolderRemove { dataset, path, folder, stay } if folder.split('/').count() > stay + 1 => {
            let stay = folder.split('/').count() - 1;
            let (dataset, path, folder) = (dataset.clone(), path.clone(), folder.clone());
            Some(Op::FolderRemove { dataset, path, folder, stay })
        }
        _ => None,
    }
}

impl State {
    /// Tells how far the way to a folder leads, in what is mounted at a path.
    fn way(&self, name: &DatasetName, path: &str, folder: &str) -> FolderState {
        let (mut there, mut last, mut instead) = (0, "", None);
        for part in folder_parts(folder) {
            let at = source_path(path, Some(part));
            let link = self.links.get(Path::new(&*at)).map(|target| target.to_string_lossy().into());
            let other = self.covering(&at).is_none_or(|mount| mount.dataset != *name);
            if link.is_some() || other || !self.folder_exists(&at) {
                let file = self.file_exists(&at).then_some(Instead::File);
                instead = link.map(Instead::Link).or(other.then_some(Instead::Mount)).or(file);
                break;
            }
            (there, last) = (there + 1, part);
        }
        let at = format!("{}/{last}", path.trim_end_matches('/'));
        FolderState {
            there,
            last: self.folder_directory(name, last),
            empty: !self.holds_something(at.trim_end_matches('/')),
            instead,
        }
    }

    /// Returns what a folder in a file system has; by no path, the root directory.
    fn folder_directory(&self, name: &DatasetName, inside: &str) -> Directory {
        if inside.is_empty() {
            return self.directory(name);
        }
        let dataset = self.datasets.get(name);
        let (owner, group) =
            dataset.and_then(|dataset| dataset.owners.get(inside).copied()).unwrap_or_default();
        let mode = dataset.and_then(|dataset| dataset.modes.get(inside).copied()).unwrap_or(Mode::NEW);
        Directory { owner, group, mode, acl: Acl::default() }
    }

    fn make_way(&mut self, name: &DatasetName, path: &str, folder: &str) -> Result<(), Refusal> {
        self.need_seen(name, path)?;
        let way = self.way(name, path, folder);
        if way.instead.is_some() {
            return refuse(1, "something else stands there");
        }
        // Of lists a folder keeps none here, as a simulated host has none of folders.
        let mut above = way.last;
        for part in folder_parts(folder).skip(way.there) {
            self.need_writable(name)?;
            let Some(dataset) = self.datasets.get_mut(name) else { return Ok(()) };
            dataset.folders.insert(part.into());
            above = Directory { acl: Acl::default(), ..above.of_new() };
            if (above.owner, above.group) != (0, 0) {
                dataset.owners.insert(part.into(), (above.owner, above.group));
            }
            if above.mode != Mode::NEW {
                dataset.modes.insert(part.into(), above.mode);
            }
        }
        Ok(())
    }

    fn remove_way(
        &mut self,
        name: &DatasetName,
        path: &str,
        folder: &str,
        stay: usize,
    ) -> Result<(), Refusal> {
        self.need_seen(name, path)?;
        let there = self.way(name, path, folder).there;
        let made: Vec<&str> = folder_parts(folder).take(there).skip(stay).collect();
        for part in made.into_iter().rev() {
            self.need_writable(name)?;
            self.remove_folder(&source_path(path, Some(part)));
        }
        Ok(())
    }
}
