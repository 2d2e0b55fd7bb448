//! The folder of a dataset that a container is given: it has to be there, as a folder of this very dataset, when the
//! container is given it and whenever that starts. What is missing of it is made, as the folder that it lies in; what
//! takes that back removes it where it is empty. One that holds something is data, and stays.

use crate::{
    Inverse, code,
    dataset::snapshot::is_replica,
    doing::Doing,
    draft::Draft,
    mount::{path::path_of, read_only::is_read_only},
    permissions::unsaid::is_there,
    why::Why,
};
use phoenix_graph::{Bind, DatasetName, Key, check::guest::folder_parts, kind::source_path};
use phoenix_host::{
    observed::{FolderState, Instead, Observed},
    op::Op,
};
use std::collections::BTreeMap;

/// What a plan makes of folders: by their datasets, each with the mount point that it is made for.
#[derive(Default)]
pub struct Made(BTreeMap<DatasetName, BTreeMap<Box<str>, Key>>);

/// How a mount point comes to its folder.
pub enum Way {
    /// It is there, or a whole dataset is given; by this plan, where one that comes before makes it.
    Stands(Option<Key>),
    /// It is missing, and is made.
    Missing(Doing, Option<Key>),
    /// Nobody can tell; what is missing is made, after what makes a part of it.
    Unseen(Doing, Option<Key>),
    /// Nobody can tell, and nothing is made there.
    Unknown,
    /// A container would not start with what is there, or have what the spec does not say.
    Unfit(Why),
}

impl Made {
    /// Notes that what is missing of a folder is made for a mount point.
    pub fn note(&mut self, key: &Key, bind: &Bind) {
        let Some(folder) = &bind.subdirectory else { return };
        let made = self.0.entry(bind.dataset.clone()).or_default();
        for part in folder_parts(folder) {
            made.entry(part.into()).or_insert_with(|| key.clone());
        }
    }

    /// Returns how many parts of a folder are made, and by whom the last of them is.
    fn before(&self, bind: &Bind, folder: &str) -> (usize, Option<Key>) {
        let Some(made) = self.0.get(&bind.dataset) else { return (0, None) };
        let known =
            folder_parts(folder).enumerate().filter_map(|(at, part)| Some((at + 1, made.get(part)?.clone())));
        known.last().map_or((0, None), |(count, key)| (count, Some(key)))
    }
}

/// Finds out how a mount point comes to its folder.
pub fn way(draft: &Draft<'_>, bind: &Bind, made: &Made) -> Way {
    let Some(folder) = bind.subdirectory.as_deref() else { return Way::Stands(None) };
    let count = folder_parts(folder).count();
    let (by_then, maker) = made.before(bind, folder);
    let seen = now(draft, bind);
    if let Some(why) = seen.and_then(|seen| unfit(bind, folder, seen)) {
        return Way::Unfit(why);
    }
    let there = match seen {
        Some(seen) => seen.there,
        // One that is made by this plan holds nothing.
        None if !is_there(draft, &bind.dataset) && !draft.found.moves.is_exchanged(&bind.dataset) => 0,
        None if is_replica(draft, &bind.dataset) => return Way::Unknown,
        None => return Way::Unseen(make(bind, folder, None), maker),
    };
    match there.max(by_then) {
        there if there == count => Way::Stands(maker),
        _ if is_replica(draft, &bind.dataset) => Way::Unfit(received(bind)),
        _ if is_read_only(draft, &bind.dataset) => Way::Unfit(read_only(bind)),
        there => Way::Missing(make(bind, folder, Some(there)), maker),
    }
}

/// Returns what is seen of a mount point's folder.
pub fn now<'a>(draft: &Draft<'a>, bind: &Bind) -> Option<&'a FolderState> {
    let moves = &draft.found.moves;
    let now = moves.now(&bind.dataset).filter(|_| !moves.is_exchanged(&bind.dataset))?;
    draft.inputs.observed.folders.get(&now)?.get(bind.subdirectory.as_deref()?)
}

fn make(bind: &Bind, folder: &str, there: Option<usize>) -> Doing {
    let (dataset, path, folder) = (bind.dataset.clone(), bind.path.clone(), Box::from(folder));
    let op = Op::FolderMake { dataset: dataset.clone(), path: path.clone(), folder: Box::clone(&folder) };
    Doing::new(
        op,
        match there {
            Some(there) => Inverse::FolderAbsent { dataset, path, folder, there },
            None => Inverse::FolderUnseen { dataset, path, folder },
        },
    )
}

