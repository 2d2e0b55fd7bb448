//! What ids of directories stand for, by which machines are given them.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The directory of a node under an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeDirectory {
    /// The name of the node.
    pub node: Box<str>,
    /// The absolute path there.
    pub path: Box<str>,
}

impl fmt::Display for NodeDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node={},path={}", self.node, self.path)
    }
}

/// What ids stand for, as Proxmox reads it (`/etc/pve/mapping/directory.cfg`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mappings {
    /// By id: the directories of the nodes, as they are written.
    pub by_id: BTreeMap<Box<str>, Vec<NodeDirectory>>,
    /// What is said of ids, for people.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptions: BTreeMap<Box<str>, Box<str>>,
    /// The ids under which nodes have several directories, with these nodes: Proxmox takes no change of them, and starts no
    /// machine with one on such a node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub doubled: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    /// The ids whose directory on this node is not there: Proxmox would not take it again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub absent: BTreeSet<Box<str>>,
    /// The lines that the next write by Proxmox's tools drops, by their number, counted from 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lost: BTreeMap<usize, Box<str>>,
    /// Why every write fails, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
}

impl Mappings {
    /// Returns the path of a node under an id.
    #[must_use]
    pub fn path(&self, id: &str, node: &str) -> Option<&str> {
        self.of(id).iter().find(|one| *one.node == *node).map(|one| &*one.path)
    }

    /// Looks which directories of a node are there.
    pub fn look(&mut self, node: &str, is_there: impl Fn(&str) -> bool) {
        let here =
            self.by_id.iter().filter_map(|(id, all)| Some((id, all.iter().find(|one| *one.node == *node)?)));
        self.absent = here.filter(|(_, one)| !is_there(&one.path)).map(|(id, _)| id.clone()).collect();
    }

    /// Lists the directories under an id; none where it is not there.
    #[must_use]
    pub fn of(&self, id: &str) -> &[NodeDirectory] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// Says why an id is not changed: it stands for something else than it was planned for.
    ///
    /// # Errors
    /// That, in words for people.
    pub fn expects(&self, id: &str, over: &[NodeDirectory]) -> Result<(), String> {
        if self.of(id) == over {
            return Ok(());
        }
        Err(format!("the directory mapping {id} is not what it was when this was planned"))
    }
}
