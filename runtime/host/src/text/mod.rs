//! Readers of the text files of a host, and of what its tools complain of, used by the real host and the
//! simulated one alike.

pub mod complaints;
pub mod exports;
pub mod guest_conf;
mod other_types;
pub mod storage_cfg;
