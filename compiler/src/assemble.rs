//! Checked resources → graph. What goes wrong here is a defect: the checks see it before.

use crate::{
    check::Checked,
    diagnostic::{Code, Diagnostic, Sink},
    source::Place,
};
use phoenix_graph::{Graph, GraphError, Key};
use std::collections::HashMap;

/// Orders a host's resources into its graph.
pub fn assemble(checked: Checked, sink: &mut Sink) -> (Option<Graph>, HashMap<Key, Place>) {
    let Checked { name, resources, places, .. } = checked;
    match Graph::assemble(name, resources) {
        Ok(graph) => (Some(graph), places),
        Err(error) => {
            sink.push(told(&error, &places));
            (None, places)
        }
    }
}

fn told(error: &GraphError, places: &HashMap<Key, Place>) -> Diagnostic {
    let keys = match error {
        GraphError::Cycle(keys) => keys.clone(),
        GraphError::Duplicate(key) => vec![key.clone()],
        GraphError::Missing(from, key) => vec![from.clone(), key.clone()],
        _ => Vec::new(),
    };
    let diagnostic = Diagnostic::new(Code::Internal, error.to_string());
    let labels = keys.iter().filter_map(|key| places.get(key));
    labels
        .fold(diagnostic, |diagnostic, place| diagnostic.at(*place, "this one"))
        .help("this is a defect of phoenix; please report it with the spec")
}
