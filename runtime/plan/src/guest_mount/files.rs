//! What is carried into machines, as files that a generation keeps: what a spec said when it was switched to.

use phoenix_graph::{
    Graph, Resource,
    check::{self, Fault},
    inside::{
        MachineMount,
        files::{Format, files},
    },
};
use std::collections::BTreeMap;

/// The files of each machine, by its id: by their names, in every format.
pub type MachineFiles = BTreeMap<u32, BTreeMap<Box<str>, String>>;

/// Lists what each machine mounts, in the order of the paths: what lies above another is mounted before it.
#[must_use]
pub fn by_machine(graph: &Graph) -> BTreeMap<u32, Vec<(&Resource, MachineMount)>> {
    let mut found: BTreeMap<u32, Vec<(&Resource, MachineMount)>> = BTreeMap::new();
    for resource in graph.resources() {
        if let Some((machine, mount)) = resource.in_machine() {
            found.entry(machine).or_default().push((resource, mount));
        }
    }
    found.values_mut().for_each(|mounts| mounts.sort_by(|(_, a), (_, b)| a.at().cmp(b.at())));
    found
}

/// Renders the files of all machines of a graph.
///
/// # Errors
/// Where a file would not say what its resource is, but something else to those who read it.
pub fn machine_files(graph: &Graph) -> Result<MachineFiles, Fault> {
    let mut all = MachineFiles::new();
    for (machine, mounts) in by_machine(graph) {
        for (resource, _) in &mounts {
            check::resource(resource)?;
        }
        let mounts: Vec<MachineMount> = mounts.into_iter().map(|(_, mount)| mount).collect();
        let written =
            Format::ALL.into_iter().flat_map(|format| files(graph.host(), machine, &mounts, format));
        all.insert(machine, written.map(|file| (file.name.into(), file.text)).collect());
    }
    Ok(all)
}
