//! What holds of the resources of a host together: what each needs is there, is mounted where it is
//! said to be, and nothing is promised twice.

use super::{Fault, Reason, place_of, resource, space};
use crate::{
    Bind, DatasetName, Export, Key, Resource, Storage, Value,
    mounts::{Mount, mounts},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Checks the resources of a host, each by itself and all together; returns what no spec can say, each
/// resource once.
#[must_use]
pub fn all<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Vec<Fault> {
    let resources: Vec<&Resource> = resources.into_iter().collect();
    let mounts = mounts(resources.iter().copied());
    let datasets = resources.iter().filter_map(|one| Some((one.dataset_name()?, *one))).collect();
    let look = Look { mounts, datasets };
    let mut faults: Vec<Fault> = Vec::new();
    let mut disks: HashSet<&str> = HashSet::new();
    let mut earlier: HashSet<&DatasetName> = HashSet::new();
    let mut keys: HashSet<Key> = HashSet::with_capacity(resources.len());
    for &one in &resources {
        let together = |reason| Fault { key: one.key(), reason };
        let name = one.dataset_name();
        let fault = resource(one)
            .and_then(|()| match one {
                Resource::Pool(pool) => twice(pool, &mut disks).map_err(together),
                Resource::Dataset(_) | Resource::Volume(_) => {
                    look.dataset(one, &mut earlier).map_err(together)
                }
                Resource::Export(export) => look.export(export).map_err(together),
                Resource::Storage(storage) => look.storage(storage).map_err(together),
                Resource::Permissions(one) => look.mounted(&one.dataset).map(|_| ()).map_err(together),
                Resource::Bind(bind) => look.bind(bind).map_err(together),
                Resource::Tunable(_) => Ok(()),
            })
            .and_then(|()| match name {
                // A file system and a volume of one name have two keys.
                Some(name) if !std::ptr::eq(look.datasets[name], one) => Err(together(Reason::Twice)),
                _ if !keys.insert(one.key()) => Err(together(Reason::Twice)),
                _ => Ok(()),
            });
        faults.extend(fault.err());
    }
    faults.extend(over_the_system(resources.iter().copied(), &look.mounts));
    faults.extend(look.one_place());
    for over in space::reserved_over_quota(resources.iter().copied()) {
        let key = look.datasets.get(&over.name).map(|one| one.key());
        faults.extend(key.map(|key| Fault { key, reason: Reason::Reserved(over.sum, over.quota) }));
    }
    faults
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
            adopted.extend(match resource {
                Resource::Pool(pool) => Some(pool.name.root()),
                other => other.dataset_name().cloned(),
            });
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

fn twice<'a>(pool: &'a crate::Pool, disks: &mut HashSet<&'a str>) -> Result<(), Reason> {
    let mut all = pool.layout.iter().flat_map(|vdev| &vdev.disks);
    match all.find(|disk| !disks.insert(&disk.0)) {
        Some(disk) => Err(Reason::DiskTwice(disk.0.clone())),
        None => Ok(()),
    }
}

struct Look<'a> {
    mounts: BTreeMap<DatasetName, Mount>,
    datasets: HashMap<&'a DatasetName, &'a Resource>,
}

impl<'a> Look<'a> {
    /// Checks a file system or volume among the others.
    fn dataset(&self, one: &'a Resource, earlier: &mut HashSet<&'a DatasetName>) -> Result<(), Reason> {
        let (Some(name), Some(settings)) = (one.dataset_name(), one.settings()) else { return Ok(()) };
        if let Some(parent) = name.parent().filter(|parent| self.is_volume(parent)) {
            return Err(Reason::InVolume(parent));
        }
        if let Some(was) = one.lifecycle().and_then(|life| life.was.as_ref())
            && (self.datasets.contains_key(was) || !earlier.insert(was))
        {
            return Err(Reason::Was(was.clone()));
        }
        let number = |name: &str| settings.number(name);
        let quota = number("quota").filter(|quota| *quota > 0);
        let above = self.quota_above(name);
        if let (Some(quota), Some((most, above))) = (quota, &above)
            && quota > *most
        {
            return Err(Reason::Quota { quota, most: *most, above: above.clone() });
        }
        let refquota = number("refquota").filter(|quota| *quota > 0);
        for (reserved, own) in [("reservation", quota), ("refreservation", refquota)] {
            let most = [own, quota, above.as_ref().map(|(most, _)| *most)].into_iter().flatten().min();
            if let (Some(reserved), Some(most)) = (number(reserved), most)
                && reserved > most
            {
                return Err(Reason::Reserved(reserved, most));
            }
        }
        if let (Resource::Volume(volume), Some((most, _))) = (one, &above)
            && !volume.sparse
            && number("refreservation").is_none()
            && volume.size.0 > *most
        {
            return Err(Reason::Reserved(volume.size.0, *most));
        }
        self.key(name)
    }

