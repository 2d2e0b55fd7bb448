//! Mount points of Proxmox's containers: what `pct set` does to a container's configuration, and what a container that
//! runs holds.

use crate::{
    given::{Given, Roots},
    pct::{self, Container, Failed, Request},
    state::{Cluster, Refusal, State, refuse},
    storage,
};
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    error::failed,
    observed::{Configured, ContainerState, Containers, Observed, Query},
    op::Op,
    text::{container_conf::container, mount_point::MountPoint},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

/// The simulated host takes no digest: nobody writes at the same time.
const DIGEST: &str = "";

/// Reads the containers of all nodes.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    seen.containers = match (query.guests || query.foreign, &state.storage_cfg, state.cluster) {
        (false, ..) => Containers::NotAsked,
        (true, None, _) => Containers::NoProxmox,
        (true, Some(_), Cluster::Away) => Containers::Unknown(storage::away()),
        (true, Some(_), cluster) => {
            let blocked = (cluster == Cluster::NoQuorum).then(|| storage::NO_QUORUM.to_owned());
            let mut by_id: BTreeMap<u32, ContainerState> = state.containers().collect();
            if state.plug_everything {
                query
                    .containers
                    .iter()
                    .for_each(|id| _ = by_id.entry(*id).or_insert_with(|| state.plugged_in()));
            }
            Containers::Found(Configured {
                by_id,
                blocked,
                version: query.pct_version.then_some(state.pct),
                ..Configured::default()
            })
        }
    };
    Ok(())
}

/// The configuration of a container that is there since it is asked for: as Proxmox makes one by itself.
const PLUGGED_IN: &str = "arch: amd64\nostype: debian\nunprivileged: 1\n";

/// Changes mount points.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let key = |number: &u16| format!("mp{number}");
    let (id, request) = match op {
        Op::MountPointSet { container, number, point, .. } => {
            (container, Request { set: vec![(key(number), point.to_string())], ..Request::default() })
        }
        Op::MountPointRemove { container, number, .. } => {
            (container, Request { delete: vec![key(number)], ..Request::default() })
        }
        Op::MountPointRevert { container, number } => {
            (container, Request { revert: vec![key(number)], ..Request::default() })
        }
        Op::ContainerRestart { container } => {
            return Some(state.restart_container(*container).map_err(|refusal| refusal.of(op)));
        }
        _ => return None,
    };
    if let Err(error) = state.expects(*id, op) {
        return Some(Err(error));
    }
    Some(state.pct_set(*id, &request).map_err(|refusal| refusal.of(op)))
}

/// A boot starts the guests that ran anew: what waited for that is in force.
pub fn boot(state: &mut State, _: &Roots) {
    let ids: Vec<u32> = state.running.keys().copied().collect();
    for id in ids {
        state.running.remove(&id);
        // One that does not start, since a folder is not there, is not running.
        let _ = if state.is_container(id) { state.start_container(id) } else { state.start_machine(id) };
    }
}

impl State {
    fn containers(&self) -> impl Iterator<Item = (u32, ContainerState)> {
        self.files.iter().filter_map(|(path, text)| {
            let (node, id) = place(path, "lxc")?;
            let mut found = container(text.as_bytes());
            found.here = *self.node == *node;
            found.running = found.here && self.running.contains_key(&id);
            found.node = node.into();
            Some((id, found))
        })
    }

    fn plugged_in(&self) -> ContainerState {
        let found = container(PLUGGED_IN.as_bytes());
        ContainerState { here: true, node: self.node.clone(), ..found }
    }

    /// Has what the real host is asked for, besides its command: the configuration is there, and nothing else stands where
    /// something is written.
    fn expects(&self, id: u32, op: &Op) -> Result<(), HostError> {
        let path = self.conf(id);
        match self.files.get(&path) {
            Some(text) => container(text.as_bytes())
                .expects(op)
                .map_err(|why| failed("change", &path, io::Error::other(why))),
            // What is missing beside it is told by the command.
            None if self.plug_everything || self.storage_cfg.is_none() => Ok(()),
            None => Err(failed("read", &path, io::Error::from(io::ErrorKind::NotFound))),
        }
    }

