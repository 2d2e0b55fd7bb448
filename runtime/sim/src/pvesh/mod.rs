//! What Proxmox's `pvesh create`, `set` and `delete` do below `/cluster/mapping/dir`, to
//! `/etc/pve/mapping/directory.cfg`: the names of folders that virtual machines are given, with the path on each node.
//! The rules are those of pve-guest-common 6.0 and pve-manager 9.2, for the simulated host and for the stand-in on a real
//! one.
//!
//! An argument vector is read (`arguments`) and carried out (`verbs`): the file is read with all that is lost by that,
//! changed and written anew (`config`). A mapping has a line for each node (`node_map`), of which only this node's folder
//! is looked for. Text beyond ASCII is kept here, while Proxmox writes some of it so that nobody can read it.

mod arguments;
mod config;
mod node_map;
mod site;
mod verbs;

pub use crate::said::Outcome;
pub use config::node_maps;
pub use node_map::{NodeMap, check_path};
pub use site::Site;

use crate::said::{Refused, Said};

/// Runs `pvesh` with these arguments (without the program's name).
pub fn run(arguments: &[String], site: &mut dyn Site) -> Outcome {
    Outcome::of(|said| verbs::run(arguments, site, said))
}

/// Finds the folder that a mapping has on a node (`find_on_current_node`).
///
/// # Errors
/// What Proxmox says where it has none, or several.
pub fn find(text: Option<&str>, id: &str, node: &str) -> Result<String, String> {
    let maps = node_maps(text.unwrap_or_default()).remove(id);
    let maps = maps.ok_or_else(|| format!("Directory ID {id} does not exist."))?;
    let mut here = maps.into_iter().filter(|map| map.node == node);
    match (here.next(), here.next()) {
        (None, _) => Err(format!("No directory mapping for node {node}.")),
        (Some(map), None) => Ok(map.path),
        (Some(_), Some(_)) => Err(format!("More than than one directory mapping for node {node}.")),
    }
}
