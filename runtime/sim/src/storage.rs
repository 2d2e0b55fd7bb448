//! Proxmox registrations: what is seen of `storage.cfg` and of guests; `pvesm` changes them.

use crate::{
    given::{Given, Roots},
    here::Here,
    image::HostImage,
    pvesm::{self, Outcome},
    state::{Cluster, Refusal, State, refuse},
};
use phoenix_host::{
    HostError,
    observed::{Guest, GuestKind, Guests, Members, Observed, Query, Storages, Unknown},
    op::Op,
    text::{directory_cfg, guest_conf, storage_cfg},
};
use std::path::Path;

/// Why nothing is known of what is below an empty `/etc/pve`.
const AWAY: &str = "nothing is mounted at /etc/pve: Proxmox's cluster file system does not seem to run, so nobody can tell what it holds";

/// Reads the registrations, and what guests name.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    seen.storages = state.storages(query);
    if let Storages::Found(found) = &mut seen.storages {
        seen.unusable_secrets = found.look_at_secrets(&query.secret_files, state);
    }
    seen.guests = state.guests(query);
    Ok(())
}

/// Changes registrations.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    op.is_registration().then(|| state.pvesm(op).map_err(|refusal| refusal.of(op)))
}

/// Adds the registrations to a picture.
pub fn show(state: &State, _: bool, image: &mut HostImage) {
    image.storage_cfg.clone_from(&state.storage_cfg);
}

impl State {
    /// Reads the registrations.
    fn storages(&self, query: &Query) -> Storages {
        if !query.storages && !query.foreign {
            return Storages::NotAsked;
        }
        let Some(text) = &self.storage_cfg else { return Storages::NoProxmox };
        if self.cluster == Cluster::Away {
            return Storages::Unknown(away());
        }
        let mut found = storage_cfg::storages(text.as_bytes());
        if let Storages::Found(found) = &mut found {
            if self.cluster == Cluster::NoQuorum {
                found.blocked = Some(NO_QUORUM.to_owned());
            }
            let members = || Members { node: self.node.clone(), others: self.others.clone() };
            found.members = (!self.others.is_empty()).then(members);
        }
        found
    }

    /// Reads what the guests of all nodes name.
    fn guests(&self, query: &Query) -> Guests {
        match (query.guests || query.foreign, &self.storage_cfg, self.cluster) {
            (false, ..) => return Guests::NotAsked,
            (true, None, _) => return Guests::NoProxmox,
            (true, Some(_), Cluster::Away) => return Guests::Unknown(away()),
            (true, Some(_), _) => {}
        }
        let mapping = self.files.get(Path::new("/etc/pve/mapping/directory.cfg"));
        let shared = mapping.map(|text| directory_cfg::read(text.as_bytes()).paths).unwrap_or_default();
        let mut found = Vec::new();
        for (path, text) in &self.files {
            let Ok(rest) = path.strip_prefix("/etc/pve/nodes") else { continue };
            let parts: Vec<_> = rest.iter().map(|part| part.to_string_lossy()).collect();
            let [node, folder, file] = &parts[..] else { continue };
            let kind = match &**folder {
                "lxc" => GuestKind::Container,
                "qemu-server" => GuestKind::Machine,
                _ => continue,
            };
            let Some(id) = file.strip_suffix(".conf").and_then(|id| id.parse().ok()) else { continue };
            let guest = Guest { kind, id, node: (&**node).into() };
            found.extend(guest_conf::uses(&guest, text.as_bytes(), &shared));
        }
        found.sort();
        Guests::Found(found)
    }

    /// Refuses what the shell would on a host without Proxmox.
    pub fn has_tool(&self, tool: &str) -> Result<(), Refusal> {
        if self.storage_cfg.is_none() { refuse(127, format!("{tool}: command not found")) } else { Ok(()) }
    }

    /// Refuses what a tool of Proxmox's would, where there is none or its cluster takes no change.
    pub fn has_proxmox(&self, tool: &str) -> Result<(), Refusal> {
        self.has_tool(tool)?;
        self.cluster.refuses().map_or(Ok(()), |(code, said)| refuse(code, said))
    }

    /// Says why a tool gets no lock of the cluster's.
    pub fn cluster_lock(&self) -> Result<(), String> {
        self.cluster.refuses().map_or(Ok(()), |(_, said)| Err(said.to_owned()))
    }

    /// Runs `pvesm`.
    fn pvesm(&mut self, op: &Op) -> Result<(), Refusal> {
        self.has_tool("pvesm")?;
        let argv = op.argv().unwrap_or_default();
        let Outcome { status, stderr, .. } =
            pvesm::run(argv.get(1..).unwrap_or_default(), &mut Here::new(self, op.input()));
        if status == 0 { Ok(()) } else { refuse(status.into(), stderr.trim_end()) }
    }
}

pub const NO_QUORUM: &str = "this node is in no quorum of its cluster, so nothing in /etc/pve can be written";

pub fn away() -> Unknown {
    Unknown {
        reason: AWAY.to_owned(),
        help: "see `systemctl status pve-cluster`, bring it to run, then try again".to_owned(),
    }
}
