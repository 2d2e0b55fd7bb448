//! Where both sides begin: which pools there are, on which disks.

use phoenix_graph::{Class, Disk, PoolName, Redundancy, Vdev};
use phoenix_host::op::Op;

/// Where the exports of a user of the host stand.
pub const EXPORTS: &str = "/etc/exports.d/q.exports";

/// The name of the node, for Proxmox's cluster.
pub const NODE: &str = "lab";

/// What Proxmox's files say at the beginning: the registration that is always there, and two containers.
pub const PROXMOX: &[(&str, &str)] = &[
    ("/etc/pve/storage.cfg", "dir: local\n\tpath /var/lib/vz\n\tcontent backup,import,iso,vztmpl\n\n"),
    ("/etc/pve/nodes/lab/lxc/101.conf", "arch: amd64\nostype: debian\nunprivileged: 1\n"),
    ("/etc/pve/nodes/lab/lxc/102.conf", "arch: amd64\nostype: debian\n"),
];

/// A pool with its disks.
#[derive(Debug, Clone)]
pub struct PoolOf {
    /// Its name.
    pub name: PoolName,
    /// Its disks, all in one vdev.
    pub disks: Vec<Disk>,
}

impl PoolOf {
    /// Returns the creation of the pool.
    pub fn create(&self) -> Op {
        let redundancy = if self.disks.len() > 1 { Redundancy::Mirror } else { Redundancy::None };
        let layout = vec![Vdev { class: Class::Data, redundancy, disks: self.disks.clone() }];
        Op::PoolCreate { pool: self.name.clone(), layout, settings: Vec::new(), root: Vec::new() }
    }
}

/// Returns the pools on three disks: `qa`, a mirror, and `q b`, whose name has a blank in it. Everything
/// that is ever made in the root file system begins with `/q`.
pub fn pools(disks: &[Disk; 3]) -> Option<Vec<PoolOf>> {
    let [one, two, three] = disks.clone();
    Some(vec![
        PoolOf { name: PoolName::new("qa").ok()?, disks: vec![one, two] },
        PoolOf { name: PoolName::new("q b").ok()?, disks: vec![three] },
    ])
}
