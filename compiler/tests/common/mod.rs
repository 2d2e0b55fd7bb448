//! What the tests share: worlds over a folder and in memory, and graphs as lines.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

pub mod invariants;

use miette::{GraphicalReportHandler, GraphicalTheme};
use phoenix_compiler::{Compiled, SourceError, SpecPath, World};
use phoenix_graph::{Graph, diff};
use std::{collections::HashMap, path::PathBuf, sync::Arc};

/// The files below a folder.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(relative: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative))
    }
}

impl World for Folder {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        match std::fs::read_to_string(self.0.join(path.as_str())) {
            Ok(text) => Ok(text.into()),
            Err(_) => Err(SourceError::NotFound),
        }
    }
}

/// Files in memory.
#[derive(Default)]
pub struct Memory(pub HashMap<String, Arc<str>>);

impl Memory {
    pub fn one(text: &str) -> Self {
        Self([("spec.kdl".to_owned(), text.into())].into())
    }
}

impl World for Memory {
    fn source(&self, path: &SpecPath) -> Result<Arc<str>, SourceError> {
        self.0.get(path.as_str()).cloned().ok_or(SourceError::NotFound)
    }
}

/// Lays a graph out: a line for each resource, its key and then its facts.
pub fn facts(graph: &Graph) -> Vec<String> {
    graph
        .nodes()
        .iter()
        .map(|node| {
            let facts = diff::facts(&node.resource);
            let facts = facts.iter().map(|(name, value)| format!(" {name}={value}"));
            std::iter::once(node.key.to_string()).chain(facts).collect()
        })
        .collect()
}

/// Renders all diagnostics, as a person would see them.
pub fn rendered(compiled: &Compiled) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(120);
    let mut text = String::new();
    for diagnostic in &compiled.diagnostics {
        handler.render_report(&mut text, &diagnostic.report(&compiled.sources)).unwrap();
    }
    text
}
