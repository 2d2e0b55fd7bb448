//! What has to be looked at, so that a plan can be made: it follows from the two graphs alone.

use super::{EXPORTS_LINK, MODPROBE_LINK};
use crate::{observed::Query, plan::Inverse};
use phoenix_graph::{Graph, Resource};
use std::path::Path;

/// Says what to look at for a way from one graph to another.
#[must_use]
pub fn query(desired: &Graph, current: Option<&Graph>, state: &Path) -> Query {
    let mut query = Query {
        links: [EXPORTS_LINK.into(), MODPROBE_LINK.into(), state.join("etc")].into(),
        ..Query::default()
    };
    for graph in [Some(desired), current].into_iter().flatten() {
        for resource in graph.resources() {
            add(&mut query, resource);
        }
    }
    query
}

fn add(query: &mut Query, resource: &Resource) {
    match resource {
        Resource::Pool(pool) => {
            let disks = query.pools.entry(pool.name.clone()).or_default();
            disks.extend(pool.layout.iter().flat_map(|vdev| vdev.disks.iter().cloned()));
            query.pool_properties.extend(pool.settings.iter().map(|(name, _)| name.clone()));
        }
        Resource::Dataset(_) | Resource::Volume(_) => {
            let settings = resource.settings().into_iter();
            query
                .properties
                .extend(settings.flat_map(|settings| settings.iter().map(|(name, _)| name.clone())));
        }
        Resource::Export(_) => query.exports = true,
        Resource::Storage(_) => query.storages = true,
        Resource::Tunable(tunable) => {
            query.tunables.insert(tunable.name.clone());
        }
        Resource::Permissions(permissions) => {
            query.directories.insert(permissions.dataset.clone());
            query.users.extend(permissions.owner.clone());
            query.groups.extend(permissions.group.clone());
        }
        // Refused by name: nothing is looked at for them.
        Resource::Bind(_) => {}
    }
}

/// Adds what has to be looked at so that an inverse can be judged.
pub fn add_inverse(query: &mut Query, inverse: &Inverse) {
    match inverse {
        Inverse::PoolAbsent { pool, .. } | Inverse::PoolExported { pool } => {
            query.pools.entry(pool.clone()).or_default();
        }
        Inverse::PoolSetting { pool, property, .. } => {
            query.pools.entry(pool.clone()).or_default();
            query.pool_properties.insert(property.clone());
        }
        Inverse::Setting { property, .. } => {
            query.properties.insert(property.clone());
        }
        Inverse::DatasetAbsent { .. } | Inverse::Name { .. } | Inverse::Mount { .. } => {}
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
