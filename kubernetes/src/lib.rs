//! What a cluster of Kubernetes is told of a host, as files: a pure function of the host's graph.
//!
//! ```text
//! storage-classes.yaml             class.rs        what claims may ask for
//! volume-attributes-classes.yaml   attributes.rs   limits that claims can be moved to
//! namespace-NAME.yaml              namespace.rs    what claims of a namespace may take, and who may make them
//! access.yaml                      access.rs       who may see the classes
//! plugin/values.yaml               values.rs       for the chart of the Proxmox CSI plugin
//! plugin/proxmox.sh                proxmox.rs      the role and the token that the plugin has with Proxmox
//! ```
//!
//! What is for `kubectl apply -f FOLDER` lies in the folder itself; what is not lies in a folder of its own, which kubectl does
//! not look into. There is no secret in any of them: where one belongs, it is told where it is put by hand.
#![allow(missing_docs, reason = "fields may explain themselves; tests/documented.rs looks at all else")]

mod access;
mod attributes;
mod class;
mod namespace;
mod object;
mod proxmox;
mod told;
mod values;
mod yaml;

pub use yaml::Unwritten;

use phoenix_graph::{Graph, HostName};
use told::{Told, told};

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The folder that it belongs into, where it is one of its own.
    pub folder: Option<&'static str>,
    /// Its name, without a folder.
    pub name: String,
    pub text: String,
}

impl File {
    /// Returns its name with its folder, if it has one.
    #[must_use]
    pub fn path(&self) -> String {
        self.folder.map_or_else(|| self.name.clone(), |folder| format!("{folder}/{}", self.name))
    }
}

/// The folder of what is not for `kubectl apply`.
pub const PLUGIN: &str = "plugin";

/// Returns the first line of each file of a host, by which an earlier one is known.
#[must_use]
pub fn head(host: &HostName) -> String {
    format!("# Written by phoenix from the spec of the host {host}: what is changed here is lost.")
}

/// Renders what a graph tells a cluster of Kubernetes; nothing where it tells none.
///
/// # Errors
/// [`Unwritten`]
pub fn render(graph: &Graph) -> Result<Vec<File>, Unwritten> {
    let Some(told) = told(graph) else { return Ok(Vec::new()) };
    let mut files = vec![
        file(&told, "storage-classes.yaml", class::render(&told)?),
        file(&told, "volume-attributes-classes.yaml", attributes::render(&told)?),
        file(&told, "access.yaml", access::render(&told)?),
    ];
    for namespace in &told.namespaces {
        let name = format!("namespace-{}.yaml", namespace.name);
        files.push(file(&told, &name, namespace::render(namespace)?));
    }
    files.retain(|file| !file.text.is_empty());
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files.push(File { folder: Some(PLUGIN), ..file(&told, "proxmox.sh", proxmox::render(&told)) });
    files.push(File { folder: Some(PLUGIN), ..file(&told, "values.yaml", values::render(&told)?) });
    Ok(files)
}

/// Lays a text under the head; of nothing there is no file.
fn file(told: &Told<'_>, name: &str, text: String) -> File {
    let text = match text.strip_prefix("#!/bin/sh\n") {
        Some(rest) => format!("#!/bin/sh\n{}\n{rest}", head(told.host)),
        None if text.is_empty() => text,
        None => format!("{}\n{text}", head(told.host)),
    };
    File { folder: None, name: name.to_owned(), text }
}
