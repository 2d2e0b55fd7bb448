//! The difference of two graphs, resource by resource and setting by setting.

use crate::{Graph, Key};
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
                    changes.insert(node.key.clone(), Change::Removed { facts: node.resource.facts() });
                }
                Some(other) if other.content != node.content => {
                    let facts = differing(&node.resource.facts(), &other.resource.facts());
                    changes.insert(node.key.clone(), Change::Changed { facts });
                }
                Some(_) => {}
            }
        }
        for node in new.nodes() {
            if old.get(&node.key).is_none() {
                changes.insert(node.key.clone(), Change::Added { facts: node.resource.facts() });
            }
        }
        Self(changes)
    }
}

/// Lists the facts that differ, by name: the old value and the new one, either absent.
#[must_use]
pub fn differing(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> BTreeMap<String, (Option<String>, Option<String>)> {
    old.keys()
        .chain(new.keys())
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| (name.clone(), (old.get(name).cloned(), new.get(name).cloned())))
        .collect()
}
