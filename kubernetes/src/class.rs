//! Classes of volumes (`StorageClass`).

use crate::{
    object::Head,
    told::Told,
    yaml::{self, Unwritten},
};
use phoenix_graph::{KubernetesClass, KubernetesCluster, kubernetes::DRIVER, kubernetes::name};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StorageClass<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    provisioner: &'static str,
    parameters: BTreeMap<&'a str, &'a str>,
    reclaim_policy: &'static str,
    /// A disk is on one node: it is made where its first pod runs.
    volume_binding_mode: &'static str,
    allow_volume_expansion: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    mount_options: BTreeSet<&'a str>,
    allowed_topologies: [Topology<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Topology<'a> {
    match_label_expressions: [Expression<'a>; 2],
}

#[derive(Debug, Serialize)]
struct Expression<'a> {
    key: &'static str,
    values: Vec<&'a str>,
}

/// What marks the class of claims that name none.
const DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// Renders all classes.
///
/// # Errors
/// [`Unwritten`]
pub fn render(told: &Told<'_>) -> Result<String, Unwritten> {
    let classes = told.classes.iter().map(|class| storage_class(class, told.cluster));
    yaml::documents(&classes.collect::<Vec<_>>())
}

fn storage_class<'a>(class: &'a KubernetesClass, cluster: &'a KubernetesCluster) -> StorageClass<'a> {
    let head = Head::new("storage.k8s.io/v1", "StorageClass", &class.name);
    let region = Expression { key: "topology.kubernetes.io/region", values: vec![&cluster.region] };
    let zones = class.zones.iter().map(AsRef::as_ref).collect();
    let zones = Expression { key: "topology.kubernetes.io/zone", values: zones };
    StorageClass {
        head: if class.default { head.annotated(DEFAULT, "true") } else { head },
        provisioner: DRIVER,
        parameters: parameters(class),
        reclaim_policy: class.reclaim.word(),
        volume_binding_mode: "WaitForFirstConsumer",
        allow_volume_expansion: true,
        mount_options: class.mount_options.iter().map(AsRef::as_ref).collect(),
        allowed_topologies: [Topology { match_label_expressions: [region, zones] }],
    }
}

/// Lists the parameters of a class: all are texts. Of a secret both pairs are said, or no volume could be expanded.
fn parameters(class: &KubernetesClass) -> BTreeMap<&str, &str> {
    let mut parameters: BTreeMap<&str, &str> =
        class.parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
    parameters.insert("storage", class.on.as_str());
    let secret = class.encryption_secret.as_deref().and_then(|secret| name::secret(secret).ok());
    if let Some((namespace, name)) = secret {
        parameters.extend([
            ("csi.storage.k8s.io/node-stage-secret-name", name),
            ("csi.storage.k8s.io/node-stage-secret-namespace", namespace),
            ("csi.storage.k8s.io/node-expand-secret-name", name),
            ("csi.storage.k8s.io/node-expand-secret-namespace", namespace),
        ]);
    }
    parameters
}
