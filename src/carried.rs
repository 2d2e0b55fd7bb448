//! Files to carry into a virtual machine, so that it mounts what it is given.

use clap::ValueEnum;
use phoenix_graph::{
    HostName,
    inside::{MachineMount, cloud_init, fstab, units},
};

/// How mounts are written down for a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Units of systemd, for /etc/systemd/system
    Units,
    /// Lines for /etc/fstab
    Fstab,
    /// Vendor data of cloud-init, for a new machine (`qm set ID --cicustom vendor=…`)
    CloudInit,
}

/// A file to carry into a machine.
pub struct Carried {
    /// What it is called, without a folder.
    pub name: String,
    /// Where it belongs in the machine; nothing for what Proxmox hands over.
    pub place: Option<String>,
    pub text: String,
}

/// Writes what a host gives a machine to mount into files: two for each mount or one, or one for all.
#[must_use]
pub fn files(host: &HostName, machine: u32, mounts: &[MachineMount], format: Format) -> Vec<Carried> {
    match format {
        Format::Units => {
            let file = |unit: units::Unit| {
                let place = Some(format!("{}/{}", units::FOLDER, unit.name));
                Carried { place, text: unit.file(host, machine), name: unit.name }
            };
            mounts.iter().flat_map(units::units).map(file).collect()
        }
        Format::Fstab => {
            let text = mounts.iter().map(fstab::line).collect();
            // Not called as what its lines are to be added to: nobody writes it over that.
            vec![Carried {
                name: format!("fstab-lines-{machine}"),
                place: Some("/etc/fstab".to_owned()),
                text,
            }]
        }
        Format::CloudInit => {
            let name = format!("phoenix-{machine}.yaml");
            vec![Carried { name, place: None, text: cloud_init::document(mounts) }]
        }
    }
}

/// Writes files one after the other; units each below the path where they belong.
#[must_use]
pub fn printed(files: &[Carried], format: Format) -> String {
    let texts = files.iter().map(|file| match &file.place {
        Some(place) if format == Format::Units => format!("# {place}\n{}", file.text),
        _ => file.text.clone(),
    });
    texts.collect::<Vec<_>>().join("\n")
}
