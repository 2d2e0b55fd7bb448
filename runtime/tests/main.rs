//! Observing, planning, executing and storing, from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adoption;
mod before;
mod foreign;
mod formats;
mod host_conformance;
mod host_linux;
mod host_pvesm;
mod host_sim;
mod lifecycle;
mod limits;
mod mounts;
mod op_render;
mod permissions;
mod proxmox;
mod record;
mod replica;
mod store;
mod switching;
