//! What has to be looked at, so that a plan can be made: it follows from the two graphs alone.

use crate::{
    dataset::moving::{other_names, said_renames},
    files, kinds, snapshots, version,
};
use phoenix_graph::{
    DatasetName, Graph, PropertyName, Resource, mounts::mounts, property::LARGEST_BLOCK_PARAMETER,
};
use phoenix_host::observed::{ORIGIN, Query};
use std::path::Path;

/// Says what to look at for a way from one graph to another.
#[must_use]
pub fn query(desired: &Graph, current: Option<&Graph>, etc: &Path) -> Query {
    let mut query = Query {
        links: [etc.to_owned()].into(),
        // What Proxmox registers or a guest names may lie over anything that moves.
        storages: true,
        guests: true,
        // And others may export it.
        foreign: true,
        // Which of two is an earlier state of the other.
        properties: [PropertyName::new(ORIGIN)].into(),
        ..Query::default()
    };
    for graph in [Some(desired), current].into_iter().flatten() {
        for resource in graph.resources() {
            if version::wants_parameter(resource) {
                query.tunables.insert(LARGEST_BLOCK_PARAMETER.into());
            }
            kinds::look(&mut query, resource);
        }
        files::look(&mut query, graph, etc);
    }
    snapshots::looking::look(&mut query, desired, current);
    let before = current.into_iter().flat_map(Graph::resources).filter_map(Resource::dataset_name);
    query.mountpoints = mounts(desired.resources())
        .into_values()
        .filter(|mount| mount.mounted)
        .filter_map(|mount| mount.path)
        .collect();
    query.leaving = before.filter(|name| desired.dataset(name).is_none()).cloned().collect();
    // What is exported otherwise may be open there.
    let exports = current.into_iter().flat_map(Graph::resources).filter_map(|resource| match resource {
        Resource::Export(export) => Some((resource, export)),
        _ => None,
    });
    let changes = exports
        .filter(|(resource, _)| desired.get(&resource.key()).is_none_or(|node| node.resource != **resource));
    query.leaving.extend(changes.map(|(_, export)| export.dataset.clone()));
    // By which name each of those is there now is seen only then.
    if !query.directories.is_empty() {
        let there = current.into_iter().flat_map(Graph::resources);
        let there = there.filter(|resource| matches!(resource, Resource::Dataset(_)));
        query.directories.extend(there.filter_map(Resource::dataset_name).cloned());
    }
    let others = folders_by_other_names(&query, desired, current);
    query.folders.extend(others);
    // What had another name may be renamed, there or back, also where both names are said.
    for resource in [Some(desired), current].into_iter().flatten().flat_map(Graph::resources) {
        let was = resource.lifecycle().and_then(|life| life.was.as_ref());
        query
            .leaving
            .extend(was.into_iter().chain(resource.dataset_name().filter(|_| was.is_some())).cloned());
    }
    query
}

/// Lists the folders that are asked for by the names that their datasets have now, where one that the spec renames, or
/// would give its name back, is said by another.
fn folders_by_other_names(
    query: &Query,
    desired: &Graph,
    current: Option<&Graph>,
) -> Vec<(DatasetName, Box<str>)> {
    let renames = said_renames([Some(desired), current].into_iter().flatten());
    let by_others = |(dataset, folder): &(DatasetName, Box<str>)| {
        other_names(dataset, &renames).into_iter().map(|name| (name, folder.clone())).collect::<Vec<_>>()
    };
    query.folders.iter().flat_map(by_others).collect()
}
