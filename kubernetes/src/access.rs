//! Who may do what with claims of a namespace, and who may see the classes, which belong to no namespace.

use crate::{
    object::Head,
    told::Told,
    yaml::{self, Unwritten},
};
use phoenix_graph::kubernetes::{Right, Subject};
use serde::Serialize;
use std::collections::BTreeSet;

/// What may be done in a namespace (`Role`), or everywhere (`ClusterRole`).
#[derive(Debug, Serialize)]
pub struct Role<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: [&'static str; 1],
    resources: Vec<&'static str>,
    verbs: Vec<&'static str>,
}

/// Who may do it (`RoleBinding`, `ClusterRoleBinding`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleBinding<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    role_ref: RoleRef<'a>,
    subjects: Vec<Somebody<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleRef<'a> {
    api_group: &'static str,
    kind: &'static str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Somebody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_group: Option<&'static str>,
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
}

const GROUP: &str = "rbac.authorization.k8s.io";
const VERSION: &str = "rbac.authorization.k8s.io/v1";
const SEE: [&str; 3] = ["get", "list", "watch"];
/// What changes claims: growing one is a change, too.
const CLAIM: [&str; 4] = ["create", "delete", "patch", "update"];

/// Makes the role that lets people do this in a namespace.
pub fn role<'a>(name: &'a str, namespace: &'a str, may: &BTreeSet<Right>) -> Role<'a> {
    // Who makes something sees it.
    let verbs = |also: &[&'static str]| SEE.iter().chain(also).copied().collect();
    let claims = verbs(if may.contains(&Right::Claim) { &CLAIM } else { &[] });
    let mut rules = vec![Rule { api_groups: [""], resources: vec!["persistentvolumeclaims"], verbs: claims }];
    if may.contains(&Right::Snapshot) {
        rules.push(Rule {
            api_groups: ["snapshot.storage.k8s.io"],
            resources: vec!["volumesnapshots"],
            verbs: verbs(&["create", "delete"]),
        });
    }
    Role { head: Head::new(VERSION, "Role", name).within(namespace), rules }
}

/// Gives a role of a namespace to people.
pub fn role_binding<'a>(
    name: &'a str,
    namespace: &'a str,
    subjects: impl Iterator<Item = &'a Subject>,
) -> RoleBinding<'a> {
    RoleBinding {
        head: Head::new(VERSION, "RoleBinding", name).within(namespace),
        role_ref: RoleRef { api_group: GROUP, kind: "Role", name },
        subjects: subjects.map(|subject| somebody(subject, namespace)).collect(),
    }
}

fn somebody<'a>(subject: &'a Subject, namespace: &'a str) -> Somebody<'a> {
    let (kind, name) = match subject {
        Subject::Group(name) => ("Group", name),
        Subject::User(name) => ("User", name),
        Subject::ServiceAccount(name) => {
            return Somebody { api_group: None, kind: "ServiceAccount", name, namespace: Some(namespace) };
        }
    };
    Somebody { api_group: Some(GROUP), kind, name, namespace: None }
}

/// What the role of all who may see the classes is called; of each host that tells a cluster, one of its own.
const CLASSES: &str = "phoenix-storage-classes";

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Object<'a> {
    Role(Role<'a>),
    Binding(RoleBinding<'a>),
}

/// Lets all who have a right in a namespace see the classes. Nobody is let change one: they are the cluster's.
///
/// # Errors
/// [`Unwritten`]
pub fn render(told: &Told<'_>) -> Result<String, Unwritten> {
    let everybody: BTreeSet<(&Subject, &str)> = told
        .namespaces
        .iter()
        .flat_map(|namespace| namespace.access.keys().map(|subject| (subject, &*namespace.name)))
        .collect();
    // A group or a user is the same in every namespace.
    let mut seen = BTreeSet::new();
    let subjects = everybody.into_iter().filter(|(subject, _)| {
        matches!(subject, Subject::ServiceAccount(_)) || seen.insert((*subject).clone())
    });
    let subjects: Vec<Somebody<'_>> =
        subjects.map(|(subject, namespace)| somebody(subject, namespace)).collect();
    if subjects.is_empty() {
        return Ok(String::new());
    }
    let name = format!("{CLASSES}-{}", told.cluster.zone.to_ascii_lowercase().replace('_', "-"));
    let rules = vec![Rule {
        api_groups: ["storage.k8s.io"],
        resources: vec!["storageclasses", "volumeattributesclasses"],
        verbs: SEE.to_vec(),
    }];
    let role = Role { head: Head::new(VERSION, "ClusterRole", &name), rules };
    let binding = RoleBinding {
        head: Head::new(VERSION, "ClusterRoleBinding", &name),
        role_ref: RoleRef { api_group: GROUP, kind: "ClusterRole", name: &name },
        subjects,
    };
    yaml::documents(&[Object::Role(role), Object::Binding(binding)])
}
