//! What holds of the resources of a host together: what each needs is there, is mounted where it is
//! said to be, and nothing is promised twice.

use super::{Fault, Reason, others::Others, place_of, resource, space};
use crate::{
    DatasetName, Key, Resource, Value,
    mounts::{Mount, mounts, unsaid_roots},
};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

/// Checks the resources of a host, each by itself and all together; returns what no spec can say, each
/// resource once.
#[must_use]
pub fn all<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Vec<Fault> {
    let resources: Vec<&Resource> = resources.into_iter().collect();
    let mounts = mounts(resources.iter().copied());
    let roots = unsaid_roots(resources.iter().copied(), &mounts);
    let mut others = others(&resources, &mounts);
    roots.iter().for_each(|(path, _)| others.know_place(path));
    let mut keys: HashSet<Key> = HashSet::new();
    let mut faults: Vec<Fault> = Vec::new();
    for &one in &resources {
        let together = |reason| Fault { key: one.key(), reason };
        let fault =
            resource(one).and_then(|()| one.check_among(&mut others).map_err(together)).and_then(|()| {
                let is_only = match (one.dataset_name(), one.settings()) {
                    // A file system and a volume of one name have two keys.
                    (Some(name), Some(settings)) => others.is_the_one(name, settings),
                    _ => keys.insert(one.key()),
                };
                if is_only { Ok(()) } else { Err(together(Reason::Twice)) }
            });
        faults.extend(fault.err());
    }
    faults.extend(over_the_system(resources.iter().copied(), &mounts));
    faults.extend(one_place(&mounts));
    for over in space::reserved_over_quota(resources.iter().copied()) {
        let key = others.key(&over.name);
        faults.extend(key.map(|key| Fault { key, reason: Reason::Reserved(over.sum, over.quota) }));
    }
    faults
}

fn others<'a>(resources: &[&'a Resource], mounts: &'a BTreeMap<DatasetName, Mount>) -> Others<'a> {
    let mut others = Others::with_capacity(resources.len());
    for one in resources {
        if let (Some(name), Some(settings)) = (one.dataset_name(), one.settings()) {
            others.know(name, settings, one.size().is_some());
            if one.lifecycle().is_some_and(|life| life.was.is_some()) {
                others.know_renamed(name);
            }
            if one.lifecycle().is_some_and(|life| life.replica) {
                others.know_replica(name);
            }
        }
        match one {
            Resource::Export(export) => others.know_exported(&export.path, &export.clients),
            Resource::Mapping(mapping) => others.know_mapped(&mapping.id, &mapping.dataset),
            Resource::Snapshots(snapshots) => others.know_scheduled(&snapshots.dataset),
            Resource::Storage(storage) if storage.holds_disks() => others.know_for_disks(&storage.id),
            Resource::KubernetesCluster(one) => others.kubernetes.know(one.controller_vmid, one.version),
            Resource::KubernetesClass(class) => others.kubernetes.know_class(&class.name),
            _ => {}
        }
    }
    for (name, mount) in mounts {
        if let Some(path) = mount.path.as_deref().filter(|_| mount.mounted) {
            others.know_mounted(name, path);
        }
    }
    others
}

/// Finds the file systems that would be mounted over what the system runs from. What says `adopt` is
/// there already; a root dataset says it with its pool.
#[must_use]
pub fn over_the_system<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    mounts: &BTreeMap<DatasetName, Mount>,
) -> Vec<Fault> {
    let mut adopted: HashSet<DatasetName> = HashSet::new();
    let mut off: HashSet<&DatasetName> = HashSet::new();
    for resource in resources {
        if resource.lifecycle().is_some_and(|life| life.adopt) {
            adopted.extend(resource.root().or_else(|| resource.dataset_name().cloned()));
        }
        // What is switched off is never mounted; `noauto` is, by the system or by hand.
        let is_off = |one: &Resource| one.settings()?.get("canmount").cloned();
        if is_off(resource) == Some(Value::Text("off".into())) {
            off.extend(resource.dataset_name());
        }
    }
    let fault = |(name, mount): (&DatasetName, &Mount)| {
        let path = mount.path.as_deref().filter(|_| !off.contains(name))?;
        let reason = place_of(path, adopted.contains(name)).err()?;
        Some(Fault { key: Key::Dataset(name.clone()), reason })
    };
    mounts.iter().filter_map(fault).collect()
}

/// Tells of file systems that are mounted where another is.
fn one_place(mounts: &BTreeMap<DatasetName, Mount>) -> Vec<Fault> {
    let mut by_path: HashMap<&str, &DatasetName> = HashMap::with_capacity(mounts.len());
    let mut faults = Vec::new();
    for (name, mount) in mounts {
        let Some(path) = mount.path.as_deref().filter(|_| mount.mounted) else { continue };
        if let Some(other) = by_path.insert(path, name) {
            let reason = Reason::MountedTwice(path.into(), other.clone());
            faults.push(Fault { key: Key::Dataset(name.clone()), reason });
        }
    }
    faults
}
