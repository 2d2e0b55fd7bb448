//! What resources promise, without a host: nothing is used, and nothing is there.

use super::Space;
use crate::{DatasetName, Resource, check::claims::claimed};
use std::collections::BTreeMap;

/// Lists what is said of each file system and volume, the root datasets of pools among them.
#[must_use]
pub fn said<'a>(resources: impl IntoIterator<Item = &'a Resource> + Clone) -> BTreeMap<DatasetName, Space> {
    let mut spaces: BTreeMap<DatasetName, Space> = BTreeMap::new();
    for resource in resources.clone() {
        if let Some(root) = resource.root() {
            spaces.entry(root).or_default();
        }
        let (Some(name), Some(settings)) = (resource.dataset_name(), resource.settings()) else { continue };
        let number = |name: &str| settings.number(name).unwrap_or(0);
        let space = Space {
            volume: resource.size().map(|size| size.0),
            quota: number("quota"),
            refquota: number("refquota"),
            reservation: number("reservation"),
            refreservation: settings.number("refreservation").unwrap_or_else(|| resource.takes()),
            ..Space::default()
        };
        spaces.insert(name.clone(), space);
    }
    claim(&mut spaces, resources);
    spaces
}

/// Adds what the namespaces of a cluster of Kubernetes may claim.
pub fn claim<'a>(
    spaces: &mut BTreeMap<DatasetName, Space>,
    resources: impl IntoIterator<Item = &'a Resource> + Clone,
) {
    for one in claimed(resources) {
        if let Some(space) = spaces.get_mut(&one.dataset) {
            space.claims = one.sum();
        }
    }
}
