//! Stand-ins for Proxmox VE's commands, as far as phoenix uses them, which are put into the lab's machine: [`pvesm`]
//! for storages, [`pvesh`] for mappings of folders, [`pct`] for containers, [`qm`] for virtual machines.
//!
//! What they do to Proxmox's files are the simulator's rules. Here is what a machine has that a simulated host has not:
//! real pools, mounts, locks and processes.

mod id_map;
mod kept;

pub mod pct;
pub mod pvesh;
pub mod pvesm;
pub mod qm;
