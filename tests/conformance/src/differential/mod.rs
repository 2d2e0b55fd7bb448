//! The same operations on the simulator and on the real OpenZFS of this very machine, side by side, and where
//! they differ.
//!
//! A run is cut into lives: each begins with fresh pools on both sides, is chosen by the seed and its own
//! number alone, and ends after [`LIFE`] operations or at the first difference. After each operation the
//! outcomes are compared (both done, or both refused with the same first line), and what is mounted where,
//! over what, seen or hidden, with which root directory and list, and every folder and file with its owner; after each fifth also all
//! properties with their sources, snapshots and holds; after each operation on a pool, each difference and
//! the last one also the pools, by phoenix's own look.
//!
//! What is not compared, and why:
//! - GUIDs, devices and their paths: each side has its own.
//! - What is decided by single bytes (`certain`): metadata, copies and compression are not modelled. What is
//!   written fits; quotas and reservations are far from what is used.
//! - What waits without a limit: a pool is not exported or destroyed while a volume of it is held open.
//! - The end of a pool: a simulated pool has none.
//! - Which of several file systems `zfs mount -a` complains of first: it mounts side by side.
//! - The words with which a disk in use is refused to a new pool: they depend on whether libblkid knows the
//!   label there, and now and then it does not.
//! - What libzfs leaves to its cache or to chance: two file systems at one path, and a slash too many in
//!   a mount point (`is_up_to_chance` in `generate`).
//! - Shares (`sharenfs`), which the conformance suite looks at.
//!
//! Exports, Proxmox's registrations and the mount points of its containers are compared where [`Kinds::Shares`] are among
//! what is done. Of Proxmox there are the lab's stand-ins, which go by the simulator's own rules, that recorded cases are
//! held against: so it is what phoenix gives them and reads of them that is compared, and the folders that they make.

mod act;
mod case;
mod cases;
mod certain;
mod dice;
mod generate;
mod model;
mod picture;
mod real;
mod run;
mod shares;
#[cfg(test)]
mod tests;
mod values;
mod world;

pub use run::{Bench, Kinds};

/// How many operations a life has.
pub const LIFE: usize = 200;
