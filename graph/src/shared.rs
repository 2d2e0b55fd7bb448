//! What OpenZFS shares over NFS by itself (`sharenfs`), as far as the settings tell.

use crate::{
    DatasetName, Resource, Settings, Value,
    export::{reach::Clients, sharenfs},
    mounts::Mount,
};
use std::collections::BTreeMap;

/// Lists whom OpenZFS shares file systems with, by where these are mounted. `sharenfs` is inherited.
#[must_use]
pub fn shared<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    mounts: &BTreeMap<DatasetName, Mount>,
) -> BTreeMap<Box<str>, Clients> {
    let said = resources.into_iter().filter_map(|resource| Some((resource.dataset_name()?, word(resource)?)));
    let said: BTreeMap<&DatasetName, &Value> = said.collect();
    if said.is_empty() {
        return BTreeMap::new();
    }
    let found = mounts.iter().filter_map(|(name, mount)| {
        let path = mount.path.clone().filter(|_| mount.mounted)?;
        let mut names = std::iter::successors(Some(name.clone()), DatasetName::parent);
        let value = names.find_map(|name| said.get(&name))?;
        Some((path, sharenfs::clients(&value.to_string())?))
    });
    found.collect()
}

fn word(resource: &Resource) -> Option<&Value> {
    resource.settings().and_then(|settings: &Settings| settings.get("sharenfs"))
}
