//! phoenix as a whole, without the lab: the command end to end, and switches on simulated hosts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod architecture;
mod circles;
mod command;
mod data_rollback;
mod documented;
mod encryption;
mod faults;
mod gc;
mod planning;
mod properties;
mod topology;
mod walls;
