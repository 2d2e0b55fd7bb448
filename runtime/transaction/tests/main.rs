//! Observing, planning, executing and storing, from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adoption;
mod before;
mod binds;
mod cluster;
mod contents;
mod folders;
mod foreign;
mod formats;
mod homes;
mod lifecycle;
mod limits;
mod mounts;
mod permissions;
mod proxmox;
mod record;
mod registry;
mod remembered;
mod renames;
mod replica;
mod resuming;
mod secrets;
mod snapshots;
mod store;
mod switching;
mod virtiofs;
