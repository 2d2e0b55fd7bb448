//! Space that claims of Kubernetes may take: what namespaces are promised, by the dataset that their volumes lie on.

use crate::{DatasetName, KubernetesClass, KubernetesNamespace, Resource, Settings, StorageId};
use std::collections::BTreeMap;

/// What may be claimed of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The dataset that the volumes lie in.
    pub dataset: DatasetName,
    /// The classes of those volumes.
    pub classes: Vec<Box<str>>,
    /// Who is promised how many bytes, the most first. What a namespace may claim of any class counts for each dataset.
    pub namespaces: Vec<(u64, Box<str>)>,
    /// The nearest quota, its own or one above, with the dataset that says it.
    pub limit: Option<(u64, DatasetName)>,
}

impl Claimed {
    /// Returns what all together are promised, in bytes.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.namespaces.iter().fold(0, |sum, (bytes, _)| sum.saturating_add(*bytes))
    }
}

/// Lists the datasets that volumes of Kubernetes lie in, with what may be claimed of each.
#[must_use]
pub fn claimed<'a>(resources: impl IntoIterator<Item = &'a Resource> + Clone) -> Vec<Claimed> {
    let classes = classes(resources.clone());
    if classes.is_empty() {
        return Vec::new();
    }
    let settings = settings(resources.clone());
    let mut by_dataset: BTreeMap<&DatasetName, Vec<Box<str>>> = BTreeMap::new();
    for (class, dataset) in &classes {
        by_dataset.entry(dataset).or_default().push((*class).into());
    }
    let namespaces: Vec<&KubernetesNamespace> = resources
        .into_iter()
        .filter_map(|resource| match resource {
            Resource::KubernetesNamespace(one) => Some(one),
            _ => None,
        })
        .collect();
    let claimed = |(dataset, classes): (&DatasetName, Vec<Box<str>>)| {
        let promised = |one: &&KubernetesNamespace| Some((of(one, &classes)?, one.name.clone()));
        let mut namespaces: Vec<_> =
            namespaces.iter().filter_map(promised).filter(|(bytes, _)| *bytes > 0).collect();
        namespaces.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let limit = least(dataset, &settings);
        Claimed { dataset: dataset.clone(), classes, namespaces, limit }
    };
    by_dataset.into_iter().map(claimed).collect()
}

/// Returns the most that a namespace may claim of some classes; nothing where nothing limits it.
#[must_use]
pub fn of(namespace: &KubernetesNamespace, classes: &[Box<str>]) -> Option<u64> {
    let total = namespace.total.storage.map(|size| size.0);
    let each = classes.iter().map(|class| Some(namespace.classes.get(class)?.storage?.0));
    // Of a class without a limit of its own all of the namespace may be claimed.
    let apart = each.reduce(|sum, one| Some(sum?.saturating_add(one?))).flatten();
    match (total, apart) {
        (Some(total), Some(apart)) => Some(total.min(apart)),
        (total, apart) => total.or(apart),
    }
}

/// Lists the classes, each with the dataset that its volumes lie in.
fn classes<'a>(resources: impl IntoIterator<Item = &'a Resource> + Clone) -> Vec<(&'a str, &'a DatasetName)> {
    let of: Vec<&KubernetesClass> = resources
        .clone()
        .into_iter()
        .filter_map(|resource| match resource {
            Resource::KubernetesClass(class) => Some(class),
            _ => None,
        })
        .collect();
    if of.is_empty() {
        return Vec::new();
    }
    let on: BTreeMap<&StorageId, &DatasetName> = resources
        .into_iter()
        .filter_map(|resource| match resource {
            Resource::Storage(storage) => Some((&storage.id, storage.dataset.as_ref()?)),
            _ => None,
        })
        .collect();
    of.into_iter().filter_map(|class| Some((&*class.name, *on.get(&class.on)?))).collect()
}

/// Finds the least quota of a dataset and of those above it, with the dataset that says it.
#[must_use]
pub fn limit<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    dataset: &DatasetName,
) -> Option<(u64, DatasetName)> {
    least(dataset, &settings(resources))
}

fn settings<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
) -> BTreeMap<&'a DatasetName, &'a Settings> {
    let of = |resource: &'a Resource| Some((resource.dataset_name()?, resource.settings()?));
    resources.into_iter().filter_map(of).collect()
}

fn least(dataset: &DatasetName, settings: &BTreeMap<&DatasetName, &Settings>) -> Option<(u64, DatasetName)> {
    let names = std::iter::successors(Some(dataset.clone()), DatasetName::parent);
    let quotas = names.filter_map(|name| {
        let quota = settings.get(&name)?.number("quota").filter(|quota| *quota > 0)?;
        Some((quota, name))
    });
    quotas.min_by_key(|(quota, _)| *quota)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bytes, kind::Total};

    fn namespace(total: Option<u64>, classes: &[(&str, u64)]) -> KubernetesNamespace {
        let storage = |bytes: u64| Total { storage: Some(Bytes(bytes)), ..Total::default() };
        KubernetesNamespace {
            name: "apps".into(),
            per_claim: Default::default(),
            total: total.map(storage).unwrap_or_default(),
            classes: classes.iter().map(|(class, bytes)| ((*class).into(), storage(*bytes))).collect(),
            access: BTreeMap::new(),
            pod_security: None,
        }
    }

    #[test]
    fn a_namespace_may_claim_what_its_total_and_those_of_classes_let_it() {
        let both: [Box<str>; 2] = ["fast".into(), "slow".into()];
        for (total, classes, most) in [
            (None, &[][..], None),
            (Some(100), &[], Some(100)),
            (Some(100), &[("fast", 10)], Some(100)),
            (Some(100), &[("fast", 10), ("slow", 20)], Some(30)),
            (Some(100), &[("fast", 90), ("slow", 20)], Some(100)),
            (None, &[("fast", 10)], None),
            (None, &[("fast", 10), ("slow", 0)], Some(10)),
        ] {
            assert_eq!(of(&namespace(total, classes), &both), most, "{total:?} {classes:?}");
        }
        assert_eq!(of(&namespace(Some(100), &[("fast", 0)]), &both[..1]), Some(0));
    }
}
