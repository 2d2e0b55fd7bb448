//! What has to be looked at, so that a plan can be made: it follows from the two graphs alone.

use crate::{
    EXPORTS_LINK, Inverse, MODPROBE_LINK,
    pool::ALTROOT,
    space::{self, FREE, SIZE},
    version,
};
use phoenix_graph::{
    Disk, Graph, PoolName, PropertyName, Resource, Settings, mounts::mounts,
    property::LARGEST_BLOCK_PARAMETER,
};
use phoenix_host::observed::{ORIGIN, Query, WRITTEN};
use std::path::Path;

/// Says what to look at for a way from one graph to another.
#[must_use]
pub fn query(desired: &Graph, current: Option<&Graph>, etc: &Path) -> Query {
    let mut query = Query {
        links: [EXPORTS_LINK.into(), MODPROBE_LINK.into(), etc.to_owned()].into(),
        // What Proxmox registers or a guest names may lie over anything that moves.
        storages: true,
        guests: true,
        ..Query::default()
    };
    for graph in [Some(desired), current].into_iter().flatten() {
        for resource in graph.resources() {
            add(&mut query, resource);
        }
    }
    let before = current.into_iter().flat_map(Graph::resources).filter_map(Resource::dataset_name);
    query.mountpoints = mounts(desired.resources())
        .into_values()
        .filter(|mount| mount.mounted)
        .filter_map(|mount| mount.path)
        .collect();
    query.leaving = before.filter(|name| desired.dataset(name).is_none()).cloned().collect();
    query
}

fn add(query: &mut Query, resource: &Resource) {
    if version::wants_parameter(resource) {
        query.tunables.insert(LARGEST_BLOCK_PARAMETER.into());
    }
    match resource {
        Resource::Pool(pool) => {
            let disks = query.pools.entry(pool.name.clone()).or_default();
            disks.extend(pool.layout.iter().flat_map(|vdev| vdev.disks.iter().cloned()));
            query.pool_properties.extend(pool.settings.iter().map(|(name, _)| name.clone()));
            query.pool_properties.extend([ALTROOT, FREE, SIZE].map(PropertyName::new));
            query.properties.extend(space::ROOM.map(PropertyName::new));
        }
        Resource::Dataset(_) | Resource::Volume(_) => {
            let settings = resource.settings().into_iter();
            query
                .properties
                .extend(settings.flat_map(|settings| settings.iter().map(|(name, _)| name.clone())));
            let location = resource.settings().and_then(|settings| settings.get("keylocation"));
            if let Some(phoenix_graph::Value::Text(location)) = location {
                query.key_files.extend(location.strip_prefix("file://").map(Box::from));
            }
            let volume = matches!(resource, Resource::Volume(_));
            if volume {
                query.properties.insert(PropertyName::new("volblocksize"));
            }
            let limited =
                |settings: &Settings| space::LIMITS.iter().any(|limit| settings.get(limit).is_some());
            if volume || resource.settings().is_some_and(limited) {
                query.properties.extend(space::FACTS.into_iter().chain(space::ROOM).map(PropertyName::new));
            }
        }
        Resource::Export(_) => query.exports = true,
        Resource::Tunable(tunable) => {
            query.tunables.insert(tunable.name.clone());
        }
        Resource::Permissions(permissions) => {
            query.directories.insert(permissions.dataset.clone());
            query.users.extend(permissions.owner.clone());
            query.groups.extend(permissions.group.clone());
        }
        // Registrations are looked at anyway; binds are refused by name.
        Resource::Storage(_) | Resource::Bind(_) => {}
    }
}

/// Adds what has to be looked at so that an inverse can be judged.
pub fn add_inverse(query: &mut Query, inverse: &Inverse) {
    match inverse {
        Inverse::PoolAbsent { pool, .. } | Inverse::PoolExported { pool } => {
            query.pools.entry(pool.clone()).or_default();
        }
        Inverse::DiskOutside { pool, disk, .. } => watch(query, pool, [disk.clone()]),
        Inverse::DiskInside { pool, disk, beside } => watch(query, pool, [disk.clone(), beside.clone()]),
        Inverse::DiskBefore { pool, old, new, .. } => watch(query, pool, [old.clone(), new.clone()]),
        Inverse::VdevAbsent { pool, vdev, .. } | Inverse::VdevPresent { pool, vdev } => {
            watch(query, pool, vdev.disks.iter().map(|disk| disk.0.clone()));
        }
        Inverse::PoolSetting { pool, property, .. } => {
            query.pools.entry(pool.clone()).or_default();
            query.pool_properties.insert(property.clone());
        }
        Inverse::CheckpointAbsent { pool, vdevs, features } => {
            let disks = vdevs.iter().flat_map(|vdev| &vdev.disks);
            watch(query, pool, disks.map(|disk| disk.0.clone()));
            query.pool_properties.extend(features.iter().cloned());
        }
        Inverse::FeatureDisabled { pool, feature } => {
            query.pools.entry(pool.clone()).or_default();
            query.pool_properties.insert(feature.clone());
        }
        Inverse::Setting { property, .. } => {
            query.properties.insert(property.clone());
        }
        Inverse::Cloned { .. } => {
            query.properties.extend([ORIGIN, WRITTEN].map(PropertyName::new));
        }
        Inverse::Promoted { .. } => {
            query.properties.insert(PropertyName::new(ORIGIN));
        }
        Inverse::While { inverse, .. } => add_inverse(query, inverse),
        Inverse::DatasetAbsent { .. }
        | Inverse::Name { .. }
        | Inverse::KeyUnloaded { .. }
        | Inverse::Mount { .. } => {}
        Inverse::Directory { dataset, .. } => {
            query.directories.insert(dataset.clone());
        }
        Inverse::Exports { .. } => query.exports = true,
        Inverse::Storage { .. } => query.storages = true,
        Inverse::Link { path, .. } => {
            query.links.insert(path.clone());
        }
        Inverse::Tunable { name, .. } => {
            query.tunables.insert(name.clone());
        }
    }
}

/// Has disks looked at for a pool.
fn watch(query: &mut Query, pool: &PoolName, disks: impl IntoIterator<Item = Box<str>>) {
    query.pools.entry(pool.clone()).or_default().extend(disks.into_iter().map(Disk));
}
