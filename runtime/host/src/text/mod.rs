//! Readers of the text files of a host, and of what its tools complain of, used by the real host and the
//! simulated one alike.

pub mod addresses;
pub mod complaints;
pub mod container_conf;
pub mod directory_cfg;
pub mod exports;
pub mod guest_conf;
pub mod kept_secret;
pub mod machine_conf;
pub mod mount_point;
mod other_types;
pub mod package_version;
pub mod perl;
pub mod sanoid_conf;
pub mod storage_cfg;
pub mod unit_file;
pub mod virtiofs;
