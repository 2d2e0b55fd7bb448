//! What a graph says of a cluster, by kind and in the order of names.

use phoenix_graph::{
    Graph, HostName, KubernetesAttributes, KubernetesClass, KubernetesCluster, KubernetesNamespace, Resource,
};

/// What a graph says of a cluster.
pub struct Told<'a> {
    pub host: &'a HostName,
    pub cluster: &'a KubernetesCluster,
    pub classes: Vec<&'a KubernetesClass>,
    pub attributes: Vec<&'a KubernetesAttributes>,
    pub namespaces: Vec<&'a KubernetesNamespace>,
}

/// Finds what a graph says of a cluster; nothing where it tells none.
pub fn told(graph: &Graph) -> Option<Told<'_>> {
    let cluster = graph.resources().find_map(|resource| match resource {
        Resource::KubernetesCluster(cluster) => Some(cluster),
        _ => None,
    })?;
    let mut told = Told {
        host: graph.host(),
        cluster,
        classes: Vec::new(),
        attributes: Vec::new(),
        namespaces: Vec::new(),
    };
    for resource in graph.resources() {
        match resource {
            Resource::KubernetesClass(one) => told.classes.push(one),
            Resource::KubernetesAttributes(one) => told.attributes.push(one),
            Resource::KubernetesNamespace(one) => told.namespaces.push(one),
            _ => {}
        }
    }
    told.classes.sort_by(|a, b| a.name.cmp(&b.name));
    told.attributes.sort_by(|a, b| a.name.cmp(&b.name));
    told.namespaces.sort_by(|a, b| a.name.cmp(&b.name));
    Some(told)
}