/// Says which folder is made: one that is missing, or one that nobody sees yet.
pub fn told(bind: &Bind, is_missing: bool) -> String {
    let at = bind.source_path();
    if is_missing {
        at.into()
    } else {
        format!("{at} (made where it is missing, which is seen once {} is mounted)", bind.dataset)
    }
}

/// Says why nothing is made in what nobody writes to.
fn read_only(bind: &Bind) -> Why {
    let at = bind.source_path();
    Why::new(
        code::NO_FOLDER,
        format!("{at} is not there, and cannot be made: {} is `readonly`", bind.dataset),
        "make the folder before the dataset becomes `readonly`: switch without that first",
    )
}

/// Says why nothing is made in what another host says.
fn received(bind: &Bind) -> Why {
    let (at, dataset) = (bind.source_path(), &bind.dataset);
    Why::new(
        code::NO_FOLDER,
        format!(
            "the spec says that {dataset} is a replica: {at} is not there, and is not made in it, which would end the \
             replication"
        ),
        "see that the other host has the folder and replicates it",
    )
}

/// Tells that nobody knows whether the folder is there, and that it is not made.
pub fn unknown(bind: &Bind) -> String {
    let (at, dataset) = (bind.source_path(), &bind.dataset);
    format!(
        "whether {at} is there is not seen before {dataset} is mounted, and it is not made: the spec says that it is a \
         replica; without it the container does not start"
    )
}

/// Says why a container is not given what stands there.
fn unfit(bind: &Bind, folder: &str, seen: &FolderState) -> Option<Why> {
    let part = folder_parts(folder).nth(seen.there)?;
    let at = source_path(&bind.path, Some(part));
    Some(match seen.instead.as_ref()? {
        Instead::Link(target) => Why::new(
            code::BIND_THROUGH_LINK,
            format!("{at} is a link, which leads to {target}: no container starts with that"),
            "say the folder that it leads to, where that lies in a dataset of the spec",
        ),
        Instead::File => Why::new(
            code::NO_FOLDER,
            format!(
                "{at} is a file: whatever writes it anew and renames it into place gives it to the host alone, and the \
                 container keeps the old one"
            ),
            "give the container the folder that it lies in, at a path of its own, and make a link to the file inside of \
             the container",
        ),
        Instead::Mount => Why::new(
            code::NO_FOLDER,
            format!("another file system is mounted at {at}, and this lies in that one"),
            "say the `lxc` in the dataset that is mounted there, or unmount it",
        ),
    })
}

/// Returns what removes what was made, where that is empty; wherever the file system is mounted by then.
pub fn back(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    let Inverse::FolderAbsent { dataset, path, folder, there } = inverse else { return Vec::new() };
    let Some(state) = found(seen, dataset, folder).filter(|state| state.there > *there && state.empty) else {
        return Vec::new();
    };
    let stands = folder_parts(folder).nth(state.there - 1).unwrap_or(folder);
    let place = seen.datasets.get(dataset).filter(|state| state.mounted).and_then(path_of);
    vec![Op::FolderRemove {
        dataset: dataset.clone(),
        path: place.unwrap_or_else(|| path.clone()),
        folder: stands.into(),
        stay: *there,
    }]
}

/// Returns what takes it back once all is mounted again: what cannot be reached is as it is until then.
pub fn comes(inverse: &Inverse, seen: &Observed) -> Vec<Op> {
    inverse.where_it_holds(seen).map_or(Vec::new(), |inverse| back(&inverse, seen))
}

/// Says that something lies in a folder that was made: then it stays.
pub fn kept(inverse: &Inverse, seen: &Observed) -> Option<String> {
    let inverse = inverse.where_it_holds(seen)?;
    let Inverse::FolderAbsent { dataset, folder, there, .. } = &*inverse else { return None };
    let state = found(seen, dataset, folder).filter(|state| state.there > *there && !state.empty)?;
    let stands = folder_parts(folder).nth(state.there - 1).unwrap_or(folder);
    Some(format!("the folder {stands} of {dataset} stays: something lies in it by now"))
}

fn found<'a>(seen: &'a Observed, dataset: &DatasetName, folder: &str) -> Option<&'a FolderState> {
    seen.folders.get(dataset)?.get(folder)
}
