//! How files that are carried into a virtual machine are asked for, and shown.

use clap::ValueEnum;
use phoenix_graph::inside::files::{self, MachineFile};

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

impl From<Format> for files::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Units => Self::Units,
            Format::Fstab => Self::Fstab,
            Format::CloudInit => Self::CloudInit,
        }
    }
}

/// Writes files one after the other; units each below the path where they belong.
#[must_use]
pub fn printed(files: &[MachineFile], format: Format) -> String {
    let texts = files.iter().map(|file| match &file.place {
        Some(place) if format == Format::Units => format!("# {place}\n{}", file.text),
        _ => file.text.clone(),
    });
    texts.collect::<Vec<_>>().join("\n")
}
