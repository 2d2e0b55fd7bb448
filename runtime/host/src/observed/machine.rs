//! The virtual machines of Proxmox, with the directories that they are given by virtiofs, and their network.

use crate::op::Op;
use phoenix_graph::export::overlap as net;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
};

/// A virtual machine, as its configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineState {
    /// The node that it is on.
    pub node: Box<str>,
    /// Whether that is this host.
    pub here: bool,
    /// Whether it runs; of one that is elsewhere nobody knows here.
    pub running: bool,
    /// What holds it for now: `backup`, `migrate`, `snapshot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Box<str>>,
    /// Why it does not start with a directory that it is given, whichever that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_with_none: Option<Box<str>>,
    /// Whether its system is a Windows.
    #[serde(default)]
    pub windows: bool,
    /// Its network of IPv4, where that is known: nothing where it may have an address that its configuration does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// The directories that it is given, by number, as they are written.
    pub devices: BTreeMap<u8, Box<str>>,
    /// The ids of directories that a snapshot of it has, or may have, with one that does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub in_snapshots: BTreeMap<Box<str>, Box<str>>,
    /// What waits for its next start: a directory as it will be, or none.
    #[serde(default)]
    pub pending: BTreeMap<u8, Option<Box<str>>>,
}

/// The network of a machine, as cloud-init sets it up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its addresses, each with its network.
    pub interfaces: Vec<Interface>,
    /// Whether it reaches what is in none of its networks.
    pub has_gateway: bool,
}

/// An address of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub address: Ipv4Addr,
    /// How many bits of it are those of its network, 1 to 32.
    pub length: u8,
}

impl Network {
    /// Lists the addresses that it may speak from to another one: those in a network with that, else whichever reaches a
    /// gateway, which may be each.
    #[must_use]
    pub fn towards(&self, other: Ipv4Addr) -> Vec<Ipv4Addr> {
        let addresses = |which: &dyn Fn(&Interface) -> bool| {
            self.interfaces.iter().filter(|one| which(one)).map(|one| one.address).collect::<Vec<_>>()
        };
        let near = addresses(&|one| one.reaches(other));
        if near.is_empty() && self.has_gateway { addresses(&|_| true) } else { near }
    }
}

impl Interface {
    /// Returns whether another address is in its network.
    #[must_use]
    pub fn reaches(&self, other: Ipv4Addr) -> bool {
        let own = net::Network { address: self.address.into(), length: self.length.into() };
        own.meets(IpAddr::from(other).into())
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl MachineState {
    /// Returns its directories as they are after its next start, by number, as they are written.
    #[must_use]
    pub fn wanted(&self) -> BTreeMap<u8, &str> {
        let pending = self.pending.iter().filter_map(|(number, text)| Some((*number, text.as_deref()?)));
        let stays = self.devices.iter().filter(|(number, _)| !self.pending.contains_key(number));
        stays.map(|(number, text)| (*number, &**text)).chain(pending).collect()
    }

    /// Says why an operation on a directory is not carried out: something else stands there than it was planned for.
    ///
    /// # Errors
    /// What stands there, in words for people.
    pub fn expects(&self, op: &Op) -> Result<(), String> {
        let (machine, number, over) = match op {
            Op::VirtiofsSet { machine, number, over, .. } => (machine, number, over.as_deref()),
            Op::VirtiofsRemove { machine, number, over } => (machine, number, Some(&**over)),
            _ => return Ok(()),
        };
        if self.wanted().get(number).copied() == over {
            return Ok(());
        }
        Err(format!("virtiofs{number} of machine {machine} is not what it was when this was planned"))
    }
}