    fn is_volume(&self, name: &DatasetName) -> bool {
        matches!(self.datasets.get(name), Some(Resource::Volume(_)))
    }

    fn above(&self, name: &DatasetName) -> impl Iterator<Item = &'a Resource> {
        let first = name.parent();
        std::iter::successors(first, DatasetName::parent).filter_map(|name| self.datasets.get(&name).copied())
    }

    /// Finds the nearest quota above.
    fn quota_above(&self, name: &DatasetName) -> Option<(u64, DatasetName)> {
        self.above(name).find_map(|one| {
            let quota = one.settings()?.number("quota").filter(|quota| *quota > 0)?;
            Some((quota, one.dataset_name()?.clone()))
        })
    }

    /// Checks that what is encrypted has a key: of its own, or one from above.
    fn key(&self, name: &DatasetName) -> Result<(), Reason> {
        let encrypted = |one: &Resource| {
            let word = one.settings().and_then(|settings| settings.get("encryption"));
            word.is_some_and(|word| word != &Value::Text("off".into()))
        };
        let Some(one) = self.datasets.get(name).filter(|one| encrypted(one)) else { return Ok(()) };
        let said = |setting: &str| one.settings().is_some_and(|settings| settings.get(setting).is_some());
        match (said("keyformat"), said("keylocation")) {
            (true, true) => Ok(()),
            (false, false) if self.above(name).any(encrypted) => Ok(()),
            _ => Err(Reason::NoKey),
        }
    }

    /// Returns where a file system is mounted.
    fn mounted(&self, name: &DatasetName) -> Result<Box<str>, Reason> {
        match self.mounts.get(name) {
            Some(Mount { path: Some(path), mounted: true }) => Ok(path.clone()),
            // A root dataset without settings is mounted at its default place.
            None if name.is_root() => Ok(format!("/{name}").into()),
            _ => Err(Reason::Unmounted(name.clone())),
        }
    }

    fn mounted_at(&self, dataset: &DatasetName, path: &str) -> Result<(), Reason> {
        match self.mounted(dataset)? {
            found if *found == *path => Ok(()),
            _ => Err(Reason::Path { dataset: dataset.clone(), path: path.into() }),
        }
    }

    fn export(&self, export: &Export) -> Result<(), Reason> {
        self.mounted_at(&export.dataset, &export.path)?;
        let own = self.datasets.get(&export.dataset).copied();
        let mut shared = own
            .into_iter()
            .chain(self.above(&export.dataset))
            .filter_map(|one| one.settings()?.get("sharenfs").map(|word| word != &Value::Text("off".into())));
        if shared.next() == Some(true) { Err(Reason::SharedTwice) } else { Ok(()) }
    }

    fn bind(&self, bind: &Bind) -> Result<(), Reason> {
        self.mounted_at(&bind.dataset, &bind.path)
    }

    /// Checks what follows from the dataset that a storage lies on.
    fn storage(&self, storage: &Storage) -> Result<(), Reason> {
        let dataset = storage.dataset.as_ref().ok_or(Reason::Derived("pool"))?;
        if self.is_volume(dataset) {
            return Err(Reason::InVolume(dataset.clone()));
        }
        let says = |name: &str| storage.properties.get(name).map(|value| &**value);
        let mounted = self.mounted(dataset);
        let derived = match &*storage.kind {
            // Proxmox writes the mount point by itself when the storage is added.
            "zfspool" => [("pool", Some(dataset.as_str())), ("mountpoint", mounted.as_deref().ok())],
            _ => [("path", Some(mounted.as_deref().map_err(Reason::clone)?)), ("is_mountpoint", Some("yes"))],
        };
        match derived.into_iter().find(|(name, value)| says(name) != *value) {
            Some((name, _)) => Err(Reason::Derived(name)),
            None => Ok(()),
        }
    }

    /// Tells of file systems that are mounted where another is.
    fn one_place(&self) -> Vec<Fault> {
        let mut by_path: HashMap<&str, &DatasetName> = HashMap::with_capacity(self.mounts.len());
        let mut faults = Vec::new();
        for (name, mount) in &self.mounts {
            let Some(path) = mount.path.as_deref().filter(|_| mount.mounted) else { continue };
            if let Some(other) = by_path.insert(path, name) {
                let reason = Reason::MountedTwice(path.into(), other.clone());
                faults.push(Fault { key: Key::Dataset(name.clone()), reason });
            }
        }
        faults
    }
}
