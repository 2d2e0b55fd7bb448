//! What every object of Kubernetes begins with.

use serde::Serialize;
use std::collections::BTreeMap;

/// The kind of an object, and what it is called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Head<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
}

#[derive(Debug, Serialize)]
struct Metadata<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    labels: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, &'static str>,
}

/// The label of everything that phoenix wrote.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "phoenix");

impl<'a> Head<'a> {
    /// Begins an object.
    pub fn new(api_version: &'static str, kind: &'static str, name: &'a str) -> Self {
        let metadata = Metadata {
            name,
            namespace: None,
            labels: BTreeMap::from([MANAGED_BY]),
            annotations: BTreeMap::new(),
        };
        Self { api_version, kind, metadata }
    }

    /// Puts it into a namespace.
    pub fn within(mut self, namespace: &'a str) -> Self {
        self.metadata.namespace = Some(namespace);
        self
    }

    /// Gives it a further label.
    pub fn labelled(mut self, name: &'static str, value: &'a str) -> Self {
        self.metadata.labels.insert(name, value);
        self
    }

    /// Gives it an annotation.
    pub fn annotated(mut self, name: &'static str, value: &'static str) -> Self {
        self.metadata.annotations.insert(name, value);
        self
    }
}
