//! Where file systems are mounted, as far as the settings tell.

use crate::{DatasetName, Resource, Value};
use std::collections::BTreeMap;

/// Where a file system is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The path that `mountpoint` comes to: own or inherited; nothing for `none` and `legacy`.
    pub path: Option<Box<str>>,
    /// Whether OpenZFS mounts it by itself: it has a path, and `canmount` is `on`.
    pub mounted: bool,
}

/// Computes the mount of every file system among the resources. A parent that is not among them
/// counts as mounted at its default place (`/pool`, and below it by name).
#[must_use]
pub fn mounts<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> BTreeMap<DatasetName, Mount> {
    let mut found = BTreeMap::new();
    let mut datasets: Vec<_> = resources
        .into_iter()
        .filter_map(|resource| match resource {
            Resource::Dataset(dataset) => Some(dataset),
            _ => None,
        })
        .collect();
    // Parents first: a name sorts before everything below it.
    datasets.sort_by(|a, b| a.name.cmp(&b.name));
    for dataset in datasets {
        let path = match dataset.settings.get("mountpoint") {
            Some(Value::Text(text)) if &**text == "none" || &**text == "legacy" => None,
            Some(value) => Some(value.to_string().into_boxed_str()),
            None => inherited(&dataset.name, &found),
        };
        let can = dataset.settings.get("canmount").is_none_or(|value| value == &Value::Text("on".into()));
        let mounted = can && path.is_some();
        found.insert(dataset.name.clone(), Mount { path, mounted });
    }
    found
}

/// Lists the root datasets of pools of which nothing is said, each with its default place.
#[must_use]
pub fn unsaid_roots<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    mounts: &BTreeMap<DatasetName, Mount>,
) -> Vec<(Box<str>, DatasetName)> {
    let roots = resources.into_iter().filter_map(Resource::root).filter(|root| !mounts.contains_key(root));
    roots.map(|root| (format!("/{root}").into(), root)).collect()
}

fn inherited(name: &DatasetName, found: &BTreeMap<DatasetName, Mount>) -> Option<Box<str>> {
    let Some(parent) = name.parent() else {
        return Some(format!("/{name}").into());
    };
    let above = match found.get(&parent) {
        Some(mount) => mount.path.clone(),
        None => inherited(&parent, found),
    }?;
    let above = if &*above == "/" { "" } else { &above };
    Some(format!("{above}/{}", name.leaf()).into())
}
