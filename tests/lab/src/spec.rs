//! What a machine is made of.

use crate::{Error, Result};

/// Returns so many MiB in bytes.
pub const fn mib(n: u64) -> u64 {
    n * 1024 * 1024
}

/// One disk: it is `/dev/disk/by-id/virtio-<serial>` in the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Its serial number, at most 20 of letters, digits, `-` and `_`.
    pub serial: String,
    /// Its size in bytes; on the host it takes only what is written.
    pub size: u64,
}

/// A machine to boot.
#[derive(Debug, Clone)]
pub struct MachineSpec {
    /// The disks, blank at first. The machine has its own root disk besides.
    pub disks: Vec<Disk>,
    /// Memory in MiB.
    pub memory: u64,
    /// Whether a boot imports the pools on the disks and mounts their datasets, as Debian does.
    pub import_pools: bool,
    /// Whether a boot starts the NFS server and loads the exports, as Debian does. Costs about
    /// 2 s; [`crate::Machine::start_nfs`] does it later.
    pub nfs: bool,
    /// Whether it has the disk of machines that the stand-in for `qm` starts in it.
    pub qm: bool,
    /// Whether its first process is systemd; else it is a script, and no service runs. A boot takes longer.
    pub systemd: bool,
}

impl Default for MachineSpec {
    fn default() -> Self {
        MachineSpec {
            disks: Vec::new(),
            memory: 2048,
            import_pools: true,
            nfs: false,
            qm: false,
            systemd: false,
        }
    }
}

impl MachineSpec {
    /// A machine of 2 GiB without disks, that imports pools at boot and leaves NFS alone.
    pub fn new() -> MachineSpec {
        MachineSpec::default()
    }

    /// Adds a disk of this serial and size in bytes (see [`mib`]).
    #[must_use]
    pub fn disk(mut self, serial: impl Into<String>, size: u64) -> MachineSpec {
        let serial = serial.into();
        self.disks.push(Disk { serial, size });
        self
    }

    /// Boots with the NFS server running.
    #[must_use]
    pub fn with_nfs(mut self) -> MachineSpec {
        self.nfs = true;
        self
    }

    /// Has the disk of machines that the stand-in for `qm` starts in it.
    #[must_use]
    pub fn with_qm(mut self) -> MachineSpec {
        self.qm = true;
        self
    }

    /// Boots with systemd as the first process, which runs what is enabled.
    #[must_use]
    pub fn with_systemd(mut self) -> MachineSpec {
        self.systemd = true;
        self
    }

    /// Boots without importing the pools on its disks.
    #[must_use]
    pub fn without_import(mut self) -> MachineSpec {
        self.import_pools = false;
        self
    }

    /// Refuses disks that QEMU or udev would cut short or mix up.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |serial: &str, reason| {
            let serial = serial.to_string();
            Err(Error::Disk { serial, reason })
        };
        for (at, disk) in self.disks.iter().enumerate() {
            let fits = disk.serial.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            if !fits || disk.serial.is_empty() || disk.serial.len() > 20 {
                return wrong(&disk.serial, "a serial is 1 to 20 letters, digits, - and _");
            }
            if ["lab-root", "lab-qm"].contains(&disk.serial.as_str()) {
                return wrong(&disk.serial, "that is a disk of the machine's own");
            }
            if !disk.size.is_multiple_of(512) || disk.size == 0 {
                return wrong(&disk.serial, "its size is not a multiple of 512 bytes");
            }
            if self.disks.iter().take(at).any(|d| d.serial == disk.serial) {
                return wrong(&disk.serial, "two disks have this serial");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_that_would_be_cut_short_or_mixed_up_are_refused() {
        assert!(MachineSpec::new().disk("a-1_B", mib(64)).check().is_ok());
        for serial in ["", "lab-root", "lab-qm", "a b", "a,b", "aaaaaaaaaaaaaaaaaaaaa"] {
            let spec = MachineSpec::new().disk(serial, mib(64));
            assert!(spec.check().is_err(), "{serial:?}");
        }
        let twice = MachineSpec::new().disk("a", mib(1)).disk("a", mib(1));
        assert!(twice.check().is_err());
        assert!(MachineSpec::new().disk("a", 1000).check().is_err());
    }
}
