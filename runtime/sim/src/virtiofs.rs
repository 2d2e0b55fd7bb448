//! Directories of Proxmox's machines: what `qm set` does to a machine's configuration, and what a machine that runs holds.

use crate::{
    bind::place,
    given::{Given, Roots},
    mapping::Here,
    qm::{self, Failed, Machine, Request},
    state::{Refusal, State, refuse},
};
use phoenix_graph::DatasetName;
use phoenix_host::{
    HostError,
    observed::{Containers, MachineState, Observed, Query},
    op::Op,
    text::{machine_conf::machine, package_version::PackageVersion, virtiofs::SharedDirectory},
};
use std::path::{Path, PathBuf};

/// The simulated host takes no digest: nobody writes at the same time.
const DIGEST: &str = "";

/// The version of `qemu-server`, whose `qm` the rules are of.
const NEWEST: PackageVersion = PackageVersion(9, 0, 30);

/// The configuration of a machine that is there since it is asked for.
const PLUGGED_IN: &str = "agent: 1\nmemory: 512\nostype: l26\n";

/// Reads the machines of all nodes, where guests were looked at before.
pub fn look(state: &State, _: &Roots, query: &Query, seen: &mut Observed) -> Result<(), HostError> {
    let Containers::Found(found) = &mut seen.containers else { return Ok(()) };
    found.node = state.node.clone();
    found.virtiofsd = true;
    found.qemu = query.qemu_version.then_some(NEWEST);
    found.machines = state.machines().collect();
    if state.plug_everything {
        for id in &query.machines {
            found.machines.entry(*id).or_insert_with(|| MachineState {
                here: true,
                node: state.node.clone(),
                ..machine(PLUGGED_IN.as_bytes())
            });
        }
    }
    Ok(())
}

/// Changes directories.
pub fn perform(state: &mut State, _: Given<'_>, op: &Op) -> Option<Result<(), HostError>> {
    let key = |number: &u8| format!("virtiofs{number}");
    let (id, request) = match op {
        Op::VirtiofsSet { machine, number, directory, .. } => {
            (machine, Request { set: vec![(key(number), directory.to_string())], ..Request::default() })
        }
        Op::VirtiofsRemove { machine, number, .. } => {
            (machine, Request { delete: vec![key(number)], ..Request::default() })
        }
        Op::VirtiofsRevert { machine, number } => {
            (machine, Request { revert: vec![key(number)], ..Request::default() })
        }
        _ => return None,
    };
    // Has what the real host is asked for, besides its command: nothing else stands where something is written.
    let found = state.machines().find(|(other, _)| other == id);
    let stands = found.map_or(Ok(()), |(_, found)| found.expects(op)).or_else(|why| refuse(255, why));
    let done = stands.and_then(|()| state.qm_set(*id, &request));
    Some(done.map_err(|refusal| refusal.of(op)))
}

impl State {
    fn machines(&self) -> impl Iterator<Item = (u32, MachineState)> {
        self.files.iter().filter_map(|(path, text)| {
            let (node, id) = place(path, "qemu-server")?;
            let mut found = machine(text.as_bytes());
            found.here = *self.node == *node;
            found.running = found.here && self.running.contains_key(&id);
            found.node = node.into();
            Some((id, found))
        })
    }

    /// `qm set`.
    fn qm_set(&mut self, id: u32, request: &Request) -> Result<(), Refusal> {
        self.has_proxmox("qm")?;
        let path = self.machine_conf(id);
        let plugged_in = self.plug_everything.then_some(PLUGGED_IN);
        let Some(text) = self.files.get(&path).map(String::as_str).or(plugged_in) else {
            return refuse(
                2,
                format!("Configuration file 'nodes/{}/qemu-server/{id}.conf' does not exist", self.node),
            );
        };
        let running = self.running.contains_key(&id);
        let done = qm::set(&Machine { id, text, digest: DIGEST, running }, request);
        let done = done.map_err(|Failed { code, said }| Refusal { code: code.into(), text: said })?;
        self.files.extend(done.text.map(|text| (path, text)));
        Ok(())
    }

    /// Starts a machine of this host: what waited is in force, and it holds the directories that it is given.
    ///
    /// # Errors
    /// Where one of these is not there, or it does not start with any.
    pub fn start_machine(&mut self, id: u32) -> Result<(), Refusal> {
        let path = self.machine_conf(id);
        let Some(text) = self.files.get(&path).map(|text| qm::started(text)) else {
            return refuse(
                2,
                format!("Configuration file 'nodes/{}/qemu-server/{id}.conf' does not exist", self.node),
            );
        };
        qm::startable(&text, &mut Here { state: self }, true).or_else(|said| refuse(255, said))?;
        let given = machine(text.as_bytes()).devices.into_values();
        let held = given.filter_map(|text| self.mounted_over(&self.shared(&text)?)).collect();
        self.files.insert(path, text);
        self.running.insert(id, held);
        Ok(())
    }

    /// Stops a machine: it holds nothing any more, and what waited is in force.
    pub fn stop_machine(&mut self, id: u32) {
        let path = self.machine_conf(id);
        if self.running.remove(&id).is_some()
            && let Some(text) = self.files.get_mut(&path)
        {
            *text = qm::started(text);
        }
    }

    /// Lists the file systems that are served to machines, with who has them. What serves them has a mount of its own, which
    /// holds none of the host's (`virtiofsd --sandbox=namespace`).
    pub fn served(&self) -> impl Iterator<Item = (u32, &DatasetName)> {
        let machines = self.running.iter().filter(|(id, _)| !self.is_container(**id));
        machines.flat_map(|(id, held)| held.iter().map(|name| (*id, name)))
    }

    /// Returns the path of a directory that a machine is given.
    fn shared(&self, text: &str) -> Option<Box<str>> {
        let directory = SharedDirectory::read(text)?;
        Some(self.mapped(&directory.id)?.path)
    }

    fn machine_conf(&self, id: u32) -> PathBuf {
        Path::new("/etc/pve/nodes").join(&*self.node).join("qemu-server").join(format!("{id}.conf"))
    }
}
