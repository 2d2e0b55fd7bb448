//! Checked resources → graph. What is left to go wrong is a circle: of containment and mounts.

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
    let (code, keys) = match error {
        GraphError::Cycle(keys) => (Code::DependencyCycle, keys.clone()),
        GraphError::Duplicate(key) => (Code::Internal, vec![key.clone()]),
        GraphError::Missing(from, key) => (Code::Internal, vec![from.clone(), key.clone()]),
        _ => (Code::Internal, Vec::new()),
    };
    let mut diagnostic = Diagnostic::new(code, error.to_string());
    for (at, key) in keys.iter().enumerate() {
        if let Some(place) = places.get(key) {
            let next = &keys[(at + 1) % keys.len()];
            diagnostic = diagnostic.at(*place, format!("this needs {next}"));
        }
    }
    match code {
        Code::DependencyCycle => diagnostic
            .help("change a mount point so that no dataset is mounted below something inside itself"),
        _ => diagnostic.help("this is a defect of phoenix; please report it with the spec"),
    }
}
