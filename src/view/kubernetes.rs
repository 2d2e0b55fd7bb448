//! What `phoenix kubernetes --json` prints: what a cluster is told of a host, and the files that say so.

use phoenix_graph::Graph;
use phoenix_kubernetes::File;
#[cfg(test)]
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// `phoenix kubernetes --json`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(JsonSchema))]
pub struct KubernetesView {
    /// The host's name.
    pub host: String,
    /// What the cluster is told: by the resource's key, such as `class:fast`, all that is said of it.
    pub told: BTreeMap<String, BTreeMap<String, String>>,
    /// The files, by their names; `plugin/` is not for `kubectl apply`.
    pub files: BTreeMap<String, String>,
}

impl KubernetesView {
    /// Describes what a cluster is told.
    #[must_use]
    pub fn new(graph: &Graph, files: &[File]) -> Self {
        let told = graph.nodes().iter().filter(|node| node.key.is_told_a_cluster());
        Self {
            host: graph.host().to_string(),
            told: told.map(|node| (node.key.to_string(), node.resource.facts())).collect(),
            files: files.iter().map(|file| (file.path(), file.text.clone())).collect(),
        }
    }
}
