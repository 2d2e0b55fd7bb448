//! Clients that have files open on what is exported to them no more, or only to read. Version 4 alone tells the server
//! what it has open.

use super::live;
use crate::{code, draft::Draft};
use phoenix_graph::{
    Export, Key,
    export::reach::{Asked, Exports, Way},
};
use std::net::IpAddr;

/// Warns of each client that loses what it has open.
pub fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let Some(current) = inputs.current else { return };
    let (before, after) = (live::clients(current), live::clients(inputs.desired));
    let mut told: Vec<(Key, String)> = Vec::new();
    for (key, export) in live::all(current) {
        if after.get(&*export.path) == Some(&&export.clients) {
            continue;
        }
        let open = inputs.observed.nfs_open.get(&export.dataset);
        for client in open.into_iter().flatten() {
            if let Some(what) = lost(&before, &after, export, client) {
                let text = format!("the NFS client {client} has files open on it, {what}");
                told.push((key.clone(), text));
            }
        }
    }
    told.into_iter().for_each(|(key, text)| draft.warn(&key, code::EXPORT_IN_USE, text));
}

/// Says what a client loses of an export, where it loses anything.
fn lost(before: &Exports<'_>, after: &Exports<'_>, export: &Export, client: &str) -> Option<&'static str> {
    let path = &*export.path;
    let asked = Asked { mounted: path, path, address: address(client), from_root: false };
    let before = Way::find(before, asked).ok()?;
    match Way::find(after, asked) {
        Err(_) => Some("and is given it no more: it reads and writes nothing then"),
        Ok(after) => {
            // By which security flavour it comes nobody knows.
            let flavours = || before.clients.iter().flat_map(|(_, options)| options.flavours());
            let stops =
                |flavour: &str| after.is_read_only(Some(flavour)) && !before.is_read_only(Some(flavour));
            if flavours().any(|flavour| !after.takes(flavour)) {
                Some(
                    "and may come by a security flavour that is taken no more: it reads and writes nothing then",
                )
            } else if flavours().any(stops) {
                Some("and may only read it then: what it writes fails")
            } else {
                None
            }
        }
    }
}

/// Reads a client's address, which the kernel tells with its port: `10.0.0.7:791`, `[fd00::7]:791`.
fn address(client: &str) -> Option<IpAddr> {
    let host = client.rsplit_once(':').map_or(client, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']').parse().or_else(|_| client.parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_their_ports() {
        let read = |client| address(client).map(|address| address.to_string());
        assert_eq!(read("10.0.0.7:791").as_deref(), Some("10.0.0.7"));
        assert_eq!(read("10.0.0.7").as_deref(), Some("10.0.0.7"));
        assert_eq!(read("[fd00::7]:791").as_deref(), Some("fd00::7"));
        assert_eq!(read("fd00::7").as_deref(), Some("fd00::7"));
        assert_eq!(read("?"), None);
    }
}
