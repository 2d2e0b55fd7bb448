//! What a cluster of Kubernetes is told. Nothing is done for it on the host: what is new, changes or goes is told, so that
//! somebody applies it; and so is what on the host would not go together with it.

use crate::{code, draft::Draft, space::SIZE, stage::Stage};
use phoenix_graph::{
    Bytes, Graph, Key, KubernetesClass, KubernetesCluster, PropertyName, Resource, check::claims::claimed,
};
use phoenix_host::observed::Containers;

pub const STAGES: &[Stage] =
    &[Stage { name: "kubernetes", after: &["machines"], looks_inside: true, run: plan }];

/// Tells what the cluster is to be told, and what on the host stands against it.
fn plan(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    apply(draft);
    for resource in inputs.desired.resources() {
        if let Resource::KubernetesCluster(cluster) = resource {
            look_at_node(draft, &resource.key(), cluster);
        }
    }
    look_at_pools(draft);
}

/// Tells what is new, changes or goes.
fn apply(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    let earlier = |key: &Key| inputs.current.and_then(|graph| graph.get(key)).map(|node| &node.resource);
    for node in inputs.desired.nodes().iter().filter(|node| node.key.is_told_a_cluster()) {
        let news = match earlier(&node.key) {
            Some(before) if *before == node.resource => continue,
            Some(before) if is_fixed(before, &node.resource) => {
                let text = "Kubernetes keeps a class as it was made: give the new one another name, or delete it in the cluster first; volumes that are there keep what they have".to_owned();
                draft.warn(&node.key, code::CLASS_IS_IMMUTABLE, text);
                continue;
            }
            Some(_) => "is to have it in another way",
            None => "is to have it",
        };
        let text = format!(
            "the cluster of Kubernetes {news}: once the switch is done, apply what `phoenix kubernetes` writes"
        );
        draft.warn(&node.key, code::APPLY_TO_CLUSTER, text);
    }
    let gone = |graph: &&Graph| {
        let nodes = graph.nodes().iter().filter(|node| node.key.is_told_a_cluster());
        nodes.filter(|node| inputs.desired.get(&node.key).is_none()).map(|node| node.key.clone()).collect()
    };
    let gone: Vec<Key> = inputs.current.as_ref().map(gone).unwrap_or_default();
    for key in gone {
        let how = match &key {
            Key::KubernetesClass(name) => {
                format!("`kubectl delete storageclass {name}`; its volumes stay")
            }
            Key::KubernetesAttributes(name) => format!("`kubectl delete volumeattributesclass {name}`"),
            Key::KubernetesNamespace(name) => format!(
                "`kubectl -n {name} delete limitrange,resourcequota,rolebinding,role -l app.kubernetes.io/managed-by=phoenix` takes its limits away; the namespace itself holds the claims"
            ),
            _ => "`helm uninstall` takes the plugin away, once no claim needs it".to_owned(),
        };
        let text = format!("the cluster of Kubernetes is to have it no more: {how}");
        draft.warn(&key, code::APPLY_TO_CLUSTER, text);
    }
}

/// Returns whether a change is one that Kubernetes refuses: of a class nothing changes but whether it is the default one.
fn is_fixed(before: &Resource, after: &Resource) -> bool {
    match (before, after) {
        (Resource::KubernetesClass(before), Resource::KubernetesClass(after)) => {
            *before != KubernetesClass { default: before.default, ..after.clone() }
        }
        (Resource::KubernetesAttributes(_), Resource::KubernetesAttributes(_)) => true,
        _ => false,
    }
}

/// Tells of a node by another name than the zone, and of a guest that is the owner of the volumes.
fn look_at_node(draft: &mut Draft<'_>, key: &Key, cluster: &KubernetesCluster) {
    let Containers::Found(found) = &draft.inputs.observed.containers else { return };
    let id = cluster.controller_vmid;
    let is_there = found.by_id.contains_key(&id) || found.machines.contains_key(&id);
    let node = found.node.clone();
    if is_there {
        let text = format!("there is a guest {id}, and the volumes of the cluster are those of this id");
        draft.warn(key, code::CONTROLLER_IS_A_GUEST, text);
    }
    if !node.is_empty() && *node != *cluster.zone {
        let text = format!("its zone is {}, and this node is called {node}", cluster.zone);
        draft.warn(key, code::ZONE_IS_ANOTHER, text);
    }
}

/// Tells of pools that are smaller than what may be claimed of them, as far as no quota of the spec is in the way of that.
fn look_at_pools(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    for claimed in claimed(inputs.desired.resources().collect::<Vec<_>>()) {
        let pool = claimed.dataset.pool();
        let state = inputs.observed.pools.get(&pool);
        let size = state.and_then(|state| state.settings.get(&PropertyName::new(SIZE))?.raw.parse().ok());
        let Some::<u64>(size) = size else { continue };
        let sum = claimed.sum();
        let most = claimed.limit.as_ref().map_or(sum, |(quota, _)| sum.min(*quota));
        if let Some(class) = claimed.classes.first().filter(|_| most > size) {
            let text = format!(
                "namespaces may claim {} of {}, and the pool {pool} has {} in all",
                Bytes(most),
                claimed.dataset,
                Bytes(size)
            );
            draft.warn(&Key::KubernetesClass(class.clone()), code::CLAIMS_OVER_POOL, text);
        }
    }
}
