//! What a host gives a machine to mount, as files to carry into it.

use super::{MachineMount, cloud_init, fstab, units};
use crate::HostName;

/// How mounts are written down for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Units of systemd: two for each mount, or one.
    Units,
    /// Lines for `/etc/fstab`.
    Fstab,
    /// Vendor data of cloud-init, for a new machine.
    CloudInit,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Units, Self::Fstab, Self::CloudInit];
}

/// A file to carry into a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineFile {
    /// What it is called, without a folder.
    pub name: String,
    /// Where it belongs in the machine; nothing for what Proxmox hands over.
    pub place: Option<String>,
    pub text: String,
}

/// Writes what a host gives a machine to mount into files, in the order of the mounts.
#[must_use]
pub fn files(host: &HostName, machine: u32, mounts: &[MachineMount], format: Format) -> Vec<MachineFile> {
    match format {
        Format::Units => {
            let file = |unit: units::Unit| {
                let place = Some(format!("{}/{}", units::FOLDER, unit.name));
                MachineFile { place, text: unit.file(host, machine), name: unit.name }
            };
            mounts.iter().flat_map(units::units).map(file).collect()
        }
        Format::Fstab => {
            let text = mounts.iter().map(fstab::line).collect();
            // Not called as what its lines are to be added to: nobody writes it over that.
            let name = format!("fstab-lines-{machine}");
            vec![MachineFile { name, place: Some("/etc/fstab".to_owned()), text }]
        }
        Format::CloudInit => {
            let name = format!("phoenix-{machine}.yaml");
            vec![MachineFile { name, place: None, text: cloud_init::document(mounts) }]
        }
    }
}