    /// `pct set`.
    fn pct_set(&mut self, id: u32, request: &Request) -> Result<(), Refusal> {
        self.has_proxmox("pct")?;
        let path = self.conf(id);
        let plugged_in = self.plug_everything.then_some(PLUGGED_IN);
        let Some(text) = self.files.get(&path).map(String::as_str).or(plugged_in) else {
            return refuse(
                2,
                format!("Configuration file 'nodes/{}/lxc/{id}.conf' does not exist", self.node),
            );
        };
        let running = self.running.contains_key(&id);
        let done = pct::set(&Container { id, text, digest: DIGEST, running, version: self.pct }, request);
        let done = done.map_err(|Failed { code, said }| Refusal { code: code.into(), text: said })?;
        let plugged: Vec<DatasetName> =
            done.plugged.iter().filter_map(|(_, point)| self.under(point)).collect();
        self.running.entry(id).and_modify(|held| held.extend(plugged));
        self.files.extend(done.text.map(|text| (path, text)));
        Ok(())
    }

    /// Starts a container of this host: what waited is in force, and it holds what its mount points show.
    ///
    /// # Errors
    /// Where a folder is not there that it is to have: then the whole container does not start.
    pub fn start_container(&mut self, id: u32) -> Result<(), Refusal> {
        let path = self.conf(id);
        let text = self.files.get(&path).map(|text| pct::started(text));
        let Some(text) = text else {
            return refuse(
                2,
                format!("Configuration file 'nodes/{}/lxc/{id}.conf' does not exist", self.node),
            );
        };
        let mut held = BTreeSet::new();
        for point in pct::points(&text).into_values() {
            let Some(point) = MountPoint::read(&point).filter(MountPoint::is_bind) else { continue };
            if !self.folder_exists(&point.volume) {
                return refuse(1, format!("directory '{}' does not exist", point.volume));
            }
            held.extend(self.under(&point.to_string()));
        }
        self.files.insert(path, text);
        self.running.insert(id, held);
        Ok(())
    }

    /// `pct reboot`. What does not start again stays stopped.
    fn restart_container(&mut self, id: u32) -> Result<(), Refusal> {
        if !self.running.contains_key(&id) {
            return refuse(255, format!("CT {id} not running"));
        }
        self.stop_container(id);
        self.start_container(id)
    }

    /// Stops a container: it holds nothing any more, and what waited is in force.
    pub fn stop_container(&mut self, id: u32) {
        let path = self.conf(id);
        if self.running.remove(&id).is_some()
            && let Some(text) = self.files.get_mut(&path)
        {
            *text = pct::started(text);
        }
    }

    /// Returns whether a guest that runs holds a file system.
    pub fn is_held(&self, dataset: &DatasetName) -> bool {
        self.running.values().any(|held| held.contains(dataset))
    }

    /// Finds the file system that a mount point shows.
    fn under(&self, point: &str) -> Option<DatasetName> {
        let point = MountPoint::read(point).filter(MountPoint::is_bind)?;
        self.mounted_over(&point.volume)
    }

    /// Finds the file system that a path of the host is in.
    pub fn mounted_over(&self, path: &str) -> Option<DatasetName> {
        let above = |mount: &&crate::state::Mount| Path::new(path).starts_with(&*mount.path);
        let last = self.mounts.iter().filter(above).max_by_key(|mount| mount.path.len())?;
        Some(last.dataset.clone())
    }

    /// Returns whether this host has a container of an id.
    pub fn is_container(&self, id: u32) -> bool {
        self.files.contains_key(&self.conf(id))
    }

    fn conf(&self, id: u32) -> PathBuf {
        Path::new("/etc/pve/nodes").join(&*self.node).join("lxc").join(format!("{id}.conf"))
    }
}

/// Reads whose configuration a file is, of a container on which node.
pub fn place<'p>(path: &'p Path, folder: &str) -> Option<(&'p str, u32)> {
    let rest = path.strip_prefix("/etc/pve/nodes").ok()?;
    let parts: Vec<&str> = rest.iter().filter_map(|part| part.to_str()).collect();
    let [node, at, file] = parts[..] else { return None };
    let id = file.strip_suffix(".conf").filter(|_| at == folder)?;
    Some((node, id.parse().ok()?))
}
