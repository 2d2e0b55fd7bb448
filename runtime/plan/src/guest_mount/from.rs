//! From which addresses a machine asks for what it mounts.

use crate::Inputs;
use phoenix_graph::GuestMount;
use phoenix_host::observed::Containers;
use std::net::Ipv4Addr;

/// Lists a mount as the machine may make it: by the address that the spec says, else by each that its configuration gives
/// it towards the server; and as it is, where nobody knows one.
pub fn by_address(inputs: &Inputs<'_>, mount: &GuestMount) -> Vec<GuestMount> {
    let found = if mount.address.is_none() { known(inputs, mount) } else { Vec::new() };
    if found.is_empty() {
        return vec![mount.clone()];
    }
    found.into_iter().map(|own| at(mount, own)).collect()
}

/// Returns a mount as it is made from an address.
pub fn at(mount: &GuestMount, own: Ipv4Addr) -> GuestMount {
    GuestMount { address: Some(own.to_string().into()), ..mount.clone() }
}

fn known(inputs: &Inputs<'_>, mount: &GuestMount) -> Vec<Ipv4Addr> {
    let Containers::Found(found) = &inputs.observed.containers else { return Vec::new() };
    let network = found.machines.get(&mount.machine).and_then(|state| state.network.as_ref());
    let towards = network.zip(mount.mount.server.parse().ok());
    towards.map(|(network, server)| network.towards(server)).unwrap_or_default()
}
