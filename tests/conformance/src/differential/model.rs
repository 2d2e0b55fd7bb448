//! The simulator's side.

use super::{
    act::{Act, Outcome},
    picture::{self, Depth, Picture},
    world::{EXPORTS, NODE, PROXMOX, PoolOf},
};
use phoenix_graph::DatasetName;
use phoenix_host::Host;
use phoenix_sim::{SimHost, State, state::Refusal};
use std::{collections::BTreeSet, path::Path};

/// The simulator.
pub struct Model {
    host: SimHost,
}

impl Model {
    /// Makes a blank one with these disks plugged in.
    pub fn new(pools: &[PoolOf]) -> Self {
        // Nothing here links, so no folder of the real file system is ever looked at.
        let host = SimHost::in_memory(Path::new("/nowhere"));
        host.add_blank_disks(pools.iter().flat_map(|pool| &pool.disks).map(|disk| &*disk.0));
        host.edit(|state| {
            state.node = NODE.into();
            for (path, text) in PROXMOX {
                match *path {
                    "/etc/pve/storage.cfg" => state.storage_cfg = Some((*text).to_owned()),
                    path => _ = state.files.insert(path.into(), (*text).to_owned()),
                }
            }
        });
        Model { host }
    }

    /// Does something.
    pub fn act(&self, act: &Act) -> Outcome {
        let told = |done: Result<(), Refusal>| match done {
            Ok(()) => Outcome::Done,
            Err(refusal) => Outcome::refused(&refusal.text),
        };
        match act {
            Act::Op(op) => Outcome::of(self.host.perform(op)),
            Act::Write { path, kib } => {
                let text = "x".repeat(usize::try_from(*kib << 10).unwrap_or(0));
                told(self.host.edit(|state| state.write_at(path, &text)))
            }
            Act::Folder { path } => told(self.host.edit(|state| state.folder_at(path))),
            Act::Exports { text } => {
                self.host.edit(|state| match text.is_empty() {
                    true => _ = state.files.remove(Path::new(EXPORTS)),
                    false => _ = state.files.insert(EXPORTS.into(), text.to_string()),
                });
                Outcome::Done
            }
            Act::Use { path } => told(self.host.edit(|state| state.use_at(path))),
            Act::UseVolume { dataset } => told(self.host.edit(|state| state.use_volume(dataset))),
            Act::DestroyLater { snapshot } => told(self.host.edit(|state| state.destroy_later(snapshot))),
            Act::Receive { from, to } => told(self.host.edit(|state| state.receive(from, to))),
            Act::LetGo => {
                self.host.edit(|state| state.busy.clear());
                Outcome::Done
            }
        }
    }

    /// Returns the names of all datasets.
    pub fn names(&self) -> BTreeSet<DatasetName> {
        self.with(|state| state.datasets.keys().cloned().collect())
    }

    /// Lends the state to look at.
    pub fn with<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.host.edit(|state| look(state))
    }

    /// Takes a picture.
    pub fn picture(&self, pools: &[PoolOf], depth: Depth) -> Result<Picture, String> {
        let mut picture = Picture::new();
        let query = picture::query(pools, &self.names());
        let seen = self.host.observe(&query).map_err(|error| error.to_string())?;
        picture::add_directories(&mut picture, &seen);
        self.with(|state| {
            for mount in &state.mounts {
                let seen = if state.hidden(&mount.dataset) { "hidden" } else { "seen" };
                let on = state.lies_on(&mount.dataset).map_or("the root".to_owned(), ToString::to_string);
                let key = format!("mount of {}", mount.dataset);
                picture.insert(key, format!("at {}, on {on}, {seen}", mount.path));
            }
            for (path, folder) in state.tree("/q") {
                let has = if folder {
                    picture::folder(&state.directory_at(&path))
                } else {
                    let (owner, group) = state.owner_at(&path);
                    format!("file of {owner}:{group}")
                };
                picture.insert(format!("path {path}"), has);
            }
            if depth >= Depth::Datasets {
                for (name, dataset) in &state.datasets {
                    for (snapshot, kept) in &dataset.snapshots {
                        if state.imported(&name.pool()) {
                            let holds: Vec<&str> = kept.holds.iter().map(|tag| &**tag).collect();
                            picture.insert(format!("{name}@{snapshot}"), format!("held: {holds:?}"));
                        }
                    }
                }
            }
        });
        if depth >= Depth::Datasets {
            picture::add_datasets(&mut picture, &seen);
        }
        if depth >= Depth::Pools {
            picture::add_pools(&mut picture, &seen);
            picture::add_lists(&mut picture, &seen);
            picture::add_shares(&mut picture, &seen);
        }
        Ok(picture)
    }
}
