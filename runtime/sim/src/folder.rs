//! Folders of simulated file systems that guests are given.

use crate::{
    given::{Given, Roots},
    state::{Refusal, State, refuse},
};
use phoenix_graph::{DatasetName, check::guest::folder_parts, kind::source_path};
use phoenix_host::{
    HostError,
    error::failed,
    observed::{FolderState, Instead, Observed, Query},
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
    let (Op::FolderMake { dataset, path, .. } | Op::FolderRemove { dataset, path, .. }) = op else {
        return None;
    };
    let told =
        |doing| move |refusal: Refusal| failed(doing, Path::new(&**path), io::Error::other(refusal.text));
    if let Err(refusal) = state.need_seen(dataset, path) {
        return Some(Err(told("change")(refusal)));
    }
    Some(match op {
        Op::FolderRemove { folder, stay, .. } => {
            state.remove_way(dataset, path, folder, *stay).map_err(told("remove the folder"))
        }
        Op::FolderMake { folder, .. } => {
            state.make_way(dataset, path, folder).map_err(told("make the folder"))
        }
        _ => return None,
    })
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
            last: self.in_force(name, last),
            empty: !self.holds_something(at.trim_end_matches('/')),
            instead,
        }
    }

    fn make_way(&mut self, name: &DatasetName, path: &str, folder: &str) -> Result<(), Refusal> {
        let way = self.way(name, path, folder);
        if way.instead.is_some() {
            return refuse(1, "something else stands there");
        }
        let mut above = way.last;
        for part in folder_parts(folder).skip(way.there) {
            self.need_writable(name)?;
            let Some(dataset) = self.datasets.get_mut(name) else { return Ok(()) };
            above = above.of_new();
            dataset.put_folder(part, above.clone());
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
        let there = self.way(name, path, folder).there;
        let made: Vec<&str> = folder_parts(folder).take(there).skip(stay).collect();
        for part in made.into_iter().rev() {
            self.need_writable(name)?;
            self.remove_folder(&source_path(path, Some(part)));
        }
        Ok(())
    }
}
