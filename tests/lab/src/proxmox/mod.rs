//! Stand-ins for Proxmox VE's commands, as far as phoenix uses them, which are put into the lab's machine: [`pvesm`]
//! for storages, [`pct`] for containers, [`qm`] for virtual machines.
//!
//! What they do to Proxmox's files are the simulator's rules, but for `qm`, which changes none. Here is what a machine
//! has that a simulated host has not: real pools, mounts, locks and processes.

mod id_map;

pub mod pct;
pub mod pvesm;
pub mod qm;
