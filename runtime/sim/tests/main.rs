//! The simulated host, from outside: what it does, and that it does what the real one does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod host;
mod kept;
mod pct;
mod pvesh;
mod pvesm;
mod qm;
