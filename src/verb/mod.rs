//! The verbs, one file each. A verb's doc comment is its help; its body tells what it does.

pub mod build;
pub mod capacity;
pub mod check;
pub mod completions;
pub mod confirm;
pub mod diff;
pub mod explain;
pub mod fmt;
pub mod gc;
pub mod generations;
pub mod graph;
pub mod guest;
pub mod import;
pub mod init;
pub mod kubernetes;
pub mod pin;
pub mod plan;
pub mod recover;
pub mod review;
pub mod rollback;
pub mod snapshots;
pub mod status;
pub mod stdlib;
pub mod switch;
pub mod verify;
pub mod why;
