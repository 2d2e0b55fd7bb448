//! What every host must do alike: one suite over the trait, run on the simulator by the tests and on
//! the real OpenZFS in the lab.
//!
//! Each step carries operations out and then looks. The steps build on each other, so that of several
//! failures the first is the one to look at. Whatever the suite makes lies in one pool, which the last step destroys.

mod bench;
mod clones;
pub mod differential;
mod directories;
mod disks;
mod exports;
mod keys;
mod settings;
mod snapshots;
#[cfg(test)]
mod tests;
mod topology;
mod tree;

use bench::Bench;
use phoenix_graph::Disk;
use phoenix_host::Host;
use std::path::Path;

/// Runs the suite on a host.
///
/// `disks` are two blank disks that may be written to. `folder` is a folder for files that exist for
/// real: the simulator's state folder, or any on a real host.
///
/// # Errors
/// The steps that failed, one on each line, with what was wrong.
pub fn run(host: &dyn Host, disks: &[Disk], folder: &Path) -> Result<(), String> {
    let [one, two, ..] = disks else { return Err("the suite needs two disks".to_owned()) };
    let bench = Bench { host, disks: [one.clone(), two.clone()], folder };
    let failures: Vec<String> = STEPS
        .iter()
        .filter_map(|(name, step)| step(&bench).err().map(|error| format!("{name}: {error}")))
        .collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

type Step = fn(&Bench<'_>) -> Result<(), String>;

const STEPS: &[(&str, Step)] = &[
    ("blank disks are seen as blank", disks::blank),
    ("a missing disk is refused", disks::missing),
    ("a pool with an illegal property is refused", disks::refused_property),
    ("a mirror is created and seen", disks::create),
    ("a disk in use is refused", disks::in_use),
    ("a pool's property is set", disks::properties),
    ("datasets are created without being mounted", tree::create),
    ("what cannot be created is refused", tree::create_refused),
    ("file systems are mounted and unmounted", tree::mount),
    ("a root directory is given an owner, a group and a mode", directories::change),
    ("a root directory is given an access control list", directories::lists),
    ("folders are made as those that they lie in, and go where they are empty", directories::folders),
    ("accounts have their numbers, or are not known", directories::accounts),
    ("properties are set, inherited and refused", settings::change),
    ("a mount point moves what follows it", settings::mountpoint),
    ("volumes reserve their size or not", settings::volumes),
    ("a subtree is renamed with its snapshots", tree::rename),
    ("what has children or snapshots is not destroyed", tree::destroy),
    ("an unmounted file system is looked into", tree::contents),
    ("snapshots are listed with their holds", snapshots::list),
    ("snapshots are released and destroyed one by one", snapshots::end),
    ("a snapshot is cloned, and the clone promoted and demoted", clones::promote),
    ("a clone that cannot be is refused", clones::refused),
    ("a volume is cloned with the size that it had", clones::volume),
    ("a file system is encrypted with a typed key", keys::create_typed),
    ("what is locked is not mounted, and may be moved", keys::locked),
    ("exports follow their file through a link", exports::follow),
    ("a parameter is written and read", exports::parameter),
    ("a disk leaves a mirror and comes back", topology::mirror),
    ("a disk takes another's place, and gives it back", topology::replace),
    ("logs, caches and spares come and go", topology::extras),
    ("a data vdev is added and removed", topology::data_vdev),
    ("a checkpoint keeps the layout until it is gone", topology::checkpoint),
    ("a pool is exported and imported", disks::export),
    ("a destroyed pool leaves labels until they are cleared", disks::destroy),
];
