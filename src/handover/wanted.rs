//! What a host gives a machine to mount.

use phoenix_graph::{
    HostName,
    inside::{MachineMount, units},
    unit_name,
};

/// What a host gives a machine to mount.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The host that gives it: a machine may have mounts of others, too.
    pub host: &'w HostName,
    /// The machine's id.
    pub machine: u32,
    /// In the order of the paths.
    pub mounts: &'w [MachineMount],
}

impl Wanted<'_> {
    /// Returns the first line of each file that is this host's, for this machine, to write over and to remove.
    #[must_use]
    pub fn head(&self) -> String {
        units::head(self.host, self.machine)
    }

    /// Lists the units to be looked at: of each mount the one and the other, also where it has only one.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let both = |mount: &MachineMount| ["mount", "automount"].map(|kind| unit_name::of(mount.at(), kind));
        self.mounts.iter().flat_map(both).collect()
    }

    /// Writes a mount as units, whose texts are whole files.
    #[must_use]
    pub fn units(&self, mount: &MachineMount) -> Vec<units::Unit> {
        let whole =
            |unit: units::Unit| units::Unit { text: unit.file(self.host, self.machine), name: unit.name };
        units::units(mount).into_iter().map(whole).collect()
    }
}
