//! A line of a mapping: a node, and the folder that it has.

use super::Site;
use crate::json_schema::{PropertyString, UNKNOWN};

/// A node, and the folder that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeMap {
    /// The node's name.
    pub node: String,
    /// The folder's path there.
    pub path: String,
}

const FORM: PropertyString<'static> =
    PropertyString { default: None, required: &["node", "path"], check: &check };

impl NodeMap {
    /// Reads a line. `name` names it in what is said, where it has a name.
    ///
    /// # Errors
    /// What is wrong with it, in Proxmox's words, which end their lines.
    pub(super) fn read(name: &str, text: &str) -> Result<NodeMap, String> {
        let mut found = FORM.read(name, text)?;
        let mut taken = |name: &str| found.remove(name).unwrap_or_default();
        Ok(NodeMap { node: taken("node"), path: taken("path") })
    }
}

fn check(name: &str, value: &str) -> Result<String, String> {
    match name {
        "node" if !is_node(value) => {
            Err("invalid format - value does not look like a valid node name\n".to_owned())
        }
        "path" => {
            is_path(value).map(|()| value.to_owned()).map_err(|why| format!("invalid format - {why}\n"))
        }
        "node" => Ok(value.to_owned()),
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn is_node(name: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    name.starts_with(is_end) && name.ends_with(is_end) && name.chars().all(|c| is_end(c) || c == '-')
}

/// Checks a path as Proxmox does (`pve_verify_path`): its first sign after the slash alone.
fn is_path(path: &str) -> Result<(), String> {
    let first = path.strip_prefix('/').and_then(|rest| rest.chars().next());
    if first.is_some_and(|c| !";,=()".contains(c)) {
        return Ok(());
    }
    Err("Value does not look like a valid absolute path. These symbols are currently not allowed in path: \
         ;,=()"
        .to_owned())
}

/// Looks for the folder of this node (`assert_valid`).
///
/// # Errors
/// What Proxmox says where there is none.
pub fn check_path(path: &str, site: &dyn Site) -> Result<(), String> {
    is_path(path)?;
    if !site.exists(path) {
        return Err(format!("Path {path} does not exist"));
    }
    if !site.is_folder(path) {
        return Err(format!("Path {path} exists, but is not a directory"));
    }
    Ok(())
}
