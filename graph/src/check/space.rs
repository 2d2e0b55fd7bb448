//! Space that is promised: what is reserved inside a dataset, all together, against its quota; and
//! the quotas inside it against its own.

use crate::{DatasetName, Resource, Settings};
use std::collections::BTreeMap;

/// A dataset in which more is promised than it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// The dataset.
    pub name: DatasetName,
    /// What is promised inside, in bytes.
    pub sum: u64,
    /// The most that it may take, in bytes.
    pub quota: u64,
    /// Who is promised how many bytes, the largest first.
    pub children: Vec<(u64, DatasetName)>,
}

/// What one file system or volume takes of the space above it.
struct Promise {
    /// What it reserves by itself, in bytes.
    own: u64,
    /// What it reserves for everything in it (`reservation`), in bytes.
    whole: u64,
    /// The most that it may take, where there is a limit, in bytes.
    quota: Option<u64>,
}

/// Finds the datasets in which more is reserved than they may have. What is over the quota by itself
/// is left out.
#[must_use]
pub fn reserved_over_quota<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Vec<Over> {
    let promises: BTreeMap<&DatasetName, Promise> = resources
        .into_iter()
        .filter_map(|resource| Some((resource.dataset_name()?, promise(resource))))
        .collect();
    // By dataset, what its children reserve. A name sorts before everything below it.
    let mut inside: BTreeMap<DatasetName, Vec<(u64, DatasetName)>> = BTreeMap::new();
    let mut over = Vec::new();
    for (name, promise) in promises.iter().rev() {
        let mut children = inside.remove(*name).unwrap_or_default();
        if let Some(quota) = promise.quota {
            children.retain(|(reserved, _)| *reserved <= quota);
        }
        let sum = children.iter().fold(promise.own, |sum, (reserved, _)| sum.saturating_add(*reserved));
        if let Some(quota) = promise.quota.filter(|quota| sum > *quota && promise.own <= *quota) {
            children.sort_by(|a, b| b.cmp(a));
            over.push(Over { name: (*name).clone(), sum, quota, children });
        }
        let reserved = sum.max(promise.whole).min(promise.quota.unwrap_or(u64::MAX));
        if let Some(parent) = name.parent().filter(|_| reserved > 0) {
            inside.entry(parent).or_default().push((reserved, (*name).clone()));
        }
    }
    over
}

/// Finds the datasets whose children have quotas, and sizes, that come to more than their own quota.
/// That is legal: not all can be filled at once.
#[must_use]
pub fn quotas_over_quota<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Vec<Over> {
    let mut all: BTreeMap<&DatasetName, Option<u64>> = BTreeMap::new();
    for resource in resources {
        let Some(name) = resource.dataset_name() else { continue };
        let limit = resource.size().map(|size| size.0).or_else(|| promise(resource).quota);
        all.insert(name, limit);
    }
    // By dataset, the limits inside it: of those without one, what is inside them.
    let mut inside: BTreeMap<DatasetName, Vec<(u64, DatasetName)>> = BTreeMap::new();
    let mut over = Vec::new();
    for (name, limit) in all.iter().rev() {
        let mut children = inside.remove(*name).unwrap_or_default();
        let sum = children.iter().fold(0_u64, |sum, (limit, _)| sum.saturating_add(*limit));
        match (limit, name.parent()) {
            (Some(quota), parent) => {
                if sum > *quota && children.len() > 1 {
                    children.sort_by(|a, b| b.cmp(a));
                    over.push(Over { name: (*name).clone(), sum, quota: *quota, children });
                }
                if let Some(parent) = parent {
                    inside.entry(parent).or_default().push((*quota, (*name).clone()));
                }
            }
            (None, Some(parent)) => inside.entry(parent).or_default().append(&mut children),
            (None, None) => {}
        }
    }
    over
}

fn promise(resource: &Resource) -> Promise {
    let nothing = Settings::default();
    let settings = resource.settings().unwrap_or(&nothing);
    Promise {
        own: settings.number("refreservation").unwrap_or_else(|| resource.takes()),
        whole: settings.number("reservation").unwrap_or(0),
        quota: settings.number("quota").filter(|quota| *quota > 0),
    }
}
