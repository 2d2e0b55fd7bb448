//! A namespace: itself, how large its claims are (`LimitRange`), what they come to (`ResourceQuota`), and who may do what with
//! them (`Role`, `RoleBinding`).

use crate::{
    access::{Role, RoleBinding, role, role_binding},
    object::Head,
    yaml::{self, Unwritten},
};
use phoenix_graph::{
    KubernetesNamespace,
    kind::Total,
    kubernetes::{Right, quantity},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is said of a namespace, each an object of its own.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Object<'a> {
    Namespace(Head<'a>),
    LimitRange(LimitRange<'a>),
    Quota(Quota<'a>),
    Role(Role<'a>),
    Binding(RoleBinding<'a>),
}

#[derive(Debug, Serialize)]
struct LimitRange<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    spec: Limits,
}

#[derive(Debug, Serialize)]
struct Limits {
    limits: [Limit; 1],
}

#[derive(Debug, Serialize)]
struct Limit {
    #[serde(rename = "type")]
    of: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Size>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Size>,
}

#[derive(Debug, Serialize)]
struct Size {
    storage: String,
}

#[derive(Debug, Serialize)]
struct Quota<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    spec: Hard,
}

#[derive(Debug, Serialize)]
struct Hard {
    hard: BTreeMap<String, String>,
}

/// What objects of a namespace are called.
const NAME: &str = "storage";

/// The label by which the pods of a namespace are limited.
const POD_SECURITY: &str = "pod-security.kubernetes.io/enforce";

/// Renders a namespace.
///
/// # Errors
/// [`Unwritten`]
pub fn render(namespace: &KubernetesNamespace) -> Result<String, Unwritten> {
    let head = Head::new("v1", "Namespace", &namespace.name);
    let head = match namespace.pod_security {
        Some(one) => head.labelled(POD_SECURITY, one.word()),
        None => head,
    };
    let within =
        |version: &'static str, kind: &'static str| Head::new(version, kind, NAME).within(&namespace.name);
    let mut objects = vec![Object::Namespace(head)];
    if !namespace.per_claim.is_empty() {
        let size = |bytes: Option<phoenix_graph::Bytes>| Some(Size { storage: quantity(bytes?.0) });
        let (min, max) = (size(namespace.per_claim.min), size(namespace.per_claim.max));
        let limit = Limit { of: "PersistentVolumeClaim", min, max };
        let spec = Limits { limits: [limit] };
        objects.push(Object::LimitRange(LimitRange { head: within("v1", "LimitRange"), spec }));
    }
    let hard = hard(namespace);
    if !hard.is_empty() {
        objects.push(Object::Quota(Quota { head: within("v1", "ResourceQuota"), spec: Hard { hard } }));
    }
    // Those who may do the same have one role.
    let rights: BTreeSet<&BTreeSet<Right>> = namespace.access.values().collect();
    let names: Vec<(String, &BTreeSet<Right>)> = rights.into_iter().map(|may| (called(may), may)).collect();
    for (name, may) in &names {
        objects.push(Object::Role(role(name, &namespace.name, may)));
        let subjects =
            namespace.access.iter().filter(|(_, rights)| rights == may).map(|(subject, _)| subject);
        objects.push(Object::Binding(role_binding(name, &namespace.name, subjects)));
    }
    yaml::documents(&objects)
}

/// Returns what a role is called that lets people do this.
fn called(may: &BTreeSet<Right>) -> String {
    let words: Vec<&str> = may.iter().map(|right| right.word()).collect();
    format!("{NAME}-{}", words.join("-"))
}

fn hard(namespace: &KubernetesNamespace) -> BTreeMap<String, String> {
    let mut hard = BTreeMap::new();
    let mut add = |total: &Total, of: &str| {
        hard.extend(total.storage.map(|size| (format!("{of}requests.storage"), quantity(size.0))));
        hard.extend(total.claims.map(|count| (format!("{of}persistentvolumeclaims"), count.to_string())));
        let snapshots = total.snapshots.map(|count| (SNAPSHOTS.to_owned(), count.to_string()));
        hard.extend(snapshots);
    };
    add(&namespace.total, "");
    for (class, total) in &namespace.classes {
        add(total, &format!("{class}.storageclass.storage.k8s.io/"));
    }
    hard
}

/// What the number of snapshots in a namespace is called.
const SNAPSHOTS: &str = "count/volumesnapshots.snapshot.storage.k8s.io";
