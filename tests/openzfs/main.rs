//! phoenix on the real OpenZFS, in the virtual machine of `tests/lab`. A module is what one machine carries,
//! or few: `tests/run` runs them side by side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod brownfield;
mod clients;
mod conformance;
mod containers;
mod cuts;
mod data_rollback;
mod differential;
mod encryption;
mod examples;
mod exports;
mod gc;
mod hostile;
mod machines;
mod mounts;
mod network;
mod properties;
mod proxmox;
mod record;
mod renames;
mod sanoid;
mod snapshots;
mod stage;
mod switch;
mod topology;
mod units;

use phoenix_lab::{MachineSpec, Session};

/// Boots a machine with phoenix in it; nothing where the lab is left out.
fn boot(spec: MachineSpec) -> Option<Session> {
    Session::boot(std::path::Path::new(env!("CARGO_BIN_EXE_phoenix")), spec)
}

/// Reads from the environment how much of something is wanted.
#[expect(clippy::disallowed_methods, reason = "how much is run is told from outside")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
