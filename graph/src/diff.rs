//! The difference of two graphs, resource by resource and setting by setting.

use crate::{Graph, Key, Lifecycle, Permissions, Resource};
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of one resource from one graph to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// Only the second graph has it, with these facts.
    Added {
        /// The resource's facts.
        facts: BTreeMap<String, String>,
    },
    /// Only the first graph has it.
    Removed {
        /// The resource's facts.
        facts: BTreeMap<String, String>,
    },
    /// Both have it, with these facts different: old and new.
    Changed {
        /// By fact: the old value and the new one, either absent.
        facts: BTreeMap<String, (Option<String>, Option<String>)>,
    },
}

/// All resources that differ, by key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct GraphDiff(pub BTreeMap<Key, Change>);

impl GraphDiff {
    /// Compares two graphs by content: what only needs something else that changed is not different.
    #[must_use]
    pub fn between(old: &Graph, new: &Graph) -> Self {
        let mut changes = BTreeMap::new();
        for node in old.nodes() {
            match new.get(&node.key) {
                None => {
                    changes.insert(node.key.clone(), Change::Removed { facts: facts(&node.resource) });
                }
                Some(other) if other.content != node.content => {
                    let facts = different(&facts(&node.resource), &facts(&other.resource));
                    changes.insert(node.key.clone(), Change::Changed { facts });
                }
                Some(_) => {}
            }
        }
        for node in new.nodes() {
            if old.get(&node.key).is_none() {
                changes.insert(node.key.clone(), Change::Added { facts: facts(&node.resource) });
            }
        }
        Self(changes)
    }
}

fn different(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> BTreeMap<String, (Option<String>, Option<String>)> {
    old.keys()
        .chain(new.keys())
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| (name.clone(), (old.get(name).cloned(), new.get(name).cloned())))
        .collect()
}

/// Lays a resource out as facts for people: a line each in plans, diffs and reviews.
#[must_use]
pub fn facts(resource: &Resource) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    if let Some(settings) = resource.settings() {
        facts.extend(settings.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    }
    if let Some(Lifecycle { adopt, protect, replica, was }) = resource.lifecycle() {
        let words = [("adopt", *adopt), ("protect", *protect), ("replica", *replica)];
        facts.extend(
            words.iter().filter(|(_, on)| *on).map(|(word, _)| ((*word).to_owned(), "on".to_owned())),
        );
        facts.extend(was.iter().map(|name| ("was".to_owned(), name.to_string())));
    }
    match resource {
        Resource::Pool(pool) => {
            for (at, vdev) in pool.layout.iter().enumerate() {
                facts.insert(format!("vdev {at}"), vdev.to_string());
            }
        }
        Resource::Dataset(_) => {}
        Resource::Volume(volume) => {
            facts.insert("volsize".to_owned(), volume.size.0.to_string());
            if volume.sparse {
                facts.insert("sparse".to_owned(), "on".to_owned());
            }
        }
        Resource::Export(export) => {
            facts.insert("dataset".to_owned(), export.dataset.to_string());
            for (client, options) in &export.clients {
                let options = options.iter().collect::<Vec<_>>().join(",");
                facts.insert(format!("client {client}"), options);
            }
        }
        Resource::Storage(storage) => {
            facts.insert("type".to_owned(), storage.kind.to_string());
            for (name, value) in &storage.properties {
                facts.insert(name.to_string(), value.to_string());
            }
        }
        Resource::Tunable(tunable) => {
            facts.insert("value".to_owned(), tunable.value.to_string());
        }
        Resource::Permissions(permissions) => {
            let Permissions { dataset: _, owner, group, mode } = permissions;
            let mode = mode.map(|mode| mode.to_string().into_boxed_str());
            for (name, value) in [("owner", owner), ("group", group), ("mode", &mode)] {
                facts.extend(value.iter().map(|value| (name.to_owned(), value.to_string())));
            }
        }
        Resource::Bind(bind) => {
            facts.insert("dataset".to_owned(), bind.dataset.to_string());
            facts.insert("path".to_owned(), bind.path.to_string());
            facts.extend(bind.options.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        }
    }
    facts
}
