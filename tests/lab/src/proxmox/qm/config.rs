//! The configuration of a machine: `qm set`, and what a start does to it, by the simulator's rules.

use std::fs;
use std::path::{Path, PathBuf};

use phoenix_sim::qm::{self, Failed, Machine};

use super::printed::Printed;
use crate::proxmox::{kept, pvesh};

const NODE: &str = "/etc/pve/nodes/lab/qemu-server";
const VIRTIOFSD: &str = "/usr/libexec/virtiofsd";

/// Runs `qm set` with these arguments (the verb among them); `is_up` tells whether a machine runs.
pub fn set(words: &[String], is_up: impl Fn(u32) -> bool) -> Result<Printed, Failed> {
    let (id, request) = qm::read(words)?;
    locked(id, || {
        let text = fs::read_to_string(path(id)).map_err(|_| Failed {
            code: 2,
            said: format!("Configuration file 'nodes/lab/qemu-server/{id}.conf' does not exist"),
        })?;
        let digest = kept::digest(&text).map_err(because)?;
        let done = qm::set(&Machine { id, text: &text, digest: &digest, running: is_up(id) }, &request)?;
        if let Some(text) = done.text {
            kept::replace(&path(id), &text).map_err(because)?;
        }
        let err = done.warned.iter().map(|line| format!("{line}\n")).collect();
        Ok(Printed { out: done.told, err })
    })
}

/// Puts in force what waits in a machine that has stopped.
pub fn stop(id: u32) -> Result<(), Failed> {
    locked(id, || in_force(id).map(|_| ()))
}

fn in_force(id: u32) -> Result<String, Failed> {
    let before = fs::read_to_string(path(id)).map_err(because)?;
    let text = qm::started(&before);
    if text != before {
        kept::replace(&path(id), &text).map_err(because)?;
    }
    Ok(text)
}

/// Puts in force what waits in a machine that starts, and says whether it can start with that.
pub fn start(id: u32) -> Result<(), Failed> {
    locked(id, || {
        let text = in_force(id)?;
        let has_virtiofsd = Path::new(VIRTIOFSD).is_file();
        qm::startable(&text, &mut pvesh::Machine::default(), has_virtiofsd)
            .map_err(|said| Failed { code: 255, said })
    })
}

fn path(id: u32) -> PathBuf {
    Path::new(NODE).join(format!("{id}.conf"))
}

/// Does something while nobody else changes the machine's configuration.
fn locked<T>(id: u32, act: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
    let held = format!("can't lock file '/var/lock/qemu-server/lock-{id}.conf' - got timeout");
    let lock = kept::lock(&format!("/run/qm-config-{id}")).map_err(because)?;
    let Some(_lock) = lock else { return Err(Failed { code: 255, said: held }) };
    act()
}

fn because(error: std::io::Error) -> Failed {
    Failed { code: 255, said: error.to_string() }
}
