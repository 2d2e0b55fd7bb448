//! A virtual machine with the real OpenZFS and the kernel's NFS server, driven from tests.
//!
//! [`Image::prepare`] builds or finds the machine's image, [`Machine::boot`] starts a machine on
//! disks of its own, [`Machine::run`] runs commands in it, [`Machine::cut_power`] is a power cut
//! and [`Machine::boot_again`] the boot after it. Everything lives under `target/lab`. A [`Session`] is a
//! machine with phoenix in it, as tests go through it.
//!
//! [`proxmox`] has the stand-ins for Proxmox's commands that are put into the machine.

#![expect(
    clippy::disallowed_methods,
    reason = "the lab starts an emulator, reads where cargo builds, and waits with deadlines"
)]

mod cpio;
mod error;
mod image;
mod link;
mod machine;
mod output;
mod place;
mod programs;
pub mod proxmox;
mod qemu;
mod session;
mod spec;
pub mod wire;

pub use error::{Error, Result};
pub use image::{Image, prepare_or_skip};
pub use machine::Machine;
pub use output::Output;
pub use programs::build_program;
pub use session::{CUT, Session, says};
pub use spec::{MachineSpec, mib};
