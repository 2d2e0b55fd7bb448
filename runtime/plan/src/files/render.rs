//! What stands in the files that phoenix renders below `/etc`: a line for each resource that has one.

use crate::{export::line, tunable};
pub use line::EXPORTS_LINK;
use phoenix_graph::{
    Graph, Resource,
    check::{self, Fault},
};
use std::collections::BTreeMap;

/// Where the module parameters for the next boot are linked in (`modprobe.d(5)`).
pub const MODPROBE_LINK: &str = "/etc/modprobe.d/phoenix.conf";

pub const HEAD: &str = "# Made by phoenix, which writes it anew at each switch: change the spec instead.\n";
pub const EXPORTS: &str = "phoenix.exports";
pub const MODPROBE: &str = "phoenix.conf";

/// Renders the files of a graph, by name.
///
/// # Errors
/// Where a line would not say what its resource is, but something else to those who read the file.
pub fn rendered(graph: &Graph) -> Result<BTreeMap<Box<str>, String>, Fault> {
    let mut files = [(EXPORTS, String::from(HEAD)), (MODPROBE, String::from(HEAD))];
    for resource in graph.resources() {
        if let Some((name, line)) = line(resource)? {
            let file = files.iter_mut().find(|(known, _)| *known == name);
            file.into_iter().for_each(|(_, text)| text.push_str(&line));
        }
    }
    Ok(files.into_iter().map(|(name, text)| (name.into(), text)).collect())
}

/// Writes the line that a resource has in a rendered file, and the file's name.
pub fn line(resource: &Resource) -> Result<Option<(&'static str, String)>, Fault> {
    let (name, line) = match resource {
        Resource::Export(export) => (EXPORTS, line::line(export)),
        Resource::Tunable(tunable) => (MODPROBE, tunable::line(tunable)),
        _ => return Ok(None),
    };
    check::resource(resource)?;
    Ok(Some((name, line)))
}
