//! The command end to end: the real binary in a cleaned environment, on simulated hosts.

#![allow(clippy::unwrap_used, reason = "tests; clippy knows only those marked #[test]")]

mod bad_specs;
mod bombs;
mod cache;
mod capacity;
mod check;
mod closure;
mod common;
mod confirm;
mod drift;
mod edit;
mod explain;
mod fmt;
mod full;
mod gc;
mod guest;
mod help;
mod hosts;
mod identity;
mod import;
mod json;
mod kubernetes;
mod links;
mod main_job;
mod person;
mod refusals;
mod review;
mod reviewed;
mod root;
mod signals;
mod stdlib;
mod verify;
mod why;
